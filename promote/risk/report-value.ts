import type { CostParts, Origin, RiskModel } from "./model.ts";

/** Mean and 90% interval of an expected value, dollars a year. */
export interface Interval {
  readonly mean: number;
  readonly q05: number;
  readonly q95: number;
}

export interface ExceedancePoint {
  readonly usd: number;
  /** P(yearly loss > usd) with no source, without the source in focus, with all current ones. */
  readonly none: number;
  readonly without: number;
  readonly all: number;
}

export interface ExceedanceCurve {
  readonly name: "none" | "without" | "all";
  readonly label: string;
  readonly meanUsd: number;
  readonly zeroProbability: number;
  readonly q90: number;
  readonly q95: number;
  readonly q99: number;
  /** Mean loss of the worst 5% of years. */
  readonly tailMean95: number;
  /** P(year > appetite); null without an appetite. */
  readonly overAppetite: number | null;
}

export interface SourceRow {
  readonly id: string;
  readonly title: string;
  readonly status: "onboarded" | "candidate";
  readonly costUsd: number;
  /** False when neither the model nor source.yaml says what it costs. */
  readonly costKnown: boolean;
  readonly costParts: CostParts | null;
  readonly costOrigin: Origin;
  /** The same with what we do not know of volumes and prices. */
  readonly cost: Interval;
  /** Own cost and the triage of the detections that stop without it. */
  readonly costAvoidedUsd: number;
  readonly costAvoided: Interval;
  /** Credit within the current set (Shapley); for a candidate what adding it would bring. */
  readonly credit: Interval;
  readonly creditBasis: "shapley" | "add-one";
  /** Leave-one-out of a current source, add-one of a candidate. */
  readonly marginal: Interval;
  readonly netMarginal: Interval;
  readonly netCreditUsd: number;
  /** P(the marginal reduction is worth its cost). */
  readonly worthIt: number;
  /** Yearly cost at which it would break even. */
  readonly breakEvenCostUsd: number;
  readonly rosi: number | null;
  readonly evpiUsd: number;
  /** P(year > appetite) if it were dropped (candidate: if it were added); null without an appetite. */
  readonly overAppetiteChanged: number | null;
  readonly coverage: readonly {
    readonly scenario: string;
    readonly mean: number;
    readonly q05: number;
    readonly q95: number;
    readonly origin: Origin;
    readonly evidence: number;
    /** What still counts of the evidence today. */
    readonly effectiveEvidence: number;
    readonly date: string;
  }[];
  readonly constraints: readonly string[];
  readonly decision: string;
  readonly decisionKind: SourceDecision;
}

export type SourceDecision = "onboard" | "hunt-first" | "keep" | "measure" | "drop" | "skip";

export interface DetectionRow {
  readonly id: string;
  readonly kind: "rule" | "hunt";
  readonly requires: readonly string[];
  /** False while it needs a source that is not on board. */
  readonly active: boolean;
  readonly p: Interval;
  readonly pOrigin: Origin;
  readonly h: number;
  readonly precision: Interval | null;
  readonly alertsPerYear: number;
  readonly triageMinutes: number;
  readonly triageUsd: number;
  readonly alerts: Interval;
  readonly triage: Interval;
  /** ISO instants, null for never; absent when nobody told the report. */
  readonly lastFired: string | null;
  readonly lastTest: string | null;
  readonly usdPerTruePositive: number | null;
  /** What the current set would lose in reduction without it, at the inputs' means. */
  readonly valueUsd: number;
  readonly decision: string;
}

export interface AssumptionRow {
  readonly name: string;
  readonly mean: number;
  readonly q05: number;
  readonly q95: number;
  readonly origin: Origin;
  readonly author: string;
  readonly date: string;
  readonly evidence: number;
  /** What still counts of the evidence: measurements lose half of it every `evidenceHalfLifeDays`. */
  readonly effectiveEvidence: number;
  readonly source: string;
  /** What knowing it would be worth to the decision in focus, dollars a year; null below the noise floor. */
  readonly evppiUsd: number | null;
  /** Net value in focus at its 5% and 95% quantile. */
  readonly swingUsd: readonly [number, number] | null;
}

/** Why a figure differs from the last report's. */
export interface ChangeRow {
  readonly figure: string;
  readonly before: number;
  readonly after: number;
  readonly because: string;
  /** Dollars that each input moved the figure by, at the means, largest first. */
  readonly causes: readonly { readonly what: string; readonly usd: number }[];
  /** What is left: the draws around the means. */
  readonly unexplainedUsd: number;
}

