import {
  type DuckDBAppender,
  type DuckDBConnection,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
} from "@duckdb/node-api";
import { type ColumnType, formatColumnType, parseColumnType } from "../catalog/column-type.ts";
import { quoteIdentifier } from "../catalog/sql-text.ts";
import type { LedgerTable } from "./engine.ts";

type LedgerCell = string | number | bigint | boolean | null;

/** SQL that makes the (empty) table of a ledger table, replacing the one before. */
export function createLedgerTable(table: LedgerTable): string {
  const columns = table.columns.map(
    (column) => `${quoteIdentifier(column.name)} ${formatColumnType(parseColumnType(column.type))}`,
  );
  return `CREATE OR REPLACE TABLE ${quoteIdentifier(table.name)} (${columns.join(", ")})`;
}

function appendCell(appender: DuckDBAppender, type: ColumnType, value: LedgerCell): void {
  if (value === null) return appender.appendNull();
  const name = type.kind === "scalar" ? type.name : "";
  switch (name) {
    case "BOOLEAN":
      return appender.appendBoolean(Boolean(value));
    case "BIGINT":
      return appender.appendBigInt(BigInt(value));
    case "INTEGER":
      return appender.appendInteger(Number(value));
    case "DOUBLE":
      return appender.appendDouble(Number(value));
    case "TIMESTAMP":
      return appender.appendTimestamp(new DuckDBTimestampValue(BigInt(value)));
    case "TIMESTAMP WITH TIME ZONE":
      return appender.appendTimestampTZ(new DuckDBTimestampTZValue(BigInt(value)));
    case "VARCHAR":
    case "JSON":
      return appender.appendVarchar(String(value));
    default:
      throw new TypeError(`A ledger table cannot have a column of type ${formatColumnType(type)}.`);
  }
}

/** Rows of one ledger table as they were at one moment. */
export interface LedgerSnapshot {
  readonly table: LedgerTable;
  readonly version: number;
  readonly rows: readonly (readonly LedgerCell[])[];
}

/** Reads tables without giving way to anything else, so that all of them show the same moment. */
export function snapshotLedger(tables: readonly LedgerTable[]): LedgerSnapshot[] {
  return tables.map((table) => ({ table, version: table.version(), rows: [...table.rows()] }));
}

/** Replaces the tables' rows in one transaction. */
export async function writeLedger(connection: DuckDBConnection, snapshots: readonly LedgerSnapshot[]): Promise<void> {
  await connection.run("BEGIN TRANSACTION");
  try {
    for (const { table, rows } of snapshots) {
      await connection.run(createLedgerTable(table));
      const types = table.columns.map((column) => parseColumnType(column.type));
      const appender = await connection.createAppender(table.name);
      for (const row of rows) {
        for (const [at, type] of types.entries()) appendCell(appender, type, row[at] ?? null);
        appender.endRow();
      }
      appender.closeSync();
    }
    await connection.run("COMMIT");
  } catch (error) {
    await connection.run("ROLLBACK");
    throw error;
  }
}
