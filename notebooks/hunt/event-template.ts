/** Events that a hunter writes to see whether a query would find them. Browser-safe: pure functions only. */

import type { Issue, Parsed } from "../../connectors/issue/issue.ts";
import type { Random } from "../../connectors/simulator/random.ts";
import { uuid } from "../../connectors/simulator/random.ts";

/** Events of one dataset, one JSON object a line, that are injected together. Texts may hold `{{placeholders}}`. */
export interface EventTemplate {
  readonly dataset: string;
  readonly events: string;
}

export type JsonObject = { readonly [key: string]: unknown };

export interface TemplateEvent {
  readonly dataset: string;
  readonly event: JsonObject;
}

/** A column that a placeholder draws from. */
export interface DrawnColumn {
  readonly dataset: string;
  /** The name as written, which may lead into a struct: `user.name`. */
  readonly name: string;
}

/** What one injection is filled with. */
export interface Draw {
  /** A value of the column in the row that was drawn for this injection; undefined where it has none. */
  readonly value: (dataset: string, name: string) => unknown;
  /** The instant of the injection, microseconds since the epoch. */
  readonly timeUs: bigint;
  readonly random: Random;
  /** What was made for this injection so far: `{{uuid}}` is one value in all of its events. */
  readonly made: Map<string, unknown>;
}

export const VARIANT_KINDS = ["without", "other casing", "other file name", "extra spaces"] as const;
export type VariantKind = (typeof VARIANT_KINDS)[number];
/** A change to one field of the events, by which they might hide. */
export interface Variant {
  readonly kind: VariantKind;
  readonly dataset: string;
  /** Keys from the event inwards. */
  readonly path: readonly string[];
}

/** The variant that injects rows of the data once more: what the query finds of anything at all. */
export const ORDINARY = "ordinary events";

const PLACEHOLDER = /\{\{\s*([^{}]+?)\s*\}\}/g;
const ONE_PLACEHOLDER = /^\{\{\s*([^{}]+?)\s*\}\}$/;
const TIME = /^time(?:\s*([+-])\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d))?$/;
const NUMBER = /^number\s+(-?\d+)\s*-\s*(-?\d+)$/;
const FILE_NAME =
  /([A-Za-z0-9_-]+)(\.(?:exe|dll|sys|ps1|psm1|bat|cmd|vbs|js|hta|msi|sh|py|pl|elf|so|jar|scr))\b/i;
const UNIT_US: Readonly<Record<string, number>> = { ms: 1e3, s: 1e6, m: 6e7, h: 3.6e9, d: 8.64e10 };
const LARGEST_TEMPLATE = 256 * 1024;
const MOST_EVENTS = 50;
const DEEPEST_FIELD = 5;

/** Reads templates. Issues name dataset and line. */
export function parseTemplates(templates: readonly EventTemplate[]): Parsed<readonly TemplateEvent[]> {
  const events: TemplateEvent[] = [];
  const issues: Issue[] = [];
  for (const { dataset, events: text } of templates) {
    if (text.length > LARGEST_TEMPLATE) {
      issues.push(issue("power.events.large", dataset, "The events are longer than 256 KiB."));
      continue;
    }
    for (const [index, line] of text.split("\n").entries()) {
      if (line.trim() === "") continue;
      const place = `${dataset}, line ${index + 1}`;
      try {
        const event = parseExactly(line);
        if (typeof event !== "object" || event === null || Array.isArray(event))
          issues.push(issue("power.events.object", place, "The line is no JSON object."));
        else events.push({ dataset, event: event as JsonObject });
      } catch (error) {
        issues.push(issue("power.events.json", place, `The line is no JSON: ${(error as Error).message}.`));
      }
    }
  }
  if (events.length > MOST_EVENTS)
    issues.push(
      issue("power.events.many", "events", `More than ${MOST_EVENTS} events are injected at once.`),
    );
  if (events.length === 0 && issues.length === 0)
    issues.push(issue("power.events.none", "events", "There is no event to inject."));
  return issues.length > 0 ? { ok: false, issues } : { ok: true, value: events, issues: [] };
}

/** Columns that the placeholders draw from. `datasets` tells a dataset's name before a dot from a column's. */
export function drawnColumns(
  events: readonly TemplateEvent[],
  datasets: ReadonlySet<string>,
): readonly DrawnColumn[] {
  const found = new Map<string, DrawnColumn>();
  for (const { dataset, event } of events) {
    for (const name of placeholdersOf(event)) {
      if (isMade(name)) continue;
      const column = columnOf(name, dataset, datasets);
      found.set(JSON.stringify(column), column);
    }
    for (const [path] of timesOf(event)) {
      const column = { dataset, name: path.join(".") };
      found.set(JSON.stringify(column), column);
    }
  }
  return [...found.values()];
}

