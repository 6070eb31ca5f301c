/** A queue before a fixed number of slots, first come, first served. */
export class QuerySlots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Resolves with the function that gives the slot back. `left` rejects the wait when the caller gives up. */
  async take(left: Promise<never>): Promise<() => void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return this.#once();
    }
    let enter!: () => void;
    const turn = new Promise<void>((resolve) => {
      enter = resolve;
    });
    this.#waiting.push(enter);
    try {
      await Promise.race([turn, left]);
    } catch (error) {
      const at = this.#waiting.indexOf(enter);
      if (at >= 0) this.#waiting.splice(at, 1);
      else this.#give();
      throw error;
    }
    return this.#once();
  }

  #once(): () => void {
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#give();
    };
  }

  #give(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }
}
