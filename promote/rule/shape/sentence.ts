/** A shape in words for people who know neither SQL nor security. Browser-safe: pure functions only. */
import { conditionPhrase } from "./condition-phrase.ts";
import type { Comparison, Shape, ShapeEvents, ShapeMeasure } from "./shape.ts";

const COMPARISONS: Readonly<Record<Comparison, string>> = {
  less: "fewer than",
  "less-or-equal": "at most",
  equal: "exactly",
  "not-equal": "any number but",
  greater: "more than",
  "greater-or-equal": "at least",
};

const FIGURE_COMPARISONS: Readonly<Record<Comparison, string>> = {
  less: "is below",
  "less-or-equal": "is at most",
  equal: "is exactly",
  "not-equal": "is not",
  greater: "is above",
  "greater-or-equal": "is at least",
};

const UNITS: readonly (readonly [number, string])[] = [
  [86_400_000, "day"],
  [3_600_000, "hour"],
  [60_000, "minute"],
  [1_000, "second"],
  [1, "millisecond"],
];

/** A time span in words: `5 minutes`, `1 hour`, `90 minutes`. */
export function durationPhrase(milliseconds: number): string {
  if (!(milliseconds > 0)) return "no time";
  const whole = Math.max(1, Math.round(milliseconds));
  const [size, unit] = UNITS.find(([unitMs]) => whole % unitMs === 0)!;
  const count = whole / size;
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

/** What a shape says, as one or two plain sentences. Never throws, also while a shape is unfinished. */
export function shapeSentence(shape: Shape): string {
  switch (shape.kind) {
    case "filter":
      return `Tells of every event in ${eventsPhrase(shape.events)}.`;
    case "threshold":
      return `Tells when, within ${durationPhrase(shape.windowMs)}, ${measurePhrase(shape)}${each(shape.by)}. ${ONCE}`;
    case "sequence":
      return `Tells when ${sequencePhrase(shape)}${missingPhrase(shape)}${each(shape.by)}. ${shape.ordered && shape.events.length > 1 ? "Steps that share one finished run are told once." : ONCE}`;
    case "absence": {
      const side = shape.side ?? "after";
      const wait =
        side === "before" ? "" : ` It is told once these ${durationPhrase(shape.windowMs)} are over.`;
      return `Tells when there ${countedPhrase(shape.events)} and ${lackPhrase(shape.missing, side, shape.windowMs, "it")}${each(shape.by)}.${wait}`;
    }
  }
}

const ONCE = "As long as that stays so, it is told once.";

function each(by: readonly string[]): string {
  return by.length === 0 ? "" : `, for each ${list(by, "and")} by itself`;
}

function list(texts: readonly string[], word: string): string {
  if (texts.length <= 1) return texts.join("");
  return `${texts.slice(0, -1).join(", ")} ${word} ${texts.at(-1)}`;
}

/** `winauth where EventID is 4625, and Computer is in assets`. */
function eventsPhrase(events: ShapeEvents): string {
  const parts: string[] = [];
  const where = conditionPhrase(events.where);
  if (where !== "") parts.push(where);
  if (events.lookup !== undefined) {
    const pairs = events.lookup.on.map(({ column }) => column || "a field");
    const verb = pairs.length > 1 ? "are" : "is";
    parts.push(
      `${list(pairs, "and")} ${verb} ${events.lookup.present ? "" : "not "}listed in ${events.lookup.dataset || "a lookup"}`,
    );
  }
  const { burst } = events;
  if (burst !== undefined)
    parts.push(
      `at least ${burst.count} such came within ${durationPhrase(burst.windowMs)}${burst.by.length === 0 ? "" : ` for one ${list(burst.by, "and")}`}`,
    );
  const dataset = events.dataset === "" ? "a dataset that is not chosen yet" : events.dataset;
  return parts.length === 0 ? dataset : `${dataset} where ${parts.join(", and ")}`;
}

function countedPhrase(events: ShapeEvents): string {
  return events.minimumCount === 1
    ? `is an event in ${eventsPhrase(events)}`
    : `are at least ${events.minimumCount} events in ${eventsPhrase(events)}`;
}

function stepPhrase(events: ShapeEvents): string {
  const count = events.minimumCount === 1 ? "an event" : `at least ${events.minimumCount} events`;
  return `${count} in ${eventsPhrase(events)}`;
}

function sequencePhrase(shape: Extract<Shape, { kind: "sequence" }>): string {
  const steps = shape.events.map(stepPhrase);
  const within = `within ${durationPhrase(shape.windowMs)}`;
  if (!shape.ordered || steps.length === 1)
    return `there come, ${within} and in any order: ${steps.join("; ")}`;
  return `there come, ${within} and one after the other: ${steps.join("; then ")}`;
}

function missingPhrase(shape: Extract<Shape, { kind: "sequence" }>): string {
  if (shape.missing === undefined) return "";
  return `, and ${lackPhrase(shape.missing, shape.side ?? "after", shape.windowMs, "them")}`;
}

function lackPhrase(
  missing: ShapeEvents,
  side: "after" | "before" | "around" | "between",
  windowMs: number,
  whom: string,
): string {
  const span = durationPhrase(windowMs);
  const where = {
    after: `within ${span} after ${whom}`,
    before: `within ${span} before ${whom}`,
    around: `within ${span} before or after ${whom}`,
    between: `between ${whom}`,
  }[side];
  const count = missing.minimumCount === 1 ? "no event" : `fewer than ${missing.minimumCount} events`;
  return `${count} in ${eventsPhrase(missing)} ${where}`;
}

function measurePhrase({ events, measure }: Extract<Shape, { kind: "threshold" }>): string {
  const whose = list(events.map(eventsPhrase), "or");
  const counted = `${COMPARISONS[measure.comparison]} ${measure.value}${measure.and === undefined ? "" : ` and ${COMPARISONS[measure.and.comparison]} ${measure.and.value}`}`;
  if (measure.of === "count") return `there are ${counted} events in ${whose}`;
  if (measure.of === "kinds") return `there are events of ${counted} of these kinds: ${whose}`;
  const field = measure.field || "a field";
  if (measure.of === "distinct") return `there are ${counted} different values of ${field} in ${whose}`;
  const and =
    measure.and === undefined
      ? ""
      : ` and ${FIGURE_COMPARISONS[measure.and.comparison]} ${measure.and.value}`;
  return `${figurePhrase(measure, field)} in ${whose} ${FIGURE_COMPARISONS[measure.comparison]} ${measure.value}${and}`;
}

function figurePhrase(measure: ShapeMeasure, field: string): string {
  if (measure.of === "sum") return `the sum of ${field}`;
  if (measure.of === "average") return `the average of ${field}`;
  return `the ${ordinal(measure.percentile ?? 50)} percentile of ${field}`;
}

function ordinal(value: number): string {
  const tens = Math.floor(value) % 100;
  const ending = tens >= 11 && tens <= 13 ? "th" : (["th", "st", "nd", "rd"][tens % 10] ?? "th");
  return `${value}${Number.isInteger(value) ? ending : "th"}`;
}
