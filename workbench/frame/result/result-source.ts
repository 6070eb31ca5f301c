import type { QueryColumn } from "../../../notebooks/engine/engine.ts";
import type { ColumnSummary, ResultFilter, ResultWindow } from "../../../notebooks/result/result.ts";
import type { PageChannel } from "../page-channel.ts";
import { arrowTable, type ResultTable } from "./result-table.ts";

/** Rows of a window, and how many rows pass its filters in all. */
export interface WindowAnswer {
  readonly table: ResultTable;
  readonly rowCount: number;
}

/** Where a table's rows come from. Every call rejects with PageRefusal when the page cannot answer. */
export interface ResultSource {
  readonly id: string;
  readonly columns: readonly QueryColumn[];
  rows(window: ResultWindow): Promise<WindowAnswer>;
  summary(columns: readonly string[], filters: readonly ResultFilter[]): Promise<readonly ColumnSummary[]>;
}

/** A result that the server keeps, read through the page. */
export function keptSource(channel: PageChannel, id: string, columns: readonly QueryColumn[]): ResultSource {
  return {
    id,
    columns,
    rows: async (window) => {
      const { bytes, rowCount } = await channel.rows(id, window);
      const wanted = window.columns?.map((name) => columns.find((column) => column.name === name)!);
      return { table: arrowTable(bytes, wanted ?? columns), rowCount };
    },
    summary: (names, filters) =>
      channel.summary(id, { columns: names, ...(filters.length > 0 ? { filters } : {}) }),
  };
}
