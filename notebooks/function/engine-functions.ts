import { DuckDBInstance } from "@duckdb/node-api";
import { allowsScalarFunction, allowsTableFunction } from "../engine/function-policy.ts";

/** A function of the engine that a query may call. */
export interface EngineFunction {
  readonly name: string;
  readonly kind: "scalar" | "aggregate" | "table";
  /** `name(parameter TYPE, …) -> TYPE`, shortest first; at most four. */
  readonly signatures: readonly string[];
  /** Empty when the engine says nothing. */
  readonly summary: string;
  readonly example: string;
}

const MOST_SIGNATURES = 4;

const LIST = `
  SELECT function_name AS name, function_type AS type, parameters, parameter_types AS types, varargs,
    coalesce(return_type, '') AS returns, coalesce(description, '') AS summary, coalesce(examples[1], '') AS example
  FROM duckdb_functions()
  WHERE function_type IN ('scalar', 'aggregate', 'macro', 'table') AND regexp_full_match(function_name, '[a-z][a-z0-9_]*')
  ORDER BY name, len(parameters)`;

/** Functions that the engine has and the policy allows, by name. Asks a DuckDB of its own, which has no data. */
export async function listEngineFunctions(): Promise<readonly EngineFunction[]> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1", memory_limit: "100MB" });
  try {
    const connection = await instance.connect();
    const rows = (await connection.runAndReadAll(LIST)).getRowObjectsJson();
    connection.closeSync();
    const known = new Map<string, EngineFunction>();
    for (const row of rows) {
      const name = String(row.name);
      const kind = row.type === "table" || row.type === "aggregate" ? row.type : "scalar";
      const isAllowed = kind === "table" ? allowsTableFunction(name) : allowsScalarFunction(name);
      if (!isAllowed) continue;
      const key = `${kind} ${name}`;
      const old = known.get(key);
      const signature = signatureOf(row, name);
      known.set(key, {
        name,
        kind,
        signatures: [...new Set([...(old?.signatures ?? []), signature])].slice(0, MOST_SIGNATURES),
        summary: old?.summary || String(row.summary),
        example: old?.example || String(row.example),
      });
    }
    return [...known.values()];
  } finally {
    instance.closeSync();
  }
}

function signatureOf(row: Record<string, unknown>, name: string): string {
  const names = Array.isArray(row.parameters) ? row.parameters.map(String) : [];
  const types = Array.isArray(row.types) ? row.types : [];
  const parameters = names.map((parameter, at) => {
    const type = types[at];
    return typeof type === "string" && type !== "" ? `${parameter} ${type}` : parameter;
  });
  if (typeof row.varargs === "string") parameters.push(`… ${row.varargs}`);
  return `${name}(${parameters.join(", ")})${row.returns === "" ? "" : ` -> ${String(row.returns)}`}`;
}
