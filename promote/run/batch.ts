import { Cron } from "croner";
import type { Clock } from "../../connectors/time/instant.ts";
import type { QueryEngine } from "../../notebooks/engine/engine.ts";
import type { Detection, RecordStore, Run, RunMode } from "../records/records.ts";
import type { Rule } from "../rule/rule.ts";
import { type DatasetSpan, datasetSpan, eventTimes } from "./data-span.ts";
import type { TimeRange } from "./detection.ts";
import { earlier } from "./earlier-later.ts";
import { rangesOf } from "./ranges.ts";
import {
  ingestedFrom,
  putIngestionMark,
  putSeenVersion,
  recordFailure,
  recordSuccess,
  seenVersion,
} from "./run-record.ts";
import { evaluateSlice, microseconds } from "./slice.ts";

/** Missed slices refilled one by one; more are taken together, which means the same. */
const MAXIMUM_REFILLS = 48;
/** Turns of the schedule that are looked through before the rest is taken as one slice. */
const MAXIMUM_TURNS = 5_000;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 300_000;
const REOPEN_STEP_US = 1_000_000n;
const REOPEN_GAP_US = 60_000_000n;
/** Where a rule that never ran begins: before every event. */
const BEGINNING_US = -62_135_596_800_000_000n;

/** What batch runs brought about. */
export interface BatchReport {
  readonly runs: readonly Run[];
  readonly inserted: readonly Detection[];
  readonly updated: readonly Detection[];
}

/** Thrown when a rule is asked to run while it runs. */
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
  readonly signal?: AbortSignal;
}

async function recordedSlice(
  request: BatchRequest,
  slice: TimeRange,
  options: { readonly mode: RunMode; readonly late: boolean },
  progress: () => void,
): Promise<BatchReport> {
  const { rule, engine, store, clock, signal } = request;
  const startedMs = clock();
  let detections: readonly Detection[];
  try {
    const found = await evaluateSlice({
      rule,
      engine,
      ...slice,
      clock,
      ...options,
      ...(signal === undefined ? {} : { signal }),
    });
    detections = found.detections;
  } catch (error) {
    throw new RunFailedError(
      recordFailure(store, rule, options.mode, slice, startedMs, clock(), error),
      error,
    );
  }
  const { run, inserted, updated } = recordSuccess(
    store,
    rule,
    options.mode,
    slice,
    startedMs,
    clock(),
    detections,
    progress,
  );
  return { runs: [run], inserted, updated };
}

function joined(reports: readonly BatchReport[]): BatchReport {
  return {
    runs: reports.flatMap(({ runs }) => runs),
    inserted: reports.flatMap(({ inserted }) => inserted),
    updated: reports.flatMap(({ updated }) => updated),
  };
}

/**
 * Runs a rule now over one slice: from where its last batch run ended (the whole history the first time) to the clock
 * less the allowed lateness, or to `untilUs`. Events that were ingested since and lie before that end reopen their
 * slices, marked late. Throws RunFailedError once the failed run is recorded.
 */
export async function runBatch(request: BatchRequest & { readonly untilUs?: bigint }): Promise<BatchReport> {
  const { rule, engine, store, clock } = request;
  const known = store.progress(rule.name, rule.version, "batch");
  const afterUs = known?.evaluatedUntilUs ?? BEGINNING_US;
  const untilUs = request.untilUs ?? microseconds(clock()) - microseconds(rule.allowedLatenessMs);
  const reports: BatchReport[] = [];
  const spans = new Map<string, DatasetSpan>();
  const lateUs: bigint[] = [];
  for (const dataset of await engine.datasetsOf(rule.sql)) {
    const span = await datasetSpan(engine, dataset, request.signal);
    spans.set(dataset, span);
    const mark = { rule, dataset, mode: "batch" } as const;
    if (known === undefined || seenVersion(store, mark) === span.version) continue;
    const ingestedFromUs = ingestedFrom(store, mark);
    const times = await eventTimes(engine, dataset, { ingestedFromUs, stepUs: REOPEN_STEP_US });
    lateUs.push(...times.filter((timeUs) => timeUs <= afterUs));
  }
  const reachUs = microseconds(rule.lookbackMs) + REOPEN_STEP_US - 1n;
  const beforeUs = microseconds(rule.allowedLatenessMs);
  for (const range of rangesOf(lateUs, reachUs, REOPEN_GAP_US, beforeUs)) {
    const slice = { afterUs: range.afterUs, untilUs: earlier(range.untilUs, afterUs) };
    reports.push(await recordedSlice(request, slice, { mode: "batch", late: true }, () => undefined));
  }
  const finish = () => {
    if (untilUs > afterUs) {
      store.putProgress({
        rule: rule.name,
        ruleVersion: rule.version,
        mode: "batch",
        evaluatedUntilUs: untilUs,
      });
    }
    for (const [dataset, span] of spans) {
      putSeenVersion(store, { rule, dataset, mode: "batch" }, span.version);
      if (span.ingestedUntilUs === null) continue;
      putIngestionMark(store, { rule, dataset, mode: "batch" }, span.ingestedUntilUs);
    }
  };
  if (untilUs > afterUs) {
    reports.push(await recordedSlice(request, { afterUs, untilUs }, { mode: "batch", late: false }, finish));
  } else store.transaction(finish);
  return joined(reports);
}

/**
 * Evaluates the past again in slices of at most `sliceMs`; the rule's progress stays where it is. Reports its share
 * (0 to 1) after each slice. Throws RunFailedError as `runBatch`.
 */
