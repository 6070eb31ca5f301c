import { randomUUID } from "node:crypto";
import { controlState } from "../../promote/records/rule-control.ts";
import type { RuleTrouble } from "../../promote/records/rule-watch.ts";
import type { Rule } from "../../promote/rule/rule.ts";
import type { Arrivals } from "../../promote/run/arrivals.ts";
import { BatchRunner, type BatchStatus } from "../../promote/run/batch.ts";
import { type BatchRequest, runBatch } from "../../promote/run/batch-run.ts";
import { RuleTurns } from "../../promote/run/rule-turns.ts";
import type { RunSurroundings } from "../../promote/run/run-record.ts";
import { StreamRunner } from "../../promote/run/stream.ts";
import type { CommittedEvents, StreamReport, StreamStatus } from "../../promote/run/stream-report.ts";
import { LAG_BOUND_MS, type RuleCondition, watchTroubles } from "../../promote/run/trouble.ts";
import { LedgerArrivals } from "../ledger/arrival-log.ts";
import { recordedAmong } from "../rule/recorded-dataset.ts";
import type { ActiveRule } from "../rule/rule-desk.ts";
import type { Spoor } from "../spoor.ts";
import { WorkspaceSurroundings } from "./run-surroundings.ts";
import { RunThinning } from "./run-thinning.ts";
import { forgetUnwatched } from "./unwatched-rules.ts";

/** A scheduled rule may wait this long: others run before it. */
const BATCH_LAG_BOUND_MS = 900_000;

/** The rules that watch, each in its runner: who is held, paused, in trouble. */
export class RuleRunners {
  readonly #spoor: Spoor;
  readonly arrivals: LedgerArrivals;
  readonly turns = new RuleTurns();
  readonly surroundings: RunSurroundings;
  /** By which this process claims rules. */
  readonly holder = randomUUID();
  readonly stream: StreamRunner;
  readonly batch: BatchRunner;
  readonly #held = new Map<string, { readonly stamp: string; readonly rule: Rule }>();
  /** Rules that could not be taken in, and why. */
  readonly #broken = new Map<string, { readonly author: string; readonly error: string }>();
  /** Rules that do not run at the stage that their files say. */
  #refused: readonly RuleCondition[] = [];
  /** Whether the rules were taken in: before that, nothing is known of how they do. */
  #isTakenIn = false;
  readonly #thinning: RunThinning;
  #rulesStamp = "";
  #changing: Promise<void> = Promise.resolve();

  constructor(spoor: Spoor) {
    this.#spoor = spoor;
    this.#thinning = new RunThinning(spoor);
    this.arrivals = new LedgerArrivals(spoor.ledger, spoor.engine);
    this.surroundings = new WorkspaceSurroundings({
      registry: spoor.registry,
      health: (source) => spoor.sources.health(source),
      engineUsdPerHour: () => spoor.owners.read().owners.engineUsdPerHour ?? null,
      clock: spoor.clock,
    });
    const arrivals: Arrivals = this.arrivals;
    const ports = {
      engine: spoor.engine,
      store: spoor.store,
      clock: spoor.clock,
      arrivals,
      surroundings: this.surroundings,
      turns: this.turns,
    };
    this.stream = new StreamRunner(ports);
    this.batch = new BatchRunner({ ...ports, holder: this.holder });
  }

  /** What evaluates a rule outside of its runner needs. */
  request(rule: Rule, signal?: AbortSignal): BatchRequest {
    return {
      rule,
      engine: this.#spoor.engine,
      store: this.#spoor.store,
      clock: this.#spoor.clock,
      arrivals: this.arrivals,
      surroundings: this.surroundings,
      ...(signal === undefined ? {} : { signal }),
    };
  }

  isHeld(name: string): boolean {
    return this.#held.has(name);
  }

  statusOf(name: string): StreamStatus | BatchStatus | undefined {
    const nowMs = this.#spoor.clock();
    return [...this.stream.status(nowMs), ...this.batch.status(nowMs)].find(({ rule }) => rule === name);
  }

  /** This process holds the ledger alone: whoever else claimed a rule is dead. */
  takeOver(): void {
    this.#spoor.store.releaseOthers(this.holder);
  }

  /** Reads the rules again: those that watch are held by their runner, the others let go. */
  rulesChanged(): Promise<void> {
    const turn = this.#changing.then(() => this.#holdRules());
    this.#changing = turn.catch(() => {});
    return turn;
  }

