import type { ErrorPlace } from "../frame/protocol.ts";

/** What the page knows about one cell's run. */
export interface CellState {
  readonly phase: "new" | "running" | "done" | "failed" | "stopped";
  /** The text has changed since it ran. */
  readonly edited: boolean;
  readonly error: {
    readonly message: string;
    readonly offset: number | null;
    readonly place: ErrorPlace | null;
  } | null;
  readonly outputHeight: number;
  /** A query that runs: since when (performance.now()), and bytes received. */
  readonly query: { readonly startedMs: number; readonly receivedBytes: number } | null;
  /** How long the last query took. */
  readonly elapsedMs: number | null;
}

export const NEW_CELL: CellState = {
  phase: "new",
  edited: false,
  error: null,
  outputHeight: 0,
  query: null,
  elapsedMs: null,
};
