/** Where something lies, counted from the end of the buffer. */
type Place = number;

/** A table under construction: fields by slot. */
type Field = { readonly size: 1 | 2 | 4 | 8; readonly value: bigint } | { readonly place: Place };

/**
 * Writes FlatBuffers (the format of Arrow's metadata) from the end to the start, as much of it as Arrow needs:
 * tables, strings, vectors of tables and vectors of structs of 64-bit integers.
 */
export class FlatBuffer {
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  #used = 0;

  static int8(value: number): Field {
    return { size: 1, value: BigInt(value) };
  }
  static int16(value: number): Field {
    return { size: 2, value: BigInt(value) };
  }
  static int32(value: number): Field {
    return { size: 4, value: BigInt(value) };
  }
  static int64(value: number | bigint): Field {
    return { size: 8, value: BigInt(value) };
  }
  static at(place: Place): Field {
    return { place };
  }

  /** Makes room and gives its index. May replace the buffer: take the view only afterwards. */
  #reserve(count: number): number {
    while (this.#used + count > this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes, this.#bytes.length);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#used += count;
    return this.#bytes.length - this.#used;
  }

  /** Pads so that after `following` more bytes the place is a multiple of `alignment`. */
  #align(alignment: number, following = 0): void {
    this.#reserve((alignment - ((this.#used + following) % alignment)) % alignment);
  }

  #int32(value: number): Place {
    const at = this.#reserve(4);
    this.#view.setInt32(at, value, true);
    return this.#used;
  }

  #int16(value: number): void {
    const at = this.#reserve(2);
    this.#view.setInt16(at, value, true);
  }

  #offsetTo(place: Place): Place {
    this.#align(4);
    return this.#int32(this.#used + 4 - place);
  }

  text(text: string): Place {
    const bytes = new TextEncoder().encode(text);
    this.#align(4, bytes.length + 1);
    const at = this.#reserve(bytes.length + 1);
    this.#bytes.set(bytes, at);
    this.#bytes[at + bytes.length] = 0;
    return this.#int32(bytes.length);
  }

  vectorOf(places: readonly Place[]): Place {
    this.#align(4);
    for (const place of [...places].reverse()) this.#offsetTo(place);
    return this.#int32(places.length);
  }

  /** A vector of structs, each of two 64-bit integers. */
  vectorOfPairs(pairs: readonly (readonly [number, number])[]): Place {
    this.#align(8);
    for (const [first, second] of [...pairs].reverse()) {
      const at = this.#reserve(16);
      this.#view.setBigInt64(at, BigInt(first), true);
      this.#view.setBigInt64(at + 8, BigInt(second), true);
    }
    return this.#int32(pairs.length);
  }

  /** A table with the fields in their slots; `null` leaves the schema's default. */
  table(fields: readonly (Field | null)[]): Place {
    const start = this.#used;
    const places = fields.map((field) => {
      if (field === null) return 0;
      if ("place" in field) return this.#offsetTo(field.place);
      this.#align(field.size);
      const at = this.#reserve(field.size);
      if (field.size === 1) this.#view.setInt8(at, Number(field.value));
      else if (field.size === 2) this.#view.setInt16(at, Number(field.value), true);
      else if (field.size === 4) this.#view.setInt32(at, Number(field.value), true);
      else this.#view.setBigInt64(at, field.value, true);
      return this.#used;
    });
    this.#align(4);
    const table = this.#int32(0);
    this.#align(2);
    for (const place of [...places].reverse()) {
      this.#int16(place === 0 ? 0 : table - place);
    }
    this.#int16(table - start);
    this.#int16(4 + fields.length * 2);
    this.#view.setInt32(this.#bytes.length - table, this.#used - table, true);
    return table;
  }

  /** The finished buffer with `root` as its root table, a multiple of 8 bytes long. */
  finish(root: Place): Uint8Array {
    this.#align(8, 4);
    this.#offsetTo(root);
    return this.#bytes.slice(this.#bytes.length - this.#used);
  }
}
