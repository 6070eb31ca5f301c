import { applyCoverage, type Chain, compileChain, evaluateChain, eventOutcomes } from "./chain.ts";
import { localMask } from "./coalition.ts";
import { distributionMean, distributionQuantile, drawDistribution } from "./distribution.ts";
import type { LossStream } from "./exceedance.ts";
import { type Lognormal, limitedMean, lognormalFromInterval } from "./lognormal.ts";
import type { Origin, Quantity, RiskModel } from "./model.ts";
import type { Random } from "./random.ts";
import { normalQuantile } from "./special-functions.ts";

/**
 * One epistemic input of the model. Names: `frequency:s`, `severity:s`, `coverage:source/s`, `p:rule`, `h:rule`; on the
 * cost side (`cost-inputs.ts`) `cost:source`, `alerts:rule`, `minutes:rule`.
 */
export interface RiskInput {
  readonly name: string;
  readonly kind: "frequency" | "severity" | "coverage" | "p" | "h" | "cost" | "alerts" | "minutes";
  readonly origin: Origin;
  readonly author: string;
  readonly date: string;
  readonly evidence: number;
  readonly source: string;
  /** False when it is known exactly. */
  readonly uncertain: boolean;
  readonly mean: number;
  quantile(probability: number): number;
  draw(random: Random): number;
  /** Beta parameters where it is one: what tests would update. */
  readonly beta: { readonly a: number; readonly b: number } | null;
}

/** A model made ready to be evaluated many times. `values` vectors follow the order of `inputs`. */
export interface CompiledRisk {
  readonly model: RiskModel;
  readonly chains: readonly Chain[];
  readonly inputs: readonly RiskInput[];
  readonly inputIndex: ReadonlyMap<string, number>;
  readonly means: Float64Array;
  readonly magnitudes: readonly Lognormal[];
  /** E[min(X, cap)] per scenario, dollars. */
  readonly meanSeverityUsd: readonly number[];
  /** One per scenario, by the chain's own sources: index into `inputs`. */
  readonly coverageInputs: readonly (readonly number[])[];
  readonly x: Float64Array;
}

/** A quantity of the model as an input. */
export function quantityInput(name: string, kind: RiskInput["kind"], value: Quantity): RiskInput {
  const { distribution } = value;
  return {
    name,
    kind,
    origin: value.origin,
    author: value.author,
    date: value.date,
    evidence: value.evidence,
    source: value.source,
    uncertain: distribution.kind !== "fixed",
    mean: distributionMean(distribution),
    quantile: (probability) => distributionQuantile(distribution, probability),
    draw: (random) => drawDistribution(distribution, random),
    beta: distribution.kind === "beta" ? { a: distribution.a, b: distribution.b } : null,
  };
}

/** Compiles the model's scenarios and lists its inputs. Throws as `compileChain` does. */
export function compileRisk(model: RiskModel): CompiledRisk {
  const { settings } = model;
  const chains = model.scenarios.map((scenario) => compileChain(model, scenario));
  const inputs: RiskInput[] = [];
  const magnitudes: Lognormal[] = [];
  const meanSeverityUsd: number[] = [];
  for (const scenario of model.scenarios) {
    const { magnitude } = scenario;
    const whole = lognormalFromInterval(
      magnitude.low,
      magnitude.high,
      magnitude.level,
      settings.intervalHitRate,
    );
    const mean = limitedMean(whole, magnitude.capUsd);
    const sigmaEpistemic = Math.sqrt(settings.epistemicShare) * whole.sigma;
    const sigmaAleatory = Math.sqrt(1 - settings.epistemicShare) * whole.sigma;
    const factor = (u: number): number =>
      limitedMean({ mu: whole.mu + sigmaEpistemic * u, sigma: sigmaAleatory }, magnitude.capUsd) / mean;
    magnitudes.push(whole);
    meanSeverityUsd.push(mean);
    inputs.push(quantityInput(`frequency:${scenario.id}`, "frequency", scenario.frequency));
    inputs.push({
      name: `severity:${scenario.id}`,
      kind: "severity",
      origin: magnitude.origin,
      author: magnitude.author,
      date: magnitude.date,
      evidence: magnitude.evidence,
      source: magnitude.source,
      uncertain: sigmaEpistemic > 0,
      mean: 1,
      quantile: (probability) => factor(normalQuantile(probability)),
      draw: (random) => factor(random.normal()),
      beta: null,
    });
  }
  const coverageInputs = chains.map((chain) =>
    chain.sources.map((index) => {
      const source = model.sources[index]!;
      const value = source.coverage[chain.scenario.id]!;
      return inputs.push(quantityInput(`coverage:${source.id}/${chain.scenario.id}`, "coverage", value)) - 1;
    }),
  );
  for (const detection of model.detections) {
    inputs.push(quantityInput(`p:${detection.id}`, "p", detection.p));
    inputs.push(quantityInput(`h:${detection.id}`, "h", detection.h));
  }
  return {
    model,
    chains,
    inputs,
    inputIndex: new Map(inputs.map((input, index) => [input.name, index])),
    means: Float64Array.from(inputs, (input) => input.mean),
    magnitudes,
    meanSeverityUsd,
    coverageInputs,
    x: new Float64Array(model.detections.length),
  };
}

