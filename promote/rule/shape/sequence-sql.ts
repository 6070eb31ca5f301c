/** Several kinds of events within a window, in an order or in any, as SQL. Browser-safe: pure functions only. */
import { quoteIdentifier } from "../../../connectors/sql/quote.ts";
import { eventsSelects, report, type ShapeContext } from "./events-sql.ts";
import { intervalSql } from "./interval-sql.ts";
import type { Shape, ShapeEvents } from "./shape.ts";
import { beforeNow, freeName, keyList, oneRowEach, unionSql, upToNow } from "./window-sql.ts";
import { type QueryParts, withoutLookbackMs, withoutSql } from "./without-sql.ts";

type Sequence = Extract<Shape, { kind: "sequence" }>;

/** The sequence's rows: `_time`, the entities, and when the first of its events was. */
export function sequenceSql(context: ShapeContext, shape: Sequence): { sql: string; lookbackMs: number } {
  const { events, by, ordered, missing, windowMs } = shape;
  if (events.length === 0)
    report(
      context,
      "events",
      "events",
      "The sequence has no events.",
      "Add the kinds of events that belong to it.",
    );
  if (events.length > 16)
    report(context, "events", "events", "The sequence has more than 16 kinds of events.", "Make it shorter.");
  const selects = eventsSelects(context, missing === undefined ? events : [...events, missing], by);
  const union = unionSql(selects.slice(0, events.length), by, (_, at) => [`${at + 1} AS "_kind"`]);
  const first = quoteIdentifier(freeName("first_time", by));
  const inOrder = ordered && events.length > 1;
  const found = (inOrder ? orderedParts : togetherParts)(union, events, by, windowMs, first);
  const lookbackMs = inOrder ? windowMs : 2 * windowMs;
  const last = selects[events.length];
  if (missing === undefined || last === undefined)
    return { sql: `WITH ${found.named.join(", ")}\n${found.select}`, lookbackMs };
  const side = shape.side ?? "after";
  if (side === "between" && missing.minimumCount > 1)
    report(
      context,
      "count",
      missing.name,
      "What must not come between is missing only if there is none of it.",
      "Leave its minimum at 1.",
    );
  const sql = withoutSql(
    found,
    unionSql([last], by, () => []),
    { ...shape, missing },
    first,
  );
  return { sql, lookbackMs: withoutLookbackMs(side, lookbackMs, windowMs) };
}

/** Enough of every kind lie in the window, and did not at the entity's last instant before. */
function togetherParts(
  union: string,
  events: readonly ShapeEvents[],
  by: readonly string[],
  windowMs: number,
  first: string,
): QueryParts {
  const keys = keyList(by);
  const enough = events.map(
    ({ minimumCount }, at) => `count(*) FILTER (WHERE "_kind" = ${at + 1}) OVER span >= ${minimumCount}`,
  );
  return {
    named: [
      `"_event" AS (
${union}
)`,
      `"_measured" AS (
  SELECT "_time"${keys}, min("_time") OVER span AS ${first},
    ${enough.join("\n    AND ")} AS "_holds"
  FROM "_event"
  WINDOW span AS ${upToNow(by, windowMs)}
)`,
      `"_judged" AS (
  SELECT *, last_value("_holds") OVER ${beforeNow(by, windowMs)} AS "_held"
  FROM "_measured"
)`,
    ],
    select: `SELECT "_time"${keys}, max(${first}) AS ${first}
FROM "_judged"
WHERE "_holds" AND "_held" IS NOT TRUE
${oneRowEach(by)}`,
  };
}

/**
 * Step by step: for each event of a kind, the latest start of a chain that reaches it. An event of kind k continues the
 * chain with the latest start among those that were complete strictly before the first of the kind's last
 * `minimumCount` events. Starts never decrease in time, so the largest are the latest and the best (`max(x, n)` lists
 * the n largest), and no pair is ever joined.
 */
function orderedParts(
  union: string,
  events: readonly ShapeEvents[],
  by: readonly string[],
  windowMs: number,
  first: string,
): QueryParts {
  const keys = keyList(by);
  const named: string[] = [`"_event" AS (\n${union}\n)`];
  let from = "_event";
  events.forEach(({ minimumCount }, at) => {
    const step = at + 1;
    const earlier = at === 0 ? '"_time"' : `"_before_${step}"`;
    if (at > 0) {
      named.push(`"_before_kind_${step}" AS (
  SELECT "_time"${keys}, "_kind", max("_start_${at}") OVER ${beforeNow(by, windowMs)} AS ${earlier}
  FROM "${from}"
)`);
      from = `_before_kind_${step}`;
    }
    const reached =
      minimumCount === 1
        ? earlier
        : `(max(${earlier}, ${minimumCount}) FILTER (WHERE "_kind" = ${step}) OVER ${upToNow(by, windowMs)})[${minimumCount}]`;
    named.push(`"_step_${step}" AS (
  SELECT "_time"${keys}, "_kind", CASE WHEN "_kind" = ${step} THEN ${reached} END AS "_start_${step}"
  FROM "${from}"${at === 0 ? "" : `\n  WHERE "_kind" >= ${step}`}
)`);
    from = `_step_${step}`;
  });
  const start = `"_start_${events.length}"`;
  named.push(`"_complete" AS (
  SELECT *, max("_time") OVER earlier AS "_last_time", max(${start}) OVER earlier AS "_last_start"
  FROM "${from}"
  WHERE ${start} IS NOT NULL
  WINDOW earlier AS ${beforeNow(by, windowMs)}
)`);
  return {
    named,
    select: `SELECT "_time"${keys}, max(${start}) AS ${first}
FROM "_complete"
WHERE ${start} > "_time" - ${intervalSql(windowMs)}
  AND ("_last_start" IS NULL OR "_last_start" <= "_time" - ${intervalSql(windowMs)} OR ${start} > "_last_time")
${oneRowEach(by)}`,
  };
}
