import type { ElicitedInput } from "../../promote/risk/elicit/elicited-input.ts";
import type { KeptAnswer } from "../../promote/risk/elicit/kept-answer.ts";
import type { Pool } from "../../promote/risk/elicit/pool.ts";

/** GET /api/risk/elicitation?person= */
export interface ElicitationPage {
  /** Who is asked: the signed-in user unless told. */
  readonly person: string;
  /** `settings.intervalHitRate` of the model. */
  readonly hitRate: number;
  /** Most valuable to know first, as the last report says; then in the order of the file. */
  readonly inputs: readonly AskedInput[];
}

export interface AskedInput extends ElicitedInput {
  /** What knowing it would be worth to the decision in focus, dollars a year; null below the noise or before a report. */
  readonly worthUsd: number | null;
  /** Standing answers, one a person; only once this person has answered, so that nobody is anchored. */
  readonly answers: readonly KeptAnswer[];
  readonly own: KeptAnswer | null;
  /** People who have answered, this one included. */
  readonly people: number;
  /** Earlier answers that newer ones of the same person replaced. */
  readonly superseded: number;
  /** Of the standing answers; null while they are hidden. */
  readonly pool: Pool | null;
}
