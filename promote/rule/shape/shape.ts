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
}

export interface ShapeLookup {
  readonly dataset: string;
  /** Pairs of the event's column and the lookup's. */
  readonly on: readonly { readonly column: string; readonly lookupColumn: string }[];
  readonly present: boolean;
}

export type Comparison = "less" | "less-or-equal" | "equal" | "not-equal" | "greater" | "greater-or-equal";

/** What is measured over a window: the number of events, of different values of a field, or a figure of a numeric field. */
export interface ShapeMeasure {
  readonly of: "count" | "distinct" | "sum" | "average" | "percentile";
  /** Column that is measured; empty for `count`. */
  readonly field: string;
  /** 0 to 100, for `percentile`. */
  readonly percentile?: number;
  readonly comparison: Comparison;
  readonly value: number;
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
  /** All of them within the window, in the order given or in any; the row's time is that of the last event needed. */
  | {
      readonly kind: "sequence";
      readonly events: readonly ShapeEvents[];
      readonly by: readonly string[];
      readonly ordered: boolean;
      readonly windowMs: number;
    }
  /** The first without the second in the window after it; the row's time is the window's end. */
  | {
      readonly kind: "absence";
      readonly events: ShapeEvents;
      readonly missing: ShapeEvents;
      readonly by: readonly string[];
      readonly windowMs: number;
    };
