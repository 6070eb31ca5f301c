import type { TextTest } from "./formula.ts";

/** What a literal that was found means for one atom. */
interface Use {
  readonly atom: number;
  readonly test: TextTest;
}

/** A test bound to an atom. */
export interface BoundTest {
  readonly atom: number;
  readonly test: TextTest;
}

/**
 * Finds in one pass over a text which of many tests hold of it (Aho and Corasick 1975, over bytes that are brought
 * together into classes: all that no literal has are one). What a test costs does not grow with the number of tests.
 */
export class LiteralAutomaton {
  readonly #classOf = new Uint8Array(256);
  readonly #shift: number;
  /** State * classes + class -> state * classes, plus one where literals end. */
  readonly #next: Int32Array;
  /** By state: where its literals begin in `#found`, -1 when it ends none. */
  readonly #first: Int32Array;
  readonly #found: number[][] = [];
  readonly #lengths: number[] = [];
  readonly #uses: Use[][] = [];
  /** Atoms that hold of the empty text alone. */
  readonly #ofEmpty: number[] = [];

  constructor(tests: readonly BoundTest[]) {
    const literals = new Map<string, number>();
    const bytesOf: Uint8Array[] = [];
    for (const { atom, test } of tests) {
      const literal = test.kind === "like" ? longest(test.pieces) : test.literal;
      if (literal.length === 0) {
        this.#ofEmpty.push(atom);
        continue;
      }
      const key = String.fromCharCode(...literal);
      let at = literals.get(key);
      if (at === undefined) {
        at = bytesOf.push(literal) - 1;
        literals.set(key, at);
        this.#lengths.push(literal.length);
        this.#uses.push([]);
      }
      this.#uses[at]!.push({ atom, test });
    }
    let classes = 1;
    for (const literal of bytesOf) {
      for (const byte of literal) if (this.#classOf[byte] === 0) this.#classOf[byte] = classes++;
    }
    this.#shift = Math.max(1, Math.ceil(Math.log2(classes)));
    const { next, ends } = build(bytesOf, this.#classOf, this.#shift);
    this.#next = next;
    this.#first = new Int32Array(ends.length).fill(-1);
    for (const [state, found] of ends.entries()) {
      if (found.length > 0) this.#first[state] = this.#found.push(found) - 1;
    }
    for (let cell = 0; cell < next.length; cell += 1) {
      if (this.#first[next[cell]! >> this.#shift]! >= 0) next[cell] = next[cell]! | 1;
    }
  }

  /** Calls `hold` for each test that holds of the text `bytes[from..to)`; for some more than once. */
  scan(bytes: Uint8Array, from: number, to: number, hold: (atom: number) => void): void {
    if (from === to) for (const atom of this.#ofEmpty) hold(atom);
    const next = this.#next;
    const first = this.#first;
    const classOf = this.#classOf;
    const shift = this.#shift;
    let state = 0;
    for (let at = from; at < to; at += 1) {
      state = next[(state & -2) + classOf[bytes[at]!]!]!;
      if ((state & 1) === 1) this.#hit(this.#found[first[state >> shift]!]!, bytes, from, to, at + 1, hold);
    }
  }

  #hit(
    found: readonly number[],
    bytes: Uint8Array,
    from: number,
    to: number,
    end: number,
    hold: (atom: number) => void,
  ): void {
    for (const literal of found) {
      const starts = end - this.#lengths[literal]! === from;
      for (const { atom, test } of this.#uses[literal]!) {
        const holds =
          test.kind === "contains" ||
          (test.kind === "starts" && starts) ||
          (test.kind === "ends" && end === to) ||
          (test.kind === "equals" && starts && end === to) ||
          (test.kind === "like" && likeHolds(test, bytes, from, to));
        if (holds) hold(atom);
      }
    }
  }
}

function longest(pieces: readonly Uint8Array[]): Uint8Array {
  return pieces.reduce((best, piece) => (piece.length > best.length ? piece : best));
}

function build(
  literals: readonly Uint8Array[],
  classOf: Uint8Array,
  shift: number,
): { next: Int32Array; ends: number[][] } {
  const width = 1 << shift;
  const states = literals.reduce((sum, literal) => sum + literal.length, 1);
  const next = new Int32Array(states * width);
  const ends: number[][] = [[]];
  for (const [index, literal] of literals.entries()) {
    let state = 0;
    for (const byte of literal) {
      const cell = state + classOf[byte]!;
      if (next[cell] === 0) next[cell] = (ends.push([]) - 1) << shift;
      state = next[cell]!;
    }
    ends[state >> shift]!.push(index);
  }
  // Breadth first: where a state has no edge, that of its longest proper suffix is taken.
  const fallback = new Int32Array(ends.length);
  const queue: number[] = [];
  for (let kind = 0; kind < width; kind += 1) if (next[kind] !== 0) queue.push(next[kind]!);
  for (let head = 0; head < queue.length; head += 1) {
    const state = queue[head]!;
    const back = fallback[state >> shift]!;
    ends[state >> shift]!.push(...ends[back >> shift]!);
    for (let kind = 0; kind < width; kind += 1) {
      const target = next[state + kind]!;
      if (target === 0) next[state + kind] = next[back + kind]!;
      else {
        fallback[target >> shift] = next[back + kind]!;
        queue.push(target);
      }
    }
  }
  return { next: next.subarray(0, ends.length * width), ends };
}

/** Whether the pieces stand in the text one after another without overlap, the outer ones at the ends where they must. */
export function likeHolds(
  { pieces, fromStart, toEnd }: Extract<TextTest, { kind: "like" }>,
  bytes: Uint8Array,
  from: number,
  to: number,
): boolean {
  let at = from;
  let end = to;
  let first = 0;
  let last = pieces.length;
  if (fromStart) {
    const piece = pieces[0]!;
    if (!standsAt(bytes, at, end, piece)) return false;
    at += piece.length;
    first = 1;
  }
  if (toEnd) {
    const piece = pieces[pieces.length - 1]!;
    if (!standsAt(bytes, end - piece.length, end, piece) || end - piece.length < at) return false;
    end -= piece.length;
    last -= 1;
  }
  for (let index = first; index < last; index += 1) {
    const piece = pieces[index]!;
    while (at + piece.length <= end && !standsAt(bytes, at, end, piece)) at += 1;
    if (at + piece.length > end) return false;
    at += piece.length;
  }
  return true;
}

function standsAt(bytes: Uint8Array, at: number, end: number, piece: Uint8Array): boolean {
  if (at < 0 || at + piece.length > end) return false;
  for (let index = 0; index < piece.length; index += 1) if (bytes[at + index] !== piece[index]) return false;
  return true;
}
