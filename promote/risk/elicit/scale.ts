/** The scale on which intervals of a shape are averaged, widened and narrowed. Browser-safe: pure functions only. */
import type { AnsweredInterval, Shape } from "./elicited-input.ts";

/** Logarithm for rates and amounts (> 0), log odds for probabilities (0 < p < 1). */
export function toScale(shape: Shape, value: number): number {
  return shape === "probability" ? Math.log(value) - Math.log1p(-value) : Math.log(value);
}

/** The inverse of `toScale`. */
export function fromScale(shape: Shape, value: number): number {
  return shape === "probability" ? 1 / (1 + Math.exp(-value)) : Math.exp(value);
}

/** The interval about the same middle, `factor` times as wide on its scale (> 0). */
export function stretched(shape: Shape, interval: AnsweredInterval, factor: number): AnsweredInterval {
  const low = toScale(shape, interval.low);
  const high = toScale(shape, interval.high);
  const middle = (low + high) / 2;
  const half = ((high - low) / 2) * factor;
  return { ...interval, low: fromScale(shape, middle - half), high: fromScale(shape, middle + half) };
}
