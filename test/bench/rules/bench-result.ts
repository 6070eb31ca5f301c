export interface BenchRow {
  readonly label: string;
  readonly value: number;
  readonly unit: string;
  /** How many times the baseline of the same run, where there is one. */
  readonly ratio: number | null;
}

export interface BenchResult {
  readonly name: string;
  readonly rows: readonly BenchRow[];
}

/** The value below which the share of them lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