/**
 * An event with every placeholder filled. `{{Column}}` and `{{dataset.column}}` are values of a drawn row, `{{time}}` and
 * `{{time+30s}}` are written as the dataset writes that field, `{{uuid}}`, `{{hex}}` and `{{number 1-65535}}` are made. A
 * text that is one placeholder takes the value's own type.
 */
export function fillEvent(
  { dataset, event }: TemplateEvent,
  draw: Draw,
  datasets: ReadonlySet<string>,
): JsonObject {
  const { made } = draw;
  const filled = (name: string, path: readonly string[]): unknown => {
    const time = TIME.exec(name);
    if (time) {
      const [, sign = "+", amount = "0", unit = "s"] = time;
      const shiftUs = BigInt(Math.round(Number(amount) * UNIT_US[unit]!));
      const timeUs = sign === "-" ? draw.timeUs - shiftUs : draw.timeUs + shiftUs;
      return instantLike(draw.value(dataset, path.join(".")), timeUs);
    }
    if (isMade(name)) {
      if (!made.has(name)) made.set(name, makeValue(name, draw.random));
      return made.get(name);
    }
    const column = columnOf(name, dataset, datasets);
    return draw.value(column.dataset, column.name) ?? null;
  };
  const fill = (value: unknown, path: readonly string[]): unknown => {
    if (typeof value === "string") {
      const one = ONE_PLACEHOLDER.exec(value);
      if (one) return filled(one[1]!, path);
      return value.replace(PLACEHOLDER, (_whole, name: string) => asText(filled(name, path)));
    }
    if (Array.isArray(value)) return value.map((item) => fill(item, path));
    if (isPlainObject(value)) {
      return Object.fromEntries(
        Object.entries(value).map(([key, inner]) => [key, fill(inner, [...path, key])]),
      );
    }
    return value;
  };
  return fill(event, []) as JsonObject;
}

/** The event with a variant's change; the same event where the variant does not touch it. */
export function applyVariant({ dataset, event }: TemplateEvent, variant: Variant): JsonObject {
  if (dataset !== variant.dataset) return event;
  return changeAt(event, variant.path, (value) => {
    if (variant.kind === "without") return undefined;
    if (typeof value !== "string") return value;
    if (variant.kind === "other casing") return otherCasing(value);
    if (variant.kind === "extra spaces") return value.replaceAll(/(\S) (?=\S)/g, "$1  ");
    return value.replace(FILE_NAME, (_whole, _name, ending: string) => `svc7f3a${ending}`);
  });
}

/** What a variant is called in a record. */
export function variantName({ kind, path }: Variant): string {
  const field = path.join(".");
  return kind === "without" ? `without ${field}` : `${kind} in ${field}`;
}

/** Variants of the fields that decide what the SQL finds: by these an attacker, or a source that lacks a field, may hide. */
export function suggestVariants(events: readonly TemplateEvent[], sql: string): readonly Variant[] {
  const words = decidingWords(sql);
  const found = new Map<string, Variant>();
  for (const { dataset, event } of events) {
    for (const [path, value] of leavesOf(event)) {
      if (!words.has(path.at(-1)!.toLowerCase()) && !words.has(path.join(".").toLowerCase())) continue;
      const kinds: VariantKind[] = ["without"];
      if (typeof value === "string" && !TIME.test(ONE_PLACEHOLDER.exec(value)?.[1] ?? "")) {
        const text = value.replaceAll(PLACEHOLDER, "");
        if (otherCasing(text) !== text || (text === "" && value !== "")) kinds.push("other casing");
        if (FILE_NAME.test(text)) kinds.push("other file name");
        if (/\S \S/.test(text)) kinds.push("extra spaces");
      }
      for (const kind of kinds) {
        const variant: Variant = { kind, dataset, path };
        found.set(JSON.stringify([kind, dataset, path]), variant);
      }
    }
  }
  return [...found.values()];
}

/** An instant written as `sample` is: as text of the same form, or as seconds to nanoseconds since the epoch. */
export function instantLike(sample: unknown, timeUs: bigint): unknown {
  if (typeof sample === "bigint" || typeof sample === "number") return epochLike(Number(sample), timeUs);
  if (typeof sample === "string" && /^\d{9,20}(\.\d+)?$/.test(sample))
    return String(epochLike(Number(sample), timeUs));
  const text = typeof sample === "string" ? sample : "";
  const match = /^\d{4}-\d{2}-\d{2}([T ])\d{2}:\d{2}:\d{2}(?:([.,])(\d+))?\s?(Z|UTC|[+-]\d{2}:?\d{2})?$/.exec(
    text,
  );
  const [, separator = "T", point = ".", digits = "000", zone = match ? "" : "Z"] = match ?? [];
  const wholeMs = Number(timeUs / 1000n);
  const fraction = (timeUs % 1_000_000n).toString().padStart(6, "0").padEnd(9, "0");
  const iso = new Date(wholeMs).toISOString();
  const end = /^[+-]/.test(zone) ? (zone.includes(":") ? "+00:00" : "+0000") : zone === "UTC" ? " UTC" : zone;
  const hasFraction = !match || match[3] !== undefined;
  return `${iso.slice(0, 10)}${separator}${iso.slice(11, 19)}${hasFraction ? point + fraction.slice(0, digits.length) : ""}${end}`;
}

