import type { ResultTable } from "./result-table.ts";

/** More cells than this and row objects read their values when asked. */
const EAGER_CELLS = 2_000_000;

export type ResultRows = Record<string, unknown>[] & {
  readonly schema?: readonly { readonly name: string; readonly type: string }[];
  /** False when rows are missing: such rows carry no claim. */
  readonly complete?: boolean;
  /** Id of the kept result that the rows came from, or null. */
  readonly result?: string | null;
};

/** The rows as an array of objects, with `schema`, `complete` and `result`, as cells in JavaScript expect them. */
export function rowsOf(table: ResultTable, result: string | null = null): ResultRows {
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
  Object.defineProperty(rows, "result", { value: result });
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
