import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  type DuckDBPreparedStatement,
  type DuckDBType,
  HUGEINT,
  SQLNULL,
  VARCHAR,
} from "@duckdb/node-api";
import { invalid } from "./duckdb-error.ts";
import type { QueryParameter, QueryRequest } from "./engine.ts";

const BIGINT_LIMIT = 2n ** 63n;
const HUGEINT_LIMIT = 2n ** 127n;

function binding(value: QueryParameter): {
  type: DuckDBType;
  value: string | number | bigint | boolean | null;
} {
  if (value === null) return { type: SQLNULL, value };
  if (typeof value === "string") return { type: VARCHAR, value };
  if (typeof value === "boolean") return { type: BOOLEAN, value };
  if (typeof value === "number") {
    return Number.isSafeInteger(value) ? { type: BIGINT, value: BigInt(value) } : { type: DOUBLE, value };
  }
  return { type: value >= -BIGINT_LIMIT && value < BIGINT_LIMIT ? BIGINT : HUGEINT, value };
}

/**
 * Binds every `$name` of the statement. Whole numbers are BIGINT, others DOUBLE. Throws QueryError `invalid` when a
 * parameter is missing, unknown or out of range.
 */
export function bindParameters(
  prepared: DuckDBPreparedStatement,
  sql: string,
  parameters: QueryRequest["parameters"] = {},
): void {
  const given = new Map(
    Object.entries(parameters).map(([name, value]) => [name.toLowerCase(), { name, value }]),
  );
  for (let at = 1; at <= prepared.parameterCount; at += 1) {
    const name = prepared.parameterName(at);
    const found = given.get(name.toLowerCase());
    if (found === undefined) {
      throw invalid(
        sql,
        "parameter.missing",
        `The parameter $${name} has no value.`,
        `Give a value for ${name}.`,
      );
    }
    given.delete(name.toLowerCase());
    const { type, value } = binding(found.value);
    if (typeof value === "bigint" && (value < -HUGEINT_LIMIT || value >= HUGEINT_LIMIT)) {
      throw invalid(
        sql,
        "parameter.range",
        `The value of $${name} has more than 128 bits.`,
        "Give it as text.",
      );
    }
    if (value === null) prepared.bindNull(at);
    else prepared.bindValue(at, value, type);
  }
  for (const { name } of given.values()) {
    throw invalid(
      sql,
      "parameter.unknown",
      `The SQL has no parameter $${name}.`,
      `Use $${name} in it or drop it.`,
    );
  }
}
