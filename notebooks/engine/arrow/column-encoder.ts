import { type DuckDBType, DuckDBVector } from "@duckdb/node-api";
import type { BatchBody } from "./batch-body.ts";
import {
  arrayChild,
  listChild,
  listChildCount,
  pointedBytes,
  type RawVector,
  structChild,
  vectorBytes,
  vectorValidity,
} from "./raw-vector.ts";
import { bothValid, isValid, ValidityBits } from "./validity-bits.ts";

/** Turns vectors of one type into Arrow buffers, chunk by chunk, until the batch is taken. */
export interface ColumnEncoder {
  /**
   * Appends `count` rows of the vector, or only those that `rows` names, in its order. `mask` has a valid bit for
   * each of the `count` rows whose parent is not NULL; null means all.
   */
  append(vector: RawVector, count: number, mask: Uint8Array | null, rows: Int32Array | null): void;
  /**
   * Adds the array's node and buffers, children after parents, and starts anew. The buffers may be written over by
   * the next `append`: the body must have been copied by then.
   */
  take(body: BatchBody): void;
  /** About how many bytes wait to be taken. */
  byteCount(): number;
}

/** Changes `count` values from DuckDB's layout to Arrow's. */
export type ValueTransform = (bytes: Uint8Array, count: number, valid: Uint8Array | null) => Uint8Array;

function gather(bytes: Uint8Array, width: number, rows: Int32Array): Uint8Array {
  const result = new Uint8Array(rows.length * width);
  for (let at = 0; at < rows.length; at += 1) {
    const from = rows[at]! * width;
    for (let byte = 0; byte < width; byte += 1) result[at * width + byte] = bytes[from + byte]!;
  }
  return result;
}

/** Values of one width; most types have the same layout in DuckDB and Arrow. */
export class FixedEncoder implements ColumnEncoder {
  readonly #width: number;
  readonly #transform: ValueTransform | null;
  readonly #validity = new ValidityBits();
  #parts: Uint8Array[] = [];
  #bytes = 0;

  constructor(width: number, transform: ValueTransform | null = null) {
    this.#width = width;
    this.#transform = transform;
  }

