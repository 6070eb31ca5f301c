import { annualLoss, type CompiledRisk, lossTablesAt } from "./expected-loss.ts";

/** How far one input alone moves a figure, the others at their means. */
export interface TornadoBar {
  readonly input: string;
  readonly low: number;
  readonly high: number;
}

/**
 * Moves every uncertain input from its 5% to its 95% quantile and reports what a source adds to the current set
 * (gross, dollars a year) less `costUsd`. Widest first.
 */
export function tornado(
  compiled: CompiledRisk,
  current: number,
  sourceIndex: number,
  costUsd: number,
): TornadoBar[] {
  const bit = 1 << sourceIndex;
  const at = (values: ArrayLike<number>): number => {
    const tables = lossTablesAt(compiled, values);
    return (
      annualLoss(compiled, tables, current & ~bit) - annualLoss(compiled, tables, current | bit) - costUsd
    );
  };
  return compiled.inputs
    .flatMap((input, index): TornadoBar[] => {
      if (!input.uncertain) return [];
      const values = Float64Array.from(compiled.means);
      values[index] = input.quantile(0.05);
      const low = at(values);
      values[index] = input.quantile(0.95);
      return [{ input: input.name, low, high: at(values) }];
    })
    .sort((p, q) => Math.abs(q.high - q.low) - Math.abs(p.high - p.low));
}
