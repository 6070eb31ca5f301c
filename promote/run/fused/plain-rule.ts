import { type ColumnType, parseType } from "../../../connectors/dataset/type.ts";
import {
  isNode,
  nodesOf,
  type TreeNode,
  type TreeValue,
  textOf,
} from "../../../notebooks/engine/syntax-tree.ts";

/** A column that rules may name, and its type as DuckDB prints it. */
export interface NamedColumn {
  readonly name: string;
  readonly type: string;
}

/** What stands in the SELECT list of a plain rule. */
export type SelectItem =
  /** `name` is what the result calls it: the alias, or the column's own name however it was written. */
  | { readonly kind: "column"; readonly column: string; readonly name: string }
  | { readonly kind: "all" }
  | { readonly kind: "expression" };

/** A rule of the form `SELECT items FROM dataset WHERE condition`, with every column named without a table. */
export interface PlainRule {
  /** Null when every event matches. */
  readonly where: TreeNode | null;
  readonly items: readonly SelectItem[];
  /** Columns that the condition reads. */
  readonly whereColumns: ReadonlySet<string>;
  /** Columns that the rule reads at all; null when `*` is among the items. */
  readonly columns: ReadonlySet<string> | null;
  /** The whole statement; `whereAlso` makes it narrower. */
  readonly tree: TreeNode;
}

/** Where a column reference leads: the column, and the fields inside it. */
export interface ResolvedColumn {
  readonly column: NamedColumn;
  readonly fields: readonly string[];
}

/** Columns by their lower-case names. */
export type ColumnIndex = ReadonlyMap<string, NamedColumn>;

export function columnIndex(columns: readonly NamedColumn[]): ColumnIndex {
  return new Map(columns.map((column) => [column.name.toLowerCase(), column]));
}

const REFUSED_CLASSES = new Set(["SUBQUERY", "WINDOW", "PARAMETER", "DEFAULT", "POSITIONAL_REFERENCE"]);

class NotPlain extends Error {}

/**
 * Takes the tree of a rule's statement apart. Null when it is not of the plain form, or names something in its condition
 * that is no column of the dataset (an alias of its SELECT list).
 */
export function plainRule(tree: TreeNode, columns: ColumnIndex): PlainRule | null {
  const copy = structuredCopy(tree);
  const node = nodesOf(copy.statements)[0]?.node;
  if (!isNode(node) || textOf(node.type) !== "SELECT_NODE") return null;
  const from = node.from_table;
  if (!isNode(from) || textOf(from.type) !== "BASE_TABLE") return null;
  if (isNode(from.sample) || nonEmpty(from.column_name_alias) || isNode(from.at_clause)) return null;
  if (!hasNothingElse(node)) return null;
  const table = (textOf(from.alias) || textOf(from.table_name)).toLowerCase();
  try {
    const whereColumns = new Set<string>();
    const where = isNode(node.where_clause) ? node.where_clause : null;
    if (where !== null) unqualify(where, table, columns, whereColumns, new Set());
    const all = new Set(whereColumns);
    const items = nodesOf(node.select_list).map((item) => selectItem(item, table, columns, all));
    const hasAll = items.some(({ kind }) => kind === "all");
    node.modifiers = [];
    return { where, items, whereColumns, columns: hasAll ? null : all, tree: copy };
  } catch (error) {
    if (error instanceof NotPlain) return null;
    throw error;
  }
}

function nonEmpty(value: TreeValue | undefined): boolean {
  return Array.isArray(value) && value.length > 0;
}

function hasNothingElse(node: TreeNode): boolean {
  const map = isNode(node.cte_map) ? node.cte_map.map : undefined;
  if (nonEmpty(map) || nonEmpty(node.group_expressions) || nonEmpty(node.group_sets)) return false;
  if (isNode(node.having) || isNode(node.qualify) || isNode(node.sample)) return false;
  if (textOf(node.aggregate_handling) !== "STANDARD_HANDLING") return false;
  return nodesOf(node.modifiers).every((modifier) => textOf(modifier.type) === "ORDER_MODIFIER");
}

function selectItem(item: TreeNode, table: string, columns: ColumnIndex, read: Set<string>): SelectItem {
  if (textOf(item.class) === "STAR") {
    const extra = [item.exclude_list, item.replace_list, item.rename_list, item.qualified_exclude_list];
    if (extra.some(nonEmpty) || isNode(item.expr) || item.columns === true)
      return expression(item, table, columns, read);
    return { kind: "all" };
  }
  if (textOf(item.class) === "COLUMN_REF") {
    const resolved = resolveColumn(item, columns, table);
    if (resolved !== null && resolved.fields.length === 0) {
      read.add(resolved.column.name);
      const name = textOf(item.alias) || resolved.column.name;
      return { kind: "column", column: resolved.column.name, name };
    }
  }
  return expression(item, table, columns, read);
}

