import type { Clock } from "../../connectors/time/instant.ts";
import type { QueryEngine } from "../../notebooks/engine/engine.ts";
import { deterministicId } from "../records/deterministic-id.ts";
import type { RecordStore } from "../records/records.ts";
import { wasPaused } from "../records/rule-control.ts";
import type { MissedRun, MissedWhy } from "../records/rule-watch.ts";
import type { Rule } from "../rule/rule.ts";
import type { Arrivals } from "./arrivals.ts";
import {
  type BatchReport,
  type BatchRequest,
  BEGINNING_US,
  joinedReports,
  RunBusyError,
  RunFailedError,
  runBatch,
} from "./batch-run.ts";
import { RuleTurns } from "./rule-turns.ts";
import { type RunSurroundings, recordFailure } from "./run-record.ts";
import { checkSchedule, type DueTurn, dueTurns, MISSED_AFTER_MS, oldestDueMs } from "./schedule.ts";
import { microseconds } from "./slice.ts";

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 300_000;
/** Longer than any evaluation may take: whoever holds a rule that long is dead. */
const CLAIM_MS = 900_000;

export interface BatchOptions {
  readonly engine: QueryEngine;
  readonly store: RecordStore;
  readonly clock: Clock;
  /** How what came in is numbered; by `_ingested` when absent. */
  readonly arrivals?: Arrivals;
  readonly surroundings?: RunSurroundings;
  /** Shared with whatever else evaluates the same rules in this process. */
  readonly turns?: RuleTurns;
  /** By which this process claims rules; no other process may use it. */
  readonly holder?: string;
}

/** Where one scheduled rule stands. */
export interface BatchStatus {
  readonly rule: string;
  readonly ruleVersion: string;
  readonly evaluatedUntilUs: bigint | null;
  readonly failures: number;
  readonly error: string | null;
  /** How long its oldest due turn has waited, milliseconds; 0 while none is due. */
  readonly lagMs: number;
}

interface Failed {
  readonly count: number;
  readonly retryMs: number;
  readonly error: string;
}

/**
 * Runs scheduled rules: each on its own slices, never twice at once: neither here, nor in two processes, nor by one
 * that was stopped and one that took its place. Turns that were missed are recorded, with why, and made good. Holds no
 * timer: call `tick` with the clock.
 */
export class BatchRunner {
  readonly #options: BatchOptions;
  readonly #store: RecordStore;
  readonly #now: Clock;
  readonly #turns: RuleTurns;
  readonly #holder: string;
  readonly #held = new Map<string, { readonly rule: Rule; readonly sinceMs: number }>();
  /** Rules whose missed runs were compared with what is evaluated since they were taken in. */
  readonly #settled = new Set<string>();
  readonly #running = new Set<string>();
  readonly #failed = new Map<string, Failed>();

  constructor(options: BatchOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#now = options.clock;
    this.#turns = options.turns ?? new RuleTurns();
    this.#holder = options.holder ?? "runner";
  }

  /** Takes a rule in. Throws RangeError for a rule without a schedule, and croner's error for a pattern that is none. */
  hold(rule: Rule): void {
    checkSchedule(rule);
    this.#held.set(rule.name, { rule, sinceMs: this.#now() });
    this.#failed.delete(rule.name);
    this.#settled.delete(rule.name);
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

  status(nowMs: number): BatchStatus[] {
    return [...this.#held.values()].map(({ rule }) => {
      const known = this.#store.progress(rule.name, rule.version, "batch")?.evaluatedUntilUs ?? null;
      const oldestMs = oldestDueMs(rule, known, nowMs);
      const failed = this.#failed.get(rule.name);
      return {
        rule: rule.name,
        ruleVersion: rule.version,
        evaluatedUntilUs: known,
        failures: failed?.count ?? 0,
        error: failed?.error ?? null,
        lagMs: oldestMs === null ? 0 : nowMs - oldestMs,
      };
    });
  }

