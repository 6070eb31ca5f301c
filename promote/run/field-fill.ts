import { quoteIdentifier } from "../../connectors/sql/quote.ts";
import type { QueryEngine } from "../../notebooks/engine/engine.ts";

const DAY_US = 86_400_000_000n;
const TIME_LIMIT_MS = 60_000;

/** A field as SQL over its dataset; `isText` where an empty text counts as no value. */
export interface AskedField {
  readonly field: string;
  readonly sql: string;
  readonly isText: boolean;
}

/**
 * Share of a dataset's newest rows (its last day with events, up to `lastUs`) in which each field has a value, by field;
 * empty where there is no row. Throws QueryError as a query does.
 */
export async function filledShares(
  engine: Pick<QueryEngine, "rows">,
  dataset: string,
  fields: readonly AskedField[],
  lastUs: bigint,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  if (fields.length === 0) return new Map();
  const counts = fields.map(
    ({ sql, isText }, at) => `count(${isText ? `nullif(${sql}, '')` : sql}) AS "n${at}"`,
  );
  const { rows } = await engine.rows({
    sql: `SELECT count(*) AS "of", ${counts.join(", ")} FROM ${quoteIdentifier(dataset)}`,
    window: { afterUs: lastUs - DAY_US, untilUs: lastUs },
    timeLimitMs: TIME_LIMIT_MS,
    ...(signal === undefined ? {} : { signal }),
  });
  const row = rows[0] ?? {};
  const of = Number(row.of ?? 0);
  if (of === 0) return new Map();
  return new Map(fields.map(({ field }, at) => [field, Number(row[`n${at}`] ?? 0) / of]));
}
