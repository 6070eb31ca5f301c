import type { ResultFilter, ResultSort } from "../../notebooks/result/result.ts";
import type { QueryJson } from "../../server/api/api.ts";
import type { SpoorClient } from "../api/client.ts";
import { arrowTable, jsonTable, type ResultTable } from "../frame/result/result-table.ts";

/**
 * A check that rows asked for by their place are the very rows that the table shows: an order with ties, or none, may put
 * others there. It rejects with an Error that says what to do when they are not, or when the shown result is not kept any
 * more. Nested values are not compared.
 */
export function mustBeAsShown(
  client: SpoorClient,
  resultId: string | null,
  shown: { readonly filters: readonly ResultFilter[]; readonly sort: readonly ResultSort[] },
  rows: { readonly offset: number; readonly count: number },
): (asked: QueryJson) => Promise<void> {
  return async ({ columns, rows: answer, complete }) => {
    if (resultId === null) throw new Error("The rows shown are not kept any more: run the cell again.");
    const window = await client.resultRows(resultId, {
      offset: rows.offset,
      limit: rows.count,
      sort: shown.sort,
      filters: shown.filters,
    });
    const seen = rowTexts(arrowTable(new Uint8Array(await window.arrayBuffer()), columns));
    const asked = rowTexts(
      jsonTable({
        columns,
        rows: answer.map((row) => columns.map(({ name }) => row[name] ?? null)),
        complete,
      }),
    );
    if (seen.length === asked.length && seen.every((text, at) => text === asked[at])) return;
    throw new Error(
      "The query puts other rows in these places when it is asked again, because its order has ties or is open. " +
        "Add an ORDER BY that tells every row apart, or filter to these rows and pin what the filter shows.",
    );
  };
}

/** One text a row, in a firm order; values that are no plain ones count as present only. */
function rowTexts(table: ResultTable): string[] {
  return Array.from({ length: table.rowCount }, (_row, row) =>
    JSON.stringify(table.columns.map((_column, column) => plain(table.value(row, column)))),
  ).sort();
}

function plain(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return `${value.getTime()}`;
  return typeof value === "object" ? "nested" : String(value);
}
