/** What a rule looks for, built from parts instead of written as SQL. Browser-safe: types only. */
import type { Condition } from "../condition/condition.ts";

/** Events of one kind: those of a dataset that meet a condition. */
export interface ShapeEvents {
  /** `^[a-z][a-z0-9_]{0,31}$`, unique in the shape: what the sentence and the rows call them. */
  readonly name: string;
  readonly dataset: string;
  readonly where: Condition;
  /** Columns that say which events belong together, in the order of the shape's `by`: `host` here may be `Computer` there. */
  readonly by: readonly string[];
  /** How many such events it takes, at least 1. */
  readonly minimumCount: number;
  /** Rows of a lookup dataset (no event time is asked of it) that must be there, or must not. */
  readonly lookup?: ShapeLookup;
  /** Only those of them count that complete a burst. */
  readonly burst?: ShapeBurst;
}

/** At least `count` of the events lie in (t - windowMs, t], by columns of their own dataset. */
export interface ShapeBurst {
  readonly count: number;
  readonly windowMs: number;
  readonly by: readonly string[];
}

export interface ShapeLookup {
  readonly dataset: string;
  /** Pairs of the event's column and the lookup's. */
  readonly on: readonly { readonly column: string; readonly lookupColumn: string }[];
  readonly present: boolean;
}

export type Comparison = "less" | "less-or-equal" | "equal" | "not-equal" | "greater" | "greater-or-equal";

/**
 * What is measured over a window: the number of events, of the kinds of events that are there, of different values of a
 * field, or a figure of a numeric field.
 */
export interface ShapeMeasure {
  readonly of: "count" | "kinds" | "distinct" | "sum" | "average" | "percentile";
  /** Column that is measured; empty for `count` and `kinds`. */
  readonly field: string;
  /** 0 to 100, for `percentile`. */
  readonly percentile?: number;
  readonly comparison: Comparison;
  readonly value: number;
  /** Must hold too: the other end of a range. */
  readonly and?: { readonly comparison: Comparison; readonly value: number };
}

/**
 * One rule as parts. Every shape gives the same SQL everywhere: `shapeSql` is the only way from here to detections.
 * `by` names the result columns that hold the entities. Windows end at the row's own time: (t - windowMs, t].
 */
export type Shape =
  /** Each event by itself. */
  | { readonly kind: "filter"; readonly events: ShapeEvents; readonly by: readonly string[] }
  /** A figure over a sliding window by entity; one row whenever the figure comes to hold. */
  | {
      readonly kind: "threshold";
      readonly events: readonly ShapeEvents[];
      readonly by: readonly string[];
      readonly measure: ShapeMeasure;
      readonly windowMs: number;
    }
  /**
   * All of them within the window, in the order given or in any; the row's time is that of the last event needed. With
   * `missing`, none such may be in the window before the first of them, between first and last, in the window after the
   * last (`after` when not said), or in a window to both sides of the last; where it is looked for after the last, the
   * row's time is the end of that window.
   */
  | {
      readonly kind: "sequence";
      readonly events: readonly ShapeEvents[];
      readonly by: readonly string[];
      readonly ordered: boolean;
      readonly missing?: ShapeEvents;
      readonly side?: AbsenceSide | "between";
      readonly windowMs: number;
    }
  /**
   * The first without the second in the window after it (the row's time is the window's end), in the window before it
   * (the row's time is the event's own), or in both, at the same instant included. `after` when not said.
   */
  | {
      readonly kind: "absence";
      readonly events: ShapeEvents;
      readonly missing: ShapeEvents;
      readonly side?: AbsenceSide;
      readonly by: readonly string[];
      readonly windowMs: number;
    };

/** Where the missing events are looked for, seen from the events that are there. */
export type AbsenceSide = "after" | "before" | "around";
