/** Power in words. Browser-safe: pure functions only. */
import type { HuntRecord, PowerMeasurement } from "./hunt-record.ts";

/** What a measurement means, in one sentence: "Would have seen 19 of 20 such events: at least 76 % with 95 % confidence." */
export function powerSentence(power: PowerMeasurement): string {
  const events = power.injected === 1 ? "such event" : "such events";
  if (!power.complete)
    return `Found ${power.found} of ${power.injected} ${events}, but a result was cut on the way: this claims nothing.`;
  return `Would have seen ${power.found} of ${power.injected} ${events}: at least ${percent(power.low)} with ${percent(power.confidence)} confidence.`;
}

/** The newest complete measurement, which is what a conclusion rests on; null without one. */
export function latestPower(hunt: HuntRecord): PowerMeasurement | null {
  const complete = hunt.powers.filter((power) => power.complete);
  return complete.toSorted((left, right) => (left.at < right.at ? 1 : -1))[0] ?? null;
}

/** A share as whole percent, rounded down so that it never claims more: 0.997 is 99 %. */
export function percent(share: number): string {
  return `${Math.floor(share * 100 + 1e-9)} %`;
}
