import { html, type TemplateResult } from "lit";
import { parseAds } from "../../../../promote/ads/parse.ts";
import { renderAds } from "../../../../promote/ads/render.ts";
import { overlapReasons, parseStrategy, renderStrategy } from "../../../../promote/ads/strategy.ts";
import { field } from "../../../element/field.ts";
import { overlapView } from "../evidence/evidence-views.ts";
import type { CheckContext } from "../gate/check-context.ts";
import { enteredIn } from "./rule-forms.ts";

const MUCH = 0.5;

/** What other rules find too, and a field for each that finds much of it: why both are needed. */
export function overlapForm(
  context: CheckContext,
  report: NonNullable<CheckContext["rule"]["evidence"]["overlap"]>,
): TemplateResult {
  const ads = parseAds(context.files.adsMarkdown, "ADS.md");
  const strategy = ads.ok ? ads.value.sections.strategyAbstract : "";
  const reasons = overlapReasons(strategy);
  return html`<div class="stack">
    ${overlapView(report)}
    ${report.rules
      .filter(({ ofMine }) => ofMine >= MUCH)
      .map(({ rule }) =>
        field(
          `Why this rule and ${rule} are both needed`,
          html`<input
            type="text"
            name="overlap"
            data-rule=${rule}
            placeholder="the other one is noisy and never pages"
            .value=${reasons.get(rule) ?? ""}
            @change=${(event: Event) => writeReason(context, rule, enteredIn(event))}
          />`,
          "It is kept in the Strategy Abstract.",
        ),
      )}
  </div>`;
}

function writeReason({ hand, files }: CheckContext, rule: string, reason: string): void {
  const ads = parseAds(hand.files?.adsMarkdown ?? files.adsMarkdown, "ADS.md");
  if (!ads.ok) return;
  const strategy = parseStrategy(ads.value.sections.strategyAbstract);
  const label = `- **Overlap with ${rule}:**`;
  const kept = strategy.after.split("\n").filter((line) => !line.startsWith(label));
  const said = reason.replaceAll(/\s+/g, " ").trim();
  const after = [...kept, ...(said === "" ? [] : [`${label} ${said}`])].join("\n").trim();
  const sections = { ...ads.value.sections, strategyAbstract: renderStrategy({ ...strategy, after }) };
  hand.edit({ adsMarkdown: renderAds({ ...ads.value, sections }) }, true);
}
