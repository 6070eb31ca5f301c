import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseOwners } from "../../../promote/plan/owners.ts";
import { parseResponsePlan } from "../../../promote/plan/parse.ts";
import { parseRule } from "../../../promote/rule/parse.ts";

const readme = readFileSync(new URL("../../../promote/README.md", import.meta.url), "utf8");

/** The indented example whose first line begins so. */
function example(firstLine: string): string {
  const lines = readme.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`    ${firstLine}`));
  assert.ok(start >= 0, firstLine);
  const length = lines.slice(start).findIndex((line) => line !== "" && !line.startsWith("    "));
  return lines
    .slice(start, start + length)
    .map((line) => line.slice(4))
    .join("\n");
}

test("the examples from which people learn the formats are read without an issue", () => {
  const results = [
    parseRule({ ruleYaml: example("title:"), ruleSql: example("select _time,") }, "rules/lsass"),
    parseResponsePlan(example("automations:"), "response.yaml"),
    parseOwners(example("owners:"), "owners.yaml"),
  ];
  for (const result of results) assert.deepEqual([result.ok, result.issues], [true, []]);
});
