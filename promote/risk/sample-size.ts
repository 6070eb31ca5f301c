import { binomialCdf, normalQuantile } from "./special-functions.ts";

/** Years to simulate for a relative standard error of the mean: (1 + CV^2)/(rate * error^2) of a compound Poisson. */
export function yearsNeeded(
  ratePerYear: number,
  lossCv: number,
  relativeError: number,
): { readonly cvSquared: number; readonly years: number } {
  const cvSquared = (1 + lossCv * lossCv) / ratePerYear;
  return { cvSquared, years: cvSquared / relativeError ** 2 };
}

/**
 * Ranks (from 1) of the order statistics that bound the q-quantile of n simulated years at about 95%, free of any
 * distribution: quantiles of Binomial(n, q), the upper one plus 1.
 */
export function quantileRanks(
  n: number,
  q: number,
  level = 0.95,
): { readonly low: number; readonly high: number; readonly coverage: number } {
  const tail = (1 - level) / 2;
  const quantile = (probability: number): number => {
    const guess = n * q + normalQuantile(probability) * Math.sqrt(n * q * (1 - q));
    let k = Math.max(0, Math.floor(guess) - 5);
    while (k > 0 && binomialCdf(k - 1, n, q) >= probability) k--;
    while (binomialCdf(k, n, q) < probability) k++;
    return k;
  };
  const low = Math.max(1, quantile(tail));
  const high = Math.min(n, quantile(1 - tail) + 1);
  return { low, high, coverage: binomialCdf(high - 1, n, q) - binomialCdf(low - 1, n, q) };
}
