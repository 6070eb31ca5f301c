import { html, nothing, type TemplateResult } from "lit";
import { fullName, TACTICS, type Tactic, technique } from "../../../promote/attack/attack.ts";
import type { HuntSummary, RuleSummary } from "../../../server/api/api.ts";

/** A technique that somebody hunted for or watches with a rule. */
export interface CoveredTechnique {
  readonly id: string;
  readonly name: string;
  readonly hunts: readonly HuntSummary[];
  readonly rules: readonly string[];
}

export interface TacticCoverage {
  readonly tactic: Tactic;
  readonly techniques: readonly CoveredTechnique[];
}

/** For each tactic of ATT&CK, in its order: the techniques that hunts and rules name. Unknown ids are left out. */
export function tacticCoverage(
  hunts: readonly HuntSummary[],
  rules: readonly Pick<RuleSummary, "name" | "techniques" | "stage">[],
): readonly TacticCoverage[] {
  const ids = new Set([...hunts, ...rules].flatMap(({ techniques }) => techniques));
  const covered = [...ids].sort().flatMap((id) => {
    const known = technique(id);
    if (!known) return [];
    return [
      {
        tactics: known.tactics,
        entry: {
          id,
          name: fullName(known),
          hunts: hunts.filter(({ techniques }) => techniques.includes(id)),
          rules: rules
            .filter(({ techniques, stage }) => stage !== "retired" && techniques.includes(id))
            .map(({ name }) => name),
        },
      },
    ];
  });
  return TACTICS.map((tactic) => ({
    tactic,
    techniques: covered.flatMap(({ tactics, entry }) => (tactics.includes(tactic) ? [entry] : [])),
  }));
}

/** Where the long names of tactics may be broken. */
const SYLLABLES: readonly string[] = [
  "Recon-nais-sance",
  "Re-source",
  "Develop-ment",
  "Execu-tion",
  "Persis-tence",
  "Privi-lege",
  "Esca-lation",
  "Eva-sion",
  "Creden-tial",
  "Discov-ery",
  "Move-ment",
  "Collec-tion",
  "Com-mand",
  "Exfil-tration",
];

function hyphenated(tactic: string): string {
  return tactic
    .split(" ")
    .map(
      (word) =>
        SYLLABLES.find((known) => known.replaceAll("-", "") === word)?.replaceAll("-", "\u00ad") ?? word,
    )
    .join(" ");
}

/** What a technique's mark says: the strongest thing known of it. */
function markOf({ hunts, rules }: CoveredTechnique): { readonly kind: string; readonly word: string } {
  if (rules.length > 0) return { kind: "watched", word: "watched by a rule" };
  if (hunts.some(({ state }) => state === "confirmed"))
    return { kind: "confirmed", word: "hunted, confirmed" };
  if (hunts.some(({ state }) => state === "refuted")) return { kind: "refuted", word: "hunted, refuted" };
  if (hunts.some(({ state }) => state === "inconclusive"))
    return { kind: "inconclusive", word: "hunted, inconclusive" };
  return { kind: "open", word: "being hunted" };
}

/** The tactics in a row, each with a mark for every technique that was hunted; a tactic filters the list. */
export function coverageStrip(
  coverage: readonly TacticCoverage[],
  chosen: string,
  choose: (tactic: string) => void,
): TemplateResult {
  return html`<div class="coverage" role="group" aria-label="ATT&CK techniques by tactic">
    ${coverage.map(({ tactic, techniques }) => {
      const told = techniques.map((entry) => `${entry.id} ${entry.name}: ${markOf(entry).word}`).join("\n");
      return html`<button
        type="button"
        class=${techniques.length === 0 ? "bare" : ""}
        aria-pressed=${tactic === chosen}
        title=${told === "" ? `${tactic}: nothing hunted or watched yet` : told}
        @click=${() => choose(tactic === chosen ? "" : tactic)}
      >
        <span class="tactic">${hyphenated(tactic)}</span>
        <span class="marks">
          ${techniques.length === 0 ? html`<span class="none">–</span>` : techniques.map((entry) => html`<span class="technique-mark ${markOf(entry).kind}"></span>`)}
        </span>
        <span class="hidden">${techniques.length} techniques</span>
      </button>`;
    })}
  </div>
  <p class="coverage-key">
    ${(
      [
        ["watched", "a rule watches"],
        ["confirmed", "confirmed"],
        ["refuted", "refuted"],
        ["inconclusive", "inconclusive"],
        ["open", "being hunted"],
      ] as const
    ).map(
      ([kind, word]) =>
        html`<span><span class="technique-mark ${kind}" aria-hidden="true"></span>${word}</span>`,
    )}
    ${chosen === "" ? nothing : html`<button type="button" class="link" @click=${() => choose("")}>All tactics</button>`}
  </p>`;
}
