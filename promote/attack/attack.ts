/** ATT&CK techniques and tactics by id. Browser-safe: pure functions only. */
import { RETIRED_TABLE, TACTICS, TECHNIQUE_TABLE } from "./technique-table.ts";

export { ATTACK_VERSION, TACTICS } from "./technique-table.ts";
export type Tactic = (typeof TACTICS)[number];

/** One technique or sub-technique of ATT&CK. */
export interface Technique {
  /** `T1003` or `T1003.001`. */
  readonly id: string;
  /** The technique's own name, without its parent's: `LSASS Memory`. */
  readonly name: string;
  readonly tactics: readonly Tactic[];
}

const TECHNIQUE_ID = /^T\d{4}(\.\d{3})?$/;

const techniquesById: ReadonlyMap<string, Technique> = new Map(
  lines(TECHNIQUE_TABLE).map(([id, name, tactics]) => [
    id!,
    { id: id!, name: name!, tactics: [...tactics!].map((digit) => TACTICS[Number.parseInt(digit, 36)]!) },
  ]),
);
const replacements: ReadonlyMap<string, string> = new Map(
  lines(RETIRED_TABLE).map(([id, replacement]) => [id!, replacement!]),
);

function lines(table: string): string[][] {
  return table
    .trim()
    .split("\n")
    .map((line) => line.split("|"));
}

/** All techniques of the pinned ATT&CK version, in order of their ids. */
export function techniques(): readonly Technique[] {
  return [...techniquesById.values()];
}

/** The technique with that id (`T1003.001`, upper case), or undefined when the pinned version has none. */
export function technique(id: string): Technique | undefined {
  return techniquesById.get(id);
}

/** The id that took the place of a withdrawn one, or undefined when none is known. */
export function replacementOf(id: string): string | undefined {
  return replacements.get(id);
}

/** Name with its parent's before it, as people read it: `OS Credential Dumping: LSASS Memory`. */
export function fullName(of: Technique): string {
  const parent = of.id.includes(".") ? techniquesById.get(of.id.slice(0, 5)) : undefined;
  return parent ? `${parent.name}: ${of.name}` : of.name;
}

/** Whether the text has the shape of a technique id, known or not. */
export function isTechniqueId(text: string): boolean {
  return TECHNIQUE_ID.test(text);
}

/** The tactic with that name, without regard to case, dashes or underscores; undefined when there is none. */
export function tacticNamed(name: string): Tactic | undefined {
  const key = name
    .trim()
    .toLowerCase()
    .replaceAll(/[-_\s]+/g, " ");
  return TACTICS.find((tactic) => tactic.toLowerCase() === key);
}
