import type { FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";
import type { ParsedBody } from "./parsed-body.ts";

/** One appended body as the spool file holds it. */
export interface SpoolRecord {
  readonly body: Buffer;
  /** Digest of the idempotency key; null when the append had none. */
  readonly keyDigest: string | null;
  /** When it came, microseconds since the epoch; never less than the record before. */
  readonly ingestedUs: bigint;
  /** Number of its first line within the spool file, 1-based. */
  readonly firstLine: number;
  /** Lines of the body, empty ones too. */
  readonly lineCount: number;
  readonly accepted: number;
  readonly quarantined: number;
}

/** A record and the bytes it takes up in its file. */
export interface PlacedRecord extends SpoolRecord {
  readonly fromByte: number;
  readonly toByte: number;
  /** How its body was read when it came, while that is remembered. */
  readonly parsed?: ParsedBody | null;
}

/** Bytes of a digest; as text it is latin1, one character a byte. */
export const DIGEST_BYTES = 32;
/** Magic 4, CRC-32 of all that follows 4, body length 4, flags 4, ingested 8, first line 8, three counts 12, digest. */
const HEADER_BYTES = 44 + DIGEST_BYTES;
const MAGIC = 0x53504c31;
const HAS_KEY = 1;
/** Longest body of one record. */
export const MAXIMUM_BODY_BYTES = 1 << 29;
const WINDOW_BYTES = 4 << 20;

/** The bytes of one record: header, then body. */
export function encodeFrame(record: SpoolRecord): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + record.body.length);
  frame.fill(0, 0, HEADER_BYTES);
  frame.writeUInt32BE(MAGIC, 0);
  frame.writeUInt32BE(record.body.length, 8);
  frame.writeUInt32BE(record.keyDigest === null ? 0 : HAS_KEY, 12);
  frame.writeBigInt64BE(record.ingestedUs, 16);
  frame.writeBigUInt64BE(BigInt(record.firstLine), 24);
  frame.writeUInt32BE(record.lineCount, 32);
  frame.writeUInt32BE(record.accepted, 36);
  frame.writeUInt32BE(record.quarantined, 40);
  if (record.keyDigest !== null) frame.write(record.keyDigest, 44, DIGEST_BYTES, "latin1");
  frame.set(record.body, HEADER_BYTES);
  frame.writeUInt32BE(crc32(frame.subarray(8)), 4);
  return frame;
}

/** Bytes that the frame at `at` takes by its header; 0 when it is none. */
function frameBytes(bytes: Buffer, at: number): number {
  if (bytes.readUInt32BE(at) !== MAGIC) return 0;
  const bodyBytes = bytes.readUInt32BE(at + 8);
  return bodyBytes > MAXIMUM_BODY_BYTES ? 0 : HEADER_BYTES + bodyBytes;
}

function decodeFrame(frame: Buffer, fromByte: number): PlacedRecord | null {
  if (crc32(frame.subarray(8)) !== frame.readUInt32BE(4)) return null;
  return {
    body: frame.subarray(HEADER_BYTES),
    keyDigest: frame.readUInt32BE(12) & HAS_KEY ? frame.toString("latin1", 44, 44 + DIGEST_BYTES) : null,
    ingestedUs: frame.readBigInt64BE(16),
    firstLine: Number(frame.readBigUInt64BE(24)),
    lineCount: frame.readUInt32BE(32),
    accepted: frame.readUInt32BE(36),
    quarantined: frame.readUInt32BE(40),
    fromByte,
    toByte: fromByte + frame.length,
  };
}

/**
 * Reads whole, sound records from `fromByte` up to `endByte`, until `visit` says false or a record is not sound.
 *
 * @returns where the last record visited ends.
 */
export async function readFrames(
  handle: FileHandle,
  fromByte: number,
  endByte: number,
  visit: (record: PlacedRecord) => boolean,
): Promise<number> {
  let at = fromByte;
  let windowBytes = WINDOW_BYTES;
  while (endByte - at >= HEADER_BYTES) {
    const window = await readAt(handle, at, Math.min(windowBytes, endByte - at));
    if (window.length < HEADER_BYTES) return at;
    let inner = 0;
    while (window.length - inner >= HEADER_BYTES) {
      const size = frameBytes(window, inner);
      if (size === 0 || at + inner + size > endByte) return at + inner;
      if (inner + size > window.length) break;
      const record = decodeFrame(window.subarray(inner, inner + size), at + inner);
      if (!record) return at + inner;
      inner += size;
      if (!visit(record)) return at + inner;
    }
    // A record longer than the window is read whole the next time round.
    windowBytes = inner === 0 ? frameBytes(window, 0) : WINDOW_BYTES;
    at += inner;
  }
  return at;
}

async function readAt(handle: FileHandle, position: number, byteCount: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(byteCount);
  let at = 0;
  while (at < byteCount) {
    const { bytesRead } = await handle.read(bytes, at, byteCount - at, position + at);
    if (bytesRead === 0)
      throw new Error(`a spool file ends at byte ${position + at} and not ${position + byteCount}`);
    at += bytesRead;
  }
  return bytes;
}
