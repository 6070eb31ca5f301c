import { KIND, type Shape } from "./shape.ts";

/** How flat JSON objects of one kind of event are written: which keys in which order, with which kinds of value. */
export interface LineLayout {
  readonly keys: readonly string[];
  /** The `KIND` of each key's value. */
  readonly kinds: readonly number[];
  /** Regular expressions for keys and marks, and for values, one after another. */
  readonly tokens: readonly string[];
}

const MOST_LAYOUTS = 32;
const MOST_KEYS = 200;
/** Longer lines are left to the parser, so that no line exhausts the matcher's stack. */
const LONGEST_LINE = 16_384;
/** A layout is taken up when it has come so often. */
const OFTEN = 4;
const MOST_CANDIDATES = 256;
/** Of so many lines a quarter must be of a known layout; else looking for one rests. */
const WINDOW_LINES = 4_096;
const REST_LINES = 50_000;

const TEXT = String.raw`"[^"\\\u0000-\u001f]*(?:\\[\\"/bfnrt][^"\\\u0000-\u001f]*)*"`;
const INTEGER = String.raw`-?(?:0|[1-9]\d{0,14})`;
const BOOLEAN = "(?:true|false)";
const MEMBER = new RegExp(
  String.raw`([{,][ \t]*"([^"\\\u0000-\u001f]*)"[ \t]*:[ \t]*)(${TEXT}|${INTEGER}(?=[ \t,}])|true|false|null)([ \t]*)`,
  "y",
);
const SPECIAL = /[\\^$.*+?()[\]{}|/-]/g;

/**
 * The layouts that lines of one stream have. A line that fits one is a sound JSON object with just that layout's keys,
 * each once, and kinds of value: it needs no parser. Nothing else is told of a line that fits none.
 */
export class LineLayouts {
  #layouts: LineLayout[] = [];
  #candidates = new Map<string, number>();
  #expression: RegExp | null = null;
  /** Layouts by the groups of the expression. */
  #byGroup: LineLayout[] = [];
  #looked = 0;
  #found = 0;
  #resting = 0;

  /** The layout of a line; null when it fits none that is known. */
  find(line: string): LineLayout | null {
    if (this.#resting > 0) {
      this.#resting -= 1;
      return null;
    }
    this.#looked += 1;
    if (this.#looked > WINDOW_LINES) {
      if (this.#found * 4 < this.#looked) this.#forget();
      this.#looked = 0;
      this.#found = 0;
    }
    if (this.#expression === null || line.length > LONGEST_LINE) return null;
    const match = this.#expression.exec(line);
    if (match === null) return null;
    this.#found += 1;
    for (let group = 1; group < match.length; group += 1) {
      if (match[group] !== undefined) return this.#byGroup[group - 1]!;
    }
    return null;
  }

  /** Notes a line that fits none and that was found to be a good row of plain JSON. */
  learn(line: string): void {
    if (this.#resting > 0 || this.#layouts.length >= MOST_LAYOUTS || line.length > LONGEST_LINE) return;
    const layout = layoutOf(line);
    if (layout === null) return;
    const key = layout.tokens.join("");
    const count = (this.#candidates.get(key) ?? 0) + 1;
    if (count < OFTEN) {
      if (this.#candidates.size >= MOST_CANDIDATES) this.#candidates.clear();
      this.#candidates.set(key, count);
      return;
    }
    this.#candidates.delete(key);
    this.#layouts.push(layout);
    this.#byGroup = [];
    this.#expression = new RegExp(`^${this.#alternatives(this.#layouts, 0)}$`);
  }

  #forget(): void {
    this.#layouts = [];
    this.#candidates.clear();
    this.#expression = null;
    this.#byGroup = [];
    this.#resting = REST_LINES;
  }

  /** What layouts begin with alike is written once. An empty group at its end tells each apart. */
  #alternatives(layouts: readonly LineLayout[], at: number): string {
    const byToken = new Map<string, LineLayout[]>();
    for (const layout of layouts) {
      const token = layout.tokens[at];
      if (token === undefined) {
        this.#byGroup.push(layout);
        return "()";
      }
      const same = byToken.get(token);
      if (same === undefined) byToken.set(token, [layout]);
      else same.push(layout);
    }
    const parts = [...byToken].map(([token, same]) => token + this.#alternatives(same, at + 1));
    return parts.length === 1 ? parts[0]! : `(?:${parts.join("|")})`;
  }
}

/** The layout of a sound object without repeated keys; null where it is not flat, or read in a way of its own. */
function layoutOf(line: string): LineLayout | null {
  if (!line.startsWith("{")) return null;
  const keys: string[] = [];
  const kinds: number[] = [];
  const tokens: string[] = [];
  MEMBER.lastIndex = 0;
  let end = 0;
  for (let match = MEMBER.exec(line); match !== null; match = MEMBER.exec(line)) {
    const [, before, key, value, after] = match as unknown as [string, string, string, string, string];
    // Zeek's rows have `ts`; keys that are numbers come first in an object, wherever they are written.
    if (key === "ts" || /^\d+$/.test(key) || keys.length >= MOST_KEYS) return null;
    const [kind, pattern] = kindOf(value);
    keys.push(key);
    kinds.push(kind);
    tokens.push(literal(before), pattern + literal(after));
    end = MEMBER.lastIndex;
  }
  if (keys.length === 0 || end !== line.length - 1 || line[end] !== "}") return null;
  return { keys, kinds, tokens: [...tokens, literal("}")] };
}

function kindOf(text: string): [kind: number, pattern: string] {
  if (text.startsWith('"')) return [KIND.text, TEXT];
  if (text === "null") return [KIND.null, "null"];
  return text === "true" || text === "false" ? [KIND.boolean, BOOLEAN] : [KIND.integer, INTEGER];
}

function literal(text: string): string {
  return text.replace(SPECIAL, "\\$&");
}

/** Adds lines of a layout to the shape of their rows; their values are not sampled. */
export function observeLayout(shape: Shape, layout: LineLayout, lineCount: number): void {
  shape.kinds |= KIND.object;
  shape.count += lineCount;
  for (const [at, key] of layout.keys.entries()) {
    const field = shape.field(key);
    const kind = layout.kinds[at]!;
    field.kinds |= kind;
    if (kind !== KIND.null) field.count += lineCount;
  }
}
