import { normalCdf, normalQuantile } from "./special-functions.ts";

/** ln X ~ Normal(mu, sigma). */
export interface Lognormal {
  readonly mu: number;
  readonly sigma: number;
}

/**
 * The lognormal whose central interval at `level` is [low, high] (0 < low < high, 0 < level < 1). Where the
 * author's 90% intervals are known to hold only with rate `hitRate`, sigma grows by 1.645/z(hitRate).
 */
export function lognormalFromInterval(low: number, high: number, level = 0.9, hitRate = 0.9): Lognormal {
  const z = normalQuantile((1 + level) / 2);
  const widen = hitRate < 0.9 ? normalQuantile(0.95) / normalQuantile((1 + hitRate) / 2) : 1;
  return {
    mu: (Math.log(low) + Math.log(high)) / 2,
    sigma: ((Math.log(high) - Math.log(low)) / (2 * z)) * widen,
  };
}

export function lognormalMean({ mu, sigma }: Lognormal): number {
  return Math.exp(mu + (sigma * sigma) / 2);
}

export function lognormalSd(value: Lognormal): number {
  return lognormalMean(value) * Math.sqrt(Math.expm1(value.sigma * value.sigma));
}

export function lognormalQuantile({ mu, sigma }: Lognormal, probability: number): number {
  return Math.exp(mu + sigma * normalQuantile(probability));
}

/** P(X > x). */
export function lognormalExceedance({ mu, sigma }: Lognormal, x: number): number {
  if (x <= 0) return 1;
  if (sigma === 0) return Math.log(x) < mu ? 1 : 0;
  return normalCdf((mu - Math.log(x)) / sigma);
}

/** E[min(X, cap)], closed form; `null` means no cap. */
export function limitedMean(value: Lognormal, cap: number | null): number {
  const mean = lognormalMean(value);
  if (cap === null) return mean;
  const { mu, sigma } = value;
  if (sigma === 0) return Math.min(mean, cap);
  const d = (Math.log(cap) - mu) / sigma;
  return mean * normalCdf(d - sigma) + cap * normalCdf(-d);
}

/** What an insurer pays per event, E[min(max(X - deductible, 0), limit)], and what stays with us. */
export function insuranceLayer(
  value: Lognormal,
  deductible: number,
  limit: number,
): { readonly ceded: number; readonly retained: number } {
  const ceded = limitedMean(value, deductible + limit) - limitedMean(value, deductible);
  return { ceded, retained: lognormalMean(value) - ceded };
}

/** The spread split into what a hunt could teach us (epistemic) and what stays luck (aleatory). */
export interface SeveritySplit {
  readonly sigmaEpistemic: number;
  readonly sigmaAleatory: number;
  /** E[X | u] for the epistemic standard normal score u. */
  conditionalMean(u: number): number;
  readonly predictiveMean: number;
}

/** Splits sigma^2 by `share` (0..1, epistemic part); the predictive mean does not change. */
export function splitSeverity(value: Lognormal, share: number): SeveritySplit {
  const sigmaEpistemic = Math.sqrt(share) * value.sigma;
  const sigmaAleatory = Math.sqrt(1 - share) * value.sigma;
  return {
    sigmaEpistemic,
    sigmaAleatory,
    conditionalMean: (u) => Math.exp(value.mu + sigmaEpistemic * u + (sigmaAleatory * sigmaAleatory) / 2),
    predictiveMean: lognormalMean(value),
  };
}

/** Warnings about an elicited magnitude: a ratio above 1000, or a mean beyond the upper bound (needs a cap). */
export function intervalWarnings(low: number, high: number): { wide: boolean; meanExceedsHigh: boolean } {
  return {
    wide: high / low > 1000,
    meanExceedsHigh: lognormalMean(lognormalFromInterval(low, high)) > high,
  };
}
