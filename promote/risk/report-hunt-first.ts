import { horizonFactor } from "./cost.ts";
import type { RiskInput } from "./expected-loss.ts";
import { formatUsd } from "./format-usd.ts";
import {
  bestSampleSize,
  evppi,
  evsiLinear,
  type Line,
  netGainOfSampling,
  noiseFloor,
} from "./information.ts";
import type { RiskModel } from "./model.ts";
import { TRIAL_WEIGHTS } from "./observation-file.ts";
import type { ReportContext } from "./report-context.ts";
import { suggestion } from "./report-information.ts";
import type { HuntFirstRow } from "./report-value.ts";

const SIZES = [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 150, 200];

/** What trying out takes where the model does not say: hours of an analyst, to start with and for each trial. */
const TRIALS = {
  coverage: { unit: "host", fixed: 8, each: 0.25, weight: TRIAL_WEIGHTS.hosts },
  p: { unit: "attack test", fixed: 4, each: 2, weight: TRIAL_WEIGHTS["atomic tests"] },
  h: { unit: "alert", fixed: 1, each: 0.2, weight: TRIAL_WEIGHTS.alerts },
} as const;
type Explored = keyof typeof TRIALS;

interface Candidate {
  readonly input: RiskInput;
  readonly kind: Explored;
  /** As strong as it is against trials of this weight: a test that counts half meets a prior that counts double. */
  readonly prior: { readonly a: number; readonly b: number };
  readonly fit: Line & { readonly evppi: number };
}

/**
 * For every candidate, and for every source on board whose decision exploring would pay for: which input to explore,
 * with how many trials, and when to stop. ENGS(n) = H * EVSI(n) - (fixed + unit * n).
 */
export function huntFirstOf(context: ReportContext): HuntFirstRow[] {
  const { model } = context.compiled;
  const rows = model.sources.map((source, i) => ({ source, row: rowOf(context, i) }));
  return rows
    .filter(({ source, row }) => source.status === "candidate" || row.verdict === "hunt")
    .map(({ row }) => row)
    .sort((p, q) => q.bestNetGainUsd - p.bestNetGainUsd || q.evpiUsd - p.evpiUsd);
}

function rowOf(context: ReportContext, i: number): HuntFirstRow {
  const { model } = context.compiled;
  const { settings } = model;
  const source = model.sources[i]!;
  const { evpiUsd } = context.decisions[i]!;
  const factor = horizonFactor(settings.discountRate, settings.horizonYears);
  const rated = candidatesOf(context, i).map((candidate) => {
    const price = priceOf(model, candidate);
    const best = bestSampleSize(SIZES, (n) => evsiLinear(candidate.fit, candidate.prior, n), {
      ...price,
      horizonFactor: factor,
    });
    return { candidate, price, best };
  });
  const top = rated.sort(
    (p, q) => q.best.netGainUsd - p.best.netGainUsd || q.candidate.fit.evppi - p.candidate.fit.evppi,
  )[0];
  const [yes, no] = source.status === "candidate" ? ["onboard it", "skip it"] : ["keep it", "drop it"];
  const leaning = mean(context.decisions[i]!.net) >= 0 ? yes : no;
  const shared = {
    source: source.id,
    title: source.title,
    status: source.status,
    evpiUsd,
    horizonFactor: factor,
  };
  if (!top) {
    return {
      ...shared,
      ...{ input: "", unit: "", how: "", mean: 0, breakEven: null, evppiUsd: 0, fixedUsd: 0, unitUsd: 0 },
      ...{ priceFrom: "default" as const, bestTests: 0, bestNetGainUsd: 0, bestEvsiUsd: 0, curve: [] },
      neededHits: null,
      verdict: "decide",
      advice: `Just decide (${leaning}): knowing everything about it is worth ${formatUsd(evpiUsd)} a year, and no single trial tells much of it.`,
      stop: "",
    };
  }
  const { candidate, price, best } = top;
  const { fit, prior, input } = candidate;
  const curve = [0, ...SIZES].map((tests) => {
    const evsiUsd = tests === 0 ? 0 : evsiLinear(fit, prior, tests);
    return {
      tests,
      evsiUsd,
      netGainUsd: netGainOfSampling(evsiUsd, tests, { ...price, horizonFactor: factor }),
    };
  });
  const hunts = best.tests > 0;
  const neededHits = hunts ? hitsFor(fit, prior, best.tests) : null;
  const evsiUsd = hunts ? evsiLinear(fit, prior, best.tests) : 0;
  const { unit } = TRIALS[candidate.kind];
  const units = `${best.tests} ${unit}${best.tests === 1 ? "" : "s"}`;
  const spent = price.fixedUsd + price.unitUsd * best.tests;
  const cross = fit.slope === 0 ? null : -fit.intercept / fit.slope;
  return {
    ...shared,
    input: input.name,
    unit,
    how: model.measurements.find((one) => one.input === input.name)?.how ?? suggestion(input.kind),
    mean: input.mean,
    breakEven: cross !== null && cross > 0 && cross < 1 ? cross : null,
    evppiUsd: fit.evppi,
    fixedUsd: price.fixedUsd,
    unitUsd: price.unitUsd,
    priceFrom: price.from,
    bestTests: best.tests,
    bestNetGainUsd: best.netGainUsd,
    bestEvsiUsd: evsiUsd,
    curve,
    neededHits,
    verdict: hunts ? "hunt" : "decide",
    advice: hunts
      ? `Try ${units} first: ${formatUsd(spent)} buys what is worth ${formatUsd(evsiUsd)} a year to the decision, a net gain of ${formatUsd(best.netGainUsd)} over ${settings.horizonYears} years.`
      : `Just decide (${leaning}): knowing ${input.name} exactly would be worth ${formatUsd(fit.evppi)} a year, and no number of trials earns back what it costs.`,
    stop: !hunts
      ? ""
      : neededHits === null
        ? `Stop after ${units}.`
        : `Stop early when ${neededHits} ${hitWords(candidate.kind)} (${yes}), or when ${best.tests - neededHits + 1} ${missWords(candidate.kind)} (${no}); else after ${units}.`,
  };
}

