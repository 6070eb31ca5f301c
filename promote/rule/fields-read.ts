import type { Dataset } from "../../connectors/dataset/dataset.ts";
import { quoteIdentifier } from "../../connectors/sql/quote.ts";
import { type ColumnType, formatColumnType, parseColumnType } from "../../notebooks/catalog/column-type.ts";
import { nodesOf, type TreeNode, textOf } from "../../notebooks/engine/syntax-tree.ts";
import { nodesBelow } from "./sql-tree.ts";

/** A field of a dataset that a rule reads. */
export interface FieldRead {
  readonly dataset: string;
  /** Column, or a path into it: `userIdentity.type`. */
  readonly field: string;
  /** DuckDB type as the dataset has it; null where it has no such field. */
  readonly type: string | null;
  /** SQL by which the dataset gives it; null where it has no such field. */
  readonly sql: string | null;
}

type Shape = Pick<Dataset, "name" | "columns">;

/**
 * The fields that a SELECT reads of the datasets, by walking DuckDB's tree of it: every column that it names and that a
 * dataset has, with the path into it where it is a STRUCT, and every column that is named as a dataset's own
 * (`sysmon.Imgae`) and is not there. `SELECT *` names nothing by itself. Spoor's own columns (`_time`) are left out.
 */
export function fieldsRead(tree: TreeNode, datasets: readonly Shape[]): FieldRead[] {
  const relations = relationsOf(tree, datasets);
  const found = new Map<string, FieldRead>();
  const add = (field: FieldRead) => found.set(`${field.dataset}\0${field.field}`, field);
  for (const { node } of nodesBelow(tree.statements)) {
    for (const key of Array.isArray(node.using_columns) ? node.using_columns : []) {
      for (const dataset of datasets) for (const field of ofPath(dataset, [textOf(key)])) add(field);
    }
    const path = pathOf(node);
    if (path.length === 0) continue;
    const [first = "", ...rest] = path;
    const named = rest.length > 0 ? relations.get(first.toLowerCase()) : undefined;
    if (named === undefined)
      for (const dataset of datasets) for (const field of ofPath(dataset, path)) add(field);
    else if (!rest[0]!.startsWith("_"))
      for (const field of orMissing(named, rest, ofPath(named, rest))) add(field);
  }
  return [...found.values()].sort((left, right) =>
    `${left.dataset}\0${left.field}` < `${right.dataset}\0${right.field}` ? -1 : 1,
  );
}

/** `a.b.c`, also where it is written `(a).b['c']`; empty for everything else. */
function pathOf(node: TreeNode): string[] {
  if (textOf(node.class) === "COLUMN_REF")
    return Array.isArray(node.column_names) ? node.column_names.map(textOf) : [];
  if (textOf(node.type) !== "STRUCT_EXTRACT" && textOf(node.type) !== "ARRAY_EXTRACT") return [];
  const [inner, key] = nodesOf(node.children);
  const value = key !== undefined && textOf(key.class) === "CONSTANT" ? (key.value as TreeNode) : undefined;
  const path = inner === undefined ? [] : pathOf(inner);
  return path.length > 0 && typeof value?.value === "string" ? [...path, value.value] : [];
}

/** The dataset that each alias or bare name stands for, lower case. */
function relationsOf(tree: TreeNode, datasets: readonly Shape[]): ReadonlyMap<string, Shape> {
  const relations = new Map<string, Shape>();
  const strange = new Set<string>();
  for (const { node } of nodesBelow(tree.statements)) {
    const alias = textOf(node.alias).toLowerCase();
    if (textOf(node.type) === "SUBQUERY" && alias !== "") strange.add(alias);
    if (textOf(node.type) !== "BASE_TABLE") continue;
    const name = textOf(node.table_name).toLowerCase();
    const dataset = datasets.find((one) => one.name.toLowerCase() === name);
    const called = alias === "" ? name : alias;
    const known = relations.get(called);
    if (dataset === undefined || (known !== undefined && known !== dataset)) strange.add(called);
    else relations.set(called, dataset);
  }
  // A name that stands for two things says nothing of which is meant.
  for (const name of strange) relations.delete(name);
  return relations;
}

function ofPath(dataset: Shape, path: readonly string[]): FieldRead[] {
  const [first = "", ...rest] = path;
  const column = dataset.columns.find(({ name }) => name.toLowerCase() === first.toLowerCase());
  if (column === undefined) return [];
  let type: ColumnType | null;
  try {
    type = parseColumnType(column.type);
  } catch {
    type = null;
  }
  const names = [column.name];
  for (const key of rest) {
    if (type?.kind !== "struct") break;
    const field: { readonly name: string; readonly type: ColumnType } | undefined = type.fields.find(
      ({ name }) => name.toLowerCase() === key.toLowerCase(),
    );
    if (field === undefined) break;
    names.push(field.name);
    type = field.type;
  }
  return [
    {
      dataset: dataset.name,
      field: names.join("."),
      type: names.length === 1 || type === null ? column.type : formatColumnType(type),
      sql: names.map(quoteIdentifier).join("."),
    },
  ];
}

function orMissing(
  dataset: Shape,
  path: readonly string[],
  fields: readonly FieldRead[],
): readonly FieldRead[] {
  return fields.length > 0
    ? fields
    : [{ dataset: dataset.name, field: path.join("."), type: null, sql: null }];
}
