import { html, type TemplateResult } from "lit";
import { ADS_SECTIONS, type AdsSectionName, isEmptySection } from "../../../../promote/ads/ads.ts";
import { parseAds } from "../../../../promote/ads/parse.ts";
import { renderAds } from "../../../../promote/ads/render.ts";
import { renderIssues } from "../../../element/issue-list.ts";
import { View } from "../../../element/view.ts";
import type { CheckContext } from "../gate/check-context.ts";
import { blindSpotsForm } from "./ads/blind-spots-form.ts";
import { categorizationForm } from "./ads/categorization-form.ts";
import { falsePositivesForm } from "./ads/false-positives-form.ts";
import { responseForm, strategyForm } from "./ads/generated-form.ts";
import { goalForm } from "./ads/goal-form.ts";
import { priorityForm } from "./ads/priority-form.ts";
import { resourcesForm } from "./ads/resources-form.ts";
import type { SectionForm } from "./ads/section-form.ts";
import { technicalContextForm } from "./ads/technical-context-form.ts";
import { validationForm } from "./ads/validation-form.ts";

const FORMS: Readonly<Record<AdsSectionName, SectionForm<never>>> = {
  goal: goalForm as SectionForm<never>,
  categorization: categorizationForm as SectionForm<never>,
  strategyAbstract: strategyForm as SectionForm<never>,
  technicalContext: technicalContextForm as SectionForm<never>,
  blindSpots: blindSpotsForm as SectionForm<never>,
  falsePositives: falsePositivesForm as SectionForm<never>,
  validation: validationForm as SectionForm<never>,
  priority: priorityForm as SectionForm<never>,
  response: responseForm as SectionForm<never>,
  additionalResources: resourcesForm as SectionForm<never>,
};

/** One section of the ADS as fields. What is not complete yet is kept here while it is typed. */
export class AdsForm extends View {
  static override properties = { section: { attribute: false }, context: { attribute: false } };
  declare section: AdsSectionName;
  declare context: CheckContext;
  #shown: AdsSectionName | null = null;
  #body: string | null = null;
  #value: never = undefined as never;

  override render(): TemplateResult {
    const parsed = parseAds(this.context.files.adsMarkdown, "ADS.md");
    if (!parsed.ok) return renderIssues(parsed.issues);
    const form = FORMS[this.section];
    const body = written(parsed.value.sections[this.section]);
    if (body !== this.#body || this.#shown !== this.section) {
      this.#body = body;
      this.#shown = this.section;
      this.#value = form.parse(body);
    }
    const prompt = ADS_SECTIONS.find(({ name }) => name === this.section)?.prompt ?? "";
    return html`<div class="stack tight" data-section=${this.section}>
      <p class="muted">${prompt}</p>
      ${form.form(this.#value, (value) => this.#put(form, value), this.context)}
    </div>`;
  }

  #put(form: SectionForm<never>, value: never): void {
    const { hand, files } = this.context;
    const parsed = parseAds(hand.files?.adsMarkdown ?? files.adsMarkdown, "ADS.md");
    if (!parsed.ok) return;
    const { sections } = parsed.value;
    const adsMarkdown = renderAds({
      ...parsed.value,
      sections: { ...sections, [this.section]: form.render(value) },
    });
    this.#value = value;
    const again = parseAds(adsMarkdown, "ADS.md");
    this.#body = again.ok ? written(again.value.sections[this.section]) : null;
    hand.edit({ adsMarkdown }, true);
    this.requestUpdate();
  }
}

/** A section's text without the template's prompt. */
function written(body: string): string {
  return isEmptySection(body) && /^\s*>\s*prompt:/i.test(body) ? "" : body;
}

customElements.define("spoor-ads-form", AdsForm);
