/** Distributions of the model's numbers. Browser-safe: pure functions only. */
import { type Lognormal, lognormalMean, lognormalQuantile } from "./lognormal.ts";
import { type Pert, pertQuantile } from "./pert.ts";
import type { Random } from "./random.ts";
import { betaQuantile, gammaQuantile } from "./special-functions.ts";

/** What we know about one number. JSON-safe. */
export type Distribution =
  | { readonly kind: "fixed"; readonly value: number }
  | { readonly kind: "beta"; readonly a: number; readonly b: number }
  | { readonly kind: "gamma"; readonly shape: number; readonly rate: number }
  | ({ readonly kind: "lognormal" } & Lognormal)
  | ({ readonly kind: "pert" } & Pert);

export function distributionMean(value: Distribution): number {
  switch (value.kind) {
    case "fixed":
      return value.value;
    case "beta":
      return value.a / (value.a + value.b);
    case "gamma":
      return value.shape / value.rate;
    case "lognormal":
      return lognormalMean(value);
    case "pert":
      return value.mean;
  }
}

export function distributionQuantile(value: Distribution, probability: number): number {
  switch (value.kind) {
    case "fixed":
      return value.value;
    case "beta":
      return betaQuantile(probability, value.a, value.b);
    case "gamma":
      return gammaQuantile(probability, value.shape, value.rate);
    case "lognormal":
      return lognormalQuantile(value, probability);
    case "pert":
      return pertQuantile(value, probability);
  }
}

/** Draws once from the stream. */
export function drawDistribution(value: Distribution, random: Random): number {
  switch (value.kind) {
    case "fixed":
      return value.value;
    case "beta":
      return random.beta(value.a, value.b);
    case "gamma":
      return random.gamma(value.shape, value.rate);
    case "lognormal":
      return Math.exp(value.mu + value.sigma * random.normal());
    case "pert":
      return value.min + (value.max - value.min) * random.beta(value.alpha, value.beta);
  }
}
