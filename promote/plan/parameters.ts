/** Parameters of a plan's SQL. Browser-safe: pure functions only. */
import type { RuleEntity } from "../rule/rule.ts";
import { sqlTokens } from "../rule/sql-tokens.ts";

/** Parameter that stands for the alert's event time (TIMESTAMP, UTC) in the SQL of a plan. */
export const EVENT_TIME_PARAMETER = "event_time";

/** Parameter (without `$`) that stands for the value of an entity column: `id.orig_h` -> `id_orig_h`. */
export function parameterOf(column: string): string {
  const name = column.replaceAll(/[^A-Za-z0-9_]/g, "_");
  return /^\d/.test(name) ? `_${name}` : name;
}

/** Parameters that the SQL of a rule's plan may use. */
export function planParameters(entities: readonly RuleEntity[]): string[] {
  return [...entities.map(({ column }) => parameterOf(column)), EVENT_TIME_PARAMETER];
}

/** Names (without `$`) that a SQL text uses as parameters, outside strings and comments, each once. */
export function usedParameters(sql: string): string[] {
  const names = sqlTokens(sql)
    .filter(({ kind }) => kind === "parameter")
    .map(({ text }) => text.slice(1));
  return [...new Set(names)];
}
