import type { JobContext } from "../jobs/jobs.ts";
import { Repeating } from "../repeating.ts";
import type { Spoor } from "../spoor.ts";
import type { RuleDesk } from "./rule-desk.ts";
import type { EvidenceKind } from "./rule-types.ts";

const TURN_MS = 3_600_000;
const FIRST_TURN_MS = 600_000;
/** What moves without the rule, cheap enough to look at again every day. */
const MOVING: readonly EvidenceKind[] = ["blindSpots", "health", "falsePositives"];

/**
 * Looks again, once a day, at what the rules that page assume: blind spots, fields, false positives; and measures tests
 * that were changed, so that a rule pages by the tests that it has.
 */
export class EvidenceUpkeep {
  readonly #rules: RuleDesk;
  readonly #note: Spoor["note"];
  readonly #turns: Repeating;
  readonly #stopping = new AbortController();

  constructor(spoor: Spoor, rules: RuleDesk) {
    this.#rules = rules;
    this.#note = spoor.note;
    this.#turns = new Repeating(
      TURN_MS,
      () => this.turn(this.#stopping.signal),
      (error) => {
        if (!this.#stopping.signal.aborted) this.#note(`evidence: ${String(error)}`);
      },
    );
  }

  start(): void {
    this.#turns.start(FIRST_TURN_MS);
  }

  async stop(): Promise<void> {
    const stopped = this.#turns.stop();
    this.#stopping.abort(new Error("Spoor stops."));
    await stopped;
  }

  /** One look at every rule whose file says that it pages. A rule that cannot be read is told on its own page. */
  async turn(signal: AbortSignal): Promise<void> {
    const context: JobContext = { signal, report: () => undefined };
    for (const name of this.#rules.names()) {
      signal.throwIfAborted();
      if (!this.#rules.pages(name)) continue;
      await this.#look(name, context).catch((error: unknown) => {
        signal.throwIfAborted();
        this.#note(`evidence of ${name}: ${error instanceof Error ? error.message : String(error)}`);
      });
      await this.#rules.settle(name);
    }
  }

  async #look(name: string, context: JobContext): Promise<void> {
    const { evidence } = this.#rules;
    const kinds: EvidenceKind[] = (await evidence.testsChanged(name)) ? [...MOVING, "mutation"] : [...MOVING];
    await evidence.compute(name, kinds, false, context);
  }
}
