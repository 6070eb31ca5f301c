import { ROW_JOINING_FUNCTIONS } from "../../notebooks/function/registry.ts";
import type { Rule } from "../rule/rule.ts";
import { type SqlToken, sqlTokens } from "../rule/sql-tokens.ts";

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

const AGGREGATES = /^(count|sum|min|max|avg|list|string_agg|array_agg|any_value|first|last|arg_\w+)$/;

/**
 * Whether each row of the rule plainly depends on one event alone: no lookback, one dataset, and a SELECT from it (or
 * from such a SELECT in parentheses) without any word that brings events together. It only proposes: where
 * the rule pages, a runner also asks for a replay proof.
 */
export function dependsOnEventAlone(rule: Rule, datasets: readonly string[]): boolean {
  if (rule.lookbackMs !== 0 || datasets.length !== 1) return false;
  return isPlainSelect(sqlTokens(rule.sql));
}

function isPlainSelect(tokens: readonly SqlToken[]): boolean {
  if (!isWord(tokens[0], "select")) return false;
  const from = topLevel(tokens, "from");
  if (from < 0 || !joinsNothing(tokens.slice(1, from))) return false;
  const target = tokens.slice(from + 1);
  if (target[0]?.text !== "(") {
    if (target[0]?.kind !== "word" && target[0]?.kind !== "quoted") return false;
    return isPlainRest(target.slice(1));
  }
  const close = closingOf(target);
  return close > 0 && isPlainSelect(target.slice(1, close)) && isPlainRest(target.slice(close + 1));
}

/** What follows the one thing that is read: an alias, a filter, an order. */
function isPlainRest(tokens: readonly SqlToken[]): boolean {
  const end = tokens.findIndex((token) => isWord(token, "where") || isWord(token, "order"));
  const alias = end < 0 ? tokens : tokens.slice(0, end);
  return alias.every(({ kind }) => kind === "word" || kind === "quoted") && joinsNothing(tokens);
}

function joinsNothing(tokens: readonly SqlToken[]): boolean {
  return tokens
    .filter(({ kind }) => kind === "word")
    .map(({ text }) => text.toLowerCase())
    .every(
      (word) =>
        word !== "select" &&
        word !== "from" &&
        !AGGREGATES.test(word) &&
        !ROW_JOINING_FUNCTIONS.has(word) &&
        (!JOINING_WORDS.has(word) || LIST_WORDS.has(word)),
    );
}

function isWord(token: SqlToken | undefined, word: string): boolean {
  return token?.kind === "word" && token.text.toLowerCase() === word;
}

/** Where the word stands outside all parentheses; -1 when it does not. */
function topLevel(tokens: readonly SqlToken[], word: string): number {
  let depth = 0;
  return tokens.findIndex((token) => {
    if (token.text === "(" && token.kind === "symbol") depth += 1;
    if (token.text === ")" && token.kind === "symbol") depth -= 1;
    return depth === 0 && isWord(token, word);
  });
}

/** Where the parenthesis that the first token opens is closed; -1 when it is not. */
function closingOf(tokens: readonly SqlToken[]): number {
  let depth = 0;
  return tokens.findIndex((token) => {
    if (token.kind !== "symbol") return false;
    if (token.text === "(") depth += 1;
    if (token.text === ")") depth -= 1;
    return depth === 0;
  });
}
