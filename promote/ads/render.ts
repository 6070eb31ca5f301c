/** Writes ADS.md. Browser-safe: pure functions only. */
import { ADS_SECTIONS, type Ads } from "./ads.ts";

/** Writes ADS.md: the ten sections in the framework's order, then the appendices. Parses back to the same value. */
export function renderAds(ads: Ads): string {
  const parts = [
    ...(ads.title === "" ? [] : [`# ${ads.title}`]),
    ...(ads.introduction === "" ? [] : [ads.introduction]),
    ...ADS_SECTIONS.flatMap(({ name, title }) => [`## ${title}`, ads.sections[name]]),
    ...ads.appendices.flatMap(({ heading, body }) => [`## ${heading}`.trimEnd(), body]),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}
