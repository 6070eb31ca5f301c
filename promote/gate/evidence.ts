/** What the gate weighs beside the rule's own files: computed, dated, and kept by rule and version. Browser-safe: types only. */

export type { MutationReport } from "../rule/mutation/report.ts";

/** How much of what this rule finds, others find too. */
export interface OverlapReport {
  readonly rules: readonly {
    readonly rule: string;
    /** Detections of both that name a same entity within the window. */
    readonly shared: number;
    /** Share of this rule's detections that the other has too, 0..1. */
    readonly ofMine: number;
    /** Share of the other's detections that this rule has too, 0..1. */
    readonly ofTheirs: number;
  }[];
  /** How far apart two detections may be and still be about one thing. */
  readonly windowMs: number;
}

/** How many detections of the backtest a false positive's predicate meets. */
export interface FalsePositiveCount {
  /** `falsePositiveId` of its statement and predicate: another text is another count. */
  readonly id: string;
  readonly statement: string;
  /** SQL over the rule's result columns. */
  readonly sql: string;
  /** Detections that meet it. */
  readonly detections: number;
  /** Detections in all. */
  readonly of: number;
  /** Why it could not be counted; absent where it was. */
  readonly error?: string;
}

/** What the live check of one blind spot or assumption gave. */
export interface BlindSpotResult {
  /** `blindSpotId` of its statement and check. */
  readonly id: string;
  readonly statement: string;
  /** The check in words; null where there is none. */
  readonly check: string | null;
  /** Who answers for one that cannot be tested; null for others. */
  readonly owner: string | null;
  readonly state: "holds" | "broken" | "untestable";
  /** What was seen, in a sentence. */
  readonly evidence: string;
  readonly atMs: number;
}

/** Alerts a week that one owner takes from all of their rules. */
export interface BudgetReport {
  readonly owner: string;
  readonly budgetPerWeek: number;
  /** Of this rule. */
  readonly mine: number;
  /** Of the owner's other paging rules. */
  readonly others: readonly { readonly rule: string; readonly alertsPerWeek: number }[];
  readonly total: number;
}

/** Whether the replay proof on record still says something about what runs now. */
export interface ProofValidity {
  readonly state: "valid" | "void" | "none";
  readonly voidedBy: "sql" | "shape" | "engine" | "age" | "lateness" | "tests" | null;
  readonly provedMs: number | null;
  readonly ageDays: number | null;
}

/** What another version finds that this one does not, and the other way round: in alerts, for the approver. */
export interface VersionDifference {
  readonly from: string;
  readonly to: string;
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly sample: readonly {
    readonly change: "added" | "removed" | "changed";
    /** ISO 8601, UTC. */
    readonly time: string;
    readonly entities: Readonly<Record<string, string>>;
  }[];
}

/** The fields that the rule reads, how filled they are, and whether their sources are well. */
export interface HealthPreconditions {
  readonly fields: readonly {
    readonly dataset: string;
    readonly field: string;
    /** Share of the newest rows that have a value, 0..1; null where the dataset has no such field. */
    readonly filledShare: number | null;
  }[];
  readonly sources: readonly { readonly source: string; readonly well: boolean; readonly evidence: string }[];
}

/** What the turns of a rule's schedule find of what the whole history shows. */
export interface ScheduleReport {
  /** Of the whole history. */
  readonly detections: number;
  /** Those that were looked for, at most 20. */
  readonly checked: number;
  /** Of those, the ones that the turn that owns them finds. */
  readonly found: number;
  /** Of those found, the ones whose rows are others there. */
  readonly changed: number;
  readonly missed: readonly {
    /** ISO 8601, UTC. */
    readonly time: string;
    readonly entities: Readonly<Record<string, string>>;
  }[];
  readonly lookbackMs: number;
  /** Whether the lookback hides nothing of the past from a turn. */
  readonly looksBackOverAll: boolean;
}

/** The scenario that the rule's techniques are a step of, where the risk model has one. US dollars. */
export interface PriorityFigures {
  readonly scenario: string;
  /** Mean loss of one such attack when nothing detects it. */
  readonly lossUsd: number;
}
