import assert from "node:assert/strict";
import { test } from "node:test";
import { proofState, voidSentence } from "../../../promote/gate/proof-state.ts";
import type { ReplayProof } from "../../../promote/records/records.ts";
import {
  proofValidity,
  type ReadField,
  shapeHashOf,
  testsHashOf,
} from "../../../promote/run/proof-validity.ts";

const fields: readonly ReadField[] = [
  { dataset: "sysmon", field: "Image", type: "VARCHAR" },
  { dataset: "sysmon", field: "EventID", type: "BIGINT" },
];
const rule = { version: "v1", allowedLatenessMs: 60_000 };
const nowMs = Date.parse("2026-11-24T00:00:00Z");
const proof: ReplayProof = {
  rule: "r",
  ruleVersion: "v1",
  provedMs: nowMs - 86_400_000,
  eventCount: 10,
  sliceCount: 10,
  batchDetectionCount: 1,
  streamDetectionCount: 1,
  onlyBatch: [],
  onlyStream: [],
  dataHash: "d",
  engineVersion: "1.5",
  holds: true,
  reason: "",
  shapeHash: shapeHashOf(fields),
  allowedLatenessMs: 60_000,
};
const request = { rule, proof, shapeHash: shapeHashOf(fields), engineVersion: "1.5", nowMs };

test("a proof is valid until what it was made of is another", () => {
  assert.deepEqual(proofValidity(request), {
    state: "valid",
    voidedBy: null,
    provedMs: proof.provedMs,
    ageDays: 1,
  });
  assert.equal(proofValidity({ ...request, proof: undefined }).state, "none");
  const voided = (change: Partial<typeof request>) => proofValidity({ ...request, ...change }).voidedBy;
  assert.equal(voided({ rule: { ...rule, version: "v2" } }), "sql");
  assert.equal(voided({ engineVersion: "1.6" }), "engine");
  assert.equal(voided({ rule: { ...rule, allowedLatenessMs: 60_001 } }), "lateness");
  assert.equal(voided({ rule: { ...rule, allowedLatenessMs: 1 } }), null, "less lateness was replayed too");
  assert.equal(voided({ nowMs: nowMs + 90 * 86_400_000 }), "age");
  assert.equal(voided({ shapeHash: shapeHashOf([fields[0]!, { ...fields[1]!, type: "VARCHAR" }]) }), "shape");
  assert.equal(voided({ shapeHash: shapeHashOf([fields[0]!, { ...fields[1]!, type: null }]) }), "shape");
  assert.equal(voided({ shapeHash: shapeHashOf([...fields].reverse()) }), null);
  for (const by of ["sql", "shape", "engine", "lateness", "age", "tests"] as const)
    assert.ok(voidSentence(by).length > 10);
});

test("what an older Spoor did not write down voids nothing", () => {
  const { shapeHash, allowedLatenessMs, ...older } = proof;
  assert.ok(shapeHash !== undefined && allowedLatenessMs !== undefined);
  assert.equal(proofValidity({ ...request, proof: older }).state, "valid");
});

test("a proof from tests is void once the tests are others, one from the history is not", () => {
  const testsHash = testsHashOf({ "match-a.ndjson": "{}" });
  const now = { ...request, testsHash: testsHashOf({ "match-a.ndjson": "{}", "match-b.ndjson": "{}" }) };
  assert.equal(proofValidity({ ...now, proof: { ...proof, testsHash } }).voidedBy, "tests");
  assert.equal(proofValidity({ ...now, testsHash, proof: { ...proof, testsHash } }).state, "valid");
  assert.equal(proofValidity(now).state, "valid");
});

test("a proof has one state, and words that fit it", () => {
  const valid = proofValidity(request);
  assert.equal(proofState(undefined, null).state, "none");
  assert.equal(proofState(proof, valid).state, "proved");
  const tested = proofState({ ...proof, provedOn: "tests" }, valid);
  assert.deepEqual(
    [tested.state, /10 events of its tests; the history holds none/.test(tested.words)],
    ["proved", true],
  );
  assert.equal(proofState(proof, { ...valid, state: "void", voidedBy: "age" }).state, "void");
  const refused = { ...proof, holds: false, reason: "Of 3 detections it would miss 1." };
  assert.match(proofState(refused, valid).words, /does not give what one batch gives. Of 3/);
  const nothing = {
    ...refused,
    nothingToProve: true,
    reason: "The history holds no detection of this rule.",
  };
  for (const one of [
    nothing,
    { ...refused, reason: "The history holds no detection of this rule, and so on." },
  ]) {
    const { state, words } = proofState(one, valid);
    assert.equal(state, "nothing-to-prove");
    assert.doesNotMatch(words, /does not give/);
  }
});
