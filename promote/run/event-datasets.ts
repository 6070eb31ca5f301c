import type { QueryEngine } from "../../notebooks/engine/engine.ts";
import type { Rule } from "../rule/rule.ts";

/** The datasets whose events the rule waits for: all that it reads but its lookups. Throws QueryError. */
export async function eventDatasets(rule: Rule, engine: QueryEngine): Promise<string[]> {
  const lookups = new Set(rule.lookups ?? []);
  return (await engine.datasetsOf(rule.sql)).filter((name) => !lookups.has(name));
}
