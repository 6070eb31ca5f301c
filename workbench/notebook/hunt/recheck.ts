import { dataHash } from "../../../notebooks/hunt/data-hash.ts";
import type { Finding } from "../../../notebooks/hunt/hunt-record.ts";
import {
  diffKeptRows,
  keepRows,
  missingIn,
  type RowsDiff,
  rowKeys,
} from "../../../notebooks/hunt/kept-rows.ts";
import type { QueryJson } from "../../../server/api/api.ts";
import type { SpoorClient } from "../../api/client.ts";
import { FINDING_ROW_LIMIT } from "./pin-finding.ts";

/** What a pinned finding gave when it was asked again. */
export type Recheck =
  | { readonly state: "checking" }
  | { readonly state: "same" }
  | { readonly state: "changed"; readonly diff: RowsDiff }
  | { readonly state: "unsure"; readonly message: string }
  | { readonly state: "failed"; readonly message: string };

/** Today's rows up to this number are compared one by one. */
const COMPARED_ROWS = 20_000;

/** The range that a selection of rows cuts out of its query, on the last line. */
const RANGE = /\nLIMIT \d+ OFFSET \d+\s*$/;

/**
 * Asks a finding's query again, over today's data. Rows that a person chose hold as long as each of them is somewhere in
 * the answer. Throws ApiFailure where the query cannot run.
 */
export async function recheckFinding(
  client: Pick<SpoorClient, "queryRows">,
  pinned: Finding,
): Promise<Recheck> {
  const isChosen = pinned.selection === "some";
  const now = await client.queryRows({
    sql: isChosen ? pinned.sql.replace(RANGE, "") : pinned.sql,
    parameters: pinned.parameters,
    rowLimit: FINDING_ROW_LIMIT,
  });
  return isChosen ? recheckChosen(pinned, now) : recheckWhole(pinned, now);
}

async function recheckWhole(pinned: Finding, now: QueryJson): Promise<Recheck> {
  if (!pinned.complete || !now.complete) {
    const which = pinned.complete ? "Today's result" : "What was pinned";
    return { state: "unsure", message: `${which} is not complete: nothing can be said of its rows.` };
  }
  if (pinned.dataHash === (await dataHash(now.columns, now.rows))) return { state: "same" };
  // Today's rows are at hand: they can be shown, unless they are too many to be told apart by hand.
  const today =
    now.rows.length <= COMPARED_ROWS
      ? { columns: now.columns, rowCount: now.rows.length, rows: now.rows, rowHashes: [] }
      : await keepRows(now.columns, now.rows);
  return { state: "changed", diff: await diffKeptRows(pinned, today) };
}

async function recheckChosen(pinned: Finding, now: QueryJson): Promise<Recheck> {
  const [wanted, present] = await Promise.all([
    rowKeys(pinned.columns, pinned.rows),
    rowKeys(now.columns, now.rows),
  ]);
  const gone = missingIn(wanted, present);
  if (gone.length === 0) return { state: "same" };
  if (!now.complete) {
    return {
      state: "unsure",
      message: `${gone.length} of the chosen rows are not among the first ${FINDING_ROW_LIMIT.toLocaleString("en-US")} of today's result.`,
    };
  }
  const names = (columns: readonly { readonly name: string }[]) => columns.map(({ name }) => name);
  return {
    state: "changed",
    diff: {
      comparable: true,
      added: 0,
      removed: gone.length,
      addedRows: [],
      removedRows: gone.map((at) => pinned.rows[at]!),
      columnsAdded: names(now.columns).filter((name) => !names(pinned.columns).includes(name)),
      columnsRemoved: names(pinned.columns).filter((name) => !names(now.columns).includes(name)),
    },
  };
}
