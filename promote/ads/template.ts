import { ADS_SECTIONS, type Ads, type AdsSectionName } from "./ads.ts";

/** The ADS of a new draft: every section holds only its prompt, which the gate counts as empty. */
export function adsTemplate(title: string): Ads {
  return {
    title: title.replaceAll(/\s+/g, " ").trim(),
    introduction: "",
    sections: Object.fromEntries(
      ADS_SECTIONS.map(({ name, prompt }) => [name, `> Prompt: ${prompt}`]),
    ) as Record<AdsSectionName, string>,
    appendices: [],
  };
}
