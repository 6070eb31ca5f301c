const VISIBLE_MS = 2000;
const HIDDEN_MS = 20_000;

/** Calls `pulse` every two seconds while the page is seen, seldom while it is not, and at once when it is seen again. */
export class PulseTimer {
  readonly #pulse: (hidden: boolean) => Promise<void>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #runs = false;

  constructor(pulse: (hidden: boolean) => Promise<void>) {
    this.#pulse = pulse;
  }

  start(): void {
    if (this.#runs) return;
    this.#runs = true;
    document.addEventListener("visibilitychange", this.#now);
    this.#now();
  }

  stop(): void {
    this.#runs = false;
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.#now);
  }

  #now = (): void => {
    clearTimeout(this.#timer);
    const hidden = document.visibilityState === "hidden";
    void this.#pulse(hidden).finally(() => {
      clearTimeout(this.#timer);
      if (this.#runs) this.#timer = setTimeout(this.#now, hidden ? HIDDEN_MS : VISIBLE_MS);
    });
  };
}
