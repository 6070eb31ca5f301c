import { betaQuantile } from "./special-functions.ts";

/** A Beta stretched over [min, max] with a most likely value. */
export interface Pert {
  readonly min: number;
  readonly max: number;
  readonly alpha: number;
  readonly beta: number;
  readonly mean: number;
  readonly sd: number;
}

/** Modified PERT; `gamma` (default 4) says how much the mode weighs. min <= mode <= max, min < max. */
export function pert(min: number, mode: number, max: number, gamma = 4): Pert {
  const mean = (min + gamma * mode + max) / (gamma + 2);
  return {
    min,
    max,
    alpha: 1 + (gamma * (mode - min)) / (max - min),
    beta: 1 + (gamma * (max - mode)) / (max - min),
    mean,
    sd: Math.sqrt(((mean - min) * (max - mean)) / (gamma + 3)),
  };
}

export function pertQuantile(value: Pert, probability: number): number {
  return value.min + (value.max - value.min) * betaQuantile(probability, value.alpha, value.beta);
}

/** E[exp(-X)]: P(no event in a year) when the yearly rate is X. Kummer's series 1F1 (DLMF 13.2.2). */
export function pertZeroProbability(value: Pert): number {
  const width = value.max - value.min;
  // Kummer's transformation keeps every term positive: 1F1(a;c;-w) = exp(-w) 1F1(c-a;c;w).
  let term = 1;
  let sum = 1;
  for (let k = 0; k < 2000 && term > sum * 1e-17; k++) {
    term *= ((value.beta + k) / (value.alpha + value.beta + k)) * (width / (k + 1));
    sum += term;
  }
  return Math.exp(-value.max) * sum;
}
