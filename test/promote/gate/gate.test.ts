import assert from "node:assert/strict";
import { test } from "node:test";
import { ADS_SECTIONS, type Ads } from "../../../promote/ads/ads.ts";
import { parseAds } from "../../../promote/ads/parse.ts";
import { adsTemplate } from "../../../promote/ads/template.ts";
import { draftRule } from "../../../promote/gate/draft.ts";
import { checkGate, effectiveStage, type GateInput, gateIssues } from "../../../promote/gate/gate.ts";
import { parseResponsePlan } from "../../../promote/plan/parse.ts";
import { parseRule } from "../../../promote/rule/parse.ts";

const RULE_YAML = `title: T
owner: platform
stage: paging
entities: [{ column: host, kind: host }]
run: { mode: stream, slice: 10s }
techniques: [T1003.001]
expectedPrecision: 0.8
expectedAlertsPerWeek: 1
`;
const PLAN = `automations:
  - { name: before, uses: history }
  - { name: look, uses: query, with: { sql: "select * from sysmon where Hostname = $host and _time <= $event_time" } }
options:
  - { name: ours, title: This was us, uses: decide, outcome: benign-positive }
  - { name: author, uses: escalate-to-author }
`;
function ok<T>(result: { ok: true; value: T } | { ok: false }): T {
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}
const rule = ok(parseRule({ ruleYaml: RULE_YAML, ruleSql: "select _time, host from sysmon" }, "rules/lsass"));
const ads: Ads = {
  ...adsTemplate("T"),
  sections: Object.fromEntries(
    ADS_SECTIONS.map(({ name }) => [
      name,
      name === "categorization" ? "Credential Access / T1003.001" : "Said in words.",
    ]),
  ) as Ads["sections"],
};
const good: GateInput = {
  target: "paging",
  name: "lsass",
  rule,
  ads,
  plan: ok(parseResponsePlan(PLAN, "response.yaml")),
  parseIssues: [],
  sqlIssues: [],
  tests: {
    passed: true,
    tests: [
      { name: "match-a.ndjson", expected: "match", passed: true, message: "" },
      { name: "no-match-a.ndjson", expected: "no-match", passed: true, message: "" },
    ],
  },
  backtest: {
    detections: 2,
    alertsPerWeek: 1,
    triageMinutesPerWeek: 10,
    triageUsdPerYear: 700,
    from: "2026-01-01T00:00:00Z",
    until: "2026-01-08T00:00:00Z",
    days: [],
    sample: [],
    elapsedMs: 1,
  },
  proof: {
    rule: "lsass",
    ruleVersion: rule.version,
    provedMs: 0,
    eventCount: 10,
    sliceCount: 5,
    batchDetectionCount: 2,
    streamDetectionCount: 2,
    onlyBatch: [],
    onlyStream: [],
    dataHash: "d",
    engineVersion: "e",
    holds: true,
    reason: "",
  },
  owners: {
    owners: [
      {
        name: "platform",
        title: "Platform",
        onCall: ["kim"],
        systems: [],
        channels: [],
        alertsPerWeekBudget: 5,
        hourlyRateUsd: 85,
      },
    ],
  },
  healthIssues: [],
  engineVersion: "e",
  dataHash: "d2",
  datasets: ["sysmon"],
};

function refused(change: Partial<GateInput>): string[] {
  const report = checkGate({ ...good, ...change });
  assert.equal(report.passed, false);
  const open = report.checks.filter(({ state }) => state !== "passed");
  assert.ok(open.every(({ evidence, remedy, link }) => evidence !== "" && remedy !== "" && link !== ""));
  assert.equal(gateIssues(report).length, open.length);
  assert.notEqual(effectiveStage(rule, report).stage, "paging");
  return open.map(({ code }) => code);
}

test("a complete rule passes and pages", () => {
  const report = checkGate(good);
  assert.deepEqual(
    report.checks.filter(({ state }) => state !== "passed"),
    [],
  );
  assert.deepEqual(effectiveStage(rule, report), { stage: "paging", issues: [] });
});

test("any one empty ADS section refuses paging", () => {
  for (const { name, prompt } of ADS_SECTIONS) {
    for (const body of ["", "<!-- later -->", `> Prompt: ${prompt}`, "TBD"]) {
      const codes = refused({ ads: { ...ads, sections: { ...ads.sections, [name]: body } } });
      assert.equal(codes.filter((code) => code.startsWith("ads.")).length, 1, name);
    }
  }
  assert.equal(refused({ ads: null }).filter((code) => code.startsWith("ads.")).length, 10);
  assert.equal(ok(parseAds("", "ADS.md")).sections.goal, "");
});

