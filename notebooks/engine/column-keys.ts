import type { Dataset } from "../../connectors/dataset/dataset.ts";
import { commonTablesOf, isNode, nodesOf, type TreeNode, type TreeValue, textOf } from "./syntax-tree.ts";

/** A table in a FROM: the dataset it is, or null for anything else (CTE, subquery, ledger table). */
interface FromTable {
  readonly alias: string;
  readonly dataset: Dataset | null;
}

function lower(text: string): string {
  return text.toLowerCase();
}

/** Whether two keys of the dataset differ only in case, so that one of them had to take another name. */
export function hasTwins(dataset: Dataset): boolean {
  return dataset.columns.some((column) => twinName(dataset, column.key) !== null);
}

/** The column name that `written` means as an exact key, when DuckDB would take it for another key's column. */
function twinName(dataset: Dataset, written: string): string | null {
  const meant = dataset.columns.find((column) => column.key === written);
  const taken = dataset.columns.find((column) => lower(column.name) === lower(written));
  if (meant === undefined || taken === undefined || meant === taken || taken.key === written) return null;
  return meant.name;
}

function fromTables(
  value: TreeValue | undefined,
  scope: ReadonlySet<string>,
  datasets: ReadonlyMap<string, Dataset>,
): FromTable[] {
  if (!isNode(value)) return [];
  const type = textOf(value.type);
  if (type === "JOIN") {
    return [...fromTables(value.left, scope, datasets), ...fromTables(value.right, scope, datasets)];
  }
  if (type === "PIVOT") return fromTables(value.source, scope, datasets);
  const name = textOf(value.table_name);
  const alias = lower(textOf(value.alias) || name);
  if (type !== "BASE_TABLE") return alias === "" ? [] : [{ alias, dataset: null }];
  const isCommon = textOf(value.schema_name) === "" && scope.has(lower(name));
  return [{ alias, dataset: isCommon ? null : (datasets.get(lower(name)) ?? null) }];
}

class KeyRewrite {
  changed = false;
  readonly #datasets: ReadonlyMap<string, Dataset>;

  constructor(datasets: ReadonlyMap<string, Dataset>) {
    this.#datasets = datasets;
  }

  value(
    value: TreeValue | undefined,
    scope: ReadonlySet<string>,
    froms: readonly (readonly FromTable[])[],
  ): void {
    if (Array.isArray(value)) for (const item of value) this.value(item, scope, froms);
    else if (isNode(value)) this.#node(value, scope, froms);
  }

  #node(node: TreeNode, scope: ReadonlySet<string>, froms: readonly (readonly FromTable[])[]): void {
    let inner = scope;
    for (const { name, query } of commonTablesOf(node)) {
      this.value(query, inner, froms);
      inner = new Set([...inner, lower(name)]);
    }
    if (textOf(node.type) === "RECURSIVE_CTE_NODE") inner = new Set([...inner, lower(textOf(node.cte_name))]);
    let visible = froms;
    if (textOf(node.type) === "SELECT_NODE") {
      visible = [fromTables(node.from_table, inner, this.#datasets), ...froms];
      for (const item of nodesOf(node.select_list)) this.#selectItem(item, visible);
    }
    if (textOf(node.class) === "COLUMN_REF") this.#reference(node, visible);
    for (const [key, child] of Object.entries(node)) if (key !== "cte_map") this.value(child, inner, visible);
  }

  #selectItem(item: TreeNode, froms: readonly (readonly FromTable[])[]): void {
    if (textOf(item.class) !== "COLUMN_REF" || textOf(item.alias) !== "") return;
    const names = item.column_names;
    const written = Array.isArray(names) ? textOf(names.at(-1)) : "";
    if (this.#reference(item, froms)) item.alias = written;
  }

  #reference(node: TreeNode, froms: readonly (readonly FromTable[])[]): boolean {
    const names = node.column_names;
    if (!Array.isArray(names) || names.length === 0) return false;
    const parts = names.map((name) => textOf(name));
    for (const tables of froms) {
      const qualified =
        parts.length > 1 ? tables.find((table) => table.alias === lower(parts[0]!)) : undefined;
      if (qualified !== undefined) return this.#replace(names, 1, qualified.dataset, parts[1]!);
      const written = parts[0]!;
      const owners = tables.filter(
        (table) => table.dataset?.columns.some((column) => lower(column.name) === lower(written)) ?? false,
      );
      if (owners.length === 1) return this.#replace(names, 0, owners[0]!.dataset, written);
      if (owners.length > 1) return false;
    }
    return false;
  }

  #replace(names: TreeValue[], at: number, dataset: Dataset | null, written: string): boolean {
    const name = dataset === null ? null : twinName(dataset, written);
    if (name === null) return false;
    names[at] = name;
    this.changed = true;
    return true;
  }
}

/**
 * Makes column references mean the exact key that they spell, where two keys of a dataset differ only in case and
 * DuckDB would take the other one. Select items keep the name as written. `SELECT *`, USING lists and names that
 * more than one table could own are left alone. Returns a changed copy, or null when nothing had to change.
 */
export function resolveExactKeys(tree: TreeNode, datasets: ReadonlyMap<string, Dataset>): TreeNode | null {
  const copy = copyTree(tree) as TreeNode;
  const rewrite = new KeyRewrite(datasets);
  rewrite.value(copy, new Set(), []);
  return rewrite.changed ? copy : null;
}

function copyTree(value: TreeValue | undefined): TreeValue | undefined {
  if (Array.isArray(value)) return value.map((item) => copyTree(item) as TreeValue);
  if (!isNode(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, copyTree(child)]));
}
