/** What the page and the sandboxed frame say to each other over one MessagePort. */
import type { CellMode } from "../../notebooks/document/notebook.ts";
import type { TranspiledCell } from "../../notebooks/document/transpile-cells.ts";
import type { QueryParameter } from "../../notebooks/engine/engine.ts";

/** A cell that is to run; one with the same id is replaced. */
export interface CellProgram {
  readonly id: number;
  readonly mode: CellMode;
  readonly hidden: boolean;
  readonly transpiled: TranspiledCell;
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

export type FrameMessage =
  | { readonly kind: "height"; readonly id: number; readonly height: number }
  | { readonly kind: "pending"; readonly id: number }
  | { readonly kind: "fulfilled"; readonly id: number }
  | {
      readonly kind: "rejected";
      readonly id: number;
      readonly message: string;
      readonly place: ErrorPlace | null;
    }
  | {
      readonly kind: "query";
      readonly query: string;
      readonly cell: number;
      readonly sql: string;
      readonly parameters: Readonly<Record<string, QueryParameter>>;
    }
  | { readonly kind: "abort"; readonly query: string }
  | { readonly kind: "rowCount"; readonly id: number; readonly rowCount: number; readonly complete: boolean }
  | { readonly kind: "copy"; readonly text: string }
  | { readonly kind: "open"; readonly href: string }
  | { readonly kind: "key"; readonly key: "save" }
  | { readonly kind: "pong"; readonly at: number };

/** Said by the frame to its parent when it is ready to be given a port. */
export const FRAME_HELLO = "spoor-frame-hello";
/** Said by the page, with the port. */
export const FRAME_CONNECT = "spoor-frame-connect";
