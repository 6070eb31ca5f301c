import type { Issue } from "../connectors/issue/issue.ts";

/** What a person asked cannot be done as asked: the status says how, the issues say why and what to do. */
export class RefusedError extends Error {
  readonly status: 400 | 404 | 409 | 413;
  readonly issues: readonly Issue[];

  constructor(status: RefusedError["status"], message: string, issues: readonly Issue[] = []) {
    super(message);
    this.name = "RefusedError";
    this.status = status;
    this.issues = issues;
  }
}

export function notFound(what: string): RefusedError {
  return new RefusedError(404, `${what} is not in this workspace.`);
}
