import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseResponsePlan } from "../../../../promote/plan/parse.ts";
import { REGISTERED_ACTIONS } from "../../../../promote/plan/registered.ts";
import {
  type DrawnStep,
  newStep,
  planYaml,
  readPlan,
  usualPlan,
} from "../../../../workbench/page/rule/plan-steps.ts";

test("a plan is drawn while it is being written", () => {
  const plan = readPlan(
    "automations:\n  - { name: tree, uses: query }\noptions:\n  - name: ignore\n    title: Ignore\n    outcome: ignored\n  -\n",
  );
  assert.ok(plan.ok);
  assert.deepEqual(plan.automations, [
    { name: "tree", title: "tree", uses: "query", effect: "", outcome: "", with: {} },
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

test("the usual plan is one that the server takes, with two different outcomes", () => {
  const parsed = parseResponsePlan(planYaml(usualPlan("sysmon")), "response.yaml");
  assert.ok(parsed.ok, JSON.stringify(parsed.issues));
  assert.deepEqual(parsed.issues, []);
  assert.deepEqual(
    parsed.value.options.map(({ outcome }) => outcome),
    ["true-positive", "benign-positive", null],
  );
  assert.equal(parsed.value.automations[0]?.with.dataset, "sysmon");
});

test("steps as a form has them are written and read back, whatever is typed into them", () => {
  const text = fc.string({ maxLength: 60 });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...REGISTERED_ACTIONS), text, text), { maxLength: 5 }),
      (drawn) => {
        const options: DrawnStep[] = [];
        for (const [action, title, effect] of drawn) {
          const step = newStep(action, options);
          options.push({ ...step, title: title || step.title, effect });
        }
        assert.equal(new Set(options.map(({ name }) => name)).size, options.length);
        const again = readPlan(planYaml({ automations: [], options }));
        assert.ok(again.ok);
        assert.deepEqual(
          again.options.map(({ name, title, effect }) => [name, title, effect]),
          options.map(({ name, title, effect }) => [name, title, effect]),
        );
      },
    ),
  );
});
