/**
 * Hunts of the ThreatHunter Playbook (https://github.com/OTRF/ThreatHunter-Playbook, docs/hunts): MyST Markdown or Jupyter
 * with the headings Hypothesis, Technical Context, Offensive Tradecraft and Analytics, and a metadata.yaml beside it.
 * Pure functions only.
 */
import { parse as parseYaml } from "yaml";
import type { Parsed } from "../../connectors/issue/issue.ts";
import { newNotebook } from "../document/notebook.ts";
import { type DataNeed, newHunt, withHunt } from "../hunt/hunt-record.ts";
import { addBlock, fileTitle } from "./foreign-block.ts";
import type { ImportedNotebook, ImportRequest } from "./imported.ts";
import { type ForeignBlock, ImportedCells } from "./imported-cells.ts";
import { tokensOf } from "./sql-tokens.ts";

const HYPOTHESIS = /^##\s+Hypothesis\s*$/im;
const ANALYTICS = /^##\s+(Analytics|Hunts?|Queries)\s*$/im;

/** Whether a Markdown text is a hunt of the playbook. */
export function isPlaybookText(text: string): boolean {
  return HYPOTHESIS.test(text) && ANALYTICS.test(text);
}

/** Whether a Jupyter notebook is a hunt of the playbook. */
export function isPlaybookBlocks(blocks: readonly ForeignBlock[]): boolean {
  return isPlaybookText(
    blocks.flatMap((block) => (block.kind === "markdown" ? [block.text] : [])).join("\n\n"),
  );
}

/** Reads a hunt that is a Markdown file. */
export function importPlaybook(request: ImportRequest): Parsed<ImportedNotebook> {
  const text = request.text
    .replace(/^\ufeff/, "")
    .replace(/\r\n?/g, "\n")
    .replace(/^---\n[\s\S]*?\n---\n/, "");
  const blocks = blocksOf(text, request.file);
  const heading = /^#\s+(.+?)\s*#*\s*$/m.exec(text);
  return playbookOf(
    blocks,
    request,
    new ImportedCells(request.datasets ?? {}),
    heading?.[1] ?? fileTitle(request.file),
  );
}

