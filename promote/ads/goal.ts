/** Goal: who does what to what. Browser-safe: pure functions only. */
import type { Gap } from "./gap.ts";
import { readFields, renderFields } from "./labelled.ts";
import { renderListParts } from "./list-parts.ts";
import { isPlaceholder } from "./said.ts";

/** What the rule should find: `behaviour` of `actor` against `asset`; "" where it is not said. */
export interface Goal {
  readonly actor: string;
  readonly behaviour: string;
  readonly asset: string;
  /** Free Markdown beside the fields. */
  readonly prose: string;
}

const LABELS = {
  actor: "actor",
  actors: "actor",
  adversary: "actor",
  who: "actor",
  behaviour: "behaviour",
  behavior: "behaviour",
  "does what": "behaviour",
  asset: "asset",
  assets: "asset",
  "against what": "asset",
} as const;

/** Reads the Goal. Text without fields is kept as prose. */
export function parseGoal(body: string): Goal {
  const { values, rest } = readFields(body, LABELS);
  return {
    actor: values.actor ?? "",
    behaviour: values.behaviour ?? "",
    asset: values.asset ?? "",
    prose: renderListParts(rest),
  };
}

/** Writes the Goal; parses back to the same value. */
export function renderGoal(goal: Goal): string {
  return renderFields(goal.prose, [
    ["Actor", goal.actor],
    ["Behaviour", goal.behaviour],
    ["Asset", goal.asset],
  ]);
}

/** Which of actor, behaviour and asset the Goal does not say. */
export function goalGaps(goal: Goal): Gap[] {
  const asked = [
    ["Actor", goal.actor, "an intruder on a workstation"],
    ["Behaviour", goal.behaviour, "copies passwords from memory"],
    ["Asset", goal.asset, "the accounts of server administrators"],
  ] as const;
  return asked
    .filter(([, value]) => isPlaceholder(value))
    .map(([label, , example]) => ({
      message: `It does not say the ${label.toLowerCase()}.`,
      remedy: `Add a line such as \`- **${label}:** ${example}\`.`,
    }));
}
