import { isUtf8 } from "node:buffer";
import { type ZeekField, ZeekReader } from "./zeek.ts";

/** The header of a Zeek log in the form that Zeek writes by default. */
export interface PlainHeader {
  readonly path: string;
  readonly fields: readonly ZeekField[];
  /** Lines before the first row: directives, which a reader of single lines needs too. */
  readonly directives: readonly string[];
}

const DEFAULTS: Readonly<Record<string, string>> = {
  "#separator": "\\x09",
  "#set_separator": ",",
  "#empty_field": "(empty)",
  "#unset_field": "-",
};

/**
 * Reads the header of a Zeek log, or null where the log is not of the default form: other separators or marks, no
 * types, two fields of one name, no row within `head`.
 */
export function readPlainHeader(head: Buffer, fallbackPath: string): PlainHeader | null {
  const lines = head.toString("utf8").split("\n");
  lines.pop();
  const first = lines.findIndex((line) => !line.startsWith("#"));
  if (first < 1) return null;
  const directives = lines.slice(0, first);
  const fieldLines = directives.filter((line) => line.startsWith("#fields\t"));
  const typeLines = directives.filter((line) => line.startsWith("#types\t"));
  if (fieldLines.length !== 1 || typeLines.length !== 1) return null;
  for (const line of directives) {
    if (line.includes("\r")) return null;
    const [name = "", ...rest] = line.split(/[ \t]/);
    const expected = DEFAULTS[name];
    if (expected !== undefined && rest.join(" ") !== expected) return null;
  }
  const names = fieldLines[0]!.split("\t").slice(1);
  if (names.length !== typeLines[0]!.split("\t").length - 1 || names.includes("_path")) return null;
  if (new Set(names).size !== names.length) return null;
  let header: PlainHeader | null = null;
  const reader = new ZeekReader(fallbackPath, {
    header: (path, fields) => {
      header = { path, fields, directives };
    },
    row: () => {},
    reject: () => {},
  });
  for (const [index, line] of directives.entries()) reader.line(index + 1, line);
  // Any row of the right width makes the reader tell its header.
  reader.line(first + 1, names.map(() => "-").join("\t"));
  return header;
}

/** What a sorter of lines hands on. */
export interface PlainTaker {
  /** Rows of the right width and without escapes: line number, tab, the row as it stands, LF; many in one piece. */
  rows(bytes: Buffer, rowCount: number): void;
  /** A row that needs a closer look. */
  other(line: number, text: string, valid: boolean): void;
}

const PIECE_BYTES = 4 << 20;
const NUMBER_BYTES = 20;

/**
 * Parts the rows of a Zeek log into those that a reader of tab-separated values takes as they are, and the rest: of
 * another width, with escapes, control characters or bytes that are not UTF-8. A row is never in both.
 */
export class PlainSorter {
  /** A directive other than `#close` and `#open` came after a row: the log is not of the default form. */
  odd = false;
  longestBytes = 0;
  private line = 0;
  private started = false;
  private carry: Buffer = Buffer.alloc(0);
  private out = Buffer.allocUnsafe(PIECE_BYTES + NUMBER_BYTES);
  private used = 0;
  private count = 0;
  private readonly tabs: number;
  private readonly taker: PlainTaker;

  constructor(fieldCount: number, taker: PlainTaker) {
    this.tabs = fieldCount - 1;
    this.taker = taker;
  }

  push(chunk: Buffer): void {
    const bytes = this.carry.length === 0 ? chunk : Buffer.concat([this.carry, chunk]);
    const end = bytes.lastIndexOf(10) + 1;
    if (end > 0) this.lines(bytes.subarray(0, end));
    this.carry = Buffer.from(bytes.subarray(end));
  }

  end(): void {
    if (this.carry.length > 0) this.lines(Buffer.concat([this.carry, Buffer.from("\n")]));
    this.carry = Buffer.alloc(0);
    this.flush();
    this.out = Buffer.alloc(0);
  }

  private lines(bytes: Buffer): void {
    const sound = isUtf8(bytes);
    const size = bytes.length;
    let from = 0;
    let tabs = 0;
    let plain = true;
    for (let at = 0; at < size; at++) {
      const c = bytes[at]!;
      if (c > 31) {
        if (c === 92) plain = false;
        continue;
      }
      if (c === 9) tabs++;
      else if (c === 10) {
        this.line++;
        if (at > from) this.settle(bytes, from, at, plain && tabs === this.tabs, sound);
        from = at + 1;
        tabs = 0;
        plain = true;
      } else plain = false;
    }
  }

  private settle(bytes: Buffer, from: number, to: number, plain: boolean, sound: boolean): void {
    if (bytes[from] === 35) {
      if (!this.started) return;
      const start = bytes.toString("latin1", from, Math.min(to, from + 7));
      if (start !== "#close\t" && !start.startsWith("#open\t")) this.odd = true;
      return;
    }
    this.started = true;
    const valid = sound || isUtf8(bytes.subarray(from, to));
    if (!plain || !valid) {
      const end = bytes[to - 1] === 13 ? to - 1 : to;
      if (end > from) this.taker.other(this.line, bytes.toString("utf8", from, end), valid);
      return;
    }
    const length = to - from + 1;
    if (length > this.longestBytes) this.longestBytes = length;
    if (this.used + length + NUMBER_BYTES > this.out.length) {
      this.flush();
      if (length + NUMBER_BYTES > this.out.length) this.out = Buffer.allocUnsafe(length + PIECE_BYTES);
    }
    this.used += this.out.write(`${this.line}\t`, this.used, "latin1");
    this.used += bytes.copy(this.out, this.used, from, to + 1);
    this.count++;
  }

  private flush(): void {
    if (this.count > 0) this.taker.rows(this.out.subarray(0, this.used), this.count);
    this.used = 0;
    this.count = 0;
  }
}
