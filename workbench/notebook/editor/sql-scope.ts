import type { CatalogEntry } from "../../../server/api/api.ts";
import { isName, isToken, nameOf, type SqlToken, sqlTokensOf } from "./sql-text.ts";

/** A column that a query can name where the cursor is. */
export interface ScopeColumn {
  readonly name: string;
  /** DuckDB's type, or empty where it is not known. */
  readonly type: string;
  /** The dataset and its column behind it; null for what a query computes. */
  readonly origin: {
    readonly dataset: string;
    readonly column: string;
    readonly entity: string | null;
  } | null;
}

/** A table in a FROM. */
export interface ScopeTable {
  /** By which columns are qualified: the alias, or the table's own name. */
  readonly alias: string;
  /** What it is: a dataset's name, `CTE`, `subquery`, or a table function's name. */
  readonly source: string;
  readonly columns: readonly ScopeColumn[];
}

export type Clause =
  | "start"
  | "select"
  | "from"
  | "on"
  | "where"
  | "group"
  | "having"
  | "qualify"
  | "order"
  | "limit"
  | "window";

export interface SqlScope {
  /** Tables of the query at the cursor, then those of the queries around it. */
  readonly tables: readonly ScopeTable[];
  /** CTEs that may be named here. */
  readonly commonTables: readonly ScopeTable[];
  readonly clause: Clause;
  /** Names that the SELECT list of the query at the cursor gives. */
  readonly selectAliases: readonly string[];
  /** The pieces of the cell, comments left out. */
  readonly tokens: readonly SqlToken[];
}

const CLAUSES: Readonly<Record<string, Clause>> = {
  select: "select",
  from: "from",
  join: "from",
  on: "on",
  using: "on",
  where: "where",
  group: "group",
  having: "having",
  qualify: "qualify",
  order: "order",
  limit: "limit",
  offset: "limit",
  window: "window",
  union: "start",
  except: "start",
  intersect: "start",
};
const SET_WORDS = new Set(["union", "except", "intersect"]);
/** Words that end a FROM item, so that they are no alias. */
const NOT_ALIAS = new Set(
  "on using where group having qualify order limit offset window union except intersect join inner left right full cross natural asof positional anti semi outer lateral select from tablesample pivot unpivot with".split(
    " ",
  ),
);

type Catalog = ReadonlyMap<string, CatalogEntry>;

/** What the names at `cursor` may mean, as far as the unfinished text tells. Pure. */
export function scopeAt(sql: string, cursor: number, catalog: readonly CatalogEntry[]): SqlScope {
  const tokens = sqlTokensOf(sql).filter(({ kind }) => kind !== "comment");
  const known: Catalog = new Map(catalog.map((entry) => [entry.name.toLowerCase(), entry]));
  const levels = levelsAt(tokens, cursor);
  const tables: ScopeTable[] = [];
  const commonTables: ScopeTable[] = [];
  let clause: Clause = "start";
  let selectAliases: readonly string[] = [];
  levels.forEach(({ from, to }, depth) => {
    const group = tokens.slice(from, to);
    commonTables.push(...commonTablesOf(group, known, commonTables));
    const query = queryAt(group, cursor);
    const isInnermostQuery = depth === levels.length - 1;
    const own = tablesOf(query, known, commonTables);
    tables.unshift(...own);
    const here = clauseAt(query, cursor);
    if (isInnermostQuery || here !== "start" || own.length > 0) {
      if (here !== "start" || own.length > 0) clause = here;
      if (own.length > 0 || here !== "start") {
        selectAliases = outputOf(query, known, commonTables).map(({ name }) => name);
      }
    }
  });
  return { tables, commonTables, clause, selectAliases, tokens };
}

/** Ranges of tokens of the parentheses around the cursor, from the whole text inwards. */
function levelsAt(tokens: readonly SqlToken[], cursor: number): { from: number; to: number }[] {
  const open: number[] = [];
  tokens.forEach((token, at) => {
    if (token.from >= cursor) return;
    if (isToken(token, "(")) open.push(at);
    else if (isToken(token, ")")) open.pop();
  });
  return [{ from: 0, to: tokens.length }, ...open.map((at) => ({ from: at + 1, to: closingOf(tokens, at) }))];
}

function closingOf(tokens: readonly SqlToken[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at += 1) {
    if (isToken(tokens[at], "(")) depth += 1;
    else if (isToken(tokens[at], ")")) depth -= 1;
    if (depth === 0) return at;
  }
  return tokens.length;
}

/** Tokens that stand outside all parentheses of the group, with their places. */
function outside(group: readonly SqlToken[]): { token: SqlToken; at: number }[] {
  let depth = 0;
  return group.flatMap((token, at) => {
    if (isToken(token, ")")) depth -= 1;
    const isOutside = depth === 0;
    if (isToken(token, "(")) depth += 1;
    return isOutside ? [{ token, at }] : [];
  });
}

