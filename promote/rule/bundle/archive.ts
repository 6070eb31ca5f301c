import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import tar, { type Header } from "tar-stream";
import type { Issue, Parsed } from "../../../connectors/issue/issue.ts";
import { shown } from "../../../connectors/yaml/yaml-tree.ts";

/** What an archive may hold at most; a bundle within them is some tens of kilobytes. */
export interface ArchiveLimits {
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  readonly files: number;
}

export const ARCHIVE_LIMITS: ArchiveLimits = {
  packedBytes: 16 * 1024 * 1024,
  unpackedBytes: 64 * 1024 * 1024,
  files: 200,
};

/** Paths that an archive may hold: one or two plain parts, no dot first, at most 150 characters. */
const SAFE_PATH = /^(?:[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}\/)?[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/;
/** Names that some systems take for devices, whatever follows the dot. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/** SHA-256 as 64 hex digits. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * Packs files into a gzipped tar. The same files give the same tar: sorted paths, no times, no owners.
 * Throws RangeError on a path that `unpackArchive` would refuse.
 */
export async function packArchive(files: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> {
  const packing = tar.pack();
  const chunks: Buffer[] = [];
  const packed = (async () => {
    for await (const chunk of packing) chunks.push(Buffer.from(chunk as Uint8Array));
  })();
  for (const path of [...files.keys()].sort()) {
    if (!isSafePath(path)) throw new RangeError(`"${shown(path)}" is no path for an archive.`);
    const bytes = Buffer.from(files.get(path)!);
    packing.entry({ name: path, size: bytes.length, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0 }, bytes);
  }
  packing.finalize();
  await packed;
  const zipped = gzipSync(Buffer.concat(chunks), { level: 9 });
  zipped[9] = 255; // The byte that names the operating system: unknown, so that machines agree.
  return zipped;
}

/**
 * Unpacks a gzipped tar from anybody. Nothing is written: the files are values. Refused with a named issue: what is no
 * such archive or is damaged, what is larger than the limits (packed or unpacked), links, devices and folders with
 * content, paths that leave the folder or that some file system reads otherwise, and two files of one name in any case.
 */
export async function unpackArchive(
  archive: Uint8Array,
  place: string,
  limits: ArchiveLimits = ARCHIVE_LIMITS,
): Promise<Parsed<ReadonlyMap<string, Uint8Array>>> {
  if (archive.length > limits.packedBytes)
    return refused(place, "too-large", `The archive is larger than ${limits.packedBytes} bytes.`);
  let bytes: Buffer;
  try {
    bytes = gunzipSync(archive, { maxOutputLength: limits.unpackedBytes });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE"
      ? refused(place, "too-large", `Unpacked, the archive is larger than ${limits.unpackedBytes} bytes.`)
      : refused(place, "malformed", "This is no gzip archive, or it is damaged.");
  }
  const files = new Map<string, Uint8Array>();
  const taken = new Set<string>();
  const unpacking = tar.extract();
  unpacking.end(bytes);
  try {
    for await (const entry of unpacking) {
      const { header } = entry;
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(Buffer.from(chunk as Uint8Array));
      const problem = entryProblem(header, taken);
      if (problem) return refused(place, problem.code, problem.message);
      if (header.type === "directory") continue;
      if (files.size >= limits.files)
        return refused(place, "too-many", `The archive holds more than ${limits.files} files.`);
      taken.add(header.name.toLowerCase());
      files.set(header.name, Buffer.concat(chunks));
    }
  } catch {
    return refused(place, "malformed", "The archive is damaged: its table of files cannot be read.");
  }
  return files.size === 0
    ? refused(place, "empty", "The archive holds no file.")
    : { ok: true, value: files, issues: [] };
}

function entryProblem(
  header: Header,
  taken: ReadonlySet<string>,
): { readonly code: string; readonly message: string } | null {
  const name = shown(header.name);
  if (header.type !== "file" && header.type !== "directory")
    return {
      code: "link",
      message: `"${name}" is a ${shown(String(header.type))}; only plain files are taken.`,
    };
  if (header.type === "directory")
    return isSafePath(header.name.replace(/\/$/, "")) && (header.size ?? 0) === 0
      ? null
      : { code: "path", message: `"${name}" is no folder of a bundle.` };
  if (!isSafePath(header.name))
    return { code: "path", message: `"${name}" is no plain path inside the archive.` };
  if (taken.has(header.name.toLowerCase()))
    return { code: "twice", message: `"${name}" is there twice (upper and lower case count as one).` };
  return null;
}

function isSafePath(path: string): boolean {
  return SAFE_PATH.test(path) && path.split("/").every((part) => !DEVICE.test(part) && !part.endsWith("."));
}

function refused(place: string, code: string, message: string): { ok: false; issues: readonly Issue[] } {
  return {
    ok: false,
    issues: [
      {
        severity: "error",
        code: `bundle.archive.${code}`,
        place,
        message,
        remedy: "Ask for the bundle again, as `spoor rule export --bundle` writes it.",
      },
    ],
  };
}
