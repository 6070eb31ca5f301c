/** Strategy Abstract: what was generated from the rule, and a person's words around it. Browser-safe: pure functions only. */
import type { Rule } from "../rule/rule.ts";
import type { Gap } from "./gap.ts";
import { parseGenerated, renderGenerated, type WithGenerated } from "./generated-block.ts";
import { readLabel } from "./labelled.ts";
import { readListParts } from "./list-parts.ts";
import { isPlaceholder, wordCount } from "./said.ts";
import { strategyState } from "./strategy/strategy-abstract.ts";

/** Reads the section. */
export function parseStrategy(body: string): WithGenerated {
  return parseGenerated(body, "rule");
}

/** Writes the section; parses back to the same value. */
export function renderStrategy(section: WithGenerated): string {
  return renderGenerated(section, "rule");
}

/** Whether the section tells of the rule that runs. */
export function strategyGaps(body: string, rule: Pick<Rule, "version" | "run"> | null): Gap[] {
  const { generated } = parseStrategy(body);
  const remedy = "Write it anew from the rule, here or by `spoor rule describe`, and read it.";
  if (!rule)
    return [
      { message: "There is no rule that it could tell of.", remedy: "Correct rule.yaml and rule.sql." },
    ];
  if (!generated) return [{ message: "It holds nothing that was generated from the rule.", remedy }];
  const state = strategyState(rule, generated);
  if (state === "stale")
    return [{ message: "It was generated from another query or schedule than runs now.", remedy }];
  return state === "edited"
    ? [
        {
          message: "What was generated from the rule was changed by hand.",
          remedy: `${remedy} Write your own words around it.`,
        },
      ]
    : [];
}

const OVERLAP = /^overlap with ([a-z][a-z0-9-]{0,63})$/;
const FEWEST_WORDS_OF_REASON = 3;

/** Why a rule and another one are both needed, by the other's name: `- **Overlap with lsass-dump:** it pages sooner`. */
export function overlapReasons(body: string): ReadonlyMap<string, string> {
  const { before, after } = parseStrategy(body);
  const reasons = new Map<string, string>();
  for (const part of [...readListParts(before), ...readListParts(after)]) {
    const label = part.kind === "item" ? readLabel(part.item.text) : null;
    const other = OVERLAP.exec(label?.label ?? "")?.[1];
    if (other && !isPlaceholder(label!.value) && wordCount(label!.value) >= FEWEST_WORDS_OF_REASON)
      reasons.set(other, label!.value);
  }
  return reasons;
}
