import type { Outcome } from "../records/records.ts";
import { betaQuantile } from "./special-functions.ts";

/** Posterior of a probability: mean, 90% interval, and how many observations stand behind it. */
export interface BetaPosterior {
  readonly a: number;
  readonly b: number;
  readonly mean: number;
  readonly q05: number;
  readonly q95: number;
  readonly evidence: number;
}

/** Before any outcome we expect about one alert in ten to be a true positive. */
export const PRECISION_PRIOR = { a: 1, b: 9 } as const;

/**
 * Precision of a rule from its outcomes. Only adjudicated alerts count: true positives against benign and false
 * positives; ignored and undetermined ones are censored, duplicates must be dropped before. Counts are >= 0.
 */
export function betaPosterior(counts: {
  readonly truePositives: number;
  readonly benignPositives?: number;
  readonly falsePositives?: number;
  readonly prior?: { readonly a: number; readonly b: number };
}): BetaPosterior {
  const prior = counts.prior ?? PRECISION_PRIOR;
  const misses = (counts.benignPositives ?? 0) + (counts.falsePositives ?? 0);
  const a = prior.a + counts.truePositives;
  const b = prior.b + misses;
  return {
    a,
    b,
    mean: a / (a + b),
    q05: betaQuantile(0.05, a, b),
    q95: betaQuantile(0.95, a, b),
    evidence: counts.truePositives + misses,
  };
}

/** Outcomes counted by kind, with the minutes spent. */
export interface OutcomeTally {
  readonly truePositives: number;
  readonly benignPositives: number;
  readonly falsePositives: number;
  readonly ignored: number;
  readonly undetermined: number;
  readonly minutes: readonly number[];
}

export function tallyOutcomes(outcomes: readonly Pick<Outcome, "kind" | "minutes">[]): OutcomeTally {
  const count = (kind: Outcome["kind"]): number => outcomes.filter((outcome) => outcome.kind === kind).length;
  return {
    truePositives: count("true-positive"),
    benignPositives: count("benign-positive"),
    falsePositives: count("false-positive"),
    ignored: count("ignored"),
    undetermined: count("undetermined"),
    minutes: outcomes.map((outcome) => outcome.minutes).filter((minutes) => minutes > 0),
  };
}
