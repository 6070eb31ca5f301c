import betaQuantileOf from "@stdlib/stats-base-dists-beta-quantile";
import gammaQuantileOf from "@stdlib/stats-base-dists-gamma-quantile";
import normalCdfOf from "@stdlib/stats-base-dists-normal-cdf";
import normalQuantileOf from "@stdlib/stats-base-dists-normal-quantile";

/** P(Z <= z) of a standard normal Z. */
export function normalCdf(z: number): number {
  return normalCdfOf(z, 0, 1);
}

/** The z with P(Z <= z) = probability (0..1). */
export function normalQuantile(probability: number): number {
  return normalQuantileOf(probability, 0, 1);
}

/** Density of a standard normal. */
export function normalDensity(z: number): number {
  return Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
}

/** Quantile of Beta(a, b), both above 0. */
export function betaQuantile(probability: number, a: number, b: number): number {
  return betaQuantileOf(probability, a, b);
}

/** Quantile of Gamma(shape, rate). */
export function gammaQuantile(probability: number, shape: number, rate: number): number {
  return gammaQuantileOf(probability, shape, rate);
}

const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** ln Gamma(x) for x > 0, by Lanczos's series (g = 7, nine terms; about 15 digits). */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const shifted = x - 1;
  let sum = LANCZOS[0]!;
  for (let i = 1; i < LANCZOS.length; i++) sum += LANCZOS[i]! / (shifted + i);
  const t = shifted + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(t) - t + Math.log(sum);
}

export function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

export function logChoose(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
}

/** P(B <= x) of B ~ Beta(a, b): the continued fraction of DLMF 8.17.22, summed by Lentz's method. */
export function betaCdf(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - betaCdf(1 - x, b, a);
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b)) / a;
  const tiny = 1e-300;
  let c = 1;
  let d = 1 - ((a + b) * x) / (a + 1);
  d = 1 / (Math.abs(d) < tiny ? tiny : d);
  let fraction = d;
  for (let m = 1; m < 1000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 + even * d;
    d = 1 / (Math.abs(d) < tiny ? tiny : d);
    c = 1 + even / c;
    if (Math.abs(c) < tiny) c = tiny;
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 + odd * d;
    d = 1 / (Math.abs(d) < tiny ? tiny : d);
    c = 1 + odd / c;
    if (Math.abs(c) < tiny) c = tiny;
    const step = d * c;
    fraction *= step;
    if (Math.abs(step - 1) < 1e-16) break;
  }
  return front * fraction;
}

/** ln of the Beta(a, b) density at x in (0, 1). */
export function logBetaDensity(x: number, a: number, b: number): number {
  return (a - 1) * Math.log(x) + (b - 1) * Math.log1p(-x) - logBeta(a, b);
}

/** P(K = k) of K ~ Beta-Binomial(n, a, b). */
export function betaBinomialMass(k: number, n: number, a: number, b: number): number {
  return Math.exp(logChoose(n, k) + logBeta(k + a, n - k + b) - logBeta(a, b));
}

/** P(K = k) of K ~ Binomial(n, p). */
export function binomialMass(k: number, n: number, p: number): number {
  if (p <= 0) return k === 0 ? 1 : 0;
  if (p >= 1) return k === n ? 1 : 0;
  return Math.exp(logChoose(n, k) + k * Math.log(p) + (n - k) * Math.log1p(-p));
}

/** P(K <= k) of K ~ Binomial(n, p). */
export function binomialCdf(k: number, n: number, p: number): number {
  if (k < 0) return 0;
  if (k >= n) return 1;
  return betaCdf(1 - p, n - k, k + 1);
}

/** P(K = k) of a Poisson count whose mean is Gamma(shape, rate) times `exposure`: a negative binomial. */
export function gammaPoissonMass(k: number, shape: number, rate: number, exposure: number): number {
  const p = rate / (rate + exposure);
  return Math.exp(
    logGamma(shape + k) - logGamma(shape) - logGamma(k + 1) + shape * Math.log(p) + k * Math.log1p(-p),
  );
}

/** Integral of `f` over [from, to] by adaptive Simpson with Richardson's correction; open at the ends. */
export function integrate(f: (x: number) => number, from: number, to: number, tolerance = 1e-11): number {
  const panels = 64;
  const width = (to - from) / panels;
  const edge = width * 1e-9;
  let total = 0;
  for (let i = 0; i < panels; i++) {
    const a = from + i * width + (i === 0 ? edge : 0);
    const b = from + (i + 1) * width - (i === panels - 1 ? edge : 0);
    const m = (a + b) / 2;
    total += refine(f, a, b, f(a), f(m), f(b), tolerance / panels, 40);
  }
  return total;
}

function refine(
  f: (x: number) => number,
  a: number,
  b: number,
  fa: number,
  fm: number,
  fb: number,
  tolerance: number,
  depth: number,
): number {
  const m = (a + b) / 2;
  const left = f((a + m) / 2);
  const right = f((m + b) / 2);
  const whole = ((b - a) / 6) * (fa + 4 * fm + fb);
  const halves = ((b - a) / 12) * (fa + 4 * left + 2 * fm + 4 * right + fb);
  const difference = halves - whole;
  if (depth <= 0 || Math.abs(difference) <= 15 * tolerance) return halves + difference / 15;
  return (
    refine(f, a, m, fa, left, fm, tolerance / 2, depth - 1) +
    refine(f, m, b, fm, right, fb, tolerance / 2, depth - 1)
  );
}
