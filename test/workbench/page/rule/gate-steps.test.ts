import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { GateCheck } from "../../../../server/api/api.ts";
import { checkOf, gateSteps, nextOpen } from "../../../../workbench/page/rule/gate/gate-steps.ts";

function check(code: string, link: string, state: GateCheck["state"] = "failed"): GateCheck {
  return { code, title: code, state, evidence: "", remedy: "", link };
}

test("checks stand in the order in which a person can do them, the unknown ones by where they are mended", () => {
  const steps = gateSteps([
    check("ads.goal", "ads#goal"),
    check("proof", "proof"),
    check("plan", "plan"),
    check("something.new", "owners"),
    check("tests.match", "tests", "passed"),
    check("query", "rule", "passed"),
  ]);
  assert.deepEqual(
    steps.map(({ key, checks }) => [key, checks.map(({ code }) => code)]),
    [
      ["finds", ["query"]],
      ["tests", ["tests.match"]],
      ["answer", ["plan", "something.new"]],
      ["strategy", ["ads.goal"]],
      ["stream", ["proof"]],
    ],
  );
  assert.equal(nextOpen(steps, "query")?.code, "plan");
  assert.equal(nextOpen(steps, "proof")?.code, "plan");
  assert.equal(checkOf(steps, "ads#goal")?.code, "ads.goal");
  assert.equal(checkOf(steps, "tests")?.code, "tests.match");
  assert.equal(checkOf(steps, "nowhere"), null);
});

test("every check is in exactly one step", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string()), fc.string(), (codes, link) => {
      const steps = gateSteps(codes.map((code) => check(code, link)));
      assert.deepEqual(
        steps.flatMap(({ checks }) => checks.map(({ code }) => code)).sort(),
        [...codes].sort(),
      );
    }),
  );
});
