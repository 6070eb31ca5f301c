import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import { emptySections } from "../../../promote/ads/ads.ts";
import { categorized } from "../../../promote/ads/categorization.ts";
import { parseAds } from "../../../promote/ads/parse.ts";
import { checkGate } from "../../../promote/gate/gate.ts";
import { parseOwners } from "../../../promote/plan/owners.ts";
import { parameterOf, planParameters, usedParameters } from "../../../promote/plan/parameters.ts";
import { parseResponsePlan } from "../../../promote/plan/parse.ts";
import { parseRiskModel } from "../../../promote/risk/model-file/model-file.ts";
import { riskReport } from "../../../promote/risk/report.ts";
import { parseRule } from "../../../promote/rule/parse.ts";
import { demoFiles } from "../../../server/demo/demo.ts";

const files = new Map(demoFiles().map((file) => [file.path, file.text]));
const rules = [
  ...new Set(
    [...files.keys()].filter((path) => path.startsWith("rules/")).map((path) => path.split("/")[1]!),
  ),
];
const sources = [...files.keys()]
  .filter((path) => path.endsWith("/source.yaml"))
  .map((path) => path.split("/")[1]!);

function ruleOf(name: string) {
  const parsed = parseRule(
    { ruleYaml: files.get(`rules/${name}/rule.yaml`)!, ruleSql: files.get(`rules/${name}/rule.sql`)! },
    `rules/${name}`,
  );
  assert.deepEqual(parsed.issues, []);
  assert.ok(parsed.ok);
  return parsed.value;
}

function owners() {
  const parsed = parseOwners(files.get("owners.yaml")!, "owners.yaml");
  assert.deepEqual(parsed.issues, []);
  assert.ok(parsed.ok);
  return parsed.value;
}

test("the demo has five sources with a runbook each, and three rules with all their files", () => {
  assert.deepEqual(sources.sort(), ["cloudtrail", "idp", "sysmon", "winauth", "zeek"]);
  for (const source of sources)
    assert.ok(files.get(`sources/${source}/runbook.md`)!.includes("```sql"), source);
  assert.deepEqual(rules.sort(), [
    "encoded-powershell",
    "night-upload-to-a-rare-address",
    "session-in-two-countries",
  ]);
  for (const rule of rules) {
    for (const file of ["rule.yaml", "rule.sql", "ADS.md", "response.yaml"]) {
      assert.ok(files.has(`rules/${rule}/${file}`), `${rule}/${file}`);
    }
  }
});

test("owners, rules and response plans parse without an issue, and every owner is known", () => {
  const known = owners();
  const names = new Set(known.owners.map(({ name }) => name));
  for (const rule of rules) {
    const value = ruleOf(rule);
    assert.ok(names.has(value.owner), value.owner);
    assert.equal(value.stage, "staged");
    const plan = parseResponsePlan(files.get(`rules/${rule}/response.yaml`)!, `rules/${rule}/response.yaml`);
    assert.deepEqual(plan.issues, []);
    assert.ok(plan.ok);
    const allowed = new Set(planParameters(value.entities));
    for (const step of [...plan.value.automations, ...plan.value.options]) {
      for (const name of usedParameters(String(step.with.sql ?? "")))
        assert.ok(allowed.has(name), `${rule} $${name}`);
    }
    assert.ok(value.entities.every(({ column }) => parameterOf(column) === column));
  }
  for (const source of sources) {
    const owner = /^owner: (\w+)$/m.exec(files.get(`sources/${source}/source.yaml`)!)?.[1];
    assert.ok(owner && names.has(owner), `${source}: ${owner}`);
  }
});

test("every strategy has its ten sections, and names the techniques that its rule names", () => {
  for (const rule of rules) {
    const parsed = parseAds(files.get(`rules/${rule}/ADS.md`)!, `rules/${rule}/ADS.md`);
    assert.deepEqual(parsed.issues, []);
    assert.ok(parsed.ok);
    assert.deepEqual(emptySections(parsed.value), []);
    assert.deepEqual(parsed.value.appendices, []);
    assert.equal(parsed.value.title, ruleOf(rule).title);
    assert.deepEqual(
      categorized(parsed.value.sections.categorization)
        .map(({ technique }) => technique)
        .sort(),
      [...ruleOf(rule).techniques].sort(),
    );
  }
});

