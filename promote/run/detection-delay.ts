import type { Rule } from "../rule/rule.ts";

const UNITS = [
  [3_600_000, "h"],
  [60_000, "min"],
  [1_000, "s"],
] as const;

/**
 * How long after an event a streaming rule detects it, in words. One that looks at events as they come has no delay of
 * its own; every other waits for late events (the allowed lateness) and for its slice to end.
 */
export function detectionDelay(
  { allowedLatenessMs, run }: Pick<Rule, "allowedLatenessMs" | "run">,
  immediate: boolean,
): string {
  if (immediate) return "detects as events come";
  const delayMs = allowedLatenessMs + (run.mode === "stream" ? run.sliceMs : 0);
  const [sizeMs, unit] = UNITS.find(([size]) => delayMs >= size * 1.5) ?? UNITS[2];
  const amount = Math.round((delayMs / sizeMs) * 10) / 10;
  return `detects about ${amount >= 3 ? Math.round(amount) : amount} ${unit} after the event: waits for late ones`;
}
