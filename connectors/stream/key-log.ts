import { createHash } from "node:crypto";
import { type FileHandle, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { syncFolder } from "./durable.ts";
import { DIGEST_BYTES } from "./frame.ts";

/** What an append answered the first time. */
export interface Counts {
  readonly accepted: number;
  readonly quarantined: number;
}

/** Keys remembered at least. */
export const KEPT_KEYS = 100_000;
/** Keys forgotten at once, the oldest: one at a time, a Map takes ever longer to find its first. */
const TRIMMED_KEYS = 25_000;
const ENTRY_BYTES = DIGEST_BYTES + 12;

/** An idempotency key as it is kept: 32 bytes, however long the key is. */
export function digestKey(key: string): string {
  return createHash("sha256").update(key, "utf8").digest().toString("latin1");
}

function encodeEntry(digest: string, counts: Counts): Buffer {
  const entry = Buffer.alloc(ENTRY_BYTES);
  entry.write(digest, 4, DIGEST_BYTES, "latin1");
  entry.writeUInt32BE(counts.accepted, 4 + DIGEST_BYTES);
  entry.writeUInt32BE(counts.quarantined, 8 + DIGEST_BYTES);
  entry.writeUInt32BE(crc32(entry.subarray(4)), 0);
  return entry;
}

/**
 * The last idempotency keys of one source. A key whose record still lies in a spool file lives there; `keep`
 * writes keys into a log of their own before the file goes.
 */
export class KeyLog {
  private readonly path: string;
  private readonly known = new Map<string, Counts>();
  private handle: FileHandle;
  private entryCount: number;

  private constructor(path: string, handle: FileHandle, entryCount: number) {
    this.path = path;
    this.handle = handle;
    this.entryCount = entryCount;
  }

  /** Opens the log, made when it is not there; an entry that a crash left half written is cut. */
  static async open(path: string): Promise<KeyLog> {
    const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return Buffer.alloc(0);
      throw error;
    });
    const entries: [string, Counts][] = [];
    let at = 0;
    for (; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
      const entry = bytes.subarray(at, at + ENTRY_BYTES);
      if (crc32(entry.subarray(4)) !== entry.readUInt32BE(0)) break;
      entries.push([
        entry.toString("latin1", 4, 4 + DIGEST_BYTES),
        { accepted: entry.readUInt32BE(4 + DIGEST_BYTES), quarantined: entry.readUInt32BE(8 + DIGEST_BYTES) },
      ]);
    }
    const handle = await open(path, "a");
    if (at < bytes.length) await handle.truncate(at);
    if (bytes.length === 0) await syncFolder(dirname(path));
    const log = new KeyLog(path, handle, entries.length);
    for (const [digest, counts] of entries) log.remember(digest, counts);
    return log;
  }

  get(digest: string): Counts | undefined {
    return this.known.get(digest);
  }

  /** Remembers in memory; the caller has the key in a durable record. */
  remember(digest: string, counts: Counts): void {
    this.known.set(digest, counts);
    if (this.known.size < KEPT_KEYS + TRIMMED_KEYS) return;
    for (const oldest of this.known.keys()) {
      if (this.known.size === KEPT_KEYS) break;
      this.known.delete(oldest);
    }
  }

  /** Writes keys down durably, so that the records which held them may go. */
  async keep(digests: Iterable<string>): Promise<void> {
    const entries: Buffer[] = [];
    for (const digest of digests) {
      const counts = this.known.get(digest);
      if (counts) entries.push(encodeEntry(digest, counts));
    }
    if (entries.length === 0) return;
    await this.handle.appendFile(Buffer.concat(entries));
    await this.handle.datasync();
    this.entryCount += entries.length;
    if (this.entryCount > 3 * KEPT_KEYS) await this.compact();
  }

  private async compact(): Promise<void> {
    const entries = [...this.known].map(([digest, counts]) => encodeEntry(digest, counts));
    const temporary = `${this.path}.tmp`;
    const fresh = await open(temporary, "w");
    try {
      await fresh.writeFile(Buffer.concat(entries));
      await fresh.datasync();
    } finally {
      await fresh.close();
    }
    await rename(temporary, this.path);
    await syncFolder(dirname(this.path));
    const next = await open(this.path, "a");
    await this.handle.close();
    this.handle = next;
    this.entryCount = entries.length;
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}
