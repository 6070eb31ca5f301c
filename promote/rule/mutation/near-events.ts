import { formatInstant, parseInstant } from "../../../connectors/time/instant.ts";
import { isNode, type TreeNode, textOf } from "../../../notebooks/engine/syntax-tree.ts";
import { intervalMs } from "../interval.ts";
import { nodesBelow } from "../sql-tree.ts";
import type { Mutant } from "./mutants.ts";
import { isInterval } from "./structure-variants.ts";
import { numberType, textConstant } from "./variant.ts";

/** One event of a test: what its JSON says. */
export type EventFields = Readonly<Record<string, unknown>>;

const MOST_CANDIDATES = 60;

/**
 * Sets of events near the given ones that may tell a broken variant from the rule: the fields of the changed expression
 * set to what it asks for, to something else and to the numbers around its bounds, events left out, repeated, and moved
 * closer together or further apart. They only propose; each is tried on both.
 */
export function nearEvents(
  events: readonly EventFields[],
  mutant: Pick<Mutant, "changed" | "kind">,
): EventFields[][] {
  const candidates: EventFields[][] = [];
  for (const [field, values] of valuesByField(mutant.changed)) {
    for (const value of values) {
      candidates.push(events.map((event) => withField(event, field, value)));
      if (events.length > 1)
        for (const only of [0, events.length - 1])
          candidates.push(events.map((event, at) => (at === only ? withField(event, field, value) : event)));
    }
    if (events.length > 1)
      candidates.push(events.map((event) => withField(event, field, fieldOf(events[0]!, field))));
  }
  if (events.length > 1) {
    candidates.unshift(...movedInTime(events, mutant.changed));
    candidates.push(...events.slice(0, 8).map((_, left) => events.filter((__, at) => at !== left)));
  }
  candidates.push([...events, ...events]);
  candidates.push(...datasetsOf(events).map((name) => events.filter((event) => event._dataset !== name)));
  return candidates.filter((candidate) => candidate.length > 0).slice(0, MOST_CANDIDATES);
}

function datasetsOf(events: readonly EventFields[]): unknown[] {
  const names = [...new Set(events.map((event) => event._dataset))];
  return names.length > 1 ? names : [];
}

/** The columns that the expression names, each with values that it may and may not hold for. */
function valuesByField(expression: TreeNode): ReadonlyMap<string, readonly unknown[]> {
  const values: unknown[] = [];
  const fields = new Set<string>();
  for (const { node } of nodesBelow(expression)) {
    if (textOf(node.class) === "COLUMN_REF" && Array.isArray(node.column_names))
      fields.add(textOf(node.column_names.at(-1)));
    if (isInterval(node)) continue;
    const text = textConstant(node);
    if (text !== null) values.push(...near(text));
    if (numberType(node) !== null && isNode(node.value) && typeof node.value.value === "number") {
      const { value } = node.value;
      values.push(value, value + 1, value - 1);
    }
  }
  const plain = [...new Set(values)].slice(0, 12);
  return new Map([...fields].map((field) => [field, [...plain, undefined, "something else", 0, "~"]]));
}

/** Texts around a constant or pattern: itself, in the middle of more, and followed by more. */
function near(pattern: string): string[] {
  const bare = pattern
    .replace(/^\(\?[a-z-]+\)/i, "")
    .replaceAll("%", "")
    .replace(/^\^|\$$/g, "")
    .replaceAll(/\\([.\\/()[\]{}+*?^$|-])/g, "$1")
    .replaceAll(".*", " ");
  return [bare, `other ${bare} more`, `${bare} more`, `other ${bare}`, `${bare}~`];
}

function keyOf(event: EventFields, field: string): string {
  return Object.keys(event).find((key) => key.toLowerCase() === field.toLowerCase()) ?? field;
}

function fieldOf(event: EventFields, field: string): unknown {
  return event[keyOf(event, field)];
}

/** `undefined` takes the field away. */
function withField(event: EventFields, field: string, value: unknown): EventFields {
  const { [keyOf(event, field)]: _, ...others } = event;
  return value === undefined ? others : { ...others, [keyOf(event, field)]: value };
}

/** The events at other times: spread over a part or a multiple of the spans that the expression names, and in reverse. */
function movedInTime(events: readonly EventFields[], expression: TreeNode): EventFields[][] {
  const spans = [...nodesBelow(expression)].flatMap(({ node }) => intervalMs(node) ?? []);
  const targets = [...new Set(spans)].flatMap((ms) => [0.75, 1.5, 0.25, 3].map((part) => ms * part));
  const times = events.map((event) => (typeof event._time === "string" ? parseInstant(event._time) : null));
  if (targets.length === 0 || times.some((time) => time === null)) return [];
  const known = times.filter((time) => time !== null);
  const sorted = [...known].sort((left, right) => (left < right ? -1 : 1));
  const [first, last] = [sorted[0]!, sorted.at(-1)!];
  const place = (at: number, spanMs: number): bigint => {
    const spanUs = BigInt(Math.round(spanMs * 1000));
    const share =
      last > first ? Number(known[at]! - first) / Number(last - first) : at / Math.max(1, events.length - 1);
    return last - spanUs + BigInt(Math.round(Number(spanUs) * share));
  };
  const spread = (spanMs: number, mirrored: boolean) =>
    events.map((event, at) => {
      const timeUs = place(at, spanMs);
      return { ...event, _time: formatInstant(mirrored ? last + last - timeUs : timeUs) };
    });
  return [...targets.map((ms) => spread(ms, false)), ...targets.slice(0, 2).map((ms) => spread(ms, true))];
}
