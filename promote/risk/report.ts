import type { Forecast, ForecastResolution } from "../records/records.ts";
import { EVIDENCE_HALF_LIFE_DAYS } from "./ageing.ts";
import { localMask, setSize } from "./coalition.ts";
import { summarise } from "./epistemic.ts";
import type { CompiledRisk } from "./expected-loss.ts";
import { brier } from "./forecast-log.ts";
import { formatUsd } from "./format-usd.ts";
import { evpiPortfolio } from "./information.ts";
import type { Origin, RiskModel } from "./model.ts";
import { assumptionsOf } from "./report-assumption.ts";
import { changesSince } from "./report-changes.ts";
import {
  type ContextOptions,
  interval,
  quantityInterval,
  type ReportContext,
  reportContext,
  reportContextNow,
} from "./report-context.ts";
import { decisionsOf } from "./report-decisions.ts";
import { type DetectionFacts, detectionRow } from "./report-detection.ts";
import { exceedanceOf } from "./report-exceedance.ts";
import { huntFirstOf } from "./report-hunt-first.ts";
import { informationOf } from "./report-information.ts";
import { losingCase } from "./report-losing-case.ts";
import { portfoliosOf } from "./report-portfolio.ts";
import { sourceRow } from "./report-source.ts";
import type { Interval, RiskReport } from "./report-value.ts";

export interface RiskReportOptions {
  readonly seed: number;
  /** Draws over what we do not know: 4,000 unless told. */
  readonly draws?: number;
  /** Simulated years that check the exact exceedance curve: 50,000 unless told. */
  readonly years?: number;
  readonly generatedMs: number;
  readonly forecasts?: readonly Forecast[];
  readonly resolutions?: readonly ForecastResolution[];
  readonly previous?: RiskReport | null;
  /** When each rule or hunt fired and was tested last, by id. */
  readonly detectionFacts?: Readonly<Record<string, DetectionFacts>>;
  /** Source whose decision is looked into; the one with the largest value of information unless told. */
  readonly focus?: string;
  readonly signal?: AbortSignal;
  readonly progress?: (share: number) => void;
}

const DRAWS = 4000;

/**
 * The whole risk report of a model. Same model, seed and options: same figures. Reports progress (0..1) and rejects
 * with the signal's reason when aborted.
 */
export async function riskReport(model: RiskModel, options: RiskReportOptions): Promise<RiskReport> {
  return reportOf(await reportContext(model, contextOptions(options)), options);
}

/** The same report at once, for a caller that cannot wait; the signal and the progress are not looked at. */
export function riskReportNow(model: RiskModel, options: RiskReportOptions): RiskReport {
  const { signal: _, progress: __, ...rest } = options;
  return reportOf(reportContextNow(model, contextOptions(rest)), rest);
}

function contextOptions(options: RiskReportOptions): ContextOptions {
  return {
    seed: options.seed,
    draws: options.draws ?? DRAWS,
    today: new Date(options.generatedMs).toISOString().slice(0, 10),
    focus: options.focus,
    signal: options.signal,
    progress: options.progress ? (share) => options.progress?.(share * 0.8) : undefined,
  };
}

