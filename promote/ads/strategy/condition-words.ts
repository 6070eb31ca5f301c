/** A condition of a query in words, as Markdown. What has no words is quoted as it stands. Browser-safe: pure functions only. */
import type { SqlToken } from "../../rule/sql-tokens.ts";
import { codeSpan } from "../code-span.ts";
import {
  closing,
  conjuncts,
  disjuncts,
  outlined,
  type Span,
  spanText,
  symbol,
  word,
} from "./query-outline.ts";

/** A condition: what is said, and what is nested under it. */
export interface Worded {
  readonly text: string;
  readonly nested: readonly Worded[];
}

const COMPARISONS: Readonly<Record<string, string>> = {
  "=": "is",
  "==": "is",
  "<>": "is not",
  "!=": "is not",
  "<": "is less than",
  "<=": "is at most",
  ">": "is greater than",
  ">=": "is at least",
};
/** Functions that ask one thing of a text, by what they ask. */
const ASKS: Readonly<Record<string, string>> = {
  contains: "contains",
  starts_with: "begins with",
  prefix: "begins with",
  ends_with: "ends with",
  suffix: "ends with",
  regexp_matches: "matches the pattern",
  regexp_full_match: "is, as a whole, the pattern",
};
const MAXIMUM_LISTED = 12;

/** Says a condition; `negated` says that it must not hold. */
export function conditionWords(span: Span, negated = false): Worded {
  const { text, tokens } = span;
  if (word(tokens[0]) === "using")
    return {
      text: `both have the same ${codeSpan(spanText({ tokens: tokens.slice(2, -1), text }))}`,
      nested: [],
    };
  const all = conjuncts(span);
  if (all.length > 1)
    return {
      text: negated ? "these do not hold together:" : "all of these hold:",
      nested: all.map((part) => conditionWords(part)),
    };
  const any = disjuncts(span);
  if (any.length > 1)
    return {
      text: negated ? "none of these holds:" : "at least one of these holds:",
      nested: any.map((part) => conditionWords(part)),
    };
  const only = all[0] ?? span;
  if (word(only.tokens[0]) === "not") return conditionWords({ tokens: only.tokens.slice(1), text }, !negated);
  return subqueryWords(only, negated) ?? { text: simpleWords(only, negated), nested: [] };
}

function subqueryWords(span: Span, negated: boolean): Worded | null {
  const { tokens, text } = span;
  const open = tokens.findIndex(
    (token, at) => symbol(token, "(") && ["select", "with", "from"].includes(word(tokens[at + 1])),
  );
  if (open < 0 || closing(tokens, open) !== tokens.length - 1) return null;
  const before = tokens.slice(0, open);
  const [inner] = outlined({ tokens: tokens.slice(open + 1, -1), text }, null).slice(-1);
  if (!inner) return null;
  const rows = inner.reads.map(
    ({ dataset, alias }) => `${codeSpan(dataset)}${alias ? ` (as ${codeSpan(alias)})` : ""}`,
  );
  const nested = [...inner.conditions, ...inner.having].map((part) => conditionWords(part));
  const where = nested.length > 0 ? ", where:" : "";
  if (before.length === 1 && word(before[0]) === "exists")
    return { text: `there is ${negated ? "no" : "a"} row in ${rows.join(" with ")}${where}`, nested };
  const isIn = word(before.at(-1)) === "in";
  const isNot = word(before.at(-2)) === "not";
  if (!isIn) return null;
  const left = operand({ tokens: before.slice(0, isNot ? -2 : -1), text });
  return {
    text: `${left} is ${isNot !== negated ? "not " : ""}among the values of ${rows.join(" with ")}${where}`,
    nested,
  };
}

