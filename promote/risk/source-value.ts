import { dividends, insideSums } from "./coalition.ts";
import { shapleyExact } from "./shapley.ts";

/** What every set of sources and every single source is worth a year, in dollars. Masks: bit i is source i. */
export interface SourceValues {
  /** Gross reduction of expected loss by set. */
  readonly value: Float64Array;
  readonly cost: Float64Array;
  readonly netValue: Float64Array;
  readonly standalone: Float64Array;
  readonly leaveOneOut: Float64Array;
  readonly shapley: Float64Array;
  /** Shapley of the net value: the triage of a detection splits equally over what it needs. */
  readonly netShapley: Float64Array;
  readonly netLeaveOneOut: Float64Array;
  /** Cost avoided by dropping the source from the full set. */
  readonly costAvoided: Float64Array;
  readonly benefitCostRatio: Float64Array;
  /** (leave-one-out - cost avoided) / cost avoided. */
  readonly rosi: Float64Array;
  readonly harsanyi: Float64Array;
  readonly best: number;
}

/** From two tables over all 2^n sets: expected loss and cost, dollars a year. */
export function sourceValues(loss: ArrayLike<number>, cost: Float64Array): SourceValues {
  const size = loss.length;
  const n = Math.round(Math.log2(size));
  const value = Float64Array.from({ length: size }, (_, set) => loss[0]! - loss[set]!);
  const netValue = value.map((gross, set) => gross - cost[set]!);
  const all = size - 1;
  const each = (f: (bit: number) => number): Float64Array =>
    Float64Array.from({ length: n }, (_, i) => f(1 << i));
  const leaveOneOut = each((bit) => value[all]! - value[all ^ bit]!);
  const costAvoided = each((bit) => cost[all]! - cost[all ^ bit]!);
  let best = 0;
  for (let set = 1; set < size; set++) if (netValue[set]! > netValue[best]!) best = set;
  return {
    value,
    cost,
    netValue,
    standalone: each((bit) => value[bit]!),
    leaveOneOut,
    shapley: shapleyExact(value),
    netShapley: shapleyExact(netValue),
    netLeaveOneOut: leaveOneOut.map((gross, i) => gross - costAvoided[i]!),
    costAvoided,
    benefitCostRatio: leaveOneOut.map((gross, i) => gross / costAvoided[i]!),
    rosi: leaveOneOut.map((gross, i) => (gross - costAvoided[i]!) / costAvoided[i]!),
    harsanyi: dividends(value),
    best,
  };
}

/** Yearly cost of all 2^n sets: their sources, and the triage of every detection that they feed. */
export function costTable(
  sourceCosts: readonly number[],
  detections: readonly { readonly mask: number; readonly triageUsdPerYear: number }[],
): Float64Array {
  return insideSums(sourceCosts.length, [
    ...sourceCosts.map((value, i) => ({ mask: 1 << i, value })),
    ...detections.map((detection) => ({ mask: detection.mask, value: detection.triageUsdPerYear })),
  ]);
}

/**
 * Best set of many sources (above what can be enumerated): from `start`, adds or drops one source or swaps two
 * while that raises the net value.
 */
export function climbPortfolio(n: number, netValue: (mask: number) => number, start: number): number {
  let best = start;
  let bestValue = netValue(start);
  for (let improved = true; improved; ) {
    improved = false;
    const moves: number[] = [];
    for (let i = 0; i < n; i++) {
      moves.push(best ^ (1 << i));
      for (let j = 0; j < i; j++)
        if (((best >> i) & 1) !== ((best >> j) & 1)) moves.push(best ^ (1 << i) ^ (1 << j));
    }
    for (const move of moves) {
      const value = netValue(move);
      if (value > bestValue + 1e-9) {
        best = move;
        bestValue = value;
        improved = true;
      }
    }
  }
  return best;
}
