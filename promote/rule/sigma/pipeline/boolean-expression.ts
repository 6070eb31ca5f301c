/** Names joined by `and`, `or`, `not` and brackets. Browser-safe: pure functions only. */

export type BooleanExpression =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "not"; readonly of: BooleanExpression }
  | { readonly kind: "and" | "or"; readonly of: readonly BooleanExpression[] };

const TOKEN = /\s*(?:([A-Za-z_][A-Za-z0-9_.-]*)|([()]))/y;
const MAXIMUM_DEPTH = 50;
const MAXIMUM_TOKENS = 2_000;

/** Reads `a and not (b or c)`: not binds before and, and before or. Returns a message where the text is no such thing. */
export function parseBooleanExpression(text: string): BooleanExpression | { readonly error: string } {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (text.slice(TOKEN.lastIndex).trim() !== "") {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) return { error: `it cannot be read at character ${at + 1}` };
    tokens.push(match[1] ?? match[2]!);
    if (tokens.length > MAXIMUM_TOKENS) return { error: "it is too long" };
  }
  let at = 0;
  const isWord = (word: string) => tokens[at]?.toLowerCase() === word;
  const joined = (word: "and" | "or", next: (depth: number) => BooleanExpression, depth: number) => {
    const of = [next(depth)];
    while (isWord(word)) {
      at += 1;
      of.push(next(depth));
    }
    return of.length === 1 ? of[0]! : { kind: word, of };
  };
  const any = (depth: number): BooleanExpression => joined("or", every, depth);
  const every = (depth: number): BooleanExpression => joined("and", one, depth);
  const one = (depth: number): BooleanExpression => {
    if (depth > MAXIMUM_DEPTH) throw new SyntaxError("it nests too deep");
    if (isWord("not")) {
      at += 1;
      return { kind: "not", of: one(depth + 1) };
    }
    const token = tokens[at];
    at += 1;
    if (token === "(") {
      const inner = any(depth + 1);
      if (tokens[at] !== ")") throw new SyntaxError("a bracket is not closed");
      at += 1;
      return inner;
    }
    if (token === undefined) throw new SyntaxError("it ends where a name is meant");
    if (token === ")" || /^(?:and|or)$/i.test(token))
      throw new SyntaxError(`"${token}" stands where a name is meant`);
    return { kind: "name", name: token };
  };
  try {
    const expression = any(0);
    return at < tokens.length ? { error: `"${tokens[at]}" is not expected` } : expression;
  } catch (error) {
    if (error instanceof SyntaxError) return { error: error.message };
    throw error;
  }
}

/** Every name in the expression, each once, in the order of their first appearance. */
export function expressionNames(expression: BooleanExpression): string[] {
  if (expression.kind === "name") return [expression.name];
  const of = expression.kind === "not" ? [expression.of] : expression.of;
  return [...new Set(of.flatMap(expressionNames))];
}

/** Whether it holds, given which names hold. */
export function evaluateExpression(expression: BooleanExpression, holds: (name: string) => boolean): boolean {
  switch (expression.kind) {
    case "name":
      return holds(expression.name);
    case "not":
      return !evaluateExpression(expression.of, holds);
    case "and":
      return expression.of.every((part) => evaluateExpression(part, holds));
    case "or":
      return expression.of.some((part) => evaluateExpression(part, holds));
  }
}
