import { deterministicId } from "../records/deterministic-id.ts";
import type { Detection, RecordStore, Run, RunMode } from "../records/records.ts";
import type { Rule } from "../rule/rule.ts";
import type { TimeRange } from "./detection.ts";

/** What one recorded evaluation changed. */
export interface RunResult {
  readonly run: Run;
  readonly inserted: readonly Detection[];
  readonly updated: readonly Detection[];
}

function runOf(
  rule: Rule,
  mode: RunMode,
  slice: TimeRange,
  startedMs: number,
  end: Pick<Run, "finishedMs" | "detectionCount" | "state" | "error">,
): Run {
  return {
    id: deterministicId(
      "run",
      rule.name,
      rule.version,
      mode,
      slice.afterUs,
      slice.untilUs,
      BigInt(Math.trunc(startedMs)),
    ),
    rule: rule.name,
    ruleVersion: rule.version,
    mode,
    sliceAfterUs: slice.afterUs,
    sliceUntilUs: slice.untilUs,
    startedMs,
    ...end,
  };
}

/**
 * Records a run that succeeded: run, detections and what `progress` writes reach the store in one transaction, so that
 * a crash leaves all of it or nothing.
 */
export function recordSuccess(
  store: RecordStore,
  rule: Rule,
  mode: RunMode,
  slice: TimeRange,
  startedMs: number,
  finishedMs: number,
  detections: readonly Detection[],
  progress: () => void,
): RunResult {
  const detectionCount = detections.length;
  const run = runOf(rule, mode, slice, startedMs, {
    finishedMs,
    detectionCount,
    state: "succeeded",
    error: null,
  });
  return store.transaction(() => {
    const { inserted, updated } = store.putDetections(detections);
    store.putRun(run);
    progress();
    return { run, inserted, updated };
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
): Run {
  const message = error instanceof Error ? error.message : String(error);
  const run = runOf(rule, mode, slice, startedMs, {
    finishedMs,
    detectionCount: 0,
    state: "failed",
    error: message.slice(0, 2000),
  });
  store.transaction(() => store.putRun(run));
  return run;
}

/**
 * How far a rule's runner has seen what was ingested into a dataset, kept as a progress of its own: after a restart
 * everything that came later is looked at again, late events among it.
 */
export interface IngestionMark {
  readonly rule: Rule;
  readonly dataset: string;
  readonly mode: RunMode;
}

/** A load that began before another may be committed after it: what is looked at again reaches back this far. */
const OVERLAP_US = 600_000_000n;

function markVersion({ rule, dataset }: IngestionMark): string {
  return `${rule.version}/ingested/${dataset}`;
}

function originVersion({ rule, dataset }: IngestionMark): string {
  return `${rule.version}/origin/${dataset}`;
}

/**
 * From which `_ingested` on events must be looked at again; null when all of them must. Never what was there when the
 * rule was first held: that is history, which a backfill looks at and which reaches nobody.
 */
export function ingestedFrom(store: RecordStore, mark: IngestionMark): bigint | null {
  const known = store.progress(mark.rule.name, markVersion(mark), mark.mode);
  if (known === undefined) return null;
  const origin = store.progress(mark.rule.name, originVersion(mark), mark.mode);
  const fromUs = known.evaluatedUntilUs - OVERLAP_US;
  return origin === undefined || fromUs > origin.evaluatedUntilUs ? fromUs : origin.evaluatedUntilUs + 1n;
}

/** Remembers up to which `_ingested` the data was there before the rule was. */
export function putIngestionOrigin(store: RecordStore, mark: IngestionMark, ingestedUntilUs: bigint): void {
  store.putProgress({
    rule: mark.rule.name,
    ruleVersion: originVersion(mark),
    mode: mark.mode,
    evaluatedUntilUs: ingestedUntilUs,
  });
}

export function putIngestionMark(store: RecordStore, mark: IngestionMark, ingestedUntilUs: bigint): void {
  store.putProgress({
    rule: mark.rule.name,
    ruleVersion: markVersion(mark),
    mode: mark.mode,
    evaluatedUntilUs: ingestedUntilUs,
  });
}

/** The version of a dataset that a rule's last run saw, kept likewise. */
export function seenVersion(store: RecordStore, { rule, dataset, mode }: IngestionMark): number | null {
  const known = store.progress(rule.name, `${rule.version}/version/${dataset}`, mode);
  return known === undefined ? null : Number(known.evaluatedUntilUs);
}

export function putSeenVersion(
  store: RecordStore,
  { rule, dataset, mode }: IngestionMark,
  version: number,
): void {
  const ruleVersion = `${rule.version}/version/${dataset}`;
  store.putProgress({ rule: rule.name, ruleVersion, mode, evaluatedUntilUs: BigInt(version) });
}
