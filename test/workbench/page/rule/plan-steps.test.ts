import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readPlan } from "../../../../workbench/page/rule/plan-steps.ts";

test("a plan is drawn while it is being written", () => {
  const plan = readPlan(
    "automations:\n  - { name: tree, uses: query }\noptions:\n  - name: ignore\n    title: Ignore\n    outcome: ignored\n  -\n",
  );
  assert.ok(plan.ok);
  assert.deepEqual(plan.automations, [
    { name: "tree", title: "tree", uses: "query", effect: "", outcome: "" },
  ]);
  assert.deepEqual(
    plan.options.map(({ title, outcome }) => [title, outcome]),
    [["Ignore", "ignored"]],
  );
  assert.deepEqual(readPlan(""), { ok: true, automations: [], options: [] });
});

test("what is no plan says so and never throws", () => {
  const broken = readPlan("automations: [");
  assert.equal(broken.ok, false);
  assert.equal(readPlan("- a").ok, false);
  fc.assert(fc.property(fc.string(), (text) => typeof readPlan(text).ok === "boolean"));
});
