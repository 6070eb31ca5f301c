import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import {
  closeSync,
  createReadStream,
  createWriteStream,
  openSync,
  readFileSync,
  readSync,
  statSync,
} from "node:fs";
import { type lstat, readdir, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import tar from "tar-stream";
import yauzl from "yauzl";
import type { Issue } from "../issue/issue.ts";
import type { Expanded, Input } from "./input.ts";

/** Bounds on what an archive from a stranger may do to us. */
export interface ExpandLimits {
  /** Plain bytes of one input. */
  readonly inputBytes: number;
  /** Plain bytes unpacked from one archive. */
  readonly archiveBytes: number;
  /** Unpacked by packed bytes, looked at once more than `ratioFromBytes` are unpacked. */
  readonly ratio: number;
  readonly ratioFromBytes: number;
  readonly memberCount: number;
  /** How deep an archive may lie in archives: 2 is an archive within an archive. */
  readonly depth: number;
}

export const DEFAULT_LIMITS: ExpandLimits = {
  inputBytes: 32 * 2 ** 30,
  archiveBytes: 64 * 2 ** 30,
  ratio: 400,
  ratioFromBytes: 16 * 2 ** 20,
  memberCount: 10_000,
  depth: 2,
};

export interface ExpandOptions {
  readonly scratchDirectory: string;
  readonly limits?: ExpandLimits;
  readonly signal?: AbortSignal | undefined;
  /** Keep only this many of an input's first bytes: for a look, never for a load (the hash is that of these bytes). */
  readonly headBytes?: number;
}

/** Inputs up to this size stay in memory. */
const MEMORY_BYTES = 64 * 2 ** 20;

class Refused extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** What one archive on disk has spent of its bounds, nested ones included. */
interface Budget {
  readonly packedBytes: number;
  plainBytes: number;
  members: number;
}

type Container = "gzip" | "zip" | "tar" | null;

function containerOf(head: Buffer): Container {
  if (head.length >= 3 && head[0] === 0x1f && head[1] === 0x8b && head[2] === 8) return "gzip";
  if (head.length >= 4 && head[0] === 0x50 && head[1] === 0x4b) {
    if ((head[2] === 3 && head[3] === 4) || (head[2] === 5 && head[3] === 6)) return "zip";
  }
  if (head.length >= 263 && head.toString("latin1", 257, 262) === "ustar") return "tar";
  return null;
}

function headOf(bytes: Buffer | null, path: string | null): Buffer {
  if (bytes) return bytes.subarray(0, 512);
  const head = Buffer.alloc(512);
  const handle = openSync(path!, "r");
  try {
    return head.subarray(0, readSync(handle, head, 0, 512, 0));
  } finally {
    closeSync(handle);
  }
}

/**
 * Turns paths into plain inputs: folders are walked in name order (links are not followed), gzip, zip and tar
 * are unpacked by what their bytes say. Bytes of an archive only ever go to memory or to a fresh name in the
 * scratch folder. An input's file in the scratch folder is removed when the next one is asked for.
 */
export async function* expandPaths(
  paths: readonly string[],
  options: ExpandOptions,
): AsyncGenerator<Expanded> {
  for (const path of paths) yield* expandPath(path, options);
}

async function* expandPath(path: string, options: ExpandOptions): AsyncGenerator<Expanded> {
  options.signal?.throwIfAborted();
  let info: Awaited<ReturnType<typeof lstat>>;
  try {
    info = await stat(path);
  } catch {
    yield skipped(path, "there is no such file or folder", "input.missing");
    return;
  }
  if (info.isDirectory()) {
    const entries = (await readdir(path, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const child = join(path, entry.name);
      if (entry.isSymbolicLink()) yield skipped(child, "a link, which is not followed in a folder", null);
      else if (isDebris(entry.name)) yield skipped(child, "a hidden or system file", null);
      else if (entry.isDirectory() || entry.isFile()) yield* expandPath(child, options);
    }
    return;
  }
  if (!info.isFile()) {
    yield skipped(path, "neither a file nor a folder", "input.special");
    return;
  }
  const budget: Budget = { packedBytes: info.size, plainBytes: 0, members: 0 };
  try {
    if (containerOf(headOf(null, path)) === null) {
      const hash = createHash("sha256");
      const end = options.headBytes ? { end: options.headBytes - 1 } : {};
      for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, ...end }))
        hash.update(chunk as Buffer);
      yield {
        kind: "input",
        input: {
          file: path,
          path,
          bytes: null,
          hash: hash.digest("hex"),
          byteCount: info.size,
          compression: "none",
        },
      };
      return;
    }
    yield* unpack({ file: path, path, bytes: null, compression: [] }, budget, 0, options);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    yield refusal(path, error);
  }
}

