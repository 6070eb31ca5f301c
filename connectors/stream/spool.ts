import { type FileHandle, mkdir, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { LineLayouts } from "../load/line-layouts.ts";
import type { Clock } from "../time/instant.ts";
import { syncFolder } from "./durable.ts";
import { encodeFrame, MAXIMUM_BODY_BYTES, type PlacedRecord, readFrames } from "./frame.ts";
import { type Counts, digestKey, KeyLog } from "./key-log.ts";
import { ParsedBodies, type ParsedBody, readBody } from "./parsed-body.ts";

/** How far a spool is drained: all of the files before `file`, and `byteOffset` bytes of it. */
export interface SpoolPosition {
  readonly file: string;
  readonly byteOffset: number;
}

/** What an append did. Lines that are empty count as neither. */
export interface Appended {
  /** Lines that hold a good JSON object. */
  readonly accepted: number;
  /** Lines that do not: they go to the quarantine. */
  readonly quarantined: number;
  /** Whether the idempotency key was known; then nothing was added and the counts are those of the first time. */
  readonly repeated: boolean;
}

/** Whole records of one spool file, one after another. */
export interface SpoolSlice {
  readonly file: string;
  readonly fromByte: number;
  readonly toByte: number;
  readonly records: readonly PlacedRecord[];
}

/** Events of one source that were acknowledged and are not yet in the lake. One process may have it open. */
export interface Spool {
  readonly source: string;
  /**
   * Appends one body of NDJSON; when it resolves, the body survives a crash. Appends are serialised in the order
   * of their calls and share an fsync where they wait together. The body must stay unchanged until then.
   *
   * @throws RangeError for a body over 512 MiB; the file system's error when it cannot be written, and then
   * nothing was added.
   */
  append(body: Uint8Array, options?: { readonly idempotencyKey?: string | undefined }): Promise<Appended>;
  /** Whether acknowledged records stand behind the position; undefined is the start. */
  hasWaiting(position: SpoolPosition | undefined): boolean;
  /**
   * The acknowledged records behind the position, of one file, at least one and until their lines reach
   * `maximumEvents`; null when none waits.
   */
  read(position: SpoolPosition | undefined, maximumEvents: number): Promise<SpoolSlice | null>;
  /** Deletes the files that lie wholly before the position; their idempotency keys stay known. */
  discard(position: SpoolPosition): Promise<void>;
  /** Waits for appends under way, then closes the files. */
  close(): Promise<void>;
}

export interface SpoolOptions {
  /** Holds one folder for each source. */
  readonly directory: string;
  /** `^[a-z][a-z0-9_]{0,47}$` */
  readonly source: string;
  readonly clock: Clock;
  /** Bytes after which a new file is begun; default 64 MiB. */
  readonly rotateBytes?: number;
}

const ROTATE_BYTES = 64 << 20;
/** Bytes of records that one read takes at most, unless the first record alone is longer. */
const SLICE_BYTES = 64 << 20;
/** Bytes of bodies whose reading is remembered until they are drained. */
const PARSED_BYTES = 64 << 20;
const SPOOL_FILE = /^\d{16}\.spool$/;

/**
 * Opens the spool of one source, and cuts a record that a crash left half written.
 *
 * @throws Error when a file that was finished holds a damaged record.
 */
export async function openSpool(options: SpoolOptions): Promise<Spool> {
  if (!/^[a-z][a-z0-9_]{0,47}$/.test(options.source)) throw new Error(`not a source name: ${options.source}`);
  const directory = join(options.directory, options.source);
  await mkdir(directory, { recursive: true });
  await syncFolder(options.directory);
  const keys = await KeyLog.open(join(directory, "keys.log"));
  const spool = new FileSpool(options, directory, keys);
  try {
    await spool.recover();
  } catch (error) {
    await spool.close();
    throw error;
  }
  return spool;
}

interface SpoolFile {
  readonly name: string;
  readonly handle: FileHandle;
  /** Bytes of acknowledged records. */
  byteCount: number;
  nextLine: number;
  readonly keyDigests: string[];
}

interface Waiting {
  readonly body: Buffer;
  readonly keyDigest: string | null;
  /** Null when the key was known already and the body therefore not looked at. */
  readonly counts: Counts | null;
  readonly parsed: ParsedBody | null;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: unknown) => void;
}

