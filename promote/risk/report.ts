import type { Forecast, ForecastResolution } from "../records/records.ts";
import { setSize } from "./coalition.ts";
import { horizonFactor } from "./cost.ts";
import { distributionMean, distributionQuantile } from "./distribution.ts";
import { type EpistemicDraws, meanAnnualLoss, sampleRisk, summarise } from "./epistemic.ts";
import {
  annualLoss,
  type CompiledRisk,
  compileRisk,
  lossTablesAt,
  retentionFactor,
} from "./expected-loss.ts";
import { brier } from "./forecast-score.ts";
import { formatUsd } from "./format-usd.ts";
import { evpi, evpiPortfolio, evppi, evsiLinear, noiseFloor } from "./information.ts";
import type { Origin, Quantity, RiskModel } from "./model.ts";
import { detectionTriageUsd, type ModelCosts, modelCosts, onboardMask } from "./model-cost.ts";
import { changesSince } from "./report-changes.ts";
import { exceedanceOf } from "./report-exceedance.ts";
import type {
  AssumptionRow,
  DetectionRow,
  ExceedanceCurve,
  Interval,
  RiskReport,
  SourceRow,
} from "./report-value.ts";
import { climbPortfolio } from "./source-value.ts";
import { tornado } from "./tornado.ts";

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
  /** Source whose decision is looked into; the one with the largest value of information unless told. */
  readonly focus?: string;
  readonly signal?: AbortSignal;
  readonly progress?: (share: number) => void;
}

const SHOWN_PORTFOLIOS = 8;

/**
 * The whole risk report of a model. Same model, seed and options: same figures. Reports progress (0..1) and rejects
 * with the signal's reason when aborted.
 */
export async function riskReport(model: RiskModel, options: RiskReportOptions): Promise<RiskReport> {
  const { seed, draws = 4000, years = 50_000, signal } = options;
  const compiled = compileRisk(model);
  const current = onboardMask(model);
  const cost = modelCosts(model);
  const sampled = await sampleRisk(compiled, {
    seed,
    draws,
    current,
    ...(cost.table ? { cost: cost.table } : {}),
    signal,
    progress: options.progress ? (share) => options.progress?.(share * 0.8) : undefined,
  });

  const net = model.sources.map((_, i) => {
    const avoided = cost.of(current | (1 << i)) - cost.of(current & ~(1 << i));
    return { avoided, draws: sampled.marginal[i]!.map((usd) => usd - avoided) };
  });
  const evpis = net.map((one) => evpi(one.draws));
  const wanted = model.sources.findIndex((source) => source.id === options.focus);
  const focusIndex = wanted >= 0 ? wanted : evpis.indexOf(Math.max(...evpis));
  const focus = model.sources[focusIndex]!;

  const exceedance = exceedanceOf(compiled, current, focusIndex, seed, years);
  signal?.throwIfAborted();
  options.progress?.(0.9);

  const sources = model.sources.map((_, i) =>
    sourceRow(compiled, sampled, i, current, net[i]!, evpis[i]!, exceedance.overAppetite),
  );
  const reduction = sampled.baseline.map((usd, i) => usd - sampled.residual[i]!);
  const costUsd = cost.of(current);
  const netCurrent = summarise(reduction.map((usd) => usd - costUsd));
  const portfolios = portfoliosOf(compiled, sampled, current, cost);
  const information = informationOf(
    compiled,
    sampled,
    focusIndex,
    net[focusIndex]!.draws,
    evpis[focusIndex]!,
  );
  const detections = model.detections.map((_, r) => detectionRow(compiled, r, current));
  const reductionSummary = summarise(reduction);
  const best = portfolios.list.find((portfolio) => portfolio.best);
  const focusRow = sources[focusIndex]!;
  const scores = brier(options.forecasts ?? [], options.resolutions ?? []);
  const assumptions = assumptionsOf(
    compiled,
    information.evppis,
    focusIndex,
    current,
    net[focusIndex]!.avoided,
  );
  options.progress?.(1);

  const report: RiskReport = {
    kind: "risk-report",
    generated: new Date(options.generatedMs).toISOString(),
    seed,
    draws,
    years,
    headline: {
      sentence:
        setSize(current) === 0
          ? `Without any source on board we expect to lose ${formatUsd(summarise(sampled.baseline).mean)} a year.`
          : `Our ${setSize(current)} ${setSize(current) === 1 ? "source takes" : "sources take"} ` +
            `${formatUsd(reductionSummary.mean)} a year (90%: ${formatUsd(reductionSummary.q05)} to ` +
            `${formatUsd(reductionSummary.q95)}) off an expected loss of ${formatUsd(summarise(sampled.baseline).mean)}, ` +
            `for ${formatUsd(costUsd)} a year.`,
      decision: `${focus.title}: ${focusRow.decision}`,
      reduction: interval(reductionSummary),
      net: interval(netCurrent),
      netPositive: netCurrent.positive,
      baseline: interval(summarise(sampled.baseline)),
      residual: interval(summarise(sampled.residual)),
      costUsd,
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
    calibration: {
      resolved: scores.resolved,
      open: scores.open,
      brier: scores.binary?.brier ?? null,
      skill: scores.binary?.skill ?? null,
      logScore: scores.binary && Number.isFinite(scores.binary.logScore) ? scores.binary.logScore : null,
      reliability: scores.binary?.reliability ?? null,
      table: (scores.binary?.table ?? []).map((row) => ({
        probability: row.probability,
        count: row.count,
        observed: row.frequency,
        low: row.wilson[0],
        high: row.wilson[1],
      })),
      intervalHits: scores.intervals?.hits ?? null,
      intervalCount: scores.intervals?.count ?? 0,
      intervalRate: scores.intervals?.clopperPearson ?? null,
    },
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
      nowUsd: scenarioLoss(compiled, sampled, s, current),
    })),
    detections,
    assumptions,
    losingCase: losingCase(
      model,
      sources,
      detections,
      exceedance.value.curves,
      best?.netUsd ?? 0,
      portfolios,
    ),
    changes: [],
    origins: countOrigins(compiled),
  };
  return { ...report, changes: options.previous ? changesSince(options.previous, report) : [] };
}

