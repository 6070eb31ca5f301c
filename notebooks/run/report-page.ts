import MarkdownIt from "markdown-it";
import { escapeHtml } from "../document/escape-html.ts";
import type { NotebookCell, NotebookDocument } from "../document/notebook.ts";
import { sqlCellOf, transpileCells } from "../document/transpile-cells.ts";
import { currentIn } from "../hunt/current-power.ts";
import { type HashedCell, sha256 } from "../hunt/data-hash.ts";
import type { HuntRecord } from "../hunt/hunt-record.ts";
import { latestPower, powerSentence } from "../hunt/power-sentence.ts";
import { type LiteralValue, valueOfExpression } from "./input-defaults.ts";
import { reportScript } from "./report-script.ts";
import { REPORT_STYLE } from "./report-style.ts";
import { reportTables } from "./report-tables.ts";
import type { CellRun, SqlCellResult } from "./run-notebook.ts";

/** Rows of one cell that the report shows. */
export const REPORT_ROWS = 1000;
/** Rows of one cell that its JavaScript cells read in the report. */
const EMBEDDED_ROWS = 10_000;
const LONGEST_TEXT = 2000;

export interface ReportContent {
  readonly notebook: NotebookDocument;
  readonly cells: readonly NotebookCell[];
  readonly hunt: HuntRecord | null;
  readonly runs: ReadonlyMap<number, CellRun>;
  readonly results: ReadonlyMap<number, SqlCellResult>;
  readonly values: ReadonlyMap<string, LiteralValue>;
  readonly engineVersion: string;
  readonly dataHash: string;
  readonly startedMs: number;
  readonly elapsedMs: number;
  readonly frameScript: string | null;
}

/** Makes the page of a run, and its hash without the line that holds the time stamp. */
export async function renderReport(
  content: ReportContent,
): Promise<{ readonly html: string; readonly hash: string }> {
  const { notebook, cells } = content;
  const programs = cells.filter((cell) => needsBrowser(cell, content.values));
  const live = content.frameScript !== null && programs.length > 0;
  const withTables = [...content.results.values()].some(({ rows }) => rows.length > 1);
  const script = inScript(
    [...(withTables ? [reportTables] : []), ...(live ? [reportScript] : [])]
      .map((program) => `(${program.toString()})();`)
      .join("\n"),
  );
  const frame = live ? inScript(content.frameScript!) : "";
  const hashes = [
    ...(script === "" ? [] : [await sourceHash(script)]),
    ...(live ? [await sourceHash(frame), "'unsafe-eval'"] : []),
  ];
  const policy = [
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    "img-src data: blob:",
    `script-src ${hashes.join(" ") || "'none'"}`,
    "connect-src 'none'",
    "frame-src 'none'",
    "form-action 'none'",
    "base-uri 'none'",
  ].join("; ");
  const stamp = `<p class="facts" id="time-stamp">Run ${new Date(content.startedMs).toISOString()} in ${(content.elapsedMs / 1000).toFixed(2)} s</p>`;
  const page = (stampLine: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(notebook.title)}</title>
<style>${REPORT_STYLE}</style>
</head>
<body>
<header>
<h1>${escapeHtml(notebook.title)}</h1>
${stampLine}
${summary(content)}
</header>
<main>
${live ? '<div id="frame-place"></div>' : ""}
<div class="cells">
${cells.map((cell) => renderCell(cell, content, live)).join("\n")}
</div>
</main>
${live ? `<script type="application/json" id="spoor-cells">${embedded(content, programs, frame)}</script>` : ""}
${script === "" ? "" : `<script>${script}</script>`}
</body>
</html>
`;
  return { html: page(stamp), hash: await sha256(page("")) };
}

/** A program, or Markdown with a value that only a program gives. */
function needsBrowser(cell: NotebookCell, values: ReadonlyMap<string, LiteralValue>): boolean {
  if (cell.mode !== "md") return ["js", "ts", "ojs", "html"].includes(cell.mode);
  const parts = sqlCellOf(cell);
  return !("error" in parts) && parts.expressions.some((text) => valueOfExpression(text, values) === null);
}

function summary(content: ReportContent): string {
  const { hunt } = content;
  const versions = new Map<string, number>();
  for (const { datasetVersions } of content.results.values()) {
    for (const [name, version] of Object.entries(datasetVersions)) versions.set(name, version);
  }
  const facts: [string, string][] = [];
  if (hunt?.hypothesis) facts.push(["Hypothesis", hunt.hypothesis]);
  if (hunt && (hunt.hypothesis || hunt.findings.length > 0)) facts.push(["State", hunt.state]);
  if (hunt?.conclusion) facts.push(["Conclusion", hunt.conclusion]);
  if (hunt?.refutation) facts.push(["Would refute it", hunt.refutation]);
  if (hunt && hunt.powers.length > 0) facts.push(["Power", powerFact(hunt, content)]);
  if (hunt && hunt.techniques.length > 0) facts.push(["ATT&CK", hunt.techniques.join(", ")]);
  facts.push([
    "Data",
    [...versions]
      .sort()
      .map(([name, version]) => `${name} version ${version}`)
      .join(", ") || "none read",
  ]);
  facts.push(["Engine", `DuckDB ${content.engineVersion}`]);
  facts.push(["Data hash", content.dataHash]);
  const values = [...content.values].filter(([name]) => usedNames(content).has(name));
  if (values.length > 0)
    facts.push(["Values", values.map(([name, value]) => `${name} = ${JSON.stringify(value)}`).join(", ")]);
  const list = facts
    .map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`)
    .join("");
  const findings = hunt?.findings ?? [];
  if (findings.length === 0) return `<dl>${list}</dl>`;
  const items = findings.map(
    (finding) =>
      `<li>${escapeHtml(finding.note || "(no note)")}: ${count(finding.rowCount)}${finding.complete ? "" : ", not complete"}, data ${escapeHtml(finding.dataHash.slice(0, 12))}, pinned ${escapeHtml(finding.at)}</li>`,
  );
  return `<dl>${list}</dl>\n<h3>Findings</h3>\n<ol>${items.join("")}</ol>`;
}