interface Packed {
  readonly file: string;
  readonly path: string | null;
  readonly bytes: Buffer | null;
  readonly compression: readonly string[];
}

async function* unpack(
  packed: Packed,
  budget: Budget,
  depth: number,
  options: ExpandOptions,
): AsyncGenerator<Expanded> {
  const limits = options.limits ?? DEFAULT_LIMITS;
  const container = containerOf(headOf(packed.bytes, packed.path));
  if (container && container !== "gzip" && depth >= limits.depth) {
    throw new Refused("archive.nested", `archives lie more than ${limits.depth} deep`);
  }
  if (container && depth > limits.depth + 1) throw new Refused("archive.nested", "compressed too many times");
  if (container === "gzip") {
    let plain = await collectGzip(packed, budget, options);
    if (options.headBytes && containerOf(headOf(plain.bytes, plain.path))) {
      const { headBytes: _, ...whole } = options;
      plain = await collectGzip(packed, budget, whole);
    }
    const next: Packed = { ...packed, ...plain, compression: [...packed.compression, "gzip"] };
    try {
      yield* settle(next, plain, budget, depth, options);
    } finally {
      if (plain.path) await rm(plain.path, { force: true });
    }
    return;
  }
  if (container === "tar") {
    const extract = streamOf(packed, null).pipe(tar.extract());
    for await (const entry of extract) {
      const name = entry.header.name;
      const file = `${packed.file}!${name}`;
      if (entry.header.type === "directory") {
        entry.resume();
        continue;
      }
      if (entry.header.type !== "file" && entry.header.type !== "contiguous-file") {
        entry.resume();
        yield skipped(file, `a ${entry.header.type}, not a file`, null);
        continue;
      }
      const trouble = nameTrouble(name);
      if (trouble) {
        entry.resume();
        yield trouble === "debris"
          ? skipped(file, "a hidden or system file", null)
          : skipped(file, trouble, "archive.unsafe-name");
        continue;
      }
      countMember(budget, limits);
      yield* member(
        file,
        entry as unknown as Readable,
        { ...packed, compression: [...packed.compression, "tar"] },
        budget,
        depth,
        options,
      );
    }
    return;
  }
  if (container === "zip") {
    const archive = await openZip(packed);
    try {
      for await (const entry of zipEntries(archive)) {
        options.signal?.throwIfAborted();
        const name = Buffer.isBuffer(entry.fileName)
          ? (entry.fileName as Buffer).toString("utf8")
          : String(entry.fileName);
        const file = `${packed.file}!${name}`;
        if (name.endsWith("/")) continue;
        const trouble = nameTrouble(name);
        if (trouble) {
          yield trouble === "debris"
            ? skipped(file, "a hidden or system file", null)
            : skipped(file, trouble, "archive.unsafe-name");
          continue;
        }
        if (entry.generalPurposeBitFlag & 1) {
          yield skipped(file, "encrypted", "archive.encrypted");
          continue;
        }
        countMember(budget, limits);
        let stream: Readable;
        try {
          stream = await openEntry(archive, entry);
        } catch (error) {
          yield refusal(file, error);
          continue;
        }
        yield* member(
          file,
          stream,
          { ...packed, compression: [...packed.compression, "zip"] },
          budget,
          depth,
          options,
        );
      }
    } finally {
      archive.close();
    }
    return;
  }
  throw new Refused("archive.unknown", "not an archive that Spoor reads");
}

/** Line ends that a transfer in text mode put behind an archive, at most this many bytes. */
const STRAY_BYTES = 4;

