import { gammaVariate, seededState } from "./random.ts";

const NORMAL_LAYERS = 128;
const NORMAL_EDGE = 3.442619855899;
const NORMAL_AREA = 9.91256303526217e-3;
const EXPONENTIAL_LAYERS = 256;
const EXPONENTIAL_EDGE = 7.69711747013105;
const EXPONENTIAL_AREA = 3.949659822581572e-3;

/** Right ends of the layers, from the base's (wider than the edge, for its tail) inwards to 0. */
function layersOf(
  count: number,
  edge: number,
  area: number,
  density: (x: number) => number,
  inverse: (y: number) => number,
): Float64Array {
  const ends = new Float64Array(count + 1);
  ends[0] = area / density(edge);
  ends[1] = edge;
  for (let i = 2; i < count; i++) ends[i] = inverse(density(ends[i - 1]!) + area / ends[i - 1]!);
  return ends;
}

const normalDensity = (x: number): number => Math.exp(-0.5 * x * x);
const normalEnds = layersOf(NORMAL_LAYERS, NORMAL_EDGE, NORMAL_AREA, normalDensity, (y) =>
  Math.sqrt(-2 * Math.log(y)),
);
const normalHeights = normalEnds.map(normalDensity);
const exponentialDensity = (x: number): number => Math.exp(-x);
const exponentialEnds = layersOf(
  EXPONENTIAL_LAYERS,
  EXPONENTIAL_EDGE,
  EXPONENTIAL_AREA,
  exponentialDensity,
  (y) => -Math.log(y),
);
const exponentialHeights = exponentialEnds.map(exponentialDensity);

/**
 * A pinned stream for simulations of many millions of events: xoshiro128** as in `makeRandom`, with normal and
 * exponential variates by the ziggurat (Marsaglia and Tsang 2000, with a separate draw for layer and place as Doornik
 * 2005 advises). Streams are by seed and name, and give other numbers than `makeRandom`'s of the same name.
 */
export class ZigguratRandom {
  /** Numbers of 32 bits stay unboxed in a typed array. */
  readonly #state: Int32Array;

  constructor(seed: number, name: string) {
    this.#state = Int32Array.from(seededState(seed, `ziggurat:${name}`));
  }

  /** 32 random bits as a signed integer. */
  bits(): number {
    const state = this.#state;
    const b = state[1]!;
    const five = Math.imul(b, 5);
    const result = Math.imul((five << 7) | (five >>> 25), 9);
    const c = state[2]! ^ state[0]!;
    const d = state[3]! ^ b;
    state[1] = b ^ c;
    state[0] = state[0]! ^ d;
    state[2] = c ^ (b << 9);
    state[3] = (d << 11) | (d >>> 21);
    return result | 0;
  }

  /** Uniform in (0, 1), 32 bits. */
  uniform(): number {
    return ((this.bits() >>> 0) + 0.5) / 4294967296;
  }

  normal(): number {
    for (;;) {
      const layer = this.bits() & (NORMAL_LAYERS - 1);
      const x = ((this.bits() + 0.5) / 2147483648) * normalEnds[layer]!;
      if (Math.abs(x) < normalEnds[layer + 1]!) return x;
      if (layer === 0) {
        const sign = x < 0 ? -1 : 1;
        for (;;) {
          const beyond = -Math.log(this.uniform()) / NORMAL_EDGE;
          if (-2 * Math.log(this.uniform()) >= beyond * beyond) return sign * (NORMAL_EDGE + beyond);
        }
      }
      const low = normalHeights[layer]!;
      const high = normalHeights[layer + 1]!;
      if (low + this.uniform() * (high - low) < normalDensity(x)) return x;
    }
  }

  /** Exponential with mean 1. */
  exponential(): number {
    for (;;) {
      const layer = this.bits() & (EXPONENTIAL_LAYERS - 1);
      const x = this.uniform() * exponentialEnds[layer]!;
      if (x < exponentialEnds[layer + 1]!) return x;
      if (layer === 0) return EXPONENTIAL_EDGE - Math.log(this.uniform());
      const low = exponentialHeights[layer]!;
      const high = exponentialHeights[layer + 1]!;
      if (low + this.uniform() * (high - low) < exponentialDensity(x)) return x;
    }
  }

  /** Gamma(shape, rate). */
  gamma(shape: number, rate: number): number {
    return gammaVariate(this, shape) / rate;
  }
}
