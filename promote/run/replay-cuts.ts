import type { TimeRange } from "./detection.ts";
import { later } from "./earlier-later.ts";

const COMPARE = (left: bigint, right: bigint): number => (left < right ? -1 : left > right ? 1 : 0);

export interface CutRequest {
  /** Everything that is replayed. */
  readonly range: TimeRange;
  /** Times of events, a sample is enough: cuts fall where events are. */
  readonly eventTimesUs: readonly bigint[];
  readonly detectionTimesUs: readonly bigint[];
  readonly lookbackUs: bigint;
  readonly latenessUs: bigint;
  readonly sliceUs: bigint;
  readonly sliceCount: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/**
 * Cuts a range into at most `sliceCount` slices of random sizes that together cover it. One cut in two falls on an
 * event; the others where a rule that keeps state would show it: at, just before or a random way off a detection, and
 * a lookback before it.
 */
export function replaySlices(request: CutRequest): TimeRange[] {
  const { range, random } = request;
  const pick = (times: readonly bigint[]): bigint | undefined => times[Math.floor(random() * times.length)];
  const offset = (limitUs: bigint): bigint => {
    const limit = Math.max(2, Number(limitUs));
    const size = BigInt(Math.floor(Math.exp(random() * Math.log(limit))));
    return random() < 0.5 ? size : -size;
  };
  const near = (timeUs: bigint): bigint => {
    const reach = later(request.lookbackUs, request.sliceUs);
    switch (Math.floor(random() * 5)) {
      case 0:
        return timeUs;
      case 1:
        return timeUs - 1n;
      case 2:
        return timeUs + offset(request.latenessUs + 1n);
      case 3:
        return timeUs - BigInt(Math.floor(random() * Number(request.lookbackUs + 1n)));
      default:
        return timeUs + offset(reach);
    }
  };
  const cuts = new Set<bigint>();
  for (let tries = 0; cuts.size < request.sliceCount - 1 && tries < request.sliceCount * 20; tries += 1) {
    const detection = pick(request.detectionTimesUs);
    const event = pick(request.eventTimesUs);
    const wanted =
      detection !== undefined && (tries % 2 === 0 || event === undefined) ? near(detection) : event;
    if (wanted !== undefined && wanted > range.afterUs && wanted < range.untilUs) cuts.add(wanted);
  }
  const bounds = [range.afterUs, ...[...cuts].sort(COMPARE), range.untilUs];
  return bounds.slice(1).map((untilUs, at) => ({ afterUs: bounds[at]!, untilUs }));
}

/** Whether any of the ascending times (each standing for `stepUs` from it on) lies in `(afterUs, untilUs]`. */
export function holdsAny(timesUs: readonly bigint[], stepUs: bigint, range: TimeRange): boolean {
  let low = 0;
  let high = timesUs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (timesUs[middle]! + stepUs - 1n > range.afterUs) high = middle;
    else low = middle + 1;
  }
  const first = timesUs[low];
  return first !== undefined && first <= range.untilUs;
}
