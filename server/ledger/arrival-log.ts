import type { QueryEngine } from "../../notebooks/engine/engine.ts";
import { type Arrivals, eventTimesIngested } from "../../promote/run/arrivals.ts";
import type { Ledger } from "./ledger.ts";

/** Ranges of ingestion that one look reads at most; nearer ones are read together. */
const MAXIMUM_RANGES = 16;

/** Spoor's own records whose rows have the time of what they tell of, and so may come late. */
const DETECTION_TABLES: ReadonlySet<string> = new Set(["detections", "withdrawn_detections"]);

interface Ingested {
  readonly fromUs: bigint;
  untilUs: bigint;
}

/**
 * Commits that brought rows, numbered in the order of their commits, however long their events waited before. Detections
 * are numbered one by one, as they come, change or are withdrawn; a rule's own are none that it waits for.
 */
export class LedgerArrivals implements Arrivals {
  readonly #ledger: Ledger;
  readonly #engine: QueryEngine;

  constructor(ledger: Ledger, engine: QueryEngine) {
    this.#ledger = ledger;
    this.#engine = engine;
  }

  async latest(dataset: string): Promise<bigint> {
    return this.latestNow(dataset);
  }

  /** The number of the last commit that brought rows of the dataset; 0 when none did. */
  latestNow(dataset: string): bigint {
    const row = DETECTION_TABLES.has(dataset)
      ? this.#ledger.get("select max(changed) as number from detection")
      : this.#ledger.get("select max(number) as number from arrival where dataset = ?", dataset);
    return row?.number == null ? 0n : BigInt(row.number as bigint);
  }

  async timesAfter(
    dataset: string,
    after: bigint,
    stepUs: bigint,
    reader = "",
  ): ReturnType<Arrivals["timesAfter"]> {
    if (DETECTION_TABLES.has(dataset)) return this.#detectionTimes(dataset, after, stepUs, reader);
    const rows = this.#ledger.all(
      "select number, ingested_from_us, ingested_until_us from arrival where dataset = ? and number > ? order by ingested_from_us",
      dataset,
      after,
    );
    if (rows.length === 0) return { until: after, times: [] };
    const until = rows.reduce(
      (most, row) => (BigInt(row.number!) > most ? BigInt(row.number!) : most),
      after,
    );
    const ranges = joinedRanges(
      rows.map((row) => ({
        fromUs: BigInt(row.ingested_from_us!),
        untilUs: BigInt(row.ingested_until_us!),
      })),
    );
    const times = new Map<bigint, number>();
    for (const range of ranges) {
      for (const { timeUs, count } of await eventTimesIngested(this.#engine, dataset, range, stepUs)) {
        times.set(timeUs, (times.get(timeUs) ?? 0) + count);
      }
    }
    return { until, times: [...times].map(([timeUs, count]) => ({ timeUs, count })) };
  }

  #detectionTimes(
    dataset: string,
    after: bigint,
    stepUs: bigint,
    reader: string,
  ): Awaited<ReturnType<Arrivals["timesAfter"]>> {
    const until = this.latestNow(dataset);
    if (until <= after) return { until: after, times: [] };
    const counts = new Map<bigint, number>();
    for (const row of this.#ledger.all(
      `select event_time_us, count(*) as n from detection
       where changed > ? and changed <= ? and rule <> ? group by event_time_us order by event_time_us`,
      after,
      until,
      reader,
    )) {
      const timeUs = floorTo(BigInt(row.event_time_us!), stepUs);
      counts.set(timeUs, (counts.get(timeUs) ?? 0) + Number(row.n));
    }
    return { until, times: [...counts].map(([timeUs, count]) => ({ timeUs, count })) };
  }
}

function floorTo(value: bigint, step: bigint): bigint {
  const rest = value % step;
  return rest < 0n ? value - rest - step : value - rest;
}

/** Ranges (ascending by their beginning) that touch become one; past 16 the nearest ones are joined. */
function joinedRanges(sorted: readonly Ingested[]): Ingested[] {
  const ranges: Ingested[] = [];
  for (const { fromUs, untilUs } of sorted) {
    const last = ranges.at(-1);
    if (last !== undefined && fromUs <= last.untilUs + 1n) {
      if (untilUs > last.untilUs) last.untilUs = untilUs;
    } else ranges.push({ fromUs, untilUs });
  }
  while (ranges.length > MAXIMUM_RANGES) {
    let nearest = 1;
    for (let at = 2; at < ranges.length; at += 1) {
      const gap = (index: number): bigint => ranges[index]!.fromUs - ranges[index - 1]!.untilUs;
      if (gap(at) < gap(nearest)) nearest = at;
    }
    ranges[nearest - 1]!.untilUs = ranges[nearest]!.untilUs;
    ranges.splice(nearest, 1);
  }
  return ranges;
}
