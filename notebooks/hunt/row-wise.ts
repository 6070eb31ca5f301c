import type { SqlSession } from "../../connectors/sql/session.ts";

type Tree = { readonly [key: string]: unknown };

const VALUE_CLASSES = new Set([
  "BETWEEN",
  "CASE",
  "CAST",
  "COLLATE",
  "COLUMN_REF",
  "COMPARISON",
  "CONJUNCTION",
  "CONSTANT",
  "FUNCTION",
  "LAMBDA",
  "LAMBDA_REF",
  "OPERATOR",
  "PARAMETER",
  "POSITIONAL_REFERENCE",
  "STAR",
]);

/**
 * Whether a query answers for each row of one dataset by itself: one SELECT from one table, without grouping, windows,
 * joins, subqueries, DISTINCT, LIMIT or functions that are not plain functions of their arguments. Then its answer over
 * some rows is part of its answer over all, and an injected event can be judged alone. Says no where it is not sure.
 */
export async function isRowWise(session: SqlSession, sql: string): Promise<boolean> {
  const [row] = await session.rows("SELECT json_serialize_sql($1::VARCHAR)", [sql]);
  const parsed = JSON.parse(String(row?.[0])) as {
    readonly error?: boolean;
    readonly statements?: readonly { readonly node: Tree }[];
  };
  if (parsed.error !== false || parsed.statements?.length !== 1) return false;
  const node = parsed.statements[0]!.node;
  if (node.type !== "SELECT_NODE" || (node.from_table as Tree | undefined)?.type !== "BASE_TABLE")
    return false;
  if ((node.from_table as Tree).sample) return false;
  const isPlain =
    isEmpty((node.cte_map as Tree | undefined)?.map) &&
    isEmpty(node.group_expressions) &&
    isEmpty(node.group_sets) &&
    !node.having &&
    !node.qualify &&
    !node.sample &&
    node.aggregate_handling === "STANDARD_HANDLING" &&
    (node.modifiers as readonly Tree[]).every(({ type }) => type === "ORDER_MODIFIER");
  if (!isPlain) return false;
  const functions = new Set<string>();
  const values = [node.select_list, node.where_clause, node.modifiers];
  if (!values.every((value) => isValue(value, functions))) return false;
  for (const name of functions) {
    const [kinds] = await session.rows(
      "SELECT bool_and(function_type = 'scalar' AND stability = 'CONSISTENT') FROM duckdb_functions() WHERE function_name = $1",
      [name],
    );
    if (kinds?.[0] !== true) return false;
  }
  return true;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

function isValue(value: unknown, functions: Set<string>): boolean {
  if (Array.isArray(value)) return value.every((item) => isValue(item, functions));
  if (typeof value !== "object" || value === null) return true;
  const tree = value as Tree;
  if (typeof tree.class === "string" && typeof tree.type === "string" && !VALUE_CLASSES.has(tree.class))
    return false;
  if (typeof tree.function_name === "string") functions.add(tree.function_name.toLowerCase());
  return Object.values(tree).every((inner) => isValue(inner, functions));
}
