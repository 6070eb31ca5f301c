import type { OutcomeKind } from "../records/records.ts";

/** One step of a response plan: a registered action with its settings. */
export interface PlanStep {
  /** `^[a-z][a-z0-9-]{0,47}$`, unique in the plan. */
  readonly name: string;
  /** What the button or the timeline says. */
  readonly title: string;
  /** Name of a registered action (see registered.ts): `query`, `decide`, `escalate-to-author`, ... */
  readonly uses: string;
  /** Settings of the registered action, checked against its declaration. */
  readonly with: Readonly<Record<string, string | number | boolean>>;
  /** What it does, in a sentence for somebody outside security. */
  readonly effect: string;
  /** The outcome that it records when a person presses it; null when the alert stays open. */
  readonly outcome: OutcomeKind | null;
}

/** The parsed `rules/<name>/response.yaml`: what runs before anybody is asked, and what they may choose. */
export interface ResponsePlan {
  readonly automations: readonly PlanStep[];
  /** The buttons, 2 to 6 for paging. */
  readonly options: readonly PlanStep[];
}
