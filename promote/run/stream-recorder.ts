import type { Clock } from "../../connectors/time/instant.ts";
import type { Detection, RecordStore, Run } from "../records/records.ts";
import { type DueSlice, watermarkOf } from "./due-slice.ts";
import { type HeldRule, markedAll, putMarks, putProgress } from "./held-rule.ts";
import { type RunFacts, type RunSurroundings, recordFailure, recordSuccess, rowsRead } from "./run-record.ts";
import { microseconds } from "./slice.ts";
import type { Watermarks } from "./watermark.ts";

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;

/** A report while it is being gathered. */
export interface GatheredReport {
  runs: Run[];
  inserted: Detection[];
  updated: Detection[];
  withdrawn: Detection[];
}

/** One evaluation of one held rule. Times are milliseconds; `engineMs` is given where several shared an evaluation. */
export interface Evaluated {
  readonly held: HeldRule;
  readonly due: DueSlice;
  readonly startedMs: number;
  readonly nowMs: number;
  readonly engineMs?: number;
}

/** Writes what evaluations gave. What each call gives changes the held rule, and must be called once all is kept. */
export class StreamRecorder {
  readonly #store: RecordStore;
  readonly #now: Clock;
  readonly #surroundings: RunSurroundings;
  readonly #watermarks: Watermarks;

  constructor(given: {
    readonly store: RecordStore;
    readonly clock: Clock;
    readonly surroundings: RunSurroundings;
    readonly watermarks: Watermarks;
  }) {
    this.#store = given.store;
    this.#now = given.clock;
    this.#surroundings = given.surroundings;
    this.#watermarks = given.watermarks;
  }

  /** Records a failure. */
  failure({ held, due, startedMs, nowMs }: Evaluated, error: unknown, report: GatheredReport): () => void {
    const run = recordFailure(
      this.#store,
      held.rule,
      "stream",
      due.range,
      startedMs,
      this.#now(),
      error,
      this.#facts(held, due, nowMs),
    );
    return () => {
      held.failures += 1;
      held.error = error instanceof Error ? error.message : String(error);
      held.retryMs = nowMs + Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (held.failures - 1));
      report.runs.push(run);
    };
  }

  /** Records detections, with the rule's progress, in one transaction. */
  success(evaluated: Evaluated, detections: readonly Detection[], report: GatheredReport): () => void {
    const { held, due, startedMs, nowMs, engineMs } = evaluated;
    const lastWaiting = due.fromWaiting && held.waiting.length === 1;
    const recorded = recordSuccess(
      this.#store,
      {
        rule: held.rule,
        mode: "stream",
        slice: due.range,
        startedMs,
        finishedMs: this.#now(),
        ...(engineMs === undefined ? {} : { engineMs }),
        detections,
        facts: this.#facts(held, due, nowMs),
        usdPerHour: this.#surroundings.engineUsdPerHour?.() ?? null,
        late: due.late,
        // A slice of a window that found something stays a run of its own.
        byMinute: !due.late && (held.immediate || detections.length === 0),
      },
      () => {
        if (!due.fromWaiting) putProgress(this.#store, held, due.range.untilUs);
        if (lastWaiting) putMarks(this.#store, held);
      },
    );
    return () => {
      if (due.fromWaiting) held.waiting.shift();
      else held.evaluatedUntilUs = due.range.untilUs;
      if (lastWaiting) markedAll(held);
      held.failures = 0;
      held.error = null;
      held.retryMs = 0;
      report.runs.push(recorded.run);
      report.inserted.push(...recorded.inserted);
      report.updated.push(...recorded.updated);
      report.withdrawn.push(...recorded.withdrawn);
    };
  }

  #facts(held: HeldRule, due: DueSlice, nowMs: number): RunFacts {
    const { rule, datasets } = held;
    const seen = {
      afterUs: due.range.afterUs - microseconds(rule.lookbackMs),
      untilUs: due.range.untilUs + microseconds(rule.allowedLatenessMs),
    };
    return {
      rowsRead: rowsRead(this.#surroundings, datasets, seen),
      watermarkUs: watermarkOf(held, this.#watermarks, nowMs),
      lateCount: due.lateCount,
      health: this.#surroundings.healthOf?.(datasets) ?? [],
    };
  }
}
