/** What one event must be, as a value that becomes SQL. Browser-safe: types only. */

/**
 * How a field is compared. `glob` knows `*` and `?` (a backslash makes either plain); `keyword` asks every text of the
 * event and has no field. All but the ordered ones take several values: one that holds is enough.
 */
export type ConditionOperator =
  | "is"
  | "contains"
  | "starts-with"
  | "ends-with"
  | "glob"
  | "regex"
  | "cidr"
  | "less"
  | "less-or-equal"
  | "greater"
  | "greater-or-equal"
  | "is-null"
  | "exists"
  | "same-as-field"
  | "keyword";

export type ConditionValue = string | number | bigint | boolean | null;

/** A test of one event's field. It is true or false and never unknown: a field that is missing meets no test but `is-null`. */
export interface FieldTest {
  readonly kind: "test";
  /** Column of the dataset, nested ones with dots (`userIdentity.type`); empty for `keyword`. */
  readonly field: string;
  readonly operator: ConditionOperator;
  /** Empty for `is-null` and `exists`; the other field's name for `same-as-field`. */
  readonly values: readonly ConditionValue[];
  /** True when one of several values is not enough. */
  readonly everyValue: boolean;
  readonly caseSensitive: boolean;
  /** Flags of `regex`: of i, m, s. */
  readonly flags?: string;
  /** Part of the date in the field that is compared in its place, as a number: a week is that of ISO 8601. */
  readonly datePart?: "minute" | "hour" | "day" | "week" | "month" | "year";
  /** For `same-as-field`: the field holds, begins or ends with what the other field has, instead of being the same. */
  readonly fieldPart?: "contains" | "starts-with" | "ends-with";
}

/** Two-valued: `not` of what is false is true, also where a field is missing. */
export type Condition =
  | { readonly kind: "all"; readonly of: readonly Condition[] }
  | { readonly kind: "any"; readonly of: readonly Condition[] }
  | { readonly kind: "not"; readonly of: Condition }
  | FieldTest;
