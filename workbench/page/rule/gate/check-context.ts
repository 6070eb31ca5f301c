import type { CatalogEntry, OwnerRow, RuleDetail, RuleFiles } from "../../../../server/api/api.ts";
import { type RuleFields, setRuleField } from "../rule-fields.ts";
import type { RuleInHand } from "../rule-in-hand.ts";

/** What the place where a check is mended has at hand. */
export interface CheckContext {
  readonly hand: RuleInHand;
  readonly rule: RuleDetail;
  /** As they are being edited. */
  readonly files: RuleFiles;
  /** Null when rule.yaml is no YAML map, so that only its text can be mended. */
  readonly fields: RuleFields | null;
  readonly owners: readonly OwnerRow[];
  readonly catalog: readonly CatalogEntry[];
  /** Columns of the query's result; empty while it has none. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/** Changes one field of rule.yaml; it is saved by itself. */
export function setField(
  { hand, files }: Pick<CheckContext, "hand" | "files">,
  name: string,
  value: Parameters<typeof setRuleField>[2],
): void {
  hand.edit({ ruleYaml: setRuleField(hand.files?.ruleYaml ?? files.ruleYaml, name, value) }, true);
}
