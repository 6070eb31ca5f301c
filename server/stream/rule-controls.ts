import { deterministicId } from "../../promote/records/deterministic-id.ts";
import {
  controlState,
  type RuleControl,
  type RuleControlKind,
  type RuleControlState,
} from "../../promote/records/rule-control.ts";
import type { Rule } from "../../promote/rule/rule.ts";
import {
  type BackfillDifference,
  differBackfill,
  runBackfill,
  settledUntil,
} from "../../promote/run/backfill.ts";
import { RunBusyError } from "../../promote/run/batch-run.ts";
import type { TimeRange } from "../../promote/run/detection.ts";
import type { JobContext } from "../jobs/jobs.ts";
import { notFound, RefusedError } from "../refused.ts";
import { timeSpan } from "../source/event-rate.ts";
import type { Spoor } from "../spoor.ts";
import {
  type MissedRunRow,
  missedRunRows,
  type RuleRunnerReport,
  ruleRunnerReport,
} from "./rule-runner-report.ts";

export type { MissedRunRow, RuleRunnerReport } from "./rule-runner-report.ts";

const DAY_MS = 86_400_000;
const MOST_SLICES = 400;
const LONGEST_REASON = 2_000;
const MOST_ALERTS_PER_HOUR = 10_000;

/** What a backfill wrote. */
export interface BackfillReport {
  readonly detections: number;
  readonly inserted: number;
  readonly updated: number;
  readonly withdrawn: number;
}

/** What people do to rules that run: pause, throttle, run now, backfill. Each act is a record and an activity. */
export class RuleControls {
  readonly #spoor: Spoor;
  /** Pauses that end by themselves, as of one version of the records. */
  #timed: { readonly version: number; readonly pauses: readonly RuleControl[] } | null = null;

  constructor(spoor: Spoor) {
    this.#spoor = spoor;
  }

