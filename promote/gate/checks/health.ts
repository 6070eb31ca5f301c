import type { GateInput } from "../gate-input.ts";
import type { GateCheck } from "../report.ts";
import { type Answer, check, errorsOf, failed, listed, passed, percent, waiting } from "./answer.ts";

/** Below this share a field that the rule reads is told, though it does not refuse. */
const SPARSE = 0.5;

/** Whether the sources are well, and the fields that the rule reads are filled. */
export function healthChecks(input: GateInput): GateCheck[] {
  return [
    check("health", "The sources are healthy", "sources", healthAnswer(input)),
    check("fields", "The fields that it reads are filled", "sources", fieldsAnswer(input)),
  ];
}

function healthAnswer({ healthIssues }: GateInput): Answer {
  const errors = errorsOf(healthIssues);
  if (errors.length > 0) return failed(listed(errors, ""), errors[0]!.remedy);
  return passed(healthIssues.length === 0 ? "No issue." : listed(healthIssues, ""));
}

function fieldsAnswer({ preconditions }: GateInput): Answer {
  if (!preconditions) return waiting("How filled the fields are has not been counted.", "Check everything.");
  const named = ({ dataset, field }: { dataset: string; field: string }): string => `${dataset}.${field}`;
  const missing = preconditions.fields.filter(({ filledShare }) => filledShare === null);
  if (missing.length > 0)
    return failed(
      `Not there: ${missing.map(named).join(", ")}.`,
      "Correct the query, or see what the sender left out; the source's page lists its fields.",
    );
  const empty = preconditions.fields.filter(({ filledShare }) => filledShare === 0);
  if (empty.length > 0)
    return failed(
      `Never filled in the newest rows: ${empty.map(named).join(", ")}.`,
      "Look at the sender's settings; a rule that reads an empty field finds nothing.",
    );
  const sparse = preconditions.fields.filter(({ filledShare }) => filledShare! < SPARSE);
  const told = sparse.map((field) => `${named(field)} in ${percent(field.filledShare!)}`);
  return passed(
    `${preconditions.fields.length} fields are filled.${told.length > 0 ? ` Sparse: ${told.join(", ")}.` : ""}`,
  );
}