export async function runBackfill(
  request: BatchRequest & {
    readonly afterUs: bigint;
    readonly untilUs: bigint;
    readonly sliceMs: number;
    readonly onProgress?: (share: number) => void;
  },
): Promise<BatchReport> {
  const sizeUs = microseconds(Math.max(1, request.sliceMs));
  const reports: BatchReport[] = [];
  for (let afterUs = request.afterUs; afterUs < request.untilUs; afterUs += sizeUs) {
    request.signal?.throwIfAborted();
    const untilUs = earlier(afterUs + sizeUs, request.untilUs);
    reports.push(
      await recordedSlice(request, { afterUs, untilUs }, { mode: "backfill", late: false }, () => undefined),
    );
    request.onProgress?.(Number(untilUs - request.afterUs) / Number(request.untilUs - request.afterUs));
  }
  return joined(reports);
}

function schedule(rule: Rule): Cron {
  if (rule.run.mode !== "batch") throw new RangeError(`The rule ${rule.name} has no schedule.`);
  return new Cron(rule.run.cron, { timezone: rule.run.zone, paused: true });
}

/** When the rule's schedule next comes round after `afterMs`; null when it never does. Throws RangeError without a schedule. */
export function nextRunMs(rule: Rule, afterMs: number): number | null {
  return schedule(rule).nextRun(new Date(afterMs))?.getTime() ?? null;
}

/**
 * Ends of the slices that a rule owes at `nowMs`, oldest first: one for each time its schedule came round since its
 * last run, at most 48, the oldest of more taken together. A rule that never ran owes one, of the whole history.
 */
export function dueSliceEnds(rule: Rule, evaluatedUntilUs: bigint | null, nowMs: number): bigint[] {
  const latenessUs = microseconds(rule.allowedLatenessMs);
  if (evaluatedUntilUs === null) return [microseconds(nowMs) - latenessUs];
  const timer = schedule(rule);
  const ends: bigint[] = [];
  let at = new Date(Number((evaluatedUntilUs + latenessUs) / 1000n));
  for (let turns = 0; ; turns += 1) {
    const next = timer.nextRun(at);
    if (next === null || next.getTime() > nowMs) break;
    if (turns === MAXIMUM_TURNS) return [microseconds(nowMs) - latenessUs];
    ends.push(microseconds(next.getTime()) - latenessUs);
    if (ends.length > MAXIMUM_REFILLS) ends.shift();
    at = next;
  }
  return ends;
}

/** Runs scheduled rules: each on its own slices, never twice at once. Holds no timer: call `tick` with the clock. */
export class BatchRunner {
  readonly #engine: QueryEngine;
  readonly #store: RecordStore;
  readonly #now: Clock;
  readonly #held = new Map<string, Rule>();
  readonly #running = new Set<string>();
  readonly #failed = new Map<string, { count: number; retryMs: number }>();

  constructor(options: { readonly engine: QueryEngine; readonly store: RecordStore; readonly clock: Clock }) {
    this.#engine = options.engine;
    this.#store = options.store;
    this.#now = options.clock;
  }

  /** Takes a rule in. Throws RangeError for a rule without a schedule, and croner's error for a pattern that is none. */
  hold(rule: Rule): void {
    schedule(rule);
    this.#held.set(rule.name, rule);
    this.#failed.delete(rule.name);
  }

  release(ruleName: string): void {
    this.#held.delete(ruleName);
  }

  isRunning(ruleName: string): boolean {
    return this.#running.has(ruleName);
  }

  /** Runs a rule now, whatever its schedule. Throws RunBusyError while it runs, RunFailedError when it fails. */
  async runNow(rule: Rule, signal?: AbortSignal): Promise<BatchReport> {
    return this.#alone(rule, () => runBatch(this.#request(rule, signal)));
  }

  #request(rule: Rule, signal: AbortSignal | undefined): BatchRequest {
    const base = { rule, engine: this.#engine, store: this.#store, clock: this.#now };
    return signal === undefined ? base : { ...base, signal };
  }

  async #alone<T>(rule: Rule, work: () => Promise<T>): Promise<T> {
    if (this.#running.has(rule.name)) throw new RunBusyError(rule.name);
    this.#running.add(rule.name);
    try {
      return await work();
    } finally {
      this.#running.delete(rule.name);
    }
  }

  #retryLater(ruleName: string, nowMs: number): void {
    const count = (this.#failed.get(ruleName)?.count ?? 0) + 1;
    const retryMs = nowMs + Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (count - 1));
    this.#failed.set(ruleName, { count, retryMs });
  }

  /** Runs every slice that is due, missed ones first. A rule that fails is recorded and tried again a little later. */
  async tick(nowMs: number, signal?: AbortSignal): Promise<BatchReport> {
    const reports: BatchReport[] = [];
    for (const rule of [...this.#held.values()]) {
      if (this.#running.has(rule.name) || (this.#failed.get(rule.name)?.retryMs ?? 0) > nowMs) continue;
      const known = this.#store.progress(rule.name, rule.version, "batch")?.evaluatedUntilUs ?? null;
      for (const untilUs of dueSliceEnds(rule, known, nowMs)) {
        signal?.throwIfAborted();
        try {
          reports.push(await this.#alone(rule, () => runBatch({ ...this.#request(rule, signal), untilUs })));
          this.#failed.delete(rule.name);
        } catch (error) {
          if (signal?.aborted) throw error;
          this.#retryLater(rule.name, nowMs);
          if (error instanceof RunFailedError) reports.push({ runs: [error.run], inserted: [], updated: [] });
          else if (!(error instanceof RunBusyError)) {
            const slice = { afterUs: known ?? BEGINNING_US, untilUs };
            const run = recordFailure(this.#store, rule, "batch", slice, nowMs, this.#now(), error);
            reports.push({ runs: [run], inserted: [], updated: [] });
          }
          break;
        }
      }
    }
    return joined(reports);
  }
}
