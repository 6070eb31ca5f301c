/** Results as tables in other programs' formats. Every value is text from data, and stays text. */
import { escapeHtml } from "../document/escape-html.ts";
import type { QueryColumn } from "../engine/engine.ts";
import type { HashedCell } from "../hunt/data-hash.ts";

/** Rows of one cell as an export shows them. */
export interface ExportedResult {
  readonly columns: readonly QueryColumn[];
  readonly rows: readonly Readonly<Record<string, HashedCell>>[];
  /** False when the run cut it. */
  readonly complete: boolean;
}

/** Rows of one result that a file for reading holds. */
export const EXPORTED_ROWS = 100;
const LONGEST_VALUE = 500;

/** How many rows there are, and whether these are all: never left out. */
export function countSentence({ rows, complete }: ExportedResult): string {
  const count = `${rows.length.toLocaleString("en-US")} ${rows.length === 1 ? "row" : "rows"}`;
  const shown = rows.length > EXPORTED_ROWS ? `, the first ${EXPORTED_ROWS} shown` : "";
  return complete ? `${count}${shown}, complete.` : `More than ${count}${shown}: NOT COMPLETE.`;
}

/** A value as a person reads it; null is the word, a long one is cut and says so. */
export function valueText(value: HashedCell | undefined): string {
  if (value === null || value === undefined) return "null";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}… (${text.length} characters)` : text;
}

/** A GitHub Markdown table. Nothing in a value can be a link, an image, HTML, emphasis or another cell. */
export function markdownTable(result: ExportedResult): string {
  const { columns, rows } = result;
  if (columns.length === 0) return "";
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(columns.map(({ name }) => markdownText(name))),
    line(columns.map(({ type }) => (isNumeric(type) ? "---:" : "---"))),
    ...rows
      .slice(0, EXPORTED_ROWS)
      .map((row) => line(columns.map(({ name }) => markdownText(valueText(row[name]))))),
  ].join("\n");
}

/** Text as Markdown that shows exactly this text on one line; control characters are made visible. */
export function markdownText(text: string): string {
  const visible = text
    .replace(/\r\n|\n|\r/g, "⏎")
    .replace(/\t/g, "⇥")
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu, "\ufffd");
  const escaped = visible
    .replace(/[&<>]/g, (found) => (found === "&" ? "&amp;" : found === "<" ? "&lt;" : "&gt;"))
    .replace(/[\\`*_{}[\]()#+\-!|~$=^"']/g, "\\$&")
    // What GitHub would make a link, a mention or an emoji of by itself.
    .replace(/[:@]/g, (found) => `&#${found.charCodeAt(0)};`)
    .replace(/\bwww\./gi, (found) => `${found.slice(0, -1)}&#46;`)
    .replace(/^(\d+)([.)])/, "$1\\$2");
  return escaped.trim() === ""
    ? "&#8203;"
    : escaped.replace(/^ +| +$/g, (blanks) => "&nbsp;".repeat(blanks.length));
}

/** The same table as HTML of elements only: no attribute, no style, no script. */
export function htmlTable(result: ExportedResult): string {
  const { columns, rows } = result;
  const head = columns.map(({ name }) => `<th>${escapeHtml(name)}</th>`).join("");
  const body = rows
    .slice(0, EXPORTED_ROWS)
    .map(
      (row) =>
        `<tr>${columns.map(({ name }) => `<td>${escapeHtml(valueText(row[name]))}</td>`).join("")}</tr>`,
    );
  return `<p>${escapeHtml(countSentence(result))}</p><table><thead><tr>${head}</tr></thead><tbody>${body.join("\n")}</tbody></table>`;
}

/** The same table as plain text in columns. */
export function plainTable(result: ExportedResult): string {
  const { columns, rows } = result;
  const cells = [
    columns.map(({ name }) => oneLine(name)),
    ...rows.slice(0, EXPORTED_ROWS).map((row) => columns.map(({ name }) => oneLine(valueText(row[name])))),
  ];
  const widths = columns.map((_column, index) =>
    Math.min(60, Math.max(...cells.map((line) => line[index]!.length))),
  );
  const lines = cells.map((line) =>
    line
      .map((cell, index) => cell.padEnd(widths[index]!))
      .join("  ")
      .trimEnd(),
  );
  return [...lines, "", countSentence(result)].join("\n");
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, " ");
}

function isNumeric(type: string): boolean {
  return /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL)/.test(type);
}
