import type { Rule } from "../../rule/rule.ts";
import type { GateInput } from "../gate-input.ts";
import { proofState } from "../proof-state.ts";
import type { GateCheck } from "../report.ts";
import { type Answer, check, failed, passed, renewing, waiting } from "./answer.ts";

/** A stream needs a proof that still holds; a batch says why it is one. */
export function runCheck(input: GateInput): GateCheck {
  const { rule } = input;
  if (!rule)
    return check(
      "proof",
      "Stream and batch agree",
      "proof",
      waiting("Known once rule.yaml can be read.", "Correct rule.yaml."),
    );
  if (rule.run.mode === "batch") {
    const reason = rule.run.reason?.trim() ?? "";
    return check(
      "batch-reason",
      "It says why it runs as batch",
      "rule",
      reason === ""
        ? failed(
            "run.reason is empty.",
            "Say in one sentence why it does not stream, or make it stream and prove it.",
          )
        : passed(reason),
    );
  }
  return check("proof", "Stream and batch agree", "proof", proofAnswer(input, rule));
}

function proofAnswer({ proof, proofValidity, engineVersion, dataHash }: GateInput, rule: Rule): Answer {
  const prove = "Run the replay proof.";
  const { state, words } = proofState(proof, proofValidity);
  if (!proof) return waiting(state === "void" ? words : "There is no replay proof.", prove);
  if (proof.rule !== rule.name || proof.ruleVersion !== rule.version)
    return failed(`The proof is of version ${proof.ruleVersion}; the rule is now ${rule.version}.`, prove);
  const differing = proof.onlyBatch.length + proof.onlyStream.length;
  const agreed =
    proof.holds &&
    proof.eventCount > 0 &&
    proof.sliceCount > 0 &&
    differing === 0 &&
    proof.batchDetectionCount === proof.streamDetectionCount;
  // What it found still stands until the replay that it waits for says otherwise; a refusal, or another query, does not.
  const voided = agreed && proofValidity?.voidedBy !== "sql" ? renewing : failed;
  if (proof.engineVersion !== engineVersion)
    return voided(`The proof was made with engine ${proof.engineVersion}; ${engineVersion} runs now.`, prove);
  if (state === "void") return voided(words, prove);
  if (state === "nothing-to-prove")
    return failed(
      words,
      "Add a test that must match and prove again, load history that holds a detection, or let the rule run as batch.",
    );
  if (state === "refused") return failed(words, "Let the rule run as batch and say why, or change it.");
  if (proof.eventCount === 0 || proof.sliceCount === 0)
    return failed(
      "The proof replayed no events, which proves nothing.",
      "Load history first, then prove again.",
    );
  if (differing > 0 || proof.batchDetectionCount !== proof.streamDetectionCount) {
    return failed(
      `Batch gives ${proof.batchDetectionCount} detections, stream ${proof.streamDetectionCount}.`,
      "Let the rule run as batch and say why, or change it.",
    );
  }
  const since = dataHash !== null && dataHash !== proof.dataHash ? " The data has grown since." : "";
  return passed(
    `${proof.provedOn === "tests" ? `${words} ` : ""}${proof.eventCount} events in ${proof.sliceCount} slices: ${proof.streamDetectionCount} detections both ways, proved ${new Date(proof.provedMs).toISOString()}.${since}`,
  );
}
