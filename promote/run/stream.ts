import type { Clock } from "../../connectors/time/instant.ts";
import { type QueryEngine, QueryError } from "../../notebooks/engine/engine.ts";
import type { Detection, RecordStore, Run } from "../records/records.ts";
import type { Rule } from "../rule/rule.ts";
import { type DataSpan, datasetSpan, eventTimes } from "./data-span.ts";
import type { TimeRange } from "./detection.ts";
import { earlier, later } from "./earlier-later.ts";
import { dependsOnEventAlone } from "./event-alone.ts";
import { rangesOf } from "./ranges.ts";
import {
  ingestedFrom,
  putIngestionMark,
  putIngestionOrigin,
  recordFailure,
  recordSuccess,
} from "./run-record.ts";
import { evaluateSlice, microseconds } from "./slice.ts";

/** Slices that have come due together are evaluated as one, up to this many: any cut has the same meaning. */
const SLICES_AT_ONCE = 64n;
/** A longer catch-up is cut into pieces of at least this part of what is left. */
const CATCH_UP_PART = 8n;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;
/** Resolution in which events that a crash left unseen are looked up. */
const RECOVERY_STEP_US = 1_000_000n;

/** What a committed batch of events tells the runner. */
export interface CommittedEvents {
  readonly datasets: readonly string[];
  /** Event times in the batch, by dataset where a batch touches several. */
  readonly eventTimesUs: readonly bigint[] | ReadonlyMap<string, readonly bigint[]>;
  /** Largest `_ingested` of the batch; asked of the engine when absent. */
  readonly ingestedUntilUs?: bigint;
}

/** What a call brought about. */
export interface StreamReport {
  readonly runs: readonly Run[];
  readonly inserted: readonly Detection[];
  readonly updated: readonly Detection[];
}

/** Where one rule stands. */
export interface StreamStatus {
  readonly rule: string;
  readonly ruleVersion: string;
  readonly evaluatedUntilUs: bigint;
  readonly watermarkUs: bigint | null;
  /** Whether it evaluates events as they come, without waiting for the watermark. */
  readonly immediate: boolean;
  readonly waitingRanges: number;
  readonly failures: number;
  readonly error: string | null;
}

interface DatasetState {
  maxTimeUs: bigint | null;
  arrivedMs: number;
}

interface Held {
  readonly rule: Rule;
  readonly datasets: readonly string[];
  readonly immediate: boolean;
  evaluatedUntilUs: bigint;
  /** Ranges to evaluate at once: late ones, and new events of a rule that does not wait. */
  waiting: { readonly range: TimeRange; readonly late: boolean }[];
  /** Ingestion marks that hold once `waiting` is empty. */
  readonly marks: Map<string, bigint>;
  failures: number;
  error: string | null;
  retryMs: number;
}

interface Due {
  readonly range: TimeRange;
  readonly late: boolean;
  readonly fromWaiting: boolean;
}

function larger(left: bigint | null, right: bigint | null): bigint | null {
  if (left === null || right === null) return left ?? right;
  return later(left, right);
}

/**
 * Evaluates streaming rules on small slices as events are committed. A rule whose rows depend on one event alone (and
 * whose replay proof holds) sees new events at once; every other waits for the watermark: the largest event time less
 * the allowed lateness, or the wall clock less the same when its sources are idle. Events that come later reopen their
 * slices. Progress and detections are written in one transaction, so a restart continues where the last one ended.
 *
 * A source's commit and its `onCommitted` must not overlap with its next commit. Calls queue behind each other.
 */