/** Unpacks gzip; when it ends badly and line ends stand behind it, once more without them. */
async function collectGzip(packed: Packed, budget: Budget, options: ExpandOptions): Promise<Plain> {
  const before = budget.plainBytes;
  try {
    return await collect(gunzip(streamOf(packed, null)), budget, options);
  } catch (error) {
    if (error instanceof Refused || options.signal?.aborted) throw error;
    const size = sizeOf(packed);
    const tail = tailOf(packed, STRAY_BYTES);
    let stray = 0;
    while (
      stray < tail.length &&
      (tail[tail.length - 1 - stray] === 10 || tail[tail.length - 1 - stray] === 13)
    )
      stray++;
    for (let cut = 1; cut <= stray; cut++) {
      budget.plainBytes = before;
      try {
        return await collect(gunzip(streamOf(packed, size - cut)), budget, options);
      } catch (again) {
        if (again instanceof Refused || options.signal?.aborted) throw again;
      }
    }
    throw error;
  }
}

function sizeOf(packed: Packed): number {
  return packed.bytes ? packed.bytes.length : statSync(packed.path!).size;
}

function tailOf(packed: Packed, byteCount: number): Buffer {
  if (packed.bytes) return packed.bytes.subarray(Math.max(0, packed.bytes.length - byteCount));
  const size = sizeOf(packed);
  const tail = Buffer.alloc(Math.min(byteCount, size));
  const handle = openSync(packed.path!, "r");
  try {
    return tail.subarray(0, readSync(handle, tail, 0, tail.length, size - tail.length));
  } finally {
    closeSync(handle);
  }
}

/** The packed bytes, up to `end` when it is given. */
function streamOf(packed: Packed, end: number | null): Readable {
  if (packed.bytes) return Readable.from([end === null ? packed.bytes : packed.bytes.subarray(0, end)]);
  return createReadStream(packed.path!, {
    highWaterMark: 1 << 20,
    ...(end === null ? {} : { end: end - 1 }),
  });
}

function gunzip(source: Readable): Readable {
  const plain = createGunzip();
  source.on("error", (error) => plain.destroy(error));
  return source.pipe(plain);
}

async function* member(
  file: string,
  stream: Readable,
  packed: Packed,
  budget: Budget,
  depth: number,
  options: ExpandOptions,
): AsyncGenerator<Expanded> {
  let plain: Plain;
  try {
    plain = await collect(stream, budget, options);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    if (error instanceof Refused) throw error;
    yield refusal(file, error);
    return;
  }
  try {
    yield* settle({ ...packed, ...plain, file }, plain, budget, depth + 1, options);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    yield refusal(file, error);
  } finally {
    if (plain.path) await rm(plain.path, { force: true });
  }
}

async function* settle(
  packed: Packed,
  plain: Plain,
  budget: Budget,
  depth: number,
  options: ExpandOptions,
): AsyncGenerator<Expanded> {
  if (containerOf(headOf(plain.bytes, plain.path))) {
    yield* unpack(packed, budget, depth, options);
    return;
  }
  const input: Input = {
    file: packed.file,
    path: plain.path,
    bytes: plain.bytes,
    hash: plain.hash,
    byteCount: plain.byteCount,
    compression: packed.compression.join("+"),
  };
  yield { kind: "input", input };
}

interface Plain {
  readonly path: string | null;
  readonly bytes: Buffer | null;
  readonly hash: string;
  readonly byteCount: number;
}

async function collect(stream: Readable, budget: Budget, options: ExpandOptions): Promise<Plain> {
  const limits = options.limits ?? DEFAULT_LIMITS;
  const hash = createHash("sha256");
  let parts: Buffer[] = [];
  let byteCount = 0;
  let path: string | null = null;
  let file: ReturnType<typeof createWriteStream> | null = null;
  try {
    for await (const piece of stream) {
      const chunk = piece as Buffer;
      options.signal?.throwIfAborted();
      byteCount += chunk.length;
      budget.plainBytes += chunk.length;
      if (options.headBytes && byteCount - chunk.length >= options.headBytes) {
        // The rest of a tar's member has to pass; any other stream just ends here.
        if ("header" in stream) continue;
        break;
      }
      if (byteCount > limits.inputBytes)
        throw new Refused("archive.too-large", `a member is larger than ${limits.inputBytes} bytes`);
      if (budget.plainBytes > limits.archiveBytes) {
        throw new Refused("archive.too-large", `it unpacks to more than ${limits.archiveBytes} bytes`);
      }
      if (
        budget.plainBytes > limits.ratioFromBytes &&
        budget.plainBytes > limits.ratio * budget.packedBytes
      ) {
        throw new Refused("archive.ratio", `it unpacks to more than ${limits.ratio} times its size`);
      }
      hash.update(chunk);
      if (file === null && byteCount > MEMORY_BYTES) {
        path = join(options.scratchDirectory, `${randomUUID()}.plain`);
        file = createWriteStream(path, { flags: "wx" });
        for (const part of parts) file.write(part);
        parts = [];
      }
      if (file) {
        if (!file.write(chunk)) await once(file, "drain");
      } else parts.push(chunk);
    }
    if (file) {
      file.end();
      await once(file, "finish");
    }
  } catch (error) {
    stream.destroy();
    file?.destroy();
    if (path) await rm(path, { force: true });
    throw error;
  }
  return { path, bytes: file ? null : Buffer.concat(parts, byteCount), hash: hash.digest("hex"), byteCount };
}

