/**
 * Keeps evaluations of one rule apart within a process: an evaluation that looked at older data must not be recorded
 * over one that looked at newer data. Rules do not wait for one another.
 */
export class RuleTurns {
  readonly #last = new Map<string, Promise<void>>();

  isTaken(rule: string): boolean {
    return this.#last.has(rule);
  }

  /** Runs the work when the rule is free; in the order of the calls. */
  async inTurn<T>(rule: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(rule);
    let leave: () => void = () => undefined;
    const own = new Promise<void>((resolve) => {
      leave = resolve;
    });
    this.#last.set(rule, own);
    await before;
    try {
      return await work();
    } finally {
      leave();
      if (this.#last.get(rule) === own) this.#last.delete(rule);
    }
  }
}