function interval(summary: { mean: number; q05: number; q95: number }): Interval {
  return { mean: summary.mean, q05: summary.q05, q95: summary.q95 };
}

function quantityInterval({ distribution }: Quantity): Interval {
  return {
    mean: distributionMean(distribution),
    q05: distributionQuantile(distribution, 0.05),
    q95: distributionQuantile(distribution, 0.95),
  };
}

function scenarioLoss(compiled: CompiledRisk, sampled: EpistemicDraws, s: number, mask: number): number {
  const local = compiled.chains[s]!.sources.reduce(
    (set, source, i) => set | (((mask >> source) & 1) << i),
    0,
  );
  return sampled.meanTables[s]![local]!;
}

function sourceRow(
  compiled: CompiledRisk,
  sampled: EpistemicDraws,
  i: number,
  current: number,
  net: { readonly avoided: number; readonly draws: Float64Array },
  evpiUsd: number,
  overAppetite: (mask: number) => number | null,
): SourceRow {
  const { model } = compiled;
  const source = model.sources[i]!;
  const onboard = source.status === "onboarded";
  const marginal = summarise(sampled.marginal[i]!);
  const netMarginal = summarise(net.draws);
  const credit = onboard ? summarise(sampled.shapley[i]!) : marginal;
  const changed = overAppetite(onboard ? current & ~(1 << i) : current | (1 << i));
  const now = overAppetite(current);
  const { appetite } = model.settings;
  const neededForAppetite =
    onboard && appetite !== null && now !== null && changed !== null
      ? now <= appetite.probability && changed > appetite.probability
      : false;
  const ownCost = source.costUsdPerYear ?? 0;
  const sharedTriage = model.detections.reduce((sum, detection, r) => {
    const isCurrent = detection.requires.every((id) =>
      model.sources.some((other, k) => other.id === id && (((current | (1 << i)) >> k) & 1) === 1),
    );
    return detection.requires.includes(source.id) && isCurrent
      ? sum + detectionTriageUsd(model, r) / detection.requires.length
      : sum;
  }, 0);
  return {
    id: source.id,
    title: source.title,
    status: source.status,
    costUsd: ownCost,
    costKnown: source.costUsdPerYear !== null,
    costParts: source.costParts,
    costOrigin: source.costOrigin,
    costAvoidedUsd: net.avoided,
    credit: interval(credit),
    creditBasis: onboard ? "shapley" : "add-one",
    marginal: interval(marginal),
    netMarginal: interval(netMarginal),
    netCreditUsd: credit.mean - ownCost - sharedTriage,
    worthIt: netMarginal.positive,
    breakEvenCostUsd: Math.max(0, marginal.mean - (net.avoided - ownCost)),
    rosi: net.avoided > 0 ? netMarginal.mean / net.avoided : null,
    evpiUsd,
    overAppetiteChanged: changed,
    coverage: Object.entries(source.coverage).map(([scenario, value]) => ({
      scenario,
      ...quantityInterval(value),
      origin: value.origin,
      evidence: value.evidence,
    })),
    constraints: [
      ...(neededForAppetite
        ? [
            `Needed for the appetite: dropping it takes P(year > ${formatUsd(appetite!.usd)}) from ${percent(now!)} to ${percent(changed!)}, above ${percent(appetite!.probability)}.`,
          ]
        : []),
      ...source.constraints,
    ],
    decision: decide(
      onboard,
      netMarginal,
      evpiUsd,
      neededForAppetite,
      source.constraints.length > 0,
      model,
      source.id,
    ),
  };
}

