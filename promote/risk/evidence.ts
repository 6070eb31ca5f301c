import { triageUsdPerYear } from "./cost.ts";
import { type BetaPosterior, betaPosterior, type OutcomeTally } from "./precision.ts";
import { gammaPoissonMass, integrate, logBetaDensity } from "./special-functions.ts";

export interface Beta {
  readonly a: number;
  readonly b: number;
}
export interface Gamma {
  readonly shape: number;
  readonly rate: number;
}

/**
 * k successes of n trials, each worth `weight` (0..1] of a real one; an atomic test is worth 0.5 by convention, since
 * tests flatter detections against real attackers. Conjugate.
 */
export function updateBeta(prior: Beta, successes: number, trials: number, weight = 1): Beta {
  return { a: prior.a + weight * successes, b: prior.b + weight * (trials - successes) };
}

/** Evidence loses half of itself every `halfLifeDays`: what is beyond the prior shrinks towards it. */
export function ageBeta(prior: Beta, posterior: Beta, days: number, halfLifeDays = 365): Beta {
  const keep = 2 ** (-days / halfLifeDays);
  return { a: prior.a + (posterior.a - prior.a) * keep, b: prior.b + (posterior.b - prior.b) * keep };
}

/**
 * Frequency after `detected` events in `years`, seen with probability `detectionProbability`: the exposure is thinned,
 * so silence of a blind sensor says almost nothing.
 */
export function updateFrequency(
  prior: Gamma,
  detected: number,
  years: number,
  detectionProbability: number,
): Gamma {
  return { shape: prior.shape + detected, rate: prior.rate + detectionProbability * years };
}

/**
 * The same where the detection probability is itself Beta: posterior means of both. The frequency is integrated
 * out in closed form, the probability by quadrature.
 */
export function updateFrequencyUncertain(
  prior: Gamma,
  detection: Beta,
  detected: number,
  years: number,
): { readonly frequencyMean: number; readonly detectionMean: number } {
  const likelihood = (p: number): number =>
    Math.exp(
      logBetaDensity(p, detection.a, detection.b) +
        detected * Math.log(p) -
        (prior.shape + detected) * Math.log1p((p * years) / prior.rate),
    );
  const total = integrate(likelihood, 0, 1);
  return {
    frequencyMean:
      integrate((p) => (likelihood(p) * (prior.shape + detected)) / (prior.rate + p * years), 0, 1) / total,
    detectionMean: integrate((p) => likelihood(p) * p, 0, 1) / total,
  };
}

