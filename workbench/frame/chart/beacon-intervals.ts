/** How regular the events of one pair are. */
export interface BeaconFigures {
  readonly count: number;
  /** Median of the intervals between one event and the next, milliseconds. */
  readonly medianMs: number;
  /** Median distance of the intervals from their median, as a share of it. */
  readonly jitter: number;
  /** Share of the span that the events would fill at one median interval each; at most 1. */
  readonly coverage: number;
  /**
   * 0 to 1: geometric mean of evenness (1 - jitter, at least 0), coverage, and evidence (1 - 2^(-intervals / 8)): a few
   * events fall evenly by chance. 1 is a clock.
   */
  readonly score: number;
}

/** Intervals between sorted times, milliseconds; events at the same millisecond count as one. */
export function intervalsOf(sortedMs: readonly number[]): number[] {
  const intervals: number[] = [];
  for (let index = 1; index < sortedMs.length; index += 1) {
    const interval = sortedMs[index]! - sortedMs[index - 1]!;
    if (interval > 0) intervals.push(interval);
  }
  return intervals;
}

/**
 * Figures of sorted times. The median absolute deviation is used, not the standard one: one long night without the
 * machine does not hide a beacon. Null when there are fewer than three intervals.
 */
export function beaconFigures(sortedMs: readonly number[]): BeaconFigures | null {
  const intervals = intervalsOf(sortedMs);
  if (intervals.length < 3) return null;
  const medianMs = median(intervals);
  const jitter = median(intervals.map((interval) => Math.abs(interval - medianMs))) / medianMs;
  const spanMs = sortedMs.at(-1)! - sortedMs[0]!;
  const coverage = Math.min(1, (intervals.length * medianMs) / spanMs);
  return {
    count: sortedMs.length,
    medianMs,
    jitter,
    coverage,
    score: Math.cbrt(Math.max(0, 1 - jitter) * coverage * (1 - 2 ** (-intervals.length / 8))),
  };
}

export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
