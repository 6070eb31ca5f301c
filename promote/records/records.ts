/**
 * What happens, as records: append-only facts with deterministic ids, written to the ledger before and after
 * an effect. Event times are microseconds since the epoch (`...Us`, bigint), wall-clock times milliseconds
 * (`...Ms`, number).
 */
import type { CellValue, Row } from "../../notebooks/engine/engine.ts";
import type { RuleControlRecords } from "./rule-control.ts";
import type { RuleWatchRecords } from "./rule-watch.ts";

export type Stage = "draft" | "staged" | "paging" | "retired";
export type RunMode = "batch" | "stream" | "backfill";

export const OUTCOME_KINDS = [
  "true-positive",
  "benign-positive",
  "false-positive",
  "ignored",
  "undetermined",
] as const;
export type OutcomeKind = (typeof OUTCOME_KINDS)[number];

/** One thing a rule found. `id` = hash(rule, version, entities, event time). */
export interface Detection {
  readonly id: string;
  readonly rule: string;
  readonly ruleVersion: string;
  readonly eventTimeUs: bigint;
  /** Entity columns of the rule and their values, in the rule's order. */
  readonly entities: Readonly<Record<string, string>>;
  /** Every result row under this id (several where rows share entities and time). */
  readonly rows: readonly Row[];
  /** Hash of `rows`, so that an upsert can tell a repeat from a change. */
  readonly rowsHash: string;
  readonly mode: RunMode;
  /** True when it came from a slice that a late event reopened. */
  readonly late: boolean;
  readonly stage: Stage;
  readonly detectedMs: number;
  /** When a later evaluation of its slice no longer found it: kept, and not counted. Absent while it stands. */
  readonly withdrawnMs?: number;
  readonly withdrawnReason?: string;
}

/**
 * One evaluation of one rule on one slice; the evaluations of a rule that sees events at once are put together by the
 * minute. What is optional is absent in records of an older Spoor.
 */
export interface Run {
  readonly id: string;
  readonly rule: string;
  readonly ruleVersion: string;
  readonly mode: RunMode;
  readonly sliceAfterUs: bigint;
  readonly sliceUntilUs: bigint;
  readonly startedMs: number;
  readonly finishedMs: number;
  readonly detectionCount: number;
  readonly state: "succeeded" | "failed";
  readonly error: string | null;
  /** Evaluations that it stands for. */
  readonly evaluations?: number;
  /** How long the engine worked for it. */
  readonly engineMs?: number;
  /** Rows of the segments that it had to look into; null where nobody knows. */
  readonly rowsRead?: number | null;
  /** The engine's time at the declared price of an hour; null without one. */
  readonly costUsd?: number | null;
  /** Up to when everything had come, as far as the allowed lateness goes. */
  readonly watermarkUs?: bigint | null;
  /** Events that came later than allowed and reopened this slice. */
  readonly lateCount?: number;
  readonly withdrawnCount?: number;
  /** What was wrong with its sources then, a sentence each. */
  readonly health?: readonly string[];
  /** When the schedule wanted it, and whether that had been missed; absent without a schedule. */
  readonly dueMs?: number;
  readonly refill?: boolean;
}

/** Detections that belong together, by rule and entities within a window. */
export interface Case {
  readonly id: string;
  readonly title: string;
  readonly detectionIds: readonly string[];
  readonly entities: Readonly<Record<string, string>>;
  readonly openedMs: number;
  /** The rule whose throttle gathered them, of whatever entities. Absent for a case of its own. */
  readonly gatheredFor?: string;
  /** True while its alert waits until the throttle lets it through. */
  readonly waitsForRoom?: boolean;
}

export type AlertState = "automating" | "open" | "decided";

/** What reaches the owner of the system. */
export interface Alert {
  readonly id: string;
  readonly caseId: string;
  readonly rule: string;
  readonly ruleVersion: string;
  readonly owner: string;
  readonly sentence: string;
  readonly state: AlertState;
  readonly openedMs: number;
  readonly decidedMs: number | null;
}