class FileSpool implements Spool {
  readonly source: string;
  private readonly clock: Clock;
  private readonly rotateBytes: number;
  private readonly directory: string;
  private readonly keys: KeyLog;
  /** In the order of their names; the last one is written to. */
  private readonly files: SpoolFile[] = [];
  private readonly parsed = new ParsedBodies(PARSED_BYTES);
  private readonly layouts = new LineLayouts();
  private queue: Waiting[] = [];
  private flushing: Promise<void> | null = null;
  /** Why nothing more can be written until the spool is opened again. */
  private broken: unknown = null;
  private isClosed = false;
  private lastIngestedUs = 0n;

  constructor(options: SpoolOptions, directory: string, keys: KeyLog) {
    this.source = options.source;
    this.clock = options.clock;
    this.rotateBytes = options.rotateBytes ?? ROTATE_BYTES;
    this.directory = directory;
    this.keys = keys;
  }

  async recover(): Promise<void> {
    const names = (await readdir(this.directory)).filter((name) => SPOOL_FILE.test(name)).sort();
    for (const name of names) {
      const path = join(this.directory, name);
      const handle = await open(path, "r+");
      const file: SpoolFile = { name, handle, byteCount: 0, nextLine: 1, keyDigests: [] };
      this.files.push(file);
      const { size } = await handle.stat();
      file.byteCount = await readFrames(handle, 0, size, (record) => {
        file.nextLine = record.firstLine + record.lineCount;
        if (record.ingestedUs > this.lastIngestedUs) this.lastIngestedUs = record.ingestedUs;
        if (record.keyDigest !== null) {
          file.keyDigests.push(record.keyDigest);
          this.keys.remember(record.keyDigest, record);
        }
        return true;
      });
      if (file.byteCount === size) continue;
      if (name !== names.at(-1)) throw new Error(`${path} is damaged at byte ${file.byteCount} of ${size}`);
      await handle.truncate(file.byteCount);
      await handle.sync();
    }
  }

  async append(
    given: Uint8Array,
    options: { readonly idempotencyKey?: string | undefined } = {},
  ): Promise<Appended> {
    if (this.isClosed) throw new Error(`the spool of ${this.source} is closed`);
    if (given.length > MAXIMUM_BODY_BYTES) {
      throw new RangeError(`a body of ${given.length} bytes is over ${MAXIMUM_BODY_BYTES}`);
    }
    const body = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
    const keyDigest = options.idempotencyKey === undefined ? null : digestKey(options.idempotencyKey);
    const isKnown = keyDigest !== null && this.keys.get(keyDigest) !== undefined;
    const { counts, parsed } = isKnown ? { counts: null, parsed: null } : readBody(body, this.layouts);
    if (keyDigest === null && counts && counts.accepted + counts.quarantined === 0) {
      return { ...counts, repeated: false };
    }
    return new Promise((resolve, reject) => {
      this.queue.push({ body, keyDigest, counts, parsed, resolve, reject });
      this.flushing ??= this.flushAll();
    });
  }

  private async flushAll(): Promise<void> {
    // One turn later, so that appends of the same moment share one fsync.
    await Promise.resolve();
    while (this.queue.length > 0) {
      const taken = this.queue;
      this.queue = [];
      try {
        const answers = await this.flush(taken);
        for (const [index, waiting] of taken.entries()) waiting.resolve(answers[index]!);
      } catch (error) {
        for (const waiting of taken) waiting.reject(error);
      }
    }
    this.flushing = null;
  }

  /** Writes what is new with one fsync, and says what to answer to each. */
  private async flush(taken: readonly Waiting[]): Promise<Appended[]> {
    const fresh: { readonly waiting: Waiting; readonly counts: Counts }[] = [];
    const freshKeys = new Map<string, Counts>();
    const answers = taken.map((waiting): Appended => {
      const { keyDigest } = waiting;
      const known = keyDigest === null ? undefined : (this.keys.get(keyDigest) ?? freshKeys.get(keyDigest));
      if (known) return { accepted: known.accepted, quarantined: known.quarantined, repeated: true };
      const counts = waiting.counts ?? readBody(waiting.body, this.layouts).counts;
      fresh.push({ waiting, counts });
      if (keyDigest !== null) freshKeys.set(keyDigest, counts);
      return { ...counts, repeated: false };
    });
    if (fresh.length === 0) return answers;
    if (this.broken)
      throw new Error(`the spool of ${this.source} must be opened again`, { cause: this.broken });
    let file = this.files.at(-1);
    if (!file || file.byteCount >= this.rotateBytes) file = await this.beginFile();
    const nowUs = this.nowUs();
    if (nowUs > this.lastIngestedUs) this.lastIngestedUs = nowUs;
    let firstLine = file.nextLine;
    const frames = fresh.map(({ waiting: { body, keyDigest }, counts }) => {
      const lineCount = countLines(body);
      const frame = encodeFrame({
        body,
        keyDigest,
        ...counts,
        ingestedUs: this.lastIngestedUs,
        firstLine,
        lineCount,
      });
      firstLine += lineCount;
      return frame;
    });
    const bytes = frames.length === 1 ? frames[0]! : Buffer.concat(frames);
    await this.writeDurably(file, bytes);
    let fromByte = file.byteCount;
    for (const [index, { waiting }] of fresh.entries()) {
      if (waiting.parsed) this.parsed.put(file.name, fromByte, waiting.body.length, waiting.parsed);
      fromByte += frames[index]!.length;
    }
    file.byteCount += bytes.length;
    file.nextLine = firstLine;
    for (const [digest, counts] of freshKeys) {
      file.keyDigests.push(digest);
      this.keys.remember(digest, counts);
    }
    return answers;
  }

