/** Segment files that something other than the engine reads: they are not deleted while they are held. */
export class SegmentHolds {
  readonly #held = new Map<string, number>();
  readonly #onFree: (paths: readonly string[]) => void;

  /** `onFree` is told of paths that nobody here holds any more. */
  constructor(onFree: (paths: readonly string[]) => void) {
    this.#onFree = onFree;
  }

  /** Holds the files until the function that it gives is called. */
  hold(paths: readonly string[]): () => void {
    for (const path of paths) this.#held.set(path, (this.#held.get(path) ?? 0) + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const free: string[] = [];
      for (const path of paths) {
        const count = this.#held.get(path)! - 1;
        if (count > 0) this.#held.set(path, count);
        else {
          this.#held.delete(path);
          free.push(path);
        }
      }
      this.#onFree(free);
    };
  }

  has(path: string): boolean {
    return this.#held.has(path);
  }
}