/** One step of a response plan carried out (or tried) for one alert. Written before and after. */
export interface Action {
  readonly id: string;
  readonly alertId: string;
  /** Name in the response plan's list: `collect-process-tree`, `ignore`. */
  readonly name: string;
  /** Name of the registered action that it runs: `query`, `ignore`, `escalate-to-author`. */
  readonly uses: string;
  readonly trigger: "automation" | "person";
  readonly actor: string;
  readonly state: "started" | "succeeded" | "failed";
  readonly startedMs: number;
  readonly finishedMs: number | null;
  /** What it found or did, in a sentence. */
  readonly summary: string;
  /** Rows that a query action brought, at most 200. */
  readonly rows: readonly Row[];
}

export interface Outcome {
  readonly alertId: string;
  readonly rule: string;
  readonly ruleVersion: string;
  readonly kind: OutcomeKind;
  readonly actor: string;
  readonly reason: string;
  readonly minutes: number;
  readonly recordedMs: number;
}

/** Immutable, made before the outcome; scored only then. */
export interface Forecast {
  readonly id: string;
  readonly statement: string;
  readonly kind: "binary" | "interval" | "count";
  /** What it is about: `rule:lsass-dump`, `alert:<id>`, `source:sysmon`. */
  readonly subject: string;
  /** Probability for `binary`; `[lower, upper]` (90%) for `interval`; mean for `count`. */
  readonly value: number | readonly [number, number];
  readonly author: string;
  readonly createdMs: number;
  readonly resolveByMs: number;
  /** Rule that it is about, where `subject` does not name it. */
  readonly rule?: string;
  /** Sources that it is about, where `subject` names none. */
  readonly sources?: readonly string[];
  /** Version of the rule or model that made it. */
  readonly modelVersion?: string;
  /** From when on its outcome begins to be known: made later, it is late. Without it, when it is resolved. */
  readonly outcomeFromMs?: number;
  /** The earlier forecast of the same outcome that it replaces; both stay on record. */
  readonly revises?: string;
  /** What an interval's numbers are: dollars and minutes are scored on logarithms. */
  readonly unit?: "usd" | "minutes" | "share";
  /** Of a count: the rate a year is Gamma(shape, rate), and so many days are counted. */
  readonly volume?: { readonly shape: number; readonly rate: number; readonly days: number };
}

export interface ForecastResolution {
  readonly forecastId: string;
  /** 1 or 0 for binary; the number seen otherwise. */
  readonly outcome: number;
  readonly resolvedMs: number;
}

/** The proof that a stream gives exactly what a batch gives. */
export interface ReplayProof {
  readonly rule: string;
  readonly ruleVersion: string;
  readonly provedMs: number;
  readonly eventCount: number;
  readonly sliceCount: number;
  readonly batchDetectionCount: number;
  readonly streamDetectionCount: number;
  /** Ids that one side has and the other lacks, at most 20 of each. */
  readonly onlyBatch: readonly string[];
  readonly onlyStream: readonly string[];
  /** Hash of datasets and versions the proof read. */
  readonly dataHash: string;
  readonly engineVersion: string;
  readonly holds: boolean;
  /** Why it does not hold; empty when it does. */
  readonly reason: string;
  /** The range of event time that was replayed. */
  readonly replayedAfterUs?: bigint;
  readonly replayedUntilUs?: bigint;
  /** Slices without any event near, which were not evaluated. */
  readonly skippedSliceCount?: number;
  /** Hash of the columns that the rule read and their types; absent in proofs of an older Spoor. */
  readonly shapeHash?: string;
  /** How late events came in the replay, at most. */
  readonly allowedLatenessMs?: number;
  /** The events that were replayed: those of the rule's match tests where the history holds no detection. */
  readonly provedOn?: "history" | "tests";
  /** Hash of the rule's tests, where the proof rests on them or lacks them. */
  readonly testsHash?: string;
  /** There was no detection to replay: it neither holds nor is refuted. */
  readonly nothingToProve?: boolean;
}

/** Who did what, for the Activity page; also a dataset. */
export interface Activity {
  readonly atMs: number;
  readonly actor: string;
  readonly verb: string;
  readonly subject: string;
  readonly detail: string;
}

