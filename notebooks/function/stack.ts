/** Browser-safe: pure functions, and SQL that makes the same ones. */
import { type HuntMacro, macro } from "./hunt-function.ts";

const count = (partition: string) => `count(*) OVER (PARTITION BY ${partition})`;

export const STACK_MACROS: readonly HuntMacro[] = [
  macro("stack_count", ["__value"], `(${count("__value")})`),
  macro("stack_share", ["__value"], `(${count("__value")} / count(*) OVER ())`),
  macro("rarity", ["__value"], `log2(count(*) OVER () / ${count("__value")})`),
  macro(
    "parent_child_rarity",
    ["__parent", "__child"],
    `(1 - ${count("__parent, __child")} / ${count("__parent")})`,
  ),
  macro("first_seen", ["__value", "__at"], "(min(__at) OVER (PARTITION BY __value))"),
  macro(
    "is_first_seen",
    ["__value", "__at"],
    "(__at IS NOT DISTINCT FROM min(__at) OVER (PARTITION BY __value))",
  ),
];

/** Values of a column, as cells hold them. Dates are equal by their instant, other objects by their JSON. */
export type StackValue = unknown;

function keyOf(value: StackValue): string {
  if (value === null || value === undefined) return "null";
  if (value instanceof Date) return `date ${value.getTime()}`;
  if (typeof value === "object") {
    return `object ${JSON.stringify(value, (_, part) => (typeof part === "bigint" ? `${part}n` : part))}`;
  }
  return `${typeof value === "bigint" ? "number" : typeof value} ${value}`;
}

function tally(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

/** As `stack_count` in SQL, over a column: one count for each value. */
export function stackCount(values: readonly StackValue[]): number[] {
  const keys = values.map(keyOf);
  const counts = tally(keys);
  return keys.map((key) => counts.get(key)!);
}

/** As `stack_share` in SQL, over a column. */
export function stackShare(values: readonly StackValue[]): number[] {
  return stackCount(values).map((count) => count / values.length);
}

/** As `rarity` in SQL, over a column. */
export function rarity(values: readonly StackValue[]): number[] {
  return stackCount(values).map((count) => Math.log2(values.length / count));
}

/** As `parent_child_rarity` in SQL, over two columns of equal length. */
export function parentChildRarity(parents: readonly StackValue[], children: readonly StackValue[]): number[] {
  const pairs = stackCount(parents.map((parent, at) => [keyOf(parent), keyOf(children[at])]));
  const totals = stackCount(parents);
  return pairs.map((count, at) => 1 - count / totals[at]!);
}

type Instant = Date | number | bigint | string | null;

function order(at: Instant): number | bigint | string | null {
  return at instanceof Date ? at.getTime() : at;
}

/** As `first_seen` in SQL, over two columns of equal length; instants are all of one kind. */
export function firstSeen<At extends Instant>(
  values: readonly StackValue[],
  ats: readonly At[],
): (At | null)[] {
  const keys = values.map(keyOf);
  const firsts = new Map<string, At>();
  keys.forEach((key, index) => {
    const at = ats[index]!;
    const known = firsts.get(key);
    if (at !== null && (known === undefined || order(at)! < order(known)!)) firsts.set(key, at);
  });
  return keys.map((key) => firsts.get(key) ?? null);
}

/** As `is_first_seen` in SQL, over two columns of equal length. */
export function isFirstSeen(values: readonly StackValue[], ats: readonly Instant[]): boolean[] {
  return firstSeen(values, ats).map((first, at) => order(first) === order(ats[at]!));
}
