import { type Column, type Table, tableFromIPC } from "@uwdata/flechette";
import type { RowsAnswer } from "./protocol.ts";

/** A result as the frame shows it: values are read one at a time, never a column as a whole. */
export interface ResultTable {
  readonly columns: readonly { readonly name: string; readonly type: string; readonly numeric: boolean }[];
  readonly rowCount: number;
  /** False when the result was cut at the row limit. */
  readonly complete: boolean;
  /** The value as JavaScript: exact integers are number or bigint, instants Date. */
  value(row: number, column: number): unknown;
  /** The value as text, exact; null for NULL. Instants as ISO in UTC with the digits that are not zero. */
  text(row: number, column: number): string | null;
}

/** More cells than this and row objects read their values when asked. */
const EAGER_CELLS = 2_000_000;

export type ResultRows = Record<string, unknown>[] & {
  schema?: readonly { readonly name: string; readonly type: string }[];
  complete?: boolean;
};

/** The rows as an array of objects, with `schema` and `complete`, as cells in JavaScript expect them. */
export function rowsOf(table: ResultTable): ResultRows {
  const { columns, rowCount } = table;
  const rows: ResultRows = new Array(rowCount);
  if (rowCount * columns.length <= EAGER_CELLS) {
    for (let row = 0; row < rowCount; row += 1) {
      const object: Record<string, unknown> = {};
      for (let column = 0; column < columns.length; column += 1) {
        define(object, columns[column]!.name, table.value(row, column));
      }
      rows[row] = object;
    }
  } else {
    const prototype = {};
    columns.forEach(({ name }, column) => {
      Object.defineProperty(prototype, name, {
        enumerable: true,
        get(this: { readonly "#row": number }) {
          return table.value(this["#row"], column);
        },
      });
    });
    for (let row = 0; row < rowCount; row += 1) {
      rows[row] = Object.create(prototype, { "#row": { value: row } }) as Record<string, unknown>;
    }
  }
  Object.defineProperty(rows, "schema", { value: columns.map(({ name, type }) => ({ name, type })) });
  Object.defineProperty(rows, "complete", { value: table.complete });
  Object.defineProperty(rows, "columns", { value: columns.map(({ name }) => name) });
  return rows;
}

/** A column may be named `__proto__`: it becomes a value like any other. */
function define(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name === "__proto__") {
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  } else {
    object[name] = value;
  }
}

const INT = 2;
const FLOAT = 3;
const DECIMAL = 7;
const DATE = 8;
const TIME = 9;
const TIMESTAMP = 10;

/** Reads a whole Arrow IPC stream lazily. `rowLimit` is the limit that was asked for; a result beyond it was cut. */
export function arrowTable(bytes: Uint8Array, rowLimit: number): ResultTable {
  const table = tableFromIPC(bytes, {
    useBigInt: true,
    useBigIntTimestamp: true,
    useDecimalInt: false,
  }) as Table;
  const children = table.children as Column<unknown>[];
  const fields = table.schema.fields.map(({ name, type }) => ({ name, type: type as ArrowType }));
  const rowCount = Math.min(table.numRows, rowLimit);
  const shown = (value: unknown, type: ArrowType): unknown => {
    if (typeof value === "bigint") {
      if (type.typeId === TIMESTAMP) return new Date(Number(toMicros(value, type.unit ?? 0)) / 1000);
      return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    }
    if (type.typeId === DATE && typeof value === "number") return new Date(value);
    return value;
  };
  return {
    columns: fields.map(({ name, type }) => ({
      name,
      type: typeName(type),
      numeric: type.typeId === INT || type.typeId === FLOAT || type.typeId === DECIMAL,
    })),
    rowCount,
    complete: table.numRows <= rowLimit,
    value: (row, column) => shown(children[column]!.at(row), fields[column]!.type),
    text: (row, column) => {
      const value = children[column]!.at(row);
      if (value === null || value === undefined) return null;
      const { type } = fields[column]!;
      if (type.typeId === TIMESTAMP && typeof value === "bigint")
        return instantText(toMicros(value, type.unit ?? 0));
      if (type.typeId === DATE && typeof value === "number")
        return new Date(value).toISOString().slice(0, 10);
      if (type.typeId === TIME) return timeText(value as bigint | number, type.unit ?? 0);
      return valueText(value);
    },
  };
}

interface ArrowType {
  readonly typeId: number;
  /** 0 s, 1 ms, 2 µs, 3 ns. */
  readonly unit?: number;
}

function toMicros(value: bigint, unit: number): bigint {
  if (unit === 0) return value * 1_000_000n;
  if (unit === 1) return value * 1000n;
  return unit === 2 ? value : value / 1000n;
}

function instantText(micros: bigint): string {
  let seconds = micros / 1_000_000n;
  let fraction = micros % 1_000_000n;
  if (fraction < 0n) {
    fraction += 1_000_000n;
    seconds -= 1n;
  }
  const milliseconds = Number(seconds) * 1000;
  if (Math.abs(milliseconds) > 8.64e15) return `${micros} µs`;
  const whole = new Date(milliseconds)
    .toISOString()
    .replace(/\.000Z$/, "")
    .replace("T", " ");
  return fraction === 0n ? whole : `${whole}.${fraction.toString().padStart(6, "0").replace(/000$/, "")}`;
}

function timeText(value: bigint | number, unit: number): string {
  const micros = toMicros(BigInt(value), unit);
  return instantText(micros).slice(11);
}

/** Any value as one line of text. */
export function valueText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array)
    return [...value].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "object") {
    return JSON.stringify(value, (_key, inner: unknown) =>
      typeof inner === "bigint"
        ? Number.isSafeInteger(Number(inner))
          ? Number(inner)
          : inner.toString()
        : ArrayBuffer.isView(inner) && !(inner instanceof DataView)
          ? Array.from(inner as unknown as ArrayLike<unknown>)
          : inner,
    );
  }
  return String(value);
}

function typeName({ typeId, unit }: ArrowType): string {
  if (typeId === TIMESTAMP) return unit === 3 ? "TIMESTAMP_NS" : "TIMESTAMP";
  const names: Readonly<Record<number, string>> = {
    [INT]: "BIGINT",
    [FLOAT]: "DOUBLE",
    5: "VARCHAR",
    6: "BOOLEAN",
    [DECIMAL]: "DECIMAL",
    [DATE]: "DATE",
    [TIME]: "TIME",
    12: "LIST",
    13: "STRUCT",
    17: "MAP",
  };
  return names[typeId] ?? "VARCHAR";
}

const NUMERIC = /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL)/;

/** Rows that came as JSON (decimal text for 64-bit integers, ISO text for instants) as a table. */
export function jsonTable({ columns, rows, complete }: RowsAnswer): ResultTable {
  return {
    columns: columns.map(({ name, type }) => ({ name, type, numeric: NUMERIC.test(type) })),
    rowCount: rows.length,
    complete,
    value: (row, column) => {
      const value = rows[row]?.[column] ?? null;
      const type = columns[column]!.type;
      if (typeof value === "string" && NUMERIC.test(type)) {
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
