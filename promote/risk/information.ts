import {
  betaBinomialMass,
  betaCdf,
  binomialMass,
  gammaPoissonMass,
  normalCdf,
  normalDensity,
} from "./special-functions.ts";

/** Value of perfect information of a yes/no decision whose net value is Normal(mean, sd) (unit normal loss). */
export function evpiNormal(mean: number, sd: number): { readonly evpi: number; readonly positive: number } {
  const z = Math.abs(mean) / sd;
  return { evpi: sd * (normalDensity(z) - z * normalCdf(-z)), positive: normalCdf(mean / sd) };
}

/** E[max(0, NV)] - max(0, E[NV]) over draws, equally likely unless `weights` (summing to 1) are given. */
export function evpi(netValues: ArrayLike<number>, weights?: ArrayLike<number>): number {
  let informed = 0;
  let mean = 0;
  for (let i = 0; i < netValues.length; i++) {
    const weight = weights ? weights[i]! : 1 / netValues.length;
    informed += weight * Math.max(0, netValues[i]!);
    mean += weight * netValues[i]!;
  }
  return Math.max(0, informed - Math.max(0, mean));
}

/** Least squares line of the net value on one input. */
export interface Line {
  readonly intercept: number;
  readonly slope: number;
}

export function fitLine(input: ArrayLike<number>, netValues: ArrayLike<number>): Line {
  const n = input.length;
  let meanX = 0;
  let meanY = 0;
  for (let i = 0; i < n; i++) {
    meanX += input[i]! / n;
    meanY += netValues[i]! / n;
  }
  let xx = 0;
  let xy = 0;
  for (let i = 0; i < n; i++) {
    const dx = input[i]! - meanX;
    xx += dx * dx;
    xy += dx * (netValues[i]! - meanY);
  }
  const slope = xx > 0 ? xy / xx : 0;
  return { intercept: meanY - slope * meanX, slope };
}

/** Value of knowing one input perfectly: E[max(0, E[NV | input])] - max(0, E[NV]), with the fitted line. */
export function evppi(
  input: ArrayLike<number>,
  netValues: ArrayLike<number>,
): Line & { readonly evppi: number } {
  const line = fitLine(input, netValues);
  const conditional = Float64Array.from(input, (value) => line.intercept + line.slope * value);
  return { ...line, evppi: evpi(conditional) };
}

/** Value below which an EVPPI is noise: the same fit with the input's draws out of step (rotated by a half). */
export function noiseFloor(input: ArrayLike<number>, netValues: ArrayLike<number>): number {
  const n = input.length;
  let worst = 0;
  for (const share of [0.5, 0.25, 0.75]) {
    const shift = Math.floor(n * share);
    const rotated = Float64Array.from({ length: n }, (_, i) => input[(i + shift) % n]!);
    worst = Math.max(worst, evppi(rotated, netValues).evppi);
  }
  return worst;
}

/** Value of `n` tests on a probability ~ Beta(a, b) before deciding, where NV = intercept + slope * p. */
export function evsiLinear(line: Line, prior: { readonly a: number; readonly b: number }, n: number): number {
  const { a, b } = prior;
  const mean = line.intercept + (line.slope * a) / (a + b);
  let informed = 0;
  for (let k = 0; k <= n; k++) {
    const posterior = line.intercept + (line.slope * (a + k)) / (a + b + n);
    informed += betaBinomialMass(k, n, a, b) * Math.max(0, posterior);
  }
  return Math.max(0, informed - Math.max(0, mean));
}

/**
 * Value of watching for `years` (of our own, or of peers who count) before deciding, where NV = intercept + slope * rate
 * and the yearly rate ~ Gamma: the count that will be seen is negative binomial.
 */
export function evsiCount(
  line: Line,
  prior: { readonly shape: number; readonly rate: number },
  years: number,
): number {
  const { shape, rate } = prior;
  const mean = line.intercept + (line.slope * shape) / rate;
  let informed = 0;
  let left = 1;
  const most = Math.ceil((shape / rate) * years * 20 + 200);
  for (let count = 0; count < most && left > 1e-9; count++) {
    const mass = gammaPoissonMass(count, shape, rate, years);
    left -= mass;
    informed += mass * Math.max(0, line.intercept + (line.slope * (shape + count)) / (rate + years));
  }
  return Math.max(0, informed - Math.max(0, mean));
}

