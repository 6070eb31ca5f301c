import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parameterOf, usedParameters } from "../../../promote/plan/parameters.ts";
import { parseResponsePlan } from "../../../promote/plan/parse.ts";
import type { PlanStep } from "../../../promote/plan/plan.ts";
import { responseYaml } from "../../../promote/plan/serialize.ts";
import { OUTCOME_KINDS } from "../../../promote/records/records.ts";

const words = fc.string({ maxLength: 60 });
const stepText = fc.record({ title: words, effect: words });
const sql = fc.constantFrom("select 1", "select *\nfrom sysmon\n\nwhere host = $host", "select ': #'");
const query = fc.record({ sql, maximumRows: fc.integer({ min: 1, max: 200 }) });
const automation = fc.oneof(
  fc.record({ uses: fc.constant("query"), with: query }),
  fc.record({
    uses: fc.constant("related-activity"),
    with: fc.record({
      dataset: fc.constantFrom("sysmon", "zeek_conn"),
      minutesBefore: fc.nat(60),
      minutesAfter: fc.nat(60),
    }),
  }),
  fc.record({ uses: fc.constant("history"), with: fc.record({ days: fc.integer({ min: 1, max: 90 }) }) }),
);
const option = fc.oneof(
  fc.record({
    uses: fc.constant("decide"),
    with: fc.constant({}),
    outcome: fc.constantFrom(...OUTCOME_KINDS),
  }),
  fc.record({ uses: fc.constant("collect-more-data"), with: query }),
  fc.record({ uses: fc.constant("escalate-to-author"), with: fc.constant({}) }),
);
const steps = (kind: fc.Arbitrary<object>, prefix: string, minimum: number) =>
  fc
    .array(fc.tuple(kind, stepText), { minLength: minimum, maxLength: 6 })
    .map((list) =>
      list.map(
        ([step, text], index) =>
          ({ outcome: null, ...step, ...text, name: `${prefix}-${index}` }) as unknown as PlanStep,
      ),
    );

test("a plan written as YAML reads back as the same plan", () => {
  fc.assert(
    fc.property(steps(automation, "a", 1), steps(option, "o", 2), (automations, options) => {
      const result = parseResponsePlan(responseYaml({ automations, options }), "response.yaml");
      assert.ok(result.ok, JSON.stringify(result.issues));
      assert.deepEqual(
        JSON.parse(JSON.stringify(result.value)),
        JSON.parse(JSON.stringify({ automations, options })),
      );
      assert.deepEqual(result.issues, []);
    }),
    { numRuns: 300 },
  );
});

test("steps that do not fit the registered actions are refused by name", () => {
  const codes = (yaml: string) =>
    parseResponsePlan(yaml, "response.yaml")
      .issues.filter(({ severity }) => severity === "error")
      .map(({ code }) => code);
  assert.deepEqual(codes("automations: [{ name: a, uses: rm-rf }]"), ["plan.automations.uses"]);
  assert.deepEqual(codes("automations: [{ name: a, uses: decide }]"), ["plan.automations.not-automatic"]);
  assert.deepEqual(codes("automations: [{ name: a, uses: query }]"), ["plan.automations.setting-missing"]);
  assert.deepEqual(codes("automations: [{ name: a, uses: history, with: { days: 1.5 } }]"), [
    "plan.automations.with.days",
  ]);
  assert.deepEqual(codes("automations: [{ name: a, uses: history }, { name: a, uses: history }]"), [
    "plan.automations.name-twice",
  ]);
  assert.deepEqual(codes("options: [{ name: a, uses: decide }]"), ["plan.options.outcome-missing"]);
  assert.deepEqual(codes("options: [{ name: a, uses: escalate-to-author, outcome: ignored }]"), [
    "plan.options.outcome-open",
  ]);
  assert.deepEqual(codes("options: [{ name: a, uses: decide, outcome: fine }]"), ["plan.options.outcome"]);
});

test("parameters of a plan's SQL", () => {
  assert.equal(parameterOf("id.orig_h"), "id_orig_h");
  assert.deepEqual(usedParameters("select $host, '$no' -- $no\n where t < $event_time and $host = 1"), [
    "host",
    "event_time",
  ]);
});
