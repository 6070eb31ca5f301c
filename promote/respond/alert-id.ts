import { deterministicId } from "../records/deterministic-id.ts";

/** The id of the alert that a case has, or will have. */
export function alertId(caseId: string): string {
  return deterministicId("alert", caseId);
}
