import type { Issue } from "../../../connectors/issue/issue.ts";
import { ADS_SECTIONS, adsSlug } from "./ads-sections.ts";
import { mendPath } from "./gate-list.ts";

const TAB_BY_FILE: Readonly<Record<string, string>> = {
  "ADS.md": "ads",
  "response.yaml": "plan",
  "rule.yaml": "query",
  "rule.sql": "query",
};

/** Where in the workbench an issue about a rule's files is mended; null when its place is no file of a rule. */
export function issuePath(rule: string, issue: Pick<Issue, "place">): string | null {
  const [path = "", section = ""] = issue.place.split("#");
  const file =
    path
      .replace(/:\d+(:\d+)?$/, "")
      .split("/")
      .at(-1) ?? "";
  const tab =
    TAB_BY_FILE[file] ?? (/(^|\/)tests(\/|$)/.test(path) || path.endsWith(".ndjson") ? "tests" : null);
  if (tab !== null) {
    const known = tab === "ads" && ADS_SECTIONS.some(({ title }) => adsSlug(title) === section);
    return mendPath(rule, known ? `ads#${section}` : tab);
  }
  return /^(ads|plan|rule|proof|tests|backtest)$/.test(path) ? mendPath(rule, issue.place) : null;
}