function decide(
  onboard: boolean,
  net: { readonly mean: number; readonly positive: number },
  evpiUsd: number,
  neededForAppetite: boolean,
  constrained: boolean,
  model: RiskModel,
  id: string,
): string {
  const { settings } = model;
  const horizonEvpi = horizonFactor(settings.discountRate, settings.horizonYears) * evpiUsd;
  const prices = model.measurements.filter(
    (measurement) =>
      measurement.input.includes(`:${id}/`) ||
      model.detections.some(
        (detection) =>
          detection.requires.includes(id) &&
          (measurement.input === `p:${detection.id}` || measurement.input === `h:${detection.id}`),
      ),
  );
  const cheapest = Math.min(...prices.map((measurement) => measurement.usd));
  const odds = `P(worth it) ${percent(net.positive)}`;
  const money = `${formatUsd(net.mean)} a year net`;
  const worthMeasuring = Number.isFinite(cheapest)
    ? horizonEvpi > cheapest
    : horizonEvpi > 0.05 * Math.abs(net.mean);
  if (onboard) {
    if (net.mean >= 0) return `keep it (${money}, ${odds}).`;
    if (neededForAppetite)
      return `keep it: below break-even (${money}, ${odds}), but it is what meets the appetite.`;
    if (constrained) return `below break-even (${money}, ${odds}); kept for the reasons named.`;
    if (worthMeasuring && net.positive > 0.2)
      return `measure before dropping it (${money}, ${odds}; knowing more is worth up to ${formatUsd(evpiUsd)} a year).`;
    return `drop it, or bring its cost down (${money}, ${odds}).`;
  }
  if (net.mean >= 0 && net.positive > 0.8) return `onboard it (${money}, ${odds}).`;
  if (worthMeasuring && net.positive > 0.05)
    return `hunt in a sample first (${money}, ${odds}; knowing more is worth up to ${formatUsd(evpiUsd)} a year).`;
  return net.mean >= 0 ? `onboard it (${money}, ${odds}).` : `skip it (${money}, ${odds}).`;
}

