import { quoteIdentifier } from "../../../../connectors/sql/quote.ts";
import type { DetectionRow, JsonRow, ProposedTest, QueryJson } from "../../../../server/api/api.ts";
import { client } from "../../../api/browser-client.ts";
import { formatCell } from "../../../format/cell.ts";
import { instantMs } from "../../../format/instant.ts";

const LOOKED_AT = 400;
const WHOLE_NUMBER = /^U?(?:BIGINT|HUGEINT)$/;

/**
 * A test that must not match: the event before a detection that has most in common with it and that the rule did not find.
 * Throws when the dataset has none.
 */
export async function ordinaryEvent(
  detection: DetectionRow,
  dataset: string,
  detections: readonly DetectionRow[],
  severalDatasets: boolean,
  signal: AbortSignal,
): Promise<ProposedTest> {
  const answer = await client.queryRows(
    {
      sql: `select * exclude (_ingested, _file, _line) from ${quoteIdentifier(dataset)}
        where _time <= cast($until as timestamp) + interval 1 minute order by _time desc limit ${LOOKED_AT}`,
      parameters: { until: detection.time.replace(/Z$/, "") },
    },
    crypto.randomUUID(),
    signal,
  );
  const row = nearestOrdinary(answer.rows, detection, detections);
  if (row === null) throw new Error(`${dataset} has no event near it that the rule did not find.`);
  return {
    name: "no-match-ordinary.ndjson",
    expected: "no-match",
    events: `${eventLine(row, answer.columns, severalDatasets ? dataset : null)}\n`,
    why: "An ordinary event of the same time that the rule left alone: it must stay so.",
  };
}

/** The row that shares most values with what was found, among those at whose time nothing was found; null when there is none. */
export function nearestOrdinary(
  rows: readonly JsonRow[],
  detection: Pick<DetectionRow, "entities" | "rows" | "time">,
  detections: readonly Pick<DetectionRow, "time">[],
): JsonRow | null {
  const found = new Set([detection, ...detections].map(({ time }) => instantMs(time)));
  const values = new Set(
    [
      ...Object.values(detection.entities),
      ...detection.rows.flatMap((row) => Object.values(row).map(formatCell)),
    ].filter((text) => text.length > 1),
  );
  let best: JsonRow | null = null;
  let most = -1;
  for (const row of rows) {
    const time = typeof row._time === "string" ? instantMs(row._time) : null;
    if (time === null || found.has(time)) continue;
    const shared = Object.values(row).filter((cell) => values.has(formatCell(cell))).length;
    if (shared > most) {
      best = row;
      most = shared;
    }
  }
  return best;
}

/** A row as one JSON object on a line; whole numbers keep all their digits, what is empty is left out. */
export function eventLine(row: JsonRow, columns: QueryJson["columns"], dataset: string | null): string {
  const parts = columns.flatMap(({ name, type }) => {
    const cell = row[name];
    if (cell === null || cell === undefined) return [];
    const whole = WHOLE_NUMBER.test(type) && typeof cell === "string" && /^-?\d+$/.test(cell);
    return [`${JSON.stringify(name)}:${whole ? cell : JSON.stringify(cell)}`];
  });
  const named = dataset === null ? [] : [`"_dataset":${JSON.stringify(dataset)}`];
  return `{${[...named, ...parts].join(",")}}`;
}
