import type { Rule } from "../rule/rule.ts";
import { sqlTokens } from "../rule/sql-tokens.ts";

/** Words with which a row comes to depend on other events than its own. */
const JOINING_WORDS = new Set([
  "group",
  "having",
  "distinct",
  "over",
  "window",
  "join",
  "limit",
  "qualify",
  "intersect",
  "except",
  "sample",
  "tablesample",
  "with",
  "in",
  "exists",
  "pivot",
  "unpivot",
  "offset",
  "any",
  "all",
  "asof",
]);

/** A comparison with a list of literals needs no other event; one with a query has a second SELECT or FROM. */
const LIST_WORDS = new Set(["in", "any", "all"]);

/**
 * Whether each row of the rule plainly depends on one event alone: no lookback, one dataset, and a SELECT without any
 * word that brings events together. It only proposes: a runner also asks for a replay proof.
 */
export function dependsOnEventAlone(rule: Rule, datasets: readonly string[]): boolean {
  if (rule.lookbackMs !== 0 || datasets.length !== 1) return false;
  const tokens = sqlTokens(rule.sql);
  const afterFrom = tokens.slice(
    tokens.findIndex(({ kind, text }) => kind === "word" && /^from$/i.test(text)),
  );
  const end = afterFrom.findIndex(
    ({ kind, text }) => kind === "word" && /^(where|select|order)$/i.test(text),
  );
  if ((end < 0 ? afterFrom : afterFrom.slice(0, end)).some(({ text }) => text === "," || text === "("))
    return false;
  const words = tokens.filter(({ kind }) => kind === "word").map(({ text }) => text.toLowerCase());
  if (words.filter((word) => word === "select").length > 1) return false;
  if (words.filter((word) => word === "from").length !== 1) return false;
  if (
    words.some((word) =>
      /^(count|sum|min|max|avg|list|string_agg|array_agg|any_value|first|last|arg_\w+)$/.test(word),
    )
  ) {
    return false;
  }
  return !words.some((word) => JOINING_WORDS.has(word) && !LIST_WORDS.has(word));
}