  #request(rule: Rule, signal: AbortSignal | undefined): BatchRequest {
    const { engine, arrivals, surroundings } = this.#options;
    return {
      rule,
      engine,
      store: this.#store,
      clock: this.#now,
      ...(arrivals === undefined ? {} : { arrivals }),
      ...(surroundings === undefined ? {} : { surroundings }),
      ...(signal === undefined ? {} : { signal }),
    };
  }

  /** Does the work while nobody else runs the rule. Throws RunBusyError. */
  async #alone<T>(rule: Rule, work: () => Promise<T>): Promise<T> {
    const nowMs = this.#now();
    if (
      this.#running.has(rule.name) ||
      !this.#store.claimRule(rule.name, this.#holder, nowMs, nowMs + CLAIM_MS)
    )
      throw new RunBusyError(rule.name);
    this.#running.add(rule.name);
    try {
      return await this.#turns.inTurn(rule.name, work);
    } finally {
      this.#running.delete(rule.name);
      this.#store.releaseRule(rule.name, this.#holder);
    }
  }

  #retryLater(ruleName: string, nowMs: number, error: unknown): void {
    const count = (this.#failed.get(ruleName)?.count ?? 0) + 1;
    const retryMs = nowMs + Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (count - 1));
    const message = error instanceof Error ? error.message : String(error);
    this.#failed.set(ruleName, { count, retryMs, error: message });
  }

  /** Runs every slice that is due, missed ones first. A rule that fails is recorded and tried again a little later. */
  async tick(nowMs: number, signal?: AbortSignal): Promise<BatchReport> {
    const reports: BatchReport[] = [];
    for (const { rule } of [...this.#held.values()]) {
      if (this.#running.has(rule.name) || (this.#failed.get(rule.name)?.retryMs ?? 0) > nowMs) continue;
      const known = this.#store.progress(rule.name, rule.version, "batch")?.evaluatedUntilUs ?? null;
      if (known !== null) this.#settleMissed(rule, known, nowMs);
      const turns = dueTurns(rule, known, nowMs);
      const missed = known === null ? new Map<DueTurn, MissedRun>() : this.#noteMissed(rule, turns, nowMs);
      for (const turn of turns) {
        signal?.throwIfAborted();
        const refill = missed.get(turn);
        try {
          const report = await this.#alone(rule, () =>
            runBatch({
              ...this.#request(rule, signal),
              untilUs: turn.untilUs,
              facts: { dueMs: turn.dueMs, refill: refill !== undefined },
            }),
          );
          reports.push(report);
          this.#failed.delete(rule.name);
          const run = report.runs.at(-1);
          if (refill !== undefined)
            this.#store.putMissedRun({ ...refill, refilledMs: this.#now(), runId: run?.id ?? null });
        } catch (error) {
          if (signal?.aborted) throw error;
          if (error instanceof RunBusyError) break;
          this.#retryLater(rule.name, nowMs, error);
          const run =
            error instanceof RunFailedError
              ? error.run
              : recordFailure(
                  this.#store,
                  rule,
                  "batch",
                  { afterUs: known ?? BEGINNING_US, untilUs: turn.untilUs },
                  nowMs,
                  this.#now(),
                  error,
                );
          reports.push({ runs: [run], inserted: [], updated: [], withdrawn: [] });
          break;
        }
      }
    }
    return joinedReports(reports);
  }

  /** What a crash left open although a run, or the first run of a newer version, has made it good. */
  #settleMissed(rule: Rule, evaluatedUntilUs: bigint, nowMs: number): void {
    if (this.#settled.has(rule.name)) return;
    this.#settled.add(rule.name);
    const ranMs = Number((evaluatedUntilUs + microseconds(rule.allowedLatenessMs)) / 1000n);
    for (const missed of this.#store.missedRuns({ rule: rule.name, open: true })) {
      if (missed.mode !== "batch" || (missed.ruleVersion === rule.version && missed.untilMs > ranMs))
        continue;
      this.#store.putMissedRun({ ...missed, refilledMs: nowMs });
    }
  }

  /** Records the turns that passed without a run, each once. */
  #noteMissed(rule: Rule, turns: readonly DueTurn[], nowMs: number): Map<DueTurn, MissedRun> {
    const found = new Map<DueTurn, MissedRun>();
    const late = turns.filter((turn, at) => at < turns.length - 1 || nowMs - turn.dueMs > MISSED_AFTER_MS);
    if (late.length === 0) return found;
    const known = new Map(
      this.#store.missedRuns({ rule: rule.name, open: true }).map((missed) => [missed.id, missed]),
    );
    this.#store.transaction(() => {
      for (const turn of late) {
        const id = deterministicId("missed", rule.name, rule.version, BigInt(turn.dueMs));
        const missed: MissedRun = known.get(id) ?? {
          id,
          rule: rule.name,
          ruleVersion: rule.version,
          mode: "batch",
          dueMs: turn.firstDueMs,
          untilMs: turn.dueMs,
          turns: turn.turns,
          why: this.#whyMissed(rule, turn),
          foundMs: nowMs,
          refilledMs: null,
          runId: null,
        };
        this.#store.putMissedRun(missed);
        found.set(turn, missed);
      }
    });
    return found;
  }

  #whyMissed(rule: Rule, { dueMs }: DueTurn): MissedWhy {
    if (wasPaused(this.#store.ruleControls({ rule: rule.name }), dueMs)) return "paused";
    if (this.#failed.has(rule.name)) return "failed";
    return dueMs < this.#held.get(rule.name)!.sinceMs ? "not-running" : "busy";
  }
}
