import { normalQuantile } from "./special-functions.ts";

/** A pinned stream of random numbers: the same seed and name give the same numbers on every machine. */
export interface Random {
  /** Uniform in (0, 1), 32 bits. */
  uniform(): number;
  normal(): number;
  /** Gamma(shape, rate). */
  gamma(shape: number, rate: number): number;
  /** Beta(a, b). */
  beta(a: number, b: number): number;
  /** Exponential with mean 1. */
  exponential(): number;
}

/** Hash of a text to 32 bits (FNV-1a), so that every input has a stream of its own. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}

/** Four words of state (the last odd) for a stream, by splitmix32 from `seed` and the stream's name. */
export function seededState(seed: number, name: string): [number, number, number, number] {
  let state = (seed ^ hashText(name)) >>> 0;
  const splitmix = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  return [splitmix(), splitmix(), splitmix(), splitmix() | 1];
}

/** Gamma(shape, 1), Marsaglia and Tsang (2000); shapes below 1 are boosted by U^(1/shape). */
export function gammaVariate(random: Pick<Random, "normal" | "uniform">, shape: number): number {
  if (shape < 1) return gammaVariate(random, shape + 1) * random.uniform() ** (1 / shape);
  const scale = shape - 1 / 3;
  const spread = 1 / Math.sqrt(9 * scale);
  for (;;) {
    const z = random.normal();
    const cube = (1 + spread * z) ** 3;
    if (cube <= 0) continue;
    const u = random.uniform();
    if (Math.log(u) < 0.5 * z * z + scale - scale * cube + scale * Math.log(cube)) return scale * cube;
  }
}

/**
 * xoshiro128** (Blackman and Vigna, 2018), seeded through splitmix32 from `seed` and the stream's name. Streams
 * are by name and never shared, so adding an input or a thread changes no other figure.
 */
export function makeRandom(seed: number, name: string): Random {
  let [a, b, c, d] = seededState(seed, name);

  const uniform = (): number => {
    const five = Math.imul(b, 5);
    const result = Math.imul((five << 7) | (five >>> 25), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return (result + 0.5) / 4294967296;
  };
  const normal = (): number => normalQuantile(uniform());
  const gammaUnit = (shape: number): number => gammaVariate({ normal, uniform }, shape);
  return {
    uniform,
    normal,
    gamma: (shape, rate) => gammaUnit(shape) / rate,
    beta: (first, second) => {
      const x = gammaUnit(first);
      const y = gammaUnit(second);
      return x + y > 0 ? x / (x + y) : first / (first + second);
    },
    exponential: () => -Math.log(uniform()),
  };
}
