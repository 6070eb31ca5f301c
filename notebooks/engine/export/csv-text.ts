import type { CellValue } from "../engine.ts";
import { cellJson } from "./json-text.ts";

function quoted(text: string): string {
  return text === "" || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A cell as CSV: NULL is nothing, an empty text `""`, nested values JSON, bytes hex. */
export function cellCsv(value: CellValue): string {
  if (value === null) return "";
  if (typeof value === "string") return quoted(value);
  if (value instanceof Uint8Array) return quoted(Buffer.from(value).toString("hex"));
  if (typeof value === "object") return quoted(cellJson(value));
  return quoted(String(value));
}

/** One CSV record (RFC 4180). */
export function recordCsv(values: readonly CellValue[]): string {
  return `${values.map(cellCsv).join(",")}\r\n`;
}
