import type { TimeRange } from "./detection.ts";

const MAXIMUM_RANGES = 32;

/**
 * Ranges that an evaluation must repeat so that events at `timesUs` count: each event reaches from `beforeUs` before
 * itself to `reachUs` after it. Ranges closer than `gapUs` become one; past 32 of them the closest ones are joined.
 */
export function rangesOf(
  timesUs: readonly bigint[],
  reachUs: bigint,
  gapUs: bigint,
  beforeUs = 0n,
): TimeRange[] {
  const sorted = [...timesUs].sort((left, right) => (left < right ? -1 : left > right ? 1 : 0));
  const ranges: { afterUs: bigint; untilUs: bigint }[] = [];
  for (const timeUs of sorted) {
    const last = ranges.at(-1);
    const afterUs = timeUs - 1n - beforeUs;
    if (last !== undefined && afterUs - last.untilUs <= gapUs) last.untilUs = timeUs + reachUs;
    else ranges.push({ afterUs, untilUs: timeUs + reachUs });
  }
  if (ranges.length <= MAXIMUM_RANGES) return ranges;
  const gaps = ranges
    .slice(1)
    .map((range, at) => range.afterUs - ranges[at]!.untilUs)
    .sort((left, right) => (left < right ? -1 : left > right ? 1 : 0));
  return rangesOf(sorted, reachUs, gaps[gaps.length - MAXIMUM_RANGES]!, beforeUs);
}
