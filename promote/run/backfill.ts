import type { DetectionRow } from "../records/backtest.ts";
import { detectionRow } from "../records/detection-row.ts";
import type { Detection } from "../records/records.ts";
import { arrivalMark } from "./arrival-mark.ts";
import { IngestedArrivals } from "./arrivals.ts";
import { type BatchReport, type BatchRequest, joinedReports, recordedSlice } from "./batch-run.ts";
import type { TimeRange } from "./detection.ts";
import { earlier, later } from "./earlier-later.ts";
import { dependsOnEventAlone } from "./event-alone.ts";
import { eventDatasets } from "./event-datasets.ts";
import { RuleTurns } from "./rule-turns.ts";
import { evaluateSlice, microseconds } from "./slice.ts";

const SHOWN = 20;
/** Resolution in which events that the runner has not looked at are looked up. */
const LOOK_UP_STEP_US = 1_000_000n;

export interface BackfillRequest extends BatchRequest, TimeRange {
  /** Slices are at most this long. */
  readonly sliceMs: number;
  /** Asked before each slice, in the rule's turn: beyond it nothing is evaluated. The whole range when absent. */
  readonly settledUntilUs?: () => Promise<bigint>;
  /** Shared with whatever else evaluates the same rules. */
  readonly turns?: RuleTurns;
  /** Called with the share that is done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** What a backfill would do, or has done, against what is recorded of the same version of the rule. */
export interface BackfillDifference {
  /** Detections that the range gives now. */
  readonly detections: number;
  readonly added: number;
  /** Recorded ones that the range no longer gives: they would be withdrawn. */
  readonly removed: number;
  /** The same ids with other rows. */
  readonly changed: number;
  readonly unchanged: number;
  /** At most 20 of each, oldest first. */
  readonly sample: {
    readonly added: readonly DetectionRow[];
    readonly removed: readonly DetectionRow[];
    readonly changed: readonly DetectionRow[];
    /** What is recorded of each of `changed`, in its order. */
    readonly recorded: readonly DetectionRow[];
  };
}

async function eachSlice(request: BackfillRequest, work: (slice: TimeRange) => Promise<void>): Promise<void> {
  const { afterUs: firstUs, untilUs: lastUs, rule, turns = new RuleTurns() } = request;
  const sizeUs = microseconds(Math.max(1, request.sliceMs));
  for (let afterUs = firstUs; afterUs < lastUs; afterUs += sizeUs) {
    request.signal?.throwIfAborted();
    const untilUs = earlier(afterUs + sizeUs, lastUs);
    await turns.inTurn(rule.name, async () => {
      const endUs = earlier(untilUs, (await request.settledUntilUs?.()) ?? untilUs);
      if (endUs > afterUs) await work({ afterUs, untilUs: endUs });
    });
    request.onProgress?.(Number(untilUs - firstUs) / Number(lastUs - firstUs));
  }
}

/**
 * Evaluates the past again in slices of at most `sliceMs`; the rule's progress stays where it is, and what the slices
 * no longer give is withdrawn. Throws RunFailedError as `runBatch`.
 */
export async function runBackfill(request: BackfillRequest): Promise<BatchReport> {
  const reports: BatchReport[] = [];
  await eachSlice(request, async (slice) => {
    const run = { slice, mode: "backfill", late: false } as const;
    reports.push(await recordedSlice(request, run, () => undefined));
  });
  return joinedReports(reports);
}

/**
 * What `runBackfill` of the range would add, withdraw and change; nothing is written. Throws QueryError as the rule's
 * query does.
 */
export async function differBackfill(request: BackfillRequest): Promise<BackfillDifference> {
  const { rule, engine, store, clock, signal } = request;
  const added: Detection[] = [];
  const removed: Detection[] = [];
  const changed: Detection[] = [];
  const before: Detection[] = [];
  const counts = { detections: 0, added: 0, removed: 0, changed: 0 };
  const keep = (list: Detection[], kind: "added" | "removed" | "changed", detection: Detection): void => {
    counts[kind] += 1;
    if (list.length < SHOWN) list.push(detection);
  };
  await eachSlice(request, async (slice) => {
    const { detections } = await evaluateSlice({
      rule,
      engine,
      ...slice,
      clock,
      mode: "backfill",
      ...(signal === undefined ? {} : { signal }),
    });
    const recorded = new Map(
      store
        .detections({ rule: rule.name, ruleVersion: rule.version, ...slice })
        .reverse()
        .map((detection) => [detection.id, detection]),
    );
    counts.detections += detections.length;
    for (const detection of detections) {
      const known = recorded.get(detection.id);
      recorded.delete(detection.id);
      if (known === undefined) keep(added, "added", detection);
      else if (known.rowsHash !== detection.rowsHash) {
        keep(changed, "changed", detection);
        if (before.length < changed.length) before.push(known);
      }
    }
    for (const detection of recorded.values()) keep(removed, "removed", detection);
  });
  return {
    ...counts,
    unchanged: counts.detections - counts.added - counts.changed,
    sample: {
      added: added.map(detectionRow),
      removed: removed.map(detectionRow),
      changed: changed.map(detectionRow),
      recorded: before.map(detectionRow),
    },
  };
}

/**
 * How much of the past a backfill may evaluate: not beyond what the rule's own runner has settled, or would have, and
 * nothing that came and that the runner has not looked at, because it rests, fails or is behind: what that gives must
 * reach whom it concerns, and a backfill reaches nobody.
 */
export function backfillUntil(given: {
  readonly lastEventUs: bigint;
  readonly allowedLatenessMs: number;
  readonly nowMs: number;
  /** Up to where the runner has evaluated; null for a rule that has none. */
  readonly evaluatedUntilUs: bigint | null;
  /** Whether each row depends on one event alone, and is settled once the runner has seen the event. */
  readonly eventAlone: boolean;
  /** Time of the first event that the runner has not looked at; null when it has seen all, or there is none. */
  readonly unseenFromUs: bigint | null;
}): bigint {
  const latenessUs = microseconds(given.allowedLatenessMs);
  const settledUs = given.evaluatedUntilUs ?? microseconds(given.nowMs) - latenessUs;
  const untilUs = given.eventAlone ? later(settledUs, given.lastEventUs) : settledUs;
  if (given.unseenFromUs === null) return untilUs;
  // A slice sees events up to the allowed lateness after it: they may complete a row that much before themselves.
  return earlier(untilUs, given.unseenFromUs - 1n - (given.eventAlone ? 0n : latenessUs));
}

/** Time, by the second, of the first event that came and that the rule's runner has not looked at; null for none. */
async function unseenFrom({ rule, engine, store, arrivals }: BatchRequest): Promise<bigint | null> {
  const port = arrivals ?? new IngestedArrivals(engine);
  let firstUs: bigint | null = null;
  for (const dataset of await eventDatasets(rule, engine)) {
    const mark = arrivalMark(store, { rule, dataset, mode: rule.run.mode }) ?? 0n;
    const { times } = await port.timesAfter(dataset, mark, LOOK_UP_STEP_US, rule.name);
    for (const { timeUs } of times) firstUs = firstUs === null ? timeUs : earlier(firstUs, timeUs);
  }
  return firstUs;
}

/** `backfillUntil` of the rule as its records stand now. A rule that watches has a progress, one that does not has none. */
export async function settledUntil(request: BatchRequest, lastEventUs: bigint): Promise<bigint> {
  const { rule, store, engine, clock } = request;
  const progress = store.progress(rule.name, rule.version, rule.run.mode);
  const eventAlone = dependsOnEventAlone(rule, await eventDatasets(rule, engine));
  const atOnce = rule.run.mode === "stream" && store.proof(rule.name, rule.version)?.holds === true;
  return backfillUntil({
    lastEventUs,
    allowedLatenessMs: rule.allowedLatenessMs,
    nowMs: clock(),
    evaluatedUntilUs: progress?.evaluatedUntilUs ?? null,
    eventAlone: eventAlone && (progress === undefined || atOnce),
    unseenFromUs: progress === undefined ? null : await unseenFrom(request),
  });
}