  stateOf(name: string): RuleControlState {
    return controlState(this.#spoor.store.ruleControls({ rule: name }), this.#spoor.clock());
  }

  /**
   * Lets the rule rest until somebody resumes it, or until `untilMs`. What comes meanwhile is evaluated afterwards.
   * Throws RefusedError without a reason, for an end in the past, or for a rule that rests already.
   */
  async pause(
    name: string,
    given: { readonly reason: string; readonly untilMs?: number | null | undefined },
    actor: string,
  ): Promise<RuleRunnerReport> {
    this.#spoor.rules.known(name);
    const reason = this.#reason(given.reason, "A rule that is paused says why.");
    const untilMs = given.untilMs ?? null;
    if (untilMs !== null && !(untilMs > this.#spoor.clock()))
      throw new RefusedError(400, "The pause would end before it begins.");
    if (this.stateOf(name).paused !== null) throw new RefusedError(409, `${name} is paused already.`);
    const until =
      untilMs === null ? "" : ` until ${new Date(untilMs).toISOString().slice(0, 16).replace("T", " ")} UTC`;
    this.#act(name, "paused", actor, reason, { untilMs }, `${reason}${until}`);
    await this.#spoor.streams.rulesChanged();
    return this.report(name);
  }

  /** Lets the rule go on with what it missed. Throws RefusedError(409) when it does not rest. */
  async resume(name: string, given: { readonly reason?: string }, actor: string): Promise<RuleRunnerReport> {
    this.#spoor.rules.known(name);
    if (this.stateOf(name).paused === null) throw new RefusedError(409, `${name} is not paused.`);
    this.#resumed(name, actor, (given.reason ?? "").slice(0, LONGEST_REASON), this.#spoor.clock());
    await this.#spoor.streams.rulesChanged();
    await this.#spoor.streams.catchUp();
    return this.report(name);
  }

  /** Names of rules whose pause was to end by itself, and has not been ended. */
  endedPauses(nowMs: number): string[] {
    const version = this.#spoor.ledger.version("rule_control");
    if (this.#timed?.version !== version) this.#timed = { version, pauses: this.#timedPauses() };
    return this.#timed.pauses
      .filter(({ untilMs }) => untilMs !== null && untilMs <= nowMs)
      .map(({ rule }) => rule);
  }

  #timedPauses(): RuleControl[] {
    const last = new Map<string, RuleControl>();
    for (const control of this.#spoor.store.ruleControls({})) {
      if (control.kind !== "paused" && control.kind !== "resumed") continue;
      if (!last.has(control.rule)) last.set(control.rule, control);
    }
    return [...last.values()].filter(({ kind, untilMs }) => kind === "paused" && untilMs !== null);
  }

  endPause(name: string, nowMs: number): void {
    this.#resumed(name, "spoor", "The pause was to end now.", nowMs);
  }

  /**
   * At most so many alerts in any hour; null takes the limit away. Throws RefusedError for a number that is none.
   */
  async throttle(
    name: string,
    given: { readonly maximumPerHour: number | null; readonly reason?: string | undefined },
    actor: string,
  ): Promise<RuleRunnerReport> {
    this.#spoor.rules.known(name);
    const { maximumPerHour } = given;
    const reason = (given.reason ?? "").slice(0, LONGEST_REASON);
    if (maximumPerHour === null) {
      this.#act(name, "unthrottled", actor, reason, {}, reason);
    } else {
      if (!Number.isInteger(maximumPerHour) || maximumPerHour < 1 || maximumPerHour > MOST_ALERTS_PER_HOUR) {
        throw new RefusedError(400, `Alerts an hour are a whole number from 1 to ${MOST_ALERTS_PER_HOUR}.`);
      }
      const detail = `at most ${maximumPerHour} alerts an hour${reason === "" ? "" : `: ${reason}`}`;
      this.#act(name, "throttled", actor, reason, { maximumPerHour }, detail);
    }
    await this.#spoor.alerts.respond();
    return this.report(name);
  }

  /**
   * Evaluates now what is due and, for a scheduled rule, everything up to the clock less the allowed lateness. Throws
   * RefusedError(409) for a rule that does not watch, rests, or runs already.
   */
  async runNow(name: string, context: JobContext, actor: string): Promise<BackfillReport> {
    const rule = await this.#rule(name);
    const { runners } = this.#spoor.streams;
    if (this.stateOf(name).paused !== null)
      throw new RefusedError(409, `${name} is paused: resume it first.`);
    if (!runners.isHeld(name))
      throw new RefusedError(409, `${name} does not watch: stage it, or backfill the past with it.`);
    this.#act(name, "run", actor, "", {}, "");
    context.report(null, "running the rule on what has come");
    try {
      const { stage } = await this.#spoor.rules.effective(name);
      const report =
        rule.run.mode === "batch"
          ? await runners.batch.runNow({ ...rule, stage }, context.signal)
          : await runners.stream.lookAgain(this.#spoor.clock(), context.signal);
      await this.#spoor.alerts.respond();
      const own = <T extends { readonly rule: string }>(found: readonly T[]): T[] =>
        found.filter((one) => one.rule === name);
      return {
        detections: own(report.runs).reduce((sum, run) => sum + run.detectionCount, 0),
        inserted: own(report.inserted).length,
        updated: own(report.updated).length,
        withdrawn: own(report.withdrawn).length,
      };
    } catch (error) {
      if (error instanceof RunBusyError) throw new RefusedError(409, error.message);
      throw error;
    }
  }

  /** What a backfill of the range (null: of everything) would add, withdraw and change. Nothing is written. */
  async backfillDiff(
    name: string,
    range: TimeRange | null,
    context: JobContext,
  ): Promise<BackfillDifference> {
    const rule = await this.#rule(name);
    const asked = await this.#range(rule, range);
    return differBackfill({
      ...this.#spoor.streams.runners.request({ ...rule, stage: "staged" }, context.signal),
      ...asked,
      onProgress: (share) => context.report(share, "comparing with what is recorded"),
    });
  }

  /** Evaluates the past again; what it finds is recorded and reaches nobody, what it no longer finds is withdrawn. */
  async backfill(
    name: string,
    range: TimeRange | null,
    context: JobContext,
    actor = "spoor",
  ): Promise<BackfillReport> {
    return this.backfillRule(await this.#rule(name), range, context, actor);
  }

  async backfillRule(
    rule: Rule,
    range: TimeRange | null,
    context: JobContext,
    actor: string,
  ): Promise<BackfillReport> {
    const { runners } = this.#spoor.streams;
    const asked = await this.#range(rule, range);
    const report = await runBackfill({
      ...runners.request({ ...rule, stage: "staged" }, context.signal),
      ...asked,
      turns: runners.turns,
      onProgress: (share) => context.report(share, "running over the history"),
    });
    const found = {
      detections: report.runs.reduce((sum, run) => sum + run.detectionCount, 0),
      inserted: report.inserted.length,
      updated: report.updated.length,
      withdrawn: report.withdrawn.length,
    };
    const detail = `${found.inserted} added, ${found.updated} changed, ${found.withdrawn} withdrawn`;
    this.#act(rule.name, "backfilled", actor, detail, {}, detail);
    if (found.withdrawn > 0) await this.#spoor.alerts.respond();
    return found;
  }

  /** For how long something has been due, milliseconds; null when the rule is not running. */
  lag(name: string): number | null {
    return this.#spoor.streams.runners.statusOf(name)?.lagMs ?? null;
  }

  /** Turns that passed without a run, newest first, made good or not. */
  missedRuns(name: string): MissedRunRow[] {
    return missedRunRows(this.#spoor, name);
  }

  /** Everything about how the rule runs. Throws RefusedError(404). */
  report(name: string): Promise<RuleRunnerReport> {
    return ruleRunnerReport(this.#spoor, name);
  }

  async #rule(name: string): Promise<Rule> {
    const loaded = await this.#spoor.rules.loaded(name);
    if (loaded === null) throw notFound(`Rule ${name}`);
    if (loaded.rule === null)
      throw new RefusedError(409, `The files of rule ${name} cannot be read.`, loaded.issues);
    return loaded.rule;
  }

  #reason(text: string, refusal: string): string {
    if (text.trim() === "") throw new RefusedError(409, refusal);
    return text.trim().slice(0, LONGEST_REASON);
  }

  /** The part of the past that is asked for and settled, cut into days or, of a long past, longer slices. */
  async #range(
    rule: Rule,
    range: TimeRange | null,
  ): Promise<TimeRange & { readonly sliceMs: number; readonly settledUntilUs?: () => Promise<bigint> }> {
    const { engine, registry, streams } = this.#spoor;
    const names = await engine.datasetsOf(rule.sql);
    const [firstUs, lastUs] = timeSpan(names.flatMap((name) => registry.get(name) ?? []));
    if (firstUs === null || lastUs === null) return { afterUs: 0n, untilUs: 0n, sliceMs: DAY_MS };
    const settledUntilUs = () => settledUntil(streams.runners.request(rule), lastUs);
    const settledUs = await settledUntilUs();
    const afterUs = range === null || range.afterUs < firstUs - 1n ? firstUs - 1n : range.afterUs;
    // Beyond the last event and the lookback behind it there is nothing to find.
    const endUs = lastUs + BigInt(rule.lookbackMs) * 1000n;
    let untilUs = settledUs < endUs ? settledUs : endUs;
    if (range !== null && range.untilUs < untilUs) untilUs = range.untilUs;
    const spanMs = Number(untilUs - afterUs) / 1000;
    const sliceMs = Math.max(DAY_MS, Math.ceil(spanMs / MOST_SLICES));
    return { afterUs, untilUs, sliceMs, settledUntilUs };
  }

  #resumed(name: string, actor: string, reason: string, nowMs: number): void {
    const { store } = this.#spoor;
    const [paused] = store.ruleControls({ rule: name }).filter(({ kind }) => kind === "paused");
    this.#act(name, "resumed", actor, reason, {}, reason);
    const known = store.runs({ rule: name, limit: 1 })[0];
    if (paused === undefined || known === undefined || known.mode === "batch") return;
    store.putMissedRun({
      id: deterministicId("missed", name, "stream", BigInt(Math.trunc(paused.atMs))),
      rule: name,
      ruleVersion: known.ruleVersion,
      mode: "stream",
      dueMs: paused.atMs,
      untilMs: nowMs,
      turns: 1,
      why: "paused",
      foundMs: nowMs,
      refilledMs: null,
      runId: null,
    });
  }

  #act(
    rule: string,
    kind: RuleControlKind,
    actor: string,
    reason: string,
    of: { readonly untilMs?: number | null; readonly maximumPerHour?: number },
    detail: string,
  ): void {
    const { store, clock } = this.#spoor;
    const atMs = clock();
    const sequence = BigInt(store.ruleControls({ rule }).length);
    store.transaction(() => {
      store.putRuleControl({
        id: deterministicId("rule control", rule, kind, sequence, BigInt(Math.trunc(atMs))),
        rule,
        kind,
        atMs,
        actor,
        reason,
        untilMs: of.untilMs ?? null,
        maximumPerHour: of.maximumPerHour ?? null,
      });
      store.putActivity({ atMs, actor, verb: kind, subject: `rule:${rule}`, detail });
    });
  }
}
