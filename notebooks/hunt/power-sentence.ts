/** Power in words. Browser-safe: pure functions only. */
import { ORDINARY } from "./event-template.ts";
import type { HuntRecord, PowerMeasurement, PowerVariant } from "./hunt-record.ts";

/** A query that gives more than this share of ordinary events finds anything: that it finds an attack says nothing. */
const BLUNT_SHARE = 0.2;

/** What the query found of ordinary events; null when they were not tried. */
export function ordinaryOf(power: PowerMeasurement): PowerVariant | null {
  return power.variants.find(({ name, injected }) => name === ORDINARY && injected > 0) ?? null;
}

/** Whether the query answers to ordinary events too, so that its power is no claim. */
export function isBlunt(power: PowerMeasurement): boolean {
  const ordinary = ordinaryOf(power);
  return ordinary !== null && ordinary.found > BLUNT_SHARE * ordinary.injected;
}

/**
 * What a measurement means: "Would have seen 19 of 20 such events: at least 76 % with 95 % confidence." It says too
 * when fewer events were different than were asked for, and when the query answers to ordinary events.
 */
export function powerSentence(power: PowerMeasurement): string {
  const events = power.injected === 1 ? "such event" : "such events";
  const same =
    power.asked > power.injected
      ? ` (${power.asked} asked, ${power.injected} different ${power.injected === 1 ? "event" : "events"})`
      : "";
  if (!power.complete)
    return `Found ${power.found} of ${power.injected} ${events}${same}, but a result was cut on the way: this claims nothing.`;
  const ordinary = ordinaryOf(power);
  if (ordinary && isBlunt(power))
    return `Found ${power.found} of ${power.injected} ${events}${same}, but ${ordinary.found} of ${ordinary.injected} ordinary events too: this claims nothing.`;
  return `Would have seen ${power.found} of ${power.injected} ${events}${same}: at least ${percent(power.low)} with ${percent(power.confidence)} confidence.`;
}

/**
 * The newest complete measurement of a query that the hunt still asks, which is what a conclusion rests on; null without
 * one.
 *
 * @param isCurrent tells whether the query that was measured is still in the notebook (see currentIn)
 */
export function latestPower(
  hunt: HuntRecord,
  isCurrent: (power: PowerMeasurement) => boolean,
): PowerMeasurement | null {
  const complete = hunt.powers.filter((power) => power.complete && isCurrent(power));
  return complete.toSorted((left, right) => (left.at < right.at ? 1 : -1))[0] ?? null;
}

/** A share as whole percent, rounded down so that it never claims more: 0.997 is 99 %. */
export function percent(share: number): string {
  return `${Math.floor(share * 100 + 1e-9)} %`;
}
