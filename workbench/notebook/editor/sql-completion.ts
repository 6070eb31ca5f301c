import type {
  Completion,
  CompletionContext,
  CompletionResult,
  CompletionSource,
} from "@codemirror/autocomplete";
import { startCompletion } from "@codemirror/autocomplete";
import type { EditorView } from "@codemirror/view";
import { cellLiteral } from "../../../notebooks/document/filtered-sql.ts";
import type { CatalogEntry } from "../../../server/api/api.ts";
import { fieldsOf, shortType } from "./column-type.ts";
import { engineDocs, type FunctionDoc, HUNT_DOCS, part, renderDoc } from "./function-docs.ts";
import type { CellName, EditorKnowledge } from "./knowledge.ts";
import { quotedName } from "./names.ts";
import { resolve, type ScopeColumn, type ScopeTable, type SqlScope, scopeAt } from "./sql-scope.ts";
import { isName, isToken, nameOf, type SqlToken, sqlTokensOf } from "./sql-text.ts";

export interface CompletionWorld {
  readonly catalog: () => readonly CatalogEntry[];
  /** Names of the other cells. */
  readonly cells: () => readonly CellName[];
  readonly knowledge: EditorKnowledge;
}

const KEYWORDS =
  "SELECT;FROM;WHERE;GROUP BY;GROUP BY ALL;HAVING;QUALIFY;ORDER BY;ORDER BY ALL;LIMIT;OFFSET;DISTINCT;DISTINCT ON;AS;AND;OR;NOT;IN;LIKE;ILIKE;SIMILAR TO;BETWEEN;IS NULL;IS NOT NULL;IS DISTINCT FROM;CASE;WHEN;THEN;ELSE;END;JOIN;LEFT JOIN;RIGHT JOIN;FULL JOIN;INNER JOIN;CROSS JOIN;ASOF JOIN;SEMI JOIN;ANTI JOIN;LATERAL;ON;USING;UNION ALL;UNION;UNION BY NAME;EXCEPT;INTERSECT;WITH;RECURSIVE;OVER;PARTITION BY;ROWS BETWEEN;RANGE BETWEEN;UNBOUNDED PRECEDING;CURRENT ROW;FILTER (WHERE;EXCLUDE;REPLACE;COLUMNS;DESC;ASC;NULLS LAST;NULLS FIRST;EXISTS;VALUES;CAST;TRY_CAST;TRY;INTERVAL;TIMESTAMP;DATE;TRUE;FALSE;NULL;DESCRIBE;SUMMARIZE;PIVOT;UNPIVOT;USING SAMPLE;TABLESAMPLE;ESCAPE;COLLATE;EXTRACT;WINDOW;LAMBDA".split(
    ";",
  );
/** How much of the clause's likely next thing stands before the rest. */
const BOOST = {
  column: 40,
  tables: 30,
  alias: 25,
  hunt: 10,
  function: 0,
  keyword: -10,
  elsewhere: -40,
} as const;
const WORD = /^[\w$\u0080-\uffff]*$/;
const TABLE_CLAUSE_FUNCTIONS = new Set([
  "indicators",
  "unnest",
  "range",
  "generate_series",
  "json_each",
  "json_tree",
]);
/** Types whose values an editor offers. */
export const TEXT_TYPE = /^(VARCHAR|ENUM|BOOLEAN|UUID|JSON)/;

