import type { TimeRange } from "./detection.ts";
import { earlier, later } from "./earlier-later.ts";
import { type HeldRule, sliceUs } from "./held-rule.ts";
import { microseconds } from "./slice.ts";
import type { Watermarks } from "./watermark.ts";

/** Slices that have come due together are evaluated as one, up to this many: any cut has the same meaning. */
const SLICES_AT_ONCE = 64n;
/** A longer catch-up is cut into pieces of at least this part of what is left. */
const CATCH_UP_PART = 8n;

/** What a rule has to evaluate next. */
export interface DueSlice {
  readonly range: TimeRange;
  readonly late: boolean;
  readonly lateCount: number;
  /** Whether it is the first of the rule's waiting ranges, and no step of its watermark. */
  readonly fromWaiting: boolean;
}

export function watermarkOf(held: HeldRule, watermarks: Watermarks, nowMs: number): bigint | null {
  return watermarks.of(held.datasets, held.rule.allowedLatenessMs, nowMs);
}

/** Up to where the watermark lets the rule come, in whole slices; null while it is there. */
function dueUntil(held: HeldRule, watermarks: Watermarks, nowMs: number): bigint | null {
  const watermarkUs = watermarkOf(held, watermarks, nowMs);
  if (watermarkUs === null) return null;
  const size = sliceUs(held);
  const untilUs = watermarkUs - (((watermarkUs % size) + size) % size);
  return untilUs <= held.evaluatedUntilUs ? null : untilUs;
}

/** False when every event of the rule's datasets lies before what the next slice can see. */
function mayHoldRows(held: HeldRule, watermarks: Watermarks): boolean {
  const seenAfterUs = held.evaluatedUntilUs - microseconds(held.rule.lookbackMs);
  return held.datasets.some((dataset) => {
    const newestUs = watermarks.newestUs(dataset);
    return newestUs !== null && newestUs > seenAfterUs;
  });
}

/**
 * Up to where the rule may go on without an evaluation: every event was evaluated when it came, or none is near enough
 * for a row. Null when it may not, or is there.
 */
export function quietUntil(held: HeldRule, watermarks: Watermarks, nowMs: number): bigint | null {
  if (held.waiting.length > 0) return null;
  const untilUs = dueUntil(held, watermarks, nowMs);
  return untilUs !== null && (held.immediate || !mayHoldRows(held, watermarks)) ? untilUs : null;
}

/** The next slice that must be evaluated; null when nothing is due. Call it once the rule went on as `quietUntil` says. */
export function dueSlice(held: HeldRule, watermarks: Watermarks, nowMs: number): DueSlice | null {
  const waiting = held.waiting[0];
  if (waiting !== undefined) return { ...waiting, fromWaiting: true };
  const untilUs = held.immediate ? null : dueUntil(held, watermarks, nowMs);
  if (untilUs === null) return null;
  const pieceUs = later(sliceUs(held) * SLICES_AT_ONCE, (untilUs - held.evaluatedUntilUs) / CATCH_UP_PART);
  const endUs = earlier(held.evaluatedUntilUs + pieceUs, untilUs);
  const range = { afterUs: held.evaluatedUntilUs, untilUs: endUs };
  return { range, late: false, lateCount: 0, fromWaiting: false };
}
