/** ATT&CK in the tags of a Sigma rule. Browser-safe: pure functions only. */
import type { Issue } from "../../../connectors/issue/issue.ts";
import { replacementOf, technique } from "../../attack/attack.ts";
import type { SigmaRule } from "./sigma-rule.ts";

/** Technique ids (upper case) and tactics that the tags name. Withdrawn ids give way to what replaced them. */
export function sigmaTechniques(rule: Pick<SigmaRule, "tags" | "place" | "line">): {
  readonly techniques: readonly string[];
  readonly tactics: readonly string[];
  readonly issues: readonly Issue[];
} {
  const techniques: string[] = [];
  const tactics: string[] = [];
  const issues: Issue[] = [];
  for (const tag of rule.tags) {
    const [space, ...rest] = tag.toLowerCase().split(".");
    if (space !== "attack") continue;
    const name = rest.join(".");
    if (!/^t\d{4}/.test(name)) {
      if (!/^[gs]\d{4}$/.test(name)) tactics.push(name.replaceAll("_", "-"));
      continue;
    }
    const id = name.toUpperCase();
    const known = technique(id) ? id : replacementOf(id);
    if (known !== undefined) techniques.push(known);
    else
      issues.push({
        severity: "warning",
        code: "sigma.tag.technique",
        place: `${rule.place}:${rule.line}`,
        message: `The tag \`${tag.slice(0, 60)}\` names no technique of the ATT&CK version in use.`,
        remedy: "Choose a technique in the rule once it is imported.",
      });
  }
  return { techniques: [...new Set(techniques)], tactics: [...new Set(tactics)], issues };
}
