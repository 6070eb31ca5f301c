import type { TextTest } from "./formula.ts";
import { LiteralTrie } from "./literal-trie.ts";

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
 * Tests of whole values are looked up instead.
 */
export class LiteralAutomaton {
  readonly #trie: LiteralTrie;
  readonly #lengths: readonly number[];
  readonly #uses: Use[][] = [];
  /** Atoms of whole values by their bytes, and which lengths such values have. */
  readonly #wholes = new Map<string, number[]>();
  readonly #wholeLengths = new Set<number>();

  constructor(tests: readonly BoundTest[]) {
    const literals = new Map<string, number>();
    const bytesOf: Uint8Array[] = [];
    for (const { atom, test } of tests) {
      if (test.kind === "equals") {
        const key = keyOf(test.literal, 0, test.literal.length);
        this.#wholes.set(key, [...(this.#wholes.get(key) ?? []), atom]);
        this.#wholeLengths.add(test.literal.length);
        continue;
      }
      const literal = test.kind === "like" ? longest(test.pieces) : test.literal;
      const key = keyOf(literal, 0, literal.length);
      let at = literals.get(key);
      if (at === undefined) {
        at = bytesOf.push(literal) - 1;
        literals.set(key, at);
        this.#uses.push([]);
      }
      this.#uses[at]!.push({ atom, test });
    }
    this.#lengths = bytesOf.map(({ length }) => length);
    this.#trie = new LiteralTrie(bytesOf);
  }

  /** Calls `hold` for each test that holds of the text `bytes[from..to)`; for some more than once. */
  scan(bytes: Uint8Array, from: number, to: number, hold: (atom: number) => void): void {
    if (this.#wholeLengths.has(to - from)) {
      const atoms = this.#wholes.get(keyOf(bytes, from, to));
      if (atoms !== undefined) for (const atom of atoms) hold(atom);
    }
    if (this.#lengths.length === 0) return;
    const { classOf, dense, denseCount, shift, firstChild, label, fallback, first, found } = this.#trie;
    let state = 0;
    for (let at = from; at < to; at += 1) {
      const kind = classOf[bytes[at]!]!;
      while (state >= denseCount) {
        const end = firstChild[state + 1]!;
        let child = firstChild[state]!;
        while (child < end && label[child] !== kind) child += 1;
        if (child < end) {
          state = ~child;
          break;
        }
        state = fallback[state]!;
      }
      state = state < 0 ? ~state : dense[(state << shift) + kind]!;
      const ending = first[state]!;
      if (ending >= 0) this.#hit(found[ending]!, bytes, from, to, at + 1, hold);
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
          (test.kind === "like" && likeHolds(test, bytes, from, to));
        if (holds) hold(atom);
      }
    }
  }
}

/** One character for each byte. */
function keyOf(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("latin1");
}

function longest(pieces: readonly Uint8Array[]): Uint8Array {
  return pieces.reduce((best, piece) => (piece.length > best.length ? piece : best));
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
