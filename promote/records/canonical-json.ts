import type { CellValue, Row } from "./records.ts";

/** Parallel sums of DOUBLE differ in their last bits from run to run; this many digits do not. */
const STABLE_DIGITS = 12;

function numberText(value: number): string {
  if (!Number.isFinite(value)) return `{"$number":"${value}"}`;
  if (Number.isInteger(value)) return String(value === 0 ? 0 : value);
  return String(Number(value.toPrecision(STABLE_DIGITS)));
}

function keyText(key: string): string {
  return JSON.stringify(key.startsWith("$") ? `$${key}` : key);
}

/**
 * JSON text that is equal exactly for equal values: keys sorted by code unit, bigint as `{"$bigint":"12"}`, bytes as
 * `{"$bytes":"hex"}`, fractions to 12 significant digits. A key of data that starts with `$` gets one more.
 */
export function canonicalJson(value: CellValue | Row): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return numberText(value);
  if (typeof value === "bigint") return `{"$bigint":"${value}"}`;
  if (value instanceof Uint8Array) return `{"$bytes":"${Buffer.from(value).toString("hex")}"}`;
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const entries = Object.entries(value as Row).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${keyText(key)}:${canonicalJson(inner)}`).join(",")}}`;
}
