/** A line that somebody else made for this day: the intrusion's, or the admin script's. */
export interface PlannedLine {
  readonly msOfDay: number;
  readonly text: string;
}

/** Hands out planned lines in time order while a day is being written. */
export interface Timeline {
  /** Writes every planned line that lies at or before `msOfDay`; returns how many. */
  until(msOfDay: number): number;
  rest(): number;
}

export function createTimeline(lines: readonly PlannedLine[], write: (text: string) => void): Timeline {
  const ordered = [...lines].sort((left, right) => left.msOfDay - right.msOfDay);
  let next = 0;
  function until(msOfDay: number): number {
    const before = next;
    while (next < ordered.length && ordered[next]!.msOfDay <= msOfDay) write(ordered[next++]!.text);
    return next - before;
  }
  return { until, rest: () => until(Number.POSITIVE_INFINITY) };
}
