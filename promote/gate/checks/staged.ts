import type { Issue } from "../../../connectors/issue/issue.ts";
import type { GateInput } from "../gate-input.ts";
import type { GateCheck } from "../report.ts";
import { type Answer, check, errorsOf, failed, listed, passed, waiting } from "./answer.ts";

/** What a rule must say before it may run and record: its query, its event time, and whom it concerns. */
export function stagedChecks(input: GateInput): GateCheck[] {
  const { rule } = input;
  const parseErrors = errorsOf(
    input.parseIssues.filter(({ code }) => !/^(?:ads|plan)\b/.test(code) && !inOtherFile(code, input)),
  );
  const sqlErrors = errorsOf(input.sqlIssues ?? []);
  const ofQuery = [
    ...parseErrors,
    ...sqlErrors.filter(({ code }) => !/^rule\.(?:time|entities)\b/.test(code)),
  ];
  const query: Answer =
    ofQuery.length > 0 || !rule
      ? failed(
          listed(ofQuery, "rule.yaml and rule.sql could not be read."),
          ofQuery[0]?.remedy ?? "Correct rule.yaml and rule.sql.",
        )
      : input.sqlIssues === null
        ? waiting("The query has not been checked against the data.", "Check the rule.")
        : passed(`Valid; version ${rule.version}.${warned(input.sqlIssues)}`);
  const blocked =
    query.state !== "passed" && !sqlErrors.some(({ code }) => /^rule\.(?:time|entities)\b/.test(code));
  const field = (prefix: string, found: string): Answer => {
    const errors = sqlErrors.filter(({ code }) => code.startsWith(prefix));
    if (errors.length > 0) return failed(listed(errors, ""), errors[0]!.remedy);
    if (!rule || blocked) return waiting("Known once the query is valid.", "Correct the query first.");
    return passed(found);
  };
  const entities = rule?.entities ?? [];
  return [
    check("query", "The query is valid and means one thing", "rule", query),
    check("time", "The event time is named", "rule", field("rule.time", `Column ${rule?.timeColumn}.`)),
    check(
      "entities",
      "Whom it concerns is named",
      "rule",
      rule && entities.length === 0
        ? failed("No entity is named.", "Name at least one result column under entities.")
        : field("rule.entities", entities.map(({ column, kind }) => `${column} (${kind})`).join(", ")),
    ),
  ];
}

/** YAML errors of response.yaml are the plan's. */
function inOtherFile(code: string, input: GateInput): boolean {
  return (
    code.startsWith("yaml.") &&
    input.parseIssues.every((issue) => issue.code !== code || !issue.place.includes("rule.yaml"))
  );
}

function warned(issues: readonly Issue[]): string {
  const warnings = issues.filter(({ severity }) => severity === "warning");
  return warnings.length === 0 ? "" : ` ${listed(warnings, "")}`;
}

/** Codes of the checks that a staged rule must pass. */
export const STAGED_CODES: readonly string[] = ["query", "time", "entities"];
