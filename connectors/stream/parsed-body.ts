import { isUtf8 } from "node:buffer";
import type { QuarantinedRow } from "../dataset/dataset.ts";
import { type Family, Intake, type Shapes } from "../load/intake.ts";
import type { Counts } from "./key-log.ts";

/** Name that every line of a stream is read under; the part after the colon tells no format. */
const FILE = "stream:";
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
/** Its first byte; such a body is left to the reader of lines. */
const BYTE_ORDER_MARK = 0xef;
/** Bodies up to this size are remembered as they were read; a longer one is read again. */
const LONGEST_KEPT_BYTES = 16 << 20;

/** A body of NDJSON as it was read when it came. Lines are counted from its own first one. */
export interface ParsedBody {
  readonly shapes: Shapes;
  readonly rows: readonly ParsedRow[];
  readonly rejected: readonly Omit<QuarantinedRow, "source" | "ingestedUs">[];
}

/** A good row: bytes of its body, or another text where the reading changed it. */
export interface ParsedRow {
  readonly family: Family;
  readonly line: number;
  readonly from: number;
  readonly to: number;
  readonly changed: string | null;
}

/** Counts good and other lines by the very reading that the drain makes, and keeps it where that is worth its memory. */
export function readBody(body: Buffer): { readonly counts: Counts; readonly parsed: ParsedBody | null } {
  const shapes: Shapes = new Map();
  const rows: ParsedRow[] = [];
  const rejected: Omit<QuarantinedRow, "source" | "ingestedUs">[] = [];
  const isKept = body.length <= LONGEST_KEPT_BYTES && body[0] !== BYTE_ORDER_MARK;
  let from = 0;
  let to = 0;
  let text = "";
  const intake = new Intake(FILE, shapes, {
    row(family, line, json) {
      if (isKept) rows.push({ family, line, from, to, changed: json === text ? null : json });
    },
    reject(row) {
      if (isKept) rejected.push(row);
    },
  });
  if (isKept) {
    const isSound = isUtf8(body);
    for (let line = 1, next = 0; next < body.length; line += 1) {
      from = next;
      const end = body.indexOf(LINE_FEED, from);
      to = end < 0 ? body.length : end;
      next = to + 1;
      if (to > from && body[to - 1] === CARRIAGE_RETURN) to -= 1;
      if (to === from) continue;
      text = body.toString("utf8", from, to);
      intake.json(line, text, isSound || isUtf8(body.subarray(from, to)));
    }
  } else {
    const reader = intake.reader("ndjson", ",");
    reader.push(body);
    reader.end();
  }
  const counts = { accepted: intake.goodCount, quarantined: intake.quarantinedCount };
  return { counts, parsed: isKept ? { shapes, rows, rejected } : null };
}

/** Readings of bodies that wait to be drained, up to a number of bytes; what is not there is read again. */
export class ParsedBodies {
  readonly #known = new Map<string, { readonly parsed: ParsedBody; readonly byteCount: number }>();
  #byteCount = 0;
  readonly #maximumBytes: number;

  constructor(maximumBytes: number) {
    this.#maximumBytes = maximumBytes;
  }

  put(file: string, fromByte: number, byteCount: number, parsed: ParsedBody): void {
    if (this.#byteCount + byteCount > this.#maximumBytes) return;
    this.#known.set(key(file, fromByte), { parsed, byteCount });
    this.#byteCount += byteCount;
  }

  get(file: string, fromByte: number): ParsedBody | null {
    return this.#known.get(key(file, fromByte))?.parsed ?? null;
  }

  /** Forgets what lies before a place. */
  discard(file: string, byteOffset: number): void {
    const bound = key(file, byteOffset);
    for (const [place, { byteCount }] of this.#known) {
      if (place >= bound) continue;
      this.#known.delete(place);
      this.#byteCount -= byteCount;
    }
  }
}

/** Sorts as the places do: file names are of one length. */
function key(file: string, fromByte: number): string {
  return `${file}:${String(fromByte).padStart(16, "0")}`;
}
