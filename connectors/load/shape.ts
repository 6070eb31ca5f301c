import { type ColumnType, fieldKey, fieldName, type StructField, scalar, UNSEEN } from "../dataset/type.ts";

/** What kinds of value were seen at one place: a set of bits. */
export const KIND = {
  null: 1,
  boolean: 2,
  /** Integers that a DOUBLE holds exactly. */
  integer: 4,
  /** Integers within 64 bits that a DOUBLE does not hold. */
  longInteger: 8,
  /** Integers beyond 64 bits, and numbers beyond DOUBLE. */
  hugeNumber: 16,
  decimal: 32,
  text: 64,
  object: 128,
  list: 256,
  /** ISO text that the format itself declares to be an instant (Zeek's `time`). */
  instant: 512,
} as const;

const SAMPLE_COUNT = 48;
const MAXIMUM_STRUCT_FIELDS = 1000;
const MAXIMUM_DEPTH = 16;

/** Everything seen at one key path: kinds, nested fields, list items, and a few values. */
export class Shape {
  kinds = 0;
  count = 0;
  fields: Map<string, Shape> | null = null;
  item: Shape | null = null;
  /** Type the format declares, used where no value was seen. */
  declared: ColumnType | null = null;
  readonly samples: (string | number)[] = [];

  field(key: string): Shape {
    this.fields ??= new Map();
    let field = this.fields.get(key);
    if (field === undefined) {
      field = new Shape();
      this.fields.set(key, field);
    }
    return field;
  }

  /** Adds what another shape saw of further values. */
  absorb(other: Shape): void {
    this.kinds |= other.kinds;
    this.count += other.count;
    this.declared ??= other.declared;
    for (const value of other.samples) {
      if (this.samples.length >= SAMPLE_COUNT) break;
      this.samples.push(value);
    }
    if (other.fields !== null) {
      this.fields ??= new Map();
      for (const [key, field] of other.fields) this.field(key).absorb(field);
    }
    if (other.item !== null) {
      this.item ??= new Shape();
      this.item.absorb(other.item);
    }
  }

  sample(value: string | number): void {
    this.count++;
    if (this.samples.length < SAMPLE_COUNT) {
      if (typeof value === "string" && value.length > 256) this.samples.push(value.slice(0, 256));
      else this.samples.push(value);
    } else if ((this.count & 1023) === 0) {
      this.samples[(this.count >> 10) % SAMPLE_COUNT] =
        typeof value === "string" ? value.slice(0, 256) : value;
    }
  }
}

/**
 * Adds one parsed JSON value to the shape and returns how many object keys it has in all depths. Only for
 * values whose numbers are all written without fraction, exponent and at most 15 digits: the text of others
 * matters, see `observeText`.
 */
export function observeValue(shape: Shape, value: unknown): number {
  switch (typeof value) {
    case "string":
      shape.kinds |= KIND.text;
      shape.sample(value);
      return 0;
    case "number":
      shape.kinds |= KIND.integer;
      shape.sample(value);
      return 0;
    case "boolean":
      shape.kinds |= KIND.boolean;
      shape.count++;
      return 0;
    default:
      break;
  }
  if (value === null) {
    shape.kinds |= KIND.null;
    return 0;
  }
  let keys = 0;
  if (Array.isArray(value)) {
    shape.kinds |= KIND.list;
    shape.count++;
    shape.item ??= new Shape();
    for (const item of value) keys += observeValue(shape.item, item);
    return keys;
  }
  shape.kinds |= KIND.object;
  shape.count++;
  const object = value as Record<string, unknown>;
  for (const key in object) {
    keys += 1 + observeValue(shape.field(key), object[key]);
  }
  return keys;
}

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LONG_MINIMUM = -(2n ** 63n);
const LONG_MAXIMUM = 2n ** 63n - 1n;

/** The kind of a number by its text. */
export function numberKind(text: string): number {
  if (/^-?\d+$/.test(text)) {
    if (text.length <= 15) return KIND.integer;
    const value = BigInt(text);
    if (value < LONG_MINIMUM || value > LONG_MAXIMUM) return KIND.hugeNumber;
    return Number.isSafeInteger(Number(value)) ? KIND.integer : KIND.longInteger;
  }
  return Number.isFinite(Number(text)) ? KIND.decimal : KIND.hugeNumber;
}

/** Thrown by `observeText` for an object with the same key twice, before anything was observed. */
export class DuplicateKeyError extends Error {
  readonly key: string;
  constructor(key: string) {
    super(`the key ${JSON.stringify(key)} occurs twice in one object`);
    this.key = key;
  }
}

/**
 * Adds one JSON value to the shape by its text, which `JSON.parse` has accepted: tells 1 from 1.0, keeps 64-bit
 * integers exact, finds repeated keys (throws `DuplicateKeyError` and leaves the shape as it was).
 *
 * @param instants whether top-level ISO texts with microseconds and `Z` count as instants.
 */
export function observeText(shape: Shape, text: string, instants = false): void {
  scan(null, text, false);
  scan(shape, text, instants);
}

