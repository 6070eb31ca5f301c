/** A threshold over a sliding window as SQL. Browser-safe: pure functions only. */
import { quoteIdentifier } from "../../../connectors/sql/quote.ts";
import { numberLiteral } from "../condition/literal.ts";
import type { FieldSql } from "./column.ts";
import { asText, eventsSelects, report, type ShapeContext } from "./events-sql.ts";
import type { Comparison, Shape, ShapeMeasure } from "./shape.ts";
import { beforeNow, freeName, keyList, oneRowEach, unionSql, upToNow } from "./window-sql.ts";

const OPERATORS: Readonly<Record<Comparison, string>> = {
  less: "<",
  "less-or-equal": "<=",
  equal: "=",
  "not-equal": "<>",
  greater: ">",
  "greater-or-equal": ">=",
};

const FIGURE_NAMES: Readonly<Record<ShapeMeasure["of"], string>> = {
  count: "event_count",
  kinds: "kind_count",
  distinct: "distinct_count",
  sum: "total",
  average: "average",
  percentile: "percentile",
};

/** The figure compared with its value. A figure that there is none of compares false. */
export function comparisonSql(figure: string, measure: ShapeMeasure): string {
  const one = ({ comparison, value }: Pick<ShapeMeasure, "comparison" | "value">) =>
    `${figure} ${OPERATORS[comparison]} ${Number.isFinite(value) ? numberLiteral(value) : "0"}`;
  return measure.and === undefined ? one(measure) : `(${one(measure)} AND ${one(measure.and)})`;
}

/**
 * Sums are of exact decimals: a sum of binary fractions depends on the order in which they are added, and so on where
 * a slice begins. Six digits after the point are kept, up to 10^26.
 */
function exactNumber({ sql, type }: FieldSql): string {
  return type.toUpperCase() === "BIGINT" ? sql : `TRY_CAST(${sql} AS DECIMAL(32, 6))`;
}

function measuredValue(measure: ShapeMeasure): { field: string; as: (field: FieldSql) => string } | null {
  switch (measure.of) {
    case "count":
    case "kinds":
      return null;
    case "distinct":
      return { field: measure.field, as: asText };
    case "percentile":
      return { field: measure.field, as: ({ sql }) => `TRY_CAST(${sql} AS DOUBLE)` };
    case "sum":
    case "average":
      return { field: measure.field, as: exactNumber };
  }
}

function figureSql(measure: ShapeMeasure): string {
  switch (measure.of) {
    case "count":
      return "count(*) OVER span";
    case "kinds":
    case "distinct":
      return 'count(DISTINCT "_value") OVER span';
    case "sum":
      return 'sum("_value") OVER span';
    case "average":
      return 'CAST(sum("_value") OVER span AS DOUBLE) / count("_value") OVER span';
    case "percentile":
      return `quantile_cont("_value", ${numberLiteral((measure.percentile ?? 50) / 100)}) OVER span`;
  }
}

function checkMeasure(context: ShapeContext, measure: ShapeMeasure): void {
  if (!Number.isFinite(measure.value) || !Number.isFinite(measure.and?.value ?? 0))
    report(context, "value", "measure", "The figure is compared with no number.", "Give a number.");
  const percentile = measure.percentile ?? 50;
  if (measure.of === "percentile" && !(percentile >= 0 && percentile <= 100))
    report(context, "percentile", "measure", "The percentile is none.", "Give a number from 0 to 100.");
}

/** One row whenever the figure comes to hold for an entity: it holds now and did not at the entity's last instant. */
export function thresholdSql(
  context: ShapeContext,
  shape: Extract<Shape, { kind: "threshold" }>,
): { sql: string; lookbackMs: number } {
  const { events, by, measure, windowMs } = shape;
  checkMeasure(context, measure);
  if (events.length === 0)
    report(
      context,
      "events",
      "events",
      "No events are counted.",
      "Choose a dataset and what its events are.",
    );
  for (const { name, minimumCount } of events) {
    if (minimumCount > 1)
      report(
        context,
        "count",
        name,
        "A threshold has one figure, and no minimum for each kind of events.",
        "Leave the minimum at 1, or make it a sequence.",
      );
  }
  const value = measuredValue(measure);
  const selects = eventsSelects(context, events, by, value);
  const figure = quoteIdentifier(freeName(FIGURE_NAMES[measure.of], by));
  const first = quoteIdentifier(freeName("first_time", by));
  const keys = keyList(by);
  const sql = `WITH "_event" AS (
${unionSql(selects, by, (select, at) => {
  const measured = measure.of === "kinds" ? String(at + 1) : select.value;
  return measured === null ? [] : [`${measured} AS "_value"`];
})}
), "_measured" AS (
  SELECT "_time"${keys}, ${figureSql(measure)} AS ${figure}, min("_time") OVER span AS ${first}
  FROM "_event"
  WINDOW span AS ${upToNow(by, windowMs)}
), "_judged" AS (
  SELECT *, last_value(${comparisonSql(figure, measure)}) OVER ${beforeNow(by, windowMs)} AS "_held"
  FROM "_measured"
)
SELECT "_time"${keys}, max(${figure}) AS ${figure}, max(${first}) AS ${first}
FROM "_judged"
WHERE ${comparisonSql(figure, measure)} AND "_held" IS NOT TRUE
${oneRowEach(by)}`;
  return { sql, lookbackMs: 2 * windowMs };
}