/** Completion of SQL cells: names in scope first, then functions, then keywords. */
export function sqlCompletion(world: CompletionWorld): CompletionSource {
  return async (context) => {
    const sql = context.state.doc.toString();
    const scope = scopeAt(sql, context.pos, world.catalog());
    const inside = scope.tokens.find(
      (token) =>
        token.from < context.pos && (context.pos < token.to || (context.pos === token.to && !token.closed)),
    );
    if (inside?.kind === "string") return valuesInString(context, scope, inside, world);
    if (inside?.kind === "value") return namesInBraces(context, world.cells());
    if (isInComment(sql, context.pos)) return null;
    if (inside?.kind === "quoted") return namesInQuotes(context, scope, inside, world);
    const word = context.matchBefore(/[\w$\u0080-\uffff]+/);
    const from = word?.from ?? context.pos;
    if (word && /^\d/.test(word.text)) return null;
    const before = scope.tokens.filter((token) => token.to <= from);
    if (isToken(before.at(-1), ".") && before.at(-1)!.to === from) return afterDot(from, before, scope);
    if (isToken(before.at(-1), "::") || isNewName(before)) return null;
    if (!word && !context.explicit && !startsName(before, sql.slice(before.at(-1)?.to ?? 0, from)))
      return null;
    const functions = world.knowledge.functionsNow();
    const options = optionsAt(scope, before, engineDocs(functions ?? []), world.catalog());
    return functions === null ? { from, options } : { from, options, validFor: WORD };
  };
}

/** Whether the word at the cursor names something new: after AS, or after a table that has a name already. */
function isNewName(before: readonly SqlToken[]): boolean {
  const last = before.at(-1);
  if (!isToken(last, "as")) return false;
  // WITH name AS (…) has a parenthesis next, CAST(x AS type) a type: neither is worth a list of columns.
  return true;
}

/** Whether a list should open by itself after a space: where only names can follow. */
function startsName(before: readonly SqlToken[], gap: string): boolean {
  if (gap === "") return false;
  const last = before.at(-1);
  return ["from", "join", "by", "where", "and", "or", "on", "having", "qualify"].some((word) =>
    isToken(last, word),
  );
}

function isInComment(sql: string, at: number): boolean {
  return sqlTokensOf(sql).some(
    ({ kind, text, from, to }) =>
      kind === "comment" && from < at && (at < to || (at === to && text.startsWith("--"))),
  );
}

function optionsAt(
  scope: SqlScope,
  before: readonly SqlToken[],
  functions: readonly FunctionDoc[],
  catalog: readonly CatalogEntry[],
): Completion[] {
  const last = before.at(-1);
  if (
    scope.clause === "from" &&
    (isToken(last, "from") || isToken(last, "join") || isToken(last, ",") || isToken(last, "lateral"))
  ) {
    return [
      ...scope.commonTables.map((table) => tableOption(table.alias, "CTE", BOOST.tables + 5)),
      ...catalog.map(datasetOption),
      ...functionOptions(
        functions.filter(({ name, kind }) => kind === "table" && TABLE_CLAUSE_FUNCTIONS.has(name)),
      ),
      ...functionOptions(HUNT_DOCS.filter(({ kind }) => kind === "table")),
      ...keywordOptions(["LATERAL"]),
    ];
  }
  if (scope.clause === "start") {
    const word = before.length === 0 || isToken(last, "(") || isToken(last, ")");
    if (word)
      return keywordOptions([
        "SELECT",
        "WITH",
        "FROM",
        "DESCRIBE",
        "SUMMARIZE",
        "VALUES",
        "PIVOT",
        "UNPIVOT",
      ]);
  }
  const columns = scope.tables.length > 0 ? columnOptions(scope.tables) : [];
  const isAlone = scope.tables.length === 0;
  return [
    ...(scope.clause === "on" ? joinOptions(scope.tables) : []),
    ...columns,
    ...(isAlone ? columnsOfAll(catalog) : []),
    ...scope.tables.filter(({ alias }) => alias !== "").map((table) => aliasOption(table)),
    ...(["group", "order", "having", "qualify"].includes(scope.clause)
      ? scope.selectAliases.map((name) => ({
          label: name,
          apply: quotedName(name),
          detail: "SELECT",
          type: "variable",
          boost: BOOST.alias,
        }))
      : []),
    ...functionOptions(HUNT_DOCS.filter(({ kind }) => kind !== "table")),
    ...functionOptions(functions.filter(({ kind }) => kind !== "table")),
    ...keywordOptions(KEYWORDS),
  ].filter(unique());
}

