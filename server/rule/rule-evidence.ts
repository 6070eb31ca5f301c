import { falsePositiveId, falsePositivesOf } from "../../promote/ads/false-positives.ts";
import type {
  BlindSpotResult,
  BudgetReport,
  FalsePositiveCount,
  HealthPreconditions,
  MutationReport,
  OverlapReport,
  ScheduleReport,
  VersionDifference,
} from "../../promote/gate/evidence.ts";
import type { StaleEvidence } from "../../promote/gate/gate-input.ts";
import type { BacktestReport } from "../../promote/records/backtest.ts";
import type { Rule } from "../../promote/rule/rule.ts";
import { shapeHashOf } from "../../promote/run/proof-validity.ts";
import { dataHashOf } from "../../promote/run/prove.ts";
import type { JobContext } from "../jobs/jobs.ts";
import { RefusedError } from "../refused.ts";
import type { Spoor } from "../spoor.ts";
import { EvidenceStore, inputsHash, type KeptEvidence } from "./evidence-store.ts";
import { EvidenceWork } from "./evidence-work.ts";
import { priorityFigures } from "./priority-figures.ts";
import type { RuleFolders } from "./rule-files.ts";
import type { RuleHistory } from "./rule-history.ts";
import type { RuleProofs } from "./rule-proofs.ts";
import { EVIDENCE_KINDS, type EvidenceKind, type RuleEvidence } from "./rule-types.ts";
import type { RuleVersions } from "./rule-versions.ts";
import type { GateEvidence, RuleWeigher, Weighed } from "./rule-weigher.ts";

const DAY_MS = 86_400_000;
/** Evidence about what an edit of texts or tests changes without another version. */
const EDITED: readonly EvidenceKind[] = ["falsePositives", "blindSpots", "mutation"];

/** Kinds that are computed here and kept; the others are always as they are now. */
interface KeptValues {
  readonly mutation: MutationReport;
  readonly overlap: OverlapReport;
  readonly schedule: ScheduleReport;
  readonly falsePositives: readonly FalsePositiveCount[];
  readonly blindSpots: readonly BlindSpotResult[];
  readonly health: HealthPreconditions;
  readonly difference: VersionDifference | null;
}
type KeptKind = keyof KeptValues;

/** What the desk gives to and takes from the others of a rule's parts. */
export interface EvidenceParts {
  readonly spoor: Spoor;
  readonly folders: RuleFolders;
  readonly weigher: RuleWeigher;
  readonly versions: RuleVersions;
  readonly proofs: RuleProofs;
  readonly history: RuleHistory;
  readonly backtest: (name: string, context: JobContext) => Promise<BacktestReport>;
}

/** The evidence about rules: computed as jobs, kept by version, told with its age. */
export class RuleEvidenceDesk {
  readonly #parts: EvidenceParts;
  readonly #store: EvidenceStore;
  readonly #work: EvidenceWork;

  constructor(parts: EvidenceParts) {
    this.#parts = parts;
    this.#store = new EvidenceStore(parts.spoor.store);
    this.#work = new EvidenceWork(parts);
  }

  /** What the gate weighs, as far as it is there: nothing is computed for it but what costs nothing. */
  async forGate(weighed: Weighed): Promise<GateEvidence> {
    const { rule } = weighed.loaded;
    const { spoor, proofs } = this.#parts;
    if (rule === null) return { backtest: null, proof: null };
    const value = <K extends KeptKind>(kind: K) => this.#kept(kind, rule)?.value ?? null;
    return {
      backtest: spoor.store.backtest(rule.name, rule.version),
      proof: spoor.store.proof(rule.name, rule.version) ?? null,
      mutation: this.#freshMutation(weighed, rule),
      overlap: value("overlap"),
      schedule: this.#freshSchedule(weighed, rule),
      falsePositives: value("falsePositives"),
      blindSpots: value("blindSpots"),
      budget: this.budget(rule),
      proofValidity: proofs.validity(weighed),
      preconditions: value("health"),
      priority: priorityFigures(spoor, rule),
    };
  }

  /** What a promotion cannot rest on, because a computation would give another answer now. */
  stale(weighed: Weighed): StaleEvidence {
    const kinds = ["backtest", "overlap", "falsePositives", "blindSpots", "health"] as const;
    return Object.fromEntries(
      kinds.flatMap((kind) => {
        const { stale } = this.#standing(kind, weighed);
        return stale === null ? [] : [[kind, stale]];
      }),
    );
  }

