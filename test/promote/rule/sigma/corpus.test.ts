import assert from "node:assert/strict";
import { test } from "node:test";
import type { Condition, FieldTest } from "../../../../promote/rule/condition/condition.ts";
import { conditionSql } from "../../../../promote/rule/condition/sql.ts";
import { detectionsCondition } from "../../../../promote/rule/sigma/detections-condition.ts";
import { openLake } from "../../../connectors/load/lake.ts";
import { corpus } from "../../../corpora.ts";
import { corpusRules } from "./corpus-rules.ts";

const sigma = corpus("sigma");
const skip = sigma === null && "the shared corpora are absent";

function testsOf(condition: Condition): FieldTest[] {
  if (condition.kind === "test") return [condition];
  return (condition.kind === "not" ? [condition.of] : condition.of).flatMap(testsOf);
}

function fieldsOf(condition: Condition): string[] {
  return testsOf(condition)
    .flatMap(({ field, operator, values }) => [
      field,
      ...(operator === "same-as-field" ? values.map(String) : []),
    ])
    .filter((field) => field !== "");
}

test("all 2,777 shared rules load, or are refused by name with the line, and DuckDB runs every regular expression", {
  skip,
}, async (t) => {
  const rules = corpusRules(sigma!, "rules*/**/*.yml");
  assert.equal(rules.length, 2_777);
  const codes = new Map<string, number>();
  const predicates: string[] = [];
  const regexes = new Set<string>();
  for (const { path, rule, issues } of rules) {
    const read = rule ? detectionsCondition(rule.detections, path) : null;
    const errors = [...issues, ...(read?.issues ?? [])].filter(({ severity }) => severity === "error");
    if (read?.ok) {
      const names = new Map(fieldsOf(read.value).map((field) => [field.toLowerCase(), field]));
      const columns = [...names.values()].map((name) => ({ name, type: "VARCHAR" }));
      const written = conditionSql(read.value, columns, path);
      assert.deepEqual(written.issues, [], path);
      predicates.push(written.sql);
      for (const one of testsOf(read.value)) {
        if (one.operator !== "regex") continue;
        regexes.add(conditionSql({ ...one, field: "text" }, [{ name: "text", type: "VARCHAR" }]).sql);
      }
    } else assert.ok(errors.length > 0, path);
    for (const { code, place, remedy } of errors) {
      assert.match(place, /\.yml:[1-9]\d*$/);
      assert.ok(remedy.length > 0);
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
  }
  t.diagnostic(`${rules.length} rules: ${predicates.length} load; refused: ${JSON.stringify([...codes])}`);
  assert.deepEqual([...codes.keys()], ["sigma.placeholder"]);
  assert.equal(predicates.length, 2_759);
  const lake = await openLake(t);
  const unique = [...regexes];
  assert.ok(unique.length > 100, `${unique.length} regular expressions`);
  await lake.session.rows(
    `SELECT ${unique.map((sql) => `count_if(${sql})`).join(", ")} FROM (VALUES ('a'), (NULL)) events(text)`,
  );
});

test("old rules with aggregations, state between events or collections are refused by what they are", {
  skip,
}, (t) => {
  const rules = corpusRules(sigma!, "{deprecated,unsupported}/**/*.yml");
  assert.equal(rules.length, 259);
  const refused = new Map<string, number>();
  for (const { rule, issues } of rules) {
    const errors = new Set(issues.filter(({ severity }) => severity === "error").map(({ code }) => code));
    assert.equal(errors.size === 0, rule !== null);
    for (const code of errors) refused.set(code, (refused.get(code) ?? 0) + 1);
  }
  t.diagnostic(`259 old rules, refused: ${JSON.stringify([...refused])}`);
  assert.deepEqual(Object.fromEntries(refused), {
    "sigma.condition.aggregation": 55,
    "sigma.condition.state": 3,
    "sigma.collection": 3,
  });
});
