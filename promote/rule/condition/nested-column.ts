/** Where a field that a person names lies in a dataset's columns: the one place that reads dots. Browser-safe. */
import { type ColumnType, parseType } from "../../../connectors/dataset/type.ts";
import { quoteIdentifier } from "../../../connectors/sql/quote.ts";
import { textLiteral } from "./literal.ts";

/** JSON below this many dots is looked into with every way of reading them as parts of keys. */
const MAXIMUM_SPLIT_PARTS = 4;

/** A field as an SQL expression and its DuckDB type. */
interface NestedColumn {
  readonly sql: string;
  readonly type: ColumnType;
}

/** The one of that name, else the one of the name in another case. */
function named<T extends { readonly name: string }>(name: string, among: readonly T[]): T | undefined {
  const lower = name.toLowerCase();
  return among.find((one) => one.name === name) ?? among.find((one) => one.name.toLowerCase() === lower);
}

/**
 * Tries a dotted path among names, the longest name first since names may hold dots themselves, and answers what `read` first
 * makes of one and the rest of the path.
 */
export function longestNamed<T extends { readonly name: string }, R>(
  path: readonly string[],
  among: readonly T[],
  read: (found: T, rest: readonly string[]) => R | null,
): R | null {
  for (let count = path.length; count > 0; count -= 1) {
    const found = named(path.slice(0, count).join("."), among);
    const result = found === undefined ? null : read(found, path.slice(count));
    if (result !== null) return result;
  }
  return null;
}

/** A type as it is written, also one that cannot be read: it is taken as a scalar of that name. */
export function typeOf(text: string): ColumnType {
  try {
    return parseType(text);
  } catch {
    return { kind: "scalar", name: text };
  }
}

export function isJson(type: ColumnType): boolean {
  return type.kind === "scalar" && type.name.toUpperCase() === "JSON";
}

/**
 * Where a dotted path may lie in a JSON value, as JSON pointers (RFC 6901), which reach a key of any characters. A dot may
 * part two keys or belong to one: the longest keys come first. At least one part.
 */
export function jsonPointers(path: readonly string[]): string[] {
  const step = (key: string): string => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
  const ways = (parts: readonly string[]): string[] => {
    if (parts.length === 0) return [""];
    return parts.flatMap((_, index) => {
      const count = parts.length - index;
      return ways(parts.slice(count)).map((rest) => step(parts.slice(0, count).join(".")) + rest);
    });
  };
  return path.length > MAXIMUM_SPLIT_PARTS ? [step(path.join(".")), path.map(step).join("")] : ways(path);
}

/** The text that lies at a path of a JSON value; NULL where none does. */
function jsonTextSql(sql: string, path: readonly string[]): string {
  const texts = jsonPointers(path).map((pointer) => `json_extract_string(${sql}, ${textLiteral(pointer)})`);
  return texts.length === 1 ? texts[0]! : `coalesce(${texts.join(", ")})`;
}

/** The one value that a field names, with the fields of a STRUCT or the keys of JSON. Null when there is none. `qualifier` is put before the column. */
export function nestedColumn(
  field: string,
  columns: readonly { readonly name: string; readonly type: string }[],
  qualifier: string | null = null,
): NestedColumn | null {
  return longestNamed(field.split("."), columns, (column, rest) => {
    const quoted = quoteIdentifier(column.name);
    return inside(
      qualifier === null ? quoted : `${quoteIdentifier(qualifier)}.${quoted}`,
      typeOf(column.type),
      rest,
    );
  });
}

function inside(sql: string, type: ColumnType, path: readonly string[]): NestedColumn | null {
  if (path.length === 0) return { sql, type };
  if (isJson(type)) return { sql: jsonTextSql(sql, path), type: { kind: "scalar", name: "VARCHAR" } };
  if (type.kind !== "struct") return null;
  return longestNamed(path, type.fields, (part, rest) =>
    inside(`struct_extract(${sql}, ${textLiteral(part.name)})`, part.type, rest),
  );
}
