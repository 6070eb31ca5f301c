import type { RuleSummary } from "../../server/api/api.ts";
import type { Tone } from "../element/badge.ts";

const NOISY_FACTOR = 2;
const LEAST_EVIDENCE = 3;

/**
 * How badly a rule needs somebody, larger is worse: errors first, then trouble of its runner, then a proof that does not
 * hold where it streams, then more alerts than expected, then low precision with evidence for it.
 */
export function ruleTrouble(rule: RuleSummary): number {
  if (rule.stage === "retired") return -1;
  const errors = rule.issues.filter(({ severity }) => severity === "error").length;
  const warnings = rule.issues.length - errors;
  const live = rule.stage === "paging" ? 2 : 1;
  const unproved = rule.mode === "stream" && rule.proof?.holds !== true ? 1 : 0;
  const expected = rule.expectedAlertsPerWeek;
  const excess =
    expected === null || expected <= 0 ? 0 : Math.min(Math.max(rule.alertsPerWeek / expected - 1, 0), 5);
  const imprecise = rule.precision.evidence >= LEAST_EVIDENCE ? 1 - rule.precision.q95 : 0;
  const troubled = rule.watch?.trouble || (rule.watch?.blind.length ?? 0) > 0 ? 1 : 0;
  const held = rule.watch?.paused || (rule.watch?.missedRuns ?? 0) > 0 ? 1 : 0;
  return (
    live * (errors * 4 + troubled * 6 + held * 2 + unproved * 3 + excess + imprecise * 2) + warnings * 0.5
  );
}

/** What a rule needs, a word each with its reason, worst first; empty when it is well. */
export function troubleWords(
  rule: RuleSummary,
): readonly { readonly word: string; readonly tone: Tone; readonly why: string }[] {
  if (rule.stage === "retired") return [];
  const words: { word: string; tone: Tone; why: string }[] = [];
  const { watch } = rule;
  const live = rule.stage === "staged" || rule.stage === "paging";
  const errors = rule.issues.filter(({ severity }) => severity === "error");
  if (watch && watch.trouble !== "") words.push({ word: "failing", tone: "bad", why: watch.trouble });
  if (watch && watch.blind.length > 0)
    words.push({ word: "blind", tone: "bad", why: `Not well: ${watch.blind.join(", ")}` });
  if (watch?.paused) words.push({ word: "paused", tone: "warning", why: "Somebody paused it." });
  if (watch && watch.missedRuns > 0)
    words.push({ word: "missed", tone: "warning", why: `${watch.missedRuns} turns passed without a run.` });
  if (errors.length > 0) words.push({ word: "errors", tone: "bad", why: errors[0]!.message });
  if (live && rule.mode === "stream" && rule.proof?.holds !== true)
    words.push({ word: "unproved", tone: "warning", why: "It streams without a proof that holds." });
  const expected = rule.expectedAlertsPerWeek;
  if (live && expected !== null && rule.alertsPerWeek > Math.max(expected * NOISY_FACTOR, 1))
    words.push({ word: "noisy", tone: "warning", why: "It makes far more alerts than its author forecast." });
  if (live && rule.precision.evidence >= LEAST_EVIDENCE && rule.precision.q95 < 0.5)
    words.push({ word: "imprecise", tone: "warning", why: "Most of its alerts are no attack." });
  return words;
}
