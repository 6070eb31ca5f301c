import type { Clock } from "../../connectors/time/instant.ts";
import type { QueryEngine } from "../../notebooks/engine/engine.ts";
import type { Detection, RecordStore } from "../records/records.ts";
import type { Rule } from "../rule/rule.ts";
import { arrivalMark, putArrivalMark } from "./arrival-mark.ts";
import { type Arrivals, IngestedArrivals } from "./arrivals.ts";
import { type DataSpan, datasetSpan } from "./data-span.ts";
import { type DueSlice, dueSlice, quietUntil, watermarkOf } from "./due-slice.ts";
import { earlier, later } from "./earlier-later.ts";
import { dependsOnEventAlone } from "./event-alone.ts";
import { eventDatasets } from "./event-datasets.ts";
import { FusedEvaluator } from "./fused/fused-evaluator.ts";
import { groupsOf, inAllTurns } from "./fused/groups.ts";
import {
  type HeldRule,
  hasUnmarked,
  markedAll,
  NewEvents,
  putMarks,
  putProgress,
  takeEvents,
} from "./held-rule.ts";
import { recordRecentHistory } from "./recent-history.ts";
import { RuleTurns } from "./rule-turns.ts";
import { evaluateSlice, microseconds } from "./slice.ts";
import { type GatheredReport, StreamRecorder } from "./stream-recorder.ts";
import type { CommittedEvents, StreamOptions, StreamReport, StreamStatus } from "./stream-report.ts";
import { Watermarks } from "./watermark.ts";

/** Resolution in which events that nobody told of are looked up. */
const LOOK_UP_STEP_US = 1_000_000n;

/**
 * Evaluates streaming rules on small slices as events are committed. A rule whose rows depend on one event alone (and
 * whose replay proof holds, if it pages) sees new events at once; every other waits for the watermark: the largest event time less
 * the allowed lateness, or the wall clock less the same when its sources are idle. Events that come later reopen their
 * slices. Progress and detections are written in one transaction, so a restart continues where the last one ended.
 *
 * Calls queue behind each other.
 */
