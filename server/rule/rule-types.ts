import type {
  BlindSpotResult,
  BudgetReport,
  FalsePositiveCount,
  HealthPreconditions,
  MutationReport,
  OverlapReport,
  ProofValidity,
  ScheduleReport,
  VersionDifference,
} from "../../promote/gate/evidence.ts";
import type { Stage } from "../../promote/records/records.ts";
import type { Streamability } from "../../promote/run/streamable.ts";
import type { RuleRunnerReport } from "../stream/rule-controls.ts";

/** Kinds of evidence in the order in which `check everything` computes them. */
export const EVIDENCE_KINDS = [
  "tests",
  "backtest",
  "schedule",
  "falsePositives",
  "overlap",
  "budget",
  "health",
  "blindSpots",
  "mutation",
  "difference",
  "proof",
] as const;
export type EvidenceKind = (typeof EVIDENCE_KINDS)[number];

/** What the gate weighs about the rule as it is now; null is what has not been computed for this version. */
export interface RuleEvidence {
  readonly mutation: MutationReport | null;
  readonly overlap: OverlapReport | null;
  readonly falsePositives: readonly FalsePositiveCount[] | null;
  readonly blindSpots: readonly BlindSpotResult[] | null;
  /** Of a batch rule; null for a stream. */
  readonly schedule: ScheduleReport | null;
  readonly budget: BudgetReport | null;
  readonly health: HealthPreconditions | null;
  /** Against the version that last watched; null also when there was none. */
  readonly difference: VersionDifference | null;
  /** When each was computed, and why it is not what a computation would give now; null when it is. */
  readonly computed: readonly {
    readonly kind: EvidenceKind;
    /** ISO 8601 UTC; null while it was never computed. */
    readonly at: string | null;
    readonly stale: string | null;
  }[];
}

/** One set of files that the rule had; those that decide detections have their own version. */
export interface RuleVersionEntry {
  /** SHA-256 of the files, first 16 hex digits. */
  readonly files: string;
  /** Version of what decides detections; empty when the files could not be read. */
  readonly version: string;
  readonly at: string;
  readonly by: string;
  readonly stage: Stage | "";
  /** The files are the rule's present ones. */
  readonly current: boolean;
}

/** The last move between stages, with its reason. */
export interface StageChange {
  readonly at: string;
  readonly by: string;
  readonly verb: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

/** A test made from data: what it would hold. Nothing is written before it is saved with the rule's files. */
export interface ProposedTest {
  readonly name: string;
  readonly expected: "match" | "no-match";
  /** One JSON object a line. */
  readonly events: string;
  /** What it does, for the person who adds it. */
  readonly why: string;
}

/** What a rule is known by beyond its files and records. */
export interface RuleKnowledge {
  readonly evidence: RuleEvidence;
  readonly proofValidity: ProofValidity;
  /** Null while the SQL cannot be read. */
  readonly streamability: Streamability | null;
  readonly versions: readonly RuleVersionEntry[];
  readonly controls: RuleRunnerReport;
}
