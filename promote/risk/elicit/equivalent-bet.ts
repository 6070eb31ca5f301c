/**
 * The equivalent bet: would you rather bet that the number lies in your interval, or spin a wheel that wins nine times in
 * ten? Who prefers the wheel is less than 90% sure, who prefers the interval is more. Browser-safe: pure functions only.
 *
 * Spetzler and Stael von Holstein (1975), "Probability encoding in decision analysis", Management Science 22(3), use such
 * a wheel; Hubbard, "How to Measure Anything", makes intervals of it.
 */
import type { AnsweredInterval, Shape } from "./elicited-input.ts";
import { stretched } from "./scale.ts";

export type BetChoice = "interval" | "wheel" | "either";

export interface Bet {
  readonly interval: AnsweredInterval;
  /** How much the next choice changes the width: 0.5 is by half; halves when the choices turn round. */
  readonly step: number;
  readonly choices: readonly BetChoice[];
  /** Indifferent, or so near that a further question would not matter. */
  readonly settled: boolean;
}

const FIRST_STEP = 0.4;
const LAST_STEP = 0.06;

export function startBet(interval: AnsweredInterval): Bet {
  return { interval, step: FIRST_STEP, choices: [], settled: false };
}

/** The next bet: wider when the wheel was preferred, narrower when the interval was; settled by "either". */
export function chooseBet(shape: Shape, bet: Bet, choice: BetChoice): Bet {
  if (bet.settled) return bet;
  const choices = [...bet.choices, choice];
  if (choice === "either") return { ...bet, choices, settled: true };
  const last = bet.choices.at(-1);
  const step = last !== undefined && last !== choice ? bet.step / 2 : bet.step;
  const factor = choice === "wheel" ? 1 + step : 1 / (1 + step);
  return { interval: stretched(shape, bet.interval, factor), step, choices, settled: step < LAST_STEP };
}
