import { isNode, nodesOf, type TreeNode, textOf } from "../../../notebooks/engine/syntax-tree.ts";
import { expressionText } from "./expression-text.ts";
import {
  conjunctionOver,
  integerConstant,
  isInCondition,
  type MutationKind,
  numberType,
  operation,
  type Place,
  textConstant,
  type Variant,
  withText,
} from "./variant.ts";

const OPPOSITES: Readonly<Record<string, string>> = {
  COMPARE_EQUAL: "COMPARE_NOTEQUAL",
  COMPARE_NOTEQUAL: "COMPARE_EQUAL",
  COMPARE_LESSTHAN: "COMPARE_GREATERTHANOREQUALTO",
  COMPARE_GREATERTHANOREQUALTO: "COMPARE_LESSTHAN",
  COMPARE_GREATERTHAN: "COMPARE_LESSTHANOREQUALTO",
  COMPARE_LESSTHANOREQUALTO: "COMPARE_GREATERTHAN",
  COMPARE_DISTINCT_FROM: "COMPARE_NOT_DISTINCT_FROM",
  COMPARE_NOT_DISTINCT_FROM: "COMPARE_DISTINCT_FROM",
};
/** The same comparison with its bound taken in or left out. */
const BOUNDARIES: Readonly<Record<string, string>> = {
  COMPARE_LESSTHAN: "COMPARE_LESSTHANOREQUALTO",
  COMPARE_LESSTHANOREQUALTO: "COMPARE_LESSTHAN",
  COMPARE_GREATERTHAN: "COMPARE_GREATERTHANOREQUALTO",
  COMPARE_GREATERTHANOREQUALTO: "COMPARE_GREATERTHAN",
};
/** List items dropped one by one, at most; more stand for the others. */
const MAXIMUM_ITEMS = 12;

/** Comparisons flipped, thresholds moved by one, literals changed, list items dropped. */
export function valueVariants(place: Place): Variant[] {
  if (!isInCondition(place)) return [];
  switch (textOf(place.node.class)) {
    case "COMPARISON":
      return ofComparison(place);
    case "BETWEEN":
      return ofBetween(place);
    case "OPERATOR":
      return ofList(
        place,
        textOf(place.node.type) === "COMPARE_IN" || textOf(place.node.type) === "COMPARE_NOT_IN" ? 1 : -1,
      );
    case "FUNCTION":
      return ofList(place, textOf(place.node.function_name) === "list_value" ? 0 : -1);
    default:
      return [];
  }
}

function variant(place: Place, kind: MutationKind, by: TreeNode): Variant {
  const what = `${expressionText(place.node)} becomes ${expressionText(by)}`;
  return { kind, what, path: place.path, by, changed: place.node };
}

function ofComparison(place: Place): Variant[] {
  const { node } = place;
  const type = textOf(node.type);
  const sides = [node.left, node.right].filter(isNode);
  const hasNumber = sides.some((side) => numberType(side) !== null);
  const bothColumns = sides.length === 2 && sides.every((side) => textOf(side.class) === "COLUMN_REF");
  const found: Variant[] = [];
  const opposite = OPPOSITES[type];
  // Keys that are not equal pair everything with everything; dropping the condition asks the same.
  if (opposite !== undefined && !(bothColumns && type === "COMPARE_EQUAL"))
    found.push(variant(place, "comparison", { ...node, type: opposite }));
  const boundary = BOUNDARIES[type];
  if (boundary !== undefined && !hasNumber)
    found.push(variant(place, "time bound", { ...node, type: boundary }));
  for (const key of ["left", "right"] as const) {
    const side = node[key];
    if (!isNode(side)) continue;
    const text = textConstant(side);
    if (text !== null && conjunctionOver(place) !== "or")
      found.push(variant(place, "literal", { ...node, [key]: withText(side, `${text}~`) }));
    if (numberType(side) === null) continue;
    const moves = movedNumbers(side);
    if (boundary === undefined) found.push(variant(place, "literal", { ...node, [key]: moves[0]! }));
    else found.push(...moves.map((moved) => variant(place, "threshold", { ...node, [key]: moved })));
  }
  return found;
}

/** The number one higher and one lower; a fraction a tenth of itself higher and lower. */
function movedNumbers(constant: TreeNode): TreeNode[] {
  const type = numberType(constant);
  const inner = constant.value as TreeNode;
  if (type === "INTEGER" && typeof inner.value === "number") {
    const { value } = inner;
    return [value + 1, value - 1].map((moved) => ({ ...constant, value: { ...inner, value: moved } }));
  }
  if (type === "DECIMAL" || type === "DOUBLE" || type === "FLOAT") {
    return [11, 9].map((tenths) =>
      operation("/", operation("*", constant, integerConstant(tenths)), integerConstant(10)),
    );
  }
  return ["+", "-"].map((operator) => operation(operator, constant, integerConstant(1)));
}

function ofBetween(place: Place): Variant[] {
  const { node } = place;
  const { input, lower, upper } = node;
  if (!isNode(input) || !isNode(lower) || !isNode(upper)) return [];
  const half = (type: string, right: TreeNode): Variant =>
    variant(place, "condition", {
      class: "COMPARISON",
      type,
      alias: "",
      query_location: 0,
      left: input,
      right,
    });
  return [half("COMPARE_GREATERTHANOREQUALTO", lower), half("COMPARE_LESSTHANOREQUALTO", upper)];
}

/** Items that stand from `from` on among the node's children, each dropped; the only one is changed instead. */
function ofList(place: Place, from: number): Variant[] {
  const { node } = place;
  const children = nodesOf(node.children);
  if (from < 0 || children.length <= from) return [];
  const items = children.slice(from);
  if (!items.every((item) => textOf(item.class) === "CONSTANT")) return [];
  const [only] = items;
  if (items.length === 1 && only !== undefined) {
    const text = textConstant(only);
    const changed =
      text !== null
        ? withText(only, `${text}~`)
        : numberType(only) !== null
          ? movedNumbers(only)[0]
          : undefined;
    return changed === undefined
      ? []
      : [variant(place, "literal", { ...node, children: [...children.slice(0, from), changed] })];
  }
  const every = Math.max(1, Math.ceil(items.length / MAXIMUM_ITEMS));
  return items.flatMap((item, at) => {
    if (at % every !== 0) return [];
    return [
      {
        kind: "list" as const,
        what: `${expressionText(item)} is dropped from ${expressionText(node)}`,
        path: place.path,
        by: { ...node, children: children.filter((child) => child !== item) },
        changed: node,
      },
    ];
  });
}
