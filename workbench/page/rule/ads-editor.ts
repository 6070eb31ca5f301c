import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import {
  ADS_SECTIONS,
  type Ads,
  type AdsSectionName,
  isEmptySection,
  sectionLink,
} from "../../../promote/ads/ads.ts";
import { parseAds } from "../../../promote/ads/parse.ts";
import { renderAds } from "../../../promote/ads/render.ts";
import { badge } from "../../element/badge.ts";
import { renderIssues } from "../../element/issue-list.ts";
import { View } from "../../element/view.ts";
import { renderMarkdown } from "../../markdown/render-markdown.ts";

/** ADS.md by its ten sections, each with its text and how it reads. Calls `change` with the whole document. */
export class AdsEditor extends View {
  static override properties = { markdown: { attribute: false } };
  declare markdown: string;
  change: (markdown: string) => void = () => {};
  /** As typed, so that a space at the end is not trimmed under the cursor. */
  #typed = new Map<AdsSectionName, string>();
  #sent: string | null = null;

  override willUpdate(changed: PropertyValues): void {
    if (changed.has("markdown") && this.markdown !== this.#sent) this.#typed.clear();
  }

  override render(): unknown {
    const parsed = parseAds(this.markdown, "ADS.md");
    if (!parsed.ok) return renderIssues(parsed.issues);
    const ads = parsed.value;
    return html`${parsed.issues.length > 0 ? renderIssues(parsed.issues) : nothing}
      <div class="panel">
        ${ADS_SECTIONS.map(({ name, title, prompt }, index) => this.#section(ads, name, `${index + 1}. ${title}`, prompt))}
      </div>
      ${
        ads.appendices.length === 0
          ? nothing
          : html`<p class="muted">
              ADS.md also has ${ads.appendices.map(({ heading }) => heading || "an untitled part").join(", ")}; it is kept.
            </p>`
      }`;
  }

  #section(ads: Ads, name: AdsSectionName, title: string, prompt: string): TemplateResult {
    const body = ads.sections[name];
    const empty = isEmptySection(body);
    const text = this.#typed.get(name) ?? (empty && body.startsWith("> Prompt:") ? "" : body);
    const rows = text.split("\n").length + Math.ceil(text.length / 90);
    return html`<section class="ads-section" id=${sectionLink(name).replace("#", "-")}>
      <h2>
        ${title} ${empty ? badge("empty", "warning") : badge("written", "good")}
        <span class="muted">${prompt}</span>
      </h2>
      <textarea
        aria-label=${title}
        name=${name}
        rows=${Math.min(Math.max(rows, 3), 18)}
        .value=${text}
        @input=${(event: InputEvent) => this.#type(ads, name, (event.target as HTMLTextAreaElement).value)}
      ></textarea>
      <div>${empty ? html`<p class="muted">Nothing written yet.</p>` : renderMarkdown(body)}</div>
    </section>`;
  }

  #type(ads: Ads, name: AdsSectionName, text: string): void {
    this.#typed.set(name, text);
    this.#sent = renderAds({ ...ads, sections: { ...ads.sections, [name]: text } });
    this.change(this.#sent);
  }
}

customElements.define("spoor-ads-editor", AdsEditor);
