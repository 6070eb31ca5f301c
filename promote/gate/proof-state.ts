/** How a proof stands. Browser-safe. */

import type { ReplayProof } from "../records/records.ts";
import type { ProofValidity } from "./evidence.ts";

/** Where the proof of a rule stands. `void` has said something once; `nothing-to-prove` found no detection to replay. */
export interface ProofState {
  readonly state: "proved" | "void" | "refused" | "nothing-to-prove" | "none";
  /** One or more whole sentences. */
  readonly words: string;
}

type VoidedBy = NonNullable<ProofValidity["voidedBy"]>;

const VOIDED_BY: Readonly<Record<VoidedBy, string>> = {
  sql: "the rule's SQL, time, entities or lookback have changed since it was proved",
  shape: "a field that the rule reads has changed or gone since it was proved",
  engine: "another version of the engine runs now",
  lateness: "events may now come later than in the replay",
  age: "it is too old",
  tests: "the tests whose events were replayed have changed since",
};

/** Why a proof says nothing any more, as a person is told it. */
export function voidSentence(voidedBy: VoidedBy): string {
  return VOIDED_BY[voidedBy];
}

const WORD: Readonly<Record<ProofState["state"], string>> = {
  proved: "proved",
  void: "void",
  refused: "refused",
  "nothing-to-prove": "nothing to prove on",
  none: "not proved",
};

/** The state in a word or a few, for tables and tiles. */
export function proofWord(state: ProofState["state"]): string {
  return WORD[state];
}

/**
 * The one answer to how a rule's proof stands, for pages, lists, the gate and the command line. `validity` may be absent
 * where the proof has just been made.
 */
export function proofState(
  proof: ReplayProof | null | undefined,
  validity: ProofValidity | null | undefined,
): ProofState {
  if (validity?.state === "void") {
    const days = Math.round(validity.ageDays ?? 0);
    const age = days === 0 ? "" : ` of ${days} ${days === 1 ? "day" : "days"} ago`;
    const why =
      validity.voidedBy === null ? "something that it rests on has changed" : VOIDED_BY[validity.voidedBy];
    return { state: "void", words: `The proof${age} no longer holds: ${why}.` };
  }
  if (proof === null || proof === undefined) return { state: "none", words: "Never proved." };
  if (proof.holds) return { state: "proved", words: provedWords(proof) };
  if (hadNothing(proof))
    return { state: "nothing-to-prove", words: `Nothing to prove it on. ${proof.reason}` };
  return { state: "refused", words: `The stream does not give what one batch gives. ${proof.reason}`.trim() };
}

function provedWords(proof: ReplayProof): string {
  return proof.provedOn === "tests"
    ? `The stream gives exactly what one batch gives: proved on ${proof.eventCount} ${proof.eventCount === 1 ? "event" : "events"} of its tests; the history holds none.`
    : "The stream gives exactly what one batch gives.";
}

/** An older Spoor said it in the reason alone. */
function hadNothing(proof: ReplayProof): boolean {
  if (proof.provedOn !== undefined) return proof.nothingToProve === true;
  return proof.reason.startsWith("The history holds no detection of this rule");
}
