import { Cron } from "croner";
import type { Rule } from "../rule/rule.ts";
import { microseconds } from "./slice.ts";

/** Missed slices refilled one by one; more are taken together, which means the same. */
const MAXIMUM_REFILLS = 48;
/** Turns of the schedule that are looked through before the rest is taken as one slice. */
const MAXIMUM_TURNS = 5_000;
/** A run that begins this long after its time counts as missed, and so does one whose next turn has come. */
export const MISSED_AFTER_MS = 60_000;

/** A turn of a rule's schedule that has come. */
export interface DueTurn {
  /** When it was due. */
  readonly dueMs: number;
  /** End of the slice that it evaluates: what was due less the allowed lateness. */
  readonly untilUs: bigint;
  /** Turns of the schedule that it stands for: more than one where many were missed. */
  readonly turns: number;
  /** When the first of them was due. */
  readonly firstDueMs: number;
}

function schedule(rule: Rule): Cron {
  if (rule.run.mode !== "batch") throw new RangeError(`The rule ${rule.name} has no schedule.`);
  return new Cron(rule.run.cron, { timezone: rule.run.zone, paused: true });
}

/** Throws RangeError for a rule without a schedule, and croner's error for a pattern that is none. */
export function checkSchedule(rule: Rule): void {
  schedule(rule);
}

/** When the rule's schedule next comes round after `afterMs`; null when it never does. Throws RangeError without a schedule. */
export function nextRunMs(rule: Rule, afterMs: number): number | null {
  return schedule(rule).nextRun(new Date(afterMs))?.getTime() ?? null;
}

/**
 * The turns that a rule owes at `nowMs`, oldest first: one for each time its schedule came round since its last run, in
 * its own time zone; at most 48, the oldest of more taken together. A rule that never ran owes one, now, of the whole
 * history.
 */
export function dueTurns(rule: Rule, evaluatedUntilUs: bigint | null, nowMs: number): DueTurn[] {
  const latenessUs = microseconds(rule.allowedLatenessMs);
  const turn = (dueMs: number, turns: number, firstDueMs: number): DueTurn => ({
    dueMs,
    untilUs: microseconds(dueMs) - latenessUs,
    turns,
    firstDueMs,
  });
  if (evaluatedUntilUs === null) return [turn(nowMs, 1, nowMs)];
  const timer = schedule(rule);
  const due: DueTurn[] = [];
  let at = new Date(Number((evaluatedUntilUs + latenessUs) / 1000n));
  for (let turns = 0; ; turns += 1) {
    const next = timer.nextRun(at);
    if (next === null || next.getTime() > nowMs) break;
    const nextMs = next.getTime();
    if (turns === MAXIMUM_TURNS) return [turn(nowMs, turns, due[0]!.firstDueMs)];
    due.push(turn(nextMs, 1, nextMs));
    if (due.length > MAXIMUM_REFILLS) {
      const [oldest, second] = due.splice(0, 2) as [DueTurn, DueTurn];
      due.unshift(turn(second.dueMs, oldest.turns + second.turns, oldest.firstDueMs));
    }
    at = next;
  }
  return due;
}

/** When the oldest turn that the rule owes at `nowMs` was due; null when it owes none. */
export function oldestDueMs(rule: Rule, evaluatedUntilUs: bigint | null, nowMs: number): number | null {
  if (evaluatedUntilUs === null) return nowMs;
  const lastMs = Number((evaluatedUntilUs + microseconds(rule.allowedLatenessMs)) / 1000n);
  const nextMs = nextRunMs(rule, lastMs);
  return nextMs !== null && nextMs <= nowMs ? nextMs : null;
}

/** Ends of the slices of `dueTurns`. */
export function dueSliceEnds(rule: Rule, evaluatedUntilUs: bigint | null, nowMs: number): bigint[] {
  return dueTurns(rule, evaluatedUntilUs, nowMs).map(({ untilUs }) => untilUs);
}
