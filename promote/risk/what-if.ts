/** What changes if one number were another, a source went or one came: answers quick enough for a slider. Browser-safe. */
import { setSize } from "./coalition.ts";
import { gridFor, lossExceedance, lossQuantile, yearlyLoss } from "./exceedance.ts";
import { annualLoss, annualLossTable, compileRisk, lossStreams, lossTablesAt } from "./expected-loss.ts";
import type { Quantity, RiskModel } from "./model.ts";
import { modelCosts, onboardMask } from "./model-cost.ts";
import { shapleyExact } from "./shapley.ts";

/** Everything that a person may turn. What is left out stays as it is. */
export interface WhatIfChange {
  /**
   * Values by input name, as the report names them: `coverage:zeek/ransomware`, `p:rule`, `h:rule` (0 to 1),
   * `frequency:scenario` (attacks a year), `severity:scenario` (factor on the loss, 1 leaves it).
   * `coverage:zeek` means every scenario that the source touches.
   */
  readonly inputs?: Readonly<Record<string, number>>;
  /** Sources to drop, and candidates to take on board, by id. */
  readonly without?: readonly string[];
  readonly with?: readonly string[];
  /** Yearly cost of a source, dollars. */
  readonly costsUsd?: Readonly<Record<string, number>>;
  readonly appetiteUsd?: number;
}

export interface WhatIfSource {
  readonly id: string;
  readonly title: string;
  readonly onboard: boolean;
  readonly costUsd: number;
  /** What goes without it (on board), or comes with it (not on board), dollars a year. */
  readonly marginalUsd: number;
  /** The same, less the cost that goes or comes with it. */
  readonly netMarginalUsd: number;
  /** Its share of the reduction; 0 when not on board. */
  readonly shapleyUsd: number;
}

/** One state of the model, at the means of what we do not know; dollars a year. */
export interface WhatIfState {
  readonly baselineUsd: number;
  readonly residualUsd: number;
  readonly reductionUsd: number;
  readonly costUsd: number;
  readonly netUsd: number;
  readonly sources: readonly WhatIfSource[];
  /** Losses exceeded with the given chance, and P(a year above the appetite); null without one. */
  readonly q95Usd: number;
  readonly q99Usd: number;
  readonly overAppetite: number | null;
  readonly exceedance: readonly { readonly usd: number; readonly probability: number }[];
}

export interface WhatIfAnswer {
  readonly before: WhatIfState;
  readonly after: WhatIfState;
}

const GRID_POINTS = 1 << 12;
const CURVE_POINTS = 41;
const SHAPLEY_SOURCES = 12;

/** Names of inputs, sources or costs in the change that the model does not know, each with what is known instead. */
export function unknownNames(model: RiskModel, change: WhatIfChange): string[] {
  const sources = new Set(model.sources.map(({ id }) => id));
  const inputs = new Set(compileRisk(model).inputs.map(({ name }) => name));
  const groups = new Set(model.sources.map(({ id }) => `coverage:${id}`));
  const inputNames = Object.keys(change.inputs ?? {}).filter(
    (name) => !inputs.has(name) && !groups.has(name),
  );
  const sourceNames = [
    ...(change.without ?? []),
    ...(change.with ?? []),
    ...Object.keys(change.costsUsd ?? {}),
  ].filter((name) => !sources.has(name));
  return [
    ...inputNames.map(
      (name) => `There is no input "${name}"; there are ${[...inputs].slice(0, 12).join(", ")} ...`,
    ),
    ...sourceNames.map((name) => `There is no source "${name}"; there are ${[...sources].join(", ")}.`),
  ];
}

/** The model with the change made: values that were set count as known exactly. */
export function changedModel(model: RiskModel, change: WhatIfChange): RiskModel {
  const set = (name: string, value: Quantity): Quantity => {
    const given = change.inputs?.[name];
    return given === undefined ? value : fixed(value, given);
  };
  const appetite =
    change.appetiteUsd === undefined
      ? model.settings.appetite
      : { usd: change.appetiteUsd, probability: model.settings.appetite?.probability ?? 0.05 };
  return {
    ...model,
    settings: { ...model.settings, appetite },
    scenarios: model.scenarios.map((scenario) => {
      const factor = change.inputs?.[`severity:${scenario.id}`] ?? 1;
      const rate = change.inputs?.[`frequency:${scenario.id}`];
      const { magnitude, frequency } = scenario;
      return {
        ...scenario,
        // The shape of what we do not know stays: only the mean is moved.
        frequency: rate === undefined ? frequency : scaledTo(frequency, rate),
        magnitude: {
          ...magnitude,
          low: magnitude.low * factor,
          high: magnitude.high * factor,
          capUsd: magnitude.capUsd === null ? null : magnitude.capUsd * factor,
        },
      };
    }),
    sources: model.sources.map((source) => ({
      ...source,
      status: change.without?.includes(source.id)
        ? "candidate"
        : change.with?.includes(source.id)
          ? "onboarded"
          : source.status,
      costUsdPerYear: change.costsUsd?.[source.id] ?? source.costUsdPerYear,
      coverage: Object.fromEntries(
        Object.entries(source.coverage).map(([scenario, value]) => {
          const all = change.inputs?.[`coverage:${source.id}`];
          const whole = all === undefined ? value : fixed(value, all);
          return [scenario, set(`coverage:${source.id}/${scenario}`, whole)];
        }),
      ),
    })),
    detections: model.detections.map((detection) => ({
      ...detection,
      p: set(`p:${detection.id}`, detection.p),
      h: set(`h:${detection.id}`, detection.h),
    })),
  };
}

