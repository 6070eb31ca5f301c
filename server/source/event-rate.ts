import type { Dataset } from "../../connectors/dataset/dataset.ts";
import { quoteIdentifier } from "../../connectors/sql/quote.ts";
import type { QueryEngine } from "../../notebooks/engine/engine.ts";

const SLICES = 84;

/**
 * Events per equal slice of the time that the datasets cover (84 numbers, oldest first). Results are kept per
 * dataset version, since a page asks often and the data changes seldom.
 */
export class EventRates {
  readonly #engine: QueryEngine;
  readonly #kept = new Map<string, readonly number[]>();

  constructor(engine: QueryEngine) {
    this.#engine = engine;
  }

  async of(datasets: readonly Dataset[]): Promise<readonly number[]> {
    const timed = datasets.filter((dataset) =>
      dataset.segments.some((segment) => segment.minTimeUs !== null),
    );
    const [firstUs, lastUs] = timeSpan(timed);
    if (firstUs === null || lastUs === null) return [];
    const key = timed.map((dataset) => `${dataset.name}@${dataset.version}`).join();
    const known = this.#kept.get(key);
    if (known) return known;
    const widthUs = (lastUs - firstUs) / BigInt(SLICES) + 1n;
    const rate = new Array<number>(SLICES).fill(0);
    for (const dataset of timed) {
      const { rows } = await this.#engine.rows({
        sql: `select ((epoch_us(_time) - $first) // $width)::integer as slice, count(*) as events
              from ${quoteIdentifier(dataset.name)} where _time is not null group by all`,
        parameters: { first: firstUs, width: widthUs },
      });
      for (const row of rows) {
        const slice = Number(row.slice);
        if (slice >= 0 && slice < SLICES) rate[slice]! += Number(row.events);
      }
    }
    if (this.#kept.size > 500) this.#kept.clear();
    this.#kept.set(key, rate);
    return rate;
  }
}

/** First and last event time of the datasets, microseconds; nulls when none has one. */
export function timeSpan(datasets: readonly Dataset[]): [bigint | null, bigint | null] {
  let first: bigint | null = null;
  let last: bigint | null = null;
  for (const dataset of datasets) {
    for (const { minTimeUs, maxTimeUs } of dataset.segments) {
      if (minTimeUs !== null && (first === null || minTimeUs < first)) first = minTimeUs;
      if (maxTimeUs !== null && (last === null || maxTimeUs > last)) last = maxTimeUs;
    }
  }
  return [first, last];
}
