/** The condition of a Sigma rule. Browser-safe: pure functions only. */
import type { SigmaExpression } from "./sigma-rule.ts";

export type ReadExpression =
  | { readonly ok: true; readonly expression: SigmaExpression }
  | { readonly ok: false; readonly code: string; readonly message: string; readonly remedy: string };

const MAXIMUM_DEPTH = 64;
const TOKEN = /\s*(\(|\)|\||[^\s()|]+)/y;
const NAME = /^[\w*.:-]+$/u;

class Refused extends Error {
  readonly code: string;
  readonly remedy: string;
  constructor(code: string, message: string, remedy: string) {
    super(message);
    this.code = code;
    this.remedy = remedy;
  }
}

/**
 * Reads a condition: `or` binds loosest, then `and`, then `not`; `1 of`, `any of` and `all of` take a name with `*`, or
 * `them`. A word counts as an operator in any case, unless a detection is called exactly so. Never throws.
 */
export function readExpression(text: string, names: readonly string[] = []): ReadExpression {
  const tokens = tokensOf(text);
  if (tokens.length === 0)
    return refused("condition.empty", "The condition is empty.", "Name the detections that must hold.");
  const aggregates =
    tokens.includes("|") ||
    tokens.some((token) => /^near$/i.test(token) && !names.includes(token)) ||
    /(?<![\w*])(?:count|sum|avg|min|max)\s*\(/i.test(text);
  if (aggregates) {
    return refused(
      "condition.aggregation",
      `The condition counts or orders events (\`${text.trim().slice(0, 80)}\`), in a syntax that Sigma has removed.`,
      "Write a correlation rule (event_count, value_count, temporal or temporal_ordered) over a rule without it.",
    );
  }
  if (/->|%\w+%/.test(text)) {
    return refused(
      "condition.state",
      `The condition remembers values from one event to the next (\`${text.trim().slice(0, 80)}\`), which Sigma never defined.`,
      "Write a correlation rule (temporal or temporal_ordered, grouped by that value).",
    );
  }
  let at = 0;
  const word = (index = at): string | undefined => {
    const token = tokens[index];
    return token === undefined || names.includes(token) ? token : token.toLowerCase();
  };
  const isOperator = (token: string | undefined, operator: string): boolean =>
    token === operator && !names.includes(operator);
  const chain = (
    operator: "or" | "and",
    next: (depth: number) => SigmaExpression,
    depth: number,
  ): SigmaExpression => {
    const of = [next(depth)];
    while (isOperator(word(), operator)) {
      at += 1;
      of.push(next(depth));
    }
    return of.length === 1 ? of[0]! : { kind: operator === "or" ? "any" : "all", of };
  };
  const either = (depth: number): SigmaExpression => chain("or", both, depth);
  const both = (depth: number): SigmaExpression => chain("and", negated, depth);
  const negated = (depth: number): SigmaExpression => {
    if (depth > MAXIMUM_DEPTH)
      throw new Refused(
        "condition.deep",
        "The condition nests too deep.",
        "Split it into several detections.",
      );
    if (!isOperator(word(), "not")) return operand(depth);
    at += 1;
    return { kind: "not", of: negated(depth + 1) };
  };
  const operand = (depth: number): SigmaExpression => {
    const token = tokens[at];
    if (token === "(") {
      at += 1;
      const inner = either(depth + 1);
      if (tokens[at] !== ")")
        throw new Refused("condition.bracket", "A bracket is never closed.", "Close it.");
      at += 1;
      return inner;
    }
    if (
      token === undefined ||
      token === ")" ||
      ["and", "or", "of"].some((operator) => isOperator(word(), operator))
    )
      throw new Refused(
        "condition.syntax",
        "The condition breaks off where a detection's name is meant.",
        "Name one there.",
      );
    if (isOperator(word(at + 1), "of")) return quantified(token);
    if (!NAME.test(token))
      throw new Refused(
        "condition.syntax",
        `\`${token.slice(0, 60)}\` is no name of a detection.`,
        "Use letters, digits and _.",
      );
    at += 1;
    if (isOperator(token.toLowerCase(), "them") || token.includes("*"))
      throw new Refused(
        "condition.quantity",
        `\`${token.slice(0, 60)}\` stands without \`1 of\` or \`all of\`.`,
        "Say which.",
      );
    return { kind: "name", name: token };
  };
  const quantified = (token: string): SigmaExpression => {
    const quantity = { "1": "any", any: "any", all: "all" }[token.toLowerCase()] as "any" | "all" | undefined;
    if (!quantity)
      throw new Refused(
        "condition.quantity",
        `\`${token.slice(0, 60)} of\` is none of \`1 of\`, \`any of\` and \`all of\`.`,
        "Write the combinations out with and, or.",
      );
    const pattern = tokens[at + 2];
    if (pattern === undefined || !NAME.test(pattern))
      throw new Refused(
        "condition.syntax",
        "The condition breaks off after `of`.",
        "Name detections there, or `them`.",
      );
    at += 3;
    return {
      kind: "of",
      quantity,
      pattern: pattern.toLowerCase() === "them" && !names.includes(pattern) ? "them" : pattern,
    };
  };
  try {
    const expression = either(0);
    if (at < tokens.length)
      return refused(
        "condition.syntax",
        `The condition cannot be read at \`${tokens[at]!.slice(0, 60)}\`.`,
        "Join detections with and, or, not.",
      );
    return { ok: true, expression };
  } catch (error) {
    if (error instanceof Refused) return refused(error.code, error.message, error.remedy);
    throw error;
  }
}

/** Names that an `of` means: `them` leaves out those that begin with `_`. */
export function namesOf(pattern: string, names: readonly string[]): string[] {
  if (pattern === "them") return names.filter((name) => !name.startsWith("_"));
  const parts = pattern.split("*");
  return names.filter((name) => standIn(name, parts) && (pattern.startsWith("_") || !name.startsWith("_")));
}

/** Whether a name is made of the parts in their order, with anything between them. */
function standIn(name: string, parts: readonly string[]): boolean {
  const [first, ...middle] = parts as [string, ...string[]];
  const last = middle.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first) || !name.endsWith(last)) return false;
  let at = first.length;
  for (const part of middle) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at + last.length <= name.length;
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) tokens.push(match[1]!);
  return tokens;
}

function refused(code: string, message: string, remedy: string): ReadExpression {
  return { ok: false, code, message, remedy };
}
