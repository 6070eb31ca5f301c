/** SQL that Python code hands to a library as a plain literal. The code itself is never run. Pure functions only. */

/** One call whose first argument is a plain string. */
export interface PythonQuery {
  /** `spark` for spark.sql, `sqlite` for pandasql, `duckdb` for DuckDB, `sql` where the database is not known. */
  readonly dialect: "spark" | "sqlite" | "duckdb" | "sql";
  readonly sql: string;
  /** The name that the result is assigned to, or null. */
  readonly output: string | null;
}

export interface PythonCell {
  readonly queries: readonly PythonQuery[];
  /** Calls of those libraries whose SQL is computed (f-string, format, variable), so that it is not known. */
  readonly computed: number;
  /** Nothing is left that matters once the queries are cells: only imports of the library and showing the result. */
  readonly onlyQueries: boolean;
}

interface PythonToken {
  readonly kind: "string" | "name" | "mark" | "line" | "number";
  readonly text: string;
  /** Value of a string literal; null for f-strings and bytes. */
  readonly value: string | null;
  /** Zero-based character where it begins. */
  readonly start: number;
}

const CALLS: Readonly<Record<string, PythonQuery["dialect"]>> = {
  "spark.sql": "spark",
  sqldf: "sqlite",
  pysqldf: "sqlite",
  "pandasql.sqldf": "sqlite",
  "ps.sqldf": "sqlite",
  "duckdb.sql": "duckdb",
  "duckdb.query": "duckdb",
  "duckdb.execute": "duckdb",
  "con.sql": "duckdb",
  "con.execute": "duckdb",
  "conn.sql": "duckdb",
  "pd.read_sql": "sql",
  "pd.read_sql_query": "sql",
  "pandas.read_sql": "sql",
  "pandas.read_sql_query": "sql",
};

