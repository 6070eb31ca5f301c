import { DuckDBTypeId } from "@duckdb/node-api";
import { BatchBody } from "./arrow/batch-body.ts";
import { BytesEncoder } from "./arrow/column-encoder.ts";
import { columnVector, vectorBytes, vectorValidity } from "./arrow/raw-vector.ts";
import { isValid } from "./arrow/validity-bits.ts";
import type { SliceChunks } from "./engine-slice.ts";

/** A column of texts: row `i` is `bytes[offsets[i]..offsets[i + 1])`, in UTF-8. */
export interface TextColumn {
  readonly bytes: Uint8Array;
  readonly offsets: Int32Array;
  /** 1 where the row is NULL; null when none is. */
  readonly nulls: Uint8Array | null;
}

/** Keeps the buffers that an encoder gives away. */
class Buffers extends BatchBody {
  readonly taken: Uint8Array[] = [];
  nullCount = 0;

  override node(_length: number, nullCount: number): void {
    this.nullCount = nullCount;
  }

  override buffer(parts: readonly Uint8Array[]): void {
    this.taken.push(parts.length === 1 ? parts[0]! : Buffer.concat(parts));
  }
}

function checkType(result: SliceChunks, at: number, id: DuckDBTypeId): void {
  if (result.types[at]?.typeId !== id)
    throw new TypeError(`column ${at} is a ${result.types[at]?.toString() ?? "nothing"}`);
}

/** Decodes a VARCHAR column of a result. Throws TypeError for another type. */
export function textColumn(result: SliceChunks, at: number): TextColumn {
  checkType(result, at, DuckDBTypeId.VARCHAR);
  const encoder = new BytesEncoder();
  let count = 0;
  for (const chunk of result.chunks) {
    encoder.append(columnVector(chunk.chunk, at), chunk.rowCount, null, null);
    count += chunk.rowCount;
  }
  const body = new Buffers();
  encoder.take(body);
  const [validity, offsets, bytes] = body.taken as [Uint8Array, Uint8Array, Uint8Array];
  let nulls: Uint8Array | null = null;
  if (body.nullCount > 0) {
    nulls = new Uint8Array(count);
    for (let row = 0; row < count; row += 1) if (!isValid(validity, row)) nulls[row] = 1;
  }
  return { bytes, offsets: new Int32Array(offsets.buffer, offsets.byteOffset, count + 1), nulls };
}

/** Decodes a BOOLEAN column: 0 false, 1 true, 2 NULL. Throws TypeError for another type. */
export function booleanColumn(result: SliceChunks, at: number): Uint8Array {
  checkType(result, at, DuckDBTypeId.BOOLEAN);
  const states = new Uint8Array(result.chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0));
  let place = 0;
  for (const chunk of result.chunks) {
    const { rowCount } = chunk;
    const vector = columnVector(chunk.chunk, at);
    states.set(vectorBytes(vector, rowCount), place);
    const valid = vectorValidity(vector, rowCount);
    for (let row = 0; valid !== null && row < rowCount; row += 1) {
      if (!isValid(valid, row)) states[place + row] = 2;
    }
    place += rowCount;
  }
  return states;
}

/** A column of numbers. */
export interface NumberColumn {
  readonly values: Float64Array;
  /** 1 where the row is NULL; null when none is. */
  readonly nulls: Uint8Array | null;
}

/** Decodes a DOUBLE column. Throws TypeError for another type. */
export function doubleColumn(result: SliceChunks, at: number): NumberColumn {
  checkType(result, at, DuckDBTypeId.DOUBLE);
  const count = result.chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0);
  const values = new Float64Array(count);
  let nulls: Uint8Array | null = null;
  let place = 0;
  for (const chunk of result.chunks) {
    const { rowCount } = chunk;
    const vector = columnVector(chunk.chunk, at);
    const bytes = vectorBytes(vector, rowCount * 8);
    values.set(new Float64Array(bytes.buffer, bytes.byteOffset, rowCount), place);
    const valid = vectorValidity(vector, rowCount);
    for (let row = 0; valid !== null && row < rowCount; row += 1) {
      if (isValid(valid, row)) continue;
      nulls ??= new Uint8Array(count);
      nulls[place + row] = 1;
    }
    place += rowCount;
  }
  return { values, nulls };
}

/** Decodes a BIGINT column without NULLs. Throws TypeError for another type. */
export function bigintColumn(result: SliceChunks, at: number): BigInt64Array {
  checkType(result, at, DuckDBTypeId.BIGINT);
  const values = new BigInt64Array(result.chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0));
  let place = 0;
  for (const chunk of result.chunks) {
    const { rowCount } = chunk;
    const bytes = vectorBytes(columnVector(chunk.chunk, at), rowCount * 8);
    values.set(new BigInt64Array(bytes.buffer, bytes.byteOffset, rowCount), place);
    place += rowCount;
  }
  return values;
}

/** The text of one row, null for NULL. */
export function textAt(column: TextColumn, row: number): string | null {
  if (column.nulls !== null && column.nulls[row] === 1) return null;
  const { buffer, byteOffset } = column.bytes;
  return Buffer.from(buffer, byteOffset).toString("utf8", column.offsets[row]!, column.offsets[row + 1]!);
}
