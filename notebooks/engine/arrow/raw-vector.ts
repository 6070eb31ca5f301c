import bindings from "@duckdb/node-bindings";

/** DuckDB's own vector, valid as long as its chunk. */
export type RawVector = bindings.Vector;
export type RawChunk = bindings.DataChunk;

export const columnVector = (chunk: RawChunk, column: number): RawVector =>
  bindings.data_chunk_get_vector(chunk, column);

/** A copy of the vector's data, to be kept. */
export const vectorBytes = (vector: RawVector, byteCount: number): Uint8Array =>
  bindings.vector_get_data(vector, byteCount);

export const listChild = (vector: RawVector): RawVector => bindings.list_vector_get_child(vector);
export const listChildCount = (vector: RawVector): number => bindings.list_vector_get_size(vector);
export const structChild = (vector: RawVector, field: number): RawVector =>
  bindings.struct_vector_get_child(vector, field);
export const arrayChild = (vector: RawVector): RawVector => bindings.array_vector_get_child(vector);

/** Bytes behind a pointer that DuckDB wrote into `entries`. Never give it any other. */
export const pointedBytes = (entries: ArrayBuffer, pointerOffset: number, byteCount: number): Uint8Array =>
  bindings.get_data_from_pointer(entries, pointerOffset, byteCount);

/** Valid bits of `count` rows, least significant first, as Arrow has them; null when every row is valid. */
export function vectorValidity(vector: RawVector, count: number): Uint8Array | null {
  const bytes = bindings.vector_get_validity(vector, Math.ceil(count / 64) * 8) as
    | Uint8Array
    | null
    | undefined;
  return bytes ?? null;
}