const wordOf = (token: SqlToken | undefined): string =>
  token?.kind === "word" ? token.text.toLowerCase() : "";

/** The part of a group between set operations that holds the cursor. */
function queryAt(group: readonly SqlToken[], cursor: number): readonly SqlToken[] {
  let from = 0;
  let to = group.length;
  for (const { token, at } of outside(group)) {
    if (!SET_WORDS.has(wordOf(token)) && !isToken(token, ";")) continue;
    // SELECT * EXCEPT (…) is no set operation.
    if (wordOf(token) === "except" && isToken(group[at - 1], "*")) continue;
    if (token.to <= cursor) from = at + 1;
    else {
      to = at;
      break;
    }
  }
  return group.slice(from, to);
}

function clauseAt(query: readonly SqlToken[], cursor: number): Clause {
  let clause: Clause = "start";
  for (const { token } of outside(query)) {
    if (token.to >= cursor && !(token.to === cursor && token.kind === "symbol")) break;
    const next = CLAUSES[wordOf(token)];
    if (next !== undefined) clause = next;
  }
  return clause;
}

/** CTEs that a group begins with; each sees those before it. */
function commonTablesOf(
  group: readonly SqlToken[],
  catalog: Catalog,
  outer: readonly ScopeTable[],
): ScopeTable[] {
  const found: ScopeTable[] = [];
  if (wordOf(group[0]) !== "with") return found;
  let at = wordOf(group[1]) === "recursive" ? 2 : 1;
  while (isName(group[at])) {
    const alias = nameOf(group[at]!);
    at += 1;
    let names: string[] = [];
    if (isToken(group[at], "(")) {
      const close = closingOf(group, at);
      names = group
        .slice(at + 1, close)
        .filter(isName)
        .map(nameOf);
      at = close + 1;
    }
    if (wordOf(group[at]) !== "as") break;
    at += 1;
    while (wordOf(group[at]) === "not" || wordOf(group[at]) === "materialized") at += 1;
    if (!isToken(group[at], "(")) break;
    const close = closingOf(group, at);
    const columns = outputOf(group.slice(at + 1, close), catalog, [...outer, ...found]);
    found.push({ alias, source: "CTE", columns: renamed(columns, names) });
    at = close + 1;
    if (!isToken(group[at], ",")) break;
    at += 1;
  }
  return found;
}

function renamed(columns: readonly ScopeColumn[], names: readonly string[]): readonly ScopeColumn[] {
  if (names.length === 0) return columns;
  return names.map((name, at) => ({ ...(columns[at] ?? { type: "", origin: null }), name }));
}

/** The tables of a query's FROM. */
function tablesOf(
  query: readonly SqlToken[],
  catalog: Catalog,
  commonTables: readonly ScopeTable[],
): ScopeTable[] {
  const tables: ScopeTable[] = [];
  let inFrom = false;
  for (const { token, at } of outside(query)) {
    const word = wordOf(token);
    const opens = word === "from" && wordOf(query[at - 1]) !== "distinct";
    if (opens) inFrom = true;
    else if (inFrom && CLAUSES[word] !== undefined && word !== "join" && word !== "on" && word !== "using")
      inFrom = false;
    if (inFrom && (opens || word === "join" || isToken(token, ","))) {
      const table = tableAt(query, at + 1, catalog, commonTables);
      if (table) tables.push(table);
    }
  }
  return tables;
}

function tableAt(
  query: readonly SqlToken[],
  start: number,
  catalog: Catalog,
  commonTables: readonly ScopeTable[],
): ScopeTable | null {
  let at = start;
  if (wordOf(query[at]) === "lateral") at += 1;
  const first = query[at];
  let source: string;
  let columns: readonly ScopeColumn[];
  if (isToken(first, "(")) {
    const close = closingOf(query, at);
    source = "subquery";
    columns = outputOf(query.slice(at + 1, close), catalog, commonTables);
    at = close + 1;
  } else if (isName(first) && !(first.kind === "word" && NOT_ALIAS.has(wordOf(first)))) {
    at += 1;
    let named = first;
    while (isToken(query[at], ".") && isName(query[at + 1])) {
      named = query[at + 1]!;
      at += 2;
    }
    source = nameOf(named);
    if (isToken(query[at], "(")) {
      at = closingOf(query, at) + 1;
      columns = tableFunctionColumns(source);
    } else {
      columns = columnsNamed(source, catalog, commonTables);
    }
  } else return null;
  if (wordOf(query[at]) === "as") at += 1;
  const aliasToken = query[at];
  const hasAlias = isName(aliasToken) && !(aliasToken.kind === "word" && NOT_ALIAS.has(wordOf(aliasToken)));
  const alias = hasAlias ? nameOf(aliasToken) : source;
  if (hasAlias && isToken(query[at + 1], "(")) {
    const close = closingOf(query, at + 1);
    columns = renamed(
      columns,
      query
        .slice(at + 2, close)
        .filter(isName)
        .map(nameOf),
    );
  }
  return { alias: alias === "subquery" && !hasAlias ? "" : alias, source, columns };
}

