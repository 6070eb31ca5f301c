import type { OutcomeKind } from "../../promote/records/records.ts";

/** An outcome as a person says it. */
export const OUTCOME_TITLES: Readonly<Record<OutcomeKind, string>> = {
  "true-positive": "True positive",
  "benign-positive": "Benign positive",
  "false-positive": "False positive",
  ignored: "Ignored",
  undetermined: "Undetermined",
};

/** Every outcome, in the order in which they are offered. */
export const OUTCOMES = Object.keys(OUTCOME_TITLES) as readonly OutcomeKind[];

/** What each outcome means, for somebody who sees the words for the first time. */
export const OUTCOME_MEANINGS: Readonly<Record<OutcomeKind, string>> = {
  "true-positive": "It was what the rule looks for, and it was harmful.",
  "benign-positive": "It really happened, and it was allowed.",
  "false-positive": "It did not happen, or the rule misread it.",
  ignored: "Nobody looked into it.",
  undetermined: "Looked into, and it could not be told.",
};
