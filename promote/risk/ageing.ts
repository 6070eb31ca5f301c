/** Evidence grows old: a host inventory of two years ago says little about today's hosts. Browser-safe. */
import type { Distribution } from "./distribution.ts";
import type { Origin, Quantity, RiskModel } from "./model.ts";

/** Evidence counts for half after so many days. A convention, as good as how fast a company changes. */
export const EVIDENCE_HALF_LIFE_DAYS = 365;

const DAY_MS = 86_400_000;

/** Days from an ISO day to another; null without a day, 0 for one that is still to come. */
export function ageDays(date: string, today: string): number | null {
  const from = Date.parse(date);
  const until = Date.parse(today);
  return Number.isNaN(from) || Number.isNaN(until) ? null : Math.max(0, (until - from) / DAY_MS);
}

/** Share of evidence that still counts after `days`. */
export function keptShare(days: number, halfLifeDays: number = EVIDENCE_HALF_LIFE_DAYS): number {
  return 2 ** (-days / halfLifeDays);
}

/** Observations that still count; only what was measured grows old, a judgement is as old as its author says. */
export function effectiveEvidence(
  value: { readonly origin: Origin; readonly date: string; readonly evidence: number },
  today: string,
): number {
  const days = ageDays(value.date, today);
  return value.origin === "measured" && days !== null ? value.evidence * keptShare(days) : value.evidence;
}

/**
 * The quantity with its evidence aged: its mean stays, its spread widens as if what was lost had not been counted.
 * What nobody measured, and what is known exactly, stays as it is.
 */
export function agedQuantity(value: Quantity, today: string): Quantity {
  const lost = value.evidence - effectiveEvidence(value, today);
  if (lost <= 0) return value;
  const distribution = thinned(value.distribution, lost);
  return distribution === value.distribution ? value : { ...value, distribution };
}

function thinned(distribution: Distribution, lost: number): Distribution {
  if (distribution.kind === "beta") {
    const { a, b } = distribution;
    // Never below one observation in all: that is how much a plain guess says.
    const keep = Math.min(1, Math.max(1, a + b - lost) / (a + b));
    return { kind: "beta", a: a * keep, b: b * keep };
  }
  if (distribution.kind === "gamma") {
    const { shape, rate } = distribution;
    const keep = Math.min(1, Math.max(0.5, shape - lost) / shape);
    return { kind: "gamma", shape: shape * keep, rate: rate * keep };
  }
  return distribution;
}

/** The model with everything that was measured aged to `today`, an ISO day. */
export function agedModel(model: RiskModel, today: string): RiskModel {
  const aged = (value: Quantity): Quantity => agedQuantity(value, today);
  return {
    ...model,
    scenarios: model.scenarios.map((scenario) => ({ ...scenario, frequency: aged(scenario.frequency) })),
    sources: model.sources.map((source) => ({
      ...source,
      coverage: Object.fromEntries(Object.entries(source.coverage).map(([id, value]) => [id, aged(value)])),
    })),
    detections: model.detections.map((detection) => ({
      ...detection,
      p: aged(detection.p),
      h: aged(detection.h),
      alertsPerYear: aged(detection.alertsPerYear),
      precision: detection.precision && aged(detection.precision),
    })),
  };
}