function candidatesOf({ compiled, sampled, decisions }: ReportContext, i: number): Candidate[] {
  const source = compiled.model.sources[i]!;
  const { net, evpiUsd } = decisions[i]!;
  const own = new Set(
    compiled.model.detections.filter(({ requires }) => requires.includes(source.id)).map(({ id }) => id),
  );
  return compiled.inputs.flatMap((input, index): Candidate[] => {
    const { kind, beta } = input;
    if (beta === null || (kind !== "coverage" && kind !== "p" && kind !== "h")) return [];
    const mine =
      kind === "coverage" ? input.name.startsWith(`coverage:${source.id}/`) : own.has(input.name.slice(2));
    if (!mine) return [];
    const fit = evppi(sampled.inputs[index]!, net);
    const least = Math.max(noiseFloor(sampled.inputs[index]!, net), 0.01 * evpiUsd);
    const weight = TRIALS[kind].weight;
    const prior = { a: beta.a / weight, b: beta.b / weight };
    return fit.evppi > least ? [{ input, kind, prior, fit }] : [];
  });
}

function priceOf(
  model: RiskModel,
  { input, kind }: Candidate,
): { readonly fixedUsd: number; readonly unitUsd: number; readonly from: "model" | "default" } {
  const hours = TRIALS[kind];
  const hourly = model.settings.analystUsdPerHour;
  const measurement = model.measurements.find((one) => one.input === input.name);
  return {
    fixedUsd: measurement?.usd ?? hours.fixed * hourly,
    unitUsd: measurement?.unitUsd ?? hours.each * hourly,
    from: measurement ? "model" : "default",
  };
}

/** Fewest hits of `n` after which the decision is yes; null when every number, or none, says so. */
function hitsFor(line: Line, { a, b }: { readonly a: number; readonly b: number }, n: number): number | null {
  for (let k = 0; k <= n; k++) {
    if (line.intercept + (line.slope * (a + k)) / (a + b + n) >= 0) return k > 0 ? k : null;
  }
  return null;
}

function hitWords(kind: Explored): string {
  return kind === "coverage" ? "hosts have sent data" : kind === "p" ? "tests have alerted" : "were acted on";
}

function missWords(kind: Explored): string {
  return kind === "coverage" ? "have sent none" : kind === "p" ? "have not" : "were not";
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
