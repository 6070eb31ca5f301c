import type { DamageCurve, Response } from "./damage.ts";
import type { Distribution } from "./distribution.ts";

/** Where a number comes from. A default is somebody else's average; elicited is a judgement; measured is ours. */
export type Origin = "default" | "elicited" | "measured";

/** One uncertain number of the model. `evidence` counts observations behind it. */
export interface Quantity {
  readonly distribution: Distribution;
  readonly origin: Origin;
  readonly author: string;
  /** ISO day, or empty. */
  readonly date: string;
  readonly evidence: number;
  /** Where it was found: the citation of a default, the name of a measurement. */
  readonly source: string;
}

/** Loss in dollars when our own detection never fires: a 90% interval read as lognormal, and a cap. */
export interface Magnitude {
  readonly low: number;
  readonly high: number;
  readonly level: number;
  readonly capUsd: number | null;
  readonly origin: Origin;
  readonly author: string;
  readonly date: string;
  readonly evidence: number;
  readonly source: string;
}

export interface ScenarioStep {
  readonly name: string;
  readonly days: number;
  /** P(the attacker gets past this step). */
  readonly q: number;
  /** Techniques with their weights, which sum to at most 1; the rest cannot be detected. */
  readonly techniques: readonly (readonly [technique: string, weight: number])[];
}

export interface Scenario {
  readonly id: string;
  readonly title: string;
  /** Attacks that start, per year. */
  readonly frequency: Quantity;
  readonly magnitude: Magnitude;
  readonly irCostUsd: number;
  readonly damage: DamageCurve;
  readonly response: Response;
  readonly steps: readonly ScenarioStep[];
}

export interface CostParts {
  readonly ingest: number;
  readonly storage: number;
  readonly licence: number;
  readonly engineering: number;
  readonly onboarding: number;
  /** Cost given as one sum. */
  readonly stated: number;
}

export interface RiskSource {
  readonly id: string;
  readonly title: string;
  readonly status: "onboarded" | "candidate";
  /** Dollars a year; null until source.yaml's costs are joined in. */
  readonly costUsdPerYear: number | null;
  readonly costParts: CostParts | null;
  /** How sure we are of the yearly cost; absent when it is known exactly. Its mean is `costUsdPerYear`. */
  readonly costDistribution?: Distribution;
  readonly costOrigin: Origin;
  /** Who said the cost, when and from what; absent when nobody did. */
  readonly costLabel?: Pick<Quantity, "author" | "date" | "evidence" | "source">;
  /** P(the evidence of one attack is in the data), by scenario id; absent is 0. */
  readonly coverage: Readonly<Record<string, Quantity>>;
  readonly retentionDays: number | null;
  /** Reasons to keep it that are not dollars. */
  readonly constraints: readonly string[];
}

export interface RiskDetection {
  readonly id: string;
  readonly kind: "rule" | "hunt";
  readonly requires: readonly string[];
  readonly targets: readonly string[];
  /** P(fires | technique done, data present). */
  readonly p: Quantity;
  /** P(a person acts | fires). */
  readonly h: Quantity;
  readonly lagDays: number;
  /** 0 for streaming. */
  readonly cadenceDays: number;
  readonly alertsPerYear: Quantity;
  readonly triageMinutes: Quantity;
  readonly precision: Quantity | null;
}

/** What it would cost to learn an input, by the input's name in the report: `coverage:sysmon/ransomware`. */
export interface Measurement {
  readonly input: string;
  /** To start with; a measurement without `unitUsd` costs this, however large its sample. */
  readonly usd: number;
  /** For each test, host or alert looked at. */
  readonly unitUsd?: number;
  readonly how: string;
}

export interface RiskSettings {
  readonly analystUsdPerHour: number;
  /** How alike rules of one group fire: 0 independent, 1 comonotone. */
  readonly kappa: number;
  /** Share of the magnitude's variance that is epistemic. */
  readonly epistemicShare: number;
  /** Known hit rate of the authors' 90% intervals; below 0.9 widens magnitudes. */
  readonly intervalHitRate: number;
  readonly appetite: { readonly usd: number; readonly probability: number } | null;
  readonly horizonYears: number;
  readonly discountRate: number;
  /** ISO day from which every attack would be listed in the incidents; null when nobody says so. */
  readonly incidentsSince: string | null;
}

export interface RiskModel {
  readonly settings: RiskSettings;
  readonly scenarios: readonly Scenario[];
  readonly sources: readonly RiskSource[];
  readonly detections: readonly RiskDetection[];
  readonly measurements: readonly Measurement[];
}

/** A number known exactly, or a distribution, with its origin. */
export function quantity(
  distribution: Distribution | number,
  label: Partial<Omit<Quantity, "distribution">> = {},
): Quantity {
  return {
    distribution: typeof distribution === "number" ? { kind: "fixed", value: distribution } : distribution,
    origin: label.origin ?? "elicited",
    author: label.author ?? "",
    date: label.date ?? "",
    evidence: label.evidence ?? 0,
    source: label.source ?? "",
  };
}
