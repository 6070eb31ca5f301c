import { html, type TemplateResult } from "lit";
import { badge } from "../../element/badge.ts";
import { renderMarkdown } from "../../markdown/render-markdown.ts";
import { ADS_SECTIONS, adsSlug, joinAds, splitAds } from "./ads-sections.ts";

/** The ten sections, each with its text and how it reads. */
export function adsEditor(
  markdown: string,
  readOnly: boolean,
  onChange: (markdown: string) => void,
): TemplateResult {
  const ads = splitAds(markdown);
  const change = (index: number, text: string) =>
    onChange(joinAds({ ...ads, sections: ads.sections.map((old, at) => (at === index ? text : old)) }));
  return html`<div class="panel">
    ${ADS_SECTIONS.map(({ title, hint }, index) => {
      const text = ads.sections[index] ?? "";
      const slug = adsSlug(title);
      return html`<section class="ads-section" id=${`ads-${slug}`}>
        <h2>
          ${index + 1}. ${title}
          ${text.trim() === "" ? badge("empty", "warning") : badge("written", "good")}
          <span class="muted">${hint}</span>
        </h2>
        <textarea
          aria-label=${title}
          rows=${Math.min(Math.max(text.split("\n").length + Math.ceil(text.length / 90), 3), 18)}
          ?readonly=${readOnly}
          .value=${text}
          @change=${(event: Event) => change(index, (event.target as HTMLTextAreaElement).value)}
        ></textarea>
        <div>${text.trim() === "" ? html`<p class="muted">Nothing written yet.</p>` : renderMarkdown(text)}</div>
      </section>`;
    })}
  </div>`;
}
