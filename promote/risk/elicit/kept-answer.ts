/** An answer as `risk/elicited.yaml` keeps it. Browser-safe: pure functions only. */

export interface KeptAnswer {
  readonly input: string;
  readonly person: string;
  /** ISO day. */
  readonly date: string;
  readonly low: number;
  readonly high: number;
  readonly cap: number | null;
  readonly note: string;
}

/** The newest answer of each person about an input, in the order in which the people first answered. */
export function standingAnswers(answers: readonly KeptAnswer[], input: string): KeptAnswer[] {
  const newest = new Map<string, KeptAnswer>();
  for (const answer of answers) if (answer.input === input) newest.set(answer.person, answer);
  return [...newest.values()];
}
