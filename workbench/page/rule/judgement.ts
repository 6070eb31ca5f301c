import { parseAds } from "../../../promote/ads/parse.ts";
import { renderAds } from "../../../promote/ads/render.ts";
import { parseValidation, renderValidation } from "../../../promote/ads/validation.ts";

/** Ids of broken variants that the strategy's Validation judges to mean the same. */
export function judgedEquivalent(adsMarkdown: string): readonly string[] {
  const ads = parseAds(adsMarkdown, "ADS.md");
  return ads.ok ? parseValidation(ads.value.sections.validation).equivalents.map(({ mutant }) => mutant) : [];
}

/** ADS.md with the judgement in its Validation that a broken variant means the same, and why. */
export function withJudgement(adsMarkdown: string, mutant: string, reason: string): string {
  const ads = parseAds(adsMarkdown, "ADS.md");
  if (!ads.ok) return adsMarkdown;
  const validation = parseValidation(ads.value.sections.validation);
  const equivalents = [...validation.equivalents.filter((one) => one.mutant !== mutant), { mutant, reason }];
  return renderAds({
    ...ads.value,
    sections: { ...ads.value.sections, validation: renderValidation({ ...validation, equivalents }) },
  });
}
