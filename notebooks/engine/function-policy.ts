import { HUNT_FUNCTIONS } from "../function/registry.ts";

/** Table functions that only make rows from their arguments. Every other one is refused. */
const TABLE_FUNCTIONS: ReadonlySet<string> = new Set([
  "range",
  "generate_series",
  "unnest",
  "repeat",
  "repeat_row",
  "json_each",
  "json_tree",
  // A table macro takes values alone: none of ours names a table by text.
  ...HUNT_FUNCTIONS.filter(({ kind }) => kind === "table").map(({ name }) => name),
]);

/** Scalar functions that read the environment, settings or other people's state, write, wait, or run text as SQL. */
const REFUSED_FUNCTIONS: ReadonlySet<string> = new Set([
  "current_query",
  "current_query_id",
  "current_connection_id",
  "current_setting",
  "currval",
  // Takes memory by the product of the lengths, outside of any limit: 8 GB for two command lines of 32 KB.
  // edit_similarity is the same for texts of at most 1,000 bytes.
  "damerau_levenshtein",
  "get_block_size",
  "getenv",
  "getvariable",
  "in_search_path",
  "inet_client_addr",
  "inet_client_port",
  "inet_server_addr",
  "inet_server_port",
  "json_deserialize_sql",
  "json_execute_serialized_sql",
  "json_serialize_plan",
  "nextval",
  "parse_duckdb_log_message",
  "set_config",
  "setseed",
  "sleep_ms",
  "variant_bytes_to_variant",
  "write_log",
]);
const REFUSED_PREFIXES: readonly string[] = [
  "__internal",
  "duckdb_",
  "enable_",
  "disable_",
  "glob",
  "has_",
  "parquet_",
  "pg_",
  "pragma_",
  "query",
  "read_",
  "sniff_",
  "which_",
];
const ALLOWED_DESPITE_PREFIX: ReadonlySet<string> = new Set(["pg_typeof", "pg_size_pretty"]);

/** Whether a query may call this function where a value stands. */
export function allowsScalarFunction(name: string): boolean {
  const lower = name.toLowerCase();
  if (ALLOWED_DESPITE_PREFIX.has(lower)) return true;
  return !REFUSED_FUNCTIONS.has(lower) && !REFUSED_PREFIXES.some((prefix) => lower.startsWith(prefix));
}

/** Whether a query may call this function where a table stands. */
export function allowsTableFunction(name: string): boolean {
  return TABLE_FUNCTIONS.has(name.toLowerCase());
}

/**
 * Functions that make one value of a given size. DuckDB's memory limit does not count such values and cannot
 * interrupt their making, so that a large written count is refused before it runs.
 */
const GROWING_FUNCTIONS: ReadonlySet<string> = new Set([
  "array_resize",
  "bar",
  "bitstring",
  "generate_series",
  "list_resize",
  "lpad",
  "range",
  "repeat",
  "rpad",
]);

/** Whether the function's one value grows with a count among its arguments. */
export function growsByCount(name: string): boolean {
  return GROWING_FUNCTIONS.has(name.toLowerCase());
}
