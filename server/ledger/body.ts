import { decodeJson } from "./encode.ts";
import type { SqlRow } from "./ledger.ts";

/** SQLite's limit for all rows. */
export const NO_LIMIT = -1;

/** The record that a row's column `body` holds. */
export function body<T>(row: SqlRow): T {
  return decodeJson<T>(String(row.body));
}