const TIMES: Readonly<Record<string, { readonly table: string; readonly time: string }>> = {
  "night-upload-to-a-rare-address": {
    table: "zeek_conn",
    time: "cast(ts as timestamp)",
  },
  "session-in-two-countries": { table: "idp", time: "cast(published as timestamp)" },
  "encoded-powershell": { table: "sysmon", time: 'cast("UtcTime" as timestamp)' },
};

test("every rule detects in its match files, and nothing in the others", async () => {
  const database = await DuckDBInstance.create(":memory:", { threads: "2", memory_limit: "1GB" });
  const connection = await database.connect();
  await connection.run("set timezone = 'UTC'");
  const folder = fileURLToPath(new URL("../../../server/demo/files/", import.meta.url));
  for (const rule of rules) {
    const tests = [...files.keys()].filter((path) => path.startsWith(`rules/${rule}/tests/`));
    assert.ok(
      tests.some((path) => path.includes("/match-")) && tests.some((path) => path.includes("/no-match-")),
      rule,
    );
    const { table, time } = TIMES[rule]!;
    for (const path of tests) {
      await connection.run(
        `create or replace table ${table} as select ${time} as _time, * from read_json($1, format = 'newline_delimited')`,
        [join(folder, path)],
      );
      const found = (await connection.runAndReadAll(files.get(`rules/${rule}/rule.sql`)!)).currentRowCount;
      assert.equal(found > 0, path.includes("/match-"), path);
    }
  }
  connection.closeSync();
  database.closeSync();
});

test("every strategy says what the gate asks of it, and tells of its rule and plan as they are", async () => {
  const database = await DuckDBInstance.create(":memory:", { threads: "1", memory_limit: "1GB" });
  const connection = await database.connect();
  await connection.run("set timezone = 'UTC'");
  const folder = fileURLToPath(new URL("../../../server/demo/files/", import.meta.url));
  for (const name of rules) {
    const { table, time } = TIMES[name]!;
    const events = [...files.keys()].find((path) => path.startsWith(`rules/${name}/tests/match-`))!;
    await connection.run(
      `create or replace table ${table} as select ${time} as _time, * from read_json($1, format = 'newline_delimited')`,
      [join(folder, events)],
    );
    const result = await connection.run(files.get(`rules/${name}/rule.sql`)!);
    const ads = parseAds(files.get(`rules/${name}/ADS.md`)!, "ADS.md");
    const plan = parseResponsePlan(files.get(`rules/${name}/response.yaml`)!, "response.yaml");
    assert.ok(ads.ok && plan.ok);
    const report = checkGate({
      target: "paging",
      name,
      rule: ruleOf(name),
      ads: ads.value,
      plan: plan.value,
      parseIssues: [],
      sqlIssues: [],
      tests: null,
      backtest: null,
      proof: null,
      owners: owners(),
      healthIssues: [],
      engineVersion: "",
      dataHash: null,
      resultColumns: result.columnNames().map((column) => ({ name: column, type: "VARCHAR" })),
    });
    assert.deepEqual(
      report.checks.filter(
        ({ code, state }) => /^(?:ads\.[a-z-]+|technique|plan.*|owner)$/.test(code) && state !== "passed",
      ),
      [],
      name,
    );
  }
  connection.closeSync();
  database.closeSync();
});

test("the risk model parses without an issue, names shipped sources and rules, and gives a report", async () => {
  const parsed = parseRiskModel(files.get("risk/model.yaml")!, "risk/model.yaml");
  assert.deepEqual(parsed.issues, []);
  assert.ok(parsed.ok);
  const candidates = parsed.value.sources.filter(({ status }) => status === "candidate").map(({ id }) => id);
  for (const { id } of parsed.value.sources)
    assert.equal(files.has(`sources/${id}/source.yaml`), !candidates.includes(id), id);
  for (const detection of parsed.value.detections) {
    if (detection.kind === "rule") assert.ok(files.has(`rules/${detection.id}/rule.sql`), detection.id);
  }
  const report = await riskReport(parsed.value, { seed: 1, draws: 500, years: 5000, generatedMs: 0 });
  assert.ok(report.headline.reduction.mean > 0);
  assert.equal(report.sources.length, 6);
  // A candidate is what hunting first is about: the trial says how many tests pay.
  assert.deepEqual(candidates, ["mail"]);
  const [first] = report.huntFirst.filter(({ source }) => source === "mail");
  assert.ok(first !== undefined && first.curve.length > 0 && first.stop !== "");
});
