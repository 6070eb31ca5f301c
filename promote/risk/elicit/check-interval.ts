/** Whether an interval can be a judgement, and whether it looks like a good one. Browser-safe: pure functions only. */
import type { Issue } from "../../../connectors/issue/issue.ts";
import { intervalWarnings } from "../lognormal.ts";
import { normalQuantile } from "../special-functions.ts";
import type { AnsweredInterval, Shape } from "./elicited-input.ts";
import { stretched } from "./scale.ts";

const WIDE_RATIO = 1000;
const NARROW_RATIO = 1.25;

/**
 * Issues of an interval: errors where it cannot be used (order, bounds, a missing cap), warnings where it should be
 * thought over (upper end over 1,000 times the lower, an interval narrower than almost any judgement is, people whose
 * intervals held too seldom so far: `hitRate`). `place` names the answer. NaN stands for what was not given.
 */
export function checkInterval(
  shape: Shape,
  answer: AnsweredInterval,
  options: { readonly hitRate?: number; readonly place?: string } = {},
): Issue[] {
  const { low, high } = answer;
  const cap = answer.cap ?? null;
  const place = options.place ?? "interval";
  const issues: Issue[] = [];
  const add = (severity: Issue["severity"], code: string, message: string, remedy: string): void => {
    issues.push({ severity, code: `elicit.${code}`, place, message, remedy });
  };
  if (!Number.isFinite(low) || !Number.isFinite(high)) {
    add("error", "missing", "Both ends are needed.", "Give a low and a high end.");
    return issues;
  }
  if (low <= 0)
    add(
      "error",
      "low",
      "The low end must be above 0.",
      "Give the smallest value that would not astonish you.",
    );
  if (shape === "probability" && high >= 1)
    add(
      "error",
      "high",
      "A probability is below 1.",
      "Nothing is certain: 99.5% is as sure as one can be here.",
    );
  if (low >= high)
    add("error", "order", "The low end must be below the high end.", "Swap them, or make room between them.");
  if (issues.length > 0) return issues;
  if (shape !== "probability" && high / low > WIDE_RATIO)
    add(
      "warning",
      "wide",
      "The high end is more than 1,000 times the low one.",
      "Split the question (two kinds of event, or of attacker), or use the equivalent bet.",
    );
  if (shape === "amount") {
    if (cap !== null && !(cap > low))
      add("error", "cap.low", "The cap lies below the interval.", "Give the most that one event could cost.");
    else if (cap !== null && cap < high)
      add(
        "warning",
        "cap.inside",
        "The cap lies inside the interval: the high end can never be reached.",
        "Raise the cap, or lower the high end.",
      );
    if (cap === null && intervalWarnings(low, high).meanExceedsHigh)
      add(
        "error",
        "cap.missing",
        "The interval is so wide that its mean lies above its high end.",
        "Give a cap: the most that one event could cost.",
      );
  }
  if (shape === "probability" ? high - low < 0.02 : high / low < NARROW_RATIO)
    add(
      "warning",
      "narrow",
      "This is narrower than most measurements.",
      "Think of two reasons why you could be wrong, and try the equivalent bet.",
    );
  const hitRate = options.hitRate ?? 0.9;
  if (hitRate < 0.9) {
    const wider = widenedFor(shape, answer, hitRate);
    add(
      "warning",
      "hit-rate",
      `90% intervals here held ${Math.round(hitRate * 100)}% of the time so far.`,
      `To be 90% sure, it would have to reach from ${figures(wider.low)} to ${figures(wider.high)}${shape === "amount" ? "; losses are widened so by the model itself" : ""}.`,
    );
  }
  return issues;
}

/** The interval that would hold 9 times in 10, of somebody whose 90% intervals hold with rate `hitRate`. */
export function widenedFor(shape: Shape, answer: AnsweredInterval, hitRate: number): AnsweredInterval {
  return hitRate < 0.9
    ? stretched(shape, answer, normalQuantile(0.95) / normalQuantile((1 + hitRate) / 2))
    : answer;
}

function figures(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString("en-US", { maximumSignificantDigits: 3 });
}
