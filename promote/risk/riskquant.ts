import type { Issue, Parsed } from "../../connectors/issue/issue.ts";
import { lognormalFromInterval, lognormalMean } from "./lognormal.ts";

/** Expected yearly loss of events at `frequencyPerYear` whose loss has the 90% interval [low, high]. */
export function simpleLoss(frequencyPerYear: number, low: number, high: number): number {
  return frequencyPerYear * lognormalMean(lognormalFromInterval(low, high));
}

/** One row of a riskquant CSV: identifier, name, probability, low loss, high loss. */
export interface RiskquantRow {
  readonly id: string;
  /** What it is called; empty when not said. */
  readonly name?: string;
  readonly frequencyPerYear: number;
  readonly low: number;
  readonly high: number;
}

/** Rows with their expected yearly loss [$], largest first. */
export function rankLosses<T extends Omit<RiskquantRow, "id" | "name">>(
  rows: readonly T[],
): (T & { lossUsd: number })[] {
  return rows
    .map((row) => ({ ...row, lossUsd: simpleLoss(row.frequencyPerYear, row.low, row.high) }))
    .sort((p, q) => q.lossUsd - p.lossUsd);
}

/** `$26,600,000`: dollars to so many significant digits (3 unless told), with separators. */
export function formatUsdSignificant(usd: number, digits = 3): string {
  if (usd === 0 || !Number.isFinite(usd)) return usd === 0 ? "$0" : "unknown";
  const sign = usd < 0 ? "-" : "";
  return `${sign}$${Number(Math.abs(usd).toPrecision(digits)).toLocaleString("en-US", { maximumFractionDigits: 2 })}`;
}

/** Parses already split CSV rows (identifier, name, probability, low, high; no header). `lines`: where each begins. */
export function parseRiskquantRows(
  rows: readonly (readonly string[])[],
  place: string,
  lines?: readonly number[],
): Parsed<RiskquantRow[]> {
  const issues: Issue[] = [];
  const value = rows.flatMap((cells, index): RiskquantRow[] => {
    const [id = "", name = "", frequency, low, high] = cells;
    const numbers = [frequency, low, high].map((text) => (text?.trim() ? Number(text) : Number.NaN));
    const [frequencyPerYear = 0, lowUsd = 0, highUsd = 0] = numbers;
    if (numbers.every(Number.isFinite) && frequencyPerYear >= 0 && lowUsd > 0 && highUsd > lowUsd) {
      return [{ id: id.trim(), name: name.trim(), frequencyPerYear, low: lowUsd, high: highUsd }];
    }
    issues.push({
      severity: "error",
      code: "risk.riskquant.row",
      place: `${place}:${lines?.[index] ?? index + 1}`,
      message:
        "The row is not an identifier, a name, a yearly frequency and a low and a high loss above zero.",
      remedy: "Mend the row: five columns, no header, low below high.",
    });
    return [];
  });
  return issues.length > 0 ? { ok: false, issues } : { ok: true, value, issues };
}
