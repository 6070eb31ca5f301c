/** Events without others near them as SQL. Browser-safe: pure functions only. */
import { quoteIdentifier } from "../../../connectors/sql/quote.ts";
import { eventsSelects, type ShapeContext } from "./events-sql.ts";
import { intervalSql } from "./interval-sql.ts";
import type { AbsenceSide, Shape } from "./shape.ts";
import { beforeNow, freeName, keyList, oneRowEach, unionSql, upToNow } from "./window-sql.ts";

/**
 * One row for each instant with the first events and without enough of the missing ones near it. Only once the window
 * after it has closed can that be known: the row's time is that end, from which the query looks back.
 */
export function absenceSql(
  context: ShapeContext,
  shape: Extract<Shape, { kind: "absence" }>,
): { sql: string; lookbackMs: number } {
  const { events, missing, by, windowMs } = shape;
  const side = shape.side ?? "after";
  const selects = eventsSelects(context, [events, missing], by);
  const keys = keyList(by);
  const first = quoteIdentifier(freeName("first_time", by));
  const several = events.minimumCount > 1;
  const enough = `, "_measured" AS (
  SELECT "_time"${keys}, count(*) OVER ${upToNow(by, windowMs)} >= ${events.minimumCount} AS "_enough"
  FROM "_event"
), "_before" AS (
  SELECT *, last_value("_enough") OVER ${beforeNow(by, windowMs)} AS "_held"
  FROM "_measured"
), "_enough_events" AS (
  SELECT *
  FROM "_before"
  WHERE "_enough" AND "_held" IS NOT TRUE
)`;
  const from = side === "before" ? '"_time"' : `"_time" + ${intervalSql(windowMs)}`;
  const window = {
    after: upToNow(by, windowMs),
    before: beforeNow(by, windowMs),
    around: upToNow(by, 2 * windowMs),
  }[side];
  const sql = `WITH "_event" AS (
${unionSql(selects.slice(0, 1), by, () => [])}
)${several ? enough : ""}, "_absent" AS (
${unionSql(selects.slice(1), by, () => [])}
), "_timeline" AS (
  SELECT ${from} AS "_time"${keys}, "_time" AS ${first}
  FROM "${several ? "_enough_events" : "_event"}"
  UNION ALL
  SELECT "_time"${keys}, NULL
  FROM "_absent"
), "_judged" AS (
  SELECT *, count(*) FILTER (WHERE ${first} IS NULL) OVER ${window} < ${missing.minimumCount} AS "_lonely"
  FROM "_timeline"
)
SELECT "_time"${keys}, max(${first}) AS ${first}
FROM "_judged"
WHERE ${first} IS NOT NULL AND "_lonely"
${oneRowEach(by)}`;
  return { sql, lookbackMs: windowMs * windowsBack(side, several) };
}

/** How many windows before its own time a row depends on: its first event lies one back when its time is the end. */
function windowsBack(side: AbsenceSide, several: boolean): number {
  const beforeFirst = several ? 2 : side === "after" ? 0 : 1;
  return beforeFirst + (side === "before" ? 0 : 1);
}
