/** A Sigma correlation of specification 2.1 as a value. Browser-safe: types only. */
import type { Comparison } from "../../shape/shape.ts";
import type { BooleanExpression } from "../pipeline/boolean-expression.ts";
import type { SigmaLevel } from "../sigma-rule.ts";

export const CORRELATION_TYPES = [
  "event_count",
  "value_count",
  "temporal",
  "temporal_ordered",
  "value_sum",
  "value_avg",
  "value_percentile",
  "value_median",
] as const;
export type CorrelationType = (typeof CORRELATION_TYPES)[number];

export interface CorrelationCondition {
  /** All must hold: two make a range. At least one. */
  readonly comparisons: readonly { readonly comparison: Comparison; readonly value: number }[];
  /** What is counted or measured; several count as one value together. */
  readonly fields: readonly string[];
  /** 0 to 100; null when not said. */
  readonly percentile: number | null;
}

export interface SigmaCorrelation {
  readonly title: string;
  /** Empty when it has none. */
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly description: string;
  readonly author: string;
  readonly references: readonly string[];
  readonly date: string;
  readonly modified: string;
  readonly falsePositives: readonly string[];
  readonly fields: readonly string[];
  readonly tags: readonly string[];
  readonly level: SigmaLevel | null;
  readonly type: CorrelationType;
  /** Ids or names of the rules it joins, in their order. */
  readonly rules: readonly string[];
  readonly groupBy: readonly string[];
  readonly timespanMs: number;
  /** By alias: the field that it stands for in the events of each rule. */
  readonly aliases: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Null for a temporal correlation that only asks for all of its rules. */
  readonly condition: CorrelationCondition | null;
  /** For a temporal correlation: which rules must have matched, in words; null when it counts or asks for all. */
  readonly expression: BooleanExpression | null;
  /** Whether the rules it joins are rules of their own besides. */
  readonly generate: boolean;
  readonly place: string;
  readonly line: number;
}
