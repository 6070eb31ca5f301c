import type { LedgerTable } from "../../notebooks/engine/engine.ts";
import type { Ledger } from "./ledger.ts";

export type Cell = string | number | bigint | boolean | null;

/** Milliseconds as a TIMESTAMP column has them. */
export function us(ms: number | null): bigint | null {
  return ms === null ? null : BigInt(Math.round(ms)) * 1000n;
}

/** A table of Spoor's own records that can be counted without being read. */
export interface RecordedTable extends LedgerTable {
  count(): number;
}

/**
 * `dependsOn` names the ledger's tables whose changes show in the rows; the first holds a record for each row that
 * meets `where` (all of them without it).
 */
export function table(
  ledger: Ledger,
  dependsOn: readonly [string, ...string[]],
  name: string,
  columns: readonly (readonly [string, string])[],
  rows: () => Iterable<readonly Cell[]>,
  where = "true",
): RecordedTable {
  return {
    name,
    columns: columns.map(([column, type]) => ({ name: column, type })),
    version: () => dependsOn.reduce((sum, source) => sum + ledger.version(source), 0),
    count: () => Number(ledger.get(`select count(*) as n from ${dependsOn[0]} where ${where}`)!.n),
    rows,
  };
}
