import type { Dataset } from "../../connectors/dataset/dataset.ts";
import { quoteIdentifier } from "../../connectors/sql/quote.ts";
import { datasetSelect, instantLiteral } from "../catalog/dataset-view.ts";
import type { LedgerTable, TimeWindow } from "./engine.ts";

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
