import type { Issue } from "../../../connectors/issue/issue.ts";
import { ADS_SECTIONS, sectionLink } from "../../../promote/ads/ads.ts";

const PAGES: Readonly<Record<string, string>> = { risk: "/risk" };
const LINK_BY_FILE: Readonly<Record<string, string>> = {
  "ADS.md": "ads",
  "response.yaml": "plan",
  "rule.yaml": "rule",
  "rule.sql": "rule",
  "owners.yaml": "owners",
};

/** The address where a gate's link is mended: `ads#goal` is that check of the Promote page, `risk` is a page. */
export function mendPath(rule: string, link: string): string {
  const page = PAGES[link.split("#")[0] ?? ""];
  if (page !== undefined) return page;
  return `/rules/${encodeURIComponent(rule)}/promote?check=${encodeURIComponent(link)}`;
}

/**
 * Where in the workbench an issue about a rule is mended: by its file (`rules/x/ADS.md#goal`) or, for what the gate
 * refused, by the check's link (`rules/x#ads#goal`). Null when its place is neither.
 */
export function issuePath(rule: string, issue: Pick<Issue, "place">): string | null {
  const at = issue.place.indexOf("#");
  const path = at < 0 ? issue.place : issue.place.slice(0, at);
  const rest = at < 0 ? "" : issue.place.slice(at + 1);
  if (path === `rules/${rule}`) return rest === "" ? null : mendPath(rule, rest);
  if (path.includes("/tests/") || path.endsWith(".ndjson")) return mendPath(rule, "tests");
  const file =
    path
      .replace(/(:\d+)+$/, "")
      .split("/")
      .at(-1) ?? "";
  const link = LINK_BY_FILE[file];
  if (link === undefined) return null;
  const section =
    link === "ads"
      ? ADS_SECTIONS.find(({ name }) => name === rest || sectionLink(name) === `ads#${rest}`)
      : undefined;
  return mendPath(rule, section === undefined ? link : sectionLink(section.name));
}
