/**
 * A query taken apart into its clauses by its tokens: enough to say in words what it reads and asks, without an engine.
 * What it cannot take apart stays text. Browser-safe: pure functions only.
 */
import { type SqlToken, sqlTokens } from "../../rule/sql-tokens.ts";

/** A run of tokens of one text. */
export interface Span {
  readonly tokens: readonly SqlToken[];
  readonly text: string;
}

/** Rows put beside (`outer`), needed (`semi`) or forbidden (`anti`) by a join. */
export interface JoinOutline {
  readonly kind: "outer" | "semi" | "anti";
  readonly dataset: string;
  readonly alias: string | null;
  readonly on: readonly Span[];
}

/** One SELECT. */
export interface SelectOutline {
  /** Its name in WITH; null for the query itself and others without one. */
  readonly name: string | null;
  /** Tables with the name that the query calls each by. */
  readonly reads: readonly { readonly dataset: string; readonly alias: string | null }[];
  /** Conditions of inner JOIN … ON and WHERE that all must hold. */
  readonly conditions: readonly Span[];
  /** Joins that are no inner ones, with what they ask. */
  readonly joins: readonly JoinOutline[];
  /** How its rows go with those of the part before it, in a UNION, EXCEPT or INTERSECT; null for the first. */
  readonly set: string | null;
  readonly groupBy: Span | null;
  readonly having: readonly Span[];
  readonly qualify: readonly Span[];
  readonly distinct: boolean;
  readonly limit: Span | null;
  /** SELECTs in FROM. */
  readonly inner: readonly SelectOutline[];
}

const CLAUSES = new Set([
  "select",
  "from",
  "where",
  "group",
  "having",
  "qualify",
  "window",
  "order",
  "limit",
  "offset",
]);
const SETS = new Set(["union", "except", "intersect"]);
const SET_WORDS = new Set(["all", "distinct", "by", "name"]);
const AFTER_TABLE = new Set([
  ...[
    "on",
    "using",
    "join",
    "inner",
    "left",
    "right",
    "full",
    "outer",
    "cross",
    "natural",
    "semi",
    "anti",
    "asof",
  ],
  ...["positional", "lateral", "tablesample", "where", "group", "as", "order", "having", "limit", "qualify"],
]);

/** The SELECTs of a query: those of WITH by their names first, then the query, one for each part of a UNION. */
export function queryOutline(sql: string): SelectOutline[] {
  return outlined({ tokens: sqlTokens(sql), text: sql }, null);
}

/** Names of tables that the query reads by its text, without those of its own steps, sorted. */
export function datasetsNamed(sql: string): string[] {
  const selects = queryOutline(sql).flatMap(function within(select): SelectOutline[] {
    return [...select.inner.flatMap(within), select];
  });
  const steps = new Set(selects.map(({ name }) => name));
  const read = selects.flatMap(({ reads, joins }) => [...reads, ...joins].map(({ dataset }) => dataset));
  return [...new Set(read)].filter((name) => !steps.has(name)).sort();
}

/** SELECTs inside of a span, as of a subquery without its parentheses. */
export function outlined(span: Span, name: string | null): SelectOutline[] {
  const { tokens, text } = span;
  const found: SelectOutline[] = [];
  let at = 0;
  if (word(tokens[0]) === "with") {
    at = 1;
    if (word(tokens[at]) === "recursive") at += 1;
    for (;;) {
      const step = tokens[at];
      if (!step || (step.kind !== "word" && step.kind !== "quoted")) break;
      let open = at + 1;
      if (symbol(tokens[open], "(")) open = closing(tokens, open) + 1;
      if (word(tokens[open]) !== "as") break;
      open += 1;
      while (word(tokens[open]) === "not" || word(tokens[open]) === "materialized") open += 1;
      if (!symbol(tokens[open], "(")) break;
      const close = closing(tokens, open);
      found.push(...outlined({ tokens: tokens.slice(open + 1, close), text }, step.text));
      at = close + 1;
      if (!symbol(tokens[at], ",")) break;
      at += 1;
    }
  }
  let set: string | null = null;
  let rest = tokens.slice(at);
  while (rest.length > 0) {
    const [part = []] = splitAt(rest, (token) => SETS.has(word(token)));
    const inner = unwrapped(part.slice(part.findIndex((token) => !SET_WORDS.has(word(token)))));
    if (inner.length > 0) {
      const selects =
        inner.length < tokens.length && ["with", "("].includes(inner[0]!.text.toLowerCase())
          ? outlined({ tokens: inner, text }, name)
          : [selectOf({ tokens: inner, text }, name)];
      found.push(...selects.map((select, index) => (index === 0 ? { ...select, set } : select)));
    }
    set = word(rest[part.length]) || null;
    rest = rest.slice(part.length + 1);
  }
  return found;
}

