/** A person's own calibration, counted where the person sits: nothing here is kept. Browser-safe: pure functions only. */
import { type IntervalScores, scoreBinary, scoreIntervalHits, wilsonInterval } from "../forecast-score.ts";

/** A question whose answer is known and hidden. */
export interface CalibrationQuestion {
  readonly id: string;
  readonly kind: "interval" | "binary";
  readonly text: string;
  readonly unit: string;
  /** The number, or 1 and 0 for yes and no. */
  readonly answer: number;
  /** Where the answer comes from. */
  readonly source: string;
}

export interface CalibrationAnswer {
  readonly question: CalibrationQuestion;
  readonly said: number | readonly [number, number];
}

export interface CalibrationResult {
  readonly intervals: IntervalScores | null;
  readonly brier: number | null;
  readonly chart: readonly {
    readonly probability: number;
    readonly observed: number;
    readonly low: number;
    readonly high: number;
    readonly count: number;
  }[];
}

/** Answers with which a hit rate says enough to be taken over into the settings. */
export const ENOUGH_INTERVALS = 10;

export function held({ question, said }: CalibrationAnswer): boolean | null {
  return typeof said === "number" ? null : question.answer >= said[0] && question.answer <= said[1];
}

/** Hit rate with Clopper and Pearson's interval, Brier score, and the chart: intervals are one point at 90%. */
export function calibrationResult(answers: readonly CalibrationAnswer[]): CalibrationResult {
  const hits = answers.map(held).filter((hit) => hit !== null);
  const held90 = hits.filter(Boolean).length;
  const pairs = answers.flatMap(({ question, said }) =>
    typeof said === "number" ? [{ probability: said, outcome: question.answer }] : [],
  );
  const binary = scoreBinary(pairs);
  const points = (binary?.table ?? []).map((row) => ({
    probability: row.probability,
    observed: row.frequency,
    low: row.wilson[0],
    high: row.wilson[1],
    count: row.count,
  }));
  if (hits.length > 0) {
    const [low, high] = wilsonInterval(held90, hits.length);
    points.push({ probability: 0.9, observed: held90 / hits.length, low, high, count: hits.length });
  }
  return {
    intervals: hits.length === 0 ? null : scoreIntervalHits(held90, hits.length),
    brier: binary?.brier ?? null,
    chart: points.sort((left, right) => left.probability - right.probability),
  };
}
