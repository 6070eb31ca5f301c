import { randomUUID } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { ZeekField } from "../format/zeek.ts";
import type { Family } from "./intake.ts";
import type { Shape } from "./shape.ts";

/** How the lines of a batch taken from a Zeek log are laid out: line number, then these fields as text, by tabs. */
export interface ZeekLayout {
  readonly path: string;
  readonly fields: readonly ZeekField[];
}

/** Rows of one dataset, set down in the scratch folder for DuckDB to read. */
export interface Batch {
  readonly family: Family;
  readonly path: string;
  readonly rowCount: number;
  readonly byteCount: number;
  /** Longest row in bytes, at most. */
  readonly longestBytes: number;
  /** Files by the index that the rows carry. */
  readonly files: readonly string[];
  readonly inputHashes: readonly string[];
  /** When the rows of each of `files` came, where they came at different times; null when all came at once. */
  readonly ingestedUs: readonly bigint[] | null;
  /** Keys that hold a value in some row; null when nobody counted. */
  readonly keys: ReadonlySet<string> | null;
  /** Set where the rows are no JSON but fields of a Zeek log. */
  readonly zeek?: ZeekLayout;
}

const FLUSH_CHARACTERS = 1 << 20;
/** Digits and marks before a row, and the line end after it. */
const ROW_EXTRA_BYTES = 48;

const NO_BLOCK = Buffer.alloc(0);

/**
 * Writes a batch: one row a line, `file index, 0x01, line number, 0x01, JSON text`. JSON text that the parser
 * accepted has no 0x01 and, once its line breaks are gone, no LF or CR: the lines need no quoting.
 */
export class BatchWriter {
  readonly family: Family;
  readonly path: string;
  rowCount = 0;
  byteCount = 0;
  private longestBytes = 0;
  private readonly files: string[] = [];
  private readonly hashes: string[] = [];
  private readonly ingestedUs: bigint[] = [];
  private readonly handle: number;
  private pending: string[] = [];
  private pendingCharacters = 0;
  private block = NO_BLOCK;
  private blockBytes = 0;

  private readonly shape: Shape;
  private readonly before: ReadonlyMap<string, number>;

  /**
   * @param shape the family's shape, which grows as rows are added.
   * @param before how often each key of it had a value when the batch before this one was closed.
   */
  constructor(family: Family, directory: string, shape: Shape, before: ReadonlyMap<string, number>) {
    this.family = family;
    this.shape = shape;
    this.before = before;
    this.path = join(directory, `${randomUUID()}.rows`);
    this.handle = openSync(this.path, "wx");
  }

  /** @param ingestedUs when the row came, for all rows of the batch or for none. */
  add(file: string, inputHash: string, line: number, json: string, ingestedUs?: bigint): void {
    this.begin(file, inputHash, ingestedUs);
    this.flushBlock();
    this.pending.push(`${this.files.length - 1}\u0001${line}\u0001${json}\n`);
    this.rowCount++;
    const most = json.length * 3;
    if (most > this.longestBytes) this.longestBytes = most;
    this.pendingCharacters += json.length;
    if (this.pendingCharacters > FLUSH_CHARACTERS) this.flush();
  }

  /** Adds a row whose JSON text is `body[from..to)`, in UTF-8 and without line breaks. */
  addBytes(
    file: string,
    inputHash: string,
    line: number,
    body: Buffer,
    from: number,
    to: number,
    ingestedUs?: bigint,
  ): void {
    this.begin(file, inputHash, ingestedUs);
    this.flush();
    const needed = to - from + ROW_EXTRA_BYTES;
    if (this.blockBytes + needed > this.block.length) {
      this.flushBlock();
      if (needed > this.block.length) this.block = Buffer.allocUnsafe(Math.max(FLUSH_CHARACTERS, needed));
    }
    let at = this.blockBytes;
    at += this.block.write(`${this.files.length - 1}\u0001${line}\u0001`, at, "latin1");
    at += body.copy(this.block, at, from, to);
    this.block[at] = 10;
    this.blockBytes = at + 1;
    this.rowCount++;
    if (to - from > this.longestBytes) this.longestBytes = to - from;
  }

  private begin(file: string, inputHash: string, ingestedUs: bigint | undefined): void {
    if (
      this.files.at(-1) !== file ||
      this.hashes.at(-1) !== inputHash ||
      this.ingestedUs.at(-1) !== ingestedUs
    ) {
      if (ingestedUs !== undefined) this.ingestedUs.push(ingestedUs);
      this.files.push(file);
      this.hashes.push(inputHash);
    }
  }

  get size(): number {
    return this.byteCount + this.pendingCharacters + this.blockBytes;
  }

  private flush(): void {
    if (this.pending.length === 0) return;
    this.write(Buffer.from(this.pending.join(""), "utf8"));
    this.pending = [];
    this.pendingCharacters = 0;
  }

  private flushBlock(): void {
    if (this.blockBytes === 0) return;
    this.write(this.block.subarray(0, this.blockBytes));
    this.blockBytes = 0;
  }

  private write(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) at += writeSync(this.handle, bytes, at);
    this.byteCount += bytes.length;
  }

  close(): Batch {
    this.flush();
    this.flushBlock();
    closeSync(this.handle);
    return {
      family: this.family,
      path: this.path,
      rowCount: this.rowCount,
      byteCount: this.byteCount,
      longestBytes: this.longestBytes,
      files: this.files,
      inputHashes: [...new Set(this.hashes)],
      ingestedUs: this.ingestedUs.length > 0 ? this.ingestedUs : null,
      keys: new Set(
        [...(this.shape.fields ?? [])]
          .filter(([key, field]) => field.count > (this.before.get(key) ?? 0))
          .map(([key]) => key),
      ),
    };
  }
}

/** How often each key of a shape has had a value. */
export function valueCounts(shape: Shape): Map<string, number> {
  return new Map([...(shape.fields ?? [])].map(([key, field]) => [key, field.count]));
}
