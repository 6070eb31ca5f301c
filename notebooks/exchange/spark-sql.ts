/** Spark SQL of published hunts as DuckDB's SQL, where the meaning is sure. Browser-safe: pure functions only. */
import { quoteText } from "../../connectors/sql/quote.ts";
import { type SqlToken, tokensOf } from "./sql-tokens.ts";

/**
 * `sure`: means the same in DuckDB. `assumed`: means the same if the notes hold, each of which says how a slip of the
 * published text was read. `kept`: could not be translated; `sql` is the text as it was.
 */
export interface TranslatedSql {
  readonly state: "sure" | "assumed" | "kept";
  readonly sql: string;
  /** Why it is not sure, a sentence each. */
  readonly notes: readonly string[];
  /** Names of tables and views that it reads, as written, in order of first use. */
  readonly tables: readonly string[];
}

class NotTranslatable extends Error {}

/**
 * Translates one SELECT of Spark SQL (version 2.4 to 3.5, default settings): literals, LIKE with its escape, RLIKE,
 * array indexes, casts, order of nulls and a list of functions whose meaning is the same or has one counterpart.
 * Method: tokens of the text, read as Spark's grammar (SqlBaseParser.g4) reads them; anything outside is `kept`.
 *
 * @param datasets dataset that each table or view stands for; names that are absent stay as they are
 */
export function translateSparkSql(
  sql: string,
  datasets: Readonly<Record<string, string>> = {},
): TranslatedSql {
  const writer = new Writer(
    tokensOf(sql.trim().replace(/;\s*$/, ""), "spark"),
    new Map(Object.entries(datasets)),
  );
  try {
    const text = writer.write();
    return {
      state: writer.notes.size > 0 ? "assumed" : "sure",
      sql: text,
      notes: [...writer.notes],
      tables: [...writer.tables],
    };
  } catch (error) {
    if (!(error instanceof NotTranslatable)) throw error;
    return { state: "kept", sql, notes: [error.message], tables: [...writer.tables] };
  }
}

/** Functions that mean the same in both, with at least these arguments. */
const SAME_FUNCTIONS = new Set(
  `abs ascii avg ceil char_length coalesce concat_ws contains corr count count_if covar_pop covar_samp dense_rank exp
  first_value floor greatest lag last_value lead least length levenshtein ln lower lpad ltrim max md5 median min month
  nullif rank repeat replace round row_number rpad rtrim sqrt starts_with stddev_pop stddev_samp sum trim upper
  var_pop var_samp year day hour minute`.split(/\s+/),
);
const RENAMED_FUNCTIONS: Readonly<Record<string, string>> = {
  array_contains: "list_contains",
  array_distinct: "list_distinct",
  array_max: "list_max",
  array_min: "list_min",
  array_sort: "list_sort",
  character_length: "char_length",
  collect_list: "list",
  lcase: "lower",
  mean: "avg",
  nvl: "coalesce",
  ifnull: "coalesce",
  startswith: "starts_with",
  endswith: "ends_with",
  stddev: "stddev_samp",
  std: "stddev_samp",
  ucase: "upper",
  variance: "var_samp",
  approx_count_distinct: "approx_count_distinct",
};
const TYPES: Readonly<Record<string, string>> = {
  bigint: "BIGINT",
  boolean: "BOOLEAN",
  date: "DATE",
  double: "DOUBLE",
  float: "FLOAT",
  int: "INTEGER",
  integer: "INTEGER",
  long: "BIGINT",
  smallint: "SMALLINT",
  string: "VARCHAR",
  timestamp: "TIMESTAMP",
  tinyint: "TINYINT",
};
const AFTER_FROM = new Set(
  "where group order on using having limit union except intersect select window qualify".split(" "),
);
const ORDER_ENDS = new Set("limit rows range union except intersect".split(" "));
const REFUSED_WORDS = new Set(
  "lateral distribute cluster tablesample transform pivot unpivot insert create drop alter delete update cache set use describe show explain refresh minus".split(
    " ",
  ),
);
const NO_OPERAND = new Set(
  "select from where and or not on having by when then else in like rlike regexp between is case as distinct all union join limit using with end".split(
    " ",
  ),
);

