import { isNode, nodesOf, type TreeNode, textOf } from "../../../notebooks/engine/syntax-tree.ts";
import { type ColumnIndex, resolveColumn, typeAt } from "./plain-rule.ts";

/** Types between which a comparison needs no cast that can fail. */
export type TypeClass = "text" | "number" | "boolean" | "time";

const NUMBER = /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|FLOAT|DOUBLE|DECIMAL\b.*)$/;
/** Functions of texts that give a text and never fail. */
const TEXT_FUNCTIONS = new Set(["lower", "upper", "trim", "ltrim", "rtrim"]);
/** Functions of texts that give a boolean and never fail once they are bound. */
const TESTS = new Set([
  "contains",
  "starts_with",
  "prefix",
  "ends_with",
  "suffix",
  "~~",
  "!~~",
  "~~*",
  "!~~*",
]);
const REGEXES = new Set(["regexp_matches", "regexp_full_match"]);
const COMPARISONS = new Set([
  "COMPARE_EQUAL",
  "COMPARE_NOTEQUAL",
  "COMPARE_LESSTHAN",
  "COMPARE_GREATERTHAN",
  "COMPARE_LESSTHANOREQUALTO",
  "COMPARE_GREATERTHANOREQUALTO",
  "COMPARE_DISTINCT_FROM",
  "COMPARE_NOT_DISTINCT_FROM",
]);
const LISTS = new Set(["COMPARE_IN", "COMPARE_NOT_IN"]);
const LIKE_ESCAPES = new Set(["like_escape", "not_like_escape", "ilike_escape", "not_ilike_escape"]);

function classOfName(name: string): TypeClass | null {
  if (name === "VARCHAR") return "text";
  if (name === "BOOLEAN") return "boolean";
  if (name === "TIMESTAMP") return "time";
  return NUMBER.test(name) ? "number" : null;
}

/** The class of a node's type, as far as it is certain without DuckDB. */
export function typeClass(node: TreeNode, columns: ColumnIndex): TypeClass | null {
  const type = textOf(node.type);
  if (type === "COLUMN_REF") {
    const resolved = resolveColumn(node, columns);
    const found = resolved === null ? null : typeAt(resolved);
    return found?.kind === "scalar" ? classOfName(found.name) : null;
  }
  if (type === "VALUE_CONSTANT") {
    const value = isNode(node.value) ? node.value : {};
    return value.is_null === true || !isNode(value.type) ? null : classOfName(textOf(value.type.id));
  }
  if (type === "OPERATOR_CAST") return isNode(node.cast_type) ? classOfName(textOf(node.cast_type.id)) : null;
  if (
    type.startsWith("CONJUNCTION_") ||
    type === "OPERATOR_NOT" ||
    COMPARISONS.has(type) ||
    LISTS.has(type)
  ) {
    return "boolean";
  }
  if (type === "OPERATOR_IS_NULL" || type === "OPERATOR_IS_NOT_NULL" || type === "COMPARE_BETWEEN")
    return "boolean";
  if (type === "OPERATOR_COALESCE") {
    const classes = nodesOf(node.children).map((child) => typeClass(child, columns));
    return classes.every((one) => one === classes[0]) ? (classes[0] ?? null) : null;
  }
  if (textOf(node.class) !== "FUNCTION") return null;
  const name = textOf(node.function_name);
  const first = nodesOf(node.children)[0];
  if (first === undefined || typeClass(first, columns) !== "text") return null;
  if (TESTS.has(name) || REGEXES.has(name) || LIKE_ESCAPES.has(name)) return "boolean";
  if (TEXT_FUNCTIONS.has(name)) return "text";
  return name === "length" || name === "len" ? "number" : null;
}

/** Whether working the node out can fail on no row whatever is in it: its types are certain and fit one another. */
export function isQuiet(node: TreeNode, columns: ColumnIndex): boolean {
  const type = textOf(node.type);
  const own = typeClass(node, columns);
  if (own === null) return false;
  const quiet = (child: unknown): boolean => isNode(child as TreeNode) && isQuiet(child as TreeNode, columns);
  const alike = (nodes: readonly TreeNode[]): boolean => {
    const classes = nodes.map((child) => typeClass(child, columns));
    return nodes.every(quiet) && classes.every((one) => one !== null && one === classes[0]);
  };
  if (type === "COLUMN_REF" || type === "VALUE_CONSTANT") return true;
  if (type === "OPERATOR_CAST") return isQuietCast(node, columns);
  if (type.startsWith("CONJUNCTION_") || type === "OPERATOR_NOT") {
    return nodesOf(node.children).every((child) => quiet(child) && typeClass(child, columns) === "boolean");
  }
  if (type === "COMPARE_BETWEEN") return alike([node.input, node.lower, node.upper] as TreeNode[]);
  if (COMPARISONS.has(type)) return isNode(node.left) && isNode(node.right) && alike([node.left, node.right]);
  if (LISTS.has(type) || type === "OPERATOR_COALESCE") return alike(nodesOf(node.children));
  if (type === "OPERATOR_IS_NULL" || type === "OPERATOR_IS_NOT_NULL")
    return nodesOf(node.children).every(quiet);
  if (textOf(node.class) !== "FUNCTION") return false;
  // A pattern that is no constant can be wrong in some row only.
  const rest = nodesOf(node.children).slice(1);
  const needsConstants =
    REGEXES.has(textOf(node.function_name)) || LIKE_ESCAPES.has(textOf(node.function_name));
  if (needsConstants && !rest.every((child) => textOf(child.type) === "VALUE_CONSTANT")) return false;
  return alike(nodesOf(node.children));
}

/** Casts to text, tries, and `x IS TRUE`'s cast of what is a boolean already. */
function isQuietCast(node: TreeNode, columns: ColumnIndex): boolean {
  if (!isNode(node.child) || !isNode(node.cast_type)) return false;
  const target = textOf(node.cast_type.id);
  const constant = textOf(node.child.type) === "VALUE_CONSTANT";
  if (!constant && !isQuiet(node.child, columns)) return false;
  const from = typeClass(node.child, columns);
  if (constant) return from !== null;
  return (
    target === "VARCHAR" ||
    node.try_cast === true ||
    (target === "BOOLEAN" && from === "boolean") ||
    (target === "DOUBLE" && from === "number")
  );
}
