/** The buffers of one record batch, in the order in which Arrow wants them. */
export class BatchBody {
  /** Length and null count of every array, parents before children. */
  readonly nodes: (readonly [number, number])[] = [];
  /** Offset and length of every buffer within the body. */
  readonly buffers: (readonly [number, number])[] = [];
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  node(length: number, nullCount: number): void {
    this.nodes.push([length, nullCount]);
  }

  /** Adds one buffer made of parts, padded to 8 bytes. */
  buffer(parts: readonly Uint8Array[]): void {
    let length = 0;
    for (const part of parts) {
      this.#parts.push(part);
      length += part.byteLength;
    }
    this.buffers.push([this.#length, length]);
    const padding = (8 - (length % 8)) % 8;
    if (padding > 0) this.#parts.push(new Uint8Array(padding));
    this.#length += length + padding;
  }

  get byteLength(): number {
    return this.#length;
  }

  /** Writes the body into `target` from `offset` on. */
  copyTo(target: Uint8Array, offset: number): void {
    let at = offset;
    for (const part of this.#parts) {
      target.set(part, at);
      at += part.byteLength;
    }
  }
}
