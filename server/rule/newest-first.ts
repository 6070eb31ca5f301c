/** Work of which a few run at once; of what waits, that which was asked for last comes first. */
export class NewestFirst {
  readonly #atOnce: number;
  readonly #waiting: { readonly name: string; readonly begin: () => void }[] = [];
  #running = 0;

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** Runs the work when there is room for it, and answers what it gives. */
  run<T>(name: string, work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const begin = async (): Promise<void> => {
        this.#running += 1;
        try {
          resolve(await work());
        } catch (error) {
          reject(error);
        } finally {
          this.#running -= 1;
          this.#next();
        }
      };
      this.#waiting.push({ name, begin: () => void begin() });
      this.#next();
    });
  }

  /** Somebody asks for it again: it comes before what was asked for earlier. */
  hurry(name: string): void {
    const at = this.#waiting.findLastIndex((one) => one.name === name);
    if (at >= 0) this.#waiting.push(...this.#waiting.splice(at, 1));
  }

  #next(): void {
    while (this.#running < this.#atOnce) {
      const next = this.#waiting.pop();
      if (next === undefined) return;
      next.begin();
    }
  }
}
