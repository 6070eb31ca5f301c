import { setSize } from "./coalition.ts";
import type { Random } from "./random.ts";

/** Weights of the subset formula: |S|!(n-|S|-1)!/n! for |S| = 0..n-1. */
export function shapleyWeights(n: number): Float64Array {
  const weights = new Float64Array(n);
  for (let size = 0; size < n; size++) {
    let choose = 1;
    for (let k = 0; k < size; k++) choose = (choose * (n - 1 - k)) / (k + 1);
    weights[size] = 1 / (n * choose);
  }
  return weights;
}

/**
 * Shapley values from the table of a set function over all 2^n sets (n up to 16): each source's average marginal
 * value over all orders. They sum to V(all) - V(none).
 */
export function shapleyExact(table: ArrayLike<number>): Float64Array {
  const n = Math.round(Math.log2(table.length));
  const weights = shapleyWeights(n);
  const result = new Float64Array(n);
  for (let set = 0; set < table.length; set++) {
    const weight = weights[setSize(set)]!;
    for (let i = 0; i < n; i++) {
      const bit = 1 << i;
      if ((set & bit) === 0) result[i]! += weight * (table[set | bit]! - table[set]!);
    }
  }
  return result;
}

/**
 * Shapley values by random orders, each with its reverse, until the largest standard error is below `relativeError`
 * of |V(all) - V(none)| or `maximumOrders` pairs were drawn. `value` is asked for sets of indexes.
 */
export function shapleyByPermutation(
  n: number,
  value: (members: ReadonlySet<number>) => number,
  random: Random,
  options: { readonly relativeError?: number; readonly maximumOrders?: number } = {},
): { readonly values: Float64Array; readonly standardErrors: Float64Array; readonly orders: number } {
  const relativeError = options.relativeError ?? 0.01;
  const maximumOrders = options.maximumOrders ?? 10_000;
  const everyone = new Set(Array.from({ length: n }, (_, i) => i));
  const scale = Math.abs(value(everyone) - value(new Set()));
  const sum = new Float64Array(n);
  const squares = new Float64Array(n);
  const marginals = new Float64Array(n);
  const standardErrors = new Float64Array(n);
  let orders = 0;
  while (orders < maximumOrders) {
    const order = Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = Math.floor(random.uniform() * (i + 1));
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    marginals.fill(0);
    for (const direction of [order, [...order].reverse()]) {
      const members = new Set<number>();
      let before = value(members);
      for (const i of direction) {
        members.add(i);
        const after = value(members);
        marginals[i]! += (after - before) / 2;
        before = after;
      }
    }
    orders++;
    let worst = 0;
    for (let i = 0; i < n; i++) {
      sum[i]! += marginals[i]!;
      squares[i]! += marginals[i]! ** 2;
      const mean = sum[i]! / orders;
      const variance = Math.max(0, squares[i]! / orders - mean * mean);
      standardErrors[i] = Math.sqrt(variance / Math.max(1, orders - 1));
      worst = Math.max(worst, standardErrors[i]!);
    }
    if (orders >= 16 && worst <= relativeError * scale) break;
  }
  return { values: sum.map((total) => total / orders), standardErrors, orders };
}