function selectOf({ tokens, text }: Span, name: string | null): SelectOutline {
  const clauses = new Map<string, SqlToken[]>();
  let clause = "select";
  for (const [token, depth] of withDepth(tokens)) {
    const opens = depth === 0 ? word(token) : "";
    if (CLAUSES.has(opens) && !(opens === "from" && clauseEndsWithDistinct(clauses.get(clause)))) {
      clause = opens;
      clauses.set(clause, []);
      continue;
    }
    const into = clauses.get(clause) ?? [];
    into.push(token);
    clauses.set(clause, into);
  }
  const span = (of: readonly SqlToken[]): Span => ({ tokens: of, text });
  const withoutBy = (of: SqlToken[] | undefined): SqlToken[] =>
    (of ?? []).filter((token, i) => i > 0 || word(token) !== "by");
  const from = fromClause(clauses.get("from") ?? [], text);
  const group = withoutBy(clauses.get("group"));
  const limit = clauses.get("limit") ?? [];
  return {
    name,
    reads: from.reads,
    inner: from.inner,
    joins: from.joins,
    set: null,
    conditions: [...from.on, ...conjuncts(span(clauses.get("where") ?? []))],
    groupBy: group.length > 0 ? span(group) : null,
    having: conjuncts(span(clauses.get("having") ?? [])),
    qualify: conjuncts(span(clauses.get("qualify") ?? [])),
    distinct: word(clauses.get("select")?.[0]) === "distinct",
    limit: limit.length > 0 ? span(limit) : null,
  };
}

/** `is distinct from`, `extract(x from y)` at depth 0: no clause begins there. */
function clauseEndsWithDistinct(tokens: readonly SqlToken[] | undefined): boolean {
  return word(tokens?.at(-1)) === "distinct" && tokens!.length > 2;
}

function fromClause(
  tokens: readonly SqlToken[],
  text: string,
): { reads: SelectOutline["reads"][number][]; on: Span[]; joins: JoinOutline[]; inner: SelectOutline[] } {
  const reads: SelectOutline["reads"][number][] = [];
  const on: Span[] = [];
  const inner: SelectOutline[] = [];
  const joins: JoinOutline[] = [];
  let kind: JoinOutline["kind"] | null = null;
  let at = 0;
  let expectsTable = true;
  const asked = (spans: readonly Span[]): void => {
    const last = joins.at(-1);
    if (kind === null || last === undefined) on.push(...spans);
    else joins[joins.length - 1] = { ...last, on: [...last.on, ...spans] };
  };
  while (at < tokens.length) {
    const token = tokens[at]!;
    if (symbol(token, ",") || word(token) === "join") {
      expectsTable = true;
      kind = symbol(token, ",") ? null : joinKind(tokens.slice(Math.max(0, at - 3), at));
      at += 1;
    } else if (expectsTable && symbol(token, "(")) {
      const close = closing(tokens, at);
      const inside = tokens.slice(at + 1, close);
      if (["select", "with", "from"].includes(word(inside[0])))
        inner.push(...outlined({ tokens: inside, text }, aliasAt(tokens, close + 1)));
      else {
        const nested = fromClause(inside, text);
        reads.push(...nested.reads);
        on.push(...nested.on);
        joins.push(...nested.joins);
        inner.push(...nested.inner);
      }
      expectsTable = false;
      at = close + 1;
    } else if (
      expectsTable &&
      (token.kind === "word" || token.kind === "quoted") &&
      !symbol(tokens[at + 1], "(") &&
      word(token) !== "lateral"
    ) {
      const read = { dataset: token.text, alias: aliasAt(tokens, at + 1) };
      if (kind === null) reads.push(read);
      else joins.push({ kind, ...read, on: [] });
      expectsTable = false;
      at += 1;
    } else if (word(token) === "on") {
      const rest = tokens.slice(at + 1);
      const length = untilJoin(rest);
      asked(conjuncts({ tokens: rest.slice(0, length), text }));
      at += 1 + length;
    } else if (word(token) === "using" && symbol(tokens[at + 1], "(")) {
      const close = closing(tokens, at + 1);
      asked([{ tokens: tokens.slice(at, close + 1), text }]);
      at = close + 1;
    } else {
      if (expectsTable && token.kind === "word") expectsTable = word(token) === "lateral";
      at += 1;
    }
  }
  return { reads, on, joins, inner };
}

