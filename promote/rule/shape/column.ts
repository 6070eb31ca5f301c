/** How a field that a person names is written in SQL. Browser-safe: pure functions only. */
import { type ColumnType, parseType, printType } from "../../../connectors/dataset/type.ts";
import { quoteIdentifier, quoteText } from "../../../connectors/sql/quote.ts";

/** A column of a dataset: its name in SQL and its DuckDB type. */
export interface ShapeColumn {
  readonly name: string;
  readonly type: string;
}

/** A field as an SQL expression and its DuckDB type. */
export interface FieldSql {
  readonly sql: string;
  readonly type: string;
}

function typeOf(text: string): ColumnType {
  try {
    return parseType(text);
  } catch {
    return { kind: "scalar", name: text };
  }
}

function nested(sql: string, type: ColumnType, path: readonly string[]): FieldSql | null {
  if (path.length === 0) return { sql, type: printType(type) };
  if (type.kind === "scalar" && type.name.toUpperCase() === "JSON") {
    const pointer = path.map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
    return { sql: `json_extract_string(${sql}, ${quoteText(pointer)})`, type: "VARCHAR" };
  }
  if (type.kind !== "struct") return null;
  for (let length = path.length; length >= 1; length -= 1) {
    const name = path.slice(0, length).join(".");
    const field =
      type.fields.find((candidate) => candidate.name === name) ??
      type.fields.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
    if (field === undefined) continue;
    const found = nested(`struct_extract(${sql}, ${quoteText(field.name)})`, field.type, path.slice(length));
    if (found !== null) return found;
  }
  return null;
}

/**
 * The expression for a field, nested ones with dots: the longest column name that begins it, then the fields of a
 * STRUCT or the keys of a JSON column. `qualifier` is put before the column. Null when the dataset has no such field.
 */
export function fieldSql(
  field: string,
  columns: readonly ShapeColumn[],
  qualifier: string | null = null,
): FieldSql | null {
  const path = field.split(".");
  for (let length = path.length; length >= 1; length -= 1) {
    const name = path.slice(0, length).join(".");
    const column =
      columns.find((candidate) => candidate.name === name) ??
      columns.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
    if (column === undefined) continue;
    const quoted = quoteIdentifier(column.name);
    const sql = qualifier === null ? quoted : `${quoteIdentifier(qualifier)}.${quoted}`;
    const found = nested(sql, typeOf(column.type), path.slice(length));
    if (found !== null) return found;
  }
  return null;
}

/** Whether values of the type are compared as they are; lists, structs and JSON are compared as text. */
export function isPlainType(type: string): boolean {
  return /^(VARCHAR|BOOLEAN|TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|U\w*INT\w*|DOUBLE|FLOAT|DECIMAL\(.*\)|TIMESTAMP|DATE|TIME|UUID)$/i.test(
    type,
  );
}