/** Weights (summing to 1) of epistemic draws after `detected` events in `years`: Poisson(y; lambda p T). */
export function reweightDraws(
  frequency: ArrayLike<number>,
  detection: ArrayLike<number>,
  detected: number,
  years: number,
): Float64Array {
  const weights = Float64Array.from({ length: frequency.length }, (_, i) => {
    const mean = frequency[i]! * detection[i]! * years;
    return mean > 0 ? Math.exp(detected * Math.log(mean) - mean) : detected === 0 ? 1 : 0;
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** After a post-incident review: `detected` caught and `missed` found otherwise, both known, over `years`. */
export function updateAfterIncidents(
  frequency: Gamma,
  detection: Beta,
  detected: number,
  missed: number,
  years: number,
): { readonly frequency: Gamma; readonly detection: Beta } {
  return {
    detection: { a: detection.a + detected, b: detection.b + missed },
    frequency: { shape: frequency.shape + detected + missed, rate: frequency.rate + years },
  };
}

/** Alerts a year from `hits` in a backtest of `days`. */
export function updateVolume(prior: Gamma, hits: number, days: number): Gamma {
  return { shape: prior.shape + hits, rate: prior.rate + days / 365 };
}

/** Below this probability of so few alerts a rule has fallen silent. */
export const SILENT_PROBABILITY = 0.001;

/** Next period's alert count (negative binomial): mean, 90% range, and how odd the observed count is. */
export function predictVolume(
  volume: Gamma,
  days: number,
  observed: number,
): {
  readonly mean: number;
  readonly q05: number;
  readonly q95: number;
  readonly atMost: number;
  readonly atLeast: number;
  readonly silent: boolean;
} {
  const exposure = days / 365;
  let cumulative = 0;
  let below = 0;
  let atMost = 0;
  let q05 = -1;
  let q95 = -1;
  for (let k = 0; q95 < 0 || k <= observed; k++) {
    const mass = gammaPoissonMass(k, volume.shape, volume.rate, exposure);
    if (k === observed) {
      below = cumulative;
      atMost = cumulative + mass;
    }
    cumulative += mass;
    if (q05 < 0 && cumulative >= 0.05) q05 = k;
    if (q95 < 0 && cumulative >= 0.95) q95 = k;
  }
  return {
    mean: (volume.shape / volume.rate) * exposure,
    q05,
    q95,
    atMost,
    atLeast: 1 - below,
    silent: atMost < SILENT_PROBABILITY,
  };
}

/** Minutes per alert: the prior counts as `priorWeight` alerts of `priorMinutes`. */
export function updateMinutes(priorMinutes: number, priorWeight: number, minutes: readonly number[]): number {
  const sum = minutes.reduce((total, value) => total + value, 0);
  return (priorWeight * priorMinutes + sum) / (priorWeight + minutes.length);
}

/** Everything that outcomes say about one rule. */
export interface OutcomeEvidence {
  readonly precision: BetaPosterior;
  /** Share of adjudicated alerts where the logic matched what it meant to, benign ones included. */
  readonly logicPrecisionRaw: number | null;
  readonly rawPrecision: number | null;
  /** If every censored alert were a false positive, or a true one. */
  readonly precisionBounds: readonly [number, number] | null;
  /** P(a person acts on an alert). */
  readonly handling: Beta;
  readonly triageMinutes: number;
  readonly triageUsdPerYear: number;
  readonly alertsPerTruePositive: number | null;
  /** E[1/precision] times the cost of one alert; null while the posterior allows a precision of zero. */
  readonly usdPerTruePositive: number | null;
}

/** Reads outcome tallies into precision, handling and triage cost. Ignored and undetermined alerts are censored. */
export function outcomeEvidence(
  tally: OutcomeTally,
  options: {
    readonly precisionPrior: Beta;
    readonly handlingPrior: Beta;
    readonly priorMinutes: number;
    readonly priorMinutesWeight: number;
    readonly analystUsdPerHour: number;
    readonly alertsPerYear: number;
  },
): OutcomeEvidence {
  const precision = betaPosterior({ ...tally, prior: options.precisionPrior });
  const adjudicated = precision.evidence;
  const censored = tally.ignored + tally.undetermined;
  const minutes = updateMinutes(options.priorMinutes, options.priorMinutesWeight, tally.minutes);
  const usdPerAlert = (minutes / 60) * options.analystUsdPerHour;
  const inverse = precision.a > 1 ? (precision.a + precision.b - 1) / (precision.a - 1) : null;
  return {
    precision,
    logicPrecisionRaw: adjudicated > 0 ? (tally.truePositives + tally.benignPositives) / adjudicated : null,
    rawPrecision: adjudicated > 0 ? tally.truePositives / adjudicated : null,
    precisionBounds:
      adjudicated + censored > 0
        ? [
            tally.truePositives / (adjudicated + censored),
            (tally.truePositives + censored) / (adjudicated + censored),
          ]
        : null,
    handling: {
      a: options.handlingPrior.a + adjudicated + tally.undetermined,
      b: options.handlingPrior.b + tally.ignored,
    },
    triageMinutes: minutes,
    triageUsdPerYear: triageUsdPerYear(options.alertsPerYear, minutes, options.analystUsdPerHour),
    alertsPerTruePositive: precision.mean > 0 ? 1 / precision.mean : null,
    usdPerTruePositive: inverse === null ? null : inverse * usdPerAlert,
  };
}

/** Precision where only some alerts of each stratum were labelled: every label stands for alerts/labelled of them. */
export function weightedPrecision(
  strata: readonly { readonly alerts: number; readonly labelled: number; readonly truePositives: number }[],
): { readonly weighted: number; readonly raw: number } {
  const used = strata.filter((stratum) => stratum.labelled > 0);
  const sum = (f: (stratum: (typeof used)[number]) => number): number =>
    used.reduce((total, stratum) => total + f(stratum), 0);
  return {
    weighted:
      sum((stratum) => (stratum.truePositives * stratum.alerts) / stratum.labelled) /
      sum((stratum) => stratum.alerts),
    raw: sum((stratum) => stratum.truePositives) / sum((stratum) => stratum.labelled),
  };
}
