import { quoteIdentifier } from "../../../connectors/sql/quote.ts";
import { type QueryEngine, QueryError, type Row } from "../../../notebooks/engine/engine.ts";
import type { Rule } from "../rule.ts";

/** What a SELECT finds, by time and entities: one row of each, at most a few more than were asked for. */
export interface Found {
  readonly rows: ReadonlyMap<string, Row>;
  /** False when there are more than were read. */
  readonly complete: boolean;
}

type Named = Pick<Rule, "timeColumn" | "entities">;

/** Text that two rows share when a rule with these columns means the same detection by both. */
export function foundKey(row: Row, { timeColumn, entities }: Named): string {
  return JSON.stringify([row[timeColumn], ...entities.map(({ column }) => row[column])], (_, value) =>
    typeof value === "bigint" ? `${value}n` : value,
  );
}

/**
 * What the SELECT finds over all data of the engine, up to `rowLimit` different detections. Null when it failed or took
 * longer than `timeLimitMs`: nothing can be said then. Throws when the signal is aborted.
 */
export async function foundBy(
  engine: QueryEngine,
  rule: Named & Pick<Rule, "sql">,
  rowLimit: number,
  timeLimitMs: number,
  signal?: AbortSignal,
): Promise<Found | null> {
  const columns = [...new Set([rule.timeColumn, ...rule.entities.map(({ column }) => column)])];
  const names = columns.map(quoteIdentifier).join(", ");
  try {
    const { rows, complete } = await engine.rows({
      sql: `SELECT DISTINCT ${names} FROM (\n${rule.sql}\n) AS found WHERE ${quoteIdentifier(rule.timeColumn)} IS NOT NULL`,
      rowLimit,
      timeLimitMs,
      ...(signal === undefined ? {} : { signal }),
    });
    return { rows: new Map(rows.map((row) => [foundKey(row, rule), row])), complete };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof QueryError) return null;
    throw error;
  }
}
