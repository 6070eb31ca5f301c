/** A seeded source of numbers: equal seed texts give equal sequences on every machine. */
export interface Random {
  /** Uniform in [0, 1), 32 bits. */
  next(): number;
  /** Uniform integer in [0, limit). */
  below(limit: number): number;
  /** One of the items; the list must not be empty. */
  pick<T>(items: readonly T[]): T;
  /** Lower-case hexadecimal text; `digits` is a multiple of four. */
  hex(digits: number): string;
  /** Text of letters and digits; `length` is even. */
  letters(length: number): string;
}

const HEX4: readonly string[] = Array.from({ length: 65_536 }, (_, value) =>
  value.toString(16).padStart(4, "0"),
);
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const LETTERS2: readonly string[] = Array.from(
  { length: ALPHABET.length ** 2 },
  (_, value) => ALPHABET[Math.floor(value / ALPHABET.length)]! + ALPHABET[value % ALPHABET.length]!,
);

/** 32-bit FNV-1a with a final avalanche, so that texts that differ in one letter start far apart. */
function hash(text: string, basis: number): number {
  let value = basis;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

/** Small fast counter generator (sfc32, Chris Doty-Humphrey, PractRand), its state hashed from `seedText`. */
export function createRandom(seedText: string): Random {
  let a = hash(seedText, 0x811c9dc5);
  let b = hash(seedText, 0x9e3779b9);
  let c = hash(seedText, 0x7f4a7c15);
  let counter = 1;

  function bits(): number {
    const result = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + result) | 0;
    return result >>> 0;
  }
  for (let round = 0; round < 12; round++) bits();

  return {
    next: () => bits() / 4_294_967_296,
    below: (limit) => Math.floor((bits() / 4_294_967_296) * limit),
    pick: (items) => items[Math.floor((bits() / 4_294_967_296) * items.length)]!,
    hex(digits) {
      let text = "";
      for (let done = 0; done < digits; done += 4) text += HEX4[bits() >>> 16]!;
      return text;
    },
    letters(length) {
      let text = "";
      for (let done = 0; done < length; done += 2) {
        text += LETTERS2[Math.floor((bits() / 4_294_967_296) * LETTERS2.length)]!;
      }
      return text;
    },
  };
}

/** `{8-4-4-4-12}` in the braces that Windows writes. */
export function windowsGuid(random: Random): string {
  return `{${uuid(random)}}`;
}

export function uuid(random: Random): string {
  return `${random.hex(8)}-${random.hex(4)}-${random.hex(4)}-${random.hex(4)}-${random.hex(12)}`;
}

/** A draw that prefers some items: `weights` in any unit. Answers in constant time from a table of 1,024 slots. */
export function weighted<T>(items: readonly T[], weights: readonly number[]): (random: Random) => T {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const slots: T[] = [];
  let reached = 0;
  items.forEach((item, index) => {
    reached += weights[index]! / total;
    while (slots.length < Math.round(reached * 1024)) slots.push(item);
  });
  return (random) => slots[random.below(slots.length)]!;
}