function powerFact(hunt: HuntRecord, { notebook, results }: ReportContent): string {
  const isCurrent = currentIn(notebook, (id) => results.get(id)?.bound);
  const power = latestPower(hunt, isCurrent);
  if (power) return `${powerSentence(power)} Cell ${power.cell}, measured ${power.at}.`;
  return hunt.powers.some(isCurrent)
    ? "Measured on results that were cut: this claims nothing."
    : "Measured on another query or other values than those of this report: this claims nothing.";
}

function usedNames(content: ReportContent): ReadonlySet<string> {
  const names = new Set<string>();
  for (const cell of content.cells) {
    if (cell.mode !== "sql") continue;
    const parts = sqlCellOf(cell);
    if (!("error" in parts)) for (const expression of parts.expressions) names.add(expression);
  }
  return names;
}

function renderCell(cell: NotebookCell, content: ReportContent, live: boolean): string {
  const run = content.runs.get(cell.id);
  const open = `<section id="cell-${cell.id}">`;
  if (cell.mode === "md" && !(live && needsBrowser(cell, content.values)))
    return `${open}<div class="prose">${renderMarkdown(cell, content.values)}</div></section>`;
  if (cell.mode === "sql") {
    const result = content.results.get(cell.id);
    const code = `<details${result ? "" : " open"}><summary>SQL${cell.output ? ` as ${escapeHtml(cell.output)}` : ""}</summary><pre>${escapeHtml(cell.value)}</pre></details>`;
    if (!result) {
      return `${open}${code}<p class="${run?.state ?? "failed"}">${escapeHtml(run ? `${run.state}: ${run.message}` : "not run")}</p></section>`;
    }
    return `${open}${code}${cell.hidden ? "" : renderResult(result, live)}</section>`;
  }
  if (live) {
    const code =
      cell.mode === "md"
        ? ""
        : `<details><summary>Code</summary><pre>${escapeHtml(cell.value)}</pre></details>`;
    return `${open}<p class="problem"></p><div data-output="${cell.id}"></div>${code}</section>`;
  }
  return `${open}<p class="facts">Not run: this cell needs a browser. Its code:</p><pre>${escapeHtml(cell.value)}</pre></section>`;
}