export class StreamRunner {
  readonly #engine: QueryEngine;
  readonly #store: RecordStore;
  readonly #now: Clock;
  readonly #arrivals: Arrivals;
  readonly #recorder: StreamRecorder;
  readonly #turns: RuleTurns;
  readonly #fused: FusedEvaluator;
  readonly #held = new Map<string, HeldRule>();
  readonly #watermarks = new Watermarks();
  /** Commits that were told of and not yet looked at. */
  readonly #pending = new Set<{ readonly datasets: readonly string[]; readonly sinceMs: number }>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: StreamOptions) {
    this.#engine = options.engine;
    this.#store = options.store;
    this.#now = options.clock;
    this.#arrivals = options.arrivals ?? new IngestedArrivals(options.engine);
    this.#recorder = new StreamRecorder({
      store: options.store,
      clock: options.clock,
      surroundings: options.surroundings ?? {},
      watermarks: this.#watermarks,
    });
    this.#turns = options.turns ?? new RuleTurns();
    this.#fused = new FusedEvaluator({ engine: options.engine, clock: options.clock });
  }

  #queue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /**
   * Takes a rule in (again, after an edit, a proof or a pause). A rule seen for the first time starts at the watermark
   * of what is there: use a backfill for the past. After a restart it goes on, with what came in and is not yet evaluated.
   * Throws RangeError for a rule that does not stream, QueryError when its SQL cannot be read.
   */
  hold(rule: Rule): Promise<void> {
    if (rule.run.mode !== "stream") throw new RangeError(`The rule ${rule.name} does not stream.`);
    return this.#queue(() => this.#hold(rule));
  }

  async #hold(rule: Rule): Promise<void> {
    const datasets = await eventDatasets(rule, this.#engine);
    // Arrivals before spans: what comes between the two is seen twice, and not missed.
    const last = new Map<string, bigint>();
    for (const dataset of datasets) last.set(dataset, await this.#arrivals.latest(dataset));
    let newestUs: bigint | null = null;
    for (const dataset of datasets) {
      const span: DataSpan = await datasetSpan(this.#engine, dataset);
      this.#watermarks.noteThere(dataset, span.maxTimeUs, this.#now());
      if (span.maxTimeUs !== null)
        newestUs = newestUs === null ? span.maxTimeUs : later(newestUs, span.maxTimeUs);
    }
    const proved = this.#store.proof(rule.name, rule.version)?.holds === true;
    const known = this.#store.progress(rule.name, rule.version, "stream");
    const clockUs = microseconds(this.#now());
    const latenessUs = microseconds(rule.allowedLatenessMs);
    const held: HeldRule = {
      rule,
      datasets,
      // Unproved it can page nobody, so nothing is lost by looking at once.
      immediate: (proved || rule.stage !== "paging") && dependsOnEventAlone(rule, datasets),
      // Never beyond the clock: an event of the future closes no window.
      evaluatedUntilUs: earlier(
        known?.evaluatedUntilUs ?? (newestUs ?? 0n) - latenessUs,
        clockUs - latenessUs,
      ),
      waiting: [],
      noted: new Map(),
      marked: new Map(),
      failures: 0,
      error: null,
      retryMs: 0,
      dueSinceMs: null,
    };
    if (known === undefined) {
      if (newestUs !== null) {
        await recordRecentHistory({
          rule,
          nearUs: earlier(newestUs, clockUs),
          untilUs: held.immediate ? newestUs : earlier(newestUs, clockUs),
          engine: this.#engine,
          store: this.#store,
          clock: this.#now,
        });
      }
      this.#begin(held, last);
    } else {
      for (const dataset of datasets) {
        const mark = arrivalMark(this.#store, { rule, dataset, mode: "stream" });
        held.noted.set(dataset, mark ?? 0n);
        if (mark !== null) held.marked.set(dataset, mark);
        await this.#lookUp(held, dataset);
      }
    }
    this.#held.set(rule.name, held);
  }

  #begin(held: HeldRule, last: ReadonlyMap<string, bigint>): void {
    this.#store.transaction(() => {
      putProgress(this.#store, held, held.evaluatedUntilUs);
      for (const [dataset, arrival] of last) {
        putArrivalMark(this.#store, { rule: held.rule, dataset, mode: "stream" }, arrival);
      }
    });
    for (const [dataset, arrival] of last) {
      held.noted.set(dataset, arrival);
      held.marked.set(dataset, arrival);
    }
  }

  /** Looks at everything that came in since what the rule has noted: what a crash left, or came while it was away. */
  async #lookUp(held: HeldRule, dataset: string): Promise<void> {
    const noted = held.noted.get(dataset) ?? 0n;
    const { until, times } = await this.#arrivals.timesAfter(dataset, noted, LOOK_UP_STEP_US);
    const events = new NewEvents(times, LOOK_UP_STEP_US);
    takeEvents(held, events);
    held.noted.set(dataset, until);
  }

  /** Resolves once what was asked before is done: a rule that was let go is touched no more. */
  settled(): Promise<void> {
    return this.#queue(async () => undefined);
  }

  /** Lets a rule go; its progress stays in the store. */
  release(ruleName: string): void {
    this.#held.delete(ruleName);
  }

  /** Takes note of a committed batch and evaluates what has come due. */
  onCommitted(committed: CommittedEvents, nowMs: number, signal?: AbortSignal): Promise<StreamReport> {
    const pending = { datasets: committed.datasets, sinceMs: nowMs };
    this.#pending.add(pending);
    return this.#queue(async () => {
      await this.#note(committed, nowMs).finally(() => this.#pending.delete(pending));
      return this.#evaluate(nowMs, signal);
    });
  }

  /** Looks at what came in without anybody telling of it, as a load of files, and evaluates what has come due. */
  lookAgain(nowMs: number, signal?: AbortSignal): Promise<StreamReport> {
    return this.#queue(async () => {
      const datasets = new Set([...this.#held.values()].flatMap((held) => held.datasets));
      for (const dataset of datasets) {
        const last = await this.#arrivals.latest(dataset);
        const behind = [...this.#held.values()].filter(
          (held) => held.datasets.includes(dataset) && held.noted.get(dataset) !== last,
        );
        if (behind.length === 0) continue;
        this.#watermarks.note(dataset, (await datasetSpan(this.#engine, dataset)).maxTimeUs, nowMs);
        for (const held of behind) await this.#lookUp(held, dataset);
      }
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
      watermarkUs: watermarkOf(held, this.#watermarks, nowMs),
      immediate: held.immediate,
      waitingRanges: held.waiting.length,
      failures: held.failures,
      error: held.error,
      lagMs: this.#lagMs(held, nowMs),
    }));
  }

  /** How long the oldest thing has waited that the rule has to look at. */
  #lagMs(held: HeldRule, nowMs: number): number {
    let sinceMs = held.dueSinceMs ?? nowMs;
    for (const pending of this.#pending) {
      if (pending.datasets.some((name) => held.datasets.includes(name)))
        sinceMs = Math.min(sinceMs, pending.sinceMs);
    }
    return Math.max(0, nowMs - sinceMs);
  }

  async #note(committed: CommittedEvents, nowMs: number): Promise<void> {
    const { eventTimesUs: given } = committed;
    for (const dataset of committed.datasets) {
      const times = NewEvents.of("get" in given ? (given.get(dataset) ?? []) : given);
      const readers = [...this.#held.values()].filter(({ datasets }) => datasets.includes(dataset));
      this.#watermarks.note(dataset, times.newestUs, nowMs);
      if (readers.length === 0) continue;
      const arrival = committed.arrivals?.get(dataset) ?? (await this.#arrivals.latest(dataset));
      for (const held of readers) {
        const noted = held.noted.get(dataset) ?? 0n;
        if (arrival <= noted && committed.arrivals !== undefined) continue;
        // An arrival in between is one that nobody told of: a load, or a batch that this rule was away for.
        if (arrival > noted + 1n && committed.arrivals !== undefined) await this.#lookUp(held, dataset);
        else {
          takeEvents(held, times);
          held.noted.set(dataset, later(arrival, noted));
        }
      }
    }
  }

  /** One step of every rule in turn until nothing is due, so that no rule waits for the whole of another. */
  async #evaluate(nowMs: number, signal?: AbortSignal): Promise<StreamReport> {
    const report: GatheredReport = { runs: [], inserted: [], updated: [], withdrawn: [] };
    const stuck = new Set<HeldRule>();
    for (let moved = true; moved; ) {
      moved = false;
      while (await this.#stepTogether(stuck, nowMs, report, signal)) moved = true;
      this.#goOnQuietly(nowMs);
      for (const held of [...this.#held.values()]) {
        signal?.throwIfAborted();
        if (stuck.has(held) || held.retryMs > nowMs) continue;
        const due = dueSlice(held, this.#watermarks, nowMs);
        if (due === null) {
          held.dueSinceMs = null;
          continue;
        }
        held.dueSinceMs ??= nowMs;
        // Somebody evaluates this very rule: it comes back to it, and the others do not wait.
        const went =
          !this.#turns.isTaken(held.rule.name) &&
          (await this.#turns.inTurn(held.rule.name, () => this.#step(held, due, nowMs, report, signal)));
        if (went) moved = true;
        else stuck.add(held);
      }
    }
    return report;
  }

  /** Writes marks and progress of rules that have nothing to evaluate, of all in one transaction. */
  #goOnQuietly(nowMs: number): void {
    const marked: HeldRule[] = [];
    const moved: { readonly held: HeldRule; readonly untilUs: bigint }[] = [];
    for (const held of this.#held.values()) {
      if (held.waiting.length > 0) continue;
      if (hasUnmarked(held)) marked.push(held);
      const untilUs = quietUntil(held, this.#watermarks, nowMs);
      if (untilUs !== null) moved.push({ held, untilUs });
    }
    if (marked.length + moved.length === 0) return;
    this.#store.transaction(() => {
      for (const held of marked) putMarks(this.#store, held);
      for (const { held, untilUs } of moved) putProgress(this.#store, held, untilUs);
    });
    for (const held of marked) markedAll(held);
    for (const { held, untilUs } of moved) held.evaluatedUntilUs = untilUs;
  }

  /** Evaluates rules together that wait for the same events. False when there were none. */
  async #stepTogether(
    stuck: Set<HeldRule>,
    nowMs: number,
    report: GatheredReport,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    if (!this.#fused.isAble) return false;
    const ready = [...this.#held.values()].filter(
      (held) =>
        held.immediate && !stuck.has(held) && held.retryMs <= nowMs && !this.#turns.isTaken(held.rule.name),
    );
    const groups = groupsOf(ready);
    for (const group of groups) {
      signal?.throwIfAborted();
      const names = group.map(({ rule }) => rule.name);
      await inAllTurns(this.#turns, names, () => this.#stepGroup(group, stuck, nowMs, report, signal));
    }
    return groups.length > 0;
  }

  /** One evaluation for all, one transaction, and of each rule what it would be alone: run, progress, marks, failure. */
  async #stepGroup(
    group: readonly HeldRule[],
    stuck: Set<HeldRule>,
    nowMs: number,
    report: GatheredReport,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const startedMs = this.#now();
    const { range, late } = group[0]!.waiting[0]!;
    for (const held of group) held.dueSinceMs ??= nowMs;
    const evaluations = await this.#fused.evaluate({
      rules: group.map(({ rule }) => rule),
      dataset: group[0]!.datasets[0]!,
      ...range,
      mode: "stream",
      late,
      ...(signal === undefined ? {} : { signal }),
    });
    const engineMs = (this.#now() - startedMs) / group.length;
    const settle = this.#store.transaction(() =>
      group.map((held) => {
        const due = { ...held.waiting[0]!, fromWaiting: true };
        const evaluated = { held, due, startedMs, nowMs, engineMs };
        const evaluation = evaluations.get(held.rule.name)!;
        if (!(evaluation instanceof Error)) {
          return this.#recorder.success(evaluated, evaluation.detections, report);
        }
        stuck.add(held);
        return this.#recorder.failure(evaluated, evaluation, report);
      }),
    );
    for (const change of settle) change();
  }

  /** Evaluates one slice and records it. False when it failed and must wait for its next try. */
  async #step(
    held: HeldRule,
    due: DueSlice,
    nowMs: number,
    report: GatheredReport,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const startedMs = this.#now();
    let detections: readonly Detection[];
    try {
      ({ detections } = await evaluateSlice({
        rule: held.rule,
        engine: this.#engine,
        ...due.range,
        clock: this.#now,
        mode: "stream",
        late: due.late,
        ...(signal === undefined ? {} : { signal }),
      }));
    } catch (error) {
      if (signal?.aborted) throw error;
      this.#recorder.failure({ held, due, startedMs, nowMs }, error, report)();
      return false;
    }
    this.#recorder.success({ held, due, startedMs, nowMs }, detections, report)();
    return true;
  }
}
