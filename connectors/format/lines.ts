import { isUtf8 } from "node:buffer";

/** Takes lines as they come: without their line end, 1-based. `valid` is false for text that is not UTF-8. */
export type LineTaker = (line: number, text: string, valid: boolean) => void;

const MAXIMUM_LINE_BYTES = 256 * 2 ** 20;

/** Cuts bytes into lines at LF; a CR before it goes too, a byte order mark at the start as well. */
export class LineSplitter {
  private carry: Buffer[] = [];
  private carryBytes = 0;
  private line = 0;
  private readonly take: LineTaker;

  constructor(take: LineTaker) {
    this.take = take;
  }

  push(chunk: Buffer): void {
    let from = 0;
    let end = chunk.indexOf(10);
    if (end >= 0 && this.carryBytes > 0) {
      this.carry.push(chunk.subarray(0, end));
      this.emit(Buffer.concat(this.carry));
      this.carry = [];
      this.carryBytes = 0;
      from = end + 1;
      end = chunk.indexOf(10, from);
    }
    while (end >= 0) {
      this.emit(chunk.subarray(from, end));
      from = end + 1;
      end = chunk.indexOf(10, from);
    }
    if (from < chunk.length) {
      this.carryBytes += chunk.length - from;
      if (this.carryBytes <= MAXIMUM_LINE_BYTES) this.carry.push(Buffer.from(chunk.subarray(from)));
    }
  }

  end(): void {
    if (this.carryBytes > 0) this.emit(Buffer.concat(this.carry));
    this.carry = [];
    this.carryBytes = 0;
  }

  private emit(bytes: Buffer): void {
    this.line++;
    let from = 0;
    let to = bytes.length;
    if (this.line === 1 && to >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) from = 3;
    if (this.carryBytes > MAXIMUM_LINE_BYTES) {
      this.take(this.line, bytes.toString("utf8", 0, 65536), false);
      return;
    }
    if (to > from && bytes[to - 1] === 13) to--;
    if (to === from) return;
    const piece = from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to);
    this.take(this.line, piece.toString("utf8"), isUtf8(piece));
  }
}
