import type { Row } from "../../notebooks/engine/engine.ts";
import type { JsonCell, JsonRow } from "./api.ts";

/** A cell as JSON can carry it: bigint as decimal text, bytes as hex text, numbers that JSON lacks as text. */
export function jsonCell(value: unknown): JsonCell {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return value.map(jsonCell);
  if (value !== null && typeof value === "object") return jsonRow(value as Row);
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  return (value ?? null) as JsonCell;
}

export function jsonRow(row: Readonly<Record<string, unknown>>): JsonRow {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, jsonCell(value)]));
}
