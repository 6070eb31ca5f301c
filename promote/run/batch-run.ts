import type { Clock } from "../../connectors/time/instant.ts";
import type { QueryEngine } from "../../notebooks/engine/engine.ts";
import type { Detection, RecordStore, Run, RunMode } from "../records/records.ts";
import type { Rule } from "../rule/rule.ts";
import { arrivalMark, putArrivalMark } from "./arrival-mark.ts";
import { type Arrivals, IngestedArrivals } from "./arrivals.ts";
import type { TimeRange } from "./detection.ts";
import { earlier } from "./earlier-later.ts";
import { eventDatasets } from "./event-datasets.ts";
import { rangesOf } from "./ranges.ts";
import {
  type FinishedRun,
  type RunFacts,
  type RunSurroundings,
  recordFailure,
  recordSuccess,
  rowsRead,
} from "./run-record.ts";
import { evaluateSlice, microseconds } from "./slice.ts";

const REOPEN_STEP_US = 1_000_000n;
const REOPEN_GAP_US = 60_000_000n;
/** Where a rule that never ran begins: before every event. */
export const BEGINNING_US = -62_135_596_800_000_000n;

/** What batch runs brought about. */
export interface BatchReport {
  readonly runs: readonly Run[];
  readonly inserted: readonly Detection[];
  readonly updated: readonly Detection[];
  readonly withdrawn: readonly Detection[];
}

/** Thrown when a rule is asked to run while it runs, here or in another process. */
export class RunBusyError extends Error {
  constructor(rule: string) {
    super(`The rule ${rule} is running already.`);
    this.name = "RunBusyError";
  }
}

/** Thrown when an evaluation failed, after the failed run was recorded. */
export class RunFailedError extends Error {
  readonly run: Run;

  constructor(run: Run, cause: unknown) {
    super(run.error ?? "The run failed.", { cause });
    this.name = "RunFailedError";
    this.run = run;
  }
}

export interface BatchRequest {
  readonly rule: Rule;
  readonly engine: QueryEngine;
  readonly store: RecordStore;
  readonly clock: Clock;
  /** How what came in is numbered; by `_ingested` when absent. */
  readonly arrivals?: Arrivals;
  readonly surroundings?: RunSurroundings;
  readonly signal?: AbortSignal;
}

interface SliceRun {
  readonly slice: TimeRange;
  readonly mode: RunMode;
  readonly late: boolean;
  readonly facts?: RunFacts;
}

/** Evaluates one slice and records it. Throws RunFailedError once the failed run is recorded. */
export async function recordedSlice(
  request: BatchRequest,
  { slice, mode, late, facts = {} }: SliceRun,
  progress: () => void,
): Promise<BatchReport> {
  const { rule, engine, store, clock, signal, surroundings = {} } = request;
  const startedMs = clock();
  const datasets = await eventDatasets(rule, engine).catch(() => []);
  const seen = {
    afterUs: slice.afterUs - microseconds(rule.lookbackMs),
    untilUs: slice.untilUs + microseconds(rule.allowedLatenessMs),
  };
  const own: RunFacts = {
    rowsRead: rowsRead(surroundings, datasets, seen),
    watermarkUs: slice.untilUs,
    lateCount: 0,
    health: surroundings.healthOf?.(datasets) ?? [],
    ...facts,
  };
  let finished: FinishedRun;
  try {
    const found = await evaluateSlice({
      rule,
      engine,
      ...slice,
      clock,
      mode,
      late,
      ...(signal === undefined ? {} : { signal }),
    });
    finished = {
      rule,
      mode,
      slice,
      startedMs,
      finishedMs: clock(),
      detections: found.detections,
      facts: own,
      usdPerHour: surroundings.engineUsdPerHour?.() ?? null,
      late,
    };
  } catch (error) {
    if (signal?.aborted) throw error;
    const run = recordFailure(store, rule, mode, slice, startedMs, clock(), error, own);
    throw new RunFailedError(run, error);
  }
  const { run, inserted, updated, withdrawn } = recordSuccess(store, finished, progress);
  return { runs: [run], inserted, updated, withdrawn };
}

