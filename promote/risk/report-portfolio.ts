import { meanAnnualLoss } from "./epistemic.ts";
import type { ReportContext } from "./report-context.ts";
import type { RiskReport } from "./report-value.ts";
import { climbPortfolio } from "./source-value.ts";

const SHOWN_PORTFOLIOS = 8;

/** Sets of sources by net value: the best ones, the current one and none. */
export function portfoliosOf({ compiled, sampled, current, cost }: ReportContext): {
  readonly list: RiskReport["portfolios"];
  readonly bestNetUsd: number;
} {
  const { sources } = compiled.model;
  const none = meanAnnualLoss(compiled, sampled, 0);
  const netOf = (mask: number): number => none - meanAnnualLoss(compiled, sampled, mask) - cost.of(mask);
  let ranked: { mask: number; net: number }[];
  if (cost.table) {
    ranked = Array.from(cost.table, (usd, mask) => ({
      mask,
      net: none - meanAnnualLoss(compiled, sampled, mask) - usd,
    })).sort((p, q) => q.net - p.net || p.mask - q.mask);
  } else {
    const top = climbPortfolio(sources.length, netOf, current);
    const near = new Set([top, current, 0, ...sources.map((_, i) => top ^ (1 << i))]);
    ranked = [...near].map((mask) => ({ mask, net: netOf(mask) })).sort((p, q) => q.net - p.net);
  }
  const best = ranked[0]!;
  const shown = ranked.slice(0, SHOWN_PORTFOLIOS);
  for (const mask of [current, 0]) {
    if (!shown.some((one) => one.mask === mask)) shown.push({ mask, net: netOf(mask) });
  }
  return {
    bestNetUsd: best.net,
    list: shown.map(({ mask, net }) => ({
      sources: sources.filter((_, i) => (mask >> i) & 1).map((source) => source.id),
      netUsd: net,
      reductionUsd: net + cost.of(mask),
      costUsd: cost.of(mask),
      current: mask === current,
      best: mask === best.mask,
    })),
  };
}
