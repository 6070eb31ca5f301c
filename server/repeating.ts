/** Does one thing again and again, each turn a while after the last has ended, until it is stopped. */
export class Repeating {
  readonly #everyMs: number;
  readonly #turn: () => Promise<void>;
  readonly #failed: (error: unknown) => void;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  /** A turn that rejects is told to `failed`, and the next one comes all the same. */
  constructor(everyMs: number, turn: () => Promise<void>, failed: (error: unknown) => void) {
    this.#everyMs = everyMs;
    this.#turn = turn;
    this.#failed = failed;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  start(firstMs: number = this.#everyMs): void {
    this.#timer = setTimeout(() => {
      this.#running = this.#turn().catch(this.#failed);
      void this.#running.then(() => {
        if (!this.#stopped) this.start();
      });
    }, firstMs);
  }

  /** No turn begins from now on; resolves when the one under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#running;
  }
}