  append(vector: RawVector, count: number, mask: Uint8Array | null, rows: Int32Array | null): void {
    const valid = bothValid(vectorValidity(vector, count), mask);
    let bytes = vectorBytes(vector, count * this.#width);
    if (this.#transform !== null) bytes = this.#transform(bytes, count, valid);
    if (rows !== null && count > 0) bytes = gather(bytes, bytes.length / count, rows);
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
    this.#validity.append(valid, count, rows);
  }

  take(body: BatchBody): void {
    const { length, nullCount, bytes } = this.#validity.take();
    body.node(length, nullCount);
    body.buffer([bytes]);
    body.buffer(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
  }

  byteCount(): number {
    return this.#bytes;
  }
}

/** BOOLEAN: a byte in DuckDB, a bit in Arrow. */
export class BooleanEncoder implements ColumnEncoder {
  readonly #validity = new ValidityBits();
  #bits = new Uint8Array(256);

  append(vector: RawVector, count: number, mask: Uint8Array | null, rows: Int32Array | null): void {
    const valid = bothValid(vectorValidity(vector, count), mask);
    const bytes = vectorBytes(vector, count);
    const added = rows === null ? count : rows.length;
    const start = this.#validity.length;
    if (start + added > this.#bits.length * 8) {
      const larger = new Uint8Array(Math.max(this.#bits.length * 2, Math.ceil((start + added) / 8)));
      larger.set(this.#bits);
      this.#bits = larger;
    }
    for (let at = 0; at < added; at += 1) {
      const bit = start + at;
      if (bytes[rows === null ? at : rows[at]!] === 1) this.#bits[bit >> 3]! |= 1 << (bit & 7);
    }
    this.#validity.append(valid, count, rows);
  }

  take(body: BatchBody): void {
    const { length, nullCount, bytes } = this.#validity.take();
    body.node(length, nullCount);
    body.buffer([bytes]);
    body.buffer([this.#bits.slice(0, Math.ceil(length / 8))]);
    this.#bits = new Uint8Array(256);
  }

  byteCount(): number {
    return this.#validity.length >> 3;
  }
}

/** Offsets and bytes of variable-length values. */
class VariableBytes {
  bytes = new Uint8Array(4096);
  view = new DataView(this.bytes.buffer);
  offsets = new Int32Array(1024);
  /** Bytes in use. */
  length = 0;
  /** Values ended. */
  count = 0;

  /** Makes room for `count` more values of `byteCount` bytes together, and a word beyond them that may be spoilt. */
  room(count: number, byteCount: number): void {
    const bytesNeeded = this.length + byteCount + 16;
    if (bytesNeeded > this.bytes.length) {
      const larger = new Uint8Array(Math.max(this.bytes.length * 2, bytesNeeded));
      larger.set(this.bytes.subarray(0, this.length));
      this.bytes = larger;
      this.view = new DataView(larger.buffer);
    }
    const offsetsNeeded = this.count + count + 1;
    if (offsetsNeeded > this.offsets.length) {
      const larger = new Int32Array(Math.max(this.offsets.length * 2, offsetsNeeded));
      larger.set(this.offsets.subarray(0, this.count + 1));
      this.offsets = larger;
    }
  }

  /** Adds one value. */
  push(value: Uint8Array): void {
    this.room(1, value.length);
    this.bytes.set(value, this.length);
    this.length += value.length;
    this.end();
  }

  /** Ends a value (or an empty one, for NULL) in the room that was made. */
  end(): void {
    this.count += 1;
    this.offsets[this.count] = this.length;
  }

  take(body: BatchBody): void {
    body.buffer([new Uint8Array(this.offsets.buffer, 0, (this.count + 1) * 4)]);
    body.buffer([this.bytes.subarray(0, this.length)]);
    this.length = 0;
    this.count = 0;
  }
}

/** Strings of up to this many bytes lie in the vector itself. */
export const INLINE_BYTES = 12;
/** Two strings that lie this near to each other are read by one call: both ends are DuckDB's own memory. */
const GAP_BYTES = 64;
const LOOP_COPY_BYTES = 32;
const POINTER_HIGH = 2 ** 32;
const NO_BYTES = new Uint8Array(0);

/**
 * VARCHAR and BLOB. Long strings lie one after another in DuckDB's memory: each run is read by one call, and a
 * string that many rows share (a dictionary's) is read once.
 */
export class BytesEncoder implements ColumnEncoder {
  readonly #validity = new ValidityBits();
  readonly #values = new VariableBytes();

  append(vector: RawVector, count: number, mask: Uint8Array | null, rows: Int32Array | null): void {
    const valid = bothValid(vectorValidity(vector, count), mask);
    this.#validity.append(valid, count, rows);
    const entries = vectorBytes(vector, count * 16);
    const words = new Uint32Array(entries.buffer, entries.byteOffset, count * 4);
    const values = this.#values;
    const added = rows === null ? count : rows.length;
    values.room(added, totalLength(words, added, valid, rows));
    const { offsets, view } = values;
    let place = values.length;
    let ended = values.count;
    /** Runs of DuckDB's memory: row with the first pointer, its address, length. */
    const runRows: number[] = [];
    const runStarts: number[] = [];
    const runLengths: number[] = [];
    const seen = new Map<number, number>();
    /** Copies to make when the runs are read: run, offset in it, place here, length. */
    const copies: number[] = [];
    let run = -1;
    let runEnd = -1;
    for (let at = 0; at < added; at += 1) {
      const row = rows === null ? at : rows[at]!;
      ended += 1;
      if (valid !== null && !isValid(valid, row)) {
        offsets[ended] = place;
        continue;
      }
      const word = row * 4;
      const length = words[word]!;
      const start = place;
      place += length;
      offsets[ended] = place;
      if (length <= INLINE_BYTES) {
        // Whole words: what is too much is written over by the next value.
        view.setUint32(start, words[word + 1]!, true);
        if (length > 4) view.setUint32(start + 4, words[word + 2]!, true);
        if (length > 8) view.setUint32(start + 8, words[word + 3]!, true);
        continue;
      }
      const pointer = words[word + 3]! * POINTER_HIGH + words[word + 2]!;
      let used = run;
      if (run >= 0 && pointer >= runEnd && pointer - runEnd <= GAP_BYTES) {
        runEnd = pointer + length;
        runLengths[run] = runEnd - runStarts[run]!;
      } else {
        const known = seen.get(pointer);
        if (known !== undefined && runLengths[known]! >= length) used = known;
        else {
          run = runRows.push(row) - 1;
          runStarts.push(pointer);
          runLengths.push(length);
          runEnd = pointer + length;
          seen.set(pointer, run);
          used = run;
        }
      }
      const source = pointer - runStarts[used]!;
      const last = copies.length - 4;
      if (last >= 0 && copies[last] === used) {
        const length0 = copies[last + 3]!;
        if (copies[last + 1]! + length0 === source && copies[last + 2]! + length0 === start) {
          copies[last + 3] = length0 + length;
          continue;
        }
      }
      copies.push(used, source, start, length);
    }
    values.length = place;
    values.count = ended;
    const runs = runRows.map((row, index) =>
      pointedBytes(entries.buffer as ArrayBuffer, entries.byteOffset + row * 16 + 8, runLengths[index]!),
    );
    const target = values.bytes;
    for (let at = 0; at < copies.length; at += 4) {
      const bytes = runs[copies[at]!]!;
      const source = copies[at + 1]!;
      const place = copies[at + 2]!;
      const length = copies[at + 3]!;
      if (length > LOOP_COPY_BYTES) target.set(bytes.subarray(source, source + length), place);
      else for (let byte = 0; byte < length; byte += 1) target[place + byte] = bytes[source + byte]!;
    }
  }

  take(body: BatchBody): void {
    const { length, nullCount, bytes } = this.#validity.take();
    body.node(length, nullCount);
    body.buffer([bytes]);
    this.#values.take(body);
  }

  byteCount(): number {
    return this.#values.length + this.#validity.length * 4;
  }
}

/** Bytes of the values together. */
function totalLength(
  words: Uint32Array,
  added: number,
  valid: Uint8Array | null,
  rows: Int32Array | null,
): number {
  let total = 0;
  for (let at = 0; at < added; at += 1) {
    const row = rows === null ? at : rows[at]!;
    if (valid === null || isValid(valid, row)) total += words[row * 4]!;
  }
  return total;
}

/** Types that Arrow has no exact layout for, as DuckDB's own text. */
export class TextEncoderOf implements ColumnEncoder {
  readonly #type: DuckDBType;
  readonly #validity = new ValidityBits();
  readonly #values = new VariableBytes();
  readonly #utf8 = new TextEncoder();

  constructor(type: DuckDBType) {
    this.#type = type;
  }

  append(vector: RawVector, count: number, mask: Uint8Array | null, rows: Int32Array | null): void {
    const valid = bothValid(vectorValidity(vector, count), mask);
    this.#validity.append(valid, count, rows);
    const items = DuckDBVector.create(vector, count, this.#type);
    for (let at = 0; at < (rows === null ? count : rows.length); at += 1) {
      const row = rows === null ? at : rows[at]!;
      this.#values.push(isValid(valid, row) ? this.#utf8.encode(String(items.getItem(row))) : NO_BYTES);
    }
  }

  take(body: BatchBody): void {
    const { length, nullCount, bytes } = this.#validity.take();
    body.node(length, nullCount);
    body.buffer([bytes]);
    this.#values.take(body);
  }

  byteCount(): number {
    return this.#values.length + this.#validity.length * 4;
  }
}

/** LIST and MAP: offsets into one child. DuckDB's entries may lie in any order, so the child is gathered. */
export class ListEncoder implements ColumnEncoder {
  readonly #child: ColumnEncoder;
  readonly #validity = new ValidityBits();
  #offsets: number[] = [0];

  constructor(child: ColumnEncoder) {
    this.#child = child;
  }

  append(vector: RawVector, count: number, mask: Uint8Array | null, rows: Int32Array | null): void {
    const valid = bothValid(vectorValidity(vector, count), mask);
    this.#validity.append(valid, count, rows);
    const bytes = vectorBytes(vector, count * 16);
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, count * 4);
    const picked: number[] = [];
    let end = this.#offsets.at(-1)!;
    for (let at = 0; at < (rows === null ? count : rows.length); at += 1) {
      const row = rows === null ? at : rows[at]!;
      if (isValid(valid, row)) {
        const start = words[row * 4]!;
        const length = words[row * 4 + 2]!;
        for (let item = 0; item < length; item += 1) picked.push(start + item);
        end += length;
      }
      this.#offsets.push(end);
    }
    this.#child.append(listChild(vector), listChildCount(vector), null, Int32Array.from(picked));
  }

  take(body: BatchBody): void {
    const { length, nullCount, bytes } = this.#validity.take();
    body.node(length, nullCount);
    body.buffer([bytes]);
    body.buffer([new Uint8Array(Int32Array.from(this.#offsets).buffer)]);
    this.#offsets = [0];
    this.#child.take(body);
  }

  byteCount(): number {
    return this.#offsets.length * 4 + this.#child.byteCount();
  }
}

/** Bits of `count` rows, each repeated `size` times; null stays null. */
function repeatBits(bits: Uint8Array | null, count: number, size: number): Uint8Array | null {
  if (bits === null) return null;
  const repeated = new Uint8Array(Math.ceil((count * size) / 64) * 8);
  for (let at = 0; at < count * size; at += 1) {
    if (isValid(bits, Math.floor(at / size))) repeated[at >> 3]! |= 1 << (at & 7);
  }
  return repeated;
}

/** ARRAY: a fixed number of items a row. */
export class ArrayEncoder implements ColumnEncoder {
  readonly #child: ColumnEncoder;
  readonly #size: number;
  readonly #validity = new ValidityBits();

  constructor(child: ColumnEncoder, size: number) {
    this.#child = child;
    this.#size = size;
  }

  append(vector: RawVector, count: number, mask: Uint8Array | null, rows: Int32Array | null): void {
    const valid = bothValid(vectorValidity(vector, count), mask);
    this.#validity.append(valid, count, rows);
    const size = this.#size;
    const items = rows === null ? null : new Int32Array(rows.length * size);
    if (items !== null && rows !== null) {
      for (let at = 0; at < items.length; at += 1)
        items[at] = rows[Math.floor(at / size)]! * size + (at % size);
    }
    this.#child.append(arrayChild(vector), count * size, repeatBits(valid, count, size), items);
  }

  take(body: BatchBody): void {
    const { length, nullCount, bytes } = this.#validity.take();
    body.node(length, nullCount);
    body.buffer([bytes]);
    this.#child.take(body);
  }

  byteCount(): number {
    return this.#child.byteCount();
  }
}

/** STRUCT (and UNION, whose first field is its tag): one child a field. */
export class StructEncoder implements ColumnEncoder {
  readonly #children: readonly ColumnEncoder[];
  readonly #validity = new ValidityBits();

  constructor(children: readonly ColumnEncoder[]) {
    this.#children = children;
  }

  append(vector: RawVector, count: number, mask: Uint8Array | null, rows: Int32Array | null): void {
    const valid = bothValid(vectorValidity(vector, count), mask);
    this.#validity.append(valid, count, rows);
    for (const [field, child] of this.#children.entries()) {
      child.append(structChild(vector, field), count, valid, rows);
    }
  }

  take(body: BatchBody): void {
    const { length, nullCount, bytes } = this.#validity.take();
    body.node(length, nullCount);
    body.buffer([bytes]);
    for (const child of this.#children) child.take(body);
  }

  byteCount(): number {
    return this.#children.reduce((sum, child) => sum + child.byteCount(), 0);
  }
}

/** SQLNULL: nothing but a length. */
export class NullEncoder implements ColumnEncoder {
  #length = 0;

  append(_vector: RawVector, count: number, _mask: Uint8Array | null, rows: Int32Array | null): void {
    this.#length += rows === null ? count : rows.length;
  }

  take(body: BatchBody): void {
    body.node(this.#length, this.#length);
    this.#length = 0;
  }

  byteCount(): number {
    return 0;
  }
}
