/** What a Sigma processing pipeline says, as values: how rules of one naming become rules of another. Browser-safe: types only. */
import type { YamlTree } from "../../../../connectors/yaml/yaml-tree.ts";
import type { BooleanExpression } from "./boolean-expression.ts";

export interface Pipeline {
  readonly name: string;
  /** Lower ones come first; those of equal priority in the order given. */
  readonly priority: number;
  /** Values of placeholders by name. */
  readonly variables: ReadonlyMap<string, readonly (string | number)[]>;
  readonly items: readonly PipelineItem[];
}

export interface PipelineItem {
  /** Empty when none was given. */
  readonly id: string;
  /** Where it stands, for messages: `pipelines/sysmon.yml:12`. */
  readonly place: string;
  readonly transformation: Transformation;
  readonly rule: Guard<RuleCondition>;
  readonly item: Guard<ItemCondition>;
  readonly fieldName: Guard<FieldNameCondition>;
}

/** Conditions of one kind and how they are joined; without any it always holds. */
export interface Guard<Kind> {
  readonly conditions: readonly { readonly name: string; readonly condition: Kind }[];
  readonly linking: "and" | "or";
  /** Over the conditions' names; replaces the linking. */
  readonly expression: BooleanExpression | null;
  readonly negated: boolean;
}

export interface LogSource {
  readonly category: string | null;
  readonly product: string | null;
  readonly service: string | null;
}

type Scalar = string | number | boolean;

export type RuleCondition =
  | ({ readonly type: "logsource" } & LogSource)
  | { readonly type: "contains_field"; readonly field: string }
  | { readonly type: "contains_detection_item"; readonly field: string; readonly value: Scalar }
  | { readonly type: "processing_item_applied"; readonly id: string }
  | { readonly type: "processing_state"; readonly key: string; readonly value: Scalar }
  | { readonly type: "is_sigma_rule" | "is_sigma_correlation_rule" }
  | {
      readonly type: "rule_attribute";
      readonly attribute: string;
      readonly value: Scalar;
      readonly operator: "eq" | "ne" | "gte" | "gt" | "lte" | "lt" | "in" | "not_in";
    }
  | { readonly type: "tag"; readonly tag: string };

export type ItemCondition =
  | {
      readonly type: "match_string";
      readonly pattern: RegExp;
      readonly every: boolean;
      readonly negated: boolean;
    }
  | { readonly type: "match_value"; readonly value: Scalar; readonly every: boolean }
  | { readonly type: "contains_wildcard" | "is_null"; readonly every: boolean }
  | { readonly type: "processing_item_applied"; readonly id: string }
  | { readonly type: "processing_state"; readonly key: string; readonly value: Scalar };

export type FieldNameCondition =
  | {
      readonly type: "include_fields" | "exclude_fields";
      /** Whole names, or patterns that are found somewhere in the name. */
      readonly fields: readonly (string | RegExp)[];
    }
  | { readonly type: "processing_item_applied"; readonly id: string }
  | { readonly type: "processing_state"; readonly key: string; readonly value: Scalar };

export type NameMapping = ReadonlyMap<string, readonly string[]>;

export type Transformation =
  | { readonly type: "field_name_mapping" | "field_name_prefix_mapping"; readonly mapping: NameMapping }
  | { readonly type: "field_name_prefix" | "field_name_suffix"; readonly text: string }
  | {
      readonly type: "field_name_transform";
      readonly method: "lower_case" | "upper_case" | "title_case" | "snake_case";
      readonly mapping: NameMapping;
    }
  | { readonly type: "drop_detection_item" }
  | {
      readonly type: "hashes_fields";
      readonly algorithms: readonly string[];
      readonly prefix: string;
      readonly dropAlgorithm: boolean;
    }
  | { readonly type: "value_placeholders" | "wildcard_placeholders"; readonly applies: PlaceholderChoice }
  | {
      readonly type: "add_condition";
      /** Fields with modifiers and values, as in a rule's selection. */
      readonly conditions: YamlTree;
      readonly template: boolean;
      readonly negated: boolean;
    }
  | ({ readonly type: "change_logsource" } & LogSource)
  | { readonly type: "add_field" | "remove_field" | "set_field"; readonly fields: readonly string[] }
  | {
      readonly type: "replace_string";
      readonly pattern: RegExp;
      readonly replacement: string;
      /** Only the plain parts between wildcards are replaced. */
      readonly skipSpecial: boolean;
      readonly interpretSpecial: boolean;
    }
  | { readonly type: "map_string"; readonly mapping: NameMapping }
  | { readonly type: "set_state"; readonly key: string; readonly value: string }
  | { readonly type: "regex"; readonly method: "plain" | "ignore_case_flag" | "ignore_case_brackets" }
  | { readonly type: "set_value"; readonly value: Scalar | null }
  | { readonly type: "convert_type"; readonly target: "str" | "num" }
  | { readonly type: "case"; readonly method: "lower" | "upper" | "snake_case" }
  | { readonly type: "rule_failure" | "detection_item_failure"; readonly message: string }
  | { readonly type: "strict_field_mapping_failure"; readonly message: string }
  | { readonly type: "set_custom_attribute"; readonly attribute: string; readonly value: Scalar }
  | { readonly type: "nest"; readonly items: readonly PipelineItem[] };

/** Which placeholders one transformation is for: all, when both are empty. */
export interface PlaceholderChoice {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}
