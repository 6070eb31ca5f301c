/** Where a field of a condition lies in a dataset's columns. Browser-safe: pure functions only. */
import { type ColumnType, parseType } from "../../../connectors/dataset/type.ts";
import { quoteIdentifier } from "../../../connectors/sql/quote.ts";
import { textLiteral } from "./literal.ts";
import { isJson, jsonPointers, longestNamed, nestedColumn, typeOf } from "./nested-column.ts";

export interface ConditionColumn {
  readonly name: string;
  /** DuckDB type as DuckDB prints it. */
  readonly type: string;
}

/** How a scalar is compared. */
export type ValueFamily = "text" | "whole" | "fraction" | "boolean" | "time" | "other";

/** One value that a field has in a row, as SQL. */
export interface FieldValue {
  readonly sql: string;
  readonly family: ValueFamily;
}

/** A field found in the columns: makes a boolean of a test of one value; lists hold when one of their values does. */
export interface FieldAccess {
  any(test: (value: FieldValue) => string): string;
  /** Whether the row has no value there, as a boolean that is never NULL. */
  readonly missing: string;
}

const FAMILIES: Readonly<Record<string, ValueFamily>> = {
  VARCHAR: "text",
  BOOLEAN: "boolean",
  DOUBLE: "fraction",
  FLOAT: "fraction",
  TIMESTAMP: "time",
  DATE: "time",
};

/**
 * Finds a field: a column of that name, else one of the name in another case, else a part of a column (`a.b` in the STRUCT,
 * list of STRUCT or JSON `a`). Null when there is none. `side` begins the names of its variables: two fields that are compared
 * take two, else one would hide the other.
 */
export function findField(
  field: string,
  columns: readonly ConditionColumn[],
  side = "item",
): FieldAccess | null {
  const variables = variableNames(side, columns);
  return longestNamed(field.split("."), columns, (column, rest) =>
    inside(quoteIdentifier(column.name), typeOf(column.type), rest, variables, 1),
  );
}

/** The SQL and type of one scalar that a path names, to be shown; null where it names none or several. */
export function columnSql(
  path: string,
  columns: readonly ConditionColumn[],
): { readonly sql: string; readonly type: string } | null {
  const found = nestedColumn(path, columns);
  if (found === null || found.type.kind !== "scalar") return null;
  if (isJson(found.type)) return { sql: `CAST(${found.sql} AS VARCHAR)`, type: "VARCHAR" };
  return { sql: found.sql, type: found.type.name };
}

/** Names of lambda variables by depth; none is a column's name, which it would hide. */
function variableNames(side: string, columns: readonly ConditionColumn[]): (depth: number) => string {
  const taken = new Set(columns.map(({ name }) => name.toLowerCase()));
  return (depth) => {
    let name = `${side}${depth}`;
    while (taken.has(name)) name += "_";
    return name;
  };
}

/** Every column's text in one, a line each: what a keyword is looked for in. */
export function wholeEvent(columns: readonly ConditionColumn[]): string {
  const texts = columns
    .filter(({ name }) => !/^_(?:time|ingested|file|line)$/.test(name))
    .map(({ name, type }) => textOf({ sql: quoteIdentifier(name), family: familyOf(parseType(type)) }));
  return texts.length === 0 ? "''" : `concat_ws(chr(10), ${texts.join(", ")})`;
}

/** A value as text. */
export function textOf({ sql, family }: FieldValue): string {
  if (family === "text") return sql;
  return family === "other" ? `CAST(to_json(${sql}) AS VARCHAR)` : `CAST(${sql} AS VARCHAR)`;
}

function inside(
  sql: string,
  type: ColumnType,
  path: readonly string[],
  variables: (depth: number) => string,
  depth: number,
): FieldAccess | null {
  if (type.kind === "list") {
    const variable = variables(depth);
    const item = inside(variable, type.item, path, variables, depth + 1);
    return item && each(sql, variable, item);
  }
  if (isJson(type)) return jsonAccess(sql, path, variables(depth));
  if (path.length === 0) {
    const value = { sql, family: familyOf(type) };
    return { any: (test) => test(value), missing: `${sql} IS NULL` };
  }
  if (type.kind !== "struct") return null;
  return longestNamed(path, type.fields, (part, rest) =>
    inside(`${sql}.${quoteIdentifier(part.name)}`, part.type, rest, variables, depth),
  );
}

function each(list: string, variable: string, item: FieldAccess): FieldAccess {
  const any: FieldAccess["any"] = (test) =>
    `len(list_filter(${list}, lambda ${variable}: ${item.any(test)})) > 0`;
  return { any, missing: `(${any(({ sql }) => `${sql} IS NOT NULL`)}) IS NOT TRUE` };
}

/** JSON has no types: whatever lies there is read as text, and a list as its items. */
function jsonAccess(sql: string, path: readonly string[], variable: string): FieldAccess {
  const places = path.length === 0 ? ["$"] : jsonPointers(path);
  const cases = places.map((place, index) => {
    const [at, text] = [textLiteral(place), `json_extract_string(${sql}, ${textLiteral(place)})`];
    const items = `WHEN json_type(${sql}, ${at}) = 'ARRAY' THEN json_extract_string(json_extract(${sql}, ${at}), '$[*]')`;
    const one = index === places.length - 1 ? `ELSE [${text}]` : `WHEN ${text} IS NOT NULL THEN [${text}]`;
    return `${items} ${one}`;
  });
  return each(`CASE ${cases.join(" ")} END`, variable, {
    any: (test) => test({ sql: variable, family: "text" }),
    missing: `${variable} IS NULL`,
  });
}

function familyOf(type: ColumnType): ValueFamily {
  if (type.kind !== "scalar") return "other";
  if (/^U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?$/.test(type.name)) return "whole";
  if (type.name.startsWith("DECIMAL")) return "fraction";
  if (type.name.startsWith("TIMESTAMP")) return "time";
  return FAMILIES[type.name] ?? "other";
}