  onCommitted(committed: CommittedEvents): Promise<StreamReport> {
    return this.stream.onCommitted(committed, this.#spoor.clock());
  }

  /**
   * A batch rule's first run takes the whole history. Before the rule may page, that run is made while it cannot: what
   * lies in the past is recorded and wakes nobody.
   */
  async takeHistory(rule: Rule): Promise<void> {
    if (rule.run.mode !== "batch") return;
    if (this.#spoor.store.progress(rule.name, rule.version, "batch") !== undefined) return;
    await this.turns.inTurn(rule.name, () => runBatch(this.request({ ...rule, stage: "staged" })));
  }

  /** One look at everything by the clock. Answers whether anything new was found. */
  async tick(signal: AbortSignal): Promise<boolean> {
    const { rules, clock } = this.#spoor;
    const nowMs = clock();
    const ended = this.#endPauses(nowMs);
    // Files are edited by hand too: a rule that lost its plan or its owner stops paging within a second.
    if (ended || rules.stamp() !== this.#rulesStamp) await this.rulesChanged();
    const streamed = await this.stream.advance(nowMs, signal);
    const batched = await this.batch.tick(nowMs, signal);
    return [streamed, batched].some(({ inserted, withdrawn }) => inserted.length + withdrawn.length > 0);
  }

  /** Looks at how every rule does, also while one of them is being evaluated. Troubles begin and end; streams that were paused are good again once nothing waits. */
  watch(nowMs: number): void {
    const { store } = this.#spoor;
    this.#thinning.step(nowMs);
    const statuses = new Map(
      [...this.stream.status(nowMs), ...this.batch.status(nowMs)].map((status) => [status.rule, status]),
    );
    if (!this.#isTakenIn) return;
    const conditions: RuleCondition[] = [...this.#refused];
    for (const [rule, { author, error }] of this.#broken) {
      conditions.push({ rule, author, error, failures: 0, lagMs: 0, broken: true });
    }
    for (const [name, { rule }] of this.#held) {
      const status = statuses.get(name);
      if (status === undefined) continue;
      const { failures, error, lagMs } = status;
      const lagBoundMs = rule.run.mode === "batch" ? BATCH_LAG_BOUND_MS : LAG_BOUND_MS;
      conditions.push({ rule: name, author: rule.author, failures, error, lagMs, lagBoundMs });
    }
    const { began, ended } = watchTroubles(store, conditions, nowMs);
    for (const trouble of began) this.#tell(trouble, `${trouble.message} ${trouble.remedy}`);
    for (const trouble of ended) {
      const other = store.troubles({ rule: trouble.rule, open: true });
      if (other.length === 0) this.#tell(trouble, `${trouble.rule} is well again.`);
    }
    for (const missed of store.missedRuns({ open: true })) {
      if (missed.mode !== "stream" || statuses.get(missed.rule)?.lagMs !== 0) continue;
      if (!this.#held.has(missed.rule) || missed.foundMs >= nowMs) continue;
      const [run] = store.runs({ rule: missed.rule, limit: 1 });
      store.putMissedRun({ ...missed, refilledMs: nowMs, runId: run?.id ?? null });
    }
  }

  /** The author of a rule is told once of what ails it: on Today, in the activity log, at the terminal. */
  #tell(trouble: RuleTrouble, message: string): void {
    const author = trouble.author === "" ? "whoever wrote it" : trouble.author;
    this.#spoor.record("spoor", "told", `rule:${trouble.rule}`, `${author}: ${message}`);
    this.#spoor.note(message);
  }

  /** Records the end of pauses whose time has come. */
  #endPauses(nowMs: number): boolean {
    let ended = false;
    for (const name of this.#spoor.controls.endedPauses(nowMs)) {
      this.#spoor.controls.endPause(name, nowMs);
      ended = true;
    }
    return ended;
  }

  async #holdRules(): Promise<void> {
    const { rules, store, clock, note } = this.#spoor;
    this.#rulesStamp = rules.stamp();
    const nowMs = clock();
    const { active: watching, refused } = await rules.watching();
    this.#refused = refused.map((one) => ({ ...one, failures: 0, lagMs: 0 }));
    const active = watching.filter(
      ({ rule }) => controlState(store.ruleControls({ rule: rule.name }), nowMs).paused === null,
    );
    const wanted = new Map(active.map((entry) => [entry.rule.name, entry]));
    for (const name of this.#broken.keys()) if (!wanted.has(name)) this.#broken.delete(name);
    for (const [name, { stamp }] of this.#held) {
      const entry = wanted.get(name);
      if (entry && stamp === this.#stampOf(entry)) continue;
      if (stamp.startsWith("stream:")) this.stream.release(name);
      else this.batch.release(name);
      this.#held.delete(name);
    }
    await forgetUnwatched(this.#spoor, watching, this);
    for (const entry of active) {
      const { rule } = entry;
      if (this.#held.has(rule.name)) continue;
      try {
        if (rule.run.mode === "stream") {
          const recorded = recordedAmong(this.#spoor, await this.#spoor.engine.datasetsOf(rule.sql));
          if (recorded.length > 0)
            throw new Error(
              `It reads ${recorded.join(", ")}, which Spoor records itself, and cannot stream. Let it run as batch.`,
            );
          await this.stream.hold(rule);
        } else {
          if (entry.stage === "paging") await this.takeHistory(rule);
          this.batch.hold(rule);
        }
        this.#held.set(rule.name, { stamp: this.#stampOf(entry), rule });
        this.#broken.delete(rule.name);
      } catch (error) {
        const message = (error as Error).message;
        note(`rule ${rule.name} cannot run: ${message}`);
        this.#broken.set(rule.name, { author: rule.author, error: message });
      }
    }
    this.#isTakenIn = true;
  }

  /** What makes a runner take a rule anew: its mode, version, stage, schedule and proof. */
  #stampOf({ rule, stage }: ActiveRule): string {
    const proof = this.#spoor.store.proof(rule.name, rule.version);
    return [
      rule.run.mode,
      rule.version,
      stage,
      JSON.stringify(rule.run),
      rule.allowedLatenessMs,
      proof?.provedMs,
    ].join(":");
  }
}