/** MyST parted into text and fenced code; a fence with braces is code, another stays in the text. */
function blocksOf(text: string, file: string): ForeignBlock[] {
  const blocks: ForeignBlock[] = [];
  let prose: string[] = [];
  const lines = text.split("\n");
  const flush = () => {
    if (prose.join("\n").trim() !== "")
      blocks.push({ kind: "markdown", text: prose.join("\n"), place: file });
    prose = [];
  };
  for (let at = 0; at < lines.length; at += 1) {
    const opening = /^(`{3,})\{(code-cell|code-block)\}\s*(\w*)\s*$/.exec(lines[at]!);
    if (!opening) {
      prose.push(lines[at]!);
      continue;
    }
    const first = at + 1;
    at = first;
    while (at < lines.length && lines[at]!.trimEnd() !== opening[1]) at += 1;
    let body = lines.slice(first, at);
    // A directive's own options (`:tags: [...]`) stand before the code.
    while (body[0] !== undefined && /^(:[\w-]+:.*|\s*)$/.test(body[0])) body = body.slice(1);
    flush();
    const code = body.join("\n");
    const cell = opening[2] === "code-cell";
    const language = cell ? opening[3] || "python" : isSelect(code) ? "spark" : opening[3]!;
    blocks.push({ kind: "code", text: code, language, place: `${file}:${first}` });
  }
  flush();
  return blocks;
}

function isSelect(text: string): boolean {
  return /^\s*(select|with)\s/i.test(text);
}

/** Makes the notebook of a hunt from its blocks. */
export function playbookOf(
  given: readonly ForeignBlock[],
  request: ImportRequest,
  collected: ImportedCells,
  givenTitle: string,
): Parsed<ImportedNotebook> & { readonly ok: true } {
  // In Jupyter the published logic stands as a fenced block inside the Markdown.
  const blocks = given.flatMap((block) =>
    block.kind === "markdown" ? blocksOf(block.text, block.place) : [block],
  );
  const prose = blocks.flatMap((block) => (block.kind === "markdown" ? [block.text] : [])).join("\n\n");
  const metadata = metadataOf(request, collected);
  const hypothesis = plain(sectionOf(prose, "Hypothesis")) || metadata.hypothesis;
  let analytic: string | null = null;
  const reasons: string[] = [];
  const columns = new Set<string>();
  for (const block of blocks) {
    if (block.kind === "markdown") {
      for (const [, , name] of block.text.matchAll(/^(#{1,4})\s+(.+?)\s*$/gm)) {
        if (/^analytic\b/i.test(name!)) analytic = name!;
        else if (!/^(logic|pandas query|sql query|query)$/i.test(name!)) analytic = null;
      }
      reasons.push(...dataReasons(block.text));
      const text = block.text.replace(/^####\s+Logic\s*$\n?/gim, "");
      collected.markdown(text);
    } else if (block.language === "spark") {
      collected.spark(block.text, analytic, block.place);
      for (const name of columnsOf(block.text)) columns.add(name);
    } else addBlock(block, collected, analytic);
  }
  const tables = [...collected.tables];
  const dataNeeds: DataNeed[] = tables.map((table) => ({
    dataset: (Object.hasOwn(request.datasets ?? {}, table) ? request.datasets![table] : undefined) ?? table,
    columns: [...columns],
    why: [...new Set(reasons)].join("; "),
  }));
  const hunt = newHunt({
    hypothesis,
    techniques: metadata.techniques,
    dataNeeds,
    origin: metadata.id === "" ? "" : `playbook:${metadata.id}`,
  });
  const notebook = withHunt(
    newNotebook({ title: metadata.title || givenTitle, cells: collected.cells }),
    hunt,
  );
  return { ok: true, value: { kind: "playbook", notebook, tables }, issues: collected.issues };
}

interface Metadata {
  readonly id: string;
  readonly title: string;
  readonly hypothesis: string;
  readonly techniques: readonly string[];
}

function metadataOf(request: ImportRequest, collected: ImportedCells): Metadata {
  const empty: Metadata = { id: "", title: "", hypothesis: "", techniques: [] };
  const without = (message: string): Metadata => {
    collected.warn(
      "import.playbook.metadata",
      "metadata.yaml",
      message,
      "Choose the metadata.yaml that lies beside the hunt too, or fill in the techniques by hand.",
    );
    return empty;
  };
  if (request.metadata === undefined || request.metadata.trim() === "")
    return without(
      "The ATT&CK techniques of a playbook hunt stand in its metadata.yaml, which was not given.",
    );
  let value: unknown;
  try {
    value = parseYaml(request.metadata, { maxAliasCount: 10 });
  } catch (error) {
    return without(
      `It is no YAML: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}.`,
    );
  }
  if (typeof value !== "object" || value === null) return without("It holds no fields.");
  const fields = value as Record<string, unknown>;
  const text = (name: string) => (typeof fields[name] === "string" ? (fields[name] as string).trim() : "");
  const mappings = fields.attack_mappings ?? fields.attack_coverage;
  const techniques = (Array.isArray(mappings) ? mappings : []).flatMap((mapping: unknown) => {
    const { technique, sub_technique, "sub-technique": dashed } = (mapping ?? {}) as Record<string, unknown>;
    const main = /^T\d{4}/.exec(String(technique ?? ""))?.[0];
    if (!main) return [];
    const sub = /^\.?(\d{3})$/.exec(String(sub_technique ?? dashed ?? ""))?.[1];
    return [sub ? `${main}.${sub}` : main];
  });
  return {
    id: text("id"),
    title: text("title"),
    hypothesis: text("hypothesis"),
    techniques: [...new Set(techniques)],
  };
}

/** The text under a heading of level two, up to the next heading. */
function sectionOf(prose: string, name: string): string {
  const start = new RegExp(`^##\\s+${name}\\s*$`, "im").exec(prose);
  if (!start) return "";
  const rest = prose.slice(start.index + start[0].length);
  const end = rest.search(/^#{1,6}\s/m);
  return (end < 0 ? rest : rest.slice(0, end)).trim();
}

function plain(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/** What the tables "Data source | Event Provider | Relationship | Event" say is needed. */
function dataReasons(text: string): string[] {
  const reasons: string[] = [];
  let within = false;
  for (const line of text.split("\n")) {
    const cells = /^\s*\|(.*)\|\s*$/
      .exec(line)?.[1]
      ?.split("|")
      .map((cell) => cell.trim());
    if (!cells) within = false;
    else if (/^data source$/i.test(cells[0] ?? "") && /provider/i.test(cells[1] ?? "")) within = true;
    else if (within && !/^:?-+/.test(cells[0] ?? "") && cells.length >= 4)
      reasons.push(`${cells[2]} (${cells[1]} ${cells[3]})`);
  }
  return reasons;
}

const KEYWORDS = new Set(
  `select from where and or not in like rlike between is null as on inner left right full outer join group order by
  having limit distinct asc desc case when then else end with union all int string bigint true false`.split(
    /\s+/,
  ),
);

/** Columns that a query names: words that are neither keywords, functions, tables nor aliases. */
function columnsOf(sql: string): string[] {
  const tokens = tokensOf(sql, "spark").filter(({ kind }) => kind !== "blank" && kind !== "comment");
  const aliases = new Set<string>();
  tokens.forEach((token, at) => {
    const before = tokens[at - 1];
    if (token.kind !== "word" || !before || KEYWORDS.has(token.text.toLowerCase())) return;
    if (before.text.toLowerCase() === "as" || before.text === ")") aliases.add(token.text);
    if (/^(from|join)$/i.test(before.text)) {
      aliases.add(token.text);
      const next = tokens[at + 1];
      if (next?.kind === "word" && !KEYWORDS.has(next.text.toLowerCase())) aliases.add(next.text);
    }
  });
  const found = tokens.flatMap((token, at) =>
    (token.kind === "word" || token.kind === "name") &&
    !KEYWORDS.has(token.text.toLowerCase()) &&
    tokens[at + 1]?.text !== "(" &&
    tokens[at + 1]?.text !== "." &&
    !(aliases.has(token.text) && tokens[at - 1]?.text !== ".")
      ? [token.value]
      : [],
  );
  return [...new Set(found)];
}
