import { betaQuantile, binomialCdf, gammaPoissonMass, normalQuantile } from "./special-functions.ts";

/** Brier score of one binary forecast, 0 (sure and right) to 1 (sure and wrong). */
export function brierScore(probability: number, outcome: number): number {
  return (probability - outcome) ** 2;
}

/** Brier score over classes (0..2; for two classes twice the one-sided score). */
export function brierCategorical(probabilities: readonly number[], outcomeIndex: number): number {
  return probabilities.reduce((sum, p, i) => sum + (p - (i === outcomeIndex ? 1 : 0)) ** 2, 0);
}

/** Wilson's score interval for `hits` of `n`, at `level`. */
export function wilsonInterval(hits: number, n: number, level = 0.95): readonly [number, number] {
  if (n === 0) return [0, 1];
  const z = normalQuantile((1 + level) / 2);
  const p = hits / n;
  const centre = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n))) / (1 + (z * z) / n);
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

/** Clopper and Pearson's exact interval for `hits` of `n`. */
export function clopperPearson(hits: number, n: number, level = 0.95): readonly [number, number] {
  const tail = (1 - level) / 2;
  return [
    hits === 0 ? 0 : betaQuantile(tail, hits, n - hits + 1),
    hits === n ? 1 : betaQuantile(1 - tail, hits + 1, n - hits),
  ];
}

/** Scores of a log of binary forecasts. Scale of `brier`: 0..1, lower is better. */
export interface BinaryScores {
  readonly count: number;
  readonly brier: number;
  /** Mean -ln P(outcome), nats. */
  readonly logScore: number;
  readonly baseRate: number;
  /** Brier score of always saying the base rate. */
  readonly reference: number;
  /** 1 - brier/reference; null when every outcome was the same. */
  readonly skill: number | null;
  /** Murphy (1973), over distinct forecasts: brier = reliability - resolution + uncertainty. */
  readonly reliability: number;
  readonly resolution: number;
  readonly uncertainty: number;
  /** Mean forecast minus base rate. */
  readonly bias: number;
  readonly table: readonly {
    readonly probability: number;
    readonly count: number;
    readonly hits: number;
    readonly frequency: number;
    readonly wilson: readonly [number, number];
  }[];
}

export function scoreBinary(
  pairs: readonly { readonly probability: number; readonly outcome: number }[],
): BinaryScores | null {
  const n = pairs.length;
  if (n === 0) return null;
  const mean = (f: (pair: (typeof pairs)[number]) => number): number =>
    pairs.reduce((sum, pair) => sum + f(pair), 0) / n;
  const baseRate = mean((pair) => pair.outcome);
  const groups = new Map<number, { count: number; hits: number }>();
  for (const { probability, outcome } of pairs) {
    const group = groups.get(probability) ?? { count: 0, hits: 0 };
    groups.set(probability, { count: group.count + 1, hits: group.hits + outcome });
  }
  const table = [...groups]
    .sort(([p], [q]) => p - q)
    .map(([probability, { count, hits }]) => ({
      probability,
      count,
      hits,
      frequency: hits / count,
      wilson: wilsonInterval(hits, count),
    }));
  const brier = mean((pair) => brierScore(pair.probability, pair.outcome));
  const uncertainty = baseRate * (1 - baseRate);
  return {
    count: n,
    brier,
    logScore: mean((pair) => -Math.log(pair.outcome === 1 ? pair.probability : 1 - pair.probability)),
    baseRate,
    reference: uncertainty,
    skill: uncertainty > 0 ? 1 - brier / uncertainty : null,
    reliability: table.reduce((sum, row) => sum + row.count * (row.probability - row.frequency) ** 2, 0) / n,
    resolution: table.reduce((sum, row) => sum + row.count * (row.frequency - baseRate) ** 2, 0) / n,
    uncertainty,
    bias: mean((pair) => pair.probability) - baseRate,
    table,
  };
}

/** Hit rate of stated intervals and by how much to widen future ones. */
export interface IntervalScores {
  readonly count: number;
  readonly hits: number;
  readonly rate: number;
  readonly clopperPearson: readonly [number, number];
  readonly wilson: readonly [number, number];
  /** P(so few hits | the intervals are as good as stated). */
  readonly lowProbability: number;
  /** Factor on sigma that would have given the stated rate; 1 when they held often enough. */
  readonly widenBy: number;
}

export function scoreIntervalHits(hits: number, n: number, level = 0.9): IntervalScores {
  const rate = hits / n;
  const seen = Math.min(Math.max(rate, 0.5 / n), 1 - 0.5 / n);
  return {
    count: n,
    hits,
    rate,
    clopperPearson: clopperPearson(hits, n),
    wilson: wilsonInterval(hits, n),
    lowProbability: binomialCdf(hits, n, level),
    widenBy: rate < level ? normalQuantile((1 + level) / 2) / normalQuantile((1 + seen) / 2) : 1,
  };
}

/** Winkler's interval score, lower is better: the width, plus 2/alpha for each unit of a miss. */
export function winklerScore(low: number, high: number, seen: number, alpha = 0.1): number {
  return high - low + (2 / alpha) * (Math.max(0, low - seen) + Math.max(0, seen - high));
}

/** Winkler's score on logarithms: use it for money. All three above 0. */
export function winklerLogScore(low: number, high: number, seen: number, alpha = 0.1): number {
  return winklerScore(Math.log(low), Math.log(high), Math.log(seen), alpha);
}

/** Scores of a Gamma-Poisson count forecast: CRPS, -ln P(seen), and the bounds of its probability transform. */
export function scoreCount(
  volume: { readonly shape: number; readonly rate: number },
  exposure: number,
  seen: number,
): { readonly crps: number; readonly logScore: number; readonly pit: readonly [number, number] } {
  let cumulative = 0;
  let crps = 0;
  let pit: [number, number] = [0, 0];
  let logScore = Number.POSITIVE_INFINITY;
  const mean = (volume.shape / volume.rate) * exposure;
  for (let k = 0; k <= seen || k < mean || 1 - cumulative > 1e-13; k++) {
    const mass = gammaPoissonMass(k, volume.shape, volume.rate, exposure);
    if (k === seen) {
      pit = [cumulative, cumulative + mass];
      logScore = -Math.log(mass);
    }
    cumulative += mass;
    crps += (cumulative - (k >= seen ? 1 : 0)) ** 2;
    if (k > seen && k > mean && mass < 1e-18) break;
  }
  return { crps, logScore, pit };
}