/** What an expression of the SELECT list reads: an item may name another's alias, which is then not counted. */
function expression(item: TreeNode, table: string, columns: ColumnIndex, read: Set<string>): SelectItem {
  if (textOf(item.class) === "STAR") return { kind: "all" };
  const visit = (value: TreeValue | undefined): void => {
    if (Array.isArray(value)) for (const part of value) visit(part);
    if (!isNode(value)) return;
    if (REFUSED_CLASSES.has(textOf(value.class))) throw new NotPlain();
    if (textOf(value.class) === "STAR") throw new NotPlain();
    const resolved = textOf(value.class) === "COLUMN_REF" ? resolveColumn(value, columns, table) : null;
    if (resolved !== null) read.add(resolved.column.name);
    for (const child of Object.values(value)) visit(child);
  };
  visit(item);
  return { kind: "expression" };
}

/** Finds the column that a reference means; null when it means none. */
export function resolveColumn(
  node: TreeNode,
  columns: ColumnIndex,
  table: string | null = null,
): ResolvedColumn | null {
  const names = Array.isArray(node.column_names) ? node.column_names.map((name) => textOf(name)) : [];
  const qualified = table !== null && names.length > 1 && names[0]!.toLowerCase() === table;
  if (qualified) {
    const column = columns.get(names[1]!.toLowerCase());
    if (column !== undefined) return { column, fields: names.slice(2) };
  }
  const column = columns.get((names[0] ?? "").toLowerCase());
  return column === undefined ? null : { column, fields: names.slice(1) };
}

/** Names every column by itself alone, in place; throws NotPlain for what cannot be brought together with other rules. */
function unqualify(
  value: TreeValue | undefined,
  table: string,
  columns: ColumnIndex,
  read: Set<string>,
  lambdaNames: ReadonlySet<string>,
): void {
  if (Array.isArray(value)) for (const item of value) unqualify(item, table, columns, read, lambdaNames);
  if (!isNode(value)) return;
  const kind = textOf(value.class);
  if (REFUSED_CLASSES.has(kind) || kind === "STAR") throw new NotPlain();
  let inner = lambdaNames;
  if (kind === "LAMBDA") inner = new Set([...lambdaNames, ...namesIn(value.lhs)]);
  if (kind === "COLUMN_REF") {
    const first = Array.isArray(value.column_names) ? textOf(value.column_names[0]).toLowerCase() : "";
    if (lambdaNames.has(first)) return;
    const resolved = resolveColumn(value, columns, table);
    if (resolved === null) throw new NotPlain();
    read.add(resolved.column.name);
    value.column_names = [resolved.column.name, ...resolved.fields];
    return;
  }
  for (const [key, child] of Object.entries(value)) {
    if (kind === "LAMBDA" && key === "lhs") continue;
    unqualify(child, table, columns, read, inner);
  }
}

function namesIn(value: TreeValue | undefined): string[] {
  if (Array.isArray(value)) return value.flatMap(namesIn);
  if (!isNode(value)) return [];
  if (textOf(value.class) === "COLUMN_REF" && Array.isArray(value.column_names)) {
    return value.column_names.map((name) => textOf(name).toLowerCase());
  }
  return Object.values(value).flatMap(namesIn);
}

/** The type at a resolved place; null where the fields lead nowhere. */
export function typeAt({ column, fields }: ResolvedColumn): ColumnType | null {
  let type: ColumnType = parseType(column.type);
  for (const field of fields) {
    if (type.kind !== "struct") return null;
    const found = type.fields.find(({ name }) => name.toLowerCase() === field.toLowerCase());
    if (found === undefined) return null;
    type = found.type;
  }
  return type;
}

/** A copy that may be changed. Numbers with more digits than JavaScript's are shared. */
export function structuredCopy(value: TreeNode): TreeNode;
export function structuredCopy(value: TreeValue | undefined): TreeValue | undefined;
export function structuredCopy(value: TreeValue | undefined): TreeValue | undefined {
  if (Array.isArray(value)) return value.map((item) => structuredCopy(item) as TreeValue);
  if (!isNode(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, structuredCopy(child)]));
}

/** A text that two nodes share when they mean the same; where they stand in the SQL does not count. */
export function nodeText(node: TreeValue | undefined): string {
  return JSON.stringify(node, (key, value: unknown) =>
    key === "query_location" || key === "alias" ? undefined : value,
  );
}