  private nowUs(): bigint {
    return BigInt(Math.round(this.clock() * 1000));
  }

  /** Names rise and never come again, whatever was deleted: they go by the time at which the file began. */
  private async beginFile(): Promise<SpoolFile> {
    const nowUs = this.nowUs();
    const last = this.files.at(-1);
    const afterLast = last ? BigInt(last.name.slice(0, 16)) + 1n : 0n;
    const name = `${String(nowUs > afterLast ? nowUs : afterLast).padStart(16, "0")}.spool`;
    const handle = await open(join(this.directory, name), "wx+");
    const file: SpoolFile = { name, handle, byteCount: 0, nextLine: 1, keyDigests: [] };
    this.files.push(file);
    await syncFolder(this.directory);
    return file;
  }

  private async writeDurably(file: SpoolFile, bytes: Buffer): Promise<void> {
    try {
      let at = 0;
      while (at < bytes.length) {
        const { bytesWritten } = await file.handle.write(bytes, at, bytes.length - at, file.byteCount + at);
        at += bytesWritten;
      }
    } catch (error) {
      await file.handle.truncate(file.byteCount).catch((second: unknown) => {
        this.broken = second;
      });
      throw error;
    }
    try {
      await file.handle.datasync();
    } catch (error) {
      // What a failed fsync left on disk nobody can say: only opening the spool again finds out.
      this.broken = error;
      throw error;
    }
  }

  hasWaiting(position: SpoolPosition | undefined): boolean {
    return this.firstWaiting(position) !== undefined;
  }

  private firstWaiting(position: SpoolPosition | undefined): SpoolFile | undefined {
    return this.files.find((file) => file.byteCount > 0 && !(position && isBehind(file, position)));
  }

  async read(position: SpoolPosition | undefined, maximumEvents: number): Promise<SpoolSlice | null> {
    const file = this.firstWaiting(position);
    if (!file) return null;
    const fromByte = position?.file === file.name ? position.byteOffset : 0;
    const endByte = file.byteCount;
    const records: PlacedRecord[] = [];
    let lineCount = 0;
    let isFull = false;
    const toByte = await readFrames(file.handle, fromByte, endByte, (record) => {
      records.push({ ...record, parsed: this.parsed.get(file.name, record.fromByte) });
      lineCount += record.accepted + record.quarantined;
      isFull = lineCount >= maximumEvents || record.toByte - fromByte >= SLICE_BYTES;
      return !isFull;
    });
    if (records.length === 0 || (toByte < endByte && !isFull)) {
      throw new Error(`${join(this.directory, file.name)} is damaged at byte ${toByte} of ${endByte}`);
    }
    return { file: file.name, fromByte, toByte, records };
  }

  async discard(position: SpoolPosition): Promise<void> {
    this.parsed.discard(position.file, position.byteOffset);
    const drained = this.files.slice(0, -1).filter((file) => isBehind(file, position));
    if (drained.length === 0) return;
    for (const file of drained) await this.keys.keep(file.keyDigests);
    for (const file of drained) {
      this.files.splice(this.files.indexOf(file), 1);
      await file.handle.close();
      await rm(join(this.directory, file.name), { force: true });
    }
    await syncFolder(this.directory);
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await this.flushing;
    await Promise.all([this.keys.close(), ...this.files.map((file) => file.handle.close())]);
  }
}

function isBehind(file: SpoolFile, position: SpoolPosition): boolean {
  return file.name < position.file || (file.name === position.file && file.byteCount <= position.byteOffset);
}

function countLines(body: Buffer): number {
  let count = 0;
  let from = 0;
  for (let at = body.indexOf(10); at >= 0; at = body.indexOf(10, from)) {
    count++;
    from = at + 1;
  }
  return from < body.length ? count + 1 : count;
}