function renderResult({ columns, rows, complete, dataHash, bound }: SqlCellResult, live: boolean): string {
  const shown = rows.slice(0, REPORT_ROWS);
  const parameters = Object.entries(bound.parameters).map(([, value]) => JSON.stringify(value));
  const facts = [
    `<span>${complete ? count(rows.length) : `more than ${count(rows.length)}`}${shown.length < rows.length ? `, the first ${REPORT_ROWS.toLocaleString("en-US")} shown` : ""}</span>`,
    complete
      ? '<span class="complete">✓ complete</span>'
      : '<span class="not-complete">▲ not complete</span>',
    parameters.length > 0 ? `<span>with ${escapeHtml(parameters.join(", "))}</span>` : "",
    live && rows.length > EMBEDDED_ROWS
      ? `<span class="not-complete">cells below read the first ${EMBEDDED_ROWS.toLocaleString("en-US")} only</span>`
      : "",
    `<span title="SHA-256 of the rows">data ${dataHash.slice(0, 16)}</span>`,
  ];
  if (columns.length === 0 || rows.length === 0) return `<p class="facts">${facts.join("")}</p>`;
  const numeric = columns.map(({ type }) =>
    /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL)/.test(type),
  );
  const head = columns.map(
    ({ name, type }, index) =>
      `<th${numeric[index] ? ' class="n"' : ""} title="${escapeHtml(type)}">${escapeHtml(name)}</th>`,
  );
  const body = shown.map((row) => {
    const cells = columns.map(({ name }, index) => {
      const value = row[name] ?? null;
      if (value === null) return '<td class="null">null</td>';
      return `<td${numeric[index] ? ' class="n"' : ""}>${escapeHtml(cellText(value))}</td>`;
    });
    return `<tr>${cells.join("")}</tr>`;
  });
  return `<p class="facts">${facts.join("")}</p><div class="rows"><table><thead><tr>${head.join("")}</tr></thead><tbody>${body.join("\n")}</tbody></table></div>`;
}

function cellText(value: HashedCell): string {
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
}

const markdown = new MarkdownIt({ html: false, linkify: false });
const OPENING = "\uE000";
const CLOSING = "\uE001";
const isSafeLink = markdown.validateLink.bind(markdown);
const normalizeLink = markdown.normalizeLink.bind(markdown);
// A value is text: a link or an image whose target holds one is not made. Normalizing would hide it in a host's name.
markdown.normalizeLink = (url) => (url.includes(OPENING) ? url : normalizeLink(url));
markdown.validateLink = (url) => !/\uE000|%EE%80%80/i.test(url) && isSafeLink(url);

/** Markdown without HTML; an interpolated value is text and can become nothing else. */
function renderMarkdown(cell: NotebookCell, values: ReadonlyMap<string, LiteralValue>): string {
  const parts = sqlCellOf(cell);
  if ("error" in parts) return `<pre>${escapeHtml(cell.value)}</pre>`;
  const source = parts.texts
    .map((text, index) => (index === 0 ? text : `${OPENING}${index - 1}${CLOSING}${text}`))
    .join("");
  return markdown
    .render(source)
    .replace(/(?:\uE000|%EE%80%80)(\d+)(?:\uE001|%EE%80%81)/g, (_whole, index: string) => {
      const expression = parts.expressions[Number(index)] ?? "";
      const found = valueOfExpression(expression, values);
      return found ? escapeHtml(String(found.value)) : `<code>\${${escapeHtml(expression)}}</code>`;
    });
}

function embedded(content: ReportContent, programs: readonly NotebookCell[], frame: string): string {
  const queries = content.cells.filter(({ id, output }) => content.results.has(id) && output !== null);
  const transpiled = transpileCells([...programs, ...queries.map((cell) => ({ ...cell, hidden: true }))]);
  const byId = new Map(content.cells.map((cell) => [cell.id, cell]));
  const answers = queries.map(({ id }) => {
    const { bound, columns, rows, complete } = content.results.get(id)!;
    return {
      cell: id,
      sql: bound.sql,
      parameters: bound.parameters,
      result: {
        columns,
        rows: rows.slice(0, EMBEDDED_ROWS).map((row) => columns.map(({ name }) => row[name] ?? null)),
        complete: complete && rows.length <= EMBEDDED_ROWS,
      },
    };
  });
  const data = {
    frame,
    programs: transpiled.map((result) => {
      const cell = byId.get(result.id)!;
      return { id: cell.id, mode: cell.mode, hidden: cell.mode === "sql" || cell.hidden, transpiled: result };
    }),
    answers,
  };
  return JSON.stringify(data).replaceAll("<", "\\u003c");
}

function count(rows: number): string {
  return `${rows.toLocaleString("en-US")} ${rows === 1 ? "row" : "rows"}`;
}

/** A program's text so that it cannot end the element it is written into. */
function inScript(text: string): string {
  return text.replace(/<(?=\/script)/gi, "\\x3c").replaceAll("<!--", "\\x3c!--");
}

async function sourceHash(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `'sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}'`;
}
