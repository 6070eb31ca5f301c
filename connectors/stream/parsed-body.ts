import { isAscii, isUtf8 } from "node:buffer";
import type { QuarantinedRow } from "../dataset/dataset.ts";
import { type Family, Intake, type Shapes } from "../load/intake.ts";
import { type LineLayout, type LineLayouts, observeLayout } from "../load/line-layouts.ts";
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

/** So many lines of a layout are parsed in each body, for the values that a shape keeps, and then one in so many. */
const SAMPLED_LINES = 48;
const SAMPLED_EVERY = 1024;

/**
 * Counts good and other lines by the very reading that the drain makes, and keeps it where that is worth its memory.
 *
 * @param layouts of the lines that came before in the stream: lines like them are not parsed.
 */
export function readBody(
  body: Buffer,
  layouts: LineLayouts | null = null,
): { readonly counts: Counts; readonly parsed: ParsedBody | null } {
  const shapes: Shapes = new Map();
  const rows: ParsedRow[] = [];
  const rejected: Omit<QuarantinedRow, "source" | "ingestedUs">[] = [];
  const isKept = body.length <= LONGEST_KEPT_BYTES && body[0] !== BYTE_ORDER_MARK;
  let from = 0;
  let to = 0;
  let text = "";
  let plainCount = 0;
  const uses = new Map<LineLayout, { seen: number; plain: number }>();
  const intake = new Intake(FILE, shapes, {
    row(family, line, json) {
      if (isKept) rows.push({ family, line, from, to, changed: json === text ? null : json });
    },
    reject(row) {
      if (isKept) rejected.push(row);
    },
  });
  if (isKept) {
    // One text of which the lines are parts, rather than a text made for each.
    const whole = isAscii(body) ? body.toString("latin1") : null;
    const isSound = whole !== null || isUtf8(body);
    for (let line = 1, next = 0; next < body.length; line += 1) {
      from = next;
      const end = body.indexOf(LINE_FEED, from);
      to = end < 0 ? body.length : end;
      next = to + 1;
      if (to > from && body[to - 1] === CARRIAGE_RETURN) to -= 1;
      if (to === from) continue;
      text = whole === null ? body.toString("utf8", from, to) : whole.slice(from, to);
      const isValid = isSound || isUtf8(body.subarray(from, to));
      const layout = layouts !== null && isValid ? layouts.find(text) : null;
      if (layout !== null) {
        const use = uses.get(layout) ?? { seen: 0, plain: 0 };
        if (use.seen === 0) uses.set(layout, use);
        use.seen += 1;
        if (use.seen > SAMPLED_LINES && use.seen % SAMPLED_EVERY !== 0) {
          use.plain += 1;
          plainCount += 1;
          rows.push({ family: "json", line, from, to, changed: null });
          continue;
        }
      }
      const rowCount = rows.length;
      intake.json(line, text, isValid);
      if (layouts === null || layout !== null || rows.length === rowCount) continue;
      const row = rows[rowCount]!;
      if (row.family === "json" && row.changed === null) layouts.learn(text);
    }
    for (const [layout, { plain }] of uses) observeLayout(intake.shapeOf("json"), layout, plain);
  } else {
    const reader = intake.reader("ndjson", ",");
    reader.push(body);
    reader.end();
  }
  const counts = { accepted: intake.goodCount + plainCount, quarantined: intake.quarantinedCount };
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
