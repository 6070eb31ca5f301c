import type { Issue } from "../../connectors/issue/issue.ts";

/** A request that the server refused or that never arrived; carries the server's issues to be shown in place. */
export class ApiFailure extends Error {
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  readonly issues: readonly Issue[];
  /** Zero-based offset in the SQL, for query errors. */
  readonly offset: number | null;

  constructor(
    status: number,
    message: string,
    detail: { issues?: readonly Issue[]; offset?: number | null; cause?: unknown } = {},
  ) {
    super(message, { cause: detail.cause });
    this.name = "ApiFailure";
    this.status = status;
    this.issues = detail.issues ?? [];
    this.offset = detail.offset ?? null;
  }
}

/** True when the reader (or a page that went away) stopped the request: nothing to show. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

/** Any thrown value as something with a message and issues. */
export function asFailure(error: unknown): ApiFailure {
  if (error instanceof ApiFailure) return error;
  return new ApiFailure(0, error instanceof Error ? error.message : String(error), { cause: error });
}
