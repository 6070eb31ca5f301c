import { isToken, type SqlToken, sqlTokensOf } from "./sql-text.ts";

/** Words that begin a line of their own, longest first. */
const CLAUSES = [
  "with recursive",
  "with",
  "select distinct",
  "select",
  "from",
  "where",
  "group by",
  "having",
  "qualify",
  "window",
  "order by",
  "limit",
  "offset",
  "union all by name",
  "union by name",
  "union all",
  "union",
  "except all",
  "except",
  "intersect all",
  "intersect",
  "values",
  "natural join",
  "cross join",
  "asof left join",
  "asof join",
  "positional join",
  "semi join",
  "anti join",
  "left outer join",
  "left join",
  "right outer join",
  "right join",
  "full outer join",
  "full join",
  "inner join",
  "join",
].map((words) => words.split(" "));
const OPENS_QUERY = new Set(["select", "with", "from", "values"]);
const BREAKS_LIST = new Set(["select", "select distinct", "with", "with recursive"]);
const CONDITIONS = new Set(["where", "having", "qualify"]);
const KEYWORDS = new Set(
  `${CLAUSES.flat().join(" ")} as and or not in is null like ilike between case when then else end on using over partition
  rows range unbounded preceding following current row filter exclude replace desc asc nulls first last exists cast try_cast interval
  timestamp date true false describe summarize lateral recursive materialized similar to escape lambda within distinct`.split(
    /\s+/,
  ),
);
const WIDTH = 100;
const STEP = "  ";

/**
 * The SQL laid out: clauses and joins begin lines, keywords are in capitals, what does not fit in 100 characters has an
 * item or condition a line. Texts, names, comments and `${…}` stay as they are, and so does the order of all pieces.
 * Gives the text back unchanged when something in it has no end.
 */
export function formatSql(sql: string): string {
  const tokens = sqlTokensOf(sql);
  if (tokens.length === 0 || tokens.some(({ closed }) => !closed) || !isBalanced(tokens)) return sql;
  return `${new Layout(tokens).query(0, tokens.length, "").join("\n").trimEnd()}`;
}

function isBalanced(tokens: readonly SqlToken[]): boolean {
  const open: string[] = [];
  const pairs: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };
  for (const { kind, text } of tokens) {
    if (kind !== "symbol") continue;
    if ("([{".includes(text)) open.push(text);
    else if (pairs[text] !== undefined && open.pop() !== pairs[text]) return false;
  }
  return open.length === 0;
}

interface Part {
  /** Lower case; empty for what comes before the first clause. */
  readonly clause: string;
  readonly from: number;
  readonly to: number;
}

class Layout {
  readonly #tokens: readonly SqlToken[];

  constructor(tokens: readonly SqlToken[]) {
    this.#tokens = tokens;
  }

  /** Lines of a query. */
  query(from: number, to: number, indent: string): string[] {
    return this.#parts(from, to).flatMap((part) => this.#clause(part, indent));
  }

