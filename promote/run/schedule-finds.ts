import type { Clock } from "../../connectors/time/instant.ts";
import { formatInstant } from "../../connectors/time/instant.ts";
import type { QueryEngine } from "../../notebooks/engine/engine.ts";
import type { ScheduleReport } from "../gate/evidence.ts";
import type { Detection } from "../records/records.ts";
import type { Rule } from "../rule/rule.ts";
import { nextRunMs } from "./schedule.ts";
import { evaluateHistory, evaluateSlice, microseconds } from "./slice.ts";

/** Detections that are looked for, spread evenly over the history. */
const MOST_CHECKED = 20;
const MINUTE_MS = 60_000;
const LONGEST_STEP_MS = 2 * 366 * 86_400_000;

export interface ScheduleRequest {
  /** A rule that runs as batch. */
  readonly rule: Rule;
  readonly engine: QueryEngine;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  readonly onProgress?: (share: number, message: string) => void;
}

/** The turn of a schedule that evaluates what happened at one time. */
export interface OwningTurn {
  readonly afterUs: bigint;
  readonly untilUs: bigint;
}

/**
 * The slice of the turn that first evaluates an event of this time: between the turn before and its own, both less the
 * allowed lateness. Null where the schedule never comes round. Throws RangeError for a rule without a schedule.
 */
export function owningTurn(rule: Rule, timeUs: bigint): OwningTurn | null {
  const latenessUs = microseconds(rule.allowedLatenessMs);
  const seenMs = Number((timeUs + latenessUs + 999n) / 1000n);
  const dueMs = nextRunMs(rule, seenMs - 1);
  if (dueMs === null) return null;
  return {
    afterUs: microseconds(runBeforeMs(rule, dueMs)) - latenessUs,
    untilUs: microseconds(dueMs) - latenessUs,
  };
}

function runBeforeMs(rule: Rule, dueMs: number): number {
  for (let stepMs = MINUTE_MS; stepMs <= LONGEST_STEP_MS; stepMs *= 2) {
    let found: number | null = null;
    let next = nextRunMs(rule, dueMs - stepMs);
    while (next !== null && next < dueMs) {
      found = next;
      next = nextRunMs(rule, next);
    }
    if (found !== null) return found;
  }
  return dueMs - LONGEST_STEP_MS;
}

function spread<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from(
    { length: count },
    (_, at) => items[Math.round((at * (items.length - 1)) / (count - 1))]!,
  );
}

/**
 * Whether a scheduled rule finds, turn by turn and with no more than its lookback in sight, what it finds over the whole
 * history: up to 20 detections are looked for in the slices that own them, evaluated as a batch run does. Throws QueryError
 * as the query does, and when `signal` is aborted.
 */
export async function scheduleFinds(request: ScheduleRequest): Promise<ScheduleReport> {
  const { rule, engine, clock, signal, onProgress } = request;
  const given = { clock, ...(signal === undefined ? {} : { signal }) };
  const { detections } = await evaluateHistory(rule, engine, given);
  const wanted = spread(detections, MOST_CHECKED);
  const slices = new Map<string, ReadonlyMap<string, Detection>>();
  const missed: ScheduleReport["missed"][number][] = [];
  let changed = 0;
  let done = 0;
  for (const one of wanted) {
    signal?.throwIfAborted();
    onProgress?.(done / wanted.length, `turn ${done + 1} of ${wanted.length}`);
    done += 1;
    const turn = owningTurn(rule, one.eventTimeUs);
    const key = turn === null ? "" : String(turn.untilUs);
    let found = slices.get(key);
    if (found === undefined) {
      const slice =
        turn === null ? [] : (await evaluateSlice({ rule, engine, ...turn, ...given })).detections;
      found = new Map(slice.map((each) => [each.id, each]));
      slices.set(key, found);
    }
    const again = found.get(one.id);
    if (again === undefined) missed.push({ time: formatInstant(one.eventTimeUs), entities: one.entities });
    else if (again.rowsHash !== one.rowsHash) changed += 1;
  }
  const [first, last] = [detections[0]?.eventTimeUs, detections.at(-1)?.eventTimeUs];
  const spanMs = first === undefined || last === undefined ? 0 : Number((last - first) / 1000n);
  return {
    detections: detections.length,
    checked: wanted.length,
    found: wanted.length - missed.length,
    changed,
    missed: missed.slice(0, 5),
    lookbackMs: rule.lookbackMs,
    looksBackOverAll: rule.lookbackMs >= Math.max(spanMs, 366 * 86_400_000),
  };
}
