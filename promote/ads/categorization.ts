/** Categorization: tactics and techniques of ATT&CK. Browser-safe: pure functions only. */
import {
  ATTACK_VERSION,
  fullName,
  isTechniqueId,
  replacementOf,
  TACTICS,
  type Tactic,
  tacticNamed,
  technique,
  techniques,
} from "../attack/attack.ts";
import type { Gap } from "./gap.ts";
import { itemsOf, proseOf, renderTypedParts, type SectionPart, typedParts } from "./list-parts.ts";
import { withoutComments } from "./said.ts";

/** One line of the section: `- Credential Access / T1003.001 OS Credential Dumping: LSASS Memory`. */
export interface Category {
  /** As written: a tactic's name, known or not. */
  readonly tactic: string;
  /** `T1003.001`, known or not. */
  readonly technique: string;
  /** What follows the id, commonly its name. */
  readonly label: string;
}

export type Categorization = readonly SectionPart<Category>[];

const LINE = /^([\p{L}&,\- ]{3,40}?) \/ (T\d{4}(?:\.\d{3})?)(?:\s+(.+))?$/u;

/** Reads the section: lines of tactic / technique are typed, anything else is kept. */
export function parseCategorization(body: string): Categorization {
  return typedParts(body, ({ text, nested, marker }) => {
    const match = nested === "" && marker === "-" ? LINE.exec(text) : null;
    return match ? { tactic: match[1]!.trim(), technique: match[2]!, label: match[3]?.trim() ?? "" } : null;
  });
}

/** Writes the section; parses back to the same value. */
export function renderCategorization(section: Categorization): string {
  return renderTypedParts(section, ({ tactic, technique: id, label }) => ({
    marker: "-",
    text: `${tactic} / ${id} ${label}`.trim(),
    nested: "",
  }));
}

/** A technique of the section with the tactic it is put under; null where no tactic is named before it. */
export interface Categorized {
  readonly tactic: string | null;
  readonly technique: string;
}

const TACTIC_IDS: Readonly<Record<string, Tactic>> = {
  TA0043: "Reconnaissance",
  TA0042: "Resource Development",
  TA0001: "Initial Access",
  TA0002: "Execution",
  TA0003: "Persistence",
  TA0004: "Privilege Escalation",
  TA0005: "Defense Evasion",
  TA0006: "Credential Access",
  TA0007: "Discovery",
  TA0008: "Lateral Movement",
  TA0009: "Collection",
  TA0011: "Command and Control",
  TA0010: "Exfiltration",
  TA0040: "Impact",
};
const TACTIC_WORDS = TACTICS.map((name) => name.replaceAll(" ", "[\\s_-]+")).join("|");
/** A technique id, in addresses too, or a tactic that stands for itself: not one that is part of a technique's name. */
const MENTION = new RegExp(
  `\\b(T\\d{4}(?:[./]\\d{3})?)(?!\\d)|\\b(TA00\\d\\d)\\b|(?<=^|[[\\n(>*|;,.:/-]\\s*|\\band\\s+)(${TACTIC_WORDS})(?=\\s*(?:$|[\\n\\])*|;,.:/&-]|\\(|\\band\\b))`,
  "gimu",
);

/**
 * Every technique that the section names, typed or in prose and links, with the tactic named last before it. Pairs are
 * there once; a technique of a link's address that its text names too is not there twice.
 */
export function categorized(body: string): Categorized[] {
  const found: Categorized[] = [];
  let tactic: string | null = null;
  for (const [, id, tacticId, name] of withoutComments(body).matchAll(MENTION)) {
    if (tacticId !== undefined) tactic = TACTIC_IDS[tacticId.toUpperCase()] ?? tactic;
    else if (name !== undefined) tactic = tacticNamed(name) ?? tactic;
    else {
      const technique = id!.toUpperCase().replace("/", ".");
      if (
        isTechniqueId(technique) &&
        !found.some((each) => each.technique === technique && each.tactic === tactic)
      )
        found.push({ tactic, technique });
    }
  }
  for (const part of parseCategorization(body)) {
    if (part.kind === "prose") continue;
    const { item } = part;
    if (tacticNamed(item.tactic) !== undefined) continue;
    const at = found.findIndex((each) => each.technique === item.technique);
    if (at >= 0) found[at] = { tactic: item.tactic, technique: item.technique };
  }
  return found;
}

/** Lines proposed for a rule's techniques: each under its first tactic. Ids that the pinned ATT&CK lacks are left out. */
export function proposedCategories(ids: readonly string[]): Category[] {
  return ids.flatMap((id) => {
    const known = technique(id);
    return known ? [{ tactic: known.tactics[0]!, technique: id, label: fullName(known) }] : [];
  });
}

/** Techniques of which a text gives the name and no id: what could be meant. */
export function namedWithoutId(body: string): string[] {
  const prose = proseOf(parseCategorization(body)).toLowerCase();
  return techniques()
    .filter((known) => known.name.length > 6 && prose.includes(known.name.toLowerCase()))
    .map(({ id }) => id)
    .slice(0, 3);
}

/** What is wrong with the section for a rule of these techniques. */
export function categorizationGaps(body: string, ruleTechniques: readonly string[]): Gap[] {
  const pairs = categorized(body);
  const lines = itemsTyped(body);
  const gaps: Gap[] = [];
  if (pairs.length === 0) {
    const meant = namedWithoutId(body);
    gaps.push({
      message: "It names no technique by its id.",
      remedy:
        meant.length > 0
          ? `Write the id: ${meant.join(" or ")}.`
          : "Add a line such as `- Credential Access / T1003.001`.",
    });
  }
  for (const { technique: id, tactic } of pairs) {
    const known = technique(id);
    if (!known) {
      const instead = replacementOf(id);
      gaps.push({
        message: `${id} is not in ATT&CK ${ATTACK_VERSION}.`,
        remedy: instead ? `It was withdrawn: write ${instead}.` : "Use an id of that version.",
      });
      continue;
    }
    const under = tactic === null ? undefined : tacticNamed(tactic);
    const right = known.tactics.map((each) => `\`- ${each} / ${id} ${fullName(known)}\``).join(" or ");
    if (tactic === null)
      gaps.push({ message: `${id} is named without its tactic.`, remedy: `Write ${right}.` });
    else if (under === undefined)
      gaps.push({
        message: `"${tactic}" is no tactic of ATT&CK ${ATTACK_VERSION}.`,
        remedy: `Write ${right}.`,
      });
    else if (!known.tactics.includes(under) && (lines.has(`${tactic} ${id}`) || !elsewhereRight(pairs, id)))
      gaps.push({ message: `${id} is no technique of ${under}.`, remedy: `Write ${right}.` });
  }
  const unsaid = ruleTechniques.filter((id) => !pairs.some((pair) => pair.technique === id));
  if (unsaid.length > 0)
    gaps.push({
      message: `It does not name ${unsaid.join(", ")}, which rule.yaml does.`,
      remedy: "Name the same techniques, by id, in rule.yaml and in Categorization.",
    });
  return gaps;
}

function itemsTyped(body: string): Set<string> {
  return new Set(itemsOf(parseCategorization(body)).map((line) => `${line.tactic} ${line.technique}`));
}

/** A link's address names the technique again, after another tactic perhaps: one right pair is enough. */
function elsewhereRight(pairs: readonly Categorized[], id: string): boolean {
  const known = technique(id)!;
  return pairs.some(
    (pair) =>
      pair.technique === id &&
      pair.tactic !== null &&
      known.tactics.some((each) => each === tacticNamed(pair.tactic!)),
  );
}