/** What exploring is worth before a decision, and when to stop. */
export interface HuntFirstRow {
  readonly source: string;
  readonly title: string;
  readonly status: "onboarded" | "candidate";
  /** The input that exploring would teach. */
  readonly input: string;
  /** What one trial is: a host, a test, an alert, a year of a peer. */
  readonly unit: string;
  readonly how: string;
  readonly mean: number;
  /** Value of the input at which the decision turns; null when none does. */
  readonly breakEven: number | null;
  readonly evpiUsd: number;
  readonly evppiUsd: number;
  readonly fixedUsd: number;
  readonly unitUsd: number;
  /** `model` when risk/model.yaml states the price, else the product's default. */
  readonly priceFrom: "model" | "default";
  readonly horizonFactor: number;
  /** Number of trials with the largest net gain; 0 when none pays. */
  readonly bestTests: number;
  readonly bestNetGainUsd: number;
  /** A year, of the best number of trials. */
  readonly bestEvsiUsd: number;
  readonly curve: readonly {
    readonly tests: number;
    readonly evsiUsd: number;
    readonly netGainUsd: number;
  }[];
  /** Hits among the best number of trials from which the decision is yes; null when it does not turn on them. */
  readonly neededHits: number | null;
  readonly verdict: "hunt" | "decide";
  readonly advice: string;
  readonly stop: string;
}

export type DecisionKind =
  | SourceDecision
  | "cheap-storage"
  | "fix-coverage"
  | "tune-rule"
  | "staff-triage"
  | "collect-frequency";

/** One thing to do, or to leave, with the figure that says so. */
export interface DecisionRow {
  readonly kind: DecisionKind;
  readonly title: string;
  readonly text: string;
  /** Dollars a year that hang on it; for a loss below zero. */
  readonly usd: number;
  readonly link: {
    readonly page: "source" | "rule" | "notebook" | "forecasts" | "hunts" | "alerts";
    readonly name: string;
  };
}

/** Everything the risk page, the HTML export and `spoor risk report` show. JSON-safe; dollars a year unless named. */
export interface RiskReport {
  readonly kind: "risk-report";
  readonly generated: string;
  readonly seed: number;
  readonly draws: number;
  readonly years: number;
  readonly headline: {
    readonly sentence: string;
    readonly decision: string;
    readonly reduction: Interval;
    readonly net: Interval;
    readonly netPositive: number;
    readonly baseline: Interval;
    readonly residual: Interval;
    readonly costUsd: number;
    readonly cost: Interval;
  };
  /** Source whose keep-or-drop (or onboarding) decision hangs most on what we do not know. */
  readonly focus: { readonly source: string; readonly question: string };
  readonly appetite: { readonly usd: number; readonly probability: number } | null;
  readonly exceedance: {
    readonly points: readonly ExceedancePoint[];
    readonly curves: readonly ExceedanceCurve[];
    /** The same probability by simulated years and by Fourier transform. */
    readonly check: {
      readonly usd: number;
      readonly exact: number;
      readonly simulated: number;
      readonly standardError: number;
      readonly years: number;
      readonly agrees: boolean;
    };
  };
  readonly sources: readonly SourceRow[];
  readonly information: {
    readonly evpiUsd: number;
    readonly horizonEvpiUsd: number;
    readonly floorUsd: number;
    readonly bars: readonly {
      readonly input: string;
      readonly evppiUsd: number;
      readonly tests8Usd: number | null;
      readonly priceUsd: number | null;
      readonly how: string;
    }[];
    readonly advice: string;
  };
  readonly portfolios: readonly {
    readonly sources: readonly string[];
    readonly netUsd: number;
    readonly reductionUsd: number;
    readonly costUsd: number;
    readonly current: boolean;
    readonly best: boolean;
  }[];
  readonly portfolioEvpiUsd: number | null;
  readonly calibration: {
    readonly resolved: number;
    readonly open: number;
    readonly brier: number | null;
    readonly skill: number | null;
    readonly logScore: number | null;
    readonly reliability: number | null;
    readonly table: readonly {
      readonly probability: number;
      readonly count: number;
      readonly observed: number;
      readonly low: number;
      readonly high: number;
    }[];
    readonly intervalHits: number | null;
    readonly intervalCount: number;
    readonly intervalRate: readonly [number, number] | null;
  };
  readonly scenarios: readonly {
    readonly id: string;
    readonly title: string;
    readonly frequency: Interval;
    readonly lossPerEventUsd: Interval;
    readonly withoutUsd: number;
    readonly nowUsd: number;
  }[];
  readonly detections: readonly DetectionRow[];
  readonly assumptions: readonly AssumptionRow[];
  /** Where the figures argue against us, or against what we would like: said aloud. */
  readonly losingCase: readonly string[];
  readonly huntFirst: readonly HuntFirstRow[];
  /** What to do, largest figure first. Sources, rules and numbers: never people. */
  readonly decisions: readonly DecisionRow[];
  /** Reasons other than dollars to keep a source. */
  readonly constraints: readonly {
    readonly source: string;
    readonly title: string;
    readonly reason: string;
  }[];
  readonly changes: readonly ChangeRow[];
  /** When the report that `changes` compares with was made; null when there is none. */
  readonly previousGenerated: string | null;
  readonly evidenceHalfLifeDays: number;
  /** What the figures were made from: the next report says by it why a figure moved. */
  readonly model: RiskModel;
  /** How many inputs are defaults, judgements and measurements. */
  readonly origins: Readonly<Record<Origin, number>>;
}
