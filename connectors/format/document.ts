import { isUtf8 } from "node:buffer";

/** Takes one JSON text at a time with its number, 1-based. `valid` is false for text that is not UTF-8. */
export type RecordTaker = (record: number, text: string, valid: boolean) => void;

const RECORDS = /^\{\s*"Records"\s*:\s*\[/;
const LONGEST_PREFIX = 4096;

/**
 * Cuts JSON that is not one value a line into records: the elements of top-level arrays, the elements of
 * `{"Records": [...]}`, and any other top-level value, several one after another. It looks at brackets and
 * quotes only; whether a record is sound is for the parser to say. `leftover` gets text beside the records: an
 * unclosed value at the end, or keys next to `Records`.
 */
export class DocumentSplitter {
  private rest: Buffer = Buffer.alloc(0);
  private mode: "top" | "array" | "records" | "after-records" = "top";
  private record = 0;
  private started = false;
  /** How far the unfinished value at the start of `rest` was looked at already. */
  private seenBytes = 0;
  private depth = 0;
  private inString = false;
  private readonly take: RecordTaker;
  private readonly leftover: RecordTaker;

  constructor(take: RecordTaker, leftover: RecordTaker) {
    this.take = take;
    this.leftover = leftover;
  }

  push(chunk: Buffer): void {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    if (!this.started) {
      if (this.rest.length < 3) return;
      this.started = true;
      if (this.rest[0] === 0xef && this.rest[1] === 0xbb && this.rest[2] === 0xbf)
        this.rest = this.rest.subarray(3);
    }
    this.drain(false);
    this.rest = Buffer.from(this.rest);
  }

  end(): void {
    this.drain(true);
    const text = this.rest.toString("utf8").trim();
    if (text !== "") this.leftover(++this.record, text, isUtf8(this.rest));
    this.rest = Buffer.alloc(0);
  }

  private drain(last: boolean): void {
    const bytes = this.rest;
    let at = 0;
    for (;;) {
      if (this.seenBytes === 0) at = skipSpace(bytes, at, this.mode !== "top");
      if (at >= bytes.length) break;
      const c = bytes[at]!;
      if (this.seenBytes === 0) {
        if (this.mode === "top" && c === 91) {
          this.mode = "array";
          at++;
          continue;
        }
        if (this.mode === "top" && c === 123) {
          const prefix = bytes.toString("latin1", at, at + LONGEST_PREFIX);
          const match = RECORDS.exec(prefix);
          if (match) {
            this.mode = "records";
            at += match[0].length;
            continue;
          }
          if (!last && prefix.length < 64) break;
        }
        if (this.mode === "array" && c === 93) {
          this.mode = "top";
          at++;
          continue;
        }
        if (this.mode === "records" && c === 93) {
          this.mode = "after-records";
          at++;
          continue;
        }
        if (this.mode === "after-records") {
          if (c === 125) {
            this.mode = "top";
            at++;
            continue;
          }
        }
      }
      const end = this.valueEnd(bytes, at, last);
      if (end === null) break;
      const piece = bytes.subarray(at, end);
      at = end;
      if (this.mode === "after-records") {
        // A key beside Records and its value: kept as one reject a piece.
        if (piece.toString("latin1") !== ":")
          this.leftover(++this.record, piece.toString("utf8"), isUtf8(piece));
      } else this.take(++this.record, piece.toString("utf8"), isUtf8(piece));
    }
    this.rest = bytes.subarray(at);
  }

  private valueEnd(bytes: Buffer, from: number, last: boolean): number | null {
    let at = from + this.seenBytes;
    while (at < bytes.length) {
      if (this.inString) {
        const quote = bytes.indexOf(34, at);
        if (quote < 0) {
          at = bytes.length;
          break;
        }
        let slashes = 0;
        while (bytes[quote - 1 - slashes] === 92 && quote - 1 - slashes >= from) slashes++;
        at = quote + 1;
        if (slashes % 2 === 1) continue;
        this.inString = false;
        if (this.depth === 0) return this.finished(at);
        continue;
      }
      const c = bytes[at]!;
      if (c === 34) this.inString = true;
      else if (c === 123 || c === 91) this.depth++;
      else if (c === 125 || c === 93) {
        if (this.depth === 0) return this.finished(at > from ? at : at + 1);
        this.depth--;
        if (this.depth === 0) return this.finished(at + 1);
      } else if (this.depth === 0 && (c === 44 || c === 32 || c === 10 || c === 13 || c === 9)) {
        return this.finished(at > from ? at : at + 1);
      }
      at++;
    }
    if (last && this.depth === 0 && !this.inString && at > from) return this.finished(at);
    this.seenBytes = at - from;
    return null;
  }

  private finished(end: number): number {
    this.seenBytes = 0;
    this.depth = 0;
    this.inString = false;
    return end;
  }
}

function skipSpace(bytes: Buffer, from: number, commas: boolean): number {
  let at = from;
  while (at < bytes.length) {
    const c = bytes[at]!;
    if (c === 32 || c === 10 || c === 13 || c === 9 || (commas && c === 44)) at++;
    else break;
  }
  return at;
}
