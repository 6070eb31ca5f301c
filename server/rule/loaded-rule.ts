import type { Issue } from "../../connectors/issue/issue.ts";
import type { Ads } from "../../promote/ads/ads.ts";
import { parseAds } from "../../promote/ads/parse.ts";
import { parseResponsePlan } from "../../promote/plan/parse.ts";
import type { ResponsePlan } from "../../promote/plan/plan.ts";
import { parseRule } from "../../promote/rule/parse.ts";
import type { Rule } from "../../promote/rule/rule.ts";
import type { RuleFiles } from "../api/api.ts";

/** One rule folder, parsed as far as it can be. */
export interface LoadedRule {
  readonly name: string;
  readonly files: RuleFiles;
  readonly rule: Rule | null;
  readonly ads: Ads | null;
  readonly plan: ResponsePlan | null;
  readonly issues: readonly Issue[];
}

/** Parses the files of one rule; every part that fails leaves its issues. */
export function loadRule(name: string, files: RuleFiles, allowedLatenessMs: number | undefined): LoadedRule {
  const place = `rules/${name}`;
  const rule = parseRule(files, place, allowedLatenessMs === undefined ? undefined : { allowedLatenessMs });
  const ads = parseAds(files.adsMarkdown, `${place}/ADS.md`);
  const plan = parseResponsePlan(files.responseYaml, `${place}/response.yaml`);
  return {
    name,
    files,
    rule: rule.ok ? rule.value : null,
    ads: ads.ok ? ads.value : null,
    plan: plan.ok ? plan.value : null,
    issues: [...rule.issues, ...ads.issues, ...plan.issues],
  };
}
