/** A queue before a fixed number of slots, first come, first served. */
export class QuerySlots {
  #free: number;
  readonly #waiting: { readonly who: object; readonly enter: () => void }[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** How many wait before `who`, or null when it does not wait. */
  position(who: object): number | null {
    const at = this.#waiting.findIndex((one) => one.who === who);
    return at < 0 ? null : at;
  }

  /** Resolves with the function that gives the slot back. `left` rejects the wait when the caller gives up. */
  async take(who: object, left: Promise<never>): Promise<() => void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return this.#once();
    }
    const { promise: turn, resolve: enter } = Promise.withResolvers<void>();
    const waiting = { who, enter };
    this.#waiting.push(waiting);
    try {
      await Promise.race([turn, left]);
    } catch (error) {
      const at = this.#waiting.indexOf(waiting);
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
    if (next) next.enter();
    else this.#free += 1;
  }
}
