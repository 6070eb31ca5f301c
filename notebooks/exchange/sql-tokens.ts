/** SQL as tokens, each with its exact text: joined they are the SQL again. Browser-safe: pure functions only. */

export type SqlDialect = "duckdb" | "spark";

export interface SqlToken {
  /** `name` is a quoted identifier, `text` a string literal, `hole` a `${…}` of a notebook cell. */
  readonly kind: "word" | "name" | "text" | "number" | "blank" | "comment" | "hole" | "mark";
  readonly text: string;
  /** What a name or text means after its dialect's escapes; equal to `text` for the others. */
  readonly value: string;
  /** The literal does not end as the dialect asks, and was read as people mean it. */
  readonly doubtful?: boolean;
}

const MARKS = ["<=>", "||", "<=", ">=", "<>", "!=", "==", "::", "->>", "->"];

/** Takes SQL apart. Never fails: a literal that does not end reaches to the end of the text. */
export function tokensOf(sql: string, dialect: SqlDialect): SqlToken[] {
  const tokens: SqlToken[] = [];
  let position = 0;
  const push = (kind: SqlToken["kind"], end: number, value?: string, doubtful?: boolean) => {
    const text = sql.slice(position, end);
    tokens.push({ kind, text, value: value ?? text, ...(doubtful ? { doubtful } : {}) });
    position = end;
  };
  while (position < sql.length) {
    const character = sql[position]!;
    if (/\s/.test(character)) {
      let end = position + 1;
      while (end < sql.length && /\s/.test(sql[end]!)) end += 1;
      push("blank", end);
    } else if (sql.startsWith("--", position)) {
      const end = sql.indexOf("\n", position);
      push("comment", end < 0 ? sql.length : end);
    } else if (sql.startsWith("/*", position)) {
      const end = sql.indexOf("*/", position + 2);
      push("comment", end < 0 ? sql.length : end + 2);
    } else if (sql.startsWith("${", position)) {
      push("hole", holeEnd(sql, position));
    } else if (character === "'" || (character === '"' && dialect === "spark")) {
      const found = dialect === "spark" ? sparkText(sql, position) : doubled(sql, position);
      push("text", found.end, found.value, found.doubtful);
    } else if (character === '"' || (character === "`" && dialect === "spark")) {
      const found = doubled(sql, position);
      push("name", found.end, found.value, found.doubtful);
    } else if (
      character === "$" &&
      dialect === "duckdb" &&
      /^\$([A-Za-z_]\w*)?\$/.test(sql.slice(position))
    ) {
      const opening = /^\$([A-Za-z_]\w*)?\$/.exec(sql.slice(position))![0];
      const end = sql.indexOf(opening, position + opening.length);
      const stop = end < 0 ? sql.length : end;
      push(
        "text",
        Math.min(stop + opening.length, sql.length),
        sql.slice(position + opening.length, stop),
        end < 0,
      );
    } else if (/[A-Za-z_\u0080-\uffff]/.test(character)) {
      let end = position + 1;
      while (end < sql.length && /[\w$\u0080-\uffff]/.test(sql[end]!)) end += 1;
      push("word", end);
    } else if (/\d/.test(character) || (character === "." && /\d/.test(sql[position + 1] ?? ""))) {
      const number = /^(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\w*/.exec(sql.slice(position, position + 400))!;
      push("number", position + number[0].length);
    } else {
      const mark = MARKS.find((one) => sql.startsWith(one, position)) ?? character;
      push("mark", position + mark.length);
    }
  }
  return tokens;
}

interface Literal {
  readonly end: number;
  readonly value: string;
  readonly doubtful: boolean;
}

/** A literal or name whose own quote is written twice inside it. */
function doubled(sql: string, start: number): Literal {
  const quote = sql[start]!;
  let end = sql.indexOf(quote, start + 1);
  while (end >= 0 && sql[end + 1] === quote) end = sql.indexOf(quote, end + 2);
  const stop = end < 0 ? sql.length : end;
  return {
    end: end < 0 ? sql.length : end + 1,
    value: sql.slice(start + 1, stop).replaceAll(quote + quote, quote),
    doubtful: end < 0,
  };
}

const SPARK_ESCAPES: Readonly<Record<string, string>> = {
  "0": "\0",
  b: "\b",
  n: "\n",
  r: "\r",
  t: "\t",
  Z: "\x1a",
  // Spark leaves these two for LIKE to read.
  "%": "\\%",
  _: "\\_",
};

/**
 * A literal of Spark SQL: a backslash escapes, and one before an ordinary character vanishes. Published hunts also
 * hold `'\'`, which Spark would not end there: followed by `)` or `,` it is read as one backslash, and is doubtful.
 */
function sparkText(sql: string, start: number): Literal {
  const quote = sql[start]!;
  if (
    sql[start + 1] === "\\" &&
    sql[start + 2] === quote &&
    /^\s*[),]/.test(sql.slice(start + 3, start + 40))
  )
    return { end: start + 3, value: "\\", doubtful: true };
  let value = "";
  let position = start + 1;
  while (position < sql.length) {
    const character = sql[position]!;
    if (character === quote) return { end: position + 1, value, doubtful: false };
    if (character !== "\\") {
      value += character;
      position += 1;
      continue;
    }
    const rest = sql.slice(position, position + 6);
    const unicode = /^\\u([0-9a-fA-F]{4})/.exec(rest);
    const octal = /^\\([0-3][0-7]{2})/.exec(rest);
    if (unicode) {
      value += String.fromCharCode(Number.parseInt(unicode[1]!, 16));
      position += 6;
    } else if (octal) {
      value += String.fromCharCode(Number.parseInt(octal[1]!, 8));
      position += 4;
    } else {
      const next = sql[position + 1] ?? "";
      value += SPARK_ESCAPES[next] ?? next;
      position += 2;
    }
  }
  return { end: sql.length, value, doubtful: true };
}

function holeEnd(sql: string, start: number): number {
  let depth = 0;
  for (let position = start + 1; position < sql.length; position += 1) {
    if (sql[position] === "{") depth += 1;
    else if (sql[position] === "}") {
      depth -= 1;
      if (depth === 0) return position + 1;
    }
  }
  return sql.length;
}