/** p*h per detection, with p cut where a hunt comes less often than its source keeps data. */
export function firingProbabilities(
  compiled: CompiledRisk,
  values: ArrayLike<number>,
  out: Float64Array = compiled.x,
): Float64Array {
  const { model } = compiled;
  const first = compiled.inputs.length - 2 * model.detections.length;
  for (let r = 0; r < model.detections.length; r++) {
    out[r] = values[first + 2 * r]! * values[first + 2 * r + 1]! * retentionFactor(model, r);
  }
  return out;
}

/** retention/cadence where a detection looks back less often than its shortest-kept source lasts; else 1. */
export function retentionFactor(model: RiskModel, index: number): number {
  const detection = model.detections[index]!;
  let factor = 1;
  for (const id of detection.requires) {
    const days = model.sources.find((source) => source.id === id)?.retentionDays;
    if (days !== null && days !== undefined && detection.cadenceDays > days) {
      factor = Math.min(factor, days / detection.cadenceDays);
    }
  }
  return factor;
}

/**
 * Expected yearly loss [$] of every scenario for every set of the sources that touch it, coverage applied. Writes
 * into `tables` (one array of 2^sources a scenario; made by `lossTables`).
 */
export function expectedLoss(
  compiled: CompiledRisk,
  values: ArrayLike<number>,
  tables: readonly Float64Array[],
  scratch: readonly Float64Array[],
  kappa: number = compiled.model.settings.kappa,
): void {
  firingProbabilities(compiled, values);
  const coverage = new Float64Array(16);
  compiled.chains.forEach((chain, s) => {
    const table = tables[s]!;
    const detected = scratch[s]!;
    evaluateChain(chain, compiled.x, kappa, table, detected);
    const rate = values[2 * s]!;
    const severityUsd = compiled.meanSeverityUsd[s]! * values[2 * s + 1]!;
    for (let set = 0; set < table.length; set++) {
      table[set] = rate * (severityUsd * table[set]! + chain.scenario.irCostUsd * detected[set]!);
    }
    compiled.coverageInputs[s]!.forEach((input, i) => {
      coverage[i] = values[input]!;
    });
    applyCoverage(table, coverage);
  });
}

/** Empty tables for `expectedLoss`. */
export function lossTables(compiled: CompiledRisk): Float64Array[] {
  return compiled.chains.map((chain) => new Float64Array(1 << chain.sources.length));
}

/** Expected yearly loss of every scenario's sets at given input values (the means unless told). */
export function lossTablesAt(
  compiled: CompiledRisk,
  values: ArrayLike<number> = compiled.means,
  kappa: number = compiled.model.settings.kappa,
): Float64Array[] {
  const tables = lossTables(compiled);
  expectedLoss(compiled, values, tables, lossTables(compiled), kappa);
  return tables;
}

/** Expected yearly loss [$] with the set `mask` of `model.sources`. */
export function annualLoss(compiled: CompiledRisk, tables: readonly Float64Array[], mask: number): number {
  let sum = 0;
  for (let s = 0; s < tables.length; s++) {
    sum += tables[s]![localMask(mask, compiled.chains[s]!.sources)]!;
  }
  return sum;
}

/** Expected yearly loss for all 2^n sets of sources (n up to 20). */
export function annualLossTable(compiled: CompiledRisk, tables: readonly Float64Array[]): Float64Array {
  return Float64Array.from({ length: 1 << compiled.model.sources.length }, (_, mask) =>
    annualLoss(compiled, tables, mask),
  );
}

/**
 * The loss streams of all scenarios with the set `mask` on board, at the inputs' means: Poisson at the mean
 * frequency, or mixed over what we do not know of it where it is a Gamma and `mixed` is true.
 */
export function lossStreams(compiled: CompiledRisk, mask: number, mixed: boolean): LossStream[] {
  firingProbabilities(compiled, compiled.means);
  return compiled.chains.map((chain, s) => {
    const { scenario } = chain;
    const { distribution } = scenario.frequency;
    const coverage = compiled.coverageInputs[s]!.map((input) => compiled.means[input]!);
    return {
      frequency:
        mixed && distribution.kind === "gamma"
          ? { kind: "gamma" as const, shape: distribution.shape, rate: distribution.rate }
          : { kind: "poisson" as const, rate: distributionMean(distribution) },
      magnitude: compiled.magnitudes[s]!,
      capUsd: scenario.magnitude.capUsd,
      irCostUsd: scenario.irCostUsd,
      outcomes: eventOutcomes(
        chain,
        compiled.x,
        compiled.model.settings.kappa,
        coverage,
        localMask(mask, chain.sources),
      ),
    };
  });
}
