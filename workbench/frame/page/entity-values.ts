import { quoteIdentifier } from "../../../connectors/sql/quote.ts";
import type { SpoorClient } from "../../api/client.ts";

const MOST_COLUMNS = 8;
const MOST_VALUES = 40;

/** Values of an entity in the data that hold `text`, the most frequent first. */
export async function entityValues(
  client: SpoorClient,
  entity: string,
  text: string,
  signal: AbortSignal,
): Promise<readonly { readonly value: string; readonly count: number }[]> {
  const catalog = await client.catalog(signal);
  const places = catalog
    .flatMap(({ name, columns }) =>
      columns
        .filter((column) => column.entity === entity)
        .map((column) => ({ dataset: name, column: column.name })),
    )
    .slice(0, MOST_COLUMNS);
  if (places.length === 0) return [];
  const parts = places.map(
    ({ dataset, column }) =>
      `SELECT CAST(${quoteIdentifier(column)} AS VARCHAR) AS value FROM ${quoteIdentifier(dataset)}`,
  );
  const answer = await client.queryRows(
    {
      sql: `SELECT value, CAST(count(*) AS DOUBLE) AS found FROM (${parts.join(" UNION ALL ")}) WHERE contains(lower(value), lower($part)) GROUP BY value ORDER BY found DESC, value LIMIT ${MOST_VALUES}`,
      parameters: { part: text },
    },
    crypto.randomUUID(),
    signal,
  );
  return answer.rows.map((row) => ({ value: String(row.value), count: Number(row.found) }));
}
