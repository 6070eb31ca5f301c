import {
  bindInterpolations,
  InterpolationError,
  sqlOfTemplate,
} from "../../notebooks/document/bind-interpolations.ts";
import type { BoundSql } from "../../notebooks/document/notebook.ts";
import type { ErrorPlace, FrameMessage, HostMessage } from "./protocol.ts";
import { OpenResult } from "./result/open-result.ts";
import { arrowTable, jsonTable, type ResultTable } from "./result/result-table.ts";

/** A cell whose inputs changed may finish its query within this time; then the query is given up. */
const GRACE_MS = 200;
/** A quick result is shown once, with its rows, and not first without them. */
const FIRST_ROWS_MS = 150;

/** A query that gave no result, and where in the cell. */
export class CellQueryError extends Error {
  readonly place: ErrorPlace | null;

  constructor(message: string, place: ErrorPlace | null) {
    super(message);
    this.name = "QueryError";
    this.place = place;
  }
}

/** SQL with its values bound, and where its texts lie. */
interface Question {
  readonly bound: BoundSql & { readonly textStarts: readonly number[] };
  readonly texts: readonly string[];
}

type QueryMessage = Extract<HostMessage, { readonly query: string }>;

interface Waiting {
  take(message: QueryMessage): void;
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
   * All rows of a template of SQL for a cell. Rejects with CellQueryError when refused, failed, cancelled, or when
   * `invalidation` resolved and the grace is over.
   */
  async ask(
    cell: number,
    strings: TemplateStringsArray,
    values: readonly unknown[],
    invalidation: Promise<unknown> | null,
  ): Promise<ResultTable> {
    const question = questionOf(strings, values);
    const query = crypto.randomUUID();
    const { promise, resolve, reject } = Promise.withResolvers<ResultTable>();
    const chunks: Uint8Array[] = [];
    this.#waiting.set(query, {
      reject,
      take: (message) => {
        if (message.kind === "chunk") {
          chunks.push(message.bytes);
          return;
        }
        this.#waiting.delete(query);
        if (message.kind === "failed") {
          const { failure } = message;
          reject(new CellQueryError(failure.message, placeOf(question, failure.offset)));
          return;
        }
        try {
          if (message.kind === "rows") resolve(jsonTable(message.result));
          else if (message.kind === "done") resolve(arrowTable(joined(chunks), null, message.rowLimit));
        } catch (error) {
          reject(new CellQueryError(`The result could not be read: ${(error as Error).message}`, null));
        }
      },
    });
    this.#post({
      kind: "query",
      query,
      cell,
      sql: question.bound.sql,
      parameters: question.bound.parameters,
    });
    this.#giveUpAfter(invalidation, query);
    return promise;
  }

  /**
   * Opens a result for a template of SQL: resolves when its columns are known. Rejects as `ask` does; after that a
   * failure is a state of the result.
   */
  async open(
    cell: number,
    strings: TemplateStringsArray,
    values: readonly unknown[],
    invalidation: Promise<unknown> | null,
  ): Promise<OpenResult> {
    return this.#open(cell, questionOf(strings, values), invalidation, true);
  }

  #open(
    cell: number,
    question: Question,
    invalidation: Promise<unknown> | null,
    useKept: boolean,
  ): Promise<OpenResult> {
    const query = crypto.randomUUID();
    const { promise, resolve, reject } = Promise.withResolvers<OpenResult>();
    let result: OpenResult | null = null;
    this.#waiting.set(query, {
      reject: (error) => {
        reject(error);
        const failure = { message: error.message, offset: null, cancelled: true };
        result?.take({ kind: "failed", query, failure });
      },
      take: (message) => {
        if (message.kind === "opened") {
          const opened = new OpenResult(message.opened, {
            cancel: () => this.#post({ kind: "cancelResult", query }),
            again: () => this.#open(cell, question, invalidation, false),
          });
          result = opened;
          setTimeout(() => resolve(opened), FIRST_ROWS_MS);
          return;
        }
        if (!result) {
          this.#waiting.delete(query);
          if (message.kind !== "failed") return;
          const { failure } = message;
          reject(new CellQueryError(failure.message, placeOf(question, failure.offset)));
          return;
        }
        result.take(message);
        if (result.ended) this.#waiting.delete(query);
        if (result.ended || (message.kind === "firstRows" && (result.head?.rowCount ?? 0) > 0))
          resolve(result);
      },
    });
    const { sql, parameters } = question.bound;
    this.#post({ kind: "openResult", query, cell, sql, parameters, useKept });
    this.#giveUpAfter(invalidation, query);
    return promise;
  }

  #giveUpAfter(invalidation: Promise<unknown> | null, query: string): void {
    invalidation?.then(() => {
      setTimeout(() => {
        const waiting = this.#waiting.get(query);
        if (!waiting) return;
        this.#waiting.delete(query);
        this.#post({ kind: "abort", query });
        waiting.reject(new CellQueryError("Given up: the cell ran again.", null));
      }, GRACE_MS);
    });
  }

  /** Takes an answer of the page; false when the message is none. */
  take(message: HostMessage): boolean {
    if (!("query" in message)) return false;
    this.#waiting.get(message.query)?.take(message);
    return true;
  }
}

function questionOf(strings: TemplateStringsArray, values: readonly unknown[]): Question {
  const texts = strings.raw.map(sqlOfTemplate);
  try {
    return { texts, bound: bindInterpolations(texts, values) };
  } catch (error) {
    if (!(error instanceof InterpolationError)) throw error;
    const text = error.position;
    throw new CellQueryError(error.message, { text, offset: texts[text]?.length ?? 0 });
  }
}

/** Which text of the cell an offset in the bound SQL falls into; one in a placeholder is at the end of the text before. */
function placeOf({ texts, bound }: Question, offset: number | null): ErrorPlace | null {
  if (offset === null) return null;
  const text = bound.textStarts.findLastIndex((start) => start <= offset);
  if (text < 0) return null;
  return { text, offset: Math.min(offset - bound.textStarts[text]!, texts[text]!.length) };
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