function reportOf(context: ReportContext, options: RiskReportOptions): RiskReport {
  const { seed, draws = DRAWS, years = 50_000, signal } = options;
  const { model } = context.compiled;
  const generated = new Date(options.generatedMs).toISOString();
  const { compiled, sampled, current, cost, costDraws, focusIndex } = context;
  const focus = model.sources[focusIndex]!;
  const exceedance = exceedanceOf(compiled, current, focusIndex, seed, years);
  signal?.throwIfAborted();
  options.progress?.(0.9);

  const sources = model.sources.map((_, i) => sourceRow(context, i, exceedance.overAppetite));
  const detections = model.detections.map(({ id }, r) =>
    detectionRow(context, r, options.detectionFacts?.[id]),
  );
  const portfolios = portfoliosOf(context);
  const information = informationOf(context);
  const huntFirst = huntFirstOf(context);
  options.progress?.(1);

  const costUsd = cost.of(current);
  const currentCosts = costDraws.of(current);
  const reduction = sampled.baseline.map((usd, i) => usd - sampled.residual[i]!);
  const net = summarise(reduction.map((usd, i) => usd - currentCosts[i]!));
  const baseline = summarise(sampled.baseline);
  const best = portfolios.list.find((portfolio) => portfolio.best);
  const report: RiskReport = {
    kind: "risk-report",
    generated,
    seed,
    draws,
    years,
    headline: {
      sentence: headlineSentence(setSize(current), summarise(reduction), baseline.mean, costUsd),
      decision: `${focus.title}: ${sources[focusIndex]!.decision}`,
      reduction: interval(summarise(reduction)),
      net: interval(net),
      netPositive: net.positive,
      baseline: interval(baseline),
      residual: interval(summarise(sampled.residual)),
      costUsd,
      cost: interval(summarise(currentCosts)),
    },
    focus: {
      source: focus.id,
      question: focus.status === "onboarded" ? `Keep ${focus.title}?` : `Onboard ${focus.title}?`,
    },
    appetite: model.settings.appetite,
    exceedance: exceedance.value,
    sources,
    information: information.value,
    portfolios: portfolios.list,
    portfolioEvpiUsd:
      sampled.bestPerDrawMean === null ? null : evpiPortfolio(sampled.bestPerDrawMean, portfolios.bestNetUsd),
    calibration: calibrationOf(options.forecasts ?? [], options.resolutions ?? []),
    scenarios: model.scenarios.map((scenario, s) => ({
      id: scenario.id,
      title: scenario.title,
      frequency: quantityInterval(scenario.frequency),
      lossPerEventUsd: {
        mean: compiled.meanSeverityUsd[s]!,
        q05: scenario.magnitude.low,
        q95: scenario.magnitude.high,
      },
      withoutUsd: sampled.meanTables[s]![0]!,
      nowUsd: sampled.meanTables[s]![localMask(current, compiled.chains[s]!.sources)]!,
    })),
    detections,
    assumptions: assumptionsOf(context, information.evppis),
    losingCase: losingCase(
      model,
      sources,
      detections,
      exceedance.value.curves,
      best?.netUsd ?? 0,
      portfolios,
    ),
    huntFirst,
    decisions: decisionsOf(context, { sources, detections, huntFirst, information: information.value }),
    constraints: sources.flatMap((source) =>
      source.constraints.map((reason) => ({ source: source.id, title: source.title, reason })),
    ),
    changes: [],
    previousGenerated: options.previous?.generated ?? null,
    evidenceHalfLifeDays: EVIDENCE_HALF_LIFE_DAYS,
    origins: countOrigins(compiled),
    model,
  };
  return { ...report, changes: options.previous ? changesSince(options.previous, report) : [] };
}

function headlineSentence(
  sources: number,
  reduction: Interval,
  baselineUsd: number,
  costUsd: number,
): string {
  if (sources === 0) return `Without any source on board we expect to lose ${formatUsd(baselineUsd)} a year.`;
  return (
    `Our ${sources} ${sources === 1 ? "source takes" : "sources take"} ` +
    `${formatUsd(reduction.mean)} a year (90%: ${formatUsd(reduction.q05)} to ` +
    `${formatUsd(reduction.q95)}) off an expected loss of ${formatUsd(baselineUsd)}, ` +
    `for ${formatUsd(costUsd)} a year.`
  );
}

function calibrationOf(
  forecasts: readonly Forecast[],
  resolutions: readonly ForecastResolution[],
): RiskReport["calibration"] {
  const scores = brier(forecasts, resolutions);
  const { binary, intervals } = scores;
  return {
    resolved: scores.resolved,
    open: scores.open,
    brier: binary?.brier ?? null,
    skill: binary?.skill ?? null,
    logScore: binary && Number.isFinite(binary.logScore) ? binary.logScore : null,
    reliability: binary?.reliability ?? null,
    table: (binary?.table ?? []).map((row) => ({
      probability: row.probability,
      count: row.count,
      observed: row.frequency,
      low: row.wilson[0],
      high: row.wilson[1],
    })),
    intervalHits: intervals?.hits ?? null,
    intervalCount: intervals?.count ?? 0,
    intervalRate: intervals?.clopperPearson ?? null,
  };
}

function countOrigins(compiled: CompiledRisk): Record<Origin, number> {
  const counts: Record<Origin, number> = { default: 0, elicited: 0, measured: 0 };
  for (const input of compiled.inputs) counts[input.origin]++;
  return counts;
}

/** For the Sources page: what each source takes off the yearly expected loss, by source id. */
export function sourceSummaries(report: RiskReport): Record<string, Interval> {
  return Object.fromEntries(report.sources.map((source) => [source.id, source.credit]));
}
