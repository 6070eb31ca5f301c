import type { Issue } from "../../connectors/issue/issue.ts";
import type { Stage } from "../records/records.ts";
import type { Rule } from "../rule/rule.ts";
import { STAGED_CODES } from "./checks/staged.ts";
import { gateIssues } from "./gate-issues.ts";
import type { GateCheck, GateReport } from "./report.ts";

/**
 * Checks whose answer moves without the rule: with its data, the other rules, the owner and the risk model. They refuse a
 * promotion; of a version that has passed the gate they are told, and take nothing back.
 */
export const MOVING_CODES: readonly string[] = [
  "health",
  "fields",
  "ads.blind-spots.hold",
  "ads.false-positives.counted",
  "ads.priority.dollars",
  "overlap",
  "budget",
  "schedule",
  "forecast.history",
];

/**
 * Codes of the checks that are long to compute and are computed again by themselves: while they wait, a version that has
 * passed the gate keeps what it has, until they are overdue.
 */
export function awaitedCodes(report: GateReport): string[] {
  return report.checks.filter(isAwaited).map(({ code }) => code);
}

export interface EffectiveStage {
  readonly stage: Stage;
  /** Why it is less than the files ask for; empty when it is not. */
  readonly issues: readonly Issue[];
  /** What has changed since the version passed the gate, for the author; it takes nothing back. */
  readonly told: readonly Issue[];
}

/**
 * The stage that a rule really has, whatever its file says: the highest one up to the written stage that the report lets
 * it have. Only a report for paging, of this very rule, lets a rule page: one that passed, or, where `grantedVersion` (the
 * version that last passed the gate for paging, on record) is the rule's own, one in which only moving checks did not and
 * those that are awaited. `overdue` are codes of checks that were awaited for too long.
 */
export function effectiveStage(
  rule: Pick<Rule, "name" | "stage" | "version">,
  report: GateReport,
  grantedVersion: string | null = null,
  overdue: readonly string[] = [],
): EffectiveStage {
  if (rule.stage === "draft" || rule.stage === "retired") return { stage: rule.stage, issues: [], told: [] };
  const mine = report.rule === rule.name;
  const stageable =
    mine &&
    STAGED_CODES.every((code) => report.checks.some((each) => each.code === code && each.state === "passed"));
  const open = report.checks.filter(({ state }) => state !== "passed");
  const granted = grantedVersion !== null && grantedVersion === rule.version;
  const pageable =
    mine &&
    stageable &&
    report.target === "paging" &&
    (granted
      ? open.every((one) => isToldOnly(one) && !overdue.includes(one.code))
      : report.passed && open.length === 0);
  const stage: Stage = rule.stage === "paging" && pageable ? "paging" : stageable ? "staged" : "draft";
  if (stage === rule.stage) return { stage, issues: [], told: stage === "paging" ? asWarnings(report) : [] };
  return {
    stage,
    issues: [
      {
        severity: "error",
        code: "gate.refused",
        place: `rules/${rule.name}/rule.yaml`,
        message: `rule.yaml says stage: ${rule.stage}, which the gate refuses; the rule runs as ${stage}.`,
        remedy: `Mend what is listed, or write stage: ${stage}.`,
      },
      ...gateIssues(report),
    ],
    told: [],
  };
}

function isToldOnly(check: GateCheck): boolean {
  return MOVING_CODES.includes(check.code) || isAwaited(check);
}

function isAwaited({ code, state, renewing }: GateCheck): boolean {
  return state === "waiting" && (code === "mutation" || renewing === true);
}

function asWarnings(report: GateReport): Issue[] {
  return gateIssues(report).map((issue) => ({ ...issue, severity: "warning" }));
}
