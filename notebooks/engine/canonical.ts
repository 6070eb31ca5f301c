import type { DuckDBConnection } from "@duckdb/node-api";
import { isNode, type TreeNode, type TreeValue, textOf } from "./syntax-tree.ts";

/**
 * Names that DuckDB reads as functions of the clock though they are written like columns. `user` and its like are not
 * among them: they are columns where the data has such, and else the same for every query of an engine.
 */
const VOLATILE_WORDS: ReadonlySet<string> = new Set([
  "current_date",
  "current_time",
  "current_timestamp",
  "localtime",
  "localtimestamp",
]);
/** `age(t)` counts from today, though DuckDB calls it consistent. */
const ALSO_VOLATILE: readonly string[] = ["age"];

/**
 * A text that two statements share when DuckDB parses them to the same tree: where things stand in the text does
 * not count, everything else does.
 */
export function canonicalText(tree: TreeNode): string {
  return JSON.stringify(tree.statements, (key, value: unknown) =>
    key === "query_location" ? undefined : value,
  );
}

/** Lower-case names of DuckDB's functions whose answer does not hang on their arguments alone. */
export async function volatileFunctions(connection: DuckDBConnection): Promise<ReadonlySet<string>> {
  const reader = await connection.runAndReadAll(
    "SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE stability IN ('VOLATILE', 'CONSISTENT_WITHIN_QUERY')",
  );
  return new Set([...reader.getRows().map((row) => String(row[0])), ...ALSO_VOLATILE]);
}

/** Whether the statement may answer otherwise over the same data: by such a function, or by a sample. */
export function isVolatile(value: TreeValue | undefined, functions: ReadonlySet<string>): boolean {
  if (Array.isArray(value)) return value.some((item) => isVolatile(item, functions));
  if (!isNode(value)) return false;
  if (isNode(value.sample)) return true;
  if (typeof value.function_name === "string" && functions.has(value.function_name.toLowerCase()))
    return true;
  const names = value.column_names;
  if (Array.isArray(names) && names.length === 1 && VOLATILE_WORDS.has(textOf(names[0]).toLowerCase())) {
    return true;
  }
  return Object.values(value).some((child) => isVolatile(child, functions));
}
