/** How much an issue matters: an `error` stops what was asked, a `warning` does not. */
export type Severity = "error" | "warning";

/**
 * One thing found wrong with what a person gave us: where it is, what it is, and what to do about it.
 * Findings are lists of issues; exceptions are kept for broken promises.
 */
export interface Issue {
  readonly severity: Severity;
  /** Stable, dotted, lower case: `source.time-field.missing`. */
  readonly code: string;
  /** File, line, field or page where it is: `rules/lsass/rule.yaml:12`, `ADS.md#goal`. */
  readonly place: string;
  /** One plain sentence: what is wrong. */
  readonly message: string;
  /** One plain sentence: what to do. */
  readonly remedy: string;
}

/** A value that was parsed, or the issues that kept it from being one (warnings may go with a value). */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T; readonly issues: readonly Issue[] }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** Thrown where a caller broke a promise that issues had already told; carries them as evidence. */
export class IssuesError extends Error {
  readonly issues: readonly Issue[];

  constructor(message: string, issues: readonly Issue[]) {
    super(`${message}\n${issues.map(formatIssue).join("\n")}`);
    this.name = "IssuesError";
    this.issues = issues;
  }
}

/** One line for a terminal: `error rules/a/rule.yaml:3 rule.sql.empty: … Remedy: …`. */
export function formatIssue(issue: Issue): string {
  return `${issue.severity} ${issue.place} ${issue.code}: ${issue.message} ${issue.remedy}`;
}
