import type { QueryColumn } from "../../notebooks/engine/engine.ts";
import type { ResultState } from "../../notebooks/result/result.ts";
import type { ErrorPlace, LinePlace } from "../frame/protocol.ts";

/** What the page knows about one cell's run. */
export interface CellState {
  /** `waiting`: it runs on demand and has not been asked to. */
  readonly phase: "new" | "waiting" | "running" | "done" | "failed" | "stopped";
  /** The text has changed since it ran. */
  readonly edited: boolean;
  /** It runs on demand, and what it read has changed since it ran. */
  readonly stale: boolean;
  readonly error: {
    readonly message: string;
    readonly offset: number | null;
    readonly place: ErrorPlace | LinePlace | null;
  } | null;
  readonly outputHeight: number;
  /** A query that runs: since when (performance.now()), bytes received, and how far its result is when that is known. */
  readonly query: {
    readonly startedMs: number;
    readonly receivedBytes: number;
    readonly progress: ResultState | null;
  } | null;
  /** How long the last query took. */
  readonly elapsedMs: number | null;
  /** The rows of the last query, when the page knows them. */
  readonly rows: {
    readonly count: number;
    readonly complete: boolean;
    /** They were there already: same question, same data. */
    readonly kept: boolean;
    readonly columns: readonly QueryColumn[];
  } | null;
}

export const NEW_CELL: CellState = {
  phase: "new",
  edited: false,
  stale: false,
  error: null,
  outputHeight: 0,
  query: null,
  elapsedMs: null,
  rows: null,
};
