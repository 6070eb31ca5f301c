import {
  bindInterpolations,
  InterpolationError,
  sqlOfTemplate,
} from "../../notebooks/document/bind-interpolations.ts";
import type { ErrorPlace, FrameMessage, HostMessage } from "./protocol.ts";
import { arrowTable, jsonTable, type ResultTable } from "./result-table.ts";

/** A cell whose inputs changed may finish its query within this time; then the query is given up. */
const GRACE_MS = 200;

/** A query that gave no result, and where in the cell. */
export class CellQueryError extends Error {
  readonly place: ErrorPlace | null;

  constructor(message: string, place: ErrorPlace | null) {
    super(message);
    this.name = "QueryError";
    this.place = place;
  }
}

interface Waiting {
  readonly chunks: Uint8Array[];
  readonly texts: readonly string[];
  readonly textStarts: readonly number[];
  resolve(table: ResultTable): void;
  reject(error: Error): void;
}

/** Asks the page for the rows of SQL. The page holds the session; the frame never sees it. */
export class QueryChannel {
  readonly #post: (message: FrameMessage) => void;
  readonly #waiting = new Map<string, Waiting>();

  constructor(post: (message: FrameMessage) => void) {
    this.#post = post;
  }

  /**
   * Runs a template of SQL for a cell. Rejects with CellQueryError when refused, failed, cancelled, or when
   * `invalidation` resolved and the grace is over.
   */
  async ask(
    cell: number,
    strings: TemplateStringsArray,
    values: readonly unknown[],
    invalidation: Promise<unknown> | null,
  ): Promise<ResultTable> {
    const texts = strings.raw.map(sqlOfTemplate);
    let bound: ReturnType<typeof bindInterpolations>;
    try {
      bound = bindInterpolations(texts, values);
    } catch (error) {
      if (!(error instanceof InterpolationError)) throw error;
      const text = error.position;
      throw new CellQueryError(error.message, { text, offset: texts[text]?.length ?? 0 });
    }
    const query = crypto.randomUUID();
    const { promise, resolve, reject } = Promise.withResolvers<ResultTable>();
    this.#waiting.set(query, { chunks: [], texts, textStarts: bound.textStarts, resolve, reject });
    this.#post({ kind: "query", query, cell, sql: bound.sql, parameters: bound.parameters });
    invalidation?.then(() => {
      setTimeout(() => {
        if (!this.#waiting.delete(query)) return;
        this.#post({ kind: "abort", query });
        reject(new CellQueryError("Given up: the cell ran again.", null));
      }, GRACE_MS);
    });
    return promise;
  }

  /** Takes an answer of the page; false when the message is none. */
  take(message: HostMessage): boolean {
    if (!("query" in message)) return false;
    const waiting = this.#waiting.get(message.query);
    if (!waiting) return true;
    if (message.kind === "chunk") {
      waiting.chunks.push(message.bytes);
      return true;
    }
    this.#waiting.delete(message.query);
    if (message.kind === "failed") {
      const { failure } = message;
      waiting.reject(new CellQueryError(failure.message, placeOf(waiting, failure.offset)));
      return true;
    }
    try {
      waiting.resolve(
        message.kind === "rows"
          ? jsonTable(message.result)
          : arrowTable(joined(waiting.chunks), message.rowLimit),
      );
    } catch (error) {
      waiting.reject(new CellQueryError(`The result could not be read: ${(error as Error).message}`, null));
    }
    return true;
  }
}

/** Which text of the cell an offset in the bound SQL falls into; one in a placeholder is at the end of the text before. */
function placeOf({ texts, textStarts }: Waiting, offset: number | null): ErrorPlace | null {
  if (offset === null) return null;
  const text = textStarts.findLastIndex((start) => start <= offset);
  if (text < 0) return null;
  return { text, offset: Math.min(offset - textStarts[text]!, texts[text]!.length) };
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0));
  let position = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, position);
    position += chunk.byteLength;
  }
  return bytes;
}
