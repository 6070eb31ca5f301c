import {
  commonTablesOf,
  isNode,
  nodesOf,
  type TreeNode,
  type TreeValue,
  textOf,
} from "../../../notebooks/engine/syntax-tree.ts";

/** One SELECT of a statement, with what it reads. */
export interface QueryScope {
  readonly node: TreeNode;
  /** Lower-case names by which it reads something that has events in time. */
  readonly relations: readonly string[];
  /** The SELECT around it, where this one may name its columns. */
  readonly outer: QueryScope | null;
  /** The SELECTs that are this one's tables are not among those that it bounds. */
  readonly isExpression: boolean;
}

interface Names {
  /** Lower-case names of datasets that have no events: lookups. */
  readonly lookups: ReadonlySet<string>;
}

/** Every SELECT of a statement, outer ones first. */
export function scopesOf(statement: TreeNode, names: Names): QueryScope[] {
  const found: QueryScope[] = [];
  walk(statement.node, null, false, names, new Map(), found);
  return found;
}

function walk(
  value: TreeValue | undefined,
  outer: QueryScope | null,
  isExpression: boolean,
  names: Names,
  tables: ReadonlyMap<string, boolean>,
  found: QueryScope[],
): void {
  if (Array.isArray(value)) for (const item of value) walk(item, outer, isExpression, names, tables, found);
  if (!isNode(value)) return;
  let known = tables;
  for (const { name, query } of commonTablesOf(value)) {
    walk(query.node ?? query, null, false, names, known, found);
    known = new Map([...known, [name.toLowerCase(), readsEvents(query, names, known)]]);
  }
  let scope = outer;
  let inside = isExpression;
  if (textOf(value.type) === "SELECT_NODE") {
    scope = { node: value, relations: relationsOf(value.from_table, names, known), outer, isExpression };
    found.push(scope);
    inside = false;
  }
  for (const [key, child] of Object.entries(value)) {
    if (key === "cte_map") continue;
    const isTable = key === "from_table" || key === "left" || key === "right";
    // What stands in FROM does not see the SELECT around it; a subquery in an expression does.
    if (textOf(value.type) === "SUBQUERY" && textOf(value.class) !== "SUBQUERY") {
      walk(child, null, false, names, known, found);
    } else if (textOf(value.class) === "SUBQUERY" && key === "subquery") {
      walk(child, scope, true, names, known, found);
    } else walk(child, scope, isTable ? false : inside, names, known, found);
  }
}

function relationsOf(
  from: TreeValue | undefined,
  names: Names,
  tables: ReadonlyMap<string, boolean>,
): string[] {
  if (!isNode(from)) return [];
  switch (textOf(from.type)) {
    case "BASE_TABLE": {
      const name = textOf(from.table_name).toLowerCase();
      if (names.lookups.has(name) || tables.get(name) === false) return [];
      return [textOf(from.alias).toLowerCase() || name];
    }
    case "JOIN":
      return [...relationsOf(from.left, names, tables), ...relationsOf(from.right, names, tables)];
    case "SUBQUERY":
      return readsEvents(from, names, tables) ? [textOf(from.alias).toLowerCase()] : [];
    default:
      return [];
  }
}

/** Whether any dataset with events is read below. */
function readsEvents(
  value: TreeValue | undefined,
  names: Names,
  tables: ReadonlyMap<string, boolean>,
): boolean {
  if (Array.isArray(value)) return value.some((item) => readsEvents(item, names, tables));
  if (!isNode(value)) return false;
  if (textOf(value.type) === "BASE_TABLE") {
    const name = textOf(value.table_name).toLowerCase();
    return tables.get(name) ?? !names.lookups.has(name);
  }
  return Object.values(value).some((child) => readsEvents(child, names, tables));
}

/** Direct parts of a SELECT's conditions that must all hold: of WHERE and of its joins. */
export function conjunctsOf(scope: QueryScope): TreeNode[] {
  return [...parts(scope.node.where_clause), ...joinConditions(scope.node.from_table).flatMap(parts)];
}

function joinConditions(from: TreeValue | undefined): TreeValue[] {
  if (!isNode(from) || textOf(from.type) !== "JOIN") return [];
  return [from.condition ?? null, ...joinConditions(from.left), ...joinConditions(from.right)];
}

function parts(value: TreeValue | undefined): TreeNode[] {
  if (!isNode(value)) return [];
  if (textOf(value.type) === "CONJUNCTION_AND") return nodesOf(value.children).flatMap(parts);
  const [wrapped] = nodesOf(value.children);
  return textOf(value.type) === "OPERATOR_COALESCE" && wrapped !== undefined ? parts(wrapped) : [value];
}
