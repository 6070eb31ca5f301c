import { createReadStream } from "node:fs";
import type { Issue } from "../issue/issue.ts";

/** One plain (unpacked) input: a file, or a member of an archive. */
export interface Input {
  /** As it goes into `_file`: the path as given, archive members after `!`. */
  readonly file: string;
  /** Where its plain bytes lie, or null when they are in `bytes`. */
  readonly path: string | null;
  readonly bytes: Buffer | null;
  /** SHA-256 of the plain bytes, hex. */
  readonly hash: string;
  readonly byteCount: number;
  /** `none`, `gzip`, `zip`, `tar`, or several joined by `+`, outermost first. */
  readonly compression: string;
}

export type Expanded =
  | { readonly kind: "input"; readonly input: Input }
  | {
      readonly kind: "skipped";
      readonly file: string;
      readonly reason: string;
      readonly issue: Issue | null;
    };

const CHUNK_BYTES = 4 << 20;

/** The input's bytes in order, in chunks. */
export async function* readChunks(input: Input): AsyncGenerator<Buffer> {
  if (input.bytes) {
    yield input.bytes;
    return;
  }
  if (!input.path) throw new Error(`input without bytes: ${input.file}`);
  for await (const chunk of createReadStream(input.path, { highWaterMark: CHUNK_BYTES }))
    yield chunk as Buffer;
}

/** The first bytes of the input, at most `byteCount`. */
export async function readHead(input: Input, byteCount: number): Promise<Buffer> {
  if (input.bytes) return input.bytes.subarray(0, byteCount);
  const parts: Buffer[] = [];
  let size = 0;
  if (!input.path) throw new Error(`input without bytes: ${input.file}`);
  for await (const chunk of createReadStream(input.path, { end: byteCount - 1 })) {
    parts.push(chunk as Buffer);
    size += (chunk as Buffer).length;
  }
  return Buffer.concat(parts, size);
}