  #parts(from: number, to: number): Part[] {
    const starts: { clause: string; from: number }[] = [{ clause: "", from }];
    let depth = 0;
    for (let at = from; at < to; at += 1) {
      const token = this.#tokens[at]!;
      const clause = depth === 0 ? this.#clauseAt(at) : null;
      if (clause !== null) {
        starts.push({ clause: clause.join(" "), from: at });
        at += clause.length - 1;
      }
      depth += depthOf(token);
    }
    return starts
      .map((start, at) => ({ ...start, to: starts[at + 1]?.from ?? to }))
      .filter((part) => part.to > part.from);
  }

  #clauseAt(at: number): readonly string[] | null {
    const previous = this.#tokens[at - 1];
    if (isToken(previous, ".") || isToken(previous, "as")) return null;
    if (
      isToken(this.#tokens[at], "from") &&
      isToken(previous, "distinct") &&
      isToken(this.#tokens[at - 2], "is")
    )
      return null;
    if (
      isToken(this.#tokens[at], "from") &&
      isToken(previous, "distinct") &&
      isToken(this.#tokens[at - 2], "not")
    )
      return null;
    if (isToken(this.#tokens[at], "except") && isToken(previous, "*")) return null;
    if (
      isToken(this.#tokens[at + 1], ".") ||
      (isToken(this.#tokens[at + 1], "(") && isToken(this.#tokens[at], "offset"))
    )
      return null;
    return (
      CLAUSES.find((words) => words.every((word, step) => isToken(this.#tokens[at + step], word))) ?? null
    );
  }

  #clause({ clause, from, to }: Part, indent: string): string[] {
    const whole = this.#inline(from, to);
    const hasQuery = this.#hasQuery(from, to);
    if (whole !== null && !hasQuery && indent.length + whole.length <= WIDTH) return [indent + whole];
    const words = clause === "" ? 0 : clause.split(" ").length;
    const head = indent + (this.#inline(from, from + words) ?? "");
    if (BREAKS_LIST.has(clause)) {
      const items = this.#split(from + words, to, (token) => isToken(token, ","), false);
      const lines = items.flatMap(([start, end]) => this.#broken(start, end, indent + STEP));
      return clause.startsWith("with") && lines.length > 0
        ? [`${head} ${lines[0]!.trimStart()}`, ...lines.slice(1).map((line) => line.replace(STEP, ""))]
        : [head, ...lines];
    }
    if (CONDITIONS.has(clause)) {
      const items = this.#split(
        from + words,
        to,
        (token) => isToken(token, "and") || isToken(token, "or"),
        true,
      );
      const lines = items.flatMap(([start, end], at) =>
        this.#broken(start, end, at === 0 ? indent : indent + STEP),
      );
      return lines.length === 0 ? [head] : [`${head} ${lines[0]!.trimStart()}`, ...lines.slice(1)];
    }
    const lines = this.#broken(from + words, to, indent);
    return lines.length === 0
      ? [head]
      : [`${head}${head === indent ? "" : " "}${lines[0]!.trimStart()}`, ...lines.slice(1)];
  }

  /** Ranges between separators outside parentheses; a separator ends its range, or begins the next. BETWEEN keeps its AND. */
  #split(
    from: number,
    to: number,
    separates: (token: SqlToken) => boolean,
    before: boolean,
  ): [number, number][] {
    const ranges: [number, number][] = [];
    let start = from;
    let depth = 0;
    let isBetween = false;
    let cases = 0;
    for (let at = from; at < to; at += 1) {
      const token = this.#tokens[at]!;
      if (isToken(token, "between")) isBetween = true;
      if (isToken(token, "case")) cases += 1;
      if (isToken(token, "end")) cases = Math.max(0, cases - 1);
      if (depth === 0 && cases === 0 && separates(token)) {
        if (isBetween && isToken(token, "and")) isBetween = false;
        else {
          const end = before ? at : at + 1;
          if (end > start) ranges.push([start, end]);
          start = end;
        }
      }
      depth += depthOf(token);
    }
    if (to > start) ranges.push([start, to]);
    return ranges;
  }

  /** Lines of a piece: queries in parentheses inside it stand indented on lines of their own. */
  #broken(from: number, to: number, indent: string): string[] {
    const whole = this.#inline(from, to);
    if (whole !== null && !this.#hasQuery(from, to)) return whole === "" ? [] : [indent + whole];
    const lines: string[] = [];
    let start = from;
    for (let at = from; at < to; at += 1) {
      const token = this.#tokens[at]!;
      if (token.kind === "comment") {
        const text = [this.#inline(start, at), token.text.trimEnd()].filter(Boolean).join(" ");
        append(lines, text, indent, start === from);
        lines.push("");
        start = at + 1;
      } else if (isToken(token, "(") && this.#opensQuery(at)) {
        const close = this.#closing(at);
        append(lines, this.#inline(start, at + 1) ?? "", indent, start === from);
        lines.push(...this.query(at + 1, close, indent + STEP), indent);
        start = close;
        at = close;
      }
    }
    const rest = this.#inline(start, to) ?? "";
    if (rest !== "") append(lines, rest, indent, start === from);
    return lines.filter((line) => line.trim() !== "");
  }

  #hasQuery(from: number, to: number): boolean {
    for (let at = from; at < to; at += 1)
      if (isToken(this.#tokens[at], "(") && this.#opensQuery(at)) return true;
    return false;
  }

  #opensQuery(at: number): boolean {
    const next = this.#tokens[at + 1];
    return next?.kind === "word" && OPENS_QUERY.has(next.text.toLowerCase());
  }

  #closing(open: number): number {
    let depth = 0;
    for (let at = open; at < this.#tokens.length; at += 1) {
      depth += depthOf(this.#tokens[at]!);
      if (depth === 0) return at;
    }
    return this.#tokens.length;
  }

  /** The pieces on one line; null where a comment forbids it. */
  #inline(from: number, to: number): string | null {
    let text = "";
    for (let at = from; at < to; at += 1) {
      const token = this.#tokens[at]!;
      if (token.kind === "comment") return null;
      if (at > from && this.#isSpaced(at)) text += " ";
      text += this.#written(at);
    }
    return text;
  }

  #written(at: number): string {
    const token = this.#tokens[at]!;
    const isMember = isToken(this.#tokens[at - 1], ".") || isToken(this.#tokens[at + 1], ".");
    const isKeyword = token.kind === "word" && !isMember && KEYWORDS.has(token.text.toLowerCase());
    const isCall = isToken(this.#tokens[at + 1], "(") && this.#tokens[at + 1]!.from === token.to;
    return isKeyword && !isCall ? token.text.toUpperCase() : token.text;
  }

  /** Whether a space stands before the piece: as written, but for what is clear. */
  #isSpaced(at: number): boolean {
    const left = this.#tokens[at - 1]!;
    const right = this.#tokens[at]!;
    if (isToken(right, ",") || isToken(right, ")") || isToken(right, ";")) return false;
    if (isToken(left, "(")) return false;
    if (isToken(left, ",")) return true;
    return right.from > left.to || left.kind === "comment";
  }
}

function depthOf(token: SqlToken): number {
  if (token.kind !== "symbol") return 0;
  return "([{".includes(token.text) ? 1 : ")]}".includes(token.text) ? -1 : 0;
}

/** Adds text to the last line when that is blank, else as a line of its own. */
function append(lines: string[], text: string, indent: string, isFirst: boolean): void {
  if (!isFirst && lines.at(-1)?.trim() === "") lines.pop();
  lines.push(indent + text);
}
