import type { ProofValidity } from "../gate/evidence.ts";
import { deterministicId } from "../records/deterministic-id.ts";
import type { ReplayProof } from "../records/records.ts";
import type { Rule } from "../rule/rule.ts";

const DAY_MS = 86_400_000;
/** A proof older than this is repeated: data drift in ways that no hash of columns shows. */
export const LONGEST_PROOF_AGE_DAYS = 90;

/** The state of a proof, as the gate shows it. */
export type Validity = ProofValidity;

/** A field that the rule reads, with the type that it has now; null where the dataset has it no more. */
export interface ReadField {
  readonly dataset: string;
  readonly field: string;
  readonly type: string | null;
}

/** Hash of the shape that a rule depends on: the columns that it reads and their types, and no other column's. */
export function shapeHashOf(fields: readonly ReadField[]): string {
  return deterministicId(
    "shape",
    fields
      .map(({ dataset, field, type }) => [dataset, field, type ?? ""])
      .sort((left, right) => (left.join("\0") < right.join("\0") ? -1 : 1)),
  );
}

/** Hash of the tests of a rule: their names and events. */
export function testsHashOf(tests: Readonly<Record<string, string>>): string {
  return deterministicId(
    "tests",
    Object.entries(tests).sort(([left], [right]) => (left < right ? -1 : 1)),
  );
}

export interface ValidityRequest {
  readonly rule: Pick<Rule, "version" | "allowedLatenessMs">;
  /** The proof of this rule that was made last, of whatever version; undefined when there is none. */
  readonly proof: ReplayProof | undefined;
  readonly shapeHash: string;
  /** Hash of the rule's tests now; without it tests void nothing. */
  readonly testsHash?: string;
  readonly engineVersion: string;
  readonly nowMs: number;
  /** Days after which a proof is repeated. Default 90. */
  readonly longestAgeDays?: number;
}

/**
 * Whether the proof on record still says something about what runs now. It is void once the SQL, the columns that the
 * rule reads, the engine or how late events may come are others than those that were replayed, and when it is too old.
 * A proof that was refused is valid as well: what it says still stands. What an older Spoor did not write down (shape,
 * lateness) voids nothing.
 */
export function proofValidity(request: ValidityRequest): Validity {
  const { rule, proof, nowMs } = request;
  if (proof === undefined) return { state: "none", voidedBy: null, provedMs: null, ageDays: null };
  const ageDays = Math.max(0, (nowMs - proof.provedMs) / DAY_MS);
  const voidedBy = reason(request, rule, proof, ageDays);
  return { state: voidedBy === null ? "valid" : "void", voidedBy, provedMs: proof.provedMs, ageDays };
}

function reason(
  request: ValidityRequest,
  rule: ValidityRequest["rule"],
  proof: ReplayProof,
  ageDays: number,
): Validity["voidedBy"] {
  if (proof.ruleVersion !== rule.version) return "sql";
  if (proof.shapeHash !== undefined && proof.shapeHash !== request.shapeHash) return "shape";
  if (proof.engineVersion !== request.engineVersion) return "engine";
  if (proof.allowedLatenessMs !== undefined && proof.allowedLatenessMs < rule.allowedLatenessMs)
    return "lateness";
  if (
    request.testsHash !== undefined &&
    proof.testsHash !== undefined &&
    proof.testsHash !== request.testsHash
  )
    return "tests";
  return ageDays > (request.longestAgeDays ?? LONGEST_PROOF_AGE_DAYS) ? "age" : null;
}
