import { QueryError } from "./engine.ts";

interface DuckDbProblem {
  readonly type: string;
  readonly message: string;
  /** Byte offset in the UTF-8 text of the statement. */
  readonly position: number | null;
}

/** Kinds of DuckDB error that mean that the SQL itself is wrong. */
const INVALID_TYPES = new Set([
  "Parser",
  "Syntax",
  "Binder",
  "Catalog",
  "Parameter Not Resolved",
  "Parameter Not Allowed",
]);

/** Reads the JSON error of an instance with `errors_as_json`; a text that is none becomes an unknown problem. */
export function readProblem(message: string): DuckDbProblem {
  const start = message.indexOf("{");
  if (start >= 0) {
    try {
      const value = JSON.parse(message.slice(start)) as Record<string, unknown>;
      if (typeof value.exception_message === "string") {
        return {
          type: String(value.exception_type ?? "Unknown"),
          message: value.exception_message,
          position: typeof value.position === "string" ? Number(value.position) : null,
        };
      }
    } catch {
      // Not JSON after all: the plain text below.
    }
  }
  return { type: "Unknown", message, position: null };
}

/** Turns a byte offset in the UTF-8 form of `text` into a character offset. */
export function characterOffset(text: string, byteOffset: number | null): number | null {
  if (byteOffset === null || !Number.isSafeInteger(byteOffset) || byteOffset < 0) return null;
  let bytes = 0;
  let characters = 0;
  for (const character of text) {
    if (bytes >= byteOffset) break;
    bytes += Buffer.byteLength(character);
    characters += character.length;
  }
  return bytes < byteOffset ? null : characters;
}

function remedyFor(type: string): string {
  if (type === "Out of Memory")
    return "Narrow the query by time or columns, or aggregate before sorting and listing.";
  if (INVALID_TYPES.has(type)) return "Correct the SQL at the place shown.";
  if (type === "Conversion") return "Use TRY_CAST where a value may not convert.";
  return "Correct the query and run it again.";
}

/**
 * A QueryError for what DuckDB threw: `invalid` when the SQL is wrong, else `failed`. `positioned` is false when
 * DuckDB saw another text than `sql`, so that its positions would mislead.
 */
export function toQueryError(error: unknown, sql: string, positioned = true): QueryError {
  if (error instanceof QueryError) return error;
  const problem = readProblem(error instanceof Error ? error.message : String(error));
  const offset = positioned ? characterOffset(sql, problem.position) : null;
  const kind = INVALID_TYPES.has(problem.type) ? "invalid" : "failed";
  const code = `query.${problem.type.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}`;
  const place = offset === null ? "sql" : `sql:${lineOf(sql, offset)}`;
  return new QueryError(kind, `${problem.type} error: ${problem.message}`, {
    sql,
    offset,
    cause: error,
    issues: [{ severity: "error", code, place, message: problem.message, remedy: remedyFor(problem.type) }],
  });
}

/** 1-based line of a character offset. */
function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

/** A QueryError of kind `refused`: what is not allowed, and what to do instead. */
export function refusal(
  sql: string,
  code: string,
  message: string,
  remedy: string,
  offset: number | null = null,
): QueryError {
  const place = offset === null ? "sql" : `sql:${lineOf(sql, offset)}`;
  return new QueryError("refused", `${message} ${remedy}`, {
    sql,
    offset,
    issues: [{ severity: "error", code: `query.refused.${code}`, place, message, remedy }],
  });
}

/** A QueryError of kind `invalid` that Spoor found itself. */
export function invalid(
  sql: string,
  code: string,
  message: string,
  remedy: string,
  offset: number | null = null,
): QueryError {
  const place = offset === null ? "sql" : `sql:${lineOf(sql, offset)}`;
  return new QueryError("invalid", `${message} ${remedy}`, {
    sql,
    offset,
    issues: [{ severity: "error", code: `query.${code}`, place, message, remedy }],
  });
}
