/** What an answer would do to the report's main figures. Browser-safe: pure functions only. */
import type { RiskModel } from "../model.ts";
import { stateOf } from "../what-if.ts";
import { type AnsweredInterval, type ElicitedInput, withAnswer } from "./elicited-input.ts";
import { impliedDistribution } from "./implied.ts";

export interface Effect {
  /** Expected yearly loss with what we have, and its value net of cost, dollars; at the means of what we do not know. */
  readonly before: { readonly lossUsd: number; readonly netUsd: number };
  readonly after: { readonly lossUsd: number; readonly netUsd: number };
}

/** The expected loss before and after an input is answered so. */
export function answerEffect(model: RiskModel, input: ElicitedInput, answer: AnsweredInterval): Effect {
  const figures = (of: RiskModel): Effect["before"] => {
    const { residualUsd, netUsd } = stateOf(of);
    return { lossUsd: residualUsd, netUsd };
  };
  const distribution = impliedDistribution(input.shape, answer);
  return { before: figures(model), after: figures(withAnswer(model, input, answer, distribution)) };
}
