import type { CellValue, Row } from "../engine/engine.ts";
import type { HashedCell } from "./data-hash.ts";

/** bigint as decimal text, bytes as hex text, numbers that JSON lacks as text. */
export function plainCell(value: CellValue): HashedCell {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array)
    return [...value].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (Array.isArray(value)) return (value as readonly CellValue[]).map(plainCell);
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, plainCell(inner as CellValue)]),
    );
  }
  return value as HashedCell;
}

/** A row whose every value JSON can hold. */
export function plainRow(row: Row): Readonly<Record<string, HashedCell>> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plainCell(value)]));
}
