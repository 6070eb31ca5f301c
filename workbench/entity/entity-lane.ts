import type { EntityHead, EntityLane } from "../../notebooks/entity/entity-profile.ts";
import { instantMs } from "../format/instant.ts";
import type { TimeSpan } from "./time-span.ts";

/** One lane of the timeline: what a dataset knows, with its own slices of time. */
export interface Lane {
  readonly dataset: string;
  readonly origin: "source" | "spoor";
  readonly count: number;
  readonly untimedCount: number;
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  readonly slices: readonly { readonly fromMs: number; readonly untilMs: number; readonly count: number }[];
  /** Each event's time when they are few. */
  readonly timesMs: readonly number[] | null;
  readonly fields: EntityLane["fields"];
  readonly failure: string | null;
  /** What its numbers were counted over. */
  readonly counted: TimeSpan;
}

/** A lane as drawn, from a part of the profile and the head that came before it. */
export function laneOf(part: EntityLane, head: EntityHead): Lane {
  const originMs = instantMs(head.from) ?? 0;
  const ms = (iso: string | null) => (iso === null ? null : instantMs(iso));
  return {
    dataset: part.dataset,
    origin: part.origin,
    count: part.count,
    untimedCount: part.untimedCount,
    firstMs: ms(part.first),
    lastMs: ms(part.last),
    slices: part.rate.map(([at, count]) => ({
      fromMs: originMs + at * head.bucketMs,
      untilMs: originMs + (at + 1) * head.bucketMs,
      count,
    })),
    timesMs: part.timesMs,
    fields: part.fields,
    failure: part.failure,
    counted: { fromMs: originMs, untilMs: instantMs(head.until) ?? originMs },
  };
}

/** Lanes with something to see, in the order they were asked; Spoor's own last. */
export function shownLanes(lanes: Iterable<Lane>, asked: readonly string[]): Lane[] {
  return [...lanes]
    .filter(({ count, failure, dataset }) => (count > 0 || failure !== null) && dataset !== "annotations")
    .toSorted(
      (one, other) =>
        (one.origin === "spoor" ? 1 : 0) - (other.origin === "spoor" ? 1 : 0) ||
        asked.indexOf(one.dataset) - asked.indexOf(other.dataset),
    );
}

/** Hits of the lane inside a span: exact when every time is known, else by the slices whose middle lies in it. */
export function countWithin(lane: Lane, span: TimeSpan): number {
  if (lane.timesMs !== null)
    return lane.timesMs.filter((ms) => ms >= span.fromMs && ms <= span.untilMs).length;
  return lane.slices
    .filter(
      ({ fromMs, untilMs }) =>
        (fromMs + untilMs) / 2 >= span.fromMs && (fromMs + untilMs) / 2 <= span.untilMs,
    )
    .reduce((sum, { count }) => sum + count, 0);
}
