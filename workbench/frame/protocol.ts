/** What the page and the sandboxed frame say to each other over one MessagePort. */
import type { CellMode } from "../../notebooks/document/notebook.ts";
import type { TranspiledCell } from "../../notebooks/document/transpile-cells.ts";
import type { QueryParameter } from "../../notebooks/engine/engine.ts";
import type {
  CrossfilterBody,
  ResultExport,
  ResultFilter,
  ResultOpened,
  ResultSort,
  ResultState,
  ResultWindow,
  SummaryBody,
} from "../../notebooks/result/result.ts";

/** A cell that is to run; one with the same id is replaced. */
export interface CellProgram {
  readonly id: number;
  readonly mode: CellMode;
  readonly hidden: boolean;
  readonly transpiled: TranspiledCell;
  /** Names of other cells whose values are taken once and not followed: the cell runs on demand. */
  readonly held?: readonly string[];
}

/** Where the page wants a cell's output, CSS pixels from the top of the frame. */
export interface Slot {
  readonly id: number;
  readonly top: number;
  readonly shown: boolean;
}

export type HostMessage =
  | { readonly kind: "theme"; readonly dark: boolean }
  | { readonly kind: "define"; readonly cells: readonly CellProgram[] }
  | { readonly kind: "remove"; readonly id: number }
  | { readonly kind: "layout"; readonly slots: readonly Slot[] }
  | { readonly kind: "chunk"; readonly query: string; readonly bytes: Uint8Array }
  | { readonly kind: "rows"; readonly query: string; readonly result: RowsAnswer }
  | { readonly kind: "done"; readonly query: string; readonly complete: boolean; readonly rowLimit: number }
  | { readonly kind: "failed"; readonly query: string; readonly failure: QueryFailure }
  /** A result was opened: its columns are known, its first rows follow in `firstRows`. */
  | { readonly kind: "opened"; readonly query: string; readonly opened: ResultOpened }
  /** An Arrow IPC stream of the first rows of a result. */
  | { readonly kind: "firstRows"; readonly query: string; readonly bytes: Uint8Array }
  /** How far a result is; the last one has a phase that is neither queued nor running. */
  | { readonly kind: "resultState"; readonly query: string; readonly state: ResultState }
  | { readonly kind: "answer"; readonly request: string; readonly answer: PageAnswer }
  | { readonly kind: "ping"; readonly at: number };

/** Rows that came with the page (a report), not as Arrow. */
export interface RowsAnswer {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
  readonly complete: boolean;
}

export interface QueryFailure {
  readonly message: string;
  /** Zero-based offset in the SQL that was sent. */
  readonly offset: number | null;
  readonly cancelled: boolean;
}

/** Where in a cell an error is: `text` counts the texts between the interpolations. */
export interface ErrorPlace {
  readonly text: number;
  readonly offset: number;
}

/** Where in a cell's program an error is; both count from 1. */
export interface LinePlace {
  readonly line: number;
  readonly column: number;
}

/** What code in the frame asks about results; the page answers with `answer`. */
export type ResultAsk =
  | { readonly what: "state"; readonly result: string }
  | { readonly what: "rows"; readonly result: string; readonly window: ResultWindow }
  | { readonly what: "summary"; readonly result: string; readonly body: SummaryBody }
  | { readonly what: "crossfilter"; readonly body: CrossfilterBody }
  /** Values of an entity in the data that hold `text`: `{value, count}[]`. */
  | { readonly what: "entityValues"; readonly entity: string; readonly text: string }
  /** The model of the risk report, measured numbers in place. */
  | { readonly what: "riskModel" }
  /** The page downloads the file, when a person has just asked for it; answered when it has all of it. */
  | { readonly what: "export"; readonly result: string; readonly cell: number; readonly body: ResultExport };

/**
 * `rows` and a crossfilter's `arrow` give `bytes` (an Arrow IPC stream), `rows` also `rowCount` (rows that pass the
 * filters); the others give `json` (ResultState, ColumnSummary[]). `status` is HTTP's: 404 when a result is forgotten.
 */
export type PageAnswer =
  | {
      readonly ok: true;
      readonly bytes: Uint8Array | null;
      readonly rowCount: number | null;
      readonly json: unknown;
    }
  | { readonly ok: false; readonly status: number; readonly message: string };

/** "Everything about this value": what a hunter pointed at. */
export interface PivotRequest {
  readonly cell: number;
  readonly column: string;
  /** DuckDB's type of the column. */
  readonly type: string;
  /** As DuckDB casts it to VARCHAR; null is NULL. */
  readonly value: string | null;
}

/** "Keep this filter in the query": a cell below that selects from this cell's SQL with these conditions. */
export interface FilterCellRequest {
  readonly cell: number;
  readonly filters: readonly ResultFilter[];
}

/** "Pin these rows": the rows of a cell's result that pass the filters, or a range of them in the order of `sort`. */
export interface PinRowsRequest {
  readonly cell: number;
  readonly filters: readonly ResultFilter[];
  readonly sort: readonly ResultSort[];
  readonly rows: { readonly offset: number; readonly count: number } | null;
}

export type FrameMessage =
  | { readonly kind: "height"; readonly id: number; readonly height: number }
  | { readonly kind: "pending"; readonly id: number }
  | { readonly kind: "fulfilled"; readonly id: number }
  /** What a cell that runs on demand has read is another value by now. */
  | { readonly kind: "stale"; readonly id: number }
  | {
      readonly kind: "rejected";
      readonly id: number;
      readonly message: string;
      readonly place: ErrorPlace | LinePlace | null;
    }
  | {
      readonly kind: "query";
      readonly query: string;
      readonly cell: number;
      readonly sql: string;
      readonly parameters: Readonly<Record<string, QueryParameter>>;
    }
  | { readonly kind: "abort"; readonly query: string }
  /** Opens a result for a visible SQL cell. */
  | {
      readonly kind: "openResult";
      readonly query: string;
      readonly cell: number;
      readonly sql: string;
      readonly parameters: Readonly<Record<string, QueryParameter>>;
      readonly useKept: boolean;
    }
  | { readonly kind: "cancelResult"; readonly query: string }
  | { readonly kind: "ask"; readonly request: string; readonly ask: ResultAsk }
  | ({ readonly kind: "pivot" } & PivotRequest)
  | ({ readonly kind: "filterCell" } & FilterCellRequest)
  | ({ readonly kind: "pinRows" } & PinRowsRequest)
  | { readonly kind: "copy"; readonly text: string }
  | { readonly kind: "open"; readonly href: string }
  | { readonly kind: "key"; readonly key: "save" }
  /** Escape in an output that nothing there took: the keys go back to the cell. */
  | { readonly kind: "leave"; readonly id: number }
  | { readonly kind: "pong"; readonly at: number };

/** Said by the frame to its parent when it is ready to be given a port. */
export const FRAME_HELLO = "spoor-frame-hello";
/** Said by the page, with the port. */
export const FRAME_CONNECT = "spoor-frame-connect";
