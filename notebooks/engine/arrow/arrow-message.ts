import type { ArrowColumn } from "./arrow-column.ts";
import { BatchBody } from "./batch-body.ts";
import { FlatBuffer } from "./flatbuffer.ts";

const METADATA_V5 = 4;
const HEADER = { schema: 1, dictionaryBatch: 2, recordBatch: 3 } as const;

/** The marker that ends an Arrow IPC stream: without it a stream is cut. */
export const END_OF_STREAM = new Uint8Array([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);

function message(buffer: FlatBuffer, header: number, place: number, body: BatchBody | null): Uint8Array {
  const bodyLength = body?.byteLength ?? 0;
  const metadata = buffer.finish(
    buffer.table([
      FlatBuffer.int16(METADATA_V5),
      FlatBuffer.int8(header),
      FlatBuffer.at(place),
      FlatBuffer.int64(bodyLength),
    ]),
  );
  // Not zeroed: every byte is written below.
  const bytes = new Uint8Array(Buffer.allocUnsafeSlow(8 + metadata.length + bodyLength).buffer);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0xffffffff, true);
  view.setInt32(4, metadata.length, true);
  bytes.set(metadata, 8);
  body?.copyTo(bytes, 8 + metadata.length);
  return bytes;
}

function keyValue(buffer: FlatBuffer, key: string, value: string): number {
  const [keyPlace, valuePlace] = [buffer.text(key), buffer.text(value)];
  return buffer.table([FlatBuffer.at(keyPlace), FlatBuffer.at(valuePlace)]);
}

function field(buffer: FlatBuffer, column: ArrowColumn): number {
  const children = buffer.vectorOf(column.children.map((child) => field(buffer, child)));
  const metadata = buffer.vectorOf([keyValue(buffer, "duckdb:type", column.duckDbType)]);
  const type = column.writeType(buffer);
  const dictionary = column.dictionary;
  let dictionaryPlace: number | null = null;
  if (dictionary !== null) {
    const index = buffer.table([FlatBuffer.int32(dictionary.indexBits), FlatBuffer.int8(0)]);
    dictionaryPlace = buffer.table([
      FlatBuffer.int64(dictionary.id),
      FlatBuffer.at(index),
      FlatBuffer.int8(1),
    ]);
  }
  const name = buffer.text(column.name);
  return buffer.table([
    FlatBuffer.at(name),
    FlatBuffer.int8(column.nullable ? 1 : 0),
    FlatBuffer.int8(column.type),
    FlatBuffer.at(type),
    dictionaryPlace === null ? null : FlatBuffer.at(dictionaryPlace),
    FlatBuffer.at(children),
    FlatBuffer.at(metadata),
  ]);
}

/** The schema message; every field carries its DuckDB type as `duckdb:type` metadata, the schema what is given. */
export function schemaMessage(
  columns: readonly ArrowColumn[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const buffer = new FlatBuffer();
  const fields = buffer.vectorOf(columns.map((column) => field(buffer, column)));
  const pairs = Object.entries(metadata).map(([key, value]) => keyValue(buffer, key, value));
  const place = pairs.length === 0 ? null : FlatBuffer.at(buffer.vectorOf(pairs));
  const schema = buffer.table([FlatBuffer.int16(0), FlatBuffer.at(fields), place]);
  return message(buffer, HEADER.schema, schema, null);
}

function recordBatch(buffer: FlatBuffer, rowCount: number, body: BatchBody): number {
  const buffers = buffer.vectorOfPairs(body.buffers);
  const nodes = buffer.vectorOfPairs(body.nodes);
  return buffer.table([FlatBuffer.int64(rowCount), FlatBuffer.at(nodes), FlatBuffer.at(buffers)]);
}

/** One record batch message of `rowCount` rows. */
export function recordBatchMessage(rowCount: number, body: BatchBody): Uint8Array {
  const buffer = new FlatBuffer();
  return message(buffer, HEADER.recordBatch, recordBatch(buffer, rowCount, body), body);
}

/** The dictionary messages of all ENUM columns, nested ones included. */
export function dictionaryMessages(columns: readonly ArrowColumn[]): Uint8Array[] {
  return columns.flatMap((column) => {
    const nested = dictionaryMessages(column.children);
    if (column.dictionary === null) return nested;
    const { id, values } = column.dictionary;
    const encoded = values.map((value) => new TextEncoder().encode(value));
    const offsets = new Int32Array(values.length + 1);
    for (const [at, bytes] of encoded.entries()) offsets[at + 1] = offsets[at]! + bytes.length;
    const body = new BatchBody();
    body.node(values.length, 0);
    body.buffer([]);
    body.buffer([new Uint8Array(offsets.buffer)]);
    body.buffer(encoded);
    const buffer = new FlatBuffer();
    const batch = recordBatch(buffer, values.length, body);
    const place = buffer.table([FlatBuffer.int64(id), FlatBuffer.at(batch), FlatBuffer.int8(0)]);
    return [...nested, message(buffer, HEADER.dictionaryBatch, place, body)];
  });
}
