import type { Issue } from "../../connectors/issue/issue.ts";
import type { GateReport } from "./report.ts";

/** The checks that did not pass, as issues: what every way in answers when it refuses. */
export function gateIssues(report: GateReport): Issue[] {
  return report.checks
    .filter(({ state }) => state !== "passed")
    .map(({ code, title, evidence, remedy, link }) => ({
      severity: "error",
      code: `gate.${code}`,
      place: `rules/${report.rule}#${link}`,
      message: `${title}: ${evidence}`,
      remedy,
    }));
}