function countMember(budget: Budget, limits: ExpandLimits): void {
  budget.members++;
  if (budget.members > limits.memberCount) {
    throw new Refused("archive.too-many", `it has more than ${limits.memberCount} members`);
  }
}

function isDebris(name: string): boolean {
  return name.startsWith(".") || name === "__MACOSX" || name === "Thumbs.db";
}

/** Why a member's name is refused: it points out of the archive, or belongs to an operating system's debris. */
function nameTrouble(name: string): string | null {
  const parts = name.split(/[\\/]/);
  if (
    name.startsWith("/") ||
    name.startsWith("\\") ||
    /^[A-Za-z]:/.test(name) ||
    parts.includes("..") ||
    name.includes("\u0000")
  ) {
    return "its name points out of the archive";
  }
  return parts.some((part) => part !== "." && isDebris(part)) ? "debris" : null;
}

function skipped(file: string, reason: string, code: string | null): Expanded {
  const issue: Issue | null = code
    ? {
        severity: "error",
        code,
        place: file,
        message: `${basename(file)} was not read: ${reason}.`,
        remedy: "Unpack it yourself, look at it, and load the files that you trust.",
      }
    : null;
  return { kind: "skipped", file, reason, issue };
}

function refusal(file: string, error: unknown): Expanded {
  if (error instanceof Refused) return skipped(file, error.message, error.code);
  return skipped(
    file,
    `it is damaged (${error instanceof Error ? error.message : String(error)})`,
    "archive.damaged",
  );
}

function openZip(packed: Packed): Promise<yauzl.ZipFile> {
  const options = { lazyEntries: true, autoClose: false, decodeStrings: false, validateEntrySizes: true };
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, archive?: yauzl.ZipFile): void => {
      if (error || !archive) reject(error ?? new Error("cannot be opened"));
      else resolve(archive);
    };
    const tail = tailOf(packed, 65_557 + STRAY_BYTES);
    const at = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
    const extra =
      at >= 0 && at + 22 <= tail.length ? tail.length - (at + 22 + tail.readUInt16LE(at + 20)) : 0;
    const size = sizeOf(packed);
    if (extra > 0 && extra <= STRAY_BYTES && size < 2 ** 31) {
      // Line ends behind the archive, which would read as a broken comment.
      const bytes = packed.bytes ?? readFileSync(packed.path!);
      yauzl.fromBuffer(bytes.subarray(0, size - extra), options, done);
    } else if (packed.bytes) yauzl.fromBuffer(packed.bytes, options, done);
    else yauzl.open(packed.path!, options, done);
  });
}

async function* zipEntries(archive: yauzl.ZipFile): AsyncGenerator<yauzl.Entry> {
  for (;;) {
    const entry = await new Promise<yauzl.Entry | null>((resolve, reject) => {
      const clean = (): void => {
        archive.removeListener("entry", onEntry);
        archive.removeListener("end", onEnd);
        archive.removeListener("error", onError);
      };
      const onEntry = (found: yauzl.Entry): void => {
        clean();
        resolve(found);
      };
      const onEnd = (): void => {
        clean();
        resolve(null);
      };
      const onError = (error: Error): void => {
        clean();
        reject(error);
      };
      archive.on("entry", onEntry);
      archive.on("end", onEnd);
      archive.on("error", onError);
      archive.readEntry();
    });
    if (entry === null) return;
    yield entry;
  }
}

function openEntry(archive: yauzl.ZipFile, entry: yauzl.Entry): Promise<Readable> {
  return new Promise((resolve, reject) => {
    archive.openReadStream(entry, (error, stream) => {
      if (error || !stream) reject(error ?? new Error("cannot be read"));
      else resolve(stream);
    });
  });
}