function fixed(value: Quantity, given: number): Quantity {
  return { ...value, distribution: { kind: "fixed", value: given } };
}

function scaledTo(value: Quantity, mean: number): Quantity {
  const { distribution } = value;
  if (distribution.kind !== "gamma" || mean <= 0) return fixed(value, mean);
  return { ...value, distribution: { ...distribution, rate: distribution.shape / mean } };
}

/** The model's state: expected losses, worth of each source and the exact loss curve up to `topUsd`. */
export function stateOf(model: RiskModel, topUsd: number | null = null): WhatIfState {
  const compiled = compileRisk(model);
  const current = onboardMask(model);
  const cost = modelCosts(model);
  const tables = lossTablesAt(compiled);
  const baselineUsd = annualLoss(compiled, tables, 0);
  const residualUsd = annualLoss(compiled, tables, current);
  const reductions = reductionsWithin(compiled, tables, current);
  const shapley = reductions === null ? null : shapleyExact(reductions);
  const costUsd = cost.of(current);
  const streams = lossStreams(compiled, current, true);
  const appetite = model.settings.appetite;
  const grid = gridFor(
    lossStreams(compiled, 0, true),
    GRID_POINTS,
    Math.max(topUsd ?? 0, (appetite?.usd ?? 0) * 2),
  );
  const loss = yearlyLoss(streams, grid.stepUsd, grid.points);
  const top = Math.max(topUsd ?? lossQuantile(loss, 0.999), (appetite?.usd ?? 0) * 2, grid.stepUsd * 10);
  const bottom = Math.max(grid.stepUsd, top / 1000);
  let rank = 0;
  return {
    baselineUsd,
    residualUsd,
    reductionUsd: baselineUsd - residualUsd,
    costUsd,
    netUsd: baselineUsd - residualUsd - costUsd,
    sources: model.sources.map((source, i) => {
      const bit = 1 << i;
      const onboard = (current & bit) !== 0;
      const marginalUsd =
        annualLoss(compiled, tables, current & ~bit) - annualLoss(compiled, tables, current | bit);
      return {
        id: source.id,
        title: source.title,
        onboard,
        costUsd: source.costUsdPerYear ?? 0,
        marginalUsd,
        netMarginalUsd: marginalUsd - (cost.of(current | bit) - cost.of(current & ~bit)),
        shapleyUsd: onboard && shapley !== null ? shapley[rank++]! : 0,
      };
    }),
    q95Usd: lossQuantile(loss, 0.95),
    q99Usd: lossQuantile(loss, 0.99),
    overAppetite: appetite ? lossExceedance(loss, appetite.usd) : null,
    exceedance: Array.from({ length: CURVE_POINTS }, (_, i) => {
      const usd = bottom * (top / bottom) ** (i / (CURVE_POINTS - 1));
      return { usd, probability: lossExceedance(loss, usd) };
    }),
  };
}

/** Reduction by every subset of the sources on board, in their own order; null when there are too many. */
function reductionsWithin(
  compiled: ReturnType<typeof compileRisk>,
  tables: ReturnType<typeof lossTablesAt>,
  current: number,
): Float64Array | null {
  const count = setSize(current);
  if (count > SHAPLEY_SOURCES) return null;
  const whole = annualLossTable(compiled, tables);
  const bits = compiled.model.sources.flatMap((_, i) => ((current >> i) & 1 ? [1 << i] : []));
  return Float64Array.from({ length: 1 << count }, (_, subset) => {
    const mask = bits.reduce((set, bit, i) => ((subset >> i) & 1 ? set | bit : set), 0);
    return whole[0]! - whole[mask]!;
  });
}

/**
 * Both states, on one axis of losses. The change's names must be known (`unknownNames`). Who asks again and again of one
 * model passes its `stateOf` along.
 */
export function whatIf(
  model: RiskModel,
  change: WhatIfChange,
  before: WhatIfState = stateOf(model),
): WhatIfAnswer {
  const topUsd = before.exceedance.at(-1)!.usd;
  return { before, after: stateOf(changedModel(model, change), topUsd) };
}
