/** What an answer says beyond its two ends. Browser-safe: pure functions only. */
import { type Distribution, distributionMean, distributionQuantile } from "../distribution.ts";
import { betaFromInterval, gammaFromInterval } from "../from-interval.ts";
import { limitedMean, lognormalExceedance, lognormalFromInterval } from "../lognormal.ts";
import { betaCdf, logBetaDensity, logGamma } from "../special-functions.ts";
import type { AnsweredInterval, Shape } from "./elicited-input.ts";
import { fromScale, toScale } from "./scale.ts";

/** The distribution that the model reads from a 90% interval; ends in order and inside their bounds. */
export function impliedDistribution(shape: Shape, { low, high }: AnsweredInterval): Distribution {
  if (shape === "probability") return { kind: "beta", ...betaFromInterval(low, high) };
  if (shape === "rate") return { kind: "gamma", ...gammaFromInterval(low, high) };
  return { kind: "lognormal", ...lognormalFromInterval(low, high) };
}

/** Mean (of amounts: at most the cap) and median of an answer. */
export interface Implied {
  readonly distribution: Distribution;
  readonly mean: number;
  readonly median: number;
}

export function implied(shape: Shape, answer: AnsweredInterval): Implied {
  const distribution = impliedDistribution(shape, answer);
  return {
    distribution,
    mean:
      distribution.kind === "lognormal"
        ? limitedMean(distribution, answer.cap ?? null)
        : distributionMean(distribution),
    median: distributionQuantile(distribution, 0.5),
  };
}

/** P(X > x). */
export function chanceAbove(distribution: Distribution, x: number): number {
  if (distribution.kind === "lognormal") return lognormalExceedance(distribution, x);
  if (distribution.kind === "beta")
    return x <= 0 ? 1 : x >= 1 ? 0 : 1 - betaCdf(x, distribution.a, distribution.b);
  if (distribution.kind === "fixed") return distribution.value > x ? 1 : 0;
  if (distribution.kind === "gamma") return 1 - gammaCdf(distribution.shape, distribution.rate * x);
  return x < distribution.min
    ? 1
    : x >= distribution.max
      ? 0
      : 1 -
        betaCdf(
          (x - distribution.min) / (distribution.max - distribution.min),
          distribution.alpha,
          distribution.beta,
        );
}

/**
 * Points of the density over the scale on which the shape is drawn: the logarithm of rates and amounts, probabilities as
 * they are. `density` is scaled to a peak of 1. Between `from` and `to` when given, otherwise from the 0.1% to the 99.9%
 * quantile.
 */
export function densityCurve(
  shape: Shape,
  distribution: Distribution,
  range: { readonly from: number; readonly to: number } | null = null,
  points = 121,
): { readonly value: number; readonly density: number }[] {
  const from = range?.from ?? distributionQuantile(distribution, 0.001);
  const to = range?.to ?? distributionQuantile(distribution, 0.999);
  const log = shape !== "probability";
  const raw = Array.from({ length: points }, (_, i) => {
    const share = i / (points - 1);
    const value = log
      ? fromScale(shape, toScale(shape, from) + share * (toScale(shape, to) - toScale(shape, from)))
      : from + share * (to - from);
    return { value, log: logDensity(distribution, value) + (log ? Math.log(value) : 0) };
  });
  const peak = Math.max(...raw.map((point) => point.log));
  return raw.map((point) => ({ value: point.value, density: Math.exp(point.log - peak) }));
}

/**
 * Regularised lower incomplete gamma function P(shape, x), by its series below shape + 1 and by Lentz's continued fraction
 * above (Abramowitz and Stegun 6.5.29, 6.5.31).
 */
function gammaCdf(shape: number, x: number): number {
  if (x <= 0) return 0;
  const front = Math.exp(shape * Math.log(x) - x - logGamma(shape));
  if (x < shape + 1) {
    let term = 1 / shape;
    let sum = term;
    for (let n = 1; n < 1000 && term > sum * 1e-15; n++) {
      term *= x / (shape + n);
      sum += term;
    }
    return Math.min(1, front * sum);
  }
  let b = x + 1 - shape;
  let c = 1e300;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < 1000; n++) {
    const a = -n * (n - shape);
    b += 2;
    d = 1 / (a * d + b || 1e-300);
    c = b + a / c || 1e-300;
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-14) break;
  }
  return 1 - front * fraction;
}

function logDensity(distribution: Distribution, x: number): number {
  switch (distribution.kind) {
    case "beta":
      return logBetaDensity(Math.min(Math.max(x, 1e-9), 1 - 1e-9), distribution.a, distribution.b);
    case "gamma":
      return (
        distribution.shape * Math.log(distribution.rate) -
        logGamma(distribution.shape) +
        (distribution.shape - 1) * Math.log(x) -
        distribution.rate * x
      );
    case "lognormal":
      return (
        -(((Math.log(x) - distribution.mu) / distribution.sigma) ** 2) / 2 -
        Math.log(x * distribution.sigma * Math.sqrt(2 * Math.PI))
      );
    default:
      return Number.NEGATIVE_INFINITY;
  }
}
