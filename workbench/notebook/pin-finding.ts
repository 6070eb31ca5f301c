import { dataHash, timeRangeOf } from "../../notebooks/hunt/data-hash.ts";
import type { Finding } from "../../notebooks/hunt/hunt-record.ts";
import type { QueryJson } from "../../server/api/api.ts";
import type { SpoorClient } from "../api/client.ts";
import { type AskedQuery, datasetVersionsOf } from "./frame-host.ts";

/** A finding holds at most this many rows; more is no finding but a dataset. */
export const FINDING_ROW_LIMIT = 100_000;

/**
 * Asks a query again, by the page itself and not by the frame (whose programs are not trusted), and makes the evidence:
 * rows, time range, data hash, versions. Throws ApiFailure as the query would.
 */
export async function evidenceOf(
  client: SpoorClient,
  query: Pick<AskedQuery, "cell" | "sql" | "parameters" | "datasetVersions">,
  made: { readonly id: string; readonly note: string; readonly at: string },
): Promise<Finding> {
  const [response, session] = await Promise.all([
    client.query(
      { sql: query.sql, parameters: query.parameters, rowLimit: FINDING_ROW_LIMIT, format: "json" },
      crypto.randomUUID(),
    ),
    client.session(),
  ]);
  const result = (await response.json()) as QueryJson;
  const versions = datasetVersionsOf(response);
  const { first, last } = timeRangeOf(result.columns, result.rows);
  return {
    id: made.id,
    cell: query.cell,
    note: made.note,
    sql: query.sql,
    parameters: query.parameters,
    rowCount: result.rows.length,
    complete: result.complete,
    datasetVersions: Object.keys(versions).length > 0 ? versions : query.datasetVersions,
    engineVersion: session.engineVersion,
    dataHash: await dataHash(result.columns, result.rows),
    firstTime: first,
    lastTime: last,
    at: made.at,
    by: session.user,
  };
}