/** The first of options with the same label and kind. */
function unique(): (option: Completion) => boolean {
  const seen = new Set<string>();
  return ({ label, displayLabel = label, type = "" }) => {
    const key = `${type === "property" || type === "variable" ? "name" : type} ${displayLabel}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  };
}

function columnOptions(tables: readonly ScopeTable[]): Completion[] {
  const counts = new Map<string, number>();
  for (const { columns } of tables)
    for (const { name } of columns) counts.set(name.toLowerCase(), (counts.get(name.toLowerCase()) ?? 0) + 1);
  return tables.flatMap((table, at) =>
    table.columns.map((column, place) => {
      const isShared = (counts.get(column.name.toLowerCase()) ?? 0) > 1 && table.alias !== "";
      const apply = isShared
        ? `${quotedName(table.alias)}.${quotedName(column.name)}`
        : quotedName(column.name);
      const option = columnOption(column, apply, BOOST.column - Math.min(at, 10) - Math.min(place, 99) / 100);
      return isShared ? { ...option, displayLabel: `${table.alias}.${column.name}` } : option;
    }),
  );
}

function columnOption(column: ScopeColumn, apply: string, boost: number): Completion {
  return {
    label: column.name,
    apply,
    detail: shortType(column.type),
    type: "property",
    boost,
    info: () => renderColumn(column),
  };
}

/** Columns of every dataset, while the query names none yet. */
function columnsOfAll(catalog: readonly CatalogEntry[]): Completion[] {
  const owners = new Map<string, string[]>();
  for (const entry of catalog)
    for (const { name } of entry.columns) owners.set(name, [...(owners.get(name) ?? []), entry.name]);
  return [...owners].map(([name, datasets]) => ({
    label: name,
    apply: quotedName(name),
    detail: datasets.length === 1 ? datasets[0]! : `${datasets.length} datasets`,
    type: "property",
    boost: BOOST.elsewhere,
  }));
}

function datasetOption(entry: CatalogEntry): Completion {
  return {
    label: entry.name,
    apply: quotedName(entry.name),
    detail: entry.origin === "spoor" ? "of Spoor" : `${entry.rowCount.toLocaleString("en")} rows`,
    type: "type",
    boost: entry.origin === "spoor" ? BOOST.tables - 10 : BOOST.tables,
    info: () => renderDataset(entry),
  };
}

function tableOption(name: string, detail: string, boost: number): Completion {
  return { label: name, apply: quotedName(name), detail, type: "type", boost };
}

function aliasOption(table: ScopeTable): Completion {
  return {
    label: table.alias,
    detail: table.source === table.alias ? "table" : table.source,
    type: "namespace",
    boost: BOOST.alias,
    apply: (view, _option, from, to) => {
      const insert = `${quotedName(table.alias)}.`;
      view.dispatch({ changes: { from, to, insert }, selection: { anchor: from + insert.length } });
      startCompletion(view);
    },
  };
}

/** Equalities of a JOIN: same names, and columns that hold the same kind of entity. */
function joinOptions(tables: readonly ScopeTable[]): Completion[] {
  const right = tables.at(-1);
  if (right === undefined) return [];
  return tables.slice(0, -1).flatMap((left) =>
    left.columns.flatMap((column) =>
      right.columns
        .filter(
          (other) =>
            !column.name.startsWith("_") &&
            (other.name.toLowerCase() === column.name.toLowerCase() ||
              (other.origin?.entity && other.origin.entity === column.origin?.entity)),
        )
        .map((other) => {
          const label = `${quotedName(left.alias)}.${quotedName(column.name)} = ${quotedName(right.alias)}.${quotedName(other.name)}`;
          return { label, detail: column.origin?.entity ?? "same name", type: "text", boost: 60 };
        }),
    ),
  );
}

function functionOptions(docs: readonly FunctionDoc[]): Completion[] {
  return docs.map((doc) => ({
    label: doc.name,
    detail: doc.origin === "hunt" ? "hunt" : doc.kind === "scalar" ? "" : doc.kind,
    type: "function",
    boost: doc.origin === "hunt" ? BOOST.hunt : BOOST.function,
    apply: applyCall(doc),
    info: () => renderDoc(doc),
  }));
}

/** Writes the call with the cursor between its parentheses, or behind them when it takes nothing. */
export function applyCall(doc: FunctionDoc) {
  return (view: EditorView, _option: Completion, from: number, to: number): void => {
    const hasParenthesis = view.state.sliceDoc(to, to + 1) === "(";
    const takesNothing = doc.signatures.every((signature) => signature.includes("()"));
    const insert = hasParenthesis ? doc.name : `${doc.name}()`;
    const anchor = from + doc.name.length + (hasParenthesis ? 1 : takesNothing ? 2 : 1);
    view.dispatch({ changes: { from, to, insert }, selection: { anchor }, userEvent: "input.complete" });
  };
}

function keywordOptions(words: readonly string[]): Completion[] {
  return words.map((word) => ({ label: word, type: "keyword", boost: BOOST.keyword }));
}

/** `alias.`, `column.field.` and `alias.column.field.` */
function afterDot(from: number, before: readonly SqlToken[], scope: SqlScope): CompletionResult | null {
  const path: string[] = [];
  let at = before.length - 1;
  while (isToken(before[at], ".") && isName(before[at - 1])) {
    path.unshift(nameOf(before[at - 1]!));
    at -= 2;
  }
  const options = membersOf(path, scope.tables);
  return options.length === 0 ? null : { from, options, validFor: WORD };
}

function membersOf(path: readonly string[], tables: readonly ScopeTable[]): Completion[] {
  const [first = ""] = path;
  const table = tables.find(({ alias }) => alias.toLowerCase() === first.toLowerCase());
  if (table && path.length === 1) {
    return table.columns.map((column, place) =>
      columnOption(column, quotedName(column.name), BOOST.column - Math.min(place, 99) / 100),
    );
  }
  const column = resolve(path, tables);
  if (column === null) return [];
  const isQualified = table?.columns.includes(column) ?? false;
  let fields = fieldsOf(column.type);
  for (const name of path.slice(isQualified ? 2 : 1)) {
    fields = fieldsOf(fields.find((field) => field.name.toLowerCase() === name.toLowerCase())?.type ?? "");
  }
  return fields.map(({ name, type }, place) => ({
    label: name,
    apply: quotedName(name),
    detail: shortType(type),
    type: "property",
    boost: BOOST.column - Math.min(place, 99) / 100,
  }));
}

function namesInQuotes(
  context: CompletionContext,
  scope: SqlScope,
  token: SqlToken,
  world: CompletionWorld,
): CompletionResult {
  const before = scope.tokens.filter(({ to }) => to <= token.from);
  const dotted = isToken(before.at(-1), ".") ? afterDot(token.from, before, scope) : null;
  const options =
    dotted?.options ??
    (scope.clause === "from" ? world.catalog().map(datasetOption) : columnOptions(scope.tables));
  const to = token.closed ? token.to : context.pos;
  return {
    from: token.from + 1,
    to: token.closed ? token.to - 1 : context.pos,
    options: options.map((option) => ({
      ...option,
      apply: (view: EditorView, _option: Completion, _from: number) => {
        const insert = `"${option.label.replaceAll('"', '""')}"`;
        view.dispatch({
          changes: { from: token.from, to: Math.max(to, context.pos), insert },
          selection: { anchor: token.from + insert.length },
        });
      },
    })),
    filter: true,
  };
}

