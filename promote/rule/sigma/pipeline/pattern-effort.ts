/** What a regular expression may cost. Browser-safe: pure functions only. */

/** Bits of a set of characters: one for each of ASCII, and one for all others together. */
type Signs = bigint;

const OTHER: Signs = 1n << 128n;
const ALL: Signs = (OTHER << 1n) - 1n;
const UPPER: Signs = ((1n << 26n) - 1n) << 65n;
const LOWER: Signs = UPPER << 32n;
/** As RE2. */
const MOST_REPEATS = 1000;
const MOST_CHARACTERS = 2000;
const MOST_DEPTH = 50;
/** At most the square of a text's length, so many times. */
const MOST_OPEN_ENDS = 2;
const MOST_WAYS = 64;

/** How many ways there are to match: `ways` for each choice of `openEnds` places in the text. */
interface Effort {
  readonly openEnds: number;
  readonly ways: number;
}

interface Piece extends Effort {
  readonly signs: Signs;
  /** Characters one after another, without a choice or a repetition. */
  readonly isPlain: boolean;
  /** The repetition at its end, not counted in its effort: what comes next may make it cost nothing. */
  readonly tail: (Effort & { readonly signs: Signs }) | null;
}

class Refused extends Error {}

/**
 * Why a pattern could take long on some text; null when it cannot: no look-around and no backreference (RE2 takes
 * neither), nothing repeated that itself repeats or chooses, and at most a square of the text's length of ways to try. A
 * repetition costs nothing when what comes right after it is a character that it cannot take.
 *
 * @param body a well-formed pattern without the flags `u` and `v`.
 */
export function whyCostly(body: string, flags: string): string | null {
  if (body.length > MOST_CHARACTERS) return `it has more than ${MOST_CHARACTERS} characters`;
  try {
    const { openEnds, ways, isChoice } = new PatternReader(body).whole();
    const isBound = body.startsWith("^") && !isChoice && !flags.includes("m");
    // What is not bound to the beginning is tried at every place.
    if (openEnds + (isBound ? 0 : 1) > MOST_OPEN_ENDS || ways > MOST_WAYS)
      return "its repetitions and choices can be tried in too many ways";
    return null;
  } catch (error) {
    if (error instanceof Refused) return error.message;
    throw error;
  }
}

class PatternReader {
  readonly #body: string;
  #at = 0;
  #depth = 0;

  constructor(body: string) {
    this.#body = body;
  }

  whole(): Effort & { readonly isChoice: boolean } {
    const { isChoice, ...piece } = this.#choice();
    return { ...settled(piece), isChoice };
  }

  /** Branches up to the end or a closing bracket. */
  #choice(): Piece & { readonly isChoice: boolean } {
    const first = this.#sequence();
    if (this.#body[this.#at] !== "|") return { ...first, isChoice: false };
    let { openEnds, ways } = settled(first);
    let signs = first.signs;
    while (this.#body[this.#at] === "|") {
      this.#at += 1;
      const branch = this.#sequence();
      const effort = settled(branch);
      openEnds = Math.max(openEnds, effort.openEnds);
      ways += effort.ways;
      signs |= branch.signs;
    }
    return { openEnds, ways, signs, isPlain: false, tail: null, isChoice: true };
  }

