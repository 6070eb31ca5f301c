import { html, type TemplateResult } from "lit";
import type { RuleSummary } from "../../../server/api/api.ts";
import { formatRate, formatShare } from "../../format/number.ts";

/** Mean and 90% interval of a rule's precision, with how many outcomes stand behind it. */
export function precision(rule: Pick<RuleSummary, "precision">): TemplateResult {
  const { mean, q05, q95, evidence } = rule.precision;
  return html`${formatShare(mean)}<span class="sub">${formatShare(q05)} to ${formatShare(q95)}${`, n=${formatRate(evidence)}`}</span>`;
}
