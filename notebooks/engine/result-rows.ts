import type { DuckDBDataChunk } from "@duckdb/node-api";
import { cellValue } from "./cell-value.ts";
import type { CellValue, QueryColumn, Row } from "./engine.ts";

/** Adds the first `count` rows of a chunk. */
export function appendRows(
  rows: Row[],
  chunk: DuckDBDataChunk,
  columns: readonly QueryColumn[],
  count: number,
): void {
  const values = columns.map((_, at) => chunk.getColumnValues(at));
  const hostile = columns.some((column) => column.name === "__proto__");
  for (let at = 0; at < count; at += 1) {
    if (hostile) {
      rows.push(
        Object.fromEntries(columns.map((column, index) => [column.name, cellValue(values[index]![at]!)])),
      );
      continue;
    }
    const row: Record<string, CellValue> = {};
    for (const [index, column] of columns.entries()) row[column.name] = cellValue(values[index]![at]!);
    rows.push(row);
  }
}