  #sequence(): Piece {
    let all: Piece = { openEnds: 0, ways: 1, signs: 0n, isPlain: true, tail: null };
    while (this.#at < this.#body.length && !"|)".includes(this.#body[this.#at]!)) {
      const piece = this.#repeated();
      // Places (`^`, `\b`) take nothing.
      if (piece === null) continue;
      const parts = piece.isPlain && all.tail !== null && (all.tail.signs & piece.signs) === 0n;
      const before = parts ? all : settled(all);
      all = {
        openEnds: before.openEnds + piece.openEnds,
        ways: before.ways * piece.ways,
        signs: all.signs | piece.signs,
        isPlain: all.isPlain && piece.isPlain,
        tail: piece.tail,
      };
    }
    return all;
  }

  #repeated(): Piece | null {
    const piece = this.#single();
    const quantifier = /^(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/.exec(this.#body.slice(this.#at));
    if (quantifier === null) return piece;
    this.#at += quantifier[0].length;
    if (piece === null) return null;
    if (!piece.isPlain) throw new Refused("it repeats a group in which something is repeated or chosen");
    const [, sign, least, comma, most] = quantifier;
    const isOpen = sign === "*" || sign === "+" || (comma !== undefined && most === "");
    const from = Number(least ?? 0);
    const to = sign === "?" ? 1 : comma === undefined ? from : Number(most);
    if (Math.max(from, isOpen ? 0 : to) > MOST_REPEATS)
      throw new Refused(`it repeats more than ${MOST_REPEATS} times`);
    if (!isOpen && from === to && from > 0) return piece;
    const effort = isOpen ? { openEnds: 1, ways: 1 } : { openEnds: 0, ways: to - from + 1 };
    return {
      openEnds: 0,
      ways: 1,
      signs: piece.signs,
      isPlain: false,
      tail: { ...effort, signs: piece.signs },
    };
  }

  /** One character, class or group; null for a place between characters. */
  #single(): Piece | null {
    const sign = this.#body[this.#at]!;
    if (sign === "(") return this.#group();
    this.#at += 1;
    if (sign === "^" || sign === "$") return null;
    if (sign === ".") return plain(ALL);
    if (sign === "[") return plain(this.#class());
    if (sign !== "\\") return plain(oneSign(sign.charCodeAt(0)));
    const next = this.#body[this.#at]!;
    if (next === "b" || next === "B") {
      this.#at += 1;
      return null;
    }
    if (/[1-9k]/.test(next)) throw new Refused("it refers back to a group");
    return plain(this.#escaped().signs);
  }

  #group(): Piece {
    const head = /^\((?:\?(?::|<[A-Za-z_$][\w$]*>))?/.exec(this.#body.slice(this.#at, this.#at + 200))![0];
    this.#at += head.length;
    if (head === "(" && this.#body[this.#at] === "?")
      throw new Refused("it looks around or sets flags inside");
    this.#depth += 1;
    if (this.#depth > MOST_DEPTH) throw new Refused(`its groups are more than ${MOST_DEPTH} deep`);
    const piece = this.#choice();
    this.#depth -= 1;
    this.#at += 1;
    // An empty group takes nothing and so keeps nothing apart.
    return piece.signs === 0n ? { ...piece, isPlain: false } : piece;
  }

  /** After a backslash: the characters, and the code when it is one. */
  #escaped(): { readonly signs: Signs; readonly code: number | null } {
    const next = this.#body[this.#at]!;
    this.#at += 1;
    const set = SETS[next];
    if (set !== undefined) return { signs: set, code: null };
    const hex = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4}))/.exec(this.#body.slice(this.#at - 1, this.#at + 4));
    if (hex !== null) {
      this.#at += hex[0].length - 1;
      return one(Number.parseInt((hex[1] ?? hex[2])!, 16));
    }
    if (/[c0-9]/.test(next)) throw new Refused("it writes a character as \\c or as octal digits");
    return one(CONTROLS[next] ?? next.charCodeAt(0));
  }

  #class(): Signs {
    const isNegated = this.#body[this.#at] === "^";
    if (isNegated) this.#at += 1;
    let signs = 0n;
    while (this.#body[this.#at] !== "]") {
      const from = this.#classSign();
      const isRange = this.#body[this.#at] === "-" && this.#body[this.#at + 1] !== "]" && from.code !== null;
      if (!isRange) {
        signs |= from.signs;
        continue;
      }
      this.#at += 1;
      const to = this.#classSign();
      if (to.code === null) signs |= from.signs | to.signs | oneSign(45);
      else for (let code = from.code!; code <= Math.min(to.code, 128); code += 1) signs |= oneSign(code);
      if (to.code !== null && to.code > 127) signs |= OTHER;
    }
    this.#at += 1;
    return isNegated ? (ALL & ~signs) | OTHER : signs;
  }

  #classSign(): { readonly signs: Signs; readonly code: number | null } {
    const sign = this.#body[this.#at]!;
    this.#at += 1;
    return sign === "\\" ? this.#escaped() : one(sign.charCodeAt(0));
  }
}

const SETS: Readonly<Record<string, Signs>> = setsOfEscapes();
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, b: 8 };

function setsOfEscapes(): Record<string, Signs> {
  const where = (test: RegExp): Signs => {
    let signs = 0n;
    for (let code = 0; code < 128; code += 1)
      if (test.test(String.fromCharCode(code))) signs |= 1n << BigInt(code);
    return signs;
  };
  return {
    d: where(/\d/),
    w: where(/\w/),
    s: where(/\s/) | OTHER,
    D: where(/\D/) | OTHER,
    W: where(/\W/) | OTHER,
    S: where(/\S/) | OTHER,
  };
}

function plain(signs: Signs): Piece {
  return { openEnds: 0, ways: 1, signs: folded(signs), isPlain: true, tail: null };
}

function settled({ openEnds, ways, tail }: Piece): Effort {
  return tail === null ? { openEnds, ways } : { openEnds: openEnds + tail.openEnds, ways: ways * tail.ways };
}

function one(code: number): { readonly signs: Signs; readonly code: number } {
  return { signs: oneSign(code), code };
}

function oneSign(code: number): Signs {
  return code > 127 ? OTHER : 1n << BigInt(code);
}

/** Letters in both cases: the flag `i` may be set. */
function folded(signs: Signs): Signs {
  return signs | ((signs & LOWER) >> 32n) | ((signs & UPPER) << 32n);
}
