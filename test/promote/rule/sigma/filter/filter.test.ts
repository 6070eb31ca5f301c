import assert from "node:assert/strict";
import { test } from "node:test";
import { readSigmaCollection } from "../../../../../promote/rule/sigma/correlation/collection.ts";
import { prepareRule } from "../../../../../promote/rule/sigma/correlation/prepare.ts";

const RULE = `title: R
id: 11111111-1111-1111-1111-111111111111
name: r
logsource: { category: process_creation, product: windows }
detection:
  selection: { a: 1 }
  condition: selection
`;
const FILTER = (
  rules: string,
  source = "category: process_creation, product: windows",
  condition = "not selection",
) =>
  `title: F\nlogsource: { ${source} }\nfilter:\n${rules}  selection: { User|startswith: adm_ }\n  condition: ${condition}\n`;

function applied(filter: string) {
  const collection = readSigmaCollection([
    { place: "r.yml", text: RULE },
    { place: "f.yml", text: filter },
  ]);
  const read = collection.rules[0] ? prepareRule(collection.rules[0], collection.filters, []) : null;
  return {
    count: read?.ok ? read.value.filters.length : -1,
    condition: read?.ok ? read.value.condition : null,
    refused: collection.refused.flatMap(({ issues }) => issues.map(({ code, place }) => `${code} ${place}`)),
    warnings: collection.warnings.map(({ code }) => code),
  };
}

test("filters are for rules by id, by name, or for all of a log source", () => {
  for (const [rules, source, count] of [
    ["  rules: [11111111-1111-1111-1111-111111111111]\n", undefined, 1],
    ["  rules: r\n", undefined, 1],
    ["  rules: any\n", "product: windows", 1],
    ["  rules: []\n", "category: process_creation", 1],
    ["  rules: [other]\n", undefined, 0],
    ["  rules: any\n", "product: linux", 0],
    ["  rules: any\n", "product: windows, service: security", 0],
  ] as const)
    assert.equal(applied(FILTER(rules, source)).count, count, `${rules} ${source}`);
});

test("a filter's condition must hold besides the rule's own, under names of its own", () => {
  const { condition } = applied(FILTER("  rules: any\n"));
  assert.ok(condition?.kind === "all");
  assert.deepEqual(
    condition.of.map(({ kind }) => kind),
    ["test", "not"],
  );
});

test("filters that cannot be read are refused by name; one that keeps is told", () => {
  assert.deepEqual(applied(FILTER("")).refused, ["sigma.filter.rules.missing f.yml:4"]);
  assert.deepEqual(applied(FILTER("  rules: any\n", undefined, "not other")).refused, [
    "sigma.condition.name f.yml:6",
  ]);
  assert.ok(
    applied(FILTER("  rules: any\n", undefined, "[selection, not selection]")).refused.includes(
      "sigma.filter.condition f.yml:6",
    ),
  );
  assert.ok(
    applied("title: F\nlogsource: { product: x }\nfilter:\n").refused.includes("sigma.filter.empty f.yml:3"),
  );
  assert.ok(
    applied(FILTER("  rules: any\n", undefined, "selection")).warnings.includes("sigma.filter.keeps"),
  );
});
