import { ATTACK_VERSION, fullName, replacementOf, technique } from "../../attack/attack.ts";
import type { GateInput } from "../gate-input.ts";
import type { GateCheck } from "../report.ts";
import { type Answer, check, failed, passed } from "./answer.ts";

/** Techniques that rule.yaml names, by which alerts are counted and priced. */
export function techniqueCheck(input: GateInput): GateCheck {
  return check("technique", "ATT&CK techniques are valid", "rule", techniqueAnswer(input));
}

function techniqueAnswer({ rule }: GateInput): Answer {
  const ids = rule?.techniques ?? [];
  if (ids.length === 0)
    return failed("rule.yaml names no technique.", "Add techniques: [T1003.001], for example.");
  const unknown = ids.filter((id) => !technique(id));
  if (unknown.length > 0) {
    const id = unknown[0]!;
    const instead = replacementOf(id);
    return failed(
      `Not in ATT&CK ${ATTACK_VERSION}: ${[...new Set(unknown)].join(", ")}.`,
      instead ? `${id} was withdrawn: write ${instead}.` : "Use an id of that version.",
    );
  }
  return passed(
    ids.map((id) => `${id} ${fullName(technique(id)!)} (${technique(id)!.tactics.join(", ")})`).join("; "),
  );
}
