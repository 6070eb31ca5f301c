/** A shape as the one SELECT that every runner evaluates. Browser-safe: pure functions only. */
import type { Issue } from "../../../connectors/issue/issue.ts";
import { absenceSql } from "./absence-sql.ts";
import type { ShapeColumn } from "./column.ts";
import { burstWindowMs, report, type ShapeContext } from "./events-sql.ts";
import { filterSql } from "./filter-sql.ts";
import { sequenceSql } from "./sequence-sql.ts";
import type { Shape, ShapeEvents } from "./shape.ts";
import { thresholdSql } from "./threshold-sql.ts";

/** Longest window: a rule that looks back further is a batch rule written by hand. */
const MAXIMUM_WINDOW_MS = 366 * 24 * 3600 * 1000;

/** What a shape is as a rule: its query and what the query needs. */
export interface ShapeSql {
  /** Empty while `issues` holds an error. */
  readonly sql: string;
  readonly timeColumn: "_time";
  /** Result columns that hold the entities. */
  readonly entityColumns: readonly string[];
  /** How far before a row's time the query looks. */
  readonly lookbackMs: number;
  /** Datasets that are looked into and whose rows need no time: the rule's `lookups`. */
  readonly lookups: readonly string[];
  readonly issues: readonly Issue[];
}

/**
 * Writes a shape as one SELECT: a row for each (time, entities), exact under slices that see `lookbackMs` before their
 * own beginning. Windows are (t - windowMs, t]; order in time is strict, and all events of one instant count together,
 * so that the order in which rows lie never matters. Events without one of the keys belong to nothing.
 *
 * - filter: each event that meets the condition.
 * - threshold: an instant with events at which the figure holds and at the entity's last instant before (within the
 *   window) did not: one burst is one row. Looks back two windows.
 * - sequence in any order: the same, of "enough of every kind lie in the window".
 * - sequence in order: an instant that completes enough of each kind, every kind's events before the next kind's.
 *   Not again while it shares events' time with a sequence that was complete before. Looks back one window.
 * - absence: see Shape. One row for each instant with the first and without the second.
 *
 * `columnsOf` gives a dataset's columns, null or none when there is no such dataset. Never throws; a shape with errors has no SQL.
 */
export function shapeSql(
  shape: Shape,
  columnsOf: (dataset: string) => readonly ShapeColumn[] | null,
): ShapeSql {
  const context: ShapeContext = { columnsOf, issues: [] };
  if (shape.kind !== "filter") checkWindow(context, shape.windowMs);
  const { sql, lookbackMs } = written(context, shape);
  const lookups = lookupsOf(context, shape);
  const issues = [
    ...new Map(context.issues.map((one) => [`${one.code} ${one.place} ${one.message}`, one])).values(),
  ];
  const failed = issues.some(({ severity }) => severity === "error");
  return {
    sql: failed ? "" : sql,
    timeColumn: "_time",
    entityColumns: shape.by,
    lookbackMs: lookbackMs + burstWindowMs(eventsOfShape(shape)),
    lookups,
    issues,
  };
}

/** All kinds of events of a shape, those that must be missing last. */
export function eventsOfShape(shape: Shape): readonly ShapeEvents[] {
  switch (shape.kind) {
    case "filter":
      return [shape.events];
    case "threshold":
      return shape.events;
    case "sequence":
      return shape.missing === undefined ? shape.events : [...shape.events, shape.missing];
    case "absence":
      return [shape.events, shape.missing];
  }
}

function lookupsOf(context: ShapeContext, shape: Shape): string[] {
  const all = eventsOfShape(shape);
  const lookups = [...new Set(all.flatMap(({ lookup }) => (lookup === undefined ? [] : [lookup.dataset])))];
  const both = lookups.find((name) => all.some(({ dataset }) => dataset === name));
  if (both !== undefined)
    report(
      context,
      "lookup",
      "lookup",
      `\`${both}\` gives events and is looked into: a lookup is seen whole, events only near a row's time.`,
      "Use a sequence or an absence for events near each other, and a lookup for lists.",
    );
  return lookups.sort();
}

function written(context: ShapeContext, shape: Shape): { sql: string; lookbackMs: number } {
  switch (shape.kind) {
    case "filter":
      return filterSql(context, shape);
    case "threshold":
      return thresholdSql(context, shape);
    case "sequence":
      return sequenceSql(context, shape);
    case "absence":
      return absenceSql(context, shape);
  }
}

function checkWindow(context: ShapeContext, windowMs: number): void {
  if (Number.isFinite(windowMs) && windowMs >= 1 && windowMs <= MAXIMUM_WINDOW_MS) return;
  report(
    context,
    "window",
    "window",
    "The window is no time span from a millisecond to 366 days.",
    "Write it like 5m, 1h or 1d.",
  );
}
