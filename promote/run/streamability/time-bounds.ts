import {
  isNode,
  nodesOf,
  type TreeNode,
  type TreeValue,
  textOf,
} from "../../../notebooks/engine/syntax-tree.ts";
import { nodesBelow } from "../../rule/sql-tree.ts";

/** `left` is at most a fixed span later than `right`. */
export interface TimeBound {
  readonly left: string;
  readonly right: string;
}

/** A column of a time: of which relation; empty where it does not say. */
interface TimeColumn {
  readonly relation: string;
  /** -1 where it is taken away. */
  readonly sign: 1 | -1;
}

const LATER: ReadonlySet<string> = new Set(["COMPARE_GREATERTHAN", "COMPARE_GREATERTHANOREQUALTO"]);
const EARLIER: ReadonlySet<string> = new Set(["COMPARE_LESSTHAN", "COMPARE_LESSTHANOREQUALTO"]);

/** Names of columns that hold event times: `_time`, and what any SELECT of the statement calls such a thing. */
export function timeNames(tree: TreeNode): ReadonlySet<string> {
  const names = new Set(["_time"]);
  for (let before = 0; before !== names.size; ) {
    before = names.size;
    for (const { node } of nodesBelow(tree.statements)) {
      for (const item of nodesOf(node.select_list)) {
        const alias = textOf(item.alias).toLowerCase();
        if (alias !== "" && timesIn(item, names, 1).length > 0 && isTime(item)) names.add(alias);
      }
    }
  }
  return names;
}

/** Expressions that keep a time a time: not the length of a span, a count or a comparison. */
function isTime(node: TreeNode): boolean {
  const name = textOf(node.function_name);
  if (name === "-") return nodesOf(node.children).filter((child) => columnName(child) !== null).length < 2;
  return (
    ["COLUMN_REF", "FUNCTION", "CAST", "WINDOW"].includes(textOf(node.class)) &&
    !/^count|^date_?diff$/.test(name)
  );
}

function columnName(node: TreeNode): string | null {
  if (textOf(node.class) !== "COLUMN_REF" || !Array.isArray(node.column_names)) return null;
  return textOf(node.column_names.at(-1)).toLowerCase();
}

function timesIn(value: TreeValue | undefined, names: ReadonlySet<string>, sign: 1 | -1): TimeColumn[] {
  if (Array.isArray(value)) return value.flatMap((item) => timesIn(item, names, sign));
  if (!isNode(value)) return [];
  if (textOf(value.class) === "SUBQUERY") return [];
  const name = columnName(value);
  if (name !== null) {
    const columns = value.column_names as TreeValue[];
    return names.has(name)
      ? [{ relation: columns.length > 1 ? textOf(columns[0]).toLowerCase() : "", sign }]
      : [];
  }
  const children = nodesOf(value.children);
  const called = textOf(value.function_name);
  if (called === "-" && children.length === 2)
    return [...timesIn(children[0], names, sign), ...timesIn(children[1], names, sign === 1 ? -1 : 1)];
  if (/^date_?(?:diff|sub)$/.test(called) && children.length === 3)
    return [...timesIn(children[1], names, sign === 1 ? -1 : 1), ...timesIn(children[2], names, sign)];
  return Object.values(value).flatMap((child) => timesIn(child, names, sign));
}

/** What a condition says of how far apart the times of two relations are. */
export function boundsOf(condition: TreeNode, names: ReadonlySet<string>): TimeBound[] {
  const type = textOf(condition.type);
  if (type === "COMPARE_BETWEEN") {
    return [
      ...atMost(condition.lower, condition.input, names),
      ...atMost(condition.input, condition.upper, names),
    ];
  }
  if (EARLIER.has(type)) return atMost(condition.left, condition.right, names);
  if (LATER.has(type)) return atMost(condition.right, condition.left, names);
  if (type === "COMPARE_EQUAL")
    return [
      ...atMost(condition.left, condition.right, names),
      ...atMost(condition.right, condition.left, names),
    ];
  return [];
}

function isAbsolute(value: TreeValue | undefined): boolean {
  return isNode(value) && ["abs", "@"].includes(textOf(value.function_name));
}

/** `lesser <= greater`: bounds between the times that are added on one side and taken away on it or added on the other. */
function atMost(
  lesser: TreeValue | undefined,
  greater: TreeValue | undefined,
  names: ReadonlySet<string>,
): TimeBound[] {
  const left = [...timesIn(lesser, names, 1), ...timesIn(greater, names, -1)];
  const plus = left.filter(({ sign }) => sign === 1);
  const minus = left.filter(({ sign }) => sign === -1);
  const bounds = plus.flatMap((one) =>
    minus.map((other): TimeBound => ({ left: one.relation, right: other.relation })),
  );
  return isAbsolute(lesser) ? bounds.flatMap((one) => [one, { left: one.right, right: one.left }]) : bounds;
}

/** Whether the bounds keep both relations near each other, whichever is the later one. */
export function isBounded(bounds: readonly TimeBound[], one: string, other: string): boolean {
  const says = (left: string, right: string) =>
    bounds.some((bound) => names(bound.left, left, right) && names(bound.right, right, left));
  return says(one, other) && says(other, one);
}

/** A time without a relation's name may be of either, but not of both. */
function names(said: string, meant: string, other: string): boolean {
  return said === meant || (said === "" && said !== other);
}
