import { formatInstant } from "../../connectors/time/instant.ts";
import type { DetectionRow, JsonCell, JsonRow } from "./backtest.ts";
import type { CellValue, Detection, Row } from "./records.ts";

function jsonCell(value: CellValue): JsonCell {
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return value.map(jsonCell);
  if (value !== null && typeof value === "object") return jsonRow(value as Row);
  return value as JsonCell;
}

/** A row that JSON can carry. */
export function jsonRow(row: Row): JsonRow {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, jsonCell(value)]));
}

/** A detection as a page or a report shows it. */
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
