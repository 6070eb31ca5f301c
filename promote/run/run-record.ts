import { deterministicId } from "../records/deterministic-id.ts";
import type { Detection, RecordStore, Run, RunMode } from "../records/records.ts";
import type { Rule } from "../rule/rule.ts";
import type { TimeRange } from "./detection.ts";
import { earlier, later } from "./earlier-later.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** What the place where rules run knows about their data and its price. All of it may be unknown. */
export interface RunSurroundings {
  /** Rows of the dataset's segments that may hold events of `afterUs < time <= untilUs`; null when nobody knows. */
  readonly rowsIn?: (dataset: string, range: TimeRange) => number | null;
  /** What is wrong with the datasets' sources now, a sentence each. */
  readonly healthOf?: (datasets: readonly string[]) => readonly string[];
  /** Declared price of an hour of the engine, US dollars. */
  readonly engineUsdPerHour?: () => number | null;
}

/** What is recorded of an evaluation beside its detections. */
export type RunFacts = Pick<Run, "rowsRead" | "watermarkUs" | "lateCount" | "health" | "dueMs" | "refill">;

/** An evaluation that has ended well. */
export interface FinishedRun {
  readonly rule: Rule;
  readonly mode: RunMode;
  readonly slice: TimeRange;
  readonly startedMs: number;
  readonly finishedMs: number;
  /** Its share of the time, where rules were evaluated together; all of it when absent. */
  readonly engineMs?: number;
  /** Everything that the rule gives in the slice. */
  readonly detections: readonly Detection[];
  readonly facts: RunFacts;
  readonly usdPerHour: number | null;
  /** Whether a late event reopened the slice. */
  readonly late: boolean;
  /** Puts it together with the rule's other evaluations of the same minute. */
  readonly byMinute?: boolean;
}

/** What one recorded evaluation changed. */
export interface RunResult {
  readonly run: Run;
  readonly inserted: readonly Detection[];
  readonly updated: readonly Detection[];
  readonly withdrawn: readonly Detection[];
}

/** Rows that an evaluation of the range has to look into, over all datasets; null when one of them is unknown. */
export function rowsRead(
  surroundings: RunSurroundings,
  datasets: readonly string[],
  range: TimeRange,
): number | null {
  if (surroundings.rowsIn === undefined) return null;
  let sum = 0;
  for (const dataset of datasets) {
    const rows = surroundings.rowsIn(dataset, range);
    if (rows === null) return null;
    sum += rows;
  }
  return sum;
}

function runId(rule: Rule, mode: RunMode, slice: TimeRange, startedMs: number): string {
  const started = BigInt(Math.trunc(startedMs));
  return deterministicId("run", rule.name, rule.version, mode, slice.afterUs, slice.untilUs, started);
}

function minuteRunId(rule: Rule, startedMs: number): string {
  return deterministicId(
    "run of a minute",
    rule.name,
    rule.version,
    BigInt(Math.floor(startedMs / MINUTE_MS)),
  );
}

function sumOf(left: number | null | undefined, right: number | null | undefined): number | null {
  return left === null || left === undefined || right === null || right === undefined ? null : left + right;
}

/** Two runs of one minute as one. */
function together(known: Run, next: Run): Run {
  return {
    ...next,
    sliceAfterUs: earlier(known.sliceAfterUs, next.sliceAfterUs),
    sliceUntilUs: later(known.sliceUntilUs, next.sliceUntilUs),
    startedMs: known.startedMs,
    detectionCount: known.detectionCount + next.detectionCount,
    evaluations: (known.evaluations ?? 1) + 1,
    engineMs: (known.engineMs ?? 0) + (next.engineMs ?? 0),
    rowsRead: sumOf(known.rowsRead, next.rowsRead),
    costUsd: sumOf(known.costUsd, next.costUsd),
    lateCount: (known.lateCount ?? 0) + (next.lateCount ?? 0),
    withdrawnCount: (known.withdrawnCount ?? 0) + (next.withdrawnCount ?? 0),
    health: [...new Set([...(known.health ?? []), ...(next.health ?? [])])],
  };
}

function withdrawalReason({ mode, late }: FinishedRun): string {
  if (late) return "The event that came later explains it: its slice, evaluated again, no longer gives it.";
  return mode === "backfill"
    ? "A backfill of its slice no longer gives it."
    : "A later evaluation of its slice no longer gives it.";
}

/**
 * Records an evaluation that ended well: run, detections and what `progress` writes reach the store in one
 * transaction, so that a crash leaves all of it or nothing. What the rule had in the slice and no longer gives is
 * withdrawn. `progress` may throw, and then nothing is recorded.
 */
export function recordSuccess(store: RecordStore, finished: FinishedRun, progress: () => void): RunResult {
  const { rule, mode, slice, startedMs, finishedMs, detections, usdPerHour } = finished;
  return store.transaction(() => {
    const { inserted, updated } = store.putDetections(detections);
    const withdrawn = store.withdrawDetections(
      { rule: rule.name, ruleVersion: rule.version, ...slice },
      new Set(detections.map(({ id }) => id)),
      finishedMs,
      withdrawalReason(finished),
    );
    const engineMs = finished.engineMs ?? finishedMs - startedMs;
    const own: Run = {
      id: finished.byMinute ? minuteRunId(rule, startedMs) : runId(rule, mode, slice, startedMs),
      rule: rule.name,
      ruleVersion: rule.version,
      mode,
      sliceAfterUs: slice.afterUs,
      sliceUntilUs: slice.untilUs,
      startedMs,
      finishedMs,
      detectionCount: detections.length,
      state: "succeeded",
      error: null,
      evaluations: 1,
      engineMs,
      costUsd: usdPerHour === null ? null : (engineMs / HOUR_MS) * usdPerHour,
      withdrawnCount: withdrawn.length,
      ...finished.facts,
    };
    const known = finished.byMinute ? store.run(own.id) : undefined;
    const run = known === undefined ? own : together(known, own);
    store.putRun(run);
    progress();
    return { run, inserted, updated, withdrawn };
  });
}

/** Records a run that failed; the rule's progress stays where it was. */
export function recordFailure(
  store: RecordStore,
  rule: Rule,
  mode: RunMode,
  slice: TimeRange,
  startedMs: number,
  finishedMs: number,
  error: unknown,
  facts: RunFacts = {},
): Run {
  const message = error instanceof Error ? error.message : String(error);
  const run: Run = {
    id: runId(rule, mode, slice, startedMs),
    rule: rule.name,
    ruleVersion: rule.version,
    mode,
    sliceAfterUs: slice.afterUs,
    sliceUntilUs: slice.untilUs,
    startedMs,
    finishedMs,
    detectionCount: 0,
    state: "failed",
    error: message.slice(0, 2000),
    evaluations: 1,
    engineMs: finishedMs - startedMs,
    ...facts,
  };
  store.transaction(() => store.putRun(run));
  return run;
}
