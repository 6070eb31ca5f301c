import type { EventOutcome } from "./chain.ts";
import { fourier } from "./fft.ts";
import { type Lognormal, limitedMean } from "./lognormal.ts";
import { normalCdf } from "./special-functions.ts";

/** How many events a year: Poisson, or Poisson with a Gamma rate (negative binomial). */
export type Frequency =
  | { readonly kind: "poisson"; readonly rate: number }
  | { readonly kind: "gamma"; readonly shape: number; readonly rate: number };

/** One independent stream of losses. An event costs min(X, cap) * multiplier, plus `irCostUsd` where detected. */
export interface LossStream {
  readonly frequency: Frequency;
  readonly magnitude: Lognormal;
  readonly capUsd: number | null;
  readonly irCostUsd: number;
  readonly outcomes: readonly EventOutcome[];
}

/** The plain stream: every event costs X. */
export function plainStream(
  frequency: Frequency,
  magnitude: Lognormal,
  capUsd: number | null = null,
): LossStream {
  return {
    frequency,
    magnitude,
    capUsd,
    irCostUsd: 0,
    outcomes: [{ probability: 1, multiplier: 1, detected: false }],
  };
}

/** Distribution of the yearly loss on a grid: `mass[i]` = P(loss rounds to i*stepUsd). */
export interface YearlyLoss {
  readonly stepUsd: number;
  readonly mass: Float64Array;
  readonly cumulative: Float64Array;
  /** Closed form, not from the grid. */
  readonly meanUsd: number;
  readonly sdUsd: number;
  /** P(no event in a year). */
  readonly zeroProbability: number;
}

/** Normal distribution function by cubic Hermite interpolation of a table; error below 1e-10. */
const TABLE_STEP = 1 / 128;
const TABLE_EDGE = 8.5;
let table: Float64Array | null = null;
function tableCdf(z: number): number {
  if (z <= -TABLE_EDGE) return 0;
  if (z >= TABLE_EDGE) return 1;
  if (table === null) {
    const size = Math.round((2 * TABLE_EDGE) / TABLE_STEP) + 2;
    table = Float64Array.from({ length: size }, (_, i) => normalCdf(-TABLE_EDGE + i * TABLE_STEP));
  }
  const position = (z + TABLE_EDGE) / TABLE_STEP;
  const i = Math.floor(position);
  const t = position - i;
  const left = -TABLE_EDGE + i * TABLE_STEP;
  const right = left + TABLE_STEP;
  const scale = TABLE_STEP / Math.sqrt(2 * Math.PI);
  const slopeLeft = scale * Math.exp(-0.5 * left * left);
  const slopeRight = scale * Math.exp(-0.5 * right * right);
  const p = table[i]!;
  const q = table[i + 1]!;
  const t2 = t * t;
  const t3 = t2 * t;
  return (
    p * (2 * t3 - 3 * t2 + 1) + slopeLeft * (t3 - 2 * t2 + t) + q * (3 * t2 - 2 * t3) + slopeRight * (t3 - t2)
  );
}

/** P(one event of the stream costs at most each of the grid's half steps), as masses rounded to the grid. */
function eventMass(stream: LossStream, stepUsd: number, points: number): Float64Array {
  const mass = new Float64Array(points);
  const { mu, sigma } = stream.magnitude;
  for (const outcome of stream.outcomes) {
    const offset = outcome.detected ? stream.irCostUsd : 0;
    if (outcome.multiplier <= 0 || outcome.probability <= 0) {
      const at = Math.round(offset / stepUsd);
      if (at < points) mass[at]! += outcome.probability;
      continue;
    }
    const shift = mu + Math.log(outcome.multiplier);
    const capped = stream.capUsd === null ? Number.POSITIVE_INFINITY : stream.capUsd * outcome.multiplier;
    let before = 0;
    for (let i = Math.max(0, Math.floor(offset / stepUsd - 0.5)); i < points; i++) {
      const loss = (i + 0.5) * stepUsd - offset;
      let below = 0;
      if (loss >= capped) below = 1;
      else if (loss > 0) {
        const z = Math.log(loss) - shift;
        below = sigma > 0 ? tableCdf(z / sigma) : z >= 0 ? 1 : 0;
      }
      mass[i]! += outcome.probability * (below - before);
      before = below;
      if (below === 1) break;
    }
  }
  return mass;
}

/** E[loss] and E[loss^2] of one event, closed form. */
function eventMoments(stream: LossStream): { mean: number; square: number } {
  const { mu, sigma } = stream.magnitude;
  const first = limitedMean(stream.magnitude, stream.capUsd);
  const second = limitedMean(
    { mu: 2 * mu, sigma: 2 * sigma },
    stream.capUsd === null ? null : stream.capUsd ** 2,
  );
  let mean = 0;
  let square = 0;
  for (const outcome of stream.outcomes) {
    const ir = outcome.detected ? stream.irCostUsd : 0;
    const m = outcome.multiplier;
    mean += outcome.probability * (m * first + ir);
    square += outcome.probability * (m * m * second + 2 * m * ir * first + ir * ir);
  }
  return { mean, square };
}

