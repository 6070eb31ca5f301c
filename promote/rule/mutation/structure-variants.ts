import { isNode, nodesOf, type TreeNode, textOf } from "../../../notebooks/engine/syntax-tree.ts";
import { expressionText } from "./expression-text.ts";
import {
  integerConstant,
  isInCondition,
  numberType,
  operation,
  type Place,
  type Variant,
} from "./variant.ts";

const JOIN_KINDS: Readonly<Record<string, string>> = {
  INNER: "LEFT",
  LEFT: "INNER",
  RIGHT: "INNER",
  OUTER: "INNER",
  SEMI: "ANTI",
  ANTI: "SEMI",
};
const INTERVAL_MAKERS = /^to_(?:microseconds|milliseconds|seconds|minutes|hours|days|weeks|months|years)$/;
/** A number that is added to a time and taken from one is a span, in whatever unit, from here on. */
const SMALLEST_SPAN = 1000;

/** Windows and time bounds made longer and shorter, joins of another kind, DISTINCT and partitions dropped. */
export function structureVariants(place: Place): Variant[] {
  return [...joins(place), ...distincts(place), ...spans(place), ...frames(place), ...limits(place)];
}

function joins({ node, path }: Place): Variant[] {
  if (textOf(node.type) !== "JOIN" || textOf(node.ref_type) === "CROSS") return [];
  const kind = textOf(node.join_type);
  const other = JOIN_KINDS[kind];
  if (other === undefined) return [];
  const what = `${kind.toLowerCase()} join becomes ${other.toLowerCase()} join on ${expressionText(node.condition) || "the same columns"}`;
  return [{ kind: "join", what, path: [...path, "join_type"], by: other, changed: node }];
}

function distincts({ node, path }: Place): Variant[] {
  const found: Variant[] = [];
  const modifiers = nodesOf(node.modifiers);
  const kept = modifiers.filter((modifier) => textOf(modifier.type) !== "DISTINCT_MODIFIER");
  if (kept.length < modifiers.length)
    found.push({
      kind: "distinct",
      what: "distinct is dropped",
      path: [...path, "modifiers"],
      by: kept,
      changed: node,
    });
  if (node.distinct === true && textOf(node.function_name) !== "") {
    const what = `distinct is dropped from ${expressionText(node)}`;
    found.push({ kind: "distinct", what, path: [...path, "distinct"], by: false, changed: node });
  }
  if (textOf(node.setop_type) === "UNION" && node.setop_all === false)
    found.push({
      kind: "distinct",
      what: "union becomes union all",
      path: [...path, "setop_all"],
      by: true,
      changed: node,
    });
  return found;
}

/** Whether the expression is a span of time by its own form. */
export function isInterval(node: TreeNode): boolean {
  if (textOf(node.class) === "CAST")
    return isNode(node.cast_type) && textOf(node.cast_type.id) === "INTERVAL";
  if (textOf(node.class) === "FUNCTION") return INTERVAL_MAKERS.test(textOf(node.function_name));
  if (textOf(node.class) !== "CONSTANT" || !isNode(node.value) || !isNode(node.value.type)) return false;
  return textOf(node.value.type.id) === "INTERVAL";
}

function spans(place: Place): Variant[] {
  const { node, path, above } = place;
  const inWindow = above.some(
    ({ node: over, key }) =>
      key === "start_expr" || key === "end_expr" || textOf(over.function_name) === "time_bucket",
  );
  const isSpan = isInterval(node) && !above.some(({ node: over }) => isInterval(over));
  if (!isSpan && !isNumberOfTime(place)) return [];
  const kind = inWindow ? "window" : "time bound";
  const text = expressionText(node);
  return [
    { kind, what: `${text} is doubled`, path, by: operation("*", node, integerConstant(2)), changed: node },
    { kind, what: `${text} is halved`, path, by: operation("/", node, integerConstant(2)), changed: node },
  ];
}

/** A large number next to a plus or minus of a condition: a span in milliseconds or microseconds. */
function isNumberOfTime(place: Place): boolean {
  const over = place.above.at(-1)?.node;
  const sums = ["+", "-"].includes(textOf(over?.function_name)) && over?.is_operator === true;
  if (!sums || !isInCondition(place) || numberType(place.node) === null) return false;
  const { value } = place.node.value as TreeNode;
  return typeof value === "number" && Math.abs(value) >= SMALLEST_SPAN;
}

function frames({ node, path }: Place): Variant[] {
  if (textOf(node.class) !== "WINDOW") return [];
  const found: Variant[] = [];
  const partitions = nodesOf(node.partitions);
  if (partitions.length > 0) {
    const what = `partition by ${partitions.map(expressionText).join(", ")} is dropped`;
    found.push({ kind: "window", what, path: [...path, "partitions"], by: [], changed: node });
  }
  for (const key of ["start_expr", "end_expr"] as const) {
    const bound = node[key];
    if (!isNode(bound) || numberType(bound) === null) continue;
    const longer = operation("+", bound, integerConstant(1));
    const what = `the frame of ${expressionText(node)} has one row more`;
    found.push({ kind: "window", what, path: [...path, key], by: longer, changed: node });
  }
  return found;
}

function limits({ node, path }: Place): Variant[] {
  const { limit } = node;
  if (textOf(node.type) !== "LIMIT_MODIFIER" || !isNode(limit) || numberType(limit) === null) return [];
  return ["+", "-"].map((operator) => ({
    kind: "threshold" as const,
    what: `limit ${expressionText(limit)} is one ${operator === "+" ? "more" : "less"}`,
    path: [...path, "limit"],
    by: operation(operator, limit, integerConstant(1)),
    changed: node,
  }));
}
