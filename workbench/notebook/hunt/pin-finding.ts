import { dataHash, timeRangeOf } from "../../../notebooks/hunt/data-hash.ts";
import { type Finding, KEPT_ROWS, newFinding } from "../../../notebooks/hunt/hunt-record.ts";
import { keepRows } from "../../../notebooks/hunt/kept-rows.ts";
import type { QueryJson } from "../../../server/api/api.ts";
import type { SpoorClient } from "../../api/client.ts";
import { type AskedQuery, datasetVersionsOf } from "../frame-host.ts";

/** A finding holds at most this many rows; more is no finding but a dataset. */
export const FINDING_ROW_LIMIT = 100_000;

export interface NewEvidence {
  readonly id: string;
  readonly note: string;
  /** ISO 8601 UTC. */
  readonly at: string;
  /** `some` where the query gives only rows that a person chose: these are kept whole. */
  readonly selection?: Finding["selection"];
  /** Looks at the rows that came before they become evidence; rejects when they are not to. */
  readonly agree?: (result: QueryJson) => Promise<void>;
}

/**
 * Asks a query again, by the page itself and not by the frame (whose programs are not trusted), and makes the evidence:
 * rows, time range, data hash, versions. Throws ApiFailure as the query would, and RangeError when more rows were chosen
 * than a finding keeps.
 */
export async function evidenceOf(
  client: SpoorClient,
  query: Pick<AskedQuery, "cell" | "sql" | "parameters" | "datasetVersions">,
  made: NewEvidence,
): Promise<Finding> {
  const [response, session] = await Promise.all([
    client.query(
      { sql: query.sql, parameters: query.parameters, rowLimit: FINDING_ROW_LIMIT, format: "json" },
      crypto.randomUUID(),
    ),
    client.session(),
  ]);
  const result = (await response.json()) as QueryJson;
  const selection = made.selection ?? "all";
  if (selection === "some" && (result.rows.length > KEPT_ROWS || !result.complete)) {
    throw new RangeError(
      `A finding keeps at most ${KEPT_ROWS} chosen rows. Choose fewer, or pin the whole result.`,
    );
  }
  await made.agree?.(result);
  const versions = datasetVersionsOf(response);
  const { first, last } = timeRangeOf(result.columns, result.rows);
  return newFinding({
    id: made.id,
    cell: query.cell,
    note: made.note,
    sql: query.sql,
    parameters: query.parameters,
    complete: result.complete,
    datasetVersions: Object.keys(versions).length > 0 ? versions : query.datasetVersions,
    engineVersion: session.engineVersion,
    dataHash: await dataHash(result.columns, result.rows),
    firstTime: first,
    lastTime: last,
    at: made.at,
    by: session.user,
    selection,
    ...(await keepRows(result.columns, result.rows, selection === "some")),
  });
}