/** Exact EVPI where NV = intercept + slope * p and p ~ Beta(a, b), by the incomplete beta function. */
export function evpiLinear(
  line: Line,
  prior: { readonly a: number; readonly b: number },
): { readonly evpi: number; readonly breakEven: number; readonly positive: number } {
  const { a, b } = prior;
  const mean = a / (a + b);
  const breakEven = -line.intercept / line.slope;
  const above = 1 - betaCdf(breakEven, a, b);
  const partialMean = mean * (1 - betaCdf(breakEven, a + 1, b));
  const upper = line.intercept * above + line.slope * partialMean;
  const all = line.intercept + line.slope * mean;
  const positive = line.slope >= 0 ? above : 1 - above;
  const informed = line.slope >= 0 ? upper : all - upper;
  return { evpi: Math.max(0, informed - Math.max(0, all)), breakEven, positive };
}

/** The same for NV as any polynomial in p: coefficients from the constant up. */
export function preposteriorPolynomial(
  coefficients: readonly number[],
  prior: { readonly a: number; readonly b: number },
  n: number,
): { readonly evsi: number; readonly mean: number; readonly byHits: number[]; readonly hitMass: number[] } {
  const mean = polynomialMean(coefficients, prior.a, prior.b);
  const byHits: number[] = [];
  const hitMass: number[] = [];
  let informed = 0;
  for (let k = 0; k <= n; k++) {
    byHits.push(polynomialMean(coefficients, prior.a + k, prior.b + n - k));
    hitMass.push(betaBinomialMass(k, n, prior.a, prior.b));
    informed += hitMass[k]! * Math.max(0, byHits[k]!);
  }
  return { evsi: Math.max(0, informed - Math.max(0, mean)), mean, byHits, hitMass };
}

function polynomialMean(coefficients: readonly number[], a: number, b: number): number {
  let moment = 1;
  let sum = 0;
  coefficients.forEach((coefficient, power) => {
    if (power > 0) moment *= (a + power - 1) / (a + b + power - 1);
    sum += coefficient * moment;
  });
  return sum;
}

/**
 * Value of `n` tests where NV is not linear in p: draws of p and NV are reweighted by Binomial(k | n, p) for each
 * possible number of hits.
 */
export function evsiByReweighting(p: ArrayLike<number>, netValues: ArrayLike<number>, n: number): number {
  const draws = p.length;
  let mean = 0;
  for (let i = 0; i < draws; i++) mean += netValues[i]! / draws;
  let informed = 0;
  for (let k = 0; k <= n; k++) {
    let joint = 0;
    for (let i = 0; i < draws; i++) joint += (binomialMass(k, n, p[i]!) * netValues[i]!) / draws;
    informed += Math.max(0, joint);
  }
  return Math.max(0, informed - Math.max(0, mean));
}

/** Net gain of sampling: horizon factor times the yearly EVSI, less what the tests cost; nothing costs nothing. */
export function netGainOfSampling(
  evsiUsdPerYear: number,
  tests: number,
  price: { readonly fixedUsd: number; readonly unitUsd: number; readonly horizonFactor: number },
): number {
  if (tests === 0) return 0;
  return price.horizonFactor * evsiUsdPerYear - (price.fixedUsd + price.unitUsd * tests);
}

/** The number of tests with the largest net gain, 0 when none gains. */
export function bestSampleSize(
  sizes: readonly number[],
  evsiOf: (tests: number) => number,
  price: { readonly fixedUsd: number; readonly unitUsd: number; readonly horizonFactor: number },
): { readonly tests: number; readonly netGainUsd: number } {
  let best = { tests: 0, netGainUsd: 0 };
  for (const tests of sizes) {
    const netGainUsd = netGainOfSampling(evsiOf(tests), tests, price);
    if (netGainUsd > best.netGainUsd) best = { tests, netGainUsd };
  }
  return best;
}

/** Value of perfect information about the choice of a set: E[max_S NV(S)] - max_S E[NV(S)]. */
export function evpiPortfolio(bestPerDrawMean: number, bestMean: number): number {
  return Math.max(0, bestPerDrawMean - bestMean);
}
