import { isNode, nodesOf, type TreeNode, textOf } from "../../../notebooks/engine/syntax-tree.ts";
import { expressionText } from "./expression-text.ts";
import { isInCondition, type Place, type Variant } from "./variant.ts";

/** Clauses that may be left out as a whole. */
const WHOLE_CLAUSES = ["where_clause", "having", "qualify", "filter", "filter_expr"] as const;
const NEGATED_TYPES: Readonly<Record<string, string>> = {
  COMPARE_NOT_IN: "COMPARE_IN",
  OPERATOR_IS_NULL: "OPERATOR_IS_NOT_NULL",
  OPERATOR_IS_NOT_NULL: "OPERATOR_IS_NULL",
};
const NEGATED_FUNCTIONS: Readonly<Record<string, string>> = { "!~~": "~~", "!~~*": "~~*" };

/** Conditions dropped, AND and OR swapped, NOT dropped. */
export function conditionVariants(place: Place): Variant[] {
  const { node, path } = place;
  return [
    ...droppedClauses(place),
    ...ofConjunction(node, path),
    ...(isInCondition(place) ? negations(place) : []),
  ];
}

function droppedClauses({ node, path }: Place): Variant[] {
  return WHOLE_CLAUSES.flatMap((key) => {
    const clause = node[key];
    if (!isNode(clause) || textOf(clause.class) === "CONJUNCTION") return [];
    const name = key.replace("_clause", "").replace("_expr", "");
    return [
      {
        kind: "condition" as const,
        what: `${name} ${expressionText(clause)} is dropped`,
        path: [...path, key],
        by: null,
        changed: clause,
      },
    ];
  });
}

function ofConjunction(node: TreeNode, path: Variant["path"]): Variant[] {
  if (textOf(node.class) !== "CONJUNCTION") return [];
  const children = nodesOf(node.children);
  const isOr = textOf(node.type) === "CONJUNCTION_OR";
  const drops = children.map((child, at): Variant => {
    const others = children.filter((_, index) => index !== at);
    const [only] = others;
    return {
      kind: "condition",
      what: `${expressionText(child)} is dropped`,
      path,
      by: others.length === 1 ? only! : { ...node, children: others },
      changed: child,
    };
  });
  const swap: Variant = {
    kind: "logic",
    what: `${isOr ? "or" : "and"} becomes ${isOr ? "and" : "or"} in ${expressionText(node)}`,
    path,
    by: { ...node, type: isOr ? "CONJUNCTION_AND" : "CONJUNCTION_OR" },
    changed: node,
  };
  return [...drops, swap];
}

function negations({ node, path }: Place): Variant[] {
  const type = textOf(node.type);
  const negation = (by: TreeNode): Variant => ({
    kind: "negation",
    what: `${expressionText(node)} becomes ${expressionText(by)}`,
    path,
    by,
    changed: node,
  });
  const [child] = nodesOf(node.children);
  if (type === "OPERATOR_NOT" && child !== undefined) return [negation(child)];
  const other = NEGATED_TYPES[type];
  if (other !== undefined) return [negation({ ...node, type: other })];
  const plain = NEGATED_FUNCTIONS[textOf(node.function_name)];
  return plain === undefined ? [] : [negation({ ...node, function_name: plain })];
}
