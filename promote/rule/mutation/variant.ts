import { isNode, type TreeNode, type TreeValue, textOf } from "../../../notebooks/engine/syntax-tree.ts";
import type { TreePath } from "../sql-tree.ts";

/** In which way a variant is broken. */
export type MutationKind =
  | "comparison"
  | "literal"
  | "logic"
  | "negation"
  | "condition"
  | "pattern"
  | "threshold"
  | "window"
  | "time bound"
  | "join"
  | "list"
  | "distinct";

/** One change of a rule's tree: what stands at the path becomes `by`. */
export interface Variant {
  readonly kind: MutationKind;
  /** For a person: "`Image like '%x%'` is dropped". */
  readonly what: string;
  readonly path: TreePath;
  readonly by: TreeValue;
  /** The expression that was changed or dropped, as it is in the rule; what a suggestion starts from. */
  readonly changed: TreeNode;
}

/** A node where it stands: its ancestors, nearest last, each with the key that leads on. */
export interface Place {
  readonly node: TreeNode;
  readonly path: TreePath;
  readonly above: readonly { readonly node: TreeNode; readonly key: string }[];
}

const CONDITION_KEYS: ReadonlySet<string> = new Set([
  "where_clause",
  "having",
  "qualify",
  "condition",
  "filter",
  "filter_expr",
  "when_expr",
]);

/** Every node of a tree, outer ones first. */
export function* placesOf(
  value: TreeValue | undefined,
  path: TreePath = [],
  above: Place["above"] = [],
  key = "",
): Generator<Place> {
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) yield* placesOf(item, [...path, at], above, key);
    return;
  }
  if (!isNode(value)) return;
  yield { node: value, path, above };
  for (const [name, child] of Object.entries(value)) {
    yield* placesOf(child, [...path, name], [...above, { node: value, key: name }], name);
  }
}

/** Whether the node decides which rows there are, and not only what they show. */
export function isInCondition(place: Place): boolean {
  for (const { node, key } of [...place.above].reverse()) {
    if (CONDITION_KEYS.has(key)) return true;
    if (key === "select_list" && textOf(node.type) === "SELECT_NODE") return false;
  }
  return false;
}

/** The conjunction that the node is a part of by itself, as far as it is wrapped in nothing but `coalesce`. */
export function conjunctionOver(place: Place): "and" | "or" | null {
  for (const { node } of [...place.above].reverse()) {
    const type = textOf(node.type);
    if (type === "CONJUNCTION_AND") return "and";
    if (type === "CONJUNCTION_OR") return "or";
    if (type !== "OPERATOR_COALESCE") return null;
  }
  return null;
}

/** The text of a VARCHAR constant; null for everything else. */
export function textConstant(value: TreeValue | undefined): string | null {
  if (!isNode(value) || textOf(value.class) !== "CONSTANT" || !isNode(value.value)) return null;
  const type = isNode(value.value.type) ? textOf(value.value.type.id) : "";
  return type === "VARCHAR" && typeof value.value.value === "string" ? value.value.value : null;
}

/** The same constant with another text. */
export function withText(constant: TreeNode, text: string): TreeNode {
  return { ...constant, value: { ...(constant.value as TreeNode), value: text } };
}

const NUMBERS = /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT|U?INTEGER|DECIMAL|DOUBLE|FLOAT)$/;

/** The name of the constant's numeric type; null for everything else. */
export function numberType(value: TreeValue | undefined): string | null {
  if (!isNode(value) || textOf(value.class) !== "CONSTANT" || !isNode(value.value)) return null;
  const type = isNode(value.value.type) ? textOf(value.value.type.id) : "";
  return NUMBERS.test(type) && value.value.is_null !== true ? type : null;
}

export function integerConstant(value: number): TreeNode {
  return {
    class: "CONSTANT",
    type: "VALUE_CONSTANT",
    alias: "",
    query_location: 0,
    value: { type: { id: "INTEGER", type_info: null }, is_null: false, value },
  };
}

/** `left operator right` as DuckDB's parser gives it. */
export function operation(operator: string, left: TreeNode, right: TreeNode): TreeNode {
  return {
    class: "FUNCTION",
    type: "FUNCTION",
    alias: "",
    query_location: 0,
    function_name: operator,
    schema: "",
    children: [{ ...left, alias: "" }, right],
    filter: null,
    order_bys: { type: "ORDER_MODIFIER", orders: [] },
    distinct: false,
    is_operator: true,
    export_state: false,
    catalog: "",
  };
}
