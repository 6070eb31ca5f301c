/** How a field that a person names is written in SQL. Browser-safe: pure functions only. */
import { printType } from "../../../connectors/dataset/type.ts";
import { nestedColumn } from "../condition/nested-column.ts";

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

/**
 * The expression for a field, nested ones with dots: the longest column name that begins it, then the fields of a
 * STRUCT or the keys of a JSON column. `qualifier` is put before the column. Null when the dataset has no such field.
 */
export function fieldSql(
  field: string,
  columns: readonly ShapeColumn[],
  qualifier: string | null = null,
): FieldSql | null {
  const found = nestedColumn(field, columns, qualifier);
  return found && { sql: found.sql, type: printType(found.type) };
}

/** Whether values of the type are compared as they are; lists, structs and JSON are compared as text. */
export function isPlainType(type: string): boolean {
  return /^(VARCHAR|BOOLEAN|TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|U\w*INT\w*|DOUBLE|FLOAT|DECIMAL\(.*\)|TIMESTAMP|DATE|TIME|UUID)$/i.test(
    type,
  );
}

/** Whether the type is of numbers, which are compared as numbers whatever their types. */
export function isNumericType(type: string): boolean {
  return /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|DECIMAL\(.*\))$/i.test(type);
}
