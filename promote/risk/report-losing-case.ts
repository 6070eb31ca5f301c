import { formatShare } from "./format-share.ts";
import { formatUsd } from "./format-usd.ts";
import type { RiskModel } from "./model.ts";
import type { DetectionRow, ExceedanceCurve, RiskReport, SourceRow } from "./report-value.ts";

/** Where the figures argue against us, or against what we would like: sentences. */
export function losingCase(
  model: RiskModel,
  sources: readonly SourceRow[],
  detections: readonly DetectionRow[],
  curves: readonly ExceedanceCurve[],
  bestNetUsd: number,
  portfolios: { readonly list: RiskReport["portfolios"] },
): string[] {
  const lines: string[] = [];
  for (const source of sources) {
    if (source.status === "onboarded" && source.netMarginal.mean < 0) {
      lines.push(
        `${source.title} does not pay for itself: it takes ${formatUsd(source.marginal.mean)} a year off the risk that the others leave, and costs ${formatUsd(source.costAvoidedUsd)}.` +
          (source.constraints.length > 0 ? ` Kept because: ${source.constraints.join(" ")}` : ""),
      );
    }
  }
  const current = portfolios.list.find((portfolio) => portfolio.current);
  if (current && current.netUsd < bestNetUsd - 1) {
    const best = portfolios.list.find((portfolio) => portfolio.best)!;
    lines.push(
      `The current set nets ${formatUsd(current.netUsd)} a year; ${best.sources.join(", ") || "no source"} would net ${formatUsd(best.netUsd)}.`,
    );
  }
  const losers = detections.filter(
    (detection) => detection.active && detection.valueUsd < detection.triageUsd,
  );
  if (losers.length > 0) {
    lines.push(
      `${losers.map((detection) => detection.id).join(", ")}: triage costs more than ${losers.length === 1 ? "it saves" : "they save"}.`,
    );
  }
  const unpriced = sources.filter((source) => !source.costKnown);
  if (unpriced.length > 0) {
    lines.push(
      `No cost is known for ${unpriced.map((source) => source.title).join(", ")}: taken as $0, which flatters.`,
    );
  }
  const { appetite } = model.settings;
  const last = curves[2];
  if (appetite && last?.overAppetite != null && last.overAppetite > appetite.probability) {
    lines.push(
      `Even with the sources shown, P(year > ${formatUsd(appetite.usd)}) is ${formatShare(last.overAppetite)}, above the appetite of ${formatShare(appetite.probability)}.`,
    );
  }
  lines.push(
    "Frequency and severity usually matter more than any detection; both are judgements until incidents are counted.",
  );
  return lines;
}
