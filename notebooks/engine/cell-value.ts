import {
  DuckDBArrayValue,
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBUnionValue,
  type DuckDBValue,
  DuckDBVariantValue,
} from "@duckdb/node-api";
import { formatInstant } from "../../connectors/time/instant.ts";
import type { CellValue } from "./engine.ts";

/** Years 0001 to 9999, which ISO 8601 writes with four digits. */
const FIRST_INSTANT_US = -62_135_596_800_000_000n;
const LAST_INSTANT_US = 253_402_300_799_999_999n;
/** A decimal of up to 15 digits is the same number in JavaScript; a wider one stays text. */
const EXACT_DECIMAL_WIDTH = 15;

function instant(timeUs: bigint, value: { toString(): string }): string {
  return timeUs < FIRST_INSTANT_US || timeUs > LAST_INSTANT_US ? value.toString() : formatInstant(timeUs);
}

function record(entries: Iterable<readonly [string, DuckDBValue]>): CellValue {
  return Object.fromEntries([...entries].map(([name, value]) => [name, cellValue(value)]));
}

/**
 * A DuckDB value as a CellValue: 64-bit and wider integers are bigint, instants are ISO 8601 text in UTC with six
 * decimals (nine for TIMESTAMP_NS), decimals of up to 15 digits are numbers and wider ones text, a MAP is a list of
 * `{key, value}`, a UNION is its member's value, and what JavaScript has no value for is DuckDB's own text.
 */
export function cellValue(value: DuckDBValue): CellValue {
  if (value === null || typeof value !== "object") return value as CellValue;
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) {
    return instant(value.micros, value);
  }
  if (value instanceof DuckDBTimestampSecondsValue) return instant(value.seconds * 1_000_000n, value);
  if (value instanceof DuckDBTimestampMillisecondsValue) return instant(value.millis * 1000n, value);
  if (value instanceof DuckDBTimestampNanosecondsValue) {
    const nanos = ((value.nanos % 1000n) + 1000n) % 1000n;
    const text = instant((value.nanos - nanos) / 1000n, value);
    return text.endsWith("Z") ? `${text.slice(0, -1)}${nanos.toString().padStart(3, "0")}Z` : text;
  }
  if (value instanceof DuckDBDateValue) return value.toString();
  if (value instanceof DuckDBDecimalValue) {
    return value.width <= EXACT_DECIMAL_WIDTH ? Number(value.toString()) : value.toString();
  }
  if (value instanceof DuckDBBlobValue) return new Uint8Array(value.bytes);
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue)
    return value.items.map(cellValue);
  if (value instanceof DuckDBStructValue) return record(Object.entries(value.entries));
  if (value instanceof DuckDBMapValue) {
    return value.entries.map((entry) => ({ key: cellValue(entry.key), value: cellValue(entry.value) }));
  }
  if (value instanceof DuckDBUnionValue || value instanceof DuckDBVariantValue) return cellValue(value.value);
  return String(value);
}
