import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Dataset } from "../../../../connectors/dataset/dataset.ts";
import { createDuckDbEngine } from "../../../../notebooks/engine/duckdb-engine.ts";
import { parsePantherCorrelation } from "../../../../promote/rule/panther/parse.ts";
import { pantherRuleParts } from "../../../../promote/rule/panther/rule-parts.ts";
import { pantherShape } from "../../../../promote/rule/panther/shape.ts";
import { parseShape } from "../../../../promote/rule/shape/parse.ts";
import { shapeSentence } from "../../../../promote/rule/shape/sentence.ts";
import { shapeSql } from "../../../../promote/rule/shape/sql.ts";
import { runRuleTests, type TestedDataset } from "../../../../promote/rule/tests.ts";
import { corpus } from "../../../corpora.ts";
import { testRule } from "../../run/rules.ts";

const COLUMNS = [
  { name: "rule", key: "rule", type: "VARCHAR" },
  { name: "entities", key: "entities", type: "JSON" },
];
const DETECTIONS: TestedDataset = {
  dataset: { name: "detections", source: "detections", columns: COLUMNS },
  time: { fields: ["_time"], format: "iso", zone: "UTC" },
};
const makeEngine = (datasets: readonly Dataset[], temporaryDirectory: string) =>
  createDuckDbEngine({
    datasets: () => datasets,
    ledgerTables: [],
    temporaryDirectory,
    memoryLimit: "512MB",
    threads: 2,
    maximumConcurrent: 2,
    clock: Date.now,
  });

/** Runs a correlation's own tests on the rule that it becomes; tells of each whether it gave what it expects. */
async function judged(
  text: string,
  place: string,
): Promise<{ name: string; passed: boolean; message: string }[]> {
  const read = parsePantherCorrelation(text, place);
  assert.ok(read.ok, JSON.stringify(read.issues));
  const { parts, issues } = pantherRuleParts(read.value, place);
  assert.ok(parts !== null, JSON.stringify(issues));
  const shape = parseShape(parts.shapeYaml, "shape.yaml");
  assert.ok(shape.ok, JSON.stringify(shape.issues));
  const written = shapeSql(shape.value, (dataset) => (dataset === "detections" ? COLUMNS : null));
  assert.deepEqual(written.issues, []);
  assert.match(shapeSentence(shape.value), /^Tells /);
  const rule = testRule({
    sql: written.sql,
    lookbackMs: written.lookbackMs,
    entities: written.entityColumns.map((column) => ({ column, kind: "user" })),
  });
  const { tests } = parts;
  assert.equal(Object.keys(tests).length, read.value.tests.length);
  const report = await runRuleTests({ rule, tests, datasets: [DETECTIONS], makeEngine });
  return report.tests.map(({ name, passed, message }) => ({ name, passed, message }));
}

function correlationFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".yml"))
    .map((path) => join(folder, path))
    .filter((path) => /^AnalysisType:\s*["']?correlation_rule/m.test(readFileSync(path, "utf8")));
}

test("the shared correlation rules, as ours, give what their tests expect", async (context) => {
  const folder = corpus("panther");
  if (folder === null) return context.skip("the shared Panther rules are not here");
  const files = correlationFiles(folder);
  assert.equal(files.length, 15);
  let count = 0;
  for (const path of files) {
    const results = await judged(readFileSync(path, "utf8"), path);
    for (const { name, passed, message } of results) {
      count += 1;
      assert.ok(passed, `${path} ${name}: ${message}`);
    }
  }
  const written = files.flatMap((path) => readFileSync(path, "utf8").match(/^\s*ExpectedResult:/gm) ?? []);
  assert.equal(count, written.length);
});

const SEQUENCE = (middle: string, tests: string) => `AnalysisType: correlation_rule
RuleID: Any.Sequence
Severity: High
Detection:
  - Sequence:
      - { ID: A, RuleID: Rule.A, MinMatchCount: 2 }
${middle}
      - { ID: C, RuleID: Rule.C }
    Transitions:
      - { From: A, To: ${middle.includes("Absence") ? "B" : "C"}, Match: [{ On: user }] }
${middle.includes("Absence") ? "      - { From: B, To: C, Match: [{ From: user, To: account }] }" : ""}
    LookbackWindowMinutes: 60
Tests:
${tests}`;

const output = (id: string, field: string, times: string) =>
  `      - { ID: ${id}, Matches: { ${field}: { kim: [${times}] } } }`;
const sample = (name: string, expected: boolean, ...outputs: string[]) =>
  [`  - Name: ${name}`, `    ExpectedResult: ${expected}`, "    RuleOutputs:", ...outputs].join("\n");

test("minimum counts, order, windows and absence between steps mean what Panther says", async () => {
  const counted = SEQUENCE(
    "",
    [
      sample("two then one", true, output("A", "user", "0, 10"), output("C", "user", "20")),
      sample("one is not enough", false, output("A", "user", "0"), output("C", "user", "20")),
      sample("the wrong order", false, output("A", "user", "10, 20"), output("C", "user", "0")),
      sample("one before and one after", false, output("A", "user", "0, 20"), output("C", "user", "10")),
      sample("too far apart", false, output("A", "user", "0, 10"), output("C", "user", "65")),
      sample("just inside", true, output("A", "user", "0, 10"), output("C", "user", "59")),
    ].join("\n"),
  );
  const lonely = SEQUENCE(
    "      - { ID: B, RuleID: Rule.B, Absence: true }",
    [
      sample("nothing between", true, output("A", "user", "0, 10"), output("C", "account", "20")),
      sample(
        "something between",
        false,
        output("A", "user", "0, 10"),
        output("B", "user", "15"),
        output("C", "account", "20"),
      ),
      sample(
        "something before",
        true,
        output("A", "user", "1, 10"),
        output("B", "user", "0"),
        output("C", "account", "20"),
      ),
    ].join("\n"),
  );
  for (const text of [counted, lonely]) {
    for (const { name, passed, message } of await judged(text, "any.yml"))
      assert.ok(passed, `${name}: ${message}`);
  }
});

test("what our rules cannot say is refused by name, with its line", () => {
  const base = "AnalysisType: correlation_rule\nRuleID: X\nDetection:\n";
  const cases: readonly (readonly [string, string])[] = [
    ["AnalysisType: rule\nRuleID: X\n", "panther.-analysis-type"],
    [
      `${base}  - Group: [{ ID: a, RuleID: A, MaxMatchCount: 3 }]\n`,
      "panther.-detection.-group.-max-match-count",
    ],
    [
      `${base}  - Group: [{ ID: a, RuleID: A }]\n    MatchCriteria: { x: [{ GroupID: a, Match: f }], y: [{ GroupID: a, Match: g }] }\n`,
      "panther.-detection.-match-criteria.y",
    ],
    [
      `${base}  - Sequence: [{ ID: a, RuleID: A }, { ID: b, RuleID: B }, { ID: c, RuleID: C }]\n    LookbackWindowMinutes: 60\n    Transitions: [{ From: a, To: b, WithinTimeFrameMinutes: 5 }, { From: b, To: c }]\n`,
      "panther.-detection.-transitions.-within-time-frame-minutes",
    ],
    [
      `${base}  - Sequence: [{ ID: a, RuleID: A }, { ID: b, RuleID: B }, { ID: c, RuleID: C }]\n    Transitions: [{ From: a, To: c }]\n`,
      "panther.-detection.-transitions.-from",
    ],
  ];
  for (const [text, code] of cases) {
    const read = parsePantherCorrelation(text, "x.yml");
    assert.equal(read.ok, false, code);
    const found = read.issues.find((issue) => issue.code === code);
    assert.ok(found, `${code}: ${JSON.stringify(read.issues)}`);
    assert.match(found.place, /^x\.yml:\d+$/);
  }
  const lonely = `${base}  - Group: [{ ID: a, RuleID: A, Absence: true }, { ID: b, RuleID: B, Absence: true }, { ID: c, RuleID: C }]\n`;
  const read = parsePantherCorrelation(lonely, "x.yml");
  assert.ok(read.ok);
  assert.equal(pantherShape(read.value, "x.yml").issues[0]?.code, "panther.absence");
});
