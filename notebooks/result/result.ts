/**
 * A result that stays: the rows of one SQL cell, kept by the server in a scratch database so that a reader can look at
 * any window of ten million rows, sort, filter and summarise them without the rows being sent. Types only.
 */
import type { QueryColumn, QueryParameter } from "../engine/engine.ts";

/** POST /api/results. The answer is an Arrow IPC stream of the first rows; header `x-spoor-result`: ResultOpened. */
export interface ResultBody {
  readonly sql: string;
  readonly parameters?: Readonly<Record<string, QueryParameter>>;
  /** False runs it even when the same question over the same data has a kept answer. Default true. */
  readonly useKept?: boolean;
}

/** URI-encoded JSON in the header `x-spoor-result` of POST /api/results. */
export interface ResultOpened {
  readonly id: string;
  readonly columns: readonly QueryColumn[];
  readonly datasetVersions: Readonly<Record<string, number>>;
  /** The rows were there already: same SQL, same parameters, same data. */
  readonly kept: boolean;
}

/** `running` grows; `complete` has every row; `cut` stopped at the limit of rows or bytes; the others broke off. */
export type ResultPhase = "queued" | "running" | "complete" | "cut" | "failed" | "cancelled";

/** GET /api/results/:id, to be asked until the phase is no longer queued or running. 404 once it is forgotten. */
export interface ResultState {
  readonly id: string;
  readonly phase: ResultPhase;
  /** Rows that can be read now. */
  readonly rowCount: number;
  /** 0 to 100, or null while nobody knows. */
  readonly percentage: number | null;
  /** How many queries wait before this one; null when it does not wait. */
  readonly queuePosition: number | null;
  readonly elapsedMs: number;
  /** Why it broke off or was cut, with what helps; null otherwise. */
  readonly message: string | null;
  readonly datasetVersions: Readonly<Record<string, number>>;
}

export interface ResultSort {
  readonly column: string;
  readonly descending: boolean;
}

/**
 * A condition on one column. Values are text as DuckDB casts it to VARCHAR and back, so that 64-bit integers and
 * instants stay exact; null is NULL. Conditions of a list are joined by AND.
 */
export type ResultFilter =
  | { readonly column: string; readonly test: "in" | "not in"; readonly values: readonly (string | null)[] }
  | {
      readonly column: string;
      readonly test: "between";
      /** Included; null is open. */
      readonly from: string | null;
      /** Included; null is open. */
      readonly until: string | null;
    }
  | { readonly column: string; readonly test: "contains" | "not contains"; readonly text: string };

/** POST /api/results/:id/rows -> Arrow IPC stream; header `x-spoor-row-count`: rows that pass the filters. */
export interface ResultWindow {
  readonly offset: number;
  /** At most 1,000,000. */
  readonly limit: number;
  readonly sort?: readonly ResultSort[];
  readonly filters?: readonly ResultFilter[];
  /** Only these columns, in this order; all when absent. */
  readonly columns?: readonly string[];
}

/** POST /api/results/:id/summary {columns, filters?} -> ColumnSummary[]. */
export interface SummaryBody {
  readonly columns: readonly string[];
  readonly filters?: readonly ResultFilter[];
}

/** What a column holds: numbers and times as a histogram of at most 24 equal bins, everything else as top values. */
export interface ColumnSummary {
  readonly column: string;
  readonly rowCount: number;
  readonly nullCount: number;
  /** Exact to 10,000, approximate above. */
  readonly distinctCount: number;
  /**
   * True when the counts are estimated from a sample of a long column of many values (show them with "about"): its
   * least and greatest value are not known then. Absent or false: all but a large `distinctCount` is exact.
   */
  readonly approximate?: boolean;
  readonly bins: readonly { readonly from: string; readonly until: string; readonly count: number }[] | null;
  readonly top: readonly { readonly value: string | null; readonly count: number }[] | null;
  readonly minimum: string | null;
  readonly maximum: string | null;
}

/** POST /api/results/:id/export {format, sort?, filters?} -> the file. */
export interface ResultExport {
  readonly format: "csv" | "parquet" | "arrow" | "ndjson";
  readonly sort?: readonly ResultSort[];
  readonly filters?: readonly ResultFilter[];
}

/**
 * POST /api/results/crossfilter: what Mosaic asks. `arrow` is one SELECT over kept results (tables named as
 * `ResultOpened.id`) and over Mosaic's own pre-aggregations; `exec` may only be the CREATE TABLE of one of these.
 */
export interface CrossfilterBody {
  readonly type: "arrow" | "exec";
  readonly sql: string;
  /** Ids of the only results that it may read; a page names those that its frame opened. */
  readonly results?: readonly string[];
}