function simpleWords(span: Span, negated: boolean): string {
  const { tokens, text } = span;
  const part = (from: number, until?: number): Span => ({ tokens: tokens.slice(from, until), text });
  const said = (left: Span, ask: string): string =>
    negated ? `it is not so that ${operand(left)} ${ask}` : `${operand(left)} ${ask}`;
  const at = topLevel(tokens, (token, index) => operatorOf(token) !== null && !isArrow(tokens, index));
  if (at > 0) {
    const operator = operatorOf(tokens[at])!;
    const doubled = tokens[at + 1]?.kind === "symbol" ? operatorOf(tokens[at + 1]) : null;
    const both =
      doubled !== null && COMPARISONS[operator + doubled] !== undefined ? operator + doubled : null;
    const words = COMPARISONS[both ?? operator];
    const right = part(at + (both === null ? 1 : 2));
    if (words !== undefined && right.tokens.length > 0)
      return said(part(0, at), `${words} ${operand(right)}`);
    const isNot = word(tokens[at - 1]) === "not";
    const left = part(0, isNot ? at - 1 : at);
    if (operator === "is") {
      const no = word(tokens[at + 1]) === "not";
      const what = part(at + (no ? 2 : 1));
      if (word(what.tokens[0]) === "distinct" && word(what.tokens[1]) === "from")
        return said(left, `is ${no ? "" : "not "}${operand({ tokens: what.tokens.slice(2), text })}`);
      if (spanText(what).toLowerCase() === "null") return said(left, no ? "has a value" : "has no value");
      return said(left, `is ${no ? "not " : ""}${operand(what)}`);
    }
    if (operator === "in" && symbol(tokens[at + 1], "("))
      return said(left, `is ${isNot ? "not " : ""}one of ${listed(part(at + 2, closing(tokens, at + 1)))}`);
    if (operator === "between") {
      const and = topLevel(tokens.slice(at + 1), (token) => word(token) === "and") + at + 1;
      if (and > at + 1)
        return said(
          left,
          `is ${isNot ? "not " : ""}between ${operand(part(at + 1, and))} and ${operand(part(and + 1))}`,
        );
    }
    if (
      (operator === "like" || operator === "ilike") &&
      tokens[at + 1]?.kind === "string" &&
      at + 2 === tokens.length
    )
      return said(left, likeWords(stringValue(tokens[at + 1]!), operator === "ilike", isNot));
  }
  const ask = word(tokens[0]);
  if (Object.hasOwn(ASKS, ask) && symbol(tokens[1], "(") && closing(tokens, 1) === tokens.length - 1) {
    const values = topLevelParts(tokens.slice(2, -1));
    if (values.length === 2 || values.length === 3) {
      const [left, pattern] = values.map((of): Span => ({ tokens: of, text }));
      return said(left!, `${ASKS[ask]} ${operand(pattern!)}`);
    }
  }
  return negated ? `${codeSpan(spanText(span))} does not hold` : `${codeSpan(spanText(span))} holds`;
}

function likeWords(pattern: string, anyCase: boolean, isNot: boolean): string {
  const inner = pattern.replace(/^%/, "").replace(/%$/, "");
  const note = anyCase ? " (capitals or not)" : "";
  const [opens, closes] = [pattern.startsWith("%"), pattern.length > 1 && pattern.endsWith("%")];
  if (/[%_]/.test(inner) || inner === "")
    return `${isNot ? "is not" : "is"} like ${codeSpan(pattern)}${note}`;
  const verb =
    opens && closes
      ? isNot
        ? "does not contain"
        : "contains"
      : opens
        ? isNot
          ? "does not end with"
          : "ends with"
        : closes
          ? isNot
            ? "does not begin with"
            : "begins with"
          : isNot
            ? "is not"
            : "is";
  return `${verb} ${codeSpan(inner)}${note}`;
}

function listed(span: Span): string {
  const values = topLevelParts(span.tokens).map((tokens) => operand({ tokens, text: span.text }));
  const more = values.length - MAXIMUM_LISTED;
  return more > 0 ? `${values.slice(0, MAXIMUM_LISTED).join(", ")} and ${more} more` : values.join(", ");
}

/** A column, value or expression: texts without their quotes, identifiers without theirs. */
function operand(span: Span): string {
  const { tokens } = span;
  if (tokens.length === 1 && tokens[0]!.kind === "string") return codeSpan(stringValue(tokens[0]!));
  const path = tokens.every((token, at) =>
    at % 2 === 0 ? token.kind === "word" || token.kind === "quoted" : symbol(token, "."),
  );
  if (path && tokens.length % 2 === 1) return codeSpan(tokens.map(({ text }) => text).join(""));
  return codeSpan(spanText(span));
}

function operatorOf(token: SqlToken | undefined): string | null {
  if (!token) return null;
  if (token.kind === "symbol" && "=<>!".includes(token.text)) return token.text;
  return ["is", "in", "between", "like", "ilike"].includes(word(token)) ? word(token) : null;
}

/** Whether a `<` or `>` belongs to a longer operator, as in `->>` or `@>`. */
function isArrow(tokens: readonly SqlToken[], at: number): boolean {
  const before = tokens[at - 1];
  return (
    before?.kind === "symbol" &&
    before.offset + 1 === tokens[at]!.offset &&
    !")]}".includes(before.text) &&
    tokens[at]!.kind === "symbol"
  );
}

function topLevel(tokens: readonly SqlToken[], wanted: (token: SqlToken, at: number) => boolean): number {
  let depth = 0;
  for (const [at, token] of tokens.entries()) {
    if (token.kind === "symbol" && "([{".includes(token.text)) depth += 1;
    else if (token.kind === "symbol" && ")]}".includes(token.text)) depth -= 1;
    else if (depth === 0 && wanted(token, at)) return at;
  }
  return -1;
}

function topLevelParts(tokens: readonly SqlToken[]): SqlToken[][] {
  const parts: SqlToken[][] = [];
  let rest = tokens;
  for (;;) {
    const comma = topLevel(rest, (token) => symbol(token, ","));
    parts.push([...(comma < 0 ? rest : rest.slice(0, comma))]);
    if (comma < 0) return parts.filter((part) => part.length > 0);
    rest = rest.slice(comma + 1);
  }
}

/** What a string token stands for. */
function stringValue(token: SqlToken): string {
  const { text } = token;
  if (text.startsWith("$")) return text.replace(/^\$[^$]*\$/, "").replace(/\$[^$]*\$$/, "");
  return text
    .replace(/^[eE]?'/, "")
    .replace(/'$/, "")
    .replaceAll("''", "'");
}
