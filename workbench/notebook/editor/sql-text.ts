// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the notebook's own syntax
export type SqlTokenKind = "word" | "quoted" | "string" | "number" | "symbol" | "value" | "comment";

/** A piece of a SQL cell. White space is none. */
export interface SqlToken {
  readonly kind: SqlTokenKind;
  /** As written. */
  readonly text: string;
  readonly from: number;
  readonly to: number;
  /** Whether a quoted text, a quoted name, a comment or `${` has its end. */
  readonly closed: boolean;
}

const WORD = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;
const NUMBER = /(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const SYMBOL = /::|\|\||->>|->|<=|>=|<>|!=|==|\*\*|[^\s]/y;
const DOLLAR_QUOTE = /\$(?:[A-Za-z_]\w*)?\$/y;

/** The pieces of a SQL cell with `${…}`, however unfinished it is. */
export function sqlTokensOf(sql: string): readonly SqlToken[] {
  const tokens: SqlToken[] = [];
  let at = 0;
  const push = (kind: SqlTokenKind, to: number, closed = true) => {
    tokens.push({ kind, text: sql.slice(at, to), from: at, to, closed });
    at = to;
  };
  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    return pattern.exec(sql)?.[0] ?? null;
  };
  const until = (kind: SqlTokenKind, mark: string, start: number) => {
    const end = sql.indexOf(mark, start);
    push(kind, end < 0 ? sql.length : end + mark.length, end >= 0);
  };
  while (at < sql.length) {
    const character = sql[at]!;
    if (/\s/.test(character)) {
      at += 1;
    } else if (sql.startsWith("--", at)) {
      const end = sql.indexOf("\n", at);
      push("comment", end < 0 ? sql.length : end);
    } else if (sql.startsWith("/*", at)) {
      until("comment", "*/", at + 2);
    } else if (sql.startsWith("${", at)) {
      const end = closingBrace(sql, at + 2);
      push("value", end ?? sql.length, end !== null);
    } else if (character === "'" || character === '"') {
      let end = sql.indexOf(character, at + 1);
      while (end >= 0 && sql[end + 1] === character) end = sql.indexOf(character, end + 2);
      push(character === "'" ? "string" : "quoted", end < 0 ? lineEnd(sql, at) : end + 1, end >= 0);
    } else if (match(DOLLAR_QUOTE) !== null) {
      const mark = match(DOLLAR_QUOTE)!;
      until("string", mark, at + mark.length);
    } else if (match(WORD) !== null) {
      push("word", at + match(WORD)!.length);
    } else if (match(NUMBER) !== null) {
      push("number", at + match(NUMBER)!.length);
    } else {
      push("symbol", at + match(SYMBOL)!.length);
    }
  }
  return tokens;
}

/** A quote without an end is one that is being written: it leaves the next line alone. */
function lineEnd(sql: string, from: number): number {
  const end = sql.indexOf("\n", from);
  return end < 0 ? sql.length : end;
}

function closingBrace(sql: string, from: number): number | null {
  let depth = 1;
  for (let at = from; at < sql.length; at += 1) {
    if (sql[at] === "{") depth += 1;
    else if (sql[at] === "}") depth -= 1;
    if (depth === 0) return at + 1;
  }
  return null;
}

/** The name that a word or a quoted name means. */
export function nameOf(token: SqlToken): string {
  if (token.kind !== "quoted") return token.text;
  return token.text.slice(1, token.closed ? -1 : undefined).replaceAll('""', '"');
}

export function isName(token: SqlToken | undefined): token is SqlToken {
  return token?.kind === "word" || token?.kind === "quoted";
}

/** Whether a token is this word (lower case) or symbol. */
export function isToken(token: SqlToken | undefined, text: string): boolean {
  if (token?.kind === "word") return token.text.toLowerCase() === text;
  return token?.kind === "symbol" && token.text === text;
}

/**
 * A cell's SQL with every `${…}` as a parameter of the same length, so that offsets stay, and NULL for each. A check
 * needs no values; a query that needs them to be typed is described by another path of the engine.
 */
export function withParameters(sql: string): {
  readonly sql: string;
  readonly parameters: Readonly<Record<string, null>>;
} {
  const parameters: Record<string, null> = {};
  let text = "";
  let at = 0;
  let count = 0;
  let before: SqlToken | undefined;
  for (const token of sqlTokensOf(sql)) {
    if (token.kind === "value") {
      // A list is bound as one: IN ${names}.
      const isList = isToken(before, "in");
      const name = parameterName(count, token.to - token.from - (isList ? 2 : 0));
      count += 1;
      parameters[name] = null;
      const written = isList ? `($${name})` : `$${name}`;
      text = (text + sql.slice(at, token.from) + written).padEnd(token.to, " ");
      at = token.to;
    }
    before = token;
  }
  return { sql: text + sql.slice(at), parameters };
}

const LETTERS = "abcdefghijklmnopqrstuvwxyz";

/** At most `width - 1` letters where 26 and more names allow. */
function parameterName(count: number, width: number): string {
  let rest = count;
  let name = "";
  do {
    name = LETTERS[rest % LETTERS.length]! + name;
    rest = Math.floor(rest / LETTERS.length) - 1;
  } while (rest >= 0);
  return width > name.length + 2 ? `_${name}` : name;
}
