import type { DuckDBDataChunk } from "@duckdb/node-api";
import type { OpenResult } from "../query-run.ts";
import { type ArrowColumn, arrowColumn } from "./arrow-column.ts";
import { dictionaryMessages, END_OF_STREAM, recordBatchMessage, schemaMessage } from "./arrow-message.ts";
import { BatchBody } from "./batch-body.ts";
import { columnVector } from "./raw-vector.ts";

/** A batch ends at the first chunk that reaches one of these. */
const BATCH_ROWS = 60_000;
const BATCH_BYTES = 8 * 1024 * 1024;

function selectionOf(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, row) => row);
}

/** Collects chunks until a batch is full. */
class BatchWriter {
  rowCount = 0;
  readonly #columns: readonly ArrowColumn[];

  constructor(columns: readonly ArrowColumn[]) {
    this.#columns = columns;
  }

  /** Adds the first `count` rows of the chunk. */
  add(chunk: DuckDBDataChunk, count: number): void {
    const rows = count === chunk.rowCount ? null : selectionOf(count);
    for (const [at, column] of this.#columns.entries()) {
      column.encoder.append(columnVector(chunk.chunk, at), chunk.rowCount, null, rows);
    }
    this.rowCount += count;
  }

  get full(): boolean {
    if (this.rowCount >= BATCH_ROWS) return true;
    return this.#columns.reduce((sum, column) => sum + column.encoder.byteCount(), 0) >= BATCH_BYTES;
  }

  take(): Uint8Array {
    const body = new BatchBody();
    for (const column of this.#columns) column.encoder.take(body);
    const message = recordBatchMessage(this.rowCount, body);
    this.rowCount = 0;
    return message;
  }
}

async function* messages(
  result: OpenResult,
  rowLimit: number,
  metadata: Readonly<Record<string, string>>,
): AsyncGenerator<Uint8Array, boolean> {
  let dictionaryCount = 0;
  const nextId = (): number => dictionaryCount++;
  const columns = result.columns.map((column, at) => arrowColumn(column.name, result.types[at]!, nextId));
  yield schemaMessage(columns, metadata);
  yield* dictionaryMessages(columns);
  const writer = new BatchWriter(columns);
  let total = 0;
  let complete = true;
  let coming = result.next();
  for (;;) {
    const chunk = await coming;
    if (chunk === null) break;
    // DuckDB makes the next chunk while this one is written.
    coming = result.next();
    coming.catch(() => undefined);
    const count = Math.min(chunk.rowCount, rowLimit - total);
    const first = total === 0;
    if (count > 0) writer.add(chunk, count);
    total += count;
    complete = count === chunk.rowCount;
    if (!complete) break;
    if (first || writer.full) yield writer.take();
  }
  if (writer.rowCount > 0) yield writer.take();
  yield END_OF_STREAM;
  return complete;
}

/**
 * The result as an Arrow IPC stream, made as it is read: the first chunk at once, then batches of about 60,000 rows
 * or 8 MiB, one at a time in memory; `metadata` goes into the schema. An error breaks the stream before its end marker. `complete` tells whether the
 * row limit or anything else cut it, and never rejects.
 */
export function arrowStream(
  result: OpenResult,
  rowLimit: number,
  metadata: Readonly<Record<string, string>> = {},
): { readonly stream: ReadableStream<Uint8Array>; readonly complete: Promise<boolean> } {
  const { promise: complete, resolve: settle } = Promise.withResolvers<boolean>();
  const source = messages(result, rowLimit, metadata);
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const next = await source.next();
          if (!next.done) {
            controller.enqueue(next.value);
            return;
          }
          await result.close();
          settle(next.value);
          controller.close();
        } catch (error) {
          await result.close();
          settle(false);
          controller.error(error);
        }
      },
      async cancel() {
        settle(false);
        await result.close();
      },
    },
    { highWaterMark: 1 },
  );
  return { stream, complete };
}
