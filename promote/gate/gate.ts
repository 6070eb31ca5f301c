import { adsChecks } from "./checks/ads.ts";
import { adsEvidenceChecks } from "./checks/ads-evidence.ts";
import { backtestChecks } from "./checks/backtest.ts";
import { healthChecks } from "./checks/health.ts";
import { loadChecks } from "./checks/load.ts";
import { planChecks } from "./checks/plan.ts";
import { runCheck } from "./checks/run.ts";
import { scheduleChecks } from "./checks/schedule.ts";
import { stagedChecks } from "./checks/staged.ts";
import { techniqueCheck } from "./checks/technique.ts";
import { testChecks } from "./checks/tests.ts";
import type { GateInput, StaleEvidence } from "./gate-input.ts";
import type { GateCheck, GateReport } from "./report.ts";

export { awaitedCodes, effectiveStage } from "./effective-stage.ts";
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
    ...scheduleChecks(input),
    ...loadChecks(input),
    ...healthChecks(input),
    runCheck(input),
  ].map((one) => fresh(one, input.stale ?? {}));
}

/** The kind of evidence that a check rests on. */
const RESTS_ON: Readonly<Record<string, keyof StaleEvidence>> = {
  backtest: "backtest",
  overlap: "overlap",
  "ads.false-positives.counted": "falsePositives",
  "ads.blind-spots.hold": "blindSpots",
  fields: "health",
};

/** The check, unless it passed by evidence that would be another now. */
function fresh(one: GateCheck, stale: StaleEvidence): GateCheck {
  const kind = RESTS_ON[one.code];
  const why = kind === undefined ? undefined : stale[kind];
  if (why === undefined || one.state !== "passed") return one;
  return { ...one, state: "waiting", evidence: `${one.evidence} ${why}`, remedy: "Check everything again." };
}
