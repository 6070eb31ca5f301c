/**
 * One interval from several people's. Browser-safe: pure functions only.
 *
 * Quantiles are averaged, on the log scale of rates and amounts and on the log odds of probabilities. Lichtendahl,
 * Grushka-Cockayne and Winkler (2013), "Is it better to average probabilities or quantiles?", Management Science 59(7):
 * averaged quantiles are sharper than averaged probabilities and as well placed. They hide disagreement, though: the
 * linear pool (probabilities averaged, Stone 1961) is given beside them, and is wider where people disagree.
 */

import type { AnsweredInterval, Shape } from "./elicited-input.ts";
import { chanceAbove, impliedDistribution } from "./implied.ts";
import { fromScale, toScale } from "./scale.ts";

export interface Pool {
  readonly low: number;
  readonly high: number;
  /** Geometric mean of the caps that were given; null without one. */
  readonly cap: number | null;
  readonly people: number;
  /** 5% and 95% quantiles of the equally (or as told) weighted mixture of the answers. */
  readonly linear: { readonly low: number; readonly high: number };
  /** Width of the linear pool over that of the averaged quantiles, on the scale: 1 when all say the same. */
  readonly disagreement: number;
}

/** Pools one or more intervals, each in order and inside its bounds. Weights (>= 0, some above 0) are equal by default. */
export function poolIntervals(
  shape: Shape,
  answers: readonly AnsweredInterval[],
  weights: readonly number[] = answers.map(() => 1),
): Pool | null {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (answers.length === 0 || !(total > 0)) return null;
  const average = (values: readonly number[]): number =>
    fromScale(
      shape,
      values.reduce((sum, value, i) => sum + (toScale(shape, value) * weights[i]!) / total, 0),
    );
  const low = average(answers.map((answer) => answer.low));
  const high = average(answers.map((answer) => answer.high));
  const caps = answers.flatMap(({ cap }) => (cap == null ? [] : [Math.log(cap)]));
  const linear = {
    low: mixtureQuantile(shape, answers, weights, total, 0.05),
    high: mixtureQuantile(shape, answers, weights, total, 0.95),
  };
  const width = (from: number, to: number): number => toScale(shape, to) - toScale(shape, from);
  return {
    low,
    high,
    cap: caps.length === 0 ? null : Math.exp(caps.reduce((sum, value) => sum + value, 0) / caps.length),
    people: answers.length,
    linear,
    disagreement: width(linear.low, linear.high) / width(low, high),
  };
}

function mixtureQuantile(
  shape: Shape,
  answers: readonly AnsweredInterval[],
  weights: readonly number[],
  total: number,
  probability: number,
): number {
  const distributions = answers.map((answer) => impliedDistribution(shape, answer));
  const below = (value: number): number =>
    distributions.reduce(
      (sum, distribution, i) => sum + ((1 - chanceAbove(distribution, value)) * weights[i]!) / total,
      0,
    );
  // The quantile lies between the least and the greatest of the answers' own.
  const ends = answers.map((answer) => toScale(shape, probability < 0.5 ? answer.low : answer.high));
  let from = Math.min(...ends) - 1e-9;
  let to = Math.max(...ends) + 1e-9;
  for (let i = 0; i < 60; i++) {
    const middle = (from + to) / 2;
    if (below(fromScale(shape, middle)) < probability) from = middle;
    else to = middle;
  }
  return fromScale(shape, (from + to) / 2);
}
