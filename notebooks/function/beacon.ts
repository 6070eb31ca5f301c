/** Browser-safe: pure functions, and SQL that makes the same ones. */
import { type HuntMacro, letIn, macro } from "./hunt-function.ts";

/** Intervals from which the score is whole; below, it is less by their share. */
const ENOUGH_INTERVALS = 10;
const FEWEST_INTERVALS = 4;

const quantile = (list: string, share: number) => `list_aggregate(${list}, 'quantile_cont', ${share})`;

export const BEACON_MACROS: readonly HuntMacro[] = [
  macro(
    "hunt_intervals",
    ["__instants"],
    letIn(
      "__seconds",
      "list_sort(list_distinct(list_transform(list_filter(__instants::TIMESTAMP[], lambda __instant: __instant IS NOT NULL), lambda __instant: epoch_us(__instant) // 1000000)))",
      "list_filter(list_transform(range(2, len(__seconds) + 1), lambda __at: __seconds[__at] - __seconds[__at - 1]), lambda __gap: __gap > 1)",
    ),
  ),
  macro(
    "beacon_score",
    ["__instants"],
    letIn(
      "__gaps",
      "hunt_intervals(__instants)",
      `CASE WHEN len(__gaps) >= ${FEWEST_INTERVALS} THEN ${letIn(
        "__beat",
        `{'count': len(__gaps), 'gaps': __gaps, 'low': ${quantile("__gaps", 0.25)}, 'middle': ${quantile("__gaps", 0.5)}, 'high': ${quantile("__gaps", 0.75)}}`,
        `least(1, __beat.count / ${ENOUGH_INTERVALS})
          * greatest(0, 1 - ${quantile("list_transform(__beat.gaps, lambda __gap: abs(__gap - __beat.middle))", 0.5)} / __beat.middle)
          * greatest(0, 1 - abs((__beat.low + __beat.high) / 2 - __beat.middle) / __beat.middle)`,
      )} END`,
    ),
    ["hunt_intervals"],
  ),
  macro("beacon_interval", ["__instants"], quantile("hunt_intervals(__instants)", 0.5), ["hunt_intervals"]),
];

/** An instant: a Date, milliseconds since the epoch, or ISO 8601 text. */
export type BeaconInstant = Date | number | string | null;

function milliseconds(instant: Date | number | string): number {
  return typeof instant === "number" ? instant : new Date(instant).getTime();
}

function intervals(instants: readonly BeaconInstant[]): number[] {
  const present = instants.filter((instant) => instant !== null);
  const seconds = new Set(present.map((instant) => Math.trunc(milliseconds(instant) / 1000)));
  const sorted = [...seconds].sort((left, right) => left - right);
  return sorted
    .slice(1)
    .map((second, at) => second - sorted[at]!)
    .filter((gap) => gap > 1);
}

/** Quantile with linear interpolation between order statistics; the list is not empty. */
function quantileOf(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)]!;
  return low + (sorted[Math.ceil(at)]! - low) * (at - Math.floor(at));
}

/**
 * As `beacon_score` in SQL. Instants are cut to seconds, each once; gaps of one second are bursts and left out. The
 * score is the product of three: steadiness (1 less the median absolute deviation of the gaps over their median),
 * symmetry (1 less the distance of the quartiles' middle from the median, over the median; gaps of chance lean to one side),
 * and support (10 gaps count fully, fewer by their share). Medians make it stand jitter, missed beats and a few
 * strays. Null for fewer than four gaps.
 */
export function beaconScore(instants: readonly BeaconInstant[] | null): number | null {
  if (instants === null) return null;
  const gaps = intervals(instants);
  if (gaps.length < FEWEST_INTERVALS) return null;
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantileOf(gaps, share)) as [
    number,
    number,
    number,
  ];
  const deviation = quantileOf(
    gaps.map((gap) => Math.abs(gap - middle)),
    0.5,
  );
  const steadiness = Math.max(0, 1 - deviation / middle);
  const symmetry = Math.max(0, 1 - Math.abs((low + high) / 2 - middle) / middle);
  return Math.min(1, gaps.length / ENOUGH_INTERVALS) * steadiness * symmetry;
}

/** As `beacon_interval` in SQL. Null without a gap. */
export function beaconInterval(instants: readonly BeaconInstant[] | null): number | null {
  if (instants === null) return null;
  const gaps = intervals(instants);
  return gaps.length === 0 ? null : quantileOf(gaps, 0.5);
}
