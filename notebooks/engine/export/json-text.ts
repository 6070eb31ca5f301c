import type { CellValue, QueryColumn } from "../engine.ts";

/**
 * A cell as JSON: 64-bit integers keep all their digits as JSON numbers, bytes are hex text, numbers that JSON
 * lacks are null. `embed` puts a JSON column's text in as it is, on one line.
 */
export function cellJson(value: CellValue, embed = false): string {
  if (value === null || value === undefined) return "null";
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") return Number.isFinite(value) ? JSON.stringify(value) : "null";
  if (typeof value === "string") return embed ? value.replaceAll(/[\r\n]+/g, " ") : JSON.stringify(value);
  if (typeof value === "boolean") return value ? "true" : "false";
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString("hex"));
  if (Array.isArray(value))
    return `[${(value as readonly CellValue[]).map((item) => cellJson(item)).join(",")}]`;
  const entries = Object.entries(value as Readonly<Record<string, CellValue>>);
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${cellJson(item)}`).join(",")}}`;
}

/** One row as a JSON object, columns in their order. */
export function rowJson(columns: readonly QueryColumn[], values: readonly CellValue[]): string {
  const members = columns.map(
    (column, at) => `${JSON.stringify(column.name)}:${cellJson(values[at] ?? null, column.type === "JSON")}`,
  );
  return `{${members.join(",")}}`;
}
