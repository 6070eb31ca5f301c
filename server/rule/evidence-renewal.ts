import type { JobContext } from "../jobs/jobs.ts";
import type { Spoor } from "../spoor.ts";
import type { RuleDesk } from "./rule-desk.ts";

/** Computes again, as a job, what saving a paging rule has made stale: one job a rule, whatever is saved meanwhile. */
export class EvidenceRenewal {
  readonly #spoor: Spoor;
  readonly #rules: RuleDesk;
  /** Rules under way, and whether they were saved again since. */
  readonly #running = new Map<string, boolean>();

  constructor(spoor: Spoor, rules: RuleDesk) {
    this.#spoor = spoor;
    this.#rules = rules;
  }

  /** Begins unless nothing is stale. The rule keeps its stage meanwhile; it loses it if what comes refuses it. */
  async begin(name: string): Promise<void> {
    if (this.#running.has(name)) {
      this.#running.set(name, true);
      return;
    }
    if (!(await this.#rules.evidence.needsRefresh(name)) || this.#running.has(name)) return;
    this.#running.set(name, false);
    this.#spoor.jobs.start("renew-evidence", (context) => this.#renew(name, context));
  }

  async #renew(name: string, context: JobContext): Promise<void> {
    try {
      do {
        this.#running.set(name, false);
        await this.#rules.evidence.refresh(name, context);
        await this.#rules.settle(name);
      } while (this.#running.get(name));
    } finally {
      this.#running.delete(name);
    }
  }
}
