import type { Spoor } from "../spoor.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Runs that found nothing are kept this long; what found something, failed or withdrew is kept for good. */
const QUIET_RUNS_KEPT_MS = 30 * DAY_MS;
/** Runs of one rule that go at a time: a moment's work, and more than a day adds (1,440). */
const THINNED_AT_ONCE = 5_000;

/** Lets old runs go that found nothing: one rule at a step, each at most once an hour. */
export class RunThinning {
  readonly #spoor: Spoor;
  #waiting: string[] = [];
  #nextMs = 0;

  constructor(spoor: Spoor) {
    this.#spoor = spoor;
  }

  /** Does one rule's share. Answers how many runs went. */
  step(nowMs: number): number {
    const { store } = this.#spoor;
    if (this.#waiting.length === 0 && nowMs >= this.#nextMs) {
      this.#waiting = store.runRules();
      this.#nextMs = nowMs + HOUR_MS;
    }
    const rule = this.#waiting.shift();
    return rule === undefined ? 0 : store.thinRuns(rule, nowMs - QUIET_RUNS_KEPT_MS, THINNED_AT_ONCE);
  }
}
