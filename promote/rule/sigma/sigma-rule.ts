/** A Sigma rule of specification 2.1 as a value. Browser-safe: types only. */
import type { YamlTree } from "../../../connectors/yaml/yaml-tree.ts";

export type SigmaValue = string | number | boolean | null;

/** One `field|modifier|modifier: values` of a detection, as written. */
export interface SigmaItem {
  readonly kind: "item";
  /** Empty where keywords are looked for in the whole event. */
  readonly field: string;
  /** Lower case, in the order they apply. */
  readonly modifiers: readonly string[];
  /** At least one. */
  readonly values: readonly SigmaValue[];
  readonly line: number;
}

/** What stands under one name in `detection`: a map is all of its items, a list any of them. */
export type SigmaDetection =
  | SigmaItem
  | { readonly kind: "all" | "any"; readonly of: readonly SigmaDetection[]; readonly line: number };

/** A condition read. `of` keeps its quantity and pattern (`them` or names with `*`). */
export type SigmaExpression =
  | { readonly kind: "all" | "any"; readonly of: readonly SigmaExpression[] }
  | { readonly kind: "not"; readonly of: SigmaExpression }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "of"; readonly quantity: "all" | "any"; readonly pattern: string };

export interface SigmaCondition {
  readonly text: string;
  readonly expression: SigmaExpression;
  readonly line: number;
}

export interface SigmaLogSource {
  /** Null where the rule does not say; lower case. */
  readonly product: string | null;
  readonly category: string | null;
  readonly service: string | null;
  readonly definition: string;
  readonly line: number;
}

/** What `detection` (or a filter) holds: named detections and conditions over them, any of which is enough. */
export interface SigmaDetections {
  readonly named: ReadonlyMap<string, SigmaDetection>;
  /** At least one. */
  readonly conditions: readonly SigmaCondition[];
}

export const SIGMA_LEVELS = ["informational", "low", "medium", "high", "critical"] as const;
export type SigmaLevel = (typeof SIGMA_LEVELS)[number];

export interface SigmaRule {
  readonly title: string;
  /** Empty when the rule has none. */
  readonly id: string;
  /** Name by which correlations may call it; empty when it has none. */
  readonly name: string;
  readonly related: readonly { readonly id: string; readonly type: string }[];
  /** `sigma` unless the rule says otherwise. */
  readonly taxonomy: string;
  readonly status: string;
  readonly description: string;
  readonly license: string;
  readonly references: readonly string[];
  readonly author: string;
  readonly date: string;
  readonly modified: string;
  readonly logSource: SigmaLogSource;
  readonly detections: SigmaDetections;
  readonly fields: readonly string[];
  readonly falsePositives: readonly string[];
  /** Null when the rule does not say. */
  readonly level: SigmaLevel | null;
  readonly tags: readonly string[];
  readonly scope: readonly string[];
  /** Keys that the specification does not know, as they stand. */
  readonly custom: ReadonlyMap<string, YamlTree>;
  /** File it came from, without a line. */
  readonly place: string;
  readonly line: number;
}
