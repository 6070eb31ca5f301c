import { type CostDraws, drawCosts } from "./cost-inputs.ts";
import { distributionMean, distributionQuantile } from "./distribution.ts";
import { type EpistemicDraws, type SamplingOptions, sampleRisk, sampleRiskNow } from "./epistemic.ts";
import { type CompiledRisk, compileRisk } from "./expected-loss.ts";
import { evpi } from "./information.ts";
import type { Quantity, RiskModel } from "./model.ts";
import { type ModelCosts, modelCosts, onboardMask } from "./model-cost.ts";
import type { Interval } from "./report-value.ts";

/** The decision about one source: what it brings less what it costs, dollars a year. */
export interface SourceDecisionDraws {
  /** Cost avoided by dropping it, or taken on by adding it, at the means. */
  readonly avoidedUsd: number;
  readonly avoided: Float64Array;
  readonly net: Float64Array;
  readonly evpiUsd: number;
}

/** What every part of the report is made from. */
export interface ReportContext {
  readonly compiled: CompiledRisk;
  readonly sampled: EpistemicDraws;
  /** The set on board, as a mask over the model's sources. */
  readonly current: number;
  readonly cost: ModelCosts;
  readonly costDraws: CostDraws;
  readonly decisions: readonly SourceDecisionDraws[];
  /** Source whose decision is looked into. */
  readonly focusIndex: number;
  /** ISO day. */
  readonly today: string;
}

export interface ContextOptions {
  readonly seed: number;
  readonly draws: number;
  readonly today: string;
  readonly focus?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((share: number) => void) | undefined;
}

/** Rejects with the signal's reason when aborted. */
export async function reportContext(model: RiskModel, options: ContextOptions): Promise<ReportContext> {
  const compiled = compileRisk(model);
  return contextOf(compiled, options, await sampleRisk(compiled, samplingOf(model, options)));
}

/** The same at once: nothing else runs meanwhile. */
export function reportContextNow(model: RiskModel, options: ContextOptions): ReportContext {
  const compiled = compileRisk(model);
  return contextOf(compiled, options, sampleRiskNow(compiled, samplingOf(model, options)));
}

function samplingOf(model: RiskModel, options: ContextOptions): SamplingOptions {
  const { table } = modelCosts(model);
  return { ...options, current: onboardMask(model), ...(table ? { cost: table } : {}) };
}

function contextOf(compiled: CompiledRisk, options: ContextOptions, sampled: EpistemicDraws): ReportContext {
  const { seed, draws } = options;
  const { model } = compiled;
  const current = onboardMask(model);
  const cost = modelCosts(model);
  const costDraws = drawCosts(compiled, seed, draws);
  const decisions = model.sources.map((_, i): SourceDecisionDraws => {
    const bit = 1 << i;
    const lower = costDraws.of(current & ~bit);
    const avoided = costDraws.of(current | bit).map((usd, draw) => usd - lower[draw]!);
    const net = sampled.marginal[i]!.map((usd, draw) => usd - avoided[draw]!);
    return {
      avoidedUsd: cost.of(current | bit) - cost.of(current & ~bit),
      avoided,
      net,
      evpiUsd: evpi(net),
    };
  });
  const wanted = model.sources.findIndex((source) => source.id === options.focus);
  const evpis = decisions.map(({ evpiUsd }) => evpiUsd);
  const focusIndex = wanted >= 0 ? wanted : evpis.indexOf(Math.max(...evpis));
  return { compiled, sampled, current, cost, costDraws, decisions, focusIndex, today: options.today };
}

export function interval(summary: Interval): Interval {
  return { mean: summary.mean, q05: summary.q05, q95: summary.q95 };
}

export function quantityInterval({ distribution }: Quantity): Interval {
  return {
    mean: distributionMean(distribution),
    q05: distributionQuantile(distribution, 0.05),
    q95: distributionQuantile(distribution, 0.95),
  };
}
