/** Validation: how to make the rule fire, and how well its tests must notice what is broken. Browser-safe: pure functions only. */
import { codeSpan, readCodeSpan } from "./code-span.ts";
import type { Gap } from "./gap.ts";
import { readLabel } from "./labelled.ts";
import { keptProse, type ListPart, oneLine, readListParts, renderListParts } from "./list-parts.ts";
import { isPlaceholder, wordCount } from "./said.ts";

/** The mutation score that is asked for where the section declares none, and below which a reason is asked for. */
export const DEFAULT_MUTATION_SCORE = 0.8;
const FEWEST_WORDS_OF_REASON = 3;

/** A broken variant of the SQL that a person judged to mean the same. */
export interface EquivalentMutant {
  readonly mutant: string;
  readonly reason: string;
}

export interface Validation {
  /** Share of broken variants that the tests must catch, 0..1; null where none is declared. */
  readonly minimumScore: number | null;
  /** Why less than the default is enough; "" where it is not said. */
  readonly because: string;
  readonly equivalents: readonly EquivalentMutant[];
  /** Free Markdown: the steps that make the rule fire. */
  readonly prose: string;
}

const SCORE = /^at least (\d+(?:\.\d+)?)\s*(%?)\s*[.,;:]?\s*(?:because\s*)?(.*)$/i;
const SAME = /^\s*(?:means the same|is equivalent)\s*[:,–—-]?\s*(.*)$/i;

/** Reads the section. Lines that are no score and no judgement are kept as prose. */
export function parseValidation(body: string): Validation {
  let minimumScore: number | null = null;
  const because: string[] = [];
  const equivalents: EquivalentMutant[] = [];
  const rest: ListPart[] = [];
  for (const part of readListParts(body)) {
    if (part.kind === "item" && part.item.marker === "-" && part.item.nested === "") {
      const { text } = part.item;
      const label = readLabel(text);
      const score = label?.label === "mutation score" ? SCORE.exec(label.value) : null;
      const value = score ? Number(score[1]) / (score[2] === "%" ? 100 : 1) : null;
      if (score && value !== null && value <= 1 && minimumScore === null) {
        minimumScore = value;
        because.push(score[3]!.trim());
        continue;
      }
      const mutant = /^mutant /i.test(text) ? readCodeSpan(text.slice("mutant ".length).trim()) : null;
      const same = mutant ? SAME.exec(mutant.rest) : null;
      if (mutant && same && mutant.code !== "") {
        equivalents.push({ mutant: mutant.code, reason: same[1]!.trim() });
        continue;
      }
      if (score && value !== null && value <= 1) {
        because.push(oneLine(text.replace(/^\W*mutation score\W*/i, "")));
        continue;
      }
    }
    rest.push(part);
  }
  return {
    minimumScore,
    because: because.filter(Boolean).join("; "),
    equivalents,
    prose: renderListParts(rest),
  };
}

/** Writes the section; parses back to the same value. */
export function renderValidation({ minimumScore, because, equivalents, prose }: Validation): string {
  const item = (text: string): ListPart => ({ kind: "item", item: { marker: "-", text, nested: "" } });
  return renderListParts([
    ...readListParts(keptProse(prose)),
    ...(minimumScore === null
      ? []
      : [
          item(`**Mutation score:** at least ${minimumScore}${because === "" ? "" : `, because ${because}`}`),
        ]),
    ...equivalents.map(({ mutant, reason }) =>
      item(`Mutant ${codeSpan(mutant)} means the same: ${reason}`.trim()),
    ),
  ]);
}

/** What the section lacks: the steps, and reasons for a low score and for judged mutants. */
export function validationGaps(body: string): Gap[] {
  const { minimumScore, because, equivalents, prose } = parseValidation(body);
  const gaps: Gap[] = [];
  if (isPlaceholder(prose.replaceAll(/^\s*> ?prompt:.*$/gim, "")))
    gaps.push({
      message: "It does not say how to make the rule fire.",
      remedy: "Write the steps, so that anybody can repeat them.",
    });
  if (
    minimumScore !== null &&
    minimumScore < DEFAULT_MUTATION_SCORE &&
    wordCount(because) < FEWEST_WORDS_OF_REASON
  )
    gaps.push({
      message: `A mutation score of ${minimumScore} is asked for, and not why less than ${DEFAULT_MUTATION_SCORE} is enough.`,
      remedy: `Write \`- **Mutation score:** at least ${minimumScore}, because …\`, or ask for ${DEFAULT_MUTATION_SCORE}.`,
    });
  for (const { mutant, reason } of equivalents) {
    if (isPlaceholder(reason) || wordCount(reason) < FEWEST_WORDS_OF_REASON)
      gaps.push({
        message: `The mutant ${mutant} is said to mean the same, and not why.`,
        remedy: "Give the reason in a sentence, or add a test that catches it.",
      });
  }
  return gaps;
}
