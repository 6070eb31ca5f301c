import { type DuckDBType, DuckDBTypeId } from "@duckdb/node-api";
import { quoteIdentifier } from "../../connectors/sql/quote.ts";
import { formatColumnType, parseColumnType } from "../catalog/column-type.ts";
import { type QueryColumn, QueryError } from "../engine/engine.ts";
import { typeName } from "../engine/type-name.ts";

/** One column of a kept result: its name for readers, its plain name and type in the scratch table. */
export interface ResultColumn {
  readonly name: string;
  readonly type: string;
  /** `c0`, `c1`, ...: no name of a result ever becomes SQL of ours, and none hides `rowid`. */
  readonly field: string;
  /** Its type in the scratch table, as SQL. */
  readonly sqlType: string;
  readonly kind: ColumnKind;
}

/** What can be done with a column: `whole` numbers and `time` are counted exactly in integers. */
export type ColumnKind = "whole" | "number" | "time" | "text" | "json" | "other" | "nested";

const WHOLE: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.TINYINT,
  DuckDBTypeId.SMALLINT,
  DuckDBTypeId.INTEGER,
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.UTINYINT,
  DuckDBTypeId.USMALLINT,
  DuckDBTypeId.UINTEGER,
]);
const NUMBER: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UHUGEINT,
  DuckDBTypeId.FLOAT,
  DuckDBTypeId.DOUBLE,
  DuckDBTypeId.DECIMAL,
]);
const TIME: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.TIMESTAMP,
  DuckDBTypeId.TIMESTAMP_S,
  DuckDBTypeId.TIMESTAMP_MS,
  DuckDBTypeId.TIMESTAMP_NS,
  DuckDBTypeId.TIMESTAMP_TZ,
  DuckDBTypeId.DATE,
]);
const NESTED: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.LIST,
  DuckDBTypeId.STRUCT,
  DuckDBTypeId.MAP,
  DuckDBTypeId.ARRAY,
  DuckDBTypeId.UNION,
]);

function kindOf(type: DuckDBType): ColumnKind {
  if (type.alias === "JSON") return "json";
  if (WHOLE.has(type.typeId)) return "whole";
  if (NUMBER.has(type.typeId)) return "number";
  if (TIME.has(type.typeId)) return "time";
  if (NESTED.has(type.typeId)) return "nested";
  return type.typeId === DuckDBTypeId.VARCHAR ? "text" : "other";
}

/** The type that the scratch table has for a type of a result; what has no name in SQL becomes text. */
function tableType(type: DuckDBType): string {
  if (type.typeId === DuckDBTypeId.SQLNULL) return "INTEGER";
  try {
    return formatColumnType(parseColumnType(typeName(type)));
  } catch {
    return "VARCHAR";
  }
}

export function resultColumns(
  columns: readonly QueryColumn[],
  types: readonly DuckDBType[],
): readonly ResultColumn[] {
  return columns.map((column, at) => {
    const type = types[at]!;
    const inTable = tableType(type);
    const same = type.typeId !== DuckDBTypeId.SQLNULL && (inTable !== "VARCHAR" || column.type === "VARCHAR");
    const kind = type.typeId === DuckDBTypeId.SQLNULL ? "whole" : same ? kindOf(type) : "text";
    const shown = same ? column.type : inTable;
    return { name: column.name, type: shown, field: `c${at}`, sqlType: inTable, kind };
  });
}

/** The column types of the scratch table: `c0 BIGINT, c1 VARCHAR`. */
export function tableFields(columns: readonly ResultColumn[]): string {
  return columns.map((column) => `${column.field} ${column.sqlType}`).join(", ");
}

/** `t.c0 AS "name", ...` for readers. */
export function selectFields(columns: readonly ResultColumn[], table: string): string {
  return columns.map((column) => `${table}.${column.field} AS ${quoteIdentifier(column.name)}`).join(", ");
}

/** The column of that name. Throws QueryError `invalid`. */
export function columnNamed(columns: readonly ResultColumn[], name: string): ResultColumn {
  const found =
    columns.find((column) => column.name === name) ??
    columns.find((column) => column.name.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return found;
  const message = `The result has no column ${name}.`;
  throw new QueryError("invalid", message, {
    sql: "",
    issues: [
      {
        severity: "error",
        code: "result.column",
        place: name,
        message,
        remedy: `It has ${columns.map((column) => column.name).join(", ")}.`,
      },
    ],
  });
}
