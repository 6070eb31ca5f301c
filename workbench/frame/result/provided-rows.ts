import type { OpenResult } from "./open-result.ts";
import { type ResultRows, rowsOf } from "./result-rows.ts";
import type { ResultSource } from "./result-source.ts";

/** Other cells read at most this many rows; a longer result is not complete for them, and says so. */
export const PROVIDED_ROWS = 1_000_000;

/**
 * The rows of an ended result for other cells, with `complete` false when any is missing. Rejects when the result broke
 * off: such rows can be looked at, but nothing may be computed of them.
 */
export async function loadRows(result: OpenResult, source: ResultSource): Promise<ResultRows> {
  const { phase, rowCount } = result.state;
  refuseBroken(result);
  const { head } = result;
  const table =
    head && head.rowCount === rowCount
      ? head
      : (await source.rows({ offset: 0, limit: Math.min(rowCount, PROVIDED_ROWS) })).table;
  return rowsOf({ ...table, complete: phase === "complete" && table.rowCount === rowCount }, source.id);
}

/** The ended result by its name alone, for who counts its rows where they are kept. Rejects as `loadRows` does. */
export async function namedResult(result: OpenResult, source: ResultSource): Promise<ResultRows> {
  refuseBroken(result);
  const { columns } = result.opened;
  const none = { columns, rowCount: 0, complete: false, value: () => null, text: () => null };
  return rowsOf(none, source.id);
}

function refuseBroken({ state: { phase, message } }: OpenResult): void {
  if (phase === "failed" || phase === "cancelled") {
    throw new Error(
      phase === "cancelled"
        ? "The query that this cell reads was cancelled: its rows are not complete."
        : `The query that this cell reads failed: ${message ?? "its rows are not complete."}`,
    );
  }
}
