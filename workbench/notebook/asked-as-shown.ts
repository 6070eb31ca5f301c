import type { ResultFilter, ResultSort } from "../../notebooks/result/result.ts";
import type { QueryJson } from "../../server/api/api.ts";
import type { SpoorClient } from "../api/client.ts";
import { arrowTable, jsonTable, type ResultTable } from "../frame/result/result-table.ts";
import type { AskedQuery } from "./frame-host.ts";

/**
 * Whether a query for rows by their place gives the very rows that the table shows: an order with ties, or none, may
 * put others there. Gives the SQL back when it does; throws an Error that says what to do when it does not, or when the
 * shown result is not kept any more. Nested values are not compared.
 */
export async function askedAsShown(
  client: SpoorClient,
  query: AskedQuery,
  shown: { readonly filters: readonly ResultFilter[]; readonly sort: readonly ResultSort[] },
  rows: { readonly offset: number; readonly count: number },
): Promise<string> {
  if (query.result === null) throw new Error("The rows shown are not kept any more: run the cell again.");
  const [window, answer] = await Promise.all([
    client.resultRows(query.result, {
      offset: rows.offset,
      limit: rows.count,
      sort: shown.sort,
      filters: shown.filters,
    }),
    client.query(
      { sql: query.sql, parameters: query.parameters, rowLimit: rows.count, format: "json" },
      crypto.randomUUID(),
    ),
  ]);
  const result = (await answer.json()) as QueryJson;
  const asked = jsonTable({
    columns: result.columns,
    rows: result.rows.map((row) => result.columns.map(({ name }) => row[name] ?? null)),
    complete: result.complete,
  });
  const seen = arrowTable(new Uint8Array(await window.arrayBuffer()), result.columns);
  const [left, right] = [rowTexts(seen), rowTexts(asked)];
  if (left.length !== right.length || left.some((text, at) => text !== right[at])) {
    throw new Error(
      "The query puts other rows in these places when it is asked again, because its order has ties or is open. " +
        "Add an ORDER BY that tells every row apart, or filter to these rows and pin what the filter shows.",
    );
  }
  return query.sql;
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
