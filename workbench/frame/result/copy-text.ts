import { cellLiteral, PLAIN_TYPE } from "../../../notebooks/document/filtered-sql.ts";
import { isNumeric } from "./column-kind.ts";
import type { ResultTable } from "./result-table.ts";
import { jsonText } from "./value-text.ts";

export type CopyFormat = "tsv" | "markdown" | "json";

/** Rows of a table as text. `columns` are places in the table, in the order wanted. */
export function copyText(table: ResultTable, columns: readonly number[], format: CopyFormat): string {
  switch (format) {
    case "tsv":
      return tabSeparated(table, columns);
    case "markdown":
      return markdownTable(table, columns);
    case "json":
      return jsonRows(table, columns);
  }
}

/** With a head line; tabs and line ends in values become spaces, NULL nothing. */
function tabSeparated(table: ResultTable, columns: readonly number[]): string {
  const clean = (text: string) => text.replace(/[\t\r\n]+/g, " ");
  const lines = [columns.map((column) => clean(table.columns[column]!.name)).join("\t")];
  for (let row = 0; row < table.rowCount; row += 1) {
    lines.push(columns.map((column) => clean(table.text(row, column) ?? "")).join("\t"));
  }
  return `${lines.join("\n")}\n`;
}

function markdownTable(table: ResultTable, columns: readonly number[]): string {
  const clean = (text: string) =>
    text
      .replace(/[\r\n]+/g, " ")
      .replaceAll("\\", "\\\\")
      .replace(/[|`<>[\]*_]/g, "\\$&");
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const lines = [
    line(columns.map((column) => clean(table.columns[column]!.name))),
    line(columns.map((column) => (isNumeric(table.columns[column]!.type) ? "--:" : "---"))),
  ];
  for (let row = 0; row < table.rowCount; row += 1) {
    lines.push(line(columns.map((column) => clean(table.text(row, column) ?? ""))));
  }
  return `${lines.join("\n")}\n`;
}

function jsonRows(table: ResultTable, columns: readonly number[]): string {
  const rows: string[] = [];
  for (let row = 0; row < table.rowCount; row += 1) {
    const fields = columns.map((column) => {
      const value = table.value(row, column);
      const text = value instanceof Date ? table.text(row, column) : value;
      return `${JSON.stringify(table.columns[column]!.name)}: ${jsonText(text ?? null)}`;
    });
    rows.push(`  {${fields.join(", ")}}`);
  }
  return `[\n${rows.join(",\n")}\n]\n`;
}

/** A value as DuckDB's SQL takes it back, safe in a cell: quotes doubled, instants and other types cast. */
export function sqlLiteral(text: string | null, type: string): string {
  if (text === null) return "NULL";
  if (isNumeric(type) && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)) return text;
  if (type === "BOOLEAN" && /^(true|false)$/.test(text)) return text;
  const quoted = cellLiteral(text);
  if (type === "VARCHAR" || type.startsWith("ENUM")) return quoted;
  if (/^(TIMESTAMP|DATE|TIME)$/.test(type) && quoted.startsWith("'")) return `${type} ${quoted}`;
  return PLAIN_TYPE.test(type) ? `CAST(${quoted} AS ${type})` : quoted;
}