function joinKind(before: readonly SqlToken[]): JoinOutline["kind"] | null {
  const words = before.map(word);
  if (words.includes("anti")) return "anti";
  if (words.includes("semi")) return "semi";
  return words.some((each) => each === "left" || each === "right" || each === "full") ? "outer" : null;
}

function untilJoin(tokens: readonly SqlToken[]): number {
  const words = new Set([
    "join",
    "inner",
    "left",
    "right",
    "full",
    "cross",
    "natural",
    "semi",
    "anti",
    "asof",
    "positional",
  ]);
  let index = 0;
  for (const [token, depth] of withDepth(tokens)) {
    const called = symbol(tokens[index + 1], "(");
    if (depth === 0 && (symbol(token, ",") || (words.has(word(token)) && !called))) return index;
    index += 1;
  }
  return tokens.length;
}

function aliasAt(tokens: readonly SqlToken[], at: number): string | null {
  const start = word(tokens[at]) === "as" ? at + 1 : at;
  const token = tokens[start];
  if (token?.kind === "quoted") return token.text;
  return token?.kind === "word" && !AFTER_TABLE.has(word(token)) ? token.text : null;
}

/** The parts of a condition that all must hold. */
export function conjuncts(span: Span): Span[] {
  return split(span, "and");
}

/** The parts of a condition of which one is enough; the condition itself where it is no OR. */
export function disjuncts(span: Span): Span[] {
  return split(span, "or");
}

function split({ tokens, text }: Span, by: "and" | "or"): Span[] {
  const inner = unwrapped(tokens);
  if (by === "and" && splitAt(inner, (token) => word(token) === "or").length > 1)
    return inner.length === 0 ? [] : [{ tokens: inner, text }];
  let between = 0;
  const parts = splitAt(inner, (token) => {
    if (word(token) === "between") between += 1;
    if (word(token) !== by) return false;
    if (by === "and" && between > 0) {
      between -= 1;
      return false;
    }
    return true;
  });
  const spans = parts.filter((part) => part.length > 0).map((part) => ({ tokens: part, text }));
  if (spans.length <= 1) return spans;
  return by === "and" ? spans.flatMap((part) => conjuncts(part)) : spans;
}

/** The text that a span stands for, with its blanks joined and comments left out. */
export function spanText({ tokens, text }: Span): string {
  let written = "";
  let end = -1;
  for (const token of tokens) {
    const quotes = token.kind === "quoted" ? 1 + token.text.split('"').length : 0;
    const raw = text.slice(token.offset, token.offset + token.text.length + quotes);
    written += end >= 0 && end < token.offset ? ` ${raw}` : raw;
    end = token.offset + raw.length;
  }
  return written.replaceAll(/\s+/g, " ").trim();
}

/** Tokens without parentheses around all of them. */
function unwrapped(tokens: readonly SqlToken[]): readonly SqlToken[] {
  let inner = tokens;
  while (symbol(inner[0], "(") && closing(inner, 0) === inner.length - 1) inner = inner.slice(1, -1);
  return inner;
}

function splitAt(tokens: readonly SqlToken[], cuts: (token: SqlToken) => boolean): SqlToken[][] {
  const parts: SqlToken[][] = [[]];
  let cases = 0;
  for (const [token, depth] of withDepth(tokens)) {
    if (word(token) === "case") cases += 1;
    else if (word(token) === "end" && cases > 0) cases -= 1;
    if (depth === 0 && cases === 0 && cuts(token)) parts.push([]);
    else parts.at(-1)!.push(token);
  }
  return parts;
}

function* withDepth(tokens: readonly SqlToken[]): Generator<readonly [SqlToken, number]> {
  let depth = 0;
  for (const token of tokens) {
    const opens = token.kind === "symbol" && (token.text === "(" || token.text === "[" || token.text === "{");
    const closes =
      token.kind === "symbol" && (token.text === ")" || token.text === "]" || token.text === "}");
    if (closes) depth -= 1;
    yield [token, opens ? depth + 1 : closes ? depth + 1 : depth];
    if (opens) depth += 1;
  }
}

/** Index of the parenthesis that closes the one at `open`; the last index where none does. */
export function closing(tokens: readonly SqlToken[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at += 1) {
    if (symbol(tokens[at], "(")) depth += 1;
    else if (symbol(tokens[at], ")")) {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return tokens.length - 1;
}

/** Whether the token is this symbol. */
export function symbol(token: SqlToken | undefined, text: string): boolean {
  return token?.kind === "symbol" && token.text === text;
}

/** The token's word in lower case; "" for other tokens. */
export function word(token: SqlToken | undefined): string {
  return token?.kind === "word" ? token.text.toLowerCase() : "";
}
