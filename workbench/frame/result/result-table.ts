import { type Column, type Table, tableFromIPC } from "@uwdata/flechette";
import type { RowsAnswer } from "../protocol.ts";
import { isNumeric } from "./column-kind.ts";
import { type ArrowType, plainValue, rawText, valueText } from "./value-text.ts";

/** Rows as the frame reads them: values are read one at a time, never a column as a whole. */
export interface ResultTable {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rowCount: number;
  /** False when rows are missing. */
  readonly complete: boolean;
  /** The value as JavaScript: exact integers are number or bigint, instants Date. */
  value(row: number, column: number): unknown;
  /** The value as text, exact; null for NULL. Instants as ISO in UTC with the digits that are not zero. */
  text(row: number, column: number): string | null;
}

/**
 * Reads a whole Arrow IPC stream lazily. Throws when the bytes are none.
 *
 * @param columns DuckDB's names and types where they are known; Arrow's otherwise
 * @param rowLimit the limit that was asked for; a result beyond it was cut
 */
export function arrowTable(
  bytes: Uint8Array,
  columns: readonly { readonly name: string; readonly type: string }[] | null = null,
  rowLimit: number = Number.POSITIVE_INFINITY,
): ResultTable {
  const table = tableFromIPC(bytes, {
    useBigInt: true,
    useBigIntTimestamp: true,
    useDecimalInt: true,
  }) as Table;
  const children = table.children as Column<unknown>[];
  const fields = table.schema.fields.map(({ name, type }) => ({ name, type: type as ArrowType }));
  return {
    columns: fields.map(({ name, type }, index) => ({
      name: columns?.[index]?.name ?? name,
      type: columns?.[index]?.type ?? typeName(type),
    })),
    rowCount: Math.min(table.numRows, rowLimit),
    complete: table.numRows <= rowLimit,
    value: (row, column) => plainValue(children[column]!.at(row), fields[column]!.type),
    text: (row, column) => rawText(children[column]!.at(row), fields[column]!.type),
  };
}

function typeName({ typeId, unit, dictionary }: ArrowType): string {
  if (typeId === -1 && dictionary) return typeName(dictionary);
  if (typeId === 10) return unit === 3 ? "TIMESTAMP_NS" : "TIMESTAMP";
  const names: Readonly<Record<number, string>> = {
    2: "BIGINT",
    3: "DOUBLE",
    4: "BLOB",
    5: "VARCHAR",
    6: "BOOLEAN",
    7: "DECIMAL",
    8: "DATE",
    9: "TIME",
    11: "INTERVAL",
    12: "LIST",
    13: "STRUCT",
    17: "MAP",
  };
  return names[typeId] ?? "VARCHAR";
}

/** Rows that came as JSON (decimal text for 64-bit integers, ISO text for instants) as a table. */
export function jsonTable({ columns, rows, complete }: RowsAnswer): ResultTable {
  return {
    columns: columns.map(({ name, type }) => ({ name, type })),
    rowCount: rows.length,
    complete,
    value: (row, column) => {
      const value = rows[row]?.[column] ?? null;
      const { type } = columns[column]!;
      if (typeof value === "string" && isNumeric(type)) {
        return Number.isSafeInteger(Number(value)) || type === "DOUBLE" || type.startsWith("DECIMAL")
          ? Number(value)
          : BigInt(value);
      }
      if (typeof value === "string" && (type.startsWith("TIMESTAMP") || type === "DATE"))
        return new Date(value);
      return value;
    },
    text: (row, column) => {
      const text = valueText(rows[row]?.[column] ?? null);
      if (text === null || !columns[column]!.type.startsWith("TIMESTAMP")) return text;
      return text
        .replace("T", " ")
        .replace(/(\.\d*?)0*Z$/, "$1")
        .replace(/[.Z]$/, "");
    },
  };
}