function namesInBraces(context: CompletionContext, cells: readonly CellName[]): CompletionResult | null {
  const word = context.matchBefore(/[\w$]*/);
  if (!word || context.state.sliceDoc(word.from - 1, word.from) === ".") return null;
  return {
    from: word.from,
    options: cells.map(({ name, kind }) => ({
      label: name,
      detail: kind === "rows" ? "rows of a cell" : "value of a cell",
      type: "variable",
      boost: kind === "value" ? 10 : 0,
    })),
    validFor: /^[\w$]*$/,
  };
}

const COMPARES = new Set(["=", "==", "<>", "!=", "like", "ilike", "to", "in"]);

/** The column that a quoted text is compared with: `col = '`, `col IN ('a', '`, `col LIKE '`. */
export function comparedColumn(tokens: readonly SqlToken[], at: number): readonly string[] | null {
  let place = at - 1;
  if (isToken(tokens[place], ",") || isToken(tokens[place], "(")) {
    while (place >= 0 && (isToken(tokens[place], ",") || tokens[place]!.kind === "string")) place -= 1;
    if (!isToken(tokens[place], "(") || !isToken(tokens[place - 1], "in")) return null;
    place -= 1;
  }
  const operator = tokens[place];
  if (operator === undefined || !COMPARES.has(operator.text.toLowerCase())) return null;
  place -= isToken(operator, "to") ? 2 : 1;
  if (isToken(tokens[place], "not")) place -= 1;
  const path: string[] = [];
  while (isName(tokens[place])) {
    path.unshift(nameOf(tokens[place]!));
    if (!isToken(tokens[place - 1], ".")) break;
    place -= 2;
  }
  return path.length === 0 ? null : path;
}

