import type { Dataset } from "../../connectors/dataset/dataset.ts";
import { quoteIdentifier } from "../../connectors/sql/quote.ts";
import { datasetSelect, instantLiteral } from "../catalog/dataset-view.ts";
import type { LedgerTable, TimeWindow } from "./engine.ts";
import { HELD_TABLE } from "./engine-slice.ts";

/** Events that have arrived, in an order that only the seed decides. */
function arrivedSelect(select: string, window: TimeWindow): string {
  const arrival = window.arrival;
  if (arrival === undefined) return select;
  const seed = `CAST(${BigInt(Math.trunc(arrival.seed))} AS BIGINT)`;
  const delay =
    arrival.latenessUs > 0n
      ? `CAST(hash("_file", "_line", ${seed}) % CAST(${arrival.latenessUs} AS UBIGINT) AS BIGINT)`
      : "CAST(0 AS BIGINT)";
  return `SELECT * FROM (${select})
WHERE epoch_us("_time") + ${delay} <= CAST(${arrival.arrivedByUs} AS BIGINT)
ORDER BY hash(${seed}, "_line", "_file")`;
}

/** Whether a window shows the dataset whole: it is named so, or none of its rows has a time. */
export function isSeenWhole(dataset: Dataset, window: TimeWindow): boolean {
  if (window.whole?.includes(dataset.name)) return true;
  return dataset.segments.length > 0 && dataset.segments.every(({ maxTimeUs }) => maxTimeUs === null);
}

/** SQL of the temporary view that shows only a window of a dataset under the dataset's own name. */
export function windowView(dataset: Dataset, window: TimeWindow): string {
  const select = datasetSelect(dataset, window);
  return `CREATE OR REPLACE TEMP VIEW ${quoteIdentifier(dataset.name)} AS ${arrivedSelect(select, window)}`;
}

/**
 * The same for a ledger table, or null when it has no `_time`. Simulated arrival is for events: a ledger table
 * has only the window.
 */
export function windowLedgerView(table: LedgerTable, window: TimeWindow): string | null {
  if (!table.columns.some((column) => column.name === "_time" && column.type === "TIMESTAMP")) return null;
  const name = quoteIdentifier(table.name);
  return `CREATE OR REPLACE TEMP VIEW ${name} AS SELECT * FROM "memory"."main".${name}
WHERE "_time" > ${instantLiteral(window.afterUs)} AND "_time" <= ${instantLiteral(window.untilUs)}`;
}

/** SQL that takes the temporary view away again. */
export function dropWindowView(name: string): string {
  return `DROP VIEW IF EXISTS "temp"."main".${quoteIdentifier(name)}`;
}

/** About how many rows a window shows, as if each segment's events were spread evenly over its time. */
export function windowRows(dataset: Dataset, window: TimeWindow): number {
  let rows = 0;
  for (const { minTimeUs, maxTimeUs, rowCount } of dataset.segments) {
    if (minTimeUs === null || maxTimeUs === null) continue;
    const ends = [maxTimeUs - window.afterUs, window.untilUs - minTimeUs + 1n, maxTimeUs - minTimeUs + 1n];
    const shared = Math.min(...ends.map(Number), Number(window.untilUs - window.afterUs));
    if (shared > 0) rows += (rowCount * shared) / Number(maxTimeUs - minTimeUs + 1n);
  }
  return Math.ceil(rows);
}

/** SQL that makes the table of what a slice holds. */
export function createHeldTable(select: string): string {
  return `CREATE TEMP TABLE ${quoteIdentifier(HELD_TABLE)} AS ${select}`;
}

export const DROP_HELD_TABLE = `DROP TABLE IF EXISTS "temp"."main".${quoteIdentifier(HELD_TABLE)}`;
