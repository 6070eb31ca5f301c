import type { DuckDBDataChunk } from "@duckdb/node-api";
import type { OpenResult } from "../engine/query-run.ts";

/** As many rows are enough to fill a screen. */
const ENOUGH_ROWS = 500;
/** After the first rows, more are waited for this long. */
const WAIT_MS = 25;
/** A result that has none by then gives none: a browser has few connections, and its state tells when there are rows. */
const PATIENCE_MS = 2_000;

/** The first rows of a result, for the one reader who opened it, taken from the chunks on their way to the store. */
export class FirstRows {
  readonly #chunks: DuckDBDataChunk[] = [];
  #rowCount = 0;
  #ended = false;
  #failure: unknown = null;
  #wake: (() => void) | null = null;

  /** Takes a chunk on its way; null at the end of the result. */
  offer(chunk: DuckDBDataChunk | null): void {
    if (this.#ended) return;
    if (chunk === null) this.#ended = true;
    else {
      this.#chunks.push(chunk);
      this.#rowCount += chunk.rowCount;
      this.#ended = this.#rowCount >= ENOUGH_ROWS;
    }
    this.#wake?.();
  }

  /** The result broke off before its first rows were whole. */
  fail(error: unknown): void {
    if (this.#ended) return;
    this.#failure = error;
    this.#ended = true;
    this.#wake?.();
  }

  /** The rows as a result of their own that ends after them. */
  as(result: OpenResult): OpenResult {
    let given = false;
    return {
      ...result,
      next: async () => {
        const untilMs = performance.now() + (given ? WAIT_MS : PATIENCE_MS);
        while (this.#chunks.length === 0 && !this.#ended) {
          const leftMs = untilMs - performance.now();
          if (leftMs <= 0) this.#ended = true;
          else await this.#offered(leftMs);
        }
        const chunk = this.#chunks.shift() ?? null;
        if (chunk === null && this.#failure !== null) throw this.#failure;
        given = true;
        return chunk;
      },
      close: async () => {
        this.#ended = true;
        this.#chunks.length = 0;
        this.#wake?.();
      },
    };
  }

  async #offered(leftMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = setTimeout(resolve, leftMs);
    await promise;
    clearTimeout(timer);
    this.#wake = null;
  }
}
