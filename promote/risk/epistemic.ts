import { localMask, setSize } from "./coalition.ts";
import { annualLoss, type CompiledRisk, expectedLoss, lossTables } from "./expected-loss.ts";
import { makeRandom } from "./random.ts";
import { shapleyWeights } from "./shapley.ts";
import { sortedQuantile } from "./simulate.ts";

/** Draws over what we do not know; luck plays no part here. All figures in dollars a year, one entry a draw. */
export interface EpistemicDraws {
  readonly draws: number;
  /** Expected loss without any source. */
  readonly baseline: Float64Array;
  /** Expected loss with the current set. */
  readonly residual: Float64Array;
  /** By source: what it adds to the current set (leave-one-out inside it, add-one outside). */
  readonly marginal: readonly Float64Array[];
  /** By source: Shapley value within the current set; zeros outside it. */
  readonly shapley: readonly Float64Array[];
  /** Draws of every input, in `compiled.inputs` order. */
  readonly inputs: readonly Float64Array[];
  /** Mean over draws of each scenario's loss tables. */
  readonly meanTables: readonly Float64Array[];
  /** Mean over draws of the best net value that any set reaches in that draw; null above 12 sources. */
  readonly bestPerDrawMean: number | null;
}

export interface SamplingOptions {
  readonly seed: number;
  readonly draws: number;
  /** The set on board now, as a mask over `model.sources`. */
  readonly current: number;
  /** Cost by set, for the best set per draw; leave out to skip that. */
  readonly cost?: ArrayLike<number>;
  readonly signal?: AbortSignal | undefined;
  /** Called with the share done, 0..1. */
  readonly progress?: ((share: number) => void) | undefined;
}

const CHUNK = 256;

/**
 * Draws every input from a stream of its own and values every set, scenario by scenario. Yields to the event loop
 * between chunks; rejects with the signal's reason when aborted.
 */
export async function sampleRisk(compiled: CompiledRisk, options: SamplingOptions): Promise<EpistemicDraws> {
  const { draws, signal, progress } = options;
  const sampling = sampleInChunks(compiled, options);
  for (;;) {
    const step = sampling.next();
    if (step.done) {
      progress?.(1);
      return step.value;
    }
    progress?.(step.value / draws);
    await new Promise((resolve) => setTimeout(resolve, 0));
    signal?.throwIfAborted();
  }
}

/** The same at once, where nobody can wait: the caller's thread does nothing else meanwhile. */
export function sampleRiskNow(compiled: CompiledRisk, options: SamplingOptions): EpistemicDraws {
  const sampling = sampleInChunks(compiled, options);
  for (;;) {
    const step = sampling.next();
    if (step.done) return step.value;
  }
}

/** Yields the number of draws done, before each chunk. */
function* sampleInChunks(
  compiled: CompiledRisk,
  options: SamplingOptions,
): Generator<number, EpistemicDraws, undefined> {
  const { draws, seed, current } = options;
  const { chains, model } = compiled;
  const sourceCount = model.sources.length;
  const inputs = compiled.inputs.map((input) => {
    if (!input.uncertain) return new Float64Array(draws).fill(input.mean);
    const random = makeRandom(seed, `input:${input.name}`);
    return Float64Array.from({ length: draws }, () => input.draw(random));
  });
  const baseline = new Float64Array(draws);
  const residual = new Float64Array(draws);
  const marginal = model.sources.map(() => new Float64Array(draws));
  const shapley = model.sources.map(() => new Float64Array(draws));
  const tables = lossTables(compiled);
  const scratch = lossTables(compiled);
  const sums = lossTables(compiled);
  const values = new Float64Array(inputs.length);

  const weightings = chains.map((chain) =>
    shapleyCoefficients(localMask(current, chain.sources), chain.sources.length),
  );
  const currents = chains.map((chain) => localMask(current, chain.sources));
  const portfolio = options.cost && sourceCount <= 12 ? options.cost : null;
  const locals = portfolio
    ? chains.map((chain) =>
        Int32Array.from({ length: 1 << sourceCount }, (_, mask) => localMask(mask, chain.sources)),
      )
    : [];
  let bestSum = 0;

  for (let draw = 0; draw < draws; draw++) {
    if (draw % CHUNK === 0) yield draw;
    for (let i = 0; i < inputs.length; i++) values[i] = inputs[i]![draw]!;
    expectedLoss(compiled, values, tables, scratch);
    for (let s = 0; s < chains.length; s++) {
      const table = tables[s]!;
      const sum = sums[s]!;
      for (let set = 0; set < table.length; set++) sum[set]! += table[set]!;
      const now = currents[s]!;
      baseline[draw]! += table[0]!;
      residual[draw]! += table[now]!;
      const coefficients = weightings[s]!;
      chains[s]!.sources.forEach((source, i) => {
        const bit = 1 << i;
        marginal[source]![draw]! += table[now & ~bit]! - table[now | bit]!;
        const own = coefficients[i];
        if (!own) return;
        let value = 0;
        for (let set = 0; set < table.length; set++) value -= own[set]! * table[set]!;
        shapley[source]![draw]! += value;
      });
    }
    if (portfolio) {
      let best = Number.NEGATIVE_INFINITY;
      for (let mask = 0; mask < portfolio.length; mask++) {
        let net = baseline[draw]! - portfolio[mask]!;
        for (let s = 0; s < locals.length; s++) net -= tables[s]![locals[s]![mask]!]!;
        if (net > best) best = net;
      }
      bestSum += best;
    }
  }
  return {
    draws,
    baseline,
    residual,
    marginal,
    shapley,
    inputs,
    meanTables: sums.map((sum) => sum.map((value) => value / draws)),
    bestPerDrawMean: portfolio ? bestSum / draws : null,
  };
}

/** For each of a scenario's sources inside `within`: the weight of every set's loss in its Shapley value. */
function shapleyCoefficients(within: number, n: number): (Float64Array | null)[] {
  const weights = shapleyWeights(setSize(within));
  return Array.from({ length: n }, (_, i) => {
    const bit = 1 << i;
    if ((within & bit) === 0) return null;
    const own = new Float64Array(1 << n);
    for (let set = 0; set < own.length; set++) {
      if ((set & ~within) !== 0 || (set & bit) !== 0) continue;
      const weight = weights[setSize(set)]!;
      own[set | bit]! += weight;
      own[set]! -= weight;
    }
    return own;
  });
}

/** Mean, standard error of the mean, and 5%, 50%, 95% quantiles of draws. */
export interface DrawSummary {
  readonly mean: number;
  readonly standardError: number;
  readonly q05: number;
  readonly q50: number;
  readonly q95: number;
  /** Share of draws above zero. */
  readonly positive: number;
}

export function summarise(values: ArrayLike<number>): DrawSummary {
  const n = values.length;
  let mean = 0;
  let positive = 0;
  for (let i = 0; i < n; i++) {
    mean += values[i]! / n;
    if (values[i]! > 0) positive++;
  }
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (values[i]! - mean) ** 2;
  const sorted = Float64Array.from(values).sort();
  return {
    mean,
    standardError: n > 1 ? Math.sqrt(squares / (n - 1) / n) : 0,
    q05: sortedQuantile(sorted, 0.05),
    q50: sortedQuantile(sorted, 0.5),
    q95: sortedQuantile(sorted, 0.95),
    positive: positive / n,
  };
}

/** Mean expected loss by set over the draws. */
export function meanAnnualLoss(compiled: CompiledRisk, draws: EpistemicDraws, mask: number): number {
  return annualLoss(compiled, draws.meanTables, mask);
}