/** Zeek's JSON writer gives a `time` like this. */
const ISO_MICROSECONDS = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/;

function scan(root: Shape | null, text: string, instants: boolean): void {
  let at = 0;
  let depth = 0;
  const space = (): void => {
    for (;;) {
      const c = text.charCodeAt(at);
      if (c === 32 || c === 9 || c === 10 || c === 13) at++;
      else return;
    }
  };
  const string = (): string => {
    const from = at++;
    for (;;) {
      const c = text.charCodeAt(at);
      if (c === 92) at += 2;
      else if (c === 34) break;
      else at++;
    }
    at++;
    return JSON.parse(text.slice(from, at)) as string;
  };
  const value = (shape: Shape | null): void => {
    space();
    const c = text[at];
    if (c === "{") {
      at++;
      depth++;
      if (shape) {
        shape.kinds |= KIND.object;
        shape.count++;
      }
      const seen = shape ? null : new Set<string>();
      space();
      if (text[at] === "}") {
        at++;
        depth--;
        return;
      }
      for (;;) {
        space();
        const key = string();
        if (seen) {
          if (seen.has(key)) throw new DuplicateKeyError(key);
          seen.add(key);
        }
        space();
        at++;
        value(shape ? shape.field(key) : null);
        space();
        if (text[at++] === "}") {
          depth--;
          return;
        }
      }
    }
    if (c === "[") {
      at++;
      if (shape) {
        shape.kinds |= KIND.list;
        shape.count++;
        shape.item ??= new Shape();
      }
      space();
      if (text[at] === "]") {
        at++;
        return;
      }
      for (;;) {
        value(shape ? shape.item : null);
        space();
        if (text[at++] === "]") return;
      }
    }
    if (c === '"') {
      const s = string();
      if (shape) {
        const instant = instants && depth === 1 && s.length === 27 && ISO_MICROSECONDS.test(s);
        shape.kinds |= instant ? KIND.instant : KIND.text;
        shape.sample(s);
      }
      return;
    }
    if (c === "t" || c === "n") {
      at += 4;
      if (shape) {
        shape.kinds |= c === "t" ? KIND.boolean : KIND.null;
        if (c === "t") shape.count++;
      }
      return;
    }
    if (c === "f") {
      at += 5;
      if (shape) {
        shape.kinds |= KIND.boolean;
        shape.count++;
      }
      return;
    }
    NUMBER.lastIndex = at;
    const match = NUMBER.exec(text);
    if (!match) throw new Error(`not JSON at ${at}`);
    at += match[0].length;
    if (shape) {
      shape.kinds |= numberKind(match[0]);
      shape.sample(Number(match[0]));
    }
  };
  value(root);
}

/** Type of a shape's scalar kinds, or null when it has none. */
function scalarType(kinds: number): ColumnType | null {
  const present = kinds & ~(KIND.null | KIND.object | KIND.list);
  if (present === 0) return null;
  if (present === KIND.boolean) return scalar("BOOLEAN");
  if (present === KIND.instant) return scalar("TIMESTAMP");
  if ((present & ~(KIND.integer | KIND.longInteger)) === 0) return scalar("BIGINT");
  if ((present & ~(KIND.integer | KIND.decimal)) === 0) return scalar("DOUBLE");
  return scalar("VARCHAR");
}

/** True when one of the keys has no name in SQL. */
function hasUnnameableKeys(keys: readonly string[]): boolean {
  return keys.some((key) => key === "" || key.includes("\u0000"));
}

/**
 * The column type that holds every value seen: see connectors/DECISIONS.md for the table. Keys of an
 * object that differ only in case become fields of their own. Where nothing but nulls or empty lists was seen, the type is
 * `UNSEEN`.
 */
export function typeOf(shape: Shape, depth = 0): ColumnType {
  const isObject = (shape.kinds & KIND.object) !== 0;
  const isList = (shape.kinds & KIND.list) !== 0;
  const flat = scalarType(shape.kinds);
  if (!isObject && !isList) return flat ?? shape.declared ?? UNSEEN;
  if (flat || (isObject && isList) || depth >= MAXIMUM_DEPTH) return scalar("JSON");
  if (isList) {
    const declared = shape.declared?.kind === "list" ? shape.declared.item : null;
    const item = shape.item && shape.item.kinds !== 0 ? typeOf(shape.item, depth + 1) : null;
    return { kind: "list", item: item ?? declared ?? UNSEEN };
  }
  const keys = [...(shape.fields?.keys() ?? [])].sort(byCodeUnit);
  if (keys.length === 0 || keys.length > MAXIMUM_STRUCT_FIELDS || hasUnnameableKeys(keys))
    return scalar("JSON");
  const fields: StructField[] = [];
  for (const key of keys) {
    fields.push({ name: fieldName(key, fields), type: typeOf(shape.fields!.get(key)!, depth + 1) });
  }
  // A real key may look like the name of a twin: such an object keeps its keys as JSON.
  if (fields.some(({ name }, index) => fieldKey(name, fields) !== keys[index])) return scalar("JSON");
  return { kind: "struct", fields };
}

export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
