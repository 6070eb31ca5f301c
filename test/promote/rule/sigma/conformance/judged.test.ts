import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Condition } from "../../../../../promote/rule/condition/condition.ts";
import { conditionSql } from "../../../../../promote/rule/condition/sql.ts";
import { readSigmaCollection } from "../../../../../promote/rule/sigma/correlation/collection.ts";
import { prepareRule } from "../../../../../promote/rule/sigma/correlation/prepare.ts";
import { parsePipeline } from "../../../../../promote/rule/sigma/pipeline/parse.ts";
import { corpus } from "../../../../corpora.ts";
import { JUDGED, PIPELINES, TEST_BACKEND } from "./pairs.ts";

interface Pair {
  readonly test: string;
  readonly rules: readonly string[];
}

const folder = corpus("sigma-conformance");
const skip = folder === null ? "the shared conformance pairs are not here" : false;
const pairs =
  folder === null ? [] : (JSON.parse(readFileSync(join(folder, "pysigma_pairs.json"), "utf8")) as Pair[]);

function prepared(name: string, filter?: string) {
  const pair = pairs.find(({ test: one }) => one === name)!;
  const pipelines = (PIPELINES[name] ?? [TEST_BACKEND]).map((yaml) => {
    const read = parsePipeline(yaml, "p.yml");
    assert.ok(read.ok);
    return read.value;
  });
  const collection = readSigmaCollection([
    ...pair.rules.map((text, at) => ({ place: `${at}.yml`, text })),
    ...(filter ? [{ place: "f.yml", text: filter }] : []),
  ]);
  return prepareRule(collection.rules[0]!, collection.filters, pipelines);
}

const COLUMNS = ["mappedA", "mappedB", "EventID", "User", "timestamp"].map((name) => ({
  name,
  type: name === "EventID" ? "BIGINT" : "VARCHAR",
}));
const sqlOf = (condition: Condition) => conditionSql(condition, COLUMNS).where;

test("every judged pair is one of the pairs", { skip }, () => {
  for (const name of Object.keys(JUDGED))
    assert.ok(
      pairs.some((pair) => pair.test === name),
      name,
    );
});

test("a rule of which pipelines leave nothing is refused by name", { skip }, () => {
  for (const name of Object.keys(JUDGED).filter((one) => one.includes("_dropped_"))) {
    const read = prepared(name);
    assert.deepEqual(
      [read.ok, read.issues.map(({ code }) => code)],
      [false, ["sigma.pipeline.nothing-left"]],
      name,
    );
  }
});

test("a placeholder for a query expression is refused by name", { skip }, () => {
  for (const name of ["test_convert_query_expr", "test_convert_query_expr_unbound"])
    assert.equal(prepared(name).issues[0]?.code, "sigma.placeholder");
});

test("not of a group is not what upstream's option writes, but what the rule says", { skip }, () => {
  const [both, either] = [prepared("test_convert_not_and_group"), prepared("test_convert_not_or_group")];
  assert.ok(both.ok && either.ok);
  assert.equal(
    sqlOf(both.value.condition),
    `((lower("mappedA") = 'value1' AND lower("mappedB") = 'value2')) IS NOT TRUE`,
  );
  assert.equal(
    sqlOf(either.value.condition),
    `((lower("mappedA") = 'value1' OR lower("mappedB") = 'value2')) IS NOT TRUE`,
  );
});

test("parts of a date are compared one by one", { skip }, () => {
  const read = prepared("test_convert_timestamp_part_modifiers");
  assert.ok(read.ok && read.value.condition.kind === "all");
  const said = read.value.condition.of.map((part) =>
    part.kind === "test" ? `${part.datePart} ${part.operator} ${part.values.join()}` : part.kind,
  );
  assert.deepEqual(said, [
    "minute is 1",
    "hour is 2",
    "day is 3",
    "week is 4",
    "month is 5",
    "year is 6",
    "minute greater 7",
    "hour greater-or-equal 8",
    "day less 9",
    "week less-or-equal 10",
    "month greater 11",
    "year greater-or-equal 12",
  ]);
});

test("fields that are shown are mapped too", { skip }, () => {
  const pair = pairs.find(({ test: one }) => one === "test_ecs_kubernetes_fields")!;
  const collection = readSigmaCollection([{ place: "r.yml", text: pair.rules[0]! }]);
  const pipeline = parsePipeline(PIPELINES.test_ecs_kubernetes![0]!, "p.yml");
  assert.ok(pipeline.ok);
  const read = prepareRule(collection.rules[0]!, [], [pipeline.value]);
  assert.ok(read.ok);
  assert.deepEqual(read.value.rule.fields, [
    "kubernetes.audit.verb",
    "kubernetes.audit.requestObject.spec.volumes.hostPath",
  ]);
});

test("a filter may ask for all of several selections", { skip }, () => {
  const filter =
    "title: F\nlogsource: { product: windows }\nfilter:\n  rules: any\n  selection_a: { User|contains|all: ['adm_', 'srv_'] }\n  condition: not all of selection_*\n";
  const read = prepared("test_basic_filter_application", filter);
  assert.ok(read.ok);
  assert.match(sqlOf(read.value.condition), /IS NOT TRUE/);
});
