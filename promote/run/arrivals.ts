import { quoteIdentifier } from "../../connectors/sql/quote.ts";
import type { QueryEngine } from "../../notebooks/engine/engine.ts";
import { hasTimes, whole } from "./data-span.ts";

/** How many events have one time (rounded down to the step that was asked for). */
export interface TimeCount {
  readonly timeUs: bigint;
  readonly count: number;
}

/**
 * What came into datasets, numbered by dataset in the order in which it could be seen: what was looked at up to a
 * number is never missed, however long events waited between their arrival and their commit.
 */
export interface Arrivals {
  /** The last number of the dataset; 0 when nothing has come. */
  latest(dataset: string): Promise<bigint>;
  /**
   * Times of the events that came after the number, and the last number that they include. What the rule `reader` has
   * recorded itself is none that it waits for.
   */
  timesAfter(
    dataset: string,
    after: bigint,
    stepUs: bigint,
    reader?: string,
  ): Promise<{ readonly until: bigint; readonly times: readonly TimeCount[] }>;
}

const BEFORE_ALL_US = -(2n ** 55n);

/**
 * Times and counts of the events with `fromUs <= _ingested <= untilUs`, ascending. Empty for a table without times.
 */
export async function eventTimesIngested(
  engine: QueryEngine,
  dataset: string,
  range: { readonly fromUs: bigint; readonly untilUs: bigint },
  stepUs: bigint,
): Promise<TimeCount[]> {
  if (!(await hasTimes(engine, dataset))) return [];
  const { rows } = await engine.rows({
    sql: `SELECT (epoch_us("_time") // CAST($step AS BIGINT)) * CAST($step AS BIGINT) AS t, count(*) AS n
      FROM ${quoteIdentifier(dataset)}
      WHERE "_time" IS NOT NULL AND "_ingested" >= make_timestamp(CAST($from AS BIGINT))
        AND "_ingested" <= make_timestamp(CAST($until AS BIGINT)) GROUP BY 1 ORDER BY 1`,
    parameters: {
      step: stepUs,
      from: range.fromUs < BEFORE_ALL_US ? BEFORE_ALL_US : range.fromUs,
      until: range.untilUs,
    },
  });
  return rows.flatMap((row) => {
    const timeUs = whole(row, "t");
    return timeUs === null ? [] : { timeUs, count: Number(whole(row, "n") ?? 0n) };
  });
}

/** Arrivals by `_ingested` alone: right where rows are committed in the order of their ingestion. */
export class IngestedArrivals implements Arrivals {
  readonly #engine: QueryEngine;

  constructor(engine: QueryEngine) {
    this.#engine = engine;
  }

  async latest(dataset: string): Promise<bigint> {
    if (!(await hasTimes(this.#engine, dataset))) return 0n;
    const { rows } = await this.#engine.rows({
      sql: `SELECT epoch_us(max("_ingested")) AS last FROM ${quoteIdentifier(dataset)}`,
    });
    return whole(rows[0], "last") ?? 0n;
  }

  async timesAfter(dataset: string, after: bigint, stepUs: bigint): ReturnType<Arrivals["timesAfter"]> {
    const until = await this.latest(dataset);
    if (until <= after) return { until: after, times: [] };
    const range = { fromUs: after + 1n, untilUs: until };
    return { until, times: await eventTimesIngested(this.#engine, dataset, range, stepUs) };
  }
}
