import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readRuleFields, runField, setRuleField } from "../../../../workbench/page/rule/rule-fields.ts";

const YAML = `# What the rule is.
title: A rule
owner: platform # who is asked
entities:
  - { column: host, kind: host }
run: { mode: batch, cron: "0 * * * *", zone: Europe/Berlin, reason: first seen }
techniques: [T1543.003]
expectedPrecision: null
`;

test("rule.yaml is read as fields with defaults, and one field changes without losing a comment", () => {
  const fields = readRuleFields(YAML)!;
  assert.deepEqual(
    [fields.title, fields.owner, fields.mode, fields.zone, fields.lookback, fields.expectedPrecision],
    ["A rule", "platform", "batch", "Europe/Berlin", "0s", null],
  );
  assert.deepEqual(fields.entities, [{ column: "host", kind: "host" }]);
  const changed = setRuleField(
    setRuleField(YAML, "techniques", ["T1003", "T1059.001"]),
    "expectedPrecision",
    0.5,
  );
  assert.match(changed, /# What the rule is\./);
  assert.deepEqual(readRuleFields(changed)?.techniques, ["T1003", "T1059.001"]);
  assert.equal(readRuleFields(changed)?.expectedPrecision, 0.5);
  const streams = setRuleField(YAML, "run", runField({ ...fields, mode: "stream" }));
  assert.equal(readRuleFields(streams)?.mode, "stream");
});

test("a text that is no YAML map stays as it is and never throws", () => {
  assert.equal(readRuleFields("- a"), null);
  assert.equal(setRuleField("title: [", "owner", "x"), "title: [");
  fc.assert(
    fc.property(fc.string(), fc.string(), (yaml, value) => {
      const fields = readRuleFields(yaml);
      const changed = setRuleField(yaml, "owner", value);
      if (fields === null) return changed === yaml;
      return readRuleFields(changed)?.owner === value;
    }),
  );
});
