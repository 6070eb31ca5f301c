import type { LossStream } from "./exceedance.ts";
import { ZigguratRandom } from "./ziggurat.ts";

/** Years of one block. A block is simulated by itself, so that any number of threads gives the same figures. */
export const BLOCK_YEARS = 1 << 15;

/** What an event costs beyond its magnitude, in a form that is drawn in constant time (Walker 1977, Vose 1991). */
interface OutcomeTable {
  readonly keep: Float64Array;
  readonly other: Int32Array;
  readonly multiplier: Float64Array;
  readonly addedUsd: Float64Array;
}

function outcomeTable(stream: LossStream): OutcomeTable {
  const { outcomes } = stream;
  const total = outcomes.reduce((sum, { probability }) => sum + probability, 0);
  const count = outcomes.length;
  const keep = new Float64Array(count).fill(1);
  const other = Int32Array.from({ length: count }, (_, i) => i);
  const scaled = outcomes.map(({ probability }) => (probability / total) * count);
  const small: number[] = [];
  const large: number[] = [];
  for (let i = 0; i < count; i++) (scaled[i]! < 1 ? small : large).push(i);
  while (small.length > 0 && large.length > 0) {
    const under = small.pop()!;
    const over = large.at(-1)!;
    keep[under] = scaled[under]!;
    other[under] = over;
    scaled[over]! -= 1 - scaled[under]!;
    if (scaled[over]! < 1) small.push(large.pop()!);
  }
  return {
    keep,
    other,
    multiplier: Float64Array.from(outcomes, ({ multiplier }) => multiplier),
    addedUsd: Float64Array.from(outcomes, ({ detected }) => (detected ? stream.irCostUsd : 0)),
  };
}

/** Streams made ready to be simulated block by block. */
export interface StreamSimulation {
  readonly streams: readonly LossStream[];
  readonly seed: number;
  readonly tables: readonly OutcomeTable[];
}

/** Makes the streams ready. Stream i of the list is random stream i: the order matters, the number of threads does not. */
export function streamSimulation(streams: readonly LossStream[], seed: number): StreamSimulation {
  return { streams, seed, tables: streams.map(outcomeTable) };
}

/** Adds the losses [$] of one block's years to `yearly`, whose length says how many of the block's years are wanted. */
export function simulateBlock(simulation: StreamSimulation, block: number, yearly: Float64Array): void {
  const years = yearly.length;
  simulation.streams.forEach(({ frequency, magnitude, capUsd }, index) => {
    const random = new ZigguratRandom(simulation.seed, `${index}:${block}`);
    const { keep, other, multiplier, addedUsd } = simulation.tables[index]!;
    const count = keep.length;
    const { mu, sigma } = magnitude;
    const cap = capUsd ?? Number.POSITIVE_INFINITY;
    const event = (year: number): void => {
      const x = Math.exp(mu + sigma * random.normal());
      let at = 0;
      if (count > 1) {
        const place = random.uniform() * count;
        at = Math.floor(place);
        if (place - at >= keep[at]!) at = other[at]!;
      }
      yearly[year]! += Math.min(x, cap) * multiplier[at]! + addedUsd[at]!;
    };
    if (frequency.kind === "poisson") {
      if (frequency.rate <= 0) return;
      const gap = 1 / frequency.rate;
      // Waiting times between events are exponential: years without an event cost nothing.
      for (let at = random.exponential() * gap; at < years; at += random.exponential() * gap) {
        event(Math.floor(at));
      }
      return;
    }
    for (let year = 0; year < years; year++) {
      const gap = 1 / random.gamma(frequency.shape, frequency.rate);
      for (let at = random.exponential() * gap; at < 1; at += random.exponential() * gap) event(year);
    }
  });
}

/** Yearly losses [$] of all streams together, in one thread. */
export function simulateStreams(
  streams: readonly LossStream[],
  options: { readonly years: number; readonly seed: number },
): Float64Array {
  const simulation = streamSimulation(streams, options.seed);
  const yearly = new Float64Array(options.years);
  for (let block = 0; block * BLOCK_YEARS < options.years; block++) {
    simulateBlock(simulation, block, yearly.subarray(block * BLOCK_YEARS, (block + 1) * BLOCK_YEARS));
  }
  return yearly;
}
