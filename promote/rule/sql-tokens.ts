/** SQL as tokens. Browser-safe: pure functions only. */

/** One token of a SQL text; strings and comments are not taken apart. */
export interface SqlToken {
  /** `word` is a keyword or plain identifier, `quoted` a `"quoted"` one (text without its quotes). */
  readonly kind: "word" | "quoted" | "string" | "number" | "parameter" | "symbol";
  readonly text: string;
  /** Zero-based character offset. */
  readonly offset: number;
}

const WORD = /[\p{L}_][\p{L}\p{N}_]*/uy;
const NUMBER = /\d[\w.]*/y;
const DOLLAR_QUOTE = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy;
const PARAMETER = /\$[\p{L}\p{N}_]+/uy;

/** Splits SQL into tokens and drops comments (nested ones too). Never throws; an unclosed text runs to the end. */
export function sqlTokens(sql: string): SqlToken[] {
  const tokens: SqlToken[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    return pattern.exec(sql)?.[0] ?? null;
  };
  const push = (kind: SqlToken["kind"], text: string, until: number): void => {
    tokens.push({ kind, text, offset: at });
    at = until;
  };
  while (at < sql.length) {
    const character = sql[at]!;
    if (/\s/.test(character)) at += 1;
    else if (sql.startsWith("--", at)) at = endOr(sql.indexOf("\n", at), sql.length);
    else if (sql.startsWith("/*", at)) at = commentEnd(sql, at);
    else if (character === "'") {
      const end = quoteEnd(sql, at, "'", false);
      push("string", sql.slice(at, end), end);
    } else if (character === '"') {
      const end = quoteEnd(sql, at, '"', false);
      push("quoted", sql.slice(at + 1, end - 1).replaceAll('""', '"'), end);
    } else if (/[eE]/.test(character) && sql[at + 1] === "'") {
      const end = quoteEnd(sql, at + 1, "'", true);
      push("string", sql.slice(at, end), end);
    } else if (character === "$") {
      const opening = match(DOLLAR_QUOTE);
      const parameter = match(PARAMETER);
      if (opening !== null) {
        const close = sql.indexOf(opening, at + opening.length);
        const end = close < 0 ? sql.length : close + opening.length;
        push("string", sql.slice(at, end), end);
      } else if (parameter !== null) push("parameter", parameter, at + parameter.length);
      else push("symbol", character, at + 1);
    } else {
      const word = match(WORD);
      const number = word === null ? match(NUMBER) : null;
      if (word !== null) push("word", word, at + word.length);
      else if (number !== null) push("number", number, at + number.length);
      else if (character === "?") push("parameter", "?", at + 1);
      else push("symbol", character, at + 1);
    }
  }
  return tokens;
}

function endOr(index: number, otherwise: number): number {
  return index < 0 ? otherwise : index;
}

function quoteEnd(sql: string, start: number, quote: string, backslash: boolean): number {
  for (let at = start + 1; at < sql.length; at += 1) {
    if (backslash && sql[at] === "\\") at += 1;
    else if (sql[at] === quote) {
      if (sql[at + 1] !== quote) return at + 1;
      at += 1;
    }
  }
  return sql.length;
}

function commentEnd(sql: string, start: number): number {
  let depth = 0;
  for (let at = start; at < sql.length; at += 1) {
    if (sql.startsWith("/*", at)) {
      depth += 1;
      at += 1;
    } else if (sql.startsWith("*/", at)) {
      depth -= 1;
      at += 1;
      if (depth === 0) return at + 1;
    }
  }
  return sql.length;
}
