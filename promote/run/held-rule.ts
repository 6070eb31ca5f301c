import type { RecordStore } from "../records/records.ts";
import type { Rule } from "../rule/rule.ts";
import { putArrivalMark } from "./arrival-mark.ts";
import type { TimeCount } from "./arrivals.ts";
import type { TimeRange } from "./detection.ts";
import { earlier } from "./earlier-later.ts";
import { rangesOf } from "./ranges.ts";
import { microseconds } from "./slice.ts";

/** A range that must be evaluated now, whatever the watermark. */
export interface WaitingRange {
  readonly range: TimeRange;
  readonly late: boolean;
  /** Late events that brought it about. */
  readonly lateCount: number;
}

/** One streaming rule in its runner. */
export interface HeldRule {
  readonly rule: Rule;
  /** Datasets whose events it waits for; lookups are not among them. */
  readonly datasets: readonly string[];
  /** Whether it evaluates events as they come, without waiting for the watermark. */
  readonly immediate: boolean;
  evaluatedUntilUs: bigint;
  /** Late ranges, and new events of a rule that does not wait. */
  readonly waiting: WaitingRange[];
  /** The last arrival of each dataset whose events are evaluated, wait in `waiting`, or wait for the watermark. */
  readonly noted: Map<string, bigint>;
  /** What of `noted` the store knows. */
  readonly marked: Map<string, bigint>;
  failures: number;
  error: string | null;
  /** Not tried again before. */
  retryMs: number;
  /** Since when something has been due that is not evaluated; null while nothing is. */
  dueSinceMs: number | null;
}

export function sliceUs({ rule }: HeldRule): bigint {
  return rule.run.mode === "stream" ? microseconds(Math.max(1, rule.run.sliceMs)) : 1n;
}

/** Events of one commit as every rule looks at them: ascending times, and ranges that are alike for rules that are alike. */
export class NewEvents {
  readonly times: readonly TimeCount[];
  readonly stepUs: bigint;
  readonly #timesUs: readonly bigint[];
  readonly #ranges = new Map<string, readonly TimeRange[]>();

  constructor(times: readonly TimeCount[], stepUs: bigint) {
    this.times = [...times].sort((left, right) => (left.timeUs < right.timeUs ? -1 : 1));
    this.stepUs = stepUs;
    this.#timesUs = this.times.map(({ timeUs }) => timeUs);
  }

  /** From the times themselves, each as often as it comes. */
  static of(timesUs: readonly bigint[]): NewEvents {
    const counts = new Map<bigint, number>();
    for (const timeUs of timesUs) counts.set(timeUs, (counts.get(timeUs) ?? 0) + 1);
    return new NewEvents(
      [...counts].map(([timeUs, count]) => ({ timeUs, count })),
      1n,
    );
  }

  get newestUs(): bigint | null {
    return this.#timesUs.at(-1) ?? null;
  }

  /** How many of the different times lie up to and including the bound. */
  countUntil(boundUs: bigint): number {
    let low = 0;
    let high = this.#timesUs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#timesUs[middle]! <= boundUs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The ranges of the times from the `from`-th up to before the `until`-th. See `rangesOf`. */
  ranges(
    from: number,
    until: number,
    reachUs: bigint,
    gapUs: bigint,
    beforeUs: bigint,
  ): readonly TimeRange[] {
    const key = `${from}:${until}:${reachUs}:${gapUs}:${beforeUs}`;
    const known = this.#ranges.get(key);
    if (known !== undefined) return known;
    const found = rangesOf(this.#timesUs.slice(from, until), reachUs, gapUs, beforeUs);
    this.#ranges.set(key, found);
    return found;
  }
}

/**
 * Sorts new events into ranges that must be evaluated now: those up to where the rule has evaluated are late; the
 * others wait for the watermark, unless the rule does not.
 */
export function takeEvents(held: HeldRule, events: NewEvents): void {
  const { evaluatedUntilUs, immediate, rule } = held;
  const lateCount = events.countUntil(evaluatedUntilUs);
  if (lateCount === 0 && !immediate) return;
  const reachUs = microseconds(rule.lookbackMs) + events.stepUs - 1n;
  const gapUs = sliceUs(held);
  // A slice sees events up to the allowed lateness after it: a late one may complete a row that much before itself.
  const beforeUs = immediate ? 0n : microseconds(rule.allowedLatenessMs);
  for (const range of events.ranges(0, lateCount, reachUs, gapUs, beforeUs)) {
    const untilUs = immediate ? range.untilUs : earlier(range.untilUs, evaluatedUntilUs);
    held.waiting.push({
      range: { afterUs: range.afterUs, untilUs },
      late: true,
      lateCount: eventsWithin(events, lateCount, range),
    });
  }
  if (!immediate) return;
  for (const range of events.ranges(lateCount, events.times.length, reachUs, gapUs, 0n)) {
    held.waiting.push({ range, late: false, lateCount: 0 });
  }
}

function eventsWithin(events: NewEvents, until: number, range: TimeRange): number {
  let count = 0;
  for (let at = events.countUntil(range.afterUs); at < until; at += 1) {
    const event = events.times[at]!;
    if (event.timeUs > range.untilUs) break;
    count += event.count;
  }
  return count;
}

/** Writes how far the rule has evaluated. Belongs into a transaction. */
export function putProgress(store: RecordStore, { rule }: HeldRule, evaluatedUntilUs: bigint): void {
  store.putProgress({ rule: rule.name, ruleVersion: rule.version, mode: "stream", evaluatedUntilUs });
}

export function hasUnmarked(held: HeldRule): boolean {
  for (const [dataset, arrival] of held.noted) {
    if (held.marked.get(dataset) !== arrival) return true;
  }
  return false;
}

/** Writes what the rule has seen; only while nothing of it waits. Belongs into a transaction; then call `markedAll`. */
export function putMarks(store: RecordStore, held: HeldRule): void {
  for (const [dataset, arrival] of held.noted) {
    if (held.marked.get(dataset) === arrival) continue;
    putArrivalMark(store, { rule: held.rule, dataset, mode: "stream" }, arrival);
  }
}

export function markedAll(held: HeldRule): void {
  for (const [dataset, arrival] of held.noted) held.marked.set(dataset, arrival);
}
