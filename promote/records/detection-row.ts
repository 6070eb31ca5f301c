import { formatInstant } from "../../connectors/time/instant.ts";
import type { CellValue, Detection, Row } from "./records.ts";

/** JSON-safe cell: bigint became decimal text, bytes became hex text. */
export type JsonCell =
  | string
  | number
  | boolean
  | null
  | readonly JsonCell[]
  | { readonly [key: string]: JsonCell };
export type JsonRow = Readonly<Record<string, JsonCell>>;

/** A detection as a page shows it. */
export interface DetectionRow {
  readonly id: string;
  readonly rule: string;
  readonly time: string;
  readonly entities: Readonly<Record<string, string>>;
  readonly rows: readonly JsonRow[];
  readonly late: boolean;
  readonly mode: string;
  readonly detected: string;
}

function jsonCell(value: CellValue): JsonCell {
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return value.map(jsonCell);
  if (value !== null && typeof value === "object") return jsonRow(value as Row);
  return value as JsonCell;
}

export function jsonRow(row: Row): JsonRow {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, jsonCell(value)]));
}

export function detectionRow(detection: Detection): DetectionRow {
  return {
    id: detection.id,
    rule: detection.rule,
    time: formatInstant(detection.eventTimeUs),
    entities: detection.entities,
    rows: detection.rows.map(jsonRow),
    late: detection.late,
    mode: detection.mode,
    detected: new Date(detection.detectedMs).toISOString(),
  };
}
