import { quoteIdentifier } from "../../../connectors/sql/quote.ts";
import { cellValue } from "../../../notebooks/engine/cell-value.ts";
import type { CellValue, Row } from "../../../notebooks/engine/engine.ts";
import type { EngineSlice } from "../../../notebooks/engine/engine-slice.ts";
import { appendRows } from "../../../notebooks/engine/result-rows.ts";
import { isNode, nodesOf, type TreeNode } from "../../../notebooks/engine/syntax-tree.ts";
import type { EventKey, Matches } from "./condition-columns.ts";
import { structuredCopy } from "./plain-rule.ts";
import type { FusedRule } from "./rule-set.ts";

/** Past so many matching events all of the slice is fetched rather than each by its line. */
const MOST_LINES = 2_000;

/** Rows that a rule's SELECT gives for its matching events, in no order. */
export async function matchedRows(
  slice: EngineSlice,
  rules: readonly FusedRule[],
  matches: Matches,
  columnNames: readonly string[],
): Promise<Row[][]> {
  const results: Row[][] = rules.map(() => []);
  const together: number[] = [];
  for (const [rule, rows] of matches.rows.entries()) {
    if (rows.length === 0) continue;
    if (rules[rule]!.plain.items.every(({ kind }) => kind !== "expression")) together.push(rule);
    else results[rule] = await ownRows(slice, rules[rule]!, rows.map(matches.key));
  }
  if (together.length === 0) return results;
  const wanted = [...new Set(together.flatMap((rule) => matches.rows[rule]!))];
  const fetched = await fetchEvents(
    slice,
    wanted.map(matches.key),
    neededColumns(rules, together, columnNames),
  );
  const keyTexts = new Map(wanted.map((row) => [row, keyText(matches.key(row))]));
  for (const rule of together) {
    const texts = matches.rows[rule]!.map((row) => keyTexts.get(row)!);
    const events = texts.map((text) => fetched.get(text) ?? null);
    // Two events under one key cannot be told apart here; the rule's own SQL can.
    if (events.some((event) => event === null || event.isTwice)) {
      results[rule] = await ownRows(slice, rules[rule]!, matches.rows[rule]!.map(matches.key));
    } else results[rule] = events.map((event) => projected(rules[rule]!, event!.values, columnNames));
  }
  return results;
}

function keyText({ file, line }: EventKey): string {
  return `${line} ${file}`;
}

function neededColumns(
  rules: readonly FusedRule[],
  which: readonly number[],
  columnNames: readonly string[],
): readonly string[] {
  const needed = new Set<string>(["_file", "_line"]);
  for (const rule of which) {
    for (const item of rules[rule]!.plain.items) {
      if (item.kind === "all") for (const name of columnNames) needed.add(name);
      if (item.kind === "column") needed.add(item.column);
    }
  }
  return [...needed];
}

interface FetchedEvent {
  readonly values: ReadonlyMap<string, CellValue>;
  isTwice: boolean;
}

async function fetchEvents(
  slice: EngineSlice,
  keys: readonly EventKey[],
  columns: readonly string[],
): Promise<Map<string, FetchedEvent>> {
  const lines = [...new Set(keys.map(({ line }) => line))];
  const few = lines.length <= MOST_LINES ? ` WHERE "_line" IN (${lines.join(", ")})` : "";
  const result = await slice.chunks(
    `SELECT ${columns.map(quoteIdentifier).join(", ")} FROM ${quoteIdentifier(slice.dataset.name)}${few}`,
  );
  const wanted = new Set(keys.map(keyText));
  const found = new Map<string, FetchedEvent>();
  const [fileAt, lineAt] = [columns.indexOf("_file"), columns.indexOf("_line")];
  for (const chunk of result.chunks) {
    const files = chunk.getColumnValues(fileAt);
    const lineValues = chunk.getColumnValues(lineAt);
    const kept: { row: number; text: string }[] = [];
    for (let row = 0; row < chunk.rowCount; row += 1) {
      const text = keyText({ file: String(files[row] ?? ""), line: lineValues[row] as bigint });
      if (wanted.has(text)) kept.push({ row, text });
    }
    if (kept.length === 0) continue;
    const vectors = columns.map((_, at) => chunk.getColumnVector(at));
    for (const { row, text } of kept) {
      const known = found.get(text);
      if (known !== undefined) known.isTwice = true;
      else {
        const values = new Map(columns.map((name, at) => [name, cellValue(vectors[at]!.getItem(row))]));
        found.set(text, { values, isTwice: false });
      }
    }
  }
  return found;
}

function projected(
  rule: FusedRule,
  values: ReadonlyMap<string, CellValue>,
  columnNames: readonly string[],
): Row {
  const cells: CellValue[] = [];
  for (const item of rule.plain.items) {
    if (item.kind === "column") cells.push(values.get(item.column)!);
    else for (const name of columnNames) cells.push(values.get(name)!);
  }
  return Object.fromEntries(rule.outputs.map((name, at) => [name, cells[at]!]));
}

/** The rule's own SELECT over the events of some lines: what else matches there belongs to it as well. */
async function ownRows(slice: EngineSlice, rule: FusedRule, keys: readonly EventKey[]): Promise<Row[]> {
  const lines = [...new Set(keys.map(({ line }) => line))];
  let sql = rule.rule.sql;
  if (lines.length <= MOST_LINES) {
    const tree = structuredCopy(rule.plain.tree);
    const select = nodesOf(tree.statements)[0]?.node;
    const among = await slice.tree(
      `SELECT 1 FROM ${quoteIdentifier(slice.dataset.name)} WHERE "_line" IN (${lines.join(", ")})`,
    );
    const condition = nodesOf(among.statements)[0]?.node;
    if (!isNode(select) || !isNode(condition) || !isNode(condition.where_clause))
      throw new TypeError("That is no SELECT.");
    select.where_clause = both(condition.where_clause, select.where_clause);
    sql = await slice.write(tree);
  }
  const result = await slice.chunks(sql);
  const rows: Row[] = [];
  for (const chunk of result.chunks) appendRows(rows, chunk, result.columns, chunk.rowCount);
  return rows;
}

function both(first: TreeNode, second: TreeNode | unknown): TreeNode {
  if (!isNode(second as TreeNode)) return first;
  return { class: "CONJUNCTION", type: "CONJUNCTION_AND", alias: "", children: [first, second as TreeNode] };
}
