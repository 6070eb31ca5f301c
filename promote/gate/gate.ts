import { adsChecks } from "./checks/ads.ts";
import { adsEvidenceChecks } from "./checks/ads-evidence.ts";
import { backtestChecks } from "./checks/backtest.ts";
import { healthChecks } from "./checks/health.ts";
import { loadChecks } from "./checks/load.ts";
import { planChecks } from "./checks/plan.ts";
import { runCheck } from "./checks/run.ts";
import { stagedChecks } from "./checks/staged.ts";
import { techniqueCheck } from "./checks/technique.ts";
import { testChecks } from "./checks/tests.ts";
import type { GateInput } from "./gate-input.ts";
import type { GateCheck, GateReport } from "./report.ts";

export { effectiveStage } from "./effective-stage.ts";
export type { GateInput } from "./gate-input.ts";
export { gateIssues } from "./gate-issues.ts";

/**
 * Weighs a rule for a stage: staged asks for three fields, paging for everything that lets an alert be trusted. Pure:
 * the same input gives the same list, in the same order, wherever it is asked.
 */
export function checkGate(input: GateInput): GateReport {
  const checks =
    input.target === "staged" ? stagedChecks(input) : [...stagedChecks(input), ...pagingChecks(input)];
  return {
    rule: input.name,
    target: input.target,
    passed: checks.every(({ state }) => state === "passed"),
    checks,
  };
}

function pagingChecks(input: GateInput): GateCheck[] {
  return [
    ...adsChecks(input),
    ...adsEvidenceChecks(input),
    techniqueCheck(input),
    ...planChecks(input),
    ...testChecks(input),
    ...backtestChecks(input),
    ...loadChecks(input),
    ...healthChecks(input),
    runCheck(input),
  ];
}
