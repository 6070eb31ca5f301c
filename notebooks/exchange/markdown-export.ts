/** A notebook as Markdown that reads well on GitHub. Pure functions only. */
import type { NotebookCell, NotebookDocument } from "../document/notebook.ts";
import { sqlCellOf } from "../document/transpile-cells.ts";
import { huntOf, isHuntCell } from "../hunt/hunt-record.ts";
import { literalsOf, valueOfExpression } from "../run/input-defaults.ts";
import { huntMarkdown } from "./hunt-markdown.ts";
import { countSentence, type ExportedResult, markdownTable, markdownText } from "./result-table.ts";

export interface MarkdownExport {
  readonly notebook: NotebookDocument;
  readonly results: ReadonlyMap<number, ExportedResult>;
  /** Why a cell has no result, by cell id. */
  readonly messages: ReadonlyMap<number, string>;
  /** `Run 2026-11-24T12:00:00Z, data 0123456789abcdef`, or empty. */
  readonly facts: string;
}

/** Language of a fenced block, by cell mode. */
const LANGUAGES: Readonly<Record<string, string>> = {
  dot: "dot",
  html: "html",
  js: "js",
  node: "js",
  ojs: "js",
  python: "python",
  r: "r",
  sql: "sql",
  tex: "tex",
  ts: "ts",
};

/**
 * Writes the hunt record, the text, the SQL and the results of a run. Programs are shown as code. A person's Markdown
 * is taken as it is, with the values of its interpolations as text; values from data can become nothing but text.
 */
export function exportMarkdown({ notebook, results, messages, facts }: MarkdownExport): string {
  const hunt = huntOf(notebook);
  const cells = notebook.cells.filter((cell) => !isHuntCell(cell) && cell.value.trim() !== "");
  const values = literalsOf(cells);
  const blocks: string[] = [];
  const first = cells.find(({ mode }) => mode === "md");
  if (!first || !/^\s*#\s/.test(first.value)) blocks.push(`# ${markdownText(notebook.title)}`);
  const record = hunt.ok ? huntMarkdown(hunt.value) : "";
  let told = record === "";
  const tell = () => {
    if (told) return;
    told = true;
    blocks.push(record);
  };
  for (const cell of cells) {
    if (cell.mode === "md") {
      blocks.push(prose(cell, values));
      if (cell === first) {
        if (facts !== "") blocks.push(`*${markdownText(facts)}*`);
        tell();
      }
      continue;
    }
    tell();
    blocks.push(fenced(cell.value, LANGUAGES[cell.mode] ?? ""));
    if (cell.mode !== "sql" || cell.hidden) continue;
    const result = results.get(cell.id);
    if (result) {
      const name = cell.output === null ? "" : `**${markdownText(cell.output)}**: `;
      blocks.push(`${name}${countSentence(result)}`);
      const table = result.rows.length > 0 ? markdownTable(result) : "";
      if (table !== "") blocks.push(table);
    } else {
      const message = messages.get(cell.id);
      blocks.push(`*Not run${message ? `: ${markdownText(message)}` : ""}*`);
    }
  }
  tell();
  return `${blocks.join("\n\n")}\n`;
}

function prose(cell: NotebookCell, values: ReturnType<typeof literalsOf>): string {
  const parts = sqlCellOf(cell);
  if ("error" in parts) return cell.value.trim();
  return parts.texts
    .map((text, index) => {
      if (index === 0) return text;
      const expression = parts.expressions[index - 1]!;
      const found = valueOfExpression(expression, values);
      return `${found ? markdownText(String(found.value)) : inlineCode(`\${${expression}}`)}${text}`;
    })
    .join("")
    .trim();
}

/** A fenced block whose fence is longer than any within the text. */
export function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text.replace(/\n+$/, "")}\n${fence}`;
}

function inlineCode(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${longest > 0 ? " " : ""}${text.replaceAll("\n", " ")}${longest > 0 ? " " : ""}${fence}`;
}