function portfoliosOf(
  compiled: CompiledRisk,
  sampled: EpistemicDraws,
  current: number,
  cost: ModelCosts,
): { readonly list: RiskReport["portfolios"]; readonly bestNetUsd: number } {
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

function informationOf(
  compiled: CompiledRisk,
  sampled: EpistemicDraws,
  focusIndex: number,
  net: Float64Array,
  evpiUsd: number,
): { readonly value: RiskReport["information"]; readonly evppis: ReadonlyMap<string, number | null> } {
  const { model } = compiled;
  const { settings } = model;
  const focus = model.sources[focusIndex]!;
  const horizon = horizonFactor(settings.discountRate, settings.horizonYears);
  const evppis = new Map<string, number | null>();
  const bars: RiskReport["information"]["bars"][number][] = [];
  let floorUsd = 0;
  compiled.inputs.forEach((input, index) => {
    if (!input.uncertain) return;
    const fit = evppi(sampled.inputs[index]!, net);
    const floor = noiseFloor(sampled.inputs[index]!, net);
    floorUsd = Math.max(floorUsd, floor);
    const measurement = model.measurements.find((one) => one.input === input.name);
    bars.push({
      input: input.name,
      evppiUsd: fit.evppi,
      tests8Usd: input.beta ? evsiLinear(fit, input.beta, 8) : null,
      priceUsd: measurement?.usd ?? null,
      how: measurement?.how ?? suggestion(input.kind),
    });
  });
  const least = Math.max(floorUsd, 0.01 * evpiUsd);
  const shown = bars.filter((bar) => bar.evppiUsd > least).sort((p, q) => q.evppiUsd - p.evppiUsd);
  for (const bar of bars) evppis.set(bar.input, bar.evppiUsd > least ? bar.evppiUsd : null);
  const mean = summarise(net).mean;
  const first = shown[0];
  const advice =
    evpiUsd < 0.02 * Math.max(Math.abs(mean), 1)
      ? `Just decide about ${focus.title}: knowing everything would be worth only ${formatUsd(evpiUsd)} a year.`
      : first
        ? `Learn ${first.input} first: worth up to ${formatUsd(first.evppiUsd)} a year (${formatUsd(horizon * first.evppiUsd)} over ${settings.horizonYears} years) of the ${formatUsd(evpiUsd)} that knowing everything would be.`
        : `No single input settles it: knowing everything would be worth ${formatUsd(evpiUsd)} a year.`;
  return {
    value: { evpiUsd, horizonEvpiUsd: horizon * evpiUsd, floorUsd, bars: shown.slice(0, 10), advice },
    evppis,
  };
}

function suggestion(kind: CompiledRisk["inputs"][number]["kind"]): string {
  switch (kind) {
    case "frequency":
      return "own and sector incidents, near misses";
    case "severity":
      return "tabletop with finance, own incidents";
    case "coverage":
      return "host inventory against the source";
    case "p":
      return "distinct attack tests";
    case "h":
      return "outcomes of alerts";
  }
}

function detectionRow(compiled: CompiledRisk, r: number, current: number): DetectionRow {
  const { model } = compiled;
  const detection = model.detections[r]!;
  const withIt = annualLoss(compiled, lossTablesAt(compiled), current);
  const values = Float64Array.from(compiled.means);
  values[compiled.inputIndex.get(`p:${detection.id}`)!] = 0;
  const valueUsd = annualLoss(compiled, lossTablesAt(compiled, values), current) - withIt;
  const alertsPerYear = distributionMean(detection.alertsPerYear.distribution);
  const triageMinutes = distributionMean(detection.triageMinutes.distribution);
  const triageUsd = detectionTriageUsd(model, r);
  const usdPerAlert = (triageMinutes / 60) * model.settings.analystUsdPerHour;
  const active = detection.requires.every((id) =>
    model.sources.some((source, i) => source.id === id && ((current >> i) & 1) === 1),
  );
  const precision = detection.precision?.distribution;
  const inverse =
    precision?.kind === "beta"
      ? precision.a > 1
        ? (precision.a + precision.b - 1) / (precision.a - 1)
        : null
      : precision && distributionMean(precision) > 0
        ? 1 / distributionMean(precision)
        : null;
  return {
    id: detection.id,
    kind: detection.kind,
    requires: detection.requires,
    active,
    p: quantityInterval(detection.p),
    pOrigin: detection.p.origin,
    h: distributionMean(detection.h.distribution),
    precision: detection.precision ? quantityInterval(detection.precision) : null,
    alertsPerYear,
    triageMinutes,
    triageUsd,
    usdPerTruePositive: inverse === null ? null : inverse * usdPerAlert,
    valueUsd,
    decision: !active
      ? "waits for a source that is not on board"
      : valueUsd <= 0
        ? retentionFactor(model, r) < 1
          ? "run it more often than the data is kept"
          : "brings nothing here now"
        : valueUsd < triageUsd
          ? "tune or retire it: its triage costs more than it saves"
          : "keep",
  };
}

function assumptionsOf(
  compiled: CompiledRisk,
  evppis: ReadonlyMap<string, number | null>,
  focusIndex: number,
  current: number,
  costAvoidedUsd: number,
): AssumptionRow[] {
  const bars = new Map(
    tornado(compiled, current, focusIndex, costAvoidedUsd).map((bar) => [
      bar.input,
      [bar.low, bar.high] as const,
    ]),
  );
  const rows: AssumptionRow[] = compiled.inputs.map((input) => ({
    name: input.name,
    mean: input.mean,
    q05: input.uncertain ? input.quantile(0.05) : input.mean,
    q95: input.uncertain ? input.quantile(0.95) : input.mean,
    origin: input.origin,
    author: input.author,
    date: input.date,
    evidence: input.evidence,
    source: input.source,
    evppiUsd: evppis.get(input.name) ?? null,
    swingUsd: bars.get(input.name) ?? null,
  }));
  rows.push(...structuralAssumptions(compiled.model, focusIndex, current, costAvoidedUsd));
  const width = (row: AssumptionRow): number =>
    row.swingUsd ? Math.abs(row.swingUsd[1] - row.swingUsd[0]) : 0;
  return rows.sort((p, q) => (q.evppiUsd ?? 0) - (p.evppiUsd ?? 0) || width(q) - width(p));
}

/** kappa and the speed of the damage: conventions and judgements that no draw covers, moved by hand. */
function structuralAssumptions(
  model: RiskModel,
  focusIndex: number,
  current: number,
  costAvoidedUsd: number,
): AssumptionRow[] {
  const bit = 1 << focusIndex;
  const at = (changed: RiskModel): number => {
    const compiled = compileRisk(changed);
    const tables = lossTablesAt(compiled);
    return (
      annualLoss(compiled, tables, current & ~bit) -
      annualLoss(compiled, tables, current | bit) -
      costAvoidedUsd
    );
  };
  const kappa = (value: number): number => at({ ...model, settings: { ...model.settings, kappa: value } });
  const paced = (factor: number): number =>
    at({
      ...model,
      scenarios: model.scenarios.map((scenario) => ({
        ...scenario,
        damage: scenario.damage.map(([day, share]) => [day * factor, share] as const),
      })),
    });
  const row = (
    label: string,
    mean: number,
    low: number,
    high: number,
    source: string,
    swingUsd: readonly [number, number],
  ): AssumptionRow => ({
    ...{ name: label, mean, q05: low, q95: high, origin: "default", author: "", date: "", evidence: 0 },
    ...{ source, evppiUsd: null, swingUsd },
  });
  return [
    row("kappa", model.settings.kappa, 0, 1, "convention: how alike rules of one source fire", [
      kappa(0),
      kappa(1),
    ]),
    row("damage pace", 1, 0.5, 2, "days of every damage curve, halved and doubled", [paced(0.5), paced(2)]),
  ];
}

function countOrigins(compiled: CompiledRisk): Record<Origin, number> {
  const counts: Record<Origin, number> = { default: 0, elicited: 0, measured: 0 };
  for (const input of compiled.inputs) counts[input.origin]++;
  return counts;
}

function losingCase(
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
      `Even with the sources shown, P(year > ${formatUsd(appetite.usd)}) is ${percent(last.overAppetite)}, above the appetite of ${percent(appetite.probability)}.`,
    );
  }
  lines.push(
    "Frequency and severity usually matter more than any detection; both are judgements until incidents are counted.",
  );
  return lines;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)}%`;
}

/** For the Sources page: what each source takes off the yearly expected loss, by source id. */
export function sourceSummaries(report: RiskReport): Record<string, Interval> {
  return Object.fromEntries(report.sources.map((source) => [source.id, source.credit]));
}
