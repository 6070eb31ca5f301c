/** Where a field of a condition lies in a dataset's columns. Browser-safe: pure functions only. */
import { type ColumnType, parseType } from "../../../connectors/dataset/type.ts";
import { quoteIdentifier } from "../../../connectors/sql/quote.ts";
import { textLiteral } from "./literal.ts";

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
 * list of STRUCT or JSON `a`). Null when there is none.
 */
export function findField(field: string, columns: readonly ConditionColumn[]): FieldAccess | null {
  const parts = field.split(".");
  for (let count = parts.length; count > 0; count -= 1) {
    const column = named(parts.slice(0, count).join("."), columns);
    if (!column) continue;
    const access = inside(quoteIdentifier(column.name), parseType(column.type), parts.slice(count), 1);
    if (access) return access;
  }
  return null;
}

/** The SQL and type of one scalar that a path names, to be shown; null where it names none or several. */
export function columnSql(
  path: string,
  columns: readonly ConditionColumn[],
): { readonly sql: string; readonly type: string } | null {
  const parts = path.split(".");
  for (let count = parts.length; count > 0; count -= 1) {
    const column = named(parts.slice(0, count).join("."), columns);
    const found =
      column && scalarInside(quoteIdentifier(column.name), parseType(column.type), parts.slice(count));
    if (found) return found;
  }
  return null;
}

function scalarInside(
  sql: string,
  type: ColumnType,
  path: readonly string[],
): { sql: string; type: string } | null {
  if (type.kind === "scalar" && type.name === "JSON") {
    if (path.length === 0) return { sql: `CAST(${sql} AS VARCHAR)`, type: "VARCHAR" };
    return { sql: `json_extract_string(${sql}, ${textLiteral(jsonPathOf(path))})`, type: "VARCHAR" };
  }
  if (type.kind === "list") return null;
  if (type.kind === "scalar") return path.length === 0 ? { sql, type: type.name } : null;
  for (let count = path.length; count > 0; count -= 1) {
    const part = named(path.slice(0, count).join("."), type.fields);
    const found = part && scalarInside(`${sql}.${quoteIdentifier(part.name)}`, part.type, path.slice(count));
    if (found) return found;
  }
  return null;
}

function jsonPathOf(path: readonly string[]): string {
  return `$${path.map((key) => `."${key.replaceAll(/["\\]/g, "")}"`).join("")}`;
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

function named<T extends { readonly name: string }>(name: string, among: readonly T[]): T | undefined {
  return (
    among.find((one) => one.name === name) ??
    among.find((one) => one.name.toLowerCase() === name.toLowerCase())
  );
}

function inside(sql: string, type: ColumnType, path: readonly string[], depth: number): FieldAccess | null {
  if (type.kind === "list") {
    const variable = `item${depth}`;
    const item = inside(variable, type.item, path, depth + 1);
    return item && each(sql, variable, item);
  }
  if (type.kind === "scalar" && type.name === "JSON") return jsonAccess(sql, path, depth);
  if (path.length === 0) {
    const value = { sql, family: familyOf(type) };
    return { any: (test) => test(value), missing: `${sql} IS NULL` };
  }
  if (type.kind !== "struct") return null;
  for (let count = path.length; count > 0; count -= 1) {
    const part = named(path.slice(0, count).join("."), type.fields);
    const access =
      part && inside(`${sql}.${quoteIdentifier(part.name)}`, part.type, path.slice(count), depth);
    if (access) return access;
  }
  return null;
}

function each(list: string, variable: string, item: FieldAccess): FieldAccess {
  const any: FieldAccess["any"] = (test) =>
    `len(list_filter(${list}, lambda ${variable}: ${item.any(test)})) > 0`;
  return { any, missing: `(${any(({ sql }) => `${sql} IS NOT NULL`)}) IS NOT TRUE` };
}

/** JSON has no types: whatever lies there is read as text, and a list as its items. */
function jsonAccess(sql: string, path: readonly string[], depth: number): FieldAccess {
  const jsonPath = jsonPathOf(path);
  const variable = `item${depth}`;
  const list =
    `CASE WHEN json_type(${sql}, ${textLiteral(jsonPath)}) = 'ARRAY' THEN json_extract_string(${sql}, ${textLiteral(`${jsonPath}[*]`)}) ` +
    `ELSE [json_extract_string(${sql}, ${textLiteral(jsonPath)})] END`;
  return each(list, variable, {
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