/** Mean, standard deviation and P(no event) of the yearly loss, closed form. */
export function yearlyMoments(streams: readonly LossStream[]): {
  meanUsd: number;
  sdUsd: number;
  zeroProbability: number;
} {
  let mean = 0;
  let variance = 0;
  let zero = 1;
  for (const stream of streams) {
    const event = eventMoments(stream);
    const { frequency } = stream;
    const rate = frequency.kind === "poisson" ? frequency.rate : frequency.shape / frequency.rate;
    mean += rate * event.mean;
    variance += rate * event.square;
    if (frequency.kind === "gamma") variance += (frequency.shape / frequency.rate ** 2) * event.mean ** 2;
    zero *=
      frequency.kind === "poisson"
        ? Math.exp(-frequency.rate)
        : (frequency.rate / (frequency.rate + 1)) ** frequency.shape;
  }
  return { meanUsd: mean, sdUsd: Math.sqrt(variance), zeroProbability: zero };
}

/**
 * Exact yearly loss of independent streams on a grid of `points` (a power of two) steps, by the Fourier transform
 * of the compound distribution (Grubel and Hermesmeier 1999: exponentially tilted, so that what lies beyond the
 * grid does not wrap around).
 */
export function yearlyLoss(streams: readonly LossStream[], stepUsd: number, points: number): YearlyLoss {
  const tilt = 20 / points;
  const weights = Float64Array.from({ length: points }, (_, i) => Math.exp(-tilt * i));
  const logReal = new Float64Array(points);
  const logImaginary = new Float64Array(points);
  const poisson = streams.filter((stream) => stream.frequency.kind === "poisson");
  if (poisson.length > 0) {
    const real = new Float64Array(points);
    const imaginary = new Float64Array(points);
    let rate = 0;
    for (const stream of poisson) {
      const own = stream.frequency.rate;
      rate += own;
      const mass = eventMass(stream, stepUsd, points);
      for (let i = 0; i < points; i++) real[i]! += own * mass[i]! * weights[i]!;
    }
    fourier(real, imaginary);
    for (let i = 0; i < points; i++) {
      logReal[i]! += real[i]! - rate;
      logImaginary[i]! += imaginary[i]!;
    }
  }
  for (const { frequency, ...rest } of streams) {
    if (frequency.kind !== "gamma") continue;
    const real = eventMass({ frequency, ...rest }, stepUsd, points);
    const imaginary = new Float64Array(points);
    for (let i = 0; i < points; i++) real[i]! *= weights[i]!;
    fourier(real, imaginary);
    for (let i = 0; i < points; i++) {
      const re = 1 + (1 - real[i]!) / frequency.rate;
      const im = -imaginary[i]! / frequency.rate;
      logReal[i]! -= frequency.shape * 0.5 * Math.log(re * re + im * im);
      logImaginary[i]! -= frequency.shape * Math.atan2(im, re);
    }
  }
  for (let i = 0; i < points; i++) {
    const size = Math.exp(logReal[i]!);
    const angle = logImaginary[i]!;
    logReal[i] = size * Math.cos(angle);
    logImaginary[i] = size * Math.sin(angle);
  }
  fourier(logReal, logImaginary, true);
  const cumulative = new Float64Array(points);
  let sum = 0;
  for (let i = 0; i < points; i++) {
    logReal[i] = Math.max(0, logReal[i]! / weights[i]!);
    sum += logReal[i]!;
    cumulative[i] = Math.min(1, sum);
  }
  return { stepUsd, mass: logReal, cumulative, ...yearlyMoments(streams) };
}

/** A grid that holds the far tail: twice the largest 99.95% event, and the yearly mean and twelve deviations. */
export function gridFor(
  streams: readonly LossStream[],
  points: number,
  atLeastUsd = 0,
): { stepUsd: number; points: number } {
  const moments = yearlyMoments(streams);
  let top = Math.max(atLeastUsd, moments.meanUsd + 12 * Math.min(moments.sdUsd, 50 * moments.meanUsd));
  for (const { magnitude, capUsd } of streams) {
    const far = Math.exp(magnitude.mu + 3.29 * magnitude.sigma);
    top = Math.max(top, 2 * Math.min(far, capUsd ?? far));
  }
  const rough = Math.max(1, top) / points;
  const power = 10 ** Math.floor(Math.log10(rough));
  const nice = [1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10;
  return { stepUsd: nice * power, points };
}

/** Loss not exceeded with `probability`: the first grid value whose cumulative probability reaches it. */
export function lossQuantile(loss: YearlyLoss, probability: number): number {
  let low = 0;
  let high = loss.cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (loss.cumulative[middle]! >= probability) high = middle;
    else low = middle + 1;
  }
  return low * loss.stepUsd;
}

/**
 * P(yearly loss > x): one minus the cumulative probability, interpolated between half steps. Beyond the grid it is
 * the probability of leaving the grid, an upper bound.
 */
export function lossExceedance(loss: YearlyLoss, x: number): number {
  if (x < 0) return 1;
  const position = x / loss.stepUsd - 0.5;
  const last = loss.cumulative.length - 1;
  if (position < 0) {
    return 1 - (loss.zeroProbability + (loss.cumulative[0]! - loss.zeroProbability) * (position + 0.5) * 2);
  }
  const i = Math.min(last, Math.floor(position));
  const next = Math.min(last, i + 1);
  const t = Math.min(1, position - i);
  return Math.max(0, 1 - (loss.cumulative[i]! * (1 - t) + loss.cumulative[next]! * t));
}

/** Mean loss of the worst (1 - level) share of years; the tail beyond the grid comes from the closed-form mean. */
export function tailMean(loss: YearlyLoss, level: number): number {
  const quantile = lossQuantile(loss, level);
  const index = Math.round(quantile / loss.stepUsd);
  let below = 0;
  for (let i = 0; i <= index; i++) below += i * loss.stepUsd * loss.mass[i]!;
  return (loss.meanUsd - below + quantile * (loss.cumulative[index]! - level)) / (1 - level);
}