function tableFunctionColumns(name: string): readonly ScopeColumn[] {
  const column = (own: string, type: string): ScopeColumn => ({ name: own, type, origin: null });
  switch (name.toLowerCase()) {
    case "indicators":
      return [column("kind", "VARCHAR"), column("value", "VARCHAR")];
    case "range":
    case "generate_series":
      return [column(name.toLowerCase(), "BIGINT")];
    case "unnest":
      return [column("unnest", "")];
    default:
      return [];
  }
}

function columnsNamed(
  name: string,
  catalog: Catalog,
  commonTables: readonly ScopeTable[],
): readonly ScopeColumn[] {
  const common = commonTables.findLast(({ alias }) => alias.toLowerCase() === name.toLowerCase());
  if (common) return common.columns;
  const entry = catalog.get(name.toLowerCase());
  return (entry?.columns ?? []).map((column) => ({
    name: column.name,
    type: column.type,
    origin: { dataset: entry!.name, column: column.name, entity: column.entity },
  }));
}

/** Columns that a query (in its parentheses or a whole cell) gives. */
export function outputOf(
  group: readonly SqlToken[],
  catalog: Catalog,
  outer: readonly ScopeTable[],
): readonly ScopeColumn[] {
  const commonTables = [...outer, ...commonTablesOf(group, catalog, outer)];
  const query = queryAt(group, -1);
  const tables = tablesOf(query, catalog, commonTables);
  const words = outside(query);
  const select = words.find(({ token }) => wordOf(token) === "select");
  const all = () => tables.flatMap(({ columns }) => columns);
  if (select === undefined) return all();
  const end = words.find(
    ({ token, at }) => at > select.at && CLAUSES[wordOf(token)] !== undefined && wordOf(token) !== "select",
  );
  let start = select.at + 1;
  if (wordOf(query[start]) === "distinct") start += 1;
  const list = query.slice(start, end?.at ?? query.length);
  const columns: ScopeColumn[] = [];
  for (const item of itemsOf(list)) {
    const star = item.findIndex((token) => isToken(token, "*"));
    if (star === 0 || (star === 2 && isToken(item[1], "."))) {
      const owner = star === 2 ? nameOf(item[0]!).toLowerCase() : null;
      const excluded = new Set(
        wordOf(item[star + 1]) === "exclude"
          ? item
              .slice(star + 2)
              .filter(isName)
              .map((token) => nameOf(token).toLowerCase())
          : [],
      );
      columns.push(
        ...tables
          .filter(({ alias }) => owner === null || alias.toLowerCase() === owner)
          .flatMap((table) => table.columns)
          .filter(({ name }) => !excluded.has(name.toLowerCase())),
      );
      continue;
    }
    const column = columnOf(item, tables);
    if (column) columns.push(column);
  }
  return columns;
}

function itemsOf(list: readonly SqlToken[]): SqlToken[][] {
  const items: SqlToken[][] = [[]];
  let depth = 0;
  for (const token of list) {
    if (token.kind === "symbol" && "([{".includes(token.text)) depth += 1;
    if (token.kind === "symbol" && ")]}".includes(token.text)) depth -= 1;
    if (depth === 0 && isToken(token, ",")) items.push([]);
    else items.at(-1)!.push(token);
  }
  return items.filter((item) => item.length > 0);
}

function columnOf(item: readonly SqlToken[], tables: readonly ScopeTable[]): ScopeColumn | null {
  const last = item.at(-1)!;
  if (!isName(last)) return null;
  const isAlias = item.length > 1 && !isToken(item.at(-2), ".");
  const path = item.slice(0, isAlias ? (wordOf(item.at(-2)) === "as" ? -2 : -1) : undefined);
  const isReference = path.every((token, at) => (at % 2 === 0 ? isName(token) : isToken(token, ".")));
  const meant = isReference ? resolve(path.filter(isName).map(nameOf), tables) : null;
  return { ...(meant ?? { type: "", origin: null }), name: nameOf(last) };
}

/** The column that a dotted path of names means, fields of a STRUCT left out; null when none is known. */
export function resolve(path: readonly string[], tables: readonly ScopeTable[]): ScopeColumn | null {
  const [first = "", second] = path;
  const find = (table: ScopeTable, name: string) =>
    table.columns.find((column) => column.name === name) ??
    table.columns.find((column) => column.name.toLowerCase() === name.toLowerCase());
  if (second !== undefined) {
    const table = tables.find(({ alias }) => alias.toLowerCase() === first.toLowerCase());
    const column = table && find(table, second);
    if (column) return column;
  }
  for (const table of tables) {
    const column = find(table, first);
    if (column) return column;
  }
  return null;
}
