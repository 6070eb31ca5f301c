import type { Column } from "../../../connectors/dataset/dataset.ts";
import { quoteIdentifier } from "../../../connectors/sql/quote.ts";
import type { CellValue, QueryEngine, Row } from "../../../notebooks/engine/engine.ts";

/** How much of a dataset a sample takes. */
export interface SampleLimits {
  /** Windows before detections that are taken whole. */
  readonly detections: number;
  readonly rows: number;
  /** Rows from anywhere, so that the sample also holds what the rule leaves alone. */
  readonly others: number;
}

export const SAMPLE_LIMITS: SampleLimits = { detections: 10, rows: 2_000, others: 200 };

export interface SampleRequest {
  readonly engine: QueryEngine;
  readonly dataset: string;
  readonly columns: readonly Column[];
  /** Times of detections, newest first, in microseconds. */
  readonly timesUs: readonly bigint[];
  readonly lookbackUs: bigint;
  readonly limits?: SampleLimits;
  readonly signal?: AbortSignal;
}

/**
 * Takes a sample of a dataset as events, one JSON object a line: what lies in the windows before detections, and others.
 * A window that would not fit whole is left out, so that its detection is not cut. 64-bit numbers keep their digits.
 */
export async function sampleEvents(
  request: SampleRequest,
): Promise<{ readonly text: string; readonly rows: number }> {
  const { engine, dataset, columns, signal } = request;
  const limits = request.limits ?? SAMPLE_LIMITS;
  const select = `SELECT _time, _file, _line${columns.map(({ name }) => `, ${quoteIdentifier(name)}`).join("")} FROM ${quoteIdentifier(dataset)}`;
  const rows = new Map<string, Row>();
  const options = signal === undefined ? {} : { signal };
  for (const timeUs of request.timesUs.slice(0, limits.detections)) {
    const room = limits.rows - rows.size;
    if (room <= 0) break;
    const window = { afterUs: timeUs - request.lookbackUs - 1n, untilUs: timeUs };
    const found = await engine.rows({
      ...options,
      sql: `${select} WHERE _time IS NOT NULL ORDER BY _time, _file, _line`,
      window,
      rowLimit: room,
    });
    if (!found.complete) continue;
    for (const row of found.rows) rows.set(keyOf(row), row);
  }
  const others = await engine.rows({
    ...options,
    sql: `${select} WHERE _time IS NOT NULL ORDER BY hash(_file, _line), _file, _line LIMIT ${limits.others}`,
  });
  for (const row of others.rows) rows.set(keyOf(row), row);
  const lines = [...rows.values()].map((row) => eventText(row, columns)).sort();
  return { text: lines.length === 0 ? "" : `${lines.join("\n")}\n`, rows: lines.length };
}

function keyOf(row: Row): string {
  return JSON.stringify([String(row._time), String(row._file), String(row._line)]);
}

/** One row as the event that gives it again: its time, then its own keys; what is NULL is left out. */
function eventText(row: Row, columns: readonly Column[]): string {
  const event: Record<string, unknown> = { _time: row._time };
  for (const { name, key } of columns)
    if (row[name] !== null && row[name] !== undefined) event[key] = row[name];
  return JSON.stringify(event, (_, value: CellValue) =>
    typeof value === "bigint"
      ? (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(value.toString())
      : value instanceof Uint8Array
        ? Buffer.from(value).toString("base64")
        : value,
  );
}
