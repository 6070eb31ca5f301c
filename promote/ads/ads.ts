/** What an Alerting and Detection Strategy is. Browser-safe: pure functions only. */
import { isPlaceholder } from "./said.ts";

/** The ten sections of an Alerting and Detection Strategy, in their order. `prompt` is what a template asks. */
export const ADS_SECTIONS = [
  { name: "goal", title: "Goal", prompt: "Which behaviour of which actor against what should this find?" },
  { name: "categorization", title: "Categorization", prompt: "Which ATT&CK tactic and technique, by id?" },
  {
    name: "strategyAbstract",
    title: "Strategy Abstract",
    prompt: "In a few sentences: what is read, what is looked for, how is it narrowed?",
  },
  {
    name: "technicalContext",
    title: "Technical Context",
    prompt: "What must somebody outside security know to judge an alert?",
  },
  {
    name: "blindSpots",
    title: "Blind Spots and Assumptions",
    prompt: "When would this stay silent although it happened? What must hold for it to work?",
  },
  {
    name: "falsePositives",
    title: "False Positives",
    prompt: "What harmless activity looks the same, and how is it told apart?",
  },
  {
    name: "validation",
    title: "Validation",
    prompt: "Which steps make it fire, so that anybody can repeat them?",
  },
  {
    name: "priority",
    title: "Priority",
    prompt: "How urgent is an alert, and what makes it more or less so?",
  },
  { name: "response", title: "Response", prompt: "What should the owner do, step by step?" },
  { name: "additionalResources", title: "Additional Resources", prompt: "Where can one read more?" },
] as const;

export type AdsSectionName = (typeof ADS_SECTIONS)[number]["name"];

/** Address of a section on the rule's page and in issues: `ads#blind-spots`. */
export function sectionLink(name: AdsSectionName): string {
  return `ads#${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The parsed ADS.md: Markdown bodies, trimmed; one that is missing is "". */
export interface Ads {
  readonly title: string;
  /** What stands before the first section. */
  readonly introduction: string;
  readonly sections: Readonly<Record<AdsSectionName, string>>;
  /** Sections that are none of the ten, kept in their order. */
  readonly appendices: readonly { readonly heading: string; readonly body: string }[];
}

/** Whether a section says nothing: only space, comments, prompts (`> Prompt: …`), headings, or a placeholder word. */
export function isEmptySection(body: string): boolean {
  return body
    .replaceAll(/<!--[\s\S]*?(?:-->|$)/g, "")
    .split("\n")
    .map((line) => line.replace(/^[\s>*+_-]*(?:\d+[.)]\s*)?/, "").replace(/[\s*_]+$/, ""))
    .every(
      (line) => line === "" || /^prompt:/i.test(line) || /^#{1,6}(\s|$)/.test(line) || isPlaceholder(line),
    );
}

/** Names of the sections that say nothing, in the framework's order. */
export function emptySections(ads: Ads): AdsSectionName[] {
  return ADS_SECTIONS.filter(({ name }) => isEmptySection(ads.sections[name])).map(({ name }) => name);
}
