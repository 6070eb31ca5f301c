import type { ResultOpened, ResultState } from "../../../notebooks/result/result.ts";
import { PageRefusal } from "../page-channel.ts";
import type { HostMessage } from "../protocol.ts";
import { arrowTable, type ResultTable } from "./result-table.ts";

/** What an open result can ask of the page. */
export interface ResultCalls {
  cancel(): void;
  /** Asks the same question anew, kept answers aside. Rejects with CellQueryError. */
  again(): Promise<OpenResult>;
}

/** A result that the page opened for a cell: it grows, and ends complete, cut, failed or cancelled. */
export class OpenResult {
  readonly opened: ResultOpened;
  readonly #calls: ResultCalls;
  readonly #listeners = new Set<() => void>();
  readonly #startedMs = performance.now();
  #state: ResultState;
  #head: ResultTable | null = null;

  constructor(opened: ResultOpened, calls: ResultCalls) {
    this.opened = opened;
    this.#calls = calls;
    this.#state = {
      id: opened.id,
      phase: "running",
      rowCount: 0,
      percentage: null,
      queuePosition: null,
      elapsedMs: 0,
      message: null,
      datasetVersions: opened.datasetVersions,
    };
  }

  get state(): ResultState {
    return this.#state;
  }

  /** The first rows, once they came. */
  get head(): ResultTable | null {
    return this.#head;
  }

  get ended(): boolean {
    return this.#state.phase !== "queued" && this.#state.phase !== "running";
  }

  /** Since it was opened, also between two looks of the page. */
  get elapsedMs(): number {
    return this.ended ? this.#state.elapsedMs : performance.now() - this.#startedMs;
  }

  cancel(): void {
    this.#calls.cancel();
  }

  again(): Promise<OpenResult> {
    return this.#calls.again();
  }

  /** Calls `listener` at each change; gives a function that ends this. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes what the page says of it. */
  take(message: HostMessage): void {
    if (message.kind === "firstRows") {
      try {
        this.#head = arrowTable(message.bytes, this.opened.columns);
      } catch (error) {
        this.#fail("failed", `The first rows could not be read: ${(error as Error).message}`);
      }
    } else if (message.kind === "resultState") {
      this.#state = message.state;
    } else if (message.kind === "failed") {
      this.#fail(message.failure.cancelled ? "cancelled" : "failed", message.failure.message);
    } else {
      return;
    }
    for (const listener of this.#listeners) listener();
  }

  #fail(phase: "failed" | "cancelled", message: string): void {
    this.#state = { ...this.#state, phase, message };
  }
}

/** True when the page says that the server has forgotten a result. */
export function isForgotten(error: unknown): boolean {
  return error instanceof PageRefusal && error.status === 404;
}
