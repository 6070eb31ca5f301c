/** Reads ADS.md. Browser-safe: pure functions only. */
import type { Issue, Parsed } from "../../connectors/issue/issue.ts";
import { ADS_SECTIONS, type Ads, type AdsSectionName } from "./ads.ts";
import { type Block, readBlocks } from "./blocks.ts";

const MAXIMUM_LENGTH = 1_000_000;

/** Headings seen in published strategies, lower case without punctuation. */
const HEADINGS: Readonly<Record<string, AdsSectionName>> = {
  goal: "goal",
  goals: "goal",
  categorization: "categorization",
  categorisation: "categorization",
  "attack categorization": "categorization",
  "mitre attack categorization": "categorization",
  "strategy abstract": "strategyAbstract",
  strategy: "strategyAbstract",
  "technical context": "technicalContext",
  "blind spots and assumptions": "blindSpots",
  "blindspots and assumptions": "blindSpots",
  "assumptions and blind spots": "blindSpots",
  "blind spots": "blindSpots",
  "false positives": "falsePositives",
  "false positive": "falsePositives",
  validation: "validation",
  priority: "priority",
  response: "response",
  "additional resources": "additionalResources",
  "additional resource": "additionalResources",
  resources: "additionalResources",
  references: "additionalResources",
};

/** The section that a heading opens, or undefined. Case, numbering, emphasis and closing colons do not matter. */
export function sectionOfHeading(heading: string): AdsSectionName | undefined {
  const key = heading
    .toLowerCase()
    .replaceAll("&amp;", "and")
    .replaceAll("att&ck", "attack")
    .replaceAll("&", "and")
    .replace(/^\s*\d+[.)]\s*/, "")
    .replaceAll(/[*_`:™®#]/g, "")
    .replaceAll(/\s+/g, " ")
    .trim();
  return Object.hasOwn(HEADINGS, key) ? HEADINGS[key] : undefined;
}

/**
 * Parses ADS.md. Headings of any level open the ten sections; deeper ones stay in the body; others become appendices.
 * A section that is there twice is joined with a warning. Only a text over 1 MB is an error. Never throws.
 */
export function parseAds(markdown: string, place: string): Parsed<Ads> {
  const issues: Issue[] = [];
  if (markdown.length > MAXIMUM_LENGTH) {
    issues.push({
      severity: "error",
      code: "ads.too-large",
      place,
      message: "The text is longer than a million characters.",
      remedy: "Move what is not the strategy to a file of its own.",
    });
    return { ok: false, issues };
  }
  const blocks = readBlocks(markdown);
  const known = blocks
    .filter((block) => block.kind === "heading" && sectionOfHeading(block.text))
    .map((block) => (block.kind === "heading" ? block.level : 1));
  const level = known.length > 0 ? Math.min(...known) : 2;

  let title: string | null = null;
  let current: { heading: string; section: AdsSectionName | null; lines: string[] } | null = null;
  const introduction: string[] = [];
  const sections = new Map<AdsSectionName, string>();
  const appendices: { heading: string; body: string }[] = [];
  const close = (): void => {
    if (!current) return;
    const body = trimmed(current.lines);
    if (current.section === null) appendices.push({ heading: current.heading, body });
    else {
      const before = sections.get(current.section);
      if (before !== undefined) {
        issues.push({
          severity: "warning",
          code: "ads.section-twice",
          place: `${place}#${current.section}`,
          message: `The section ${current.heading} is there twice; both texts are kept.`,
          remedy: "Join them into one.",
        });
      }
      sections.set(current.section, [before, body].filter(Boolean).join("\n\n"));
    }
  };
  for (const block of blocks) {
    const section = block.kind === "heading" ? sectionOfHeading(block.text) : undefined;
    if (block.kind === "heading" && section !== undefined && block.level <= Math.max(level, 2)) {
      close();
      current = { heading: block.text, section, lines: [] };
    } else if (block.kind === "heading" && title === null && current === null && block.level === 1) {
      title = block.text;
      introduction.push("");
    } else if (
      block.kind === "heading" &&
      block.level <= level &&
      (current !== null || title !== null || block.level === 2)
    ) {
      close();
      current = { heading: block.text, section: null, lines: [] };
    } else (current?.lines ?? introduction).push(...rendered(block, level));
  }
  close();
  const filled = Object.fromEntries(ADS_SECTIONS.map(({ name }) => [name, sections.get(name) ?? ""]));
  return {
    ok: true,
    value: {
      title: title ?? "",
      introduction: trimmed(introduction),
      sections: filled as Record<AdsSectionName, string>,
      appendices,
    },
    issues,
  };
}

/** Lines of a block as part of a body: headings become deeper than the `##` of sections. */
function rendered(block: Block, level: number): string[] {
  if (block.kind === "lines") return [...block.lines];
  const deeper = Math.min(6, Math.max(3, block.level + Math.max(0, 2 - level)));
  return [`${"#".repeat(deeper)} ${block.text}`.trimEnd()];
}

function trimmed(lines: readonly string[]): string {
  return lines
    .join("\n")
    .replace(/^(?:[ \t]*\n)+/, "")
    .trimEnd();
}