/** State of one rule's runner, for restarts. */
export interface RuleProgress {
  readonly rule: string;
  readonly ruleVersion: string;
  readonly mode: RunMode;
  /** Everything up to and including this time has been evaluated. */
  readonly evaluatedUntilUs: bigint;
}

/** Values that a page or a query may show, narrowed from a row cell. */
export type { CellValue, Row };

/**
 * The port by which promote reads and appends records. Every `put` is idempotent: the same id again changes
 * nothing, or replaces where the record says so (an upserted detection, an alert's state).
 */
export interface RecordStore extends RuleControlRecords, RuleWatchRecords {
  /** Runs all writes in one durable transaction; an exception rolls it back. Synchronous. */
  transaction<T>(work: () => T): T;

  /**
   * Returns which of them were new (`inserted`), changed rows or stand again after they were withdrawn (`updated`), or
   * were known (`unchanged`).
   */
  putDetections(detections: readonly Detection[]): {
    inserted: Detection[];
    updated: Detection[];
    unchanged: number;
  };
  detections(filter: {
    rule?: string;
    ruleVersion?: string;
    afterUs?: bigint;
    untilUs?: bigint;
    limit?: number;
    /** Those that stand when absent. */
    withdrawn?: "only" | "too";
  }): Detection[];
  /** Withdraws what stands for the rule in `afterUs < time <= untilUs` and is not among `found`; returns it. */
  withdrawDetections(
    slice: { rule: string; ruleVersion: string; afterUs: bigint; untilUs: bigint },
    found: ReadonlySet<string>,
    withdrawnMs: number,
    reason: string,
  ): Detection[];
  /** Detections in cases that were withdrawn, or stand again, and whose alert has not been told so. */
  untoldWithdrawals(limit: number): Detection[];
  putWithdrawalTold(id: string): void;
  detection(id: string): Detection | undefined;
  /** Detections of paging rules that no case holds yet, oldest first. */
  uncasedDetections(limit: number): Detection[];
  /** Names of the rules with such detections, in order. */
  uncasedRules(): string[];
  /** Such detections of the rule reach nobody any more: they are staged from now on. Answers how many they were. */
  stopPaging(rule: string): number;

  putRun(run: Run): void;
  run(id: string): Run | undefined;
  runs(filter: { rule?: string; limit?: number }): Run[];

  progress(rule: string, ruleVersion: string, mode: RunMode): RuleProgress | undefined;
  putProgress(progress: RuleProgress): void;
  /** Versions of rules with any progress, by rule and version. */
  progressVersions(): { readonly rule: string; readonly ruleVersion: string }[];
  /** Forgets how far the rule came, in every mode, with the arrivals it has seen; but not of the version to keep. */
  dropProgress(rule: string, keepVersion: string | null): void;

  putCase(value: Case): void;
  cases(filter: { limit?: number }): Case[];
  /** Gathered ones whose alert waits for room, oldest first. */
  waitingCases(): Case[];
  /** Takes a case apart that no alert tells of: its detections are in none again, as if they had just been found. */
  dissolveCase(id: string): void;
  case(id: string): Case | undefined;

  putAlert(alert: Alert): void;
  alerts(filter: { state?: AlertState; rule?: string; openedAfterMs?: number; limit?: number }): Alert[];
  alert(id: string): Alert | undefined;

  putAction(action: Action): void;
  actions(alertId: string): Action[];
  /** Actions that were started and never finished: what a crash left. */
  unfinishedActions(): Action[];

  /** One outcome an alert: a second one for the same alert is refused by throwing. */
  putOutcome(outcome: Outcome): void;
  outcomes(filter: { rule?: string; limit?: number }): Outcome[];
  outcome(alertId: string): Outcome | undefined;

  putForecast(forecast: Forecast): void;
  forecasts(filter: { subject?: string; open?: boolean; limit?: number }): Forecast[];
  resolveForecast(resolution: ForecastResolution): void;
  resolutions(): ForecastResolution[];

  putProof(proof: ReplayProof): void;
  proof(rule: string, ruleVersion: string): ReplayProof | undefined;

  putActivity(activity: Activity): void;
  activities(filter: { limit?: number }): Activity[];
}