/** What a line may hold beside a query without being worth keeping: showing it, importing, an empty line. */
const SHOWN =
  /^\s*(?:#.*|(?:import|from)\s+(?:duckdb|pandasql|pyspark)\b.*|\w+\.(?:show|display|head|toPandas|df|fetchall|fetchdf|to_df|count|printSchema)\([^()]*\)(?:\.\w+\([^()]*\))*|(?:display|print)\(\w+\)|\w+)?\s*$/;

/** Reads one code cell. Text that is no Python gives no queries. */
export function pythonQueries(code: string): PythonCell {
  const tokens = pythonTokens(code);
  const queries: PythonQuery[] = [];
  let computed = 0;
  /** The characters that queries took, to see what else is there. */
  const taken: (readonly [number, number])[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const path = pathAt(tokens, at);
    if (path === null) continue;
    const dialect = CALLS[path.name];
    if (dialect === undefined || tokens[path.end]?.text !== "(" || tokens[at - 1]?.text === ".") continue;
    const first = path.end + 1;
    let next = first;
    let sql = "";
    let plain = tokens[first] !== undefined;
    while (tokens[next]?.kind === "line") next += 1;
    const begins = next;
    while (tokens[next]?.kind === "string" || tokens[next]?.kind === "line") {
      const { kind, value } = tokens[next]!;
      if (kind === "string") {
        if (value === null) plain = false;
        else sql += value;
      }
      next += 1;
    }
    const after = tokens[next]?.text;
    if (next === begins || !plain || (after !== ")" && after !== ",")) {
      computed += 1;
      continue;
    }
    const assigned = tokens[at - 1]?.text === "=" && tokens[at - 2]?.kind === "name";
    const start = assigned ? tokens[at - 2]!.start : tokens[at]!.start;
    const close = closing(tokens, path.end);
    const end = endOfTrailers(tokens, close);
    taken.push([start, end]);
    queries.push({ dialect, sql: trimBlankLines(sql), output: assigned ? tokens[at - 2]!.text : null });
    at = next;
  }
  let rest = "";
  let position = 0;
  for (const [start, end] of taken) {
    rest += code.slice(position, start);
    position = end;
  }
  rest += code.slice(position);
  return { queries, computed, onlyQueries: rest.split("\n").every((line) => SHOWN.test(line)) };
}

function pathAt(
  tokens: readonly PythonToken[],
  at: number,
): { readonly name: string; readonly end: number } | null {
  if (tokens[at]?.kind !== "name") return null;
  let name = tokens[at]!.text;
  let end = at + 1;
  while (tokens[end]?.text === "." && tokens[end + 1]?.kind === "name") {
    name += `.${tokens[end + 1]!.text}`;
    end += 2;
  }
  return { name, end };
}

function closing(tokens: readonly PythonToken[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at += 1) {
    if (tokens[at]!.kind !== "mark") continue;
    if ("([{".includes(tokens[at]!.text)) depth += 1;
    else if (")]}".includes(tokens[at]!.text)) {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return tokens.length - 1;
}

/** The character after a call and the calls chained to it: `.show(10, False)`. */
function endOfTrailers(tokens: readonly PythonToken[], close: number): number {
  let end = close;
  while (
    tokens[end + 1]?.text === "." &&
    tokens[end + 2]?.kind === "name" &&
    tokens[end + 3]?.text === "(" &&
    /^(show|display|head|toPandas|df|fetchall|fetchdf|to_df|cache|persist|limit)$/.test(tokens[end + 2]!.text)
  )
    end = closing(tokens, end + 3);
  const last = tokens[end];
  return last === undefined ? 0 : last.start + last.text.length;
}

const STRING = /^([rRuUbBfF]{0,2})("""|'''|"|')/;

function pythonTokens(code: string): PythonToken[] {
  const tokens: PythonToken[] = [];
  let position = 0;
  while (position < code.length) {
    const rest = code.slice(position, position + 5);
    const character = code[position]!;
    if (character === "#") {
      const end = code.indexOf("\n", position);
      position = end < 0 ? code.length : end;
      continue;
    }
    if (character === "\n") {
      tokens.push({ kind: "line", text: "\n", value: null, start: position });
      position += 1;
      continue;
    }
    if (/\s/.test(character) || (character === "\\" && code[position + 1] === "\n")) {
      position += character === "\\" ? 2 : 1;
      continue;
    }
    const opening = STRING.exec(rest);
    if (opening) {
      const [whole, prefix, quote] = opening as unknown as [string, string, string];
      const raw = /r/i.test(prefix);
      let end = position + whole.length;
      for (; end < code.length; end += 1) {
        if (code[end] === "\\") end += 1;
        else if (code.startsWith(quote, end)) break;
        else if (quote.length === 1 && code[end] === "\n") break;
      }
      const inner = code.slice(position + whole.length, end);
      const stop = Math.min(end + quote.length, code.length);
      tokens.push({
        kind: "string",
        text: code.slice(position, stop),
        value: /[fb]/i.test(prefix) ? null : raw ? inner : pythonText(inner),
        start: position,
      });
      position = stop;
      continue;
    }
    const name = /^[\p{L}_][\p{L}\p{N}_]*/u.exec(code.slice(position, position + 200));
    if (name) {
      tokens.push({ kind: "name", text: name[0], value: null, start: position });
      position += name[0].length;
      continue;
    }
    const number = /^\d[\w.]*/.exec(code.slice(position, position + 200));
    if (number) {
      tokens.push({ kind: "number", text: number[0], value: null, start: position });
      position += number[0].length;
      continue;
    }
    tokens.push({ kind: "mark", text: character, value: null, start: position });
    position += 1;
  }
  return tokens;
}

const PYTHON_ESCAPES: Readonly<Record<string, string>> = {
  "\n": "",
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** A Python literal's value; an escape that Python does not know keeps its backslash, as in Python. */
function pythonText(inner: string): string {
  return inner.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|([\s\S]))/g,
    (whole, byte, short, long, octal, other: string | undefined) => {
      if (other !== undefined) return PYTHON_ESCAPES[other] ?? whole;
      const code = Number.parseInt(byte ?? short ?? long ?? octal, octal === undefined ? 16 : 8);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}

function trimBlankLines(text: string): string {
  return text.replace(/^(?:[ \t]*\n)+/, "").trimEnd();
}
