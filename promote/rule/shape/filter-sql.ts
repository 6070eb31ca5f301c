/** A filter as SQL. Browser-safe: pure functions only. */
import { quoteIdentifier } from "../../../connectors/sql/quote.ts";
import { eventsSelects, report, type ShapeContext } from "./events-sql.ts";
import type { Shape } from "./shape.ts";

const SYSTEM = new Set(["_time", "_ingested", "_file", "_line"]);

/** Every event of the kind as a row of its own: its time, its entities, then its other columns as they are. */
export function filterSql(
  context: ShapeContext,
  shape: Extract<Shape, { kind: "filter" }>,
): { sql: string; lookbackMs: number } {
  const { events, by } = shape;
  if (events.minimumCount > 1) {
    report(
      context,
      "count",
      events.name,
      "A rule of single events cannot ask for several.",
      "Make it a threshold over a window.",
    );
  }
  const [select] = eventsSelects(context, [events], by, null, { keysRequired: false });
  const taken = new Set(by.map((column) => column.toLowerCase()));
  const rest = (context.columnsOf(events.dataset) ?? [])
    .map(({ name }) => name)
    .filter((name) => !SYSTEM.has(name.toLowerCase()) && !taken.has(name.toLowerCase()))
    .map(quoteIdentifier);
  const keys = by.map((column, at) => {
    const quoted = quoteIdentifier(column);
    return select!.keys[at] === quoted ? quoted : `${select!.keys[at]} AS ${quoted}`;
  });
  const sql = `SELECT ${['"_time"', ...keys, ...rest].join(", ")}
FROM ${select!.from}
WHERE ${select!.where}`;
  return { sql, lookbackMs: 0 };
}
