import type { Comparison, Shape, ShapeEvents, ShapeMeasure } from "../../shape/shape.ts";
import type { Lost } from "./export.ts";

/** What stands under `correlation:`; rules and aliases still under the shape's own names of events. */
export interface CorrelationBody {
  readonly type: string;
  readonly rules: readonly string[];
  readonly "group-by"?: readonly string[];
  readonly timespan: string;
  readonly aliases?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly condition?: Readonly<Record<string, string | number>>;
}

const OPERATORS: Readonly<Record<Comparison, string>> = {
  less: "lt",
  "less-or-equal": "lte",
  greater: "gt",
  "greater-or-equal": "gte",
  equal: "eq",
  "not-equal": "neq",
};

/** A shape over time as a Sigma correlation and the rules that it joins. What Sigma cannot say is told as an error. */
export function shapeCorrelation(
  shape: Exclude<Shape, { kind: "filter" }>,
  lost: Lost,
): { readonly body: CorrelationBody; readonly events: readonly ShapeEvents[] } {
  const events = shape.kind === "absence" ? [shape.events] : shape.events;
  const missing = shape.kind === "threshold" ? undefined : shape.missing;
  if (missing !== undefined)
    lost(
      "absence",
      `That \`${missing.name}\` must be missing cannot be said in Sigma.`,
      "Keep the rule here, or hand it over as SQL.",
      "error",
    );
  for (const { name, minimumCount } of events)
    if (minimumCount > 1)
      lost(
        "minimum",
        `That it takes ${minimumCount} of \`${name}\` within the whole window cannot be said in Sigma.`,
        "Make it a burst with a window of its own, or one of each.",
        "error",
      );
  const grouped = shape.by.length === 0 ? {} : { "group-by": [...shape.by], ...aliases(shape.by, events) };
  const base = {
    rules: events.map(({ name }) => name),
    ...grouped,
    timespan: timespan(shape.windowMs, lost),
  };
  if (shape.kind === "sequence")
    return {
      body: { type: shape.ordered && events.length > 1 ? "temporal_ordered" : "temporal", ...base },
      events,
    };
  if (shape.kind === "absence") return { body: { type: "temporal", ...base }, events };
  const { measure } = shape;
  return { body: { type: typeOf(measure, lost), ...base, condition: conditionOf(measure) }, events };
}

function typeOf(measure: ShapeMeasure, lost: Lost): string {
  if (measure.of === "percentile")
    lost(
      "percentile",
      "Which percentile is meant is written as pySigma reads it; the specification has no place for it.",
      "Check it where the rule goes.",
    );
  return {
    count: "event_count",
    kinds: "temporal",
    distinct: "value_count",
    sum: "value_sum",
    average: "value_avg",
    percentile: "value_percentile",
  }[measure.of];
}

function conditionOf(measure: ShapeMeasure): Record<string, string | number> {
  return {
    ...(measure.field === "" ? {} : { field: measure.field }),
    ...(measure.of === "percentile" ? { percentile: measure.percentile ?? 50 } : {}),
    [OPERATORS[measure.comparison]]: measure.value,
    ...(measure.and === undefined ? {} : { [OPERATORS[measure.and.comparison]]: measure.and.value }),
  };
}

/** A group's name needs an alias where the events call the field otherwise. */
function aliases(by: readonly string[], events: readonly ShapeEvents[]): Pick<CorrelationBody, "aliases"> {
  const needed = by.flatMap((column, at) =>
    events.every((one) => one.by[at] === column)
      ? []
      : [[column, Object.fromEntries(events.map((one) => [one.name, one.by[at] ?? column]))] as const],
  );
  return needed.length === 0 ? {} : { aliases: Object.fromEntries(needed) };
}

/** A window as Sigma writes it; one that is no whole number of seconds cannot be said. */
export function timespan(windowMs: number, lost: Lost): string {
  if (windowMs % 1000 !== 0)
    lost("timespan", `A window of ${windowMs} ms cannot be said in Sigma.`, "Use whole seconds.", "error");
  for (const [unit, ms] of [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["m", 60_000],
  ] as const)
    if (windowMs >= ms && windowMs % ms === 0) return `${windowMs / ms}${unit}`;
  return `${Math.max(1, Math.round(windowMs / 1000))}s`;
}
