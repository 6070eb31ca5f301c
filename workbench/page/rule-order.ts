import type { RuleSummary } from "../../server/api/api.ts";

/**
 * How badly a rule needs somebody, larger is worse: errors first, then a proof that does not hold where it streams, then
 * more alerts than expected, then low precision with evidence for it.
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
  const imprecise = rule.precision.evidence >= 3 ? 1 - rule.precision.q95 : 0;
  return live * (errors * 4 + unproved * 3 + excess + imprecise * 2) + warnings * 0.5;
}
