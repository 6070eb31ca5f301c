import {
  type DuckDBAppender,
  type DuckDBConnection,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
} from "@duckdb/node-api";
import { quoteIdentifier } from "../../connectors/sql/quote.ts";
import { formatColumnType, parseColumnType } from "../catalog/column-type.ts";
import type { LedgerTable, QueryColumn } from "./engine.ts";

type LedgerCell = string | number | bigint | boolean | null;

/** SQL that makes the (empty) table of a ledger table, replacing the one before. */
export function createLedgerTable(table: LedgerTable): string {
  const columns = table.columns.map(
    (column) => `${quoteIdentifier(column.name)} ${formatColumnType(parseColumnType(column.type))}`,
  );
  return `CREATE OR REPLACE TABLE ${quoteIdentifier(table.name)} (${columns.join(", ")})`;
}

type Append = (appender: DuckDBAppender, value: Exclude<LedgerCell, null>) => void;

const APPENDS: Readonly<Record<string, Append>> = {
  BOOLEAN: (appender, value) => appender.appendBoolean(Boolean(value)),
  BIGINT: (appender, value) => appender.appendBigInt(BigInt(value)),
  INTEGER: (appender, value) => appender.appendInteger(Number(value)),
  DOUBLE: (appender, value) => appender.appendDouble(Number(value)),
  VARCHAR: (appender, value) => appender.appendVarchar(String(value)),
  JSON: (appender, value) => appender.appendVarchar(String(value)),
  TIMESTAMP: (appender, value) => appender.appendTimestamp(new DuckDBTimestampValue(BigInt(value))),
  "TIMESTAMP WITH TIME ZONE": (appender, value) =>
    appender.appendTimestampTZ(new DuckDBTimestampTZValue(BigInt(value))),
};

function appendOf(column: QueryColumn): Append {
  const append = APPENDS[formatColumnType(parseColumnType(column.type))];
  if (append === undefined)
    throw new TypeError(`A ledger table cannot have a column of type ${column.type}.`);
  return append;
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
export async function writeLedger(
  connection: DuckDBConnection,
  snapshots: readonly LedgerSnapshot[],
): Promise<void> {
  await connection.run("BEGIN TRANSACTION");
  try {
    for (const { table, rows } of snapshots) {
      await connection.run(createLedgerTable(table));
      const appends = table.columns.map(appendOf);
      const appender = await connection.createAppender(table.name);
      for (const row of rows) {
        for (const [at, append] of appends.entries()) {
          const value = row[at] ?? null;
          if (value === null) appender.appendNull();
          else append(appender, value);
        }
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
