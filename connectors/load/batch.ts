import { randomUUID } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Family } from "./intake.ts";

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
}

const FLUSH_CHARACTERS = 1 << 20;

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
  private readonly handle: number;
  private pending: string[] = [];
  private pendingCharacters = 0;

  constructor(family: Family, directory: string) {
    this.family = family;
    this.path = join(directory, `${randomUUID()}.rows`);
    this.handle = openSync(this.path, "wx");
  }

  add(file: string, inputHash: string, line: number, json: string): void {
    if (this.files.at(-1) !== file || this.hashes.at(-1) !== inputHash) {
      this.files.push(file);
      this.hashes.push(inputHash);
    }
    this.pending.push(`${this.files.length - 1}\u0001${line}\u0001${json}\n`);
    this.rowCount++;
    const most = json.length * 3;
    if (most > this.longestBytes) this.longestBytes = most;
    this.pendingCharacters += json.length;
    if (this.pendingCharacters > FLUSH_CHARACTERS) this.flush();
  }

  get size(): number {
    return this.byteCount + this.pendingCharacters;
  }

  private flush(): void {
    const bytes = Buffer.from(this.pending.join(""), "utf8");
    let at = 0;
    while (at < bytes.length) at += writeSync(this.handle, bytes, at);
    this.byteCount += bytes.length;
    this.pending = [];
    this.pendingCharacters = 0;
  }

  close(): Batch {
    this.flush();
    closeSync(this.handle);
    return {
      family: this.family,
      path: this.path,
      rowCount: this.rowCount,
      byteCount: this.byteCount,
      longestBytes: this.longestBytes,
      files: this.files,
      inputHashes: [...new Set(this.hashes)],
    };
  }
}
