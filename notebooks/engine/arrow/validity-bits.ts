const ALL_VALID = new Uint8Array(0);

/** Whether the row's bit is set; null means that every bit is. */
export function isValid(bits: Uint8Array | null, row: number): boolean {
  return bits === null || ((bits[row >> 3]! >> (row & 7)) & 1) === 1;
}

/** Rows valid in both; null means all valid. */
export function bothValid(first: Uint8Array | null, second: Uint8Array | null): Uint8Array | null {
  if (first === null) return second;
  if (second === null) return first;
  const both = new Uint8Array(Math.min(first.length, second.length));
  for (let at = 0; at < both.length; at += 1) both[at] = first[at]! & second[at]!;
  return both;
}

/** Validity bits of an array that grows chunk by chunk. */
export class ValidityBits {
  #bits = ALL_VALID;
  #length = 0;
  #nullCount = 0;

  get length(): number {
    return this.#length;
  }

  get nullCount(): number {
    return this.#nullCount;
  }

  /** Appends `count` rows of `bits`, or the rows named by `rows`. */
  append(bits: Uint8Array | null, count: number, rows: Int32Array | null): void {
    const added = rows === null ? count : rows.length;
    if (bits !== null) {
      this.#grow(this.#length + added);
      if (rows === null && (this.#length & 7) === 0) this.#appendBytes(bits, added);
      else {
        for (let at = 0; at < added; at += 1) {
          if (!isValid(bits, rows === null ? at : rows[at]!)) this.#clear(this.#length + at);
        }
      }
    }
    this.#length += added;
  }

  /** Bits as one buffer, empty when nothing is null; the next array starts anew. */
  take(): { readonly length: number; readonly nullCount: number; readonly bytes: Uint8Array } {
    const { length, nullCount } = { length: this.#length, nullCount: this.#nullCount };
    const byteLength = Math.ceil(length / 8);
    this.#grow(nullCount > 0 ? length : 0);
    const bytes = nullCount > 0 ? this.#bits.slice(0, byteLength) : ALL_VALID;
    this.#bits = ALL_VALID;
    this.#length = 0;
    this.#nullCount = 0;
    return { length, nullCount, bytes };
  }

  #grow(bitCount: number): void {
    const needed = Math.ceil(bitCount / 8);
    if (needed <= this.#bits.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bits.length * 2, 256)).fill(0xff);
    larger.set(this.#bits);
    this.#bits = larger;
  }

  #appendBytes(bits: Uint8Array, count: number): void {
    const start = this.#length >> 3;
    const whole = count >> 3;
    for (let at = 0; at < whole; at += 1) {
      const byte = bits[at]!;
      this.#bits[start + at] = byte;
      if (byte !== 0xff) this.#nullCount += zeroBits(byte);
    }
    for (let row = whole * 8; row < count; row += 1) if (!isValid(bits, row)) this.#clear(this.#length + row);
  }

  #clear(bit: number): void {
    this.#bits[bit >> 3]! &= ~(1 << (bit & 7));
    this.#nullCount += 1;
  }
}

function zeroBits(byte: number): number {
  let count = 0;
  for (let rest = ~byte & 0xff; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
