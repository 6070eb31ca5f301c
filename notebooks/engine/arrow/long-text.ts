import type { DuckDBDataChunk } from "@duckdb/node-api";
import { INLINE_BYTES } from "./column-encoder.ts";
import { columnVector, vectorBytes, vectorValidity } from "./raw-vector.ts";
import { isValid } from "./validity-bits.ts";

/** Bytes that a VARCHAR column's values hold outside of their vector. */
export function longTextBytes(chunk: DuckDBDataChunk, column: number): number {
  const { rowCount } = chunk;
  const vector = columnVector(chunk.chunk, column);
  const valid = vectorValidity(vector, rowCount);
  const entries = vectorBytes(vector, rowCount * 16);
  const words = new Uint32Array(entries.buffer, entries.byteOffset, rowCount * 4);
  let bytes = 0;
  for (let row = 0; row < rowCount; row += 1) {
    const length = words[row * 4]!;
    if (length > INLINE_BYTES && isValid(valid, row)) bytes += length;
  }
  return bytes;
}
