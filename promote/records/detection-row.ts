import { formatInstant } from "../../connectors/time/instant.ts";
import { plainRow } from "../../notebooks/hunt/plain-row.ts";
import type { DetectionRow, JsonRow } from "./backtest.ts";
import type { Detection, Row } from "./records.ts";

/** A row that JSON can carry: the same as a data hash is made of. */
export const jsonRow: (row: Row) => JsonRow = plainRow;

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
    ...(detection.withdrawnMs === undefined
      ? {}
      : {
          withdrawn: new Date(detection.withdrawnMs).toISOString(),
          withdrawnReason: detection.withdrawnReason ?? "",
        }),
  };
}