export class StreamRunner {
  readonly #engine: QueryEngine;
  readonly #store: RecordStore;
  readonly #now: Clock;
  readonly #held = new Map<string, Held>();
  readonly #datasets = new Map<string, DatasetState>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: { readonly engine: QueryEngine; readonly store: RecordStore; readonly clock: Clock }) {
    this.#engine = options.engine;
    this.#store = options.store;
    this.#now = options.clock;
  }

  #queue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /**
   * Takes a rule in (again, after an edit or a proof). A rule seen for the first time starts at the
   * watermark of what is there: use a backfill for the past. After a restart it goes on, with what was committed and not yet evaluated.
   * Throws RangeError for a rule that does not stream, QueryError when its SQL cannot be read.
   */
  hold(rule: Rule): Promise<void> {
    if (rule.run.mode !== "stream") throw new RangeError(`The rule ${rule.name} does not stream.`);
    return this.#queue(() => this.#hold(rule));
  }

  async #hold(rule: Rule): Promise<void> {
    const datasets = await this.#engine.datasetsOf(rule.sql);
    const spans = new Map<string, DataSpan>();
    let newestUs: bigint | null = null;
    for (const dataset of datasets) {
      const span = await datasetSpan(this.#engine, dataset);
      spans.set(dataset, span);
      newestUs = larger(newestUs, span.maxTimeUs);
      const state = this.#datasets.get(dataset);
      if (state === undefined)
        this.#datasets.set(dataset, { maxTimeUs: span.maxTimeUs, arrivedMs: this.#now() });
      else state.maxTimeUs = larger(state.maxTimeUs, span.maxTimeUs);
    }
    const proved = this.#store.proof(rule.name, rule.version)?.holds === true;
    const known = this.#store.progress(rule.name, rule.version, "stream");
    const held: Held = {
      rule,
      datasets,
      immediate: proved && dependsOnEventAlone(rule, datasets),
      evaluatedUntilUs: known?.evaluatedUntilUs ?? (newestUs ?? 0n) - microseconds(rule.allowedLatenessMs),
      waiting: [],
      marks: new Map(),
      failures: 0,
      error: null,
      retryMs: 0,
    };
    if (known === undefined) {
      if (newestUs !== null) await this.#recordRecentHistory(rule, newestUs);
      this.#begin(held, spans);
    } else await this.#recover(held, spans);
    this.#held.set(rule.name, held);
  }

  /**
   * What lies so near before the rule's beginning that a slice or a late event may find it is recorded while the rule
   * cannot page: the past wakes nobody.
   */
  async #recordRecentHistory(rule: Rule, newestUs: bigint): Promise<void> {
    const reachUs = microseconds(2 * rule.allowedLatenessMs + rule.lookbackMs);
    const evaluation = await evaluateSlice({
      rule: { ...rule, stage: "staged" },
      engine: this.#engine,
      afterUs: newestUs - reachUs - 1n,
      untilUs: newestUs,
      clock: this.#now,
      mode: "backfill",
    }).catch((error: unknown) => {
      // A query that fails is told by the first run, which is recorded and tried again.
      if (error instanceof QueryError) return null;
      throw error;
    });
    if (evaluation !== null) this.#store.putDetections(evaluation.detections);
  }

  #begin(held: Held, spans: ReadonlyMap<string, DataSpan>): void {
    this.#store.transaction(() => {
      this.#putProgress(held, held.evaluatedUntilUs);
      for (const [dataset, span] of spans) {
        const mark = { rule: held.rule, dataset, mode: "stream" } as const;
        putIngestionMark(this.#store, mark, span.ingestedUntilUs ?? 0n);
        putIngestionOrigin(this.#store, mark, span.ingestedUntilUs ?? 0n);
      }
    });
  }

  /** Looks again at everything ingested since the last mark: what a crash left, or came while the rule was away. */
  async #recover(held: Held, spans: ReadonlyMap<string, DataSpan>): Promise<void> {
    for (const [dataset, span] of spans) {
      const ingestedFromUs = ingestedFrom(this.#store, { rule: held.rule, dataset, mode: "stream" });
      const times = await eventTimes(this.#engine, dataset, { ingestedFromUs, stepUs: RECOVERY_STEP_US });
      this.#take(held, times, RECOVERY_STEP_US);
      if (span.ingestedUntilUs !== null) held.marks.set(dataset, span.ingestedUntilUs);
    }
  }

  /** Lets a rule go; its progress stays in the store. */
  release(ruleName: string): void {
    this.#held.delete(ruleName);
  }

  /** Takes note of a committed batch and evaluates what has come due. */
  onCommitted(committed: CommittedEvents, nowMs: number, signal?: AbortSignal): Promise<StreamReport> {
    return this.#queue(async () => {
      await this.#note(committed, nowMs);
      return this.#evaluate(nowMs, signal);
    });
  }

  /** Evaluates what has come due by the clock: idle sources, and failed runs whose time to try again has come. */
  advance(nowMs: number, signal?: AbortSignal): Promise<StreamReport> {
    return this.#queue(() => this.#evaluate(nowMs, signal));
  }

  status(nowMs: number): StreamStatus[] {
    return [...this.#held.values()].map((held) => ({
      rule: held.rule.name,
      ruleVersion: held.rule.version,
      evaluatedUntilUs: held.evaluatedUntilUs,
      watermarkUs: this.#watermark(held, nowMs),
      immediate: held.immediate,
      waitingRanges: held.waiting.length,
      failures: held.failures,
      error: held.error,
    }));
  }

  async #note(committed: CommittedEvents, nowMs: number): Promise<void> {
    const { eventTimesUs: given } = committed;
    for (const dataset of committed.datasets) {
      const times = "get" in given ? (given.get(dataset) ?? []) : given;
      const readers = [...this.#held.values()].filter(({ datasets }) => datasets.includes(dataset));
      if (readers.length === 0) continue;
      const ingested =
        committed.ingestedUntilUs ?? (await datasetSpan(this.#engine, dataset)).ingestedUntilUs;
      for (const held of readers) {
        this.#take(held, times, 1n);
        if (ingested !== null) held.marks.set(dataset, larger(held.marks.get(dataset) ?? null, ingested)!);
      }
      const state = this.#datasets.get(dataset) ?? { maxTimeUs: null, arrivedMs: nowMs };
      for (const timeUs of times) state.maxTimeUs = larger(state.maxTimeUs, timeUs);
      state.arrivedMs = nowMs;
      this.#datasets.set(dataset, state);
    }
  }

  /** Sorts event times into ranges that must be evaluated now; the others wait for the watermark. */
  #take(held: Held, timesUs: readonly bigint[], stepUs: bigint): void {
    const reachUs = microseconds(held.rule.lookbackMs) + stepUs - 1n;
    const gapUs = this.#sliceUs(held);
    const lateBoundUs = held.evaluatedUntilUs;
    const late = timesUs.filter((timeUs) => timeUs <= lateBoundUs);
    const fresh = held.immediate ? timesUs.filter((timeUs) => timeUs > lateBoundUs) : [];
    // A slice sees events up to the allowed lateness after it: a late one may complete a row that much before itself.
    const beforeUs = held.immediate ? 0n : microseconds(held.rule.allowedLatenessMs);
    for (const range of rangesOf(late, reachUs, gapUs, beforeUs)) {
      const untilUs =
        held.immediate || range.untilUs < held.evaluatedUntilUs ? range.untilUs : held.evaluatedUntilUs;
      held.waiting.push({ range: { afterUs: range.afterUs, untilUs }, late: true });
    }
    for (const range of rangesOf(fresh, reachUs, gapUs)) held.waiting.push({ range, late: false });
  }

  #sliceUs({ rule }: Held): bigint {
    return rule.run.mode === "stream" ? microseconds(Math.max(1, rule.run.sliceMs)) : 1n;
  }

  /** Everything up to here has arrived, as far as the allowed lateness goes; null while nothing has. */
  #watermark(held: Held, nowMs: number): bigint | null {
    const latenessMs = held.rule.allowedLatenessMs;
    const clockUs = microseconds(nowMs) - microseconds(latenessMs);
    let lowest: bigint | null = null;
    for (const dataset of held.datasets) {
      const state = this.#datasets.get(dataset);
      if (state === undefined || state.maxTimeUs === null) continue;
      const idle = nowMs - state.arrivedMs >= latenessMs;
      const seenUs = state.maxTimeUs - microseconds(latenessMs);
      // A time in the future (a wrong clock) must not carry the watermark away with it.
      const boundedUs = earlier(seenUs, microseconds(nowMs));
      const watermarkUs = idle ? later(clockUs, boundedUs) : boundedUs;
      if (lowest === null || watermarkUs < lowest) lowest = watermarkUs;
    }
    return lowest;
  }

  /** One step of every rule in turn until nothing is due, so that no rule waits for the whole of another. */
  async #evaluate(nowMs: number, signal?: AbortSignal): Promise<StreamReport> {
    const report = { runs: [] as Run[], inserted: [] as Detection[], updated: [] as Detection[] };
    const stuck = new Set<Held>();
    for (let moved = true; moved; ) {
      moved = false;
      for (const held of [...this.#held.values()]) {
        signal?.throwIfAborted();
        if (stuck.has(held) || held.retryMs > nowMs) continue;
        const due = await this.#due(held, nowMs);
        if (due === null) continue;
        if (await this.#step(held, due, nowMs, report, signal)) moved = true;
        else stuck.add(held);
      }
    }
    return report;
  }

  async #due(held: Held, nowMs: number): Promise<Due | null> {
    const waiting = held.waiting[0];
    if (waiting !== undefined) return { ...waiting, fromWaiting: true };
    if (held.marks.size > 0) this.#putMarks(held);
    const watermarkUs = this.#watermark(held, nowMs);
    if (watermarkUs === null) return null;
    const sliceUs = this.#sliceUs(held);
    const untilUs = watermarkUs - (((watermarkUs % sliceUs) + sliceUs) % sliceUs);
    if (untilUs <= held.evaluatedUntilUs) return null;
    if (held.immediate || !this.#mayHoldRows(held)) {
      // Every event was evaluated when it came, or no event is near enough for a row.
      this.#advance(held, untilUs);
      return null;
    }
    const sizeUs = later(sliceUs * SLICES_AT_ONCE, (untilUs - held.evaluatedUntilUs) / CATCH_UP_PART);
    const endUs = earlier(held.evaluatedUntilUs + sizeUs, untilUs);
    return { range: { afterUs: held.evaluatedUntilUs, untilUs: endUs }, late: false, fromWaiting: false };
  }

  /** False when every event of the rule's datasets lies before what the next slice can see. */
  #mayHoldRows(held: Held): boolean {
    const seenAfterUs = held.evaluatedUntilUs - microseconds(held.rule.lookbackMs);
    return held.datasets.some((dataset) => {
      const newestUs = this.#datasets.get(dataset)?.maxTimeUs ?? null;
      return newestUs !== null && newestUs > seenAfterUs;
    });
  }

  #putProgress(held: Held, evaluatedUntilUs: bigint): void {
    const { name, version } = held.rule;
    this.#store.putProgress({ rule: name, ruleVersion: version, mode: "stream", evaluatedUntilUs });
  }

  #advance(held: Held, untilUs: bigint): void {
    this.#store.transaction(() => this.#putProgress(held, untilUs));
    held.evaluatedUntilUs = untilUs;
  }

  #putMarks(held: Held): void {
    this.#store.transaction(() => {
      for (const [dataset, ingestedUs] of held.marks) {
        putIngestionMark(this.#store, { rule: held.rule, dataset, mode: "stream" }, ingestedUs);
      }
    });
    held.marks.clear();
  }

  /** Evaluates one slice and records it. False when it failed and must wait for its next try. */
  async #step(
    held: Held,
    due: Due,
    nowMs: number,
    report: { runs: Run[]; inserted: Detection[]; updated: Detection[] },
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const { rule } = held;
    const startedMs = this.#now();
    let detections: readonly Detection[];
    try {
      const evaluation = await evaluateSlice({
        rule,
        engine: this.#engine,
        ...due.range,
        clock: this.#now,
        mode: "stream",
        late: due.late,
        ...(signal === undefined ? {} : { signal }),
      });
      detections = evaluation.detections;
    } catch (error) {
      if (signal?.aborted) throw error;
      held.failures += 1;
      held.error = error instanceof Error ? error.message : String(error);
      held.retryMs = nowMs + Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (held.failures - 1));
      report.runs.push(recordFailure(this.#store, rule, "stream", due.range, startedMs, this.#now(), error));
      return false;
    }
    const lastWaiting = due.fromWaiting && held.waiting.length === 1;
    const recorded = recordSuccess(
      this.#store,
      rule,
      "stream",
      due.range,
      startedMs,
      this.#now(),
      detections,
      () => {
        if (!due.fromWaiting) this.#putProgress(held, due.range.untilUs);
        if (lastWaiting) {
          for (const [dataset, ingestedUs] of held.marks) {
            putIngestionMark(this.#store, { rule, dataset, mode: "stream" }, ingestedUs);
          }
        }
      },
    );
    if (due.fromWaiting) held.waiting.shift();
    else held.evaluatedUntilUs = due.range.untilUs;
    if (lastWaiting) held.marks.clear();
    held.failures = 0;
    held.error = null;
    report.runs.push(recorded.run);
    report.inserted.push(...recorded.inserted);
    report.updated.push(...recorded.updated);
    return true;
  }
}