test("every missing or failing piece refuses paging under its own code", () => {
  const proof = good.proof!;
  const backtest = good.backtest!;
  const plan = good.plan!;
  const issue = {
    severity: "error",
    code: "source.silent",
    place: "sources/sysmon",
    message: "Silent.",
    remedy: "Look.",
  } as const;
  const cases: [Partial<GateInput>, string[]][] = [
    [{ plan: null }, ["plan", "plan.options"]],
    [{ plan: { ...plan, automations: [] } }, ["plan"]],
    [{ plan: { ...plan, options: plan.options.slice(0, 1) } }, ["plan.options"]],
    [{ plan: { ...plan, options: [plan.options[1]!, plan.options[1]!] } }, ["plan.options"]],
    [{ plan: ok(parseResponsePlan(PLAN.replace("$host", "$user"), "response.yaml")) }, ["plan"]],
    [{ owners: { owners: [] } }, ["owner", "budget"]],
    [{ tests: null }, ["tests.match", "tests.no-match"]],
    [{ tests: { passed: true, tests: good.tests!.tests.slice(0, 1) } }, ["tests.no-match"]],
    [
      { tests: { passed: false, tests: good.tests!.tests.map((test) => ({ ...test, passed: false })) } },
      ["tests.match", "tests.no-match"],
    ],
    [{ backtest: null }, ["backtest", "budget"]],
    [{ backtest: { ...backtest, alertsPerWeek: 6 } }, ["budget"]],
    [{ backtest: { ...backtest, from: null } }, ["backtest"]],
    [{ healthIssues: [issue] }, ["health"]],
    [{ proof: null }, ["proof"]],
    [{ proof: { ...proof, ruleVersion: "old" } }, ["proof"]],
    [{ proof: { ...proof, rule: "other" } }, ["proof"]],
    [{ proof: { ...proof, holds: false } }, ["proof"]],
    [{ proof: { ...proof, eventCount: 0 } }, ["proof"]],
    [{ proof: { ...proof, onlyBatch: ["x"] } }, ["proof"]],
    [{ engineVersion: "f" }, ["proof"]],
    [{ sqlIssues: [{ ...issue, code: "rule.sql.unstable" }] }, ["query", "time", "entities"]],
    [{ sqlIssues: [{ ...issue, code: "rule.time.missing" }] }, ["time"]],
    [{ rule: { ...rule, entities: [] } }, ["entities", "plan"]],
    [{ rule: { ...rule, techniques: [] } }, ["technique"]],
    [{ rule: { ...rule, techniques: ["T1086"] } }, ["technique"]],
    [{ rule: { ...rule, techniques: ["T1566"] } }, ["technique"]],
    [{ rule: { ...rule, owner: "nobody" } }, ["owner", "budget"]],
    [{ rule: { ...rule, expectedPrecision: null } }, ["forecast"]],
    [{ rule: { ...rule, expectedAlertsPerWeek: null } }, ["forecast"]],
    [{ rule: { ...rule, run: { mode: "batch", cron: "0 * * * *", zone: "UTC" } } }, ["batch-reason"]],
  ];
  for (const [change, codes] of cases)
    assert.deepEqual(refused(change), codes, JSON.stringify(change, null, 0).slice(0, 200));
});

test("an expected precision of zero is a forecast too, and a batch rule that says why needs no proof", () => {
  assert.ok(checkGate({ ...good, rule: { ...rule, expectedPrecision: 0, expectedAlertsPerWeek: 0 } }).passed);
  assert.ok(
    checkGate({
      ...good,
      proof: null,
      rule: { ...rule, run: { mode: "batch", cron: "0 * * * *", zone: "UTC", reason: "First seen." } },
    }).passed,
  );
});

test("a stage written by hand counts only as far as the gate lets it", () => {
  const refusedPaging = checkGate({ ...good, plan: null });
  assert.equal(effectiveStage(rule, refusedPaging).stage, "staged");
  assert.deepEqual(
    effectiveStage(rule, refusedPaging).issues.map(({ code }) => code),
    ["gate.refused", "gate.plan", "gate.plan.options"],
  );
  assert.equal(effectiveStage(rule, checkGate({ ...good, target: "staged" })).stage, "staged");
  assert.equal(effectiveStage(rule, checkGate({ ...good, sqlIssues: null })).stage, "draft");
  assert.equal(effectiveStage({ ...rule, name: "other" }, checkGate(good)).stage, "draft");
  assert.equal(effectiveStage({ ...rule, stage: "staged" }, checkGate(good)).stage, "staged");
  assert.equal(effectiveStage({ ...rule, stage: "retired" }, checkGate(good)).stage, "retired");
  assert.equal(
    effectiveStage(rule, { rule: "lsass", target: "paging", passed: true, checks: [] }).stage,
    "draft",
  );
});

test("a new draft can be staged at once and is refused for paging section by section", () => {
  const files = draftRule({
    name: "new-one",
    sql: "select _time, Hostname as host, n from sysmon;",
    columns: [
      { name: "_time", type: "TIMESTAMP" },
      { name: "host", type: "VARCHAR" },
      { name: "n", type: "BIGINT" },
    ],
  });
  const draft = ok(parseRule(files, "rules/new-one"));
  assert.deepEqual([draft.timeColumn, draft.entities], ["_time", [{ column: "host", kind: "host" }]]);
  const input = {
    ...good,
    name: "new-one",
    rule: draft,
    ads: ok(parseAds(files.adsMarkdown, "ADS.md")),
    plan: ok(parseResponsePlan(files.responseYaml, "response.yaml")),
  };
  assert.ok(checkGate({ ...input, target: "staged" }).passed);
  const codes = checkGate(input)
    .checks.filter(({ state }) => state !== "passed")
    .map(({ code }) => code);
  assert.equal(codes.filter((code) => code.startsWith("ads.")).length, 10);
  assert.ok(codes.includes("plan") && codes.includes("plan.options"));
});
