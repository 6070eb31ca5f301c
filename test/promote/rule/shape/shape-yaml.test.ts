import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type {
  Condition,
  ConditionOperator,
  FieldTest,
} from "../../../../promote/rule/condition/condition.ts";
import { parseShape } from "../../../../promote/rule/shape/parse.ts";
import { shapeSentence } from "../../../../promote/rule/shape/sentence.ts";
import { shapeYaml } from "../../../../promote/rule/shape/serialize.ts";
import type { Shape } from "../../../../promote/rule/shape/shape.ts";
import { anyShape } from "./any-shape.ts";

const value = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0)),
  fc.boolean(),
  fc.constant(null),
);
const operators: ConditionOperator[] = [
  "is",
  "contains",
  "glob",
  "regex",
  "less",
  "is-null",
  "exists",
  "keyword",
];

const anyTest: fc.Arbitrary<FieldTest> = fc
  .record({
    field: fc.string({ minLength: 1 }),
    operator: fc.constantFrom(...operators),
    values: fc.array(value, { minLength: 1, maxLength: 4 }),
    everyValue: fc.boolean(),
    caseSensitive: fc.boolean(),
  })
  .map((test) => ({
    kind: "test" as const,
    ...test,
    field: test.operator === "keyword" ? "" : test.field,
    values: test.operator === "is-null" || test.operator === "exists" ? [] : test.values,
    ...(test.operator === "regex" ? { flags: "im" } : {}),
    ...(test.operator === "less" ? { datePart: "hour" as const } : {}),
  }));

const anyCondition = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { depthSize: "small" },
    anyTest,
    fc
      .record({
        kind: fc.constantFrom("all" as const, "any" as const),
        of: fc.array(tie("condition"), { maxLength: 3 }),
      })
      .map((group): Condition => ({ ...group })),
    tie("condition").map((of): Condition => ({ kind: "not", of })),
  ),
})).condition;

function withCondition(shape: Shape, where: Condition): Shape {
  if (shape.kind === "filter" || shape.kind === "absence")
    return { ...shape, events: { ...shape.events, where } };
  return { ...shape, events: shape.events.map((events) => ({ ...events, where })) };
}

test("shape.yaml reads back as the same shape, whatever the condition, and the sentence is one line", () => {
  fc.assert(
    fc.property(anyShape, anyCondition, (shape, where) => {
      const whole = withCondition(shape, where);
      const read = parseShape(shapeYaml(whole), "shape.yaml");
      assert.deepEqual(read.issues, []);
      assert.ok(read.ok);
      assert.deepEqual(read.value, whole);
      assert.match(shapeSentence(whole), /^Tells [\s\S]*\.$/);
    }),
    { numRuns: 300, seed: 5 },
  );
});

test("what is wrong in shape.yaml is told by line", () => {
  const text = `kind: threshold
by: [host]
window: soon
measure: { of: count, comparison: at-least, value: 5 }
events:
  - name: Failed Logins
    dataset: winauth
    by: [host, user]
    minimumCount: 0
    where:
      all:
        - { field: EventID, is: 4625, contains: 4 }
        - { field: User }
        - { field: User, is: [] }
        - nothing
    speed: 5
`;
  const read = parseShape(text, "rules/a/shape.yaml");
  assert.equal(read.ok, false);
  const told = read.issues.map(({ place, code }) => `${place.split(":")[1]} ${code}`).sort();
  assert.deepEqual(told, [
    "12 shape.where.operator",
    "13 shape.where.operator",
    "14 shape.where.values",
    "15 shape.where.shape",
    "16 shape.events.unknown-key",
    "3 shape.window",
    "4 shape.measure.comparison",
    "6 shape.events.name",
    "8 shape.events.by",
    "9 shape.events.minimum-count",
  ]);
});

test("a shape that is no YAML, empty or without events is refused, and never thrown at", () => {
  for (const text of [
    "",
    "kind: filter",
    "- a",
    "kind: [",
    "kind: absence\nwindow: 5m\nevents: [{ dataset: a }]",
  ]) {
    const read = parseShape(text, "shape.yaml");
    assert.equal(read.ok, false, text);
    assert.ok(read.issues.length > 0);
  }
});

test("the sentence says in plain words what the rule does", () => {
  const read = parseShape(
    `kind: sequence
by: [account]
window: 30m
ordered: true
events:
  - { name: failed, dataset: winauth, by: [TargetUserName], minimumCount: 5, where: { field: EventID, is: 4625 } }
  - name: success
    dataset: winauth
    by: [TargetUserName]
    where:
      all:
        - { field: EventID, is: 4624 }
        - not: { field: IpAddress, starts-with: ["10.", "192.168."] }
    lookup: { dataset: admins, on: [{ column: TargetUserName, lookupColumn: name }], present: true }
`,
    "shape.yaml",
  );
  assert.ok(read.ok);
  assert.equal(
    shapeSentence(read.value),
    "Tells when there come, within 30 minutes and one after the other: at least 5 events in winauth where EventID is 4625; " +
      "then an event in winauth where EventID is 4624 and IpAddress does not begin with “10.” or “192.168.”, and TargetUserName is " +
      "listed in admins, for each account by itself. Steps that share one finished run are told once.",
  );
});
