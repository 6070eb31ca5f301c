import {
  isNode,
  nodesOf,
  type TreeNode,
  type TreeValue,
  textOf,
} from "../../../notebooks/engine/syntax-tree.ts";

const LONGEST_TEXT = 120;
const OPERATORS: Readonly<Record<string, string>> = {
  COMPARE_EQUAL: "=",
  COMPARE_NOTEQUAL: "<>",
  COMPARE_LESSTHAN: "<",
  COMPARE_LESSTHANOREQUALTO: "<=",
  COMPARE_GREATERTHAN: ">",
  COMPARE_GREATERTHANOREQUALTO: ">=",
  COMPARE_DISTINCT_FROM: "is distinct from",
  COMPARE_NOT_DISTINCT_FROM: "is not distinct from",
  "~~": "like",
  "!~~": "not like",
  "~~*": "ilike",
  "!~~*": "not ilike",
  "~~~": "glob",
};

/** An expression of a parse tree as a person would write it, cut where it is long. For sentences, never to be run. */
export function expressionText(value: TreeValue | undefined): string {
  const text = written(value);
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT - 1)}…`;
}

function written(value: TreeValue | undefined): string {
  if (!isNode(value)) return "";
  const children = nodesOf(value.children).map(written);
  switch (textOf(value.class)) {
    case "COLUMN_REF":
      return Array.isArray(value.column_names) ? value.column_names.map(textOf).join(".") : "";
    case "CONSTANT":
      return constantText(value);
    case "COMPARISON":
      return `${written(value.left)} ${OPERATORS[textOf(value.type)] ?? "?"} ${written(value.right)}`;
    case "BETWEEN":
      return `${written(value.input)} between ${written(value.lower)} and ${written(value.upper)}`;
    case "CONJUNCTION":
      return `(${children.join(textOf(value.type) === "CONJUNCTION_OR" ? " or " : " and ")})`;
    case "CAST":
      return castText(value);
    case "FUNCTION":
      return functionText(value, children);
    case "OPERATOR":
      return operatorText(textOf(value.type), children);
    case "SUBQUERY":
      return textOf(value.subquery_type) === "EXISTS" ? "exists (…)" : `${written(value.child)} in (…)`;
    case "WINDOW":
      return `${textOf(value.function_name)}(${children.join(", ")}) over (…)`;
    case "CASE":
      return "case … end";
    case "STAR":
      return "*";
    default:
      return "…";
  }
}

function constantText(node: TreeNode): string {
  const value = isNode(node.value) ? node.value : {};
  if (value.is_null === true) return "null";
  const { value: inner } = value;
  if (typeof inner === "string") return `'${inner}'`;
  const info = isNode(value.type) && isNode(value.type.type_info) ? value.type.type_info : {};
  if (typeof inner === "number" && typeof info.scale === "number") return String(inner / 10 ** info.scale);
  if (typeof inner === "number" || typeof inner === "boolean") return String(inner);
  return "…";
}

function castText(node: TreeNode): string {
  const type = isNode(node.cast_type) ? textOf(node.cast_type.id) : "";
  const inner = written(node.child);
  if (type === "INTERVAL") return `interval ${inner}`;
  if (type === "BOOLEAN" && /^'[tf]'$/.test(inner)) return inner === "'t'" ? "true" : "false";
  return isNode(node.child) && textOf(node.child.class) === "CONSTANT"
    ? `${type.toLowerCase()} ${inner}`
    : inner;
}

function functionText(node: TreeNode, children: readonly string[]): string {
  const name = textOf(node.function_name);
  if (node.is_operator === true && children.length === 2)
    return `${children[0]} ${OPERATORS[name] ?? name} ${children[1]}`;
  if (name === "count_star") return "count(*)";
  const unit = /^to_([a-z]+)$/.exec(name)?.[1];
  if (unit !== undefined && children.length === 1) return `interval ${plainNumber(children[0]!)} ${unit}`;
  return `${name}(${node.distinct === true ? "distinct " : ""}${children.join(", ")})`;
}

/** `trunc(double 5)`, as the parser writes the number of an interval, without its wrapping. */
function plainNumber(text: string): string {
  return /^(?:trunc\(double )?'?(-?[\d.]+)'?\)?$/.exec(text)?.[1] ?? text;
}

function operatorText(type: string, children: readonly string[]): string {
  const [first = "", ...rest] = children;
  switch (type) {
    case "OPERATOR_NOT":
      return `not ${first}`;
    case "OPERATOR_IS_NULL":
      return `${first} is null`;
    case "OPERATOR_IS_NOT_NULL":
      return `${first} is not null`;
    case "COMPARE_IN":
      return `${first} in (${rest.join(", ")})`;
    case "COMPARE_NOT_IN":
      return `${first} not in (${rest.join(", ")})`;
    case "OPERATOR_COALESCE":
      return `coalesce(${children.join(", ")})`;
    case "STRUCT_EXTRACT":
      return `${first}.${rest.join(".").replaceAll("'", "")}`;
    default:
      return `${type.toLowerCase().replaceAll("_", " ")}(${children.join(", ")})`;
  }
}