export function joinedReports(reports: readonly BatchReport[]): BatchReport {
  return {
    runs: reports.flatMap(({ runs }) => runs),
    inserted: reports.flatMap(({ inserted }) => inserted),
    updated: reports.flatMap(({ updated }) => updated),
    withdrawn: reports.flatMap(({ withdrawn }) => withdrawn),
  };
}

interface NewArrivals {
  /** Up to which arrival each dataset has been looked at. */
  readonly until: ReadonlyMap<string, bigint>;
  /** Events that lie before where the rule stands. */
  readonly late: readonly { readonly timeUs: bigint; readonly count: number }[];
}

async function newArrivals(request: BatchRequest, evaluatedUntilUs: bigint | null): Promise<NewArrivals> {
  const { rule, engine, store, arrivals = new IngestedArrivals(engine) } = request;
  const until = new Map<string, bigint>();
  const late: { timeUs: bigint; count: number }[] = [];
  for (const dataset of await eventDatasets(rule, engine)) {
    if (evaluatedUntilUs === null) {
      until.set(dataset, await arrivals.latest(dataset));
      continue;
    }
    const mark = arrivalMark(store, { rule, dataset, mode: "batch" }) ?? 0n;
    const found = await arrivals.timesAfter(dataset, mark, REOPEN_STEP_US, rule.name);
    until.set(dataset, found.until);
    late.push(...found.times.filter(({ timeUs }) => timeUs <= evaluatedUntilUs));
  }
  return { until, late };
}

/**
 * Runs a rule now over one slice: from where its last batch run ended (the whole history the first time) to the clock
 * less the allowed lateness, or to `untilUs`. Events that came since and lie before that end reopen their slices,
 * marked late. Throws RunFailedError once the failed run is recorded, RunBusyError when another run of the rule has
 * moved its progress meanwhile (and then nothing is recorded twice).
 */
export async function runBatch(
  request: BatchRequest & { readonly untilUs?: bigint; readonly facts?: RunFacts },
): Promise<BatchReport> {
  const { rule, store, clock } = request;
  const progressNow = () => store.progress(rule.name, rule.version, "batch")?.evaluatedUntilUs ?? null;
  const knownUs = progressNow();
  const afterUs = knownUs ?? BEGINNING_US;
  const untilUs = request.untilUs ?? microseconds(clock()) - microseconds(rule.allowedLatenessMs);
  const reports: BatchReport[] = [];
  const { until, late } = await newArrivals(request, knownUs);
  const reachUs = microseconds(rule.lookbackMs) + REOPEN_STEP_US - 1n;
  const beforeUs = microseconds(rule.allowedLatenessMs);
  const lateTimes = late.map(({ timeUs }) => timeUs);
  for (const range of rangesOf(lateTimes, reachUs, REOPEN_GAP_US, beforeUs)) {
    const slice = { afterUs: range.afterUs, untilUs: earlier(range.untilUs, afterUs) };
    const lateCount = late
      .filter(({ timeUs }) => timeUs > range.afterUs && timeUs <= range.untilUs)
      .reduce((sum, { count }) => sum + count, 0);
    const run: SliceRun = { slice, mode: "batch", late: true, facts: { lateCount } };
    reports.push(await recordedSlice(request, run, () => undefined));
  }
  const finish = () => {
    if (progressNow() !== knownUs) throw new RunBusyError(rule.name);
    if (untilUs > afterUs) {
      store.putProgress({
        rule: rule.name,
        ruleVersion: rule.version,
        mode: "batch",
        evaluatedUntilUs: untilUs,
      });
    }
    for (const [dataset, arrival] of until) putArrivalMark(store, { rule, dataset, mode: "batch" }, arrival);
  };
  if (untilUs > afterUs) {
    const slice = { afterUs, untilUs };
    const facts = request.facts ?? {};
    reports.push(await recordedSlice(request, { slice, mode: "batch", late: false, facts }, finish));
  } else store.transaction(finish);
  return joinedReports(reports);
}