async function valuesInString(
  context: CompletionContext,
  scope: SqlScope,
  token: SqlToken,
  world: CompletionWorld,
): Promise<CompletionResult | null> {
  if (!token.text.startsWith("'")) return null;
  const path = comparedColumn(scope.tokens, scope.tokens.indexOf(token));
  const column = path && resolve(path, scope.tables);
  if (!column?.origin || !TEXT_TYPE.test(column.type)) return null;
  const { origin } = column;
  const entry = world.catalog().find(({ name }) => name === origin.dataset);
  if (!entry) return null;
  const values = await world.knowledge.values(entry, origin.column);
  if (context.aborted || values.length === 0) return null;
  const most = values[0]!.count;
  return {
    from: token.from + 1,
    to: token.closed ? token.to - 1 : context.pos,
    options: values.map(({ value, count }) => ({
      label: value,
      detail: count.toLocaleString("en"),
      type: "constant",
      boost: Math.round((99 * count) / most) - 50,
      apply: (view: EditorView) => {
        const insert = cellLiteral(value);
        const end = token.closed ? token.to : context.pos;
        view.dispatch({
          changes: { from: token.from, to: Math.max(end, view.state.selection.main.head), insert },
          selection: { anchor: token.from + insert.length },
          userEvent: "input.complete",
        });
      },
    })),
    validFor: /^[^']*$/,
  };
}

export function renderColumn(column: ScopeColumn): HTMLElement {
  const element = part("div", "editor-doc", "");
  element.append(part("code", "editor-doc-signature", column.name));
  if (column.type !== "") element.append(part("p", "editor-doc-type", column.type));
  const { origin } = column;
  if (origin) {
    const entity = origin.entity ? `, entity ${origin.entity}` : "";
    element.append(part("span", "editor-doc-kind", `column of ${origin.dataset}${entity}`));
  } else element.append(part("span", "editor-doc-kind", "computed by the query"));
  return element;
}

export function renderDataset(entry: CatalogEntry): HTMLElement {
  const element = part("div", "editor-doc", "");
  element.append(part("code", "editor-doc-signature", entry.name));
  const origin =
    entry.origin === "spoor" ? "dataset that Spoor records" : `dataset of the source ${entry.source}`;
  element.append(
    part(
      "span",
      "editor-doc-kind",
      `${origin}, ${entry.rowCount.toLocaleString("en")} rows, ${entry.columns.length} columns`,
    ),
  );
  const names = entry.columns.slice(0, 14).map(({ name }) => name);
  const more = entry.columns.length > names.length ? `, … ${entry.columns.length - names.length} more` : "";
  element.append(part("p", "editor-doc-columns", names.join(", ") + more));
  return element;
}