  /** A score that other tests reached says nothing of these; one that a part of them reached is the least they reach. */
  #freshMutation(weighed: Weighed, rule: Rule): MutationReport | null {
    const kept = this.#kept("mutation", rule);
    if (kept === null) return null;
    const now = new Set(mutationInputs(weighed));
    return kept.inputs.split(" ").every((input) => now.has(input)) ? kept.value : null;
  }

  /**
   * Computes again what an edit of texts or tests has made stale for a rule that pages, so that it goes on paging by
   * what is true of it now. A version that was never weighed is left as it is.
   */
  async refresh(name: string, context: JobContext): Promise<void> {
    if (await this.needsRefresh(name)) await this.compute(name, EDITED, false, context);
  }

  /** Whether a paging rule has evidence that an edit has made stale. */
  async needsRefresh(name: string): Promise<boolean> {
    const weighed = await this.#parts.weigher.weigh(name);
    const { rule } = weighed.loaded;
    if (rule?.stage !== "paging" || this.#kept("mutation", rule) === null) return false;
    return EDITED.some((kind) => {
      const { at, stale } = this.#standing(kind, weighed);
      return at === null || stale !== null;
    });
  }

  /** Whether the tests, or the columns that they run on, are others than those that were measured. */
  async testsChanged(name: string): Promise<boolean> {
    const weighed = await this.#parts.weigher.weigh(name);
    const { rule } = weighed.loaded;
    const kept = rule === null ? null : this.#kept("mutation", rule);
    return kept !== null && kept.inputs !== this.#inputs("mutation", weighed, rule!);
  }

  /** Turns of another schedule find something else. */
  #freshSchedule(weighed: Weighed, rule: Rule): ScheduleReport | null {
    const kept = this.#kept("schedule", rule);
    return kept !== null && kept.inputs === this.#inputs("schedule", weighed, rule) ? kept.value : null;
  }

  async evidence(weighed: Weighed): Promise<RuleEvidence> {
    const { rule } = weighed.loaded;
    const value = <K extends KeptKind>(kind: K) =>
      rule === null ? null : (this.#kept(kind, rule)?.value ?? null);
    return {
      mutation: value("mutation"),
      overlap: value("overlap"),
      falsePositives: value("falsePositives"),
      blindSpots: value("blindSpots"),
      health: value("health"),
      difference: value("difference"),
      schedule: rule === null ? null : this.#freshSchedule(weighed, rule),
      budget: rule === null ? null : this.budget(rule),
      computed: EVIDENCE_KINDS.map((kind) => ({ kind, ...this.#standing(kind, weighed) })),
    };
  }

  /** When the evidence was computed, and why it would be another now; null where it would not. */
  #standing(
    kind: EvidenceKind,
    weighed: Weighed,
  ): { readonly at: string | null; readonly stale: string | null } {
    const { rule } = weighed.loaded;
    const { spoor, proofs } = this.#parts;
    const iso = (ms: number) => new Date(ms).toISOString();
    if (rule === null) return { at: null, stale: null };
    const isNothing = kind === "schedule" && rule.run.mode === "stream";
    if (kind === "tests" || kind === "budget" || isNothing) return { at: iso(spoor.clock()), stale: null };
    if (kind === "proof") {
      const { provedMs, voidedBy } = proofs.validity(weighed);
      return { at: provedMs === null ? null : iso(provedMs), stale: voidedBy === null ? null : voidedBy };
    }
    if (kind === "backtest") {
      const atMs = spoor.store.report(`backtest:${rule.name}:${rule.version}`)?.atMs;
      return { at: atMs === undefined ? null : iso(atMs), stale: this.#aged(atMs) };
    }
    const kept = this.#kept(kind, rule);
    if (kept === null) return { at: null, stale: null };
    const changed = kept.inputs !== this.#inputs(kind, weighed, rule);
    // A source falls ill without new data, too.
    const moves = kind === "blindSpots" || kind === "health" || kept.dataHash !== this.#dataHash(weighed);
    const grown = moves ? this.#aged(kept.atMs) : null;
    return { at: iso(kept.atMs), stale: changed ? CHANGED[kind] : grown };
  }

  #aged(atMs: number | undefined): string | null {
    if (atMs === undefined || this.#parts.spoor.clock() - atMs < DAY_MS) return null;
    return "It is older than a day, and the data have moved on.";
  }

  #kept<K extends KeptKind>(kind: K, rule: Rule): KeptEvidence<KeptValues[K]> | null {
    return this.#store.get<KeptValues[K]>(kind, rule.name, rule.version);
  }

  #dataHash(weighed: Weighed): string {
    return dataHashOf(this.#parts.weigher.datasets(weighed.datasets));
  }

  /** Hash of what decides a kind of evidence beside the rule's version and the data. */
  #inputs(kind: KeptKind, weighed: Weighed, rule: Rule): string {
    const { loaded } = weighed;
    const sections = loaded.ads?.sections;
    switch (kind) {
      case "mutation":
        return mutationInputs(weighed).join(" ");
      case "falsePositives":
        return inputsHash(falsePositivesOf(sections?.falsePositives ?? "").map(falsePositiveId));
      case "blindSpots":
        return inputsHash(sections?.blindSpots ?? "");
      case "schedule":
        return inputsHash([rule.run, rule.allowedLatenessMs]);
      case "difference":
        return inputsHash(this.#parts.versions.watchedBefore(rule.name, rule.version));
      default:
        return "";
    }
  }

  /** Alerts a week of all the owner's rules; null without a backtest or an owner. */
  budget(rule: Rule): BudgetReport | null {
    return this.#work.budget(rule);
  }

  /**
   * Computes evidence of these kinds and keeps it: what is missing or stale, or all of it when `force`. One after the
   * other, with progress; throws when the job is cancelled, and RefusedError(409) for a rule that cannot be read. What
   * fails for one kind is told in the job's message and keeps the others from nothing.
   */
  async compute(
    name: string,
    kinds: readonly EvidenceKind[],
    force: boolean,
    context: JobContext,
  ): Promise<RuleEvidence> {
    const { weigher } = this.#parts;
    let weighed = await weigher.weigh(name);
    if (weighed.loaded.rule === null || weighed.columns === null) {
      const issues = [...weighed.loaded.issues, ...(weighed.sqlIssues ?? [])];
      throw new RefusedError(409, `The files of rule ${name} cannot be read.`, issues);
    }
    const failures: string[] = [];
    for (const [at, kind] of kinds.entries()) {
      context.signal.throwIfAborted();
      weighed = await weigher.weigh(name);
      const { at: computed, stale } = this.#standing(kind, weighed);
      if (!force && computed !== null && stale === null) continue;
      const part: JobContext = {
        signal: context.signal,
        report: (share, message) =>
          context.report((at + (share ?? 0)) / kinds.length, `${TITLES[kind]}: ${message}`),
      };
      part.report(0, "begins");
      try {
        await this.#computeOne(kind, weighed, part);
      } catch (error) {
        if (context.signal.aborted || kinds.length === 1) throw error;
        failures.push(`${TITLES[kind]}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    context.report(1, failures.length === 0 ? "done" : `done, but ${failures.join("; ")}`);
    return this.evidence(await weigher.weigh(name));
  }

  async #computeOne(kind: EvidenceKind, weighed: Weighed, context: JobContext): Promise<void> {
    const rule = weighed.loaded.rule!;
    const { proofs, backtest } = this.#parts;
    switch (kind) {
      case "tests":
      case "budget":
        return;
      case "backtest":
        await backtest(rule.name, context);
        return;
      case "proof":
        if (rule.run.mode === "stream") await proofs.prove(weighed, context);
        return;
      case "schedule":
        if (rule.run.mode === "batch")
          await this.#keep(kind, weighed, rule, await this.#work.compute(kind, weighed, rule, context));
        return;
      default:
        await this.#keep(kind, weighed, rule, await this.#work.compute(kind, weighed, rule, context));
    }
  }

  async #keep<K extends KeptKind>(
    kind: K,
    weighed: Weighed,
    rule: Rule,
    value: KeptValues[K],
  ): Promise<void> {
    this.#store.put(kind, rule.name, rule.version, {
      atMs: this.#parts.spoor.clock(),
      inputs: this.#inputs(kind, weighed, rule),
      dataHash: this.#dataHash(weighed),
      value,
    });
  }

  /** The one piece of evidence, computed now. */
  async mutate(name: string, context: JobContext): Promise<MutationReport> {
    const evidence = await this.compute(name, ["mutation"], true, context);
    return evidence.mutation!;
  }

  /**
   * What one version of the rule finds in the history that another does not. Versions are named by their own hash or by
   * that of their files; an empty `to` is the rule as it is now, an empty `from` the version that last watched before it.
   */
  async difference(name: string, from: string, to: string, context: JobContext): Promise<VersionDifference> {
    const { weigher, versions } = this.#parts;
    const present = (await weigher.weigh(name)).loaded;
    const target = to === "" || to === present.rule?.version ? present.rule : this.#work.versionOf(name, to);
    if (target === null)
      throw new RefusedError(409, `The files of rule ${name} cannot be read.`, present.issues);
    const before = from === "" ? versions.watchedBefore(name, target.version) : from;
    if (before === null)
      throw new RefusedError(
        409,
        `No other version of ${name} has watched: there is nothing to compare with.`,
      );
    return this.#work.difference(name, before, target, context);
  }
}

/** The columns and each test, as hashes: what a mutation score hangs on beside the query. */
function mutationInputs(weighed: Weighed): string[] {
  const tests = Object.entries(weighed.loaded.files.tests).map((test) => inputsHash(test));
  return [shapeHashOf(weighed.fields).slice(0, 16), ...tests];
}

const TITLES: Readonly<Record<EvidenceKind, string>> = {
  tests: "Tests",
  backtest: "Backtest",
  falsePositives: "False positives",
  overlap: "Overlap",
  schedule: "What the schedule finds",
  budget: "Budget",
  health: "Fields and sources",
  blindSpots: "Blind spots",
  mutation: "Mutation score",
  difference: "Difference",
  proof: "Replay proof",
};

const CHANGED: Readonly<Record<KeptKind, string>> = {
  mutation: "The tests have changed since.",
  schedule: "The schedule has changed since.",
  overlap: "The other rules have changed since.",
  falsePositives: "The false positives in the ADS have changed since.",
  blindSpots: "The blind spots in the ADS have changed since.",
  health: "The rule has changed since.",
  difference: "Another version has watched since.",
};