interface Scope {
  /** Inside the arguments of a function, where FROM belongs to the function and no comma lists tables. */
  readonly argument: boolean;
}

class Writer {
  readonly notes = new Set<string>();
  readonly tables = new Set<string>();
  readonly #tokens: readonly SqlToken[];
  readonly #datasets: ReadonlyMap<string, string>;
  readonly #common = new Set<string>();

  constructor(tokens: readonly SqlToken[], datasets: ReadonlyMap<string, string>) {
    this.#tokens = tokens;
    this.#datasets = datasets;
  }

  write(): string {
    const first = this.#next(-1);
    if (!["select", "with", "("].includes(this.#lower(first)))
      throw new NotTranslatable("It is no SELECT, so that it stays as it was.");
    this.#collectNames();
    return this.#range(0, this.#tokens.length, { argument: false });
  }

  /** Names of CTEs and every table that stands in a FROM, so that notes can tell them even when nothing is written. */
  #collectNames(): void {
    for (let at = 0; at < this.#tokens.length; at += 1) {
      const next = this.#next(at);
      if (this.#isName(at) && this.#lower(next) === "as" && this.#text(this.#next(next)) === "(") {
        const before = this.#lower(this.#before(at));
        if (before === "with" || before === ",") this.#common.add(this.#tokens[at]!.value.toLowerCase());
      }
    }
  }

  #range(start: number, end: number, scope: Scope): string {
    const out: string[] = [];
    /** Where in `out` the operand that was written last begins; null when none stands there. */
    let operand: number | null = null;
    let inFrom = false;
    let at = start;
    while (at < end) {
      const token = this.#tokens[at]!;
      const lower = token.text.toLowerCase();
      if (token.kind === "blank" || token.kind === "comment") {
        out.push(token.text);
        at += 1;
        continue;
      }
      if (token.kind === "hole")
        throw new NotTranslatable("It holds a place that its own tool fills in before it runs.");
      if (token.kind === "word" && REFUSED_WORDS.has(lower) && this.#text(this.#next(at)) !== "(")
        throw new NotTranslatable(`${token.text.toUpperCase()} has no sure counterpart here.`);
      if (token.kind === "word" && (lower === "from" || lower === "join") && !scope.argument) {
        inFrom = lower === "from" || inFrom;
        out.push(token.text);
        at = this.#table(at + 1, end, out);
        operand = null;
        continue;
      }
      if (token.text === "," && inFrom && !scope.argument) {
        out.push(token.text);
        at = this.#table(at + 1, end, out);
        operand = null;
        continue;
      }
      if (token.kind === "word" && AFTER_FROM.has(lower)) inFrom = false;
      if (lower === "left" && this.#lower(this.#next(at)) === "semi") {
        at = this.#next(at);
        out.push("SEMI");
        at += 1;
        continue;
      }
      if (lower === "left" && this.#lower(this.#next(at)) === "anti") {
        at = this.#next(at);
        out.push("ANTI");
        at += 1;
        continue;
      }
      if (lower === "order" && this.#lower(this.#next(at)) === "by") {
        at = this.#orderBy(at, end, out);
        operand = null;
        continue;
      }
      const quoted = this.#lower(this.#next(at));
      if (token.kind === "word" && lower === "not" && ["rlike", "regexp"].includes(quoted)) {
        at = this.#rlike(this.#next(at), end, out, operand, true);
        continue;
      }
      if (token.kind === "word" && ["rlike", "regexp"].includes(lower)) {
        at = this.#rlike(at, end, out, operand, false);
        continue;
      }
      if (token.kind === "word" && lower === "like") {
        at = this.#like(at, end, out);
        operand = null;
        continue;
      }
      if (token.kind === "word" && ["div", "interval"].includes(lower))
        throw new NotTranslatable(`${token.text.toUpperCase()} has no sure counterpart here.`);
      if (token.text === "<=>") {
        out.push("IS NOT DISTINCT FROM");
        operand = null;
        at += 1;
        continue;
      }
      if (token.text === "!" || token.text === "^" || token.text === "&" || token.text === "|")
        throw new NotTranslatable(`${token.text} has no sure counterpart here.`);
      if (token.kind === "mark" && token.text !== "(") {
        if (token.text === ")" || token.text === "[" || token.text === "]" || token.text === ";")
          throw new NotTranslatable("Its brackets do not match.");
        out.push(token.text === "==" ? "=" : token.text);
        operand = null;
        at += 1;
        continue;
      }
      if (
        token.kind === "word" &&
        NO_OPERAND.has(lower) &&
        !(this.#text(this.#next(at)) === "(" && lower === "if")
      ) {
        out.push(token.text);
        operand = null;
        at += 1;
        continue;
      }
      operand = out.length;
      at = this.#operand(at, end, out, scope);
    }
    return out.join("");
  }

  /** A literal, a column, a call or a bracket, with the indexes behind it; gives the position after it. */
  #operand(start: number, end: number, out: string[], scope: Scope): number {
    const token = this.#tokens[start]!;
    let text: string;
    let at = start + 1;
    /** The operand is a list for sure, so that `[0]` is its first item. */
    let list = false;
    if (token.kind === "text") {
      const alone = this.#tokens.slice(at, end).findIndex(({ kind }) => kind !== "blank");
      if (alone >= 0 && this.#tokens[at + alone]!.kind === "text")
        throw new NotTranslatable(
          "Two literals stand side by side, which Spark's versions read differently.",
        );
      text = this.#literal(start);
    } else if (token.text === "(") {
      const close = this.#closing(start);
      text = `(${this.#range(start + 1, close, { argument: scope.argument && this.#lower(this.#next(start)) !== "select" })})`;
      at = close + 1;
    } else if (token.kind === "number") {
      if (!/^(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(token.text))
        throw new NotTranslatable(`The number ${token.text} is Spark's own way to write one.`);
      text = token.text;
    } else if (token.kind === "word" && this.#text(this.#next(start)) === "(" && token.kind === "word") {
      const open = this.#next(start);
      const close = this.#closing(open);
      const call = this.#call(token.text, open, close);
      text = call.text;
      list = call.list;
      at = close + 1;
    } else if (token.kind === "word" || token.kind === "name") {
      text = token.kind === "name" ? `"${token.value.replaceAll('"', '""')}"` : token.text;
      // A path: `a.b`, "a.`b`", and the slip `a.'b'`.
      while (this.#text(at) === "." && at + 1 < end) {
        const part = this.#tokens[at + 1]!;
        if (part.kind === "text") {
          this.notes.add(`${part.text} after a dot is read as the column of that name.`);
          text += `."${part.value.replaceAll('"', '""')}"`;
        } else if (part.kind === "name") text += `."${part.value.replaceAll('"', '""')}"`;
        else if (part.kind === "word" || part.text === "*") text += `.${part.text}`;
        else throw new NotTranslatable("A path ends with a dot.");
        at += 2;
      }
    } else {
      throw new NotTranslatable(`${token.text} was not expected here.`);
    }
    while (this.#text(at) === "[") {
      const close = this.#closing(at);
      const inner = this.#tokens.slice(at + 1, close).filter(({ kind }) => kind !== "blank");
      if (inner.length !== 1 || inner[0]!.kind !== "number" || !/^\d+$/.test(inner[0]!.text))
        throw new NotTranslatable("An index that is no whole number may be a key of a map.");
      if (!list)
        this.notes.add("An index on something that may be a list or a map is read as one on a list.");
      text += `[${Number(inner[0]!.text) + 1}]`;
      list = false;
      at = close + 1;
    }
    out.push(text);
    return at;
  }

  /** A literal, or the column that a literal like '@timestamp' stands for when it is compared. */
  #literal(at: number): string {
    const token = this.#tokens[at]!;
    if (token.doubtful) this.notes.add(`${token.text} is read as one backslash.`);
    if (
      /^@\w+$/.test(token.value) &&
      ["between", "=", "<", ">", "<=", ">="].includes(this.#lower(this.#next(at)))
    ) {
      this.notes.add(`${token.text} is compared, and is read as the column of that name.`);
      return `"${token.value}"`;
    }
    return quoteText(token.value);
  }

  #call(name: string, open: number, close: number): { readonly text: string; readonly list: boolean } {
    const lower = name.toLowerCase();
    const parts = this.#arguments(open, close);
    const write = (part: readonly [number, number]) =>
      this.#range(part[0], part[1], { argument: true }).trim();
    const text = (index: number): string | null => {
      const part = parts[index];
      if (!part) return null;
      const only = this.#tokens.slice(part[0], part[1]).filter(({ kind }) => kind !== "blank");
      return only.length === 1 && only[0]!.kind === "text" ? only[0]!.value : null;
    };
    const written = () => parts.map(write);
    const plain = (called: string, list = false) => ({ text: `${called}(${written().join(", ")})`, list });
    if (lower === "cast" || lower === "try_cast") return { text: this.#cast(open, close), list: false };
    if (lower === "count" || lower === "sum" || lower === "avg" || lower === "min" || lower === "max") {
      return {
        text: `${name}(${this.#range(open + 1, close, { argument: true })})`,
        list: false,
      };
    }
    if (lower === "split" && parts.length === 2) {
      const separator = text(1);
      if (separator === null)
        throw new NotTranslatable("SPLIT by something that is no literal is a pattern.");
      if (separator !== "\\" && /[\\^$.|?*+()[\]{}]/.test(separator) && !/^\\[^\w]$/.test(separator))
        throw new NotTranslatable("SPLIT by a pattern has no sure counterpart here.");
      if (separator === "\\") this.#literal(parts[1]![0] + this.#leading(parts[1]!));
      const by = /^\\[^\w]$/.test(separator) ? separator[1]! : separator;
      return { text: `string_split(${write(parts[0]!)}, ${quoteText(by)})`, list: true };
    }
    if (lower === "reverse" && parts.length === 1) {
      const inner = this.#tokens[parts[0]![0] + this.#leading(parts[0]!)]!;
      const list = ["split", "collect_list", "collect_set", "array_sort", "array_distinct"].includes(
        inner.text.toLowerCase(),
      );
      return { text: `${list ? "list_reverse" : "reverse"}(${write(parts[0]!)})`, list };
    }
    if (lower === "hex" && parts.length === 1) {
      const inner = this.#tokens[parts[0]![0] + this.#leading(parts[0]!)]!;
      if (inner.text.toLowerCase() !== "cast")
        throw new NotTranslatable("HEX of a number and of a text differ, and which it is cannot be seen.");
      return plain("to_hex");
    }
    if (lower === "concat") return { text: `(${written().join(" || ")})`, list: false };
    if (lower === "if" && parts.length === 3) {
      const [test, yes, no] = written();
      return { text: `CASE WHEN ${test} THEN ${yes} ELSE ${no} END`, list: false };
    }
    if ((lower === "substring" || lower === "substr") && parts.length >= 2) {
      const from = this.#tokens.slice(...parts[1]!).find(({ kind }) => kind !== "blank");
      if (from?.kind !== "number")
        throw new NotTranslatable("SUBSTRING from a computed place may begin at 0.");
      const rest = written();
      if (from.text === "0") rest[1] = "1";
      return { text: `substring(${rest.join(", ")})`, list: false };
    }
    if (lower === "instr" && parts.length === 2) return plain("instr");
    if (lower === "size" || lower === "cardinality") return plain("len");
    if (lower === "collect_set") return { text: `list(DISTINCT ${written().join(", ")})`, list: true };
    if (lower === "unbase64") return plain("from_base64");
    if (lower === "regexp_extract" && parts.length >= 2) {
      const pattern = text(1);
      if (pattern === null || !isCommonPattern(pattern))
        throw new NotTranslatable("Its pattern uses what only Java's patterns have.");
      const [subject, , group] = [write(parts[0]!), null, parts[2] ? write(parts[2]) : "1"];
      return {
        text: `regexp_extract(${subject}, ${quoteText(lenientPattern(pattern))}, ${group})`,
        list: false,
      };
    }
    const renamed = RENAMED_FUNCTIONS[lower];
    if (renamed !== undefined) return plain(renamed, lower === "collect_list" || lower.startsWith("array_"));
    if (SAME_FUNCTIONS.has(lower)) return plain(name);
    // A word before a bracket that is no function: IN (…), VALUES (…), an alias and its columns, OVER (…).
    if (["in", "over", "exists", "any", "all", "some", "and", "or", "not", "on", "as"].includes(lower)) {
      return { text: `${name} (${this.#range(open + 1, close, { argument: false })})`, list: false };
    }
    throw new NotTranslatable(`The function ${name} has no sure counterpart here.`);
  }

  #cast(open: number, close: number): string {
    let as = -1;
    for (let at = open + 1; at < close; at += 1) {
      if (this.#text(at) === "(") at = this.#closing(at);
      else if (this.#lower(at) === "as") as = at;
    }
    const type = as < 0 ? "" : this.#lower(this.#next(as));
    const rest = this.#tokens.slice(this.#next(as) + 1, close).filter(({ kind }) => kind !== "blank");
    const known = TYPES[type];
    if (known === undefined || rest.length > 0)
      throw new NotTranslatable("It casts to a type without a sure counterpart.");
    return `TRY_CAST(${this.#range(open + 1, as, { argument: true }).trim()} AS ${known})`;
  }

  /** `left RLIKE 'pattern'` anywhere in a condition; gives the position after the pattern. */
  #rlike(at: number, end: number, out: string[], operand: number | null, negated: boolean): number {
    const right = this.#next(at);
    const token = this.#tokens[right];
    if (operand === null || token?.kind !== "text" || right >= end)
      throw new NotTranslatable("RLIKE by something that is no literal.");
    const before = out.slice(0, operand).join("").trimEnd();
    if (/[+\-*/%|]$/.test(before))
      throw new NotTranslatable("What RLIKE looks at is computed without brackets.");
    if (!isCommonPattern(token.value))
      throw new NotTranslatable("Its pattern uses what only Java's patterns have.");
    const left = out.splice(operand).join("").trimEnd();
    out.push(`${negated ? "NOT " : ""}regexp_matches(${left}, ${quoteText(lenientPattern(token.value))})`);
    return right + 1;
  }

  #like(at: number, end: number, out: string[]): number {
    const right = this.#next(at);
    const token = this.#tokens[right];
    if (right >= end || token?.kind !== "text")
      throw new NotTranslatable("LIKE by something that is no literal escapes differently.");
    if (this.#lower(this.#next(right)) === "escape")
      throw new NotTranslatable("LIKE with an ESCAPE of its own stays as it was.");
    out.push(`${this.#tokens[at]!.text} ${likeLiteral(token.value)}`);
    return right + 1;
  }

  /** The items of an ORDER BY; Spark sorts nulls first when it ascends. */
  #orderBy(start: number, end: number, out: string[]): number {
    const by = this.#next(start);
    out.push(`${this.#tokens[start]!.text} ${this.#tokens[by]!.text}`);
    let at = by + 1;
    let item = at;
    const finish = (until: number) => {
      const text = this.#range(item, until, { argument: false });
      const trimmed = text.trimEnd();
      const nulls = /\b(desc|nulls\s+(first|last))$/i.test(trimmed) ? "" : " NULLS FIRST";
      out.push(`${trimmed}${nulls}${text.slice(trimmed.length)}`);
    };
    for (; at < end; at += 1) {
      if (this.#text(at) === "(" || this.#text(at) === "[") at = this.#closing(at);
      else if (this.#text(at) === ",") {
        finish(at);
        out.push(",");
        item = at + 1;
      } else if (this.#tokens[at]!.kind === "word" && ORDER_ENDS.has(this.#lower(at))) break;
    }
    finish(at);
    return at;
  }

  /** What stands behind FROM, JOIN or a comma between tables; gives the position after it. */
  #table(start: number, end: number, out: string[]): number {
    let at = start;
    while (at < end && ["blank", "comment"].includes(this.#tokens[at]!.kind)) {
      out.push(this.#tokens[at]!.text);
      at += 1;
    }
    if (at >= end || !this.#isName(at)) return at;
    let name = this.#tokens[at]!.value;
    let text = this.#quoted(at);
    at += 1;
    while (this.#text(at) === "." && at + 1 < end) {
      name += `.${this.#tokens[at + 1]!.value}`;
      text += `.${this.#quoted(at + 1)}`;
      at += 2;
    }
    if (this.#common.has(name.toLowerCase())) {
      out.push(text);
      return at;
    }
    this.tables.add(name);
    const dataset = this.#datasets.get(name);
    out.push(dataset === undefined ? text : quotedWhenNeeded(dataset));
    return at;
  }

  /** Positions of the arguments between two brackets. */
  #arguments(open: number, close: number): (readonly [number, number])[] {
    const parts: (readonly [number, number])[] = [];
    let start = open + 1;
    for (let at = open + 1; at < close; at += 1) {
      if (this.#text(at) === "(" || this.#text(at) === "[") at = this.#closing(at);
      else if (this.#text(at) === ",") {
        parts.push([start, at]);
        start = at + 1;
      }
    }
    if (this.#tokens.slice(start, close).some(({ kind }) => kind !== "blank")) parts.push([start, close]);
    return parts;
  }

  #leading(part: readonly [number, number]): number {
    return this.#tokens.slice(...part).findIndex(({ kind }) => kind !== "blank");
  }

  #closing(open: number): number {
    let depth = 0;
    for (let at = open; at < this.#tokens.length; at += 1) {
      const { kind, text } = this.#tokens[at]!;
      if (kind !== "mark") continue;
      if (text === "(" || text === "[") depth += 1;
      else if (text === ")" || text === "]") {
        depth -= 1;
        if (depth === 0) return at;
      }
    }
    throw new NotTranslatable("Its brackets do not match.");
  }

  #quoted(at: number): string {
    const token = this.#tokens[at]!;
    return token.kind === "name" ? `"${token.value.replaceAll('"', '""')}"` : token.text;
  }
  #isName(at: number): boolean {
    const kind = this.#tokens[at]?.kind;
    return kind === "word" || kind === "name";
  }
  #text(at: number): string {
    return this.#tokens[at]?.kind === "mark" ? this.#tokens[at]!.text : "";
  }
  #lower(at: number): string {
    const token = this.#tokens[at];
    return token && (token.kind === "word" || token.kind === "mark") ? token.text.toLowerCase() : "";
  }
  /** The next token that says something. */
  #next(at: number): number {
    let next = at + 1;
    while (["blank", "comment"].includes(this.#tokens[next]?.kind ?? "")) next += 1;
    return next;
  }
  #before(at: number): number {
    let before = at - 1;
    while (["blank", "comment"].includes(this.#tokens[before]?.kind ?? "")) before -= 1;
    return before;
  }
}

/** A dataset's name as it stands in SQL: quoted only where it must be. */
export function quotedWhenNeeded(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/**
 * A LIKE pattern of Spark, where a backslash escapes, as DuckDB's, which has no escape of its own. One before an
 * ordinary character (an error in later versions of Spark) is taken as the backslash that it is.
 */
function likeLiteral(pattern: string): string {
  let text = "";
  let escaped = false;
  for (let at = 0; at < pattern.length; at += 1) {
    const next = pattern[at + 1];
    if (pattern[at] === "\\" && next === "\\") {
      text += "\\";
      at += 1;
    } else if (pattern[at] === "\\" && (next === "%" || next === "_")) {
      text += `\u0000${next}`;
      escaped = true;
      at += 1;
    } else text += pattern[at];
  }
  if (!escaped) return quoteText(text);
  return `${quoteText(text.replaceAll("\\", "\\\\").replaceAll("\u0000", "\\"))} ESCAPE '\\'`;
}

/** Whether Java and RE2 read the pattern alike: no look-around, back reference, possessive or atomic group. */
function isCommonPattern(pattern: string): boolean {
  return !/\(\?[=!<>]|\\[1-9kGZ]|[*+?}]\+|&&|\\p\{(?:java|Is|In)/.test(pattern);
}

/** Backslashes before letters that mean nothing in a pattern, left out. */
function lenientPattern(pattern: string): string {
  return pattern.replace(/\\([\s\S])/g, (whole, next: string) =>
    /[A-Za-z]/.test(next) && !/[AbBdDsSwWzQEfnrtvxpP]/.test(next) ? next : whole,
  );
}
