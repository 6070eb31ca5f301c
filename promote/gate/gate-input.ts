import type { Issue } from "../../connectors/issue/issue.ts";
import type { QueryColumn } from "../../notebooks/engine/engine.ts";
import type { Ads } from "../ads/ads.ts";
import type { Owner, Owners } from "../plan/owners.ts";
import type { ResponsePlan } from "../plan/plan.ts";
import type { BacktestReport } from "../records/backtest.ts";
import type { ReplayProof } from "../records/records.ts";
import type { Rule } from "../rule/rule.ts";
import type { RuleTestReport } from "../rule/test-report.ts";
import type {
  BlindSpotResult,
  BudgetReport,
  FalsePositiveCount,
  HealthPreconditions,
  MutationReport,
  OverlapReport,
  PriorityFigures,
  ProofValidity,
  ScheduleReport,
} from "./evidence.ts";

/** Everything that the gate weighs. What is null was not given or not computed. */
export interface GateInput {
  readonly target: "staged" | "paging";
  /** The folder's name, known even where the files cannot be read. */
  readonly name: string;
  readonly rule: Rule | null;
  readonly ads: Ads | null;
  readonly plan: ResponsePlan | null;
  /** What parsing rule, ADS and plan found; codes begin with `rule`, `yaml`, `ads`, `plan`. */
  readonly parseIssues: readonly Issue[];
  /** From checkRuleSql; null when it did not run. */
  readonly sqlIssues: readonly Issue[] | null;
  readonly tests: RuleTestReport | null;
  readonly backtest: BacktestReport | null;
  readonly proof: ReplayProof | null;
  readonly owners: Owners;
  /** Health of the sources that the rule reads. */
  readonly healthIssues: readonly Issue[];
  readonly engineVersion: string;
  /** Hash of the data as it is now; null when not computed. */
  readonly dataHash: string | null;
  /** Datasets of the workspace, to check the plan's settings; null skips that check. */
  readonly datasets?: readonly string[] | null;
  /** Columns of the rule's result, from the engine; null when not described. */
  readonly resultColumns?: readonly QueryColumn[] | null;
  /** Each of these is null when it was not computed for this version. */
  readonly mutation?: MutationReport | null;
  readonly overlap?: OverlapReport | null;
  readonly falsePositives?: readonly FalsePositiveCount[] | null;
  readonly blindSpots?: readonly BlindSpotResult[] | null;
  readonly budget?: BudgetReport | null;
  readonly proofValidity?: ProofValidity | null;
  /** Of a batch rule. */
  readonly schedule?: ScheduleReport | null;
  readonly preconditions?: HealthPreconditions | null;
  /** Null where the risk model prices no scenario with the rule's techniques. */
  readonly priority?: PriorityFigures | null;
  /** Why evidence of a kind would be another now; a promotion does not rest on it. */
  readonly stale?: StaleEvidence;
}

/** Kinds of evidence that grow old without the rule, with what has made them stale. */
export type StaleEvidence = Readonly<
  Partial<Record<"backtest" | "overlap" | "falsePositives" | "blindSpots" | "health", string>>
>;

/** The owner whom the rule names, if there is one. */
export function ownerOf({ rule, owners }: Pick<GateInput, "rule" | "owners">): Owner | undefined {
  return rule ? owners.owners.find(({ name }) => name === rule.owner) : undefined;
}
