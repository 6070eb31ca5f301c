import { quoteIdentifier } from "../../../connectors/sql/quote.ts";
import type { EngineSlice } from "../../../notebooks/engine/engine-slice.ts";
import {
  bigintColumn,
  booleanColumn,
  doubleColumn,
  type NumberColumn,
  type TextColumn,
  textAt,
  textColumn,
} from "../../../notebooks/engine/slice-columns.ts";
import { isNode, nodesOf, type TreeNode } from "../../../notebooks/engine/syntax-tree.ts";
import { structuredCopy } from "./plain-rule.ts";

/** The columns over which formulas are worked out, row by row in one order. */
export interface ConditionColumns {
  readonly rowCount: number;
  readonly texts: readonly TextColumn[];
  readonly numbers: readonly NumberColumn[];
  /** 0 false, 1 true, 2 NULL. */
  readonly booleans: readonly Uint8Array[];
}

/** By which an event is found again. */
export interface EventKey {
  readonly file: string;
  readonly line: bigint;
}

/** Which rows of a scan match each rule. */
export interface Matches {
  /** By rule, in the order in which the rules were given. */
  readonly rows: readonly (readonly number[])[];
  readonly key: (row: number) => EventKey;
}

/** `SELECT "_file", "_line"` of the slice, with expressions more, each under a name of its own. */
export async function keyedSelect(
  slice: EngineSlice,
  more: readonly { readonly node: TreeNode; readonly name: string }[],
  where: TreeNode | null = null,
): Promise<string> {
  const tree = structuredCopy(
    await slice.tree(`SELECT "_file" AS f, "_line" AS l FROM ${quoteIdentifier(slice.dataset.name)}`),
  );
  const select = nodesOf(tree.statements)[0]?.node;
  if (!isNode(select) || !Array.isArray(select.select_list)) throw new TypeError("That is no SELECT.");
  for (const { node, name } of more) select.select_list.push({ ...node, alias: name });
  if (where !== null) select.where_clause = where;
  return slice.write(tree);
}

/** SQL that gives events' keys, then the texts and booleans of formulas. */
export function conditionSelect(
  slice: EngineSlice,
  expressions: {
    readonly subjects: readonly TreeNode[];
    readonly numbers: readonly TreeNode[];
    readonly booleans: readonly TreeNode[];
  },
): Promise<string> {
  const { subjects, numbers, booleans } = expressions;
  return keyedSelect(slice, [
    ...subjects.map((node, at) => ({ node, name: `t${at}` })),
    ...numbers.map((node, at) => ({ node, name: `n${at}` })),
    ...booleans.map((node, at) => ({ node, name: `b${at}` })),
  ]);
}

/** Runs such SQL. Throws QueryError, and TypeError for an expression of another type than was foreseen. */
export async function readConditionColumns(
  slice: EngineSlice,
  sql: string,
  counts: { readonly subjectCount: number; readonly numberCount: number; readonly booleanCount: number },
): Promise<ConditionColumns & { readonly key: Matches["key"] }> {
  const result = await slice.chunks(sql);
  const rowCount = result.chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0);
  const { subjectCount, numberCount, booleanCount } = counts;
  const texts = Array.from({ length: subjectCount }, (_, at) => textColumn(result, 2 + at));
  const numbers = Array.from({ length: numberCount }, (_, at) => doubleColumn(result, 2 + subjectCount + at));
  const booleans = Array.from({ length: booleanCount }, (_, at) =>
    booleanColumn(result, 2 + subjectCount + numberCount + at),
  );
  const files = textColumn(result, 0);
  const lines = bigintColumn(result, 1);
  return {
    rowCount,
    texts,
    numbers,
    booleans,
    key: (row) => ({ file: textAt(files, row) ?? "", line: lines[row]! }),
  };
}