/** JSON text whose 64-bit integers keep all digits; the inverse of `parseExactly`. */
export function writeExactly(value: unknown): string {
  return JSON.stringify(value, (_key, inner) =>
    typeof inner === "bigint" ? rawNumber(inner.toString()) : (inner as unknown),
  );
}

/** JSON with integers beyond 53 bits as bigint. */
export function parseExactly(text: string): unknown {
  return JSON.parse(text, ((_key: string, value: unknown, context?: { readonly source?: string }) =>
    typeof value === "number" && context?.source !== undefined && /^-?\d{16,}$/.test(context.source)
      ? BigInt(context.source)
      : value) as (key: string, value: unknown) => unknown);
}

function rawNumber(text: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);
}

function epochLike(sample: number, timeUs: bigint): number {
  const size = Math.abs(sample);
  if (size >= 1e17) return Number(timeUs) * 1000;
  if (size >= 1e14) return Number(timeUs);
  if (size >= 1e11) return Number(timeUs / 1000n);
  return Number.isInteger(sample) ? Number(timeUs / 1_000_000n) : Number(timeUs) / 1e6;
}

function isMade(name: string): boolean {
  return TIME.test(name) || NUMBER.test(name) || name === "uuid" || name === "hex";
}

function makeValue(name: string, random: Random): unknown {
  if (name === "uuid") return uuid(random);
  if (name === "hex") return random.hex(16);
  const [, low = "0", high = "0"] = NUMBER.exec(name) ?? [];
  const [from, until] = [Number(low), Number(high)];
  return from + random.below(Math.max(1, until - from + 1));
}

function columnOf(name: string, dataset: string, datasets: ReadonlySet<string>): DrawnColumn {
  const dot = name.indexOf(".");
  const before = dot < 0 ? "" : name.slice(0, dot);
  return datasets.has(before) ? { dataset: before, name: name.slice(dot + 1) } : { dataset, name };
}

function placeholdersOf(value: unknown): string[] {
  if (typeof value === "string") return [...value.matchAll(PLACEHOLDER)].map((match) => match[1]!);
  if (Array.isArray(value)) return value.flatMap(placeholdersOf);
  return isPlainObject(value) ? Object.values(value).flatMap(placeholdersOf) : [];
}

function timesOf(event: JsonObject): (readonly [readonly string[], unknown])[] {
  return leavesOf(event).filter(([, value]) => placeholdersOf(value).some((name) => TIME.test(name)));
}

function leavesOf(
  value: JsonObject,
  before: readonly string[] = [],
): (readonly [readonly string[], unknown])[] {
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = [...before, key];
    return isPlainObject(inner) && path.length < DEEPEST_FIELD
      ? leavesOf(inner, path)
      : [[path, inner] as const];
  });
}

function changeAt(
  value: JsonObject,
  path: readonly string[],
  change: (value: unknown) => unknown,
): JsonObject {
  const [key, ...rest] = path;
  if (key === undefined || !Object.hasOwn(value, key)) return value;
  const entries = Object.entries(value).flatMap(([name, inner]): [string, unknown][] => {
    if (name !== key) return [[name, inner]];
    const next =
      rest.length === 0 ? change(inner) : isPlainObject(inner) ? changeAt(inner, rest, change) : inner;
    return next === undefined ? [] : [[name, next]];
  });
  return Object.fromEntries(entries);
}

/** Upper case, or lower case where it is upper case already. */
function otherCasing(text: string): string {
  const upper = text.toUpperCase();
  return upper === text ? text.toLowerCase() : upper;
}

/**
 * Names in a SQL text, lower case, without what stands in comments and texts: those from the first condition or grouping
 * on, which decide what is found; all names where there is none.
 */
function decidingWords(sql: string): ReadonlySet<string> {
  const whole = sql.replaceAll(/--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'/g, " ");
  const from = whole.search(/\b(?:where|on|using|having|qualify|group\s+by|partition\s+by|filter)\b/i);
  const bare = from < 0 ? whole : whole.slice(from);
  const quoted = [...bare.matchAll(/"((?:[^"]|"")*)"/g)].map((match) => match[1]!.replaceAll('""', '"'));
  const plain = bare.match(/[A-Za-z_@$][\w$@]*/g) ?? [];
  return new Set([...quoted, ...plain].map((word) => word.toLowerCase()));
}

function asText(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? writeExactly(value) : String(value);
}

function isPlainObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function issue(code: string, place: string, message: string): Issue {
  return {
    severity: "error",
    code,
    place,
    message,
    remedy: "Write one JSON object a line, as the source would send it.",
  };
}
