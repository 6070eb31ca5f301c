import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { distributionMean } from "../../../promote/risk/distribution.ts";
import { measuredInputs } from "../../../promote/risk/measured.ts";
import { parseRiskModel } from "../../../promote/risk/model-file/model-file.ts";
import { COMPANY_MODEL } from "./company.ts";

function parsed(yaml: string) {
  const result = parseRiskModel(yaml, "risk/model.yaml");
  assert.ok(result.ok, JSON.stringify(result.issues, null, 1));
  return result.value;
}

function issueCodes(yaml: string): string[] {
  return parseRiskModel(yaml, "risk/model.yaml").issues.map((issue) => issue.code);
}

test("a whole model file is read, with labelled defaults for what is left out", () => {
  const model = parsed(COMPANY_MODEL);
  assert.equal(model.scenarios.length, 3);
  assert.equal(model.sources.length, 6);
  const insider = model.scenarios[2]!;
  assert.equal(insider.frequency.origin, "default");
  assert.match(insider.frequency.source, /IRIS/);
  assert.deepEqual(insider.steps[0]!.techniques, [
    ["T1005", 0.5],
    ["T1530", 0.5],
  ]);
  const logon = model.detections.find((detection) => detection.id === "odd-logon")!;
  assert.equal(logon.p.origin, "default");
  assert.match(logon.p.source, /Picus/);
  assert.ok(Math.abs(distributionMean(logon.p.distribution) - 1 / 7) < 1e-12);
  assert.equal(model.detections.find((detection) => detection.id === "dns-hunt")!.kind, "hunt");
  assert.equal(model.sources[0]!.costUsdPerYear, null);
  assert.equal(model.sources[0]!.coverage.ransomware!.origin, "measured");
});

test("the example in the README is a valid model", () => {
  const readme = readFileSync(new URL("../../../promote/risk/README.md", import.meta.url), "utf8");
  const example = /```yaml\n([\s\S]*?)```/.exec(readme)![1]!;
  const model = parsed(example);
  assert.equal(model.measurements[0]!.usd, 1500);
});

test("mistakes are issues with a line and a remedy", () => {
  const broken = COMPANY_MODEL.replace("requires: [flow]", "requires: [flows]");
  const result = parseRiskModel(broken, "risk/model.yaml");
  assert.equal(result.ok, false);
  const issue = result.issues[0]!;
  assert.equal(issue.code, "risk.requires.source");
  const line = broken.split("\n").findIndex((text) => text.includes("[flows]")) + 1;
  assert.equal(issue.place, `risk/model.yaml:${line}`);
  assert.ok(issue.remedy.length > 0);

  const change = (from: string, to: string): string[] => issueCodes(COMPANY_MODEL.replace(from, to));
  assert.deepEqual(change("kappa", "kapa"), []);
  assert.deepEqual(change("analystUsdPerHour", "analystRate"), ["risk.unknown-key"]);
  assert.deepEqual(change("[[0, 0], [20, 0.5], [90, 1]]", "[[0, 0], [20, 0.5]]"), ["risk.damage"]);
  assert.deepEqual(change("{ T1539: 1 }", "{ T1539: 1, T1528: 0.2 }"), ["risk.weights"]);
  assert.deepEqual(change("[50000, 900000]", "[900000, 50000]"), ["risk.magnitude"]);
  assert.deepEqual(change("[50000, 900000]", "[50, 900000]"), ["risk.magnitude.wide"]);
  assert.deepEqual(change("[50000, 900000]", "[1, 100000]"), ["risk.magnitude.cap"]);
  assert.deepEqual(change("{ interval: [50000, 900000] }", "{ interval: [1, 100000], cap: 1000000 }"), [
    "risk.magnitude.wide",
  ]);
  assert.deepEqual(change("id: insider", "id: ransomware").includes("risk.id.twice"), true);
  assert.deepEqual(change("insider: 0.6", "insiders: 0.6"), ["risk.coverage.scenario"]);
  assert.deepEqual(change("insider: 0.6", "insider: 1.6"), ["risk.number"]);
  assert.deepEqual(change("targets: [T1490]", "targets: [T9999]"), ["risk.targets"]);
  assert.deepEqual(change("{ beta: [4, 36] }", "{ beta: [4, 36], value: 0.1 }"), ["risk.quantity"]);
  assert.deepEqual(change("{ beta: [4, 36] }", "{ gamma: [4, 36] }"), ["risk.gamma"]);
  assert.deepEqual(
    change("interval: [0.05, 0.5]", "interval: [0.05, 0.5], origin: guessed").length > 0,
    true,
  );
});

test("hostile and broken files are issues, never exceptions", () => {
  for (const yaml of [
    "",
    "[]",
    "a: [",
    "scenarios: 7",
    "scenarios: [7]\nsources: [null]",
    "&a [*a]",
    "settings: {__proto__: {kappa: 1}}",
    "scenarios: [{id: '<script>', steps: [{techniques: {x: .nan}}]}]\nsources: [{id: a}]",
    `x: ${"[".repeat(2000)}`,
  ]) {
    const result = parseRiskModel(yaml, "risk/model.yaml");
    assert.equal(result.ok, false, yaml);
    assert.ok(result.issues.length > 0);
  }
});

test("what the product measured replaces defaults and judgements, labelled", () => {
  const model = parsed(COMPANY_MODEL);
  const measured = measuredInputs({
    model,
    date: "2026-11-24",
    sourceFacts: [
      {
        name: "sysmon",
        bytesPerDay: 120e9,
        cost: {
          gigabytesPerDay: null,
          ingestUsdPerGigabyte: 2.46,
          storageUsdPerGigabyteMonth: 0.023,
          retentionDays: 365,
          agentCount: 0,
          agentUsdPerYear: 0,
          engineerHoursPerYear: 80,
        },
        hosts: { ransomware: { seen: 90, expected: 100 } },
        healthyShare: 0.5,
      },
    ],
    ruleFacts: [
      {
        name: "c2-process",
        requires: ["sysmon"],
        alertsPerYear: 107,
        observedDays: 90,
        observedAlerts: 27,
        outcomes: { truePositives: 3, benignPositives: 9, falsePositives: 18, ignored: 8, undetermined: 1 },
        minutes: [6, 12, 9, 30, 15, 8, 11],
        tests: { tried: 12, alerted: 9, weight: 0.5 },
      },
      { name: "lateral-process", requires: ["not-in-the-model"], alertsPerYear: null },
    ],
  });
  const sysmon = measured.sources[0]!;
  assert.equal(sysmon.costOrigin, "measured");
  assert.ok(Math.abs(sysmon.costUsdPerYear! - (107748 + 12088.8 + 7600)) < 1e-6);
  assert.equal(sysmon.retentionDays, 365);
  const coverage = distributionMean(sysmon.coverage.ransomware!.distribution);
  assert.ok(Math.abs(coverage - (0.5 * (25.5 + 90)) / 130) < 1e-12, `${coverage}`);
  const rule = measured.detections[0]!;
  assert.ok(Math.abs(distributionMean(rule.alertsPerYear.distribution) - 107) < 1e-9);
  assert.equal(rule.alertsPerYear.distribution.kind, "gamma", "27 alerts leave a spread");
  assert.match(rule.alertsPerYear.source, /27 alerts in 90 days/);
  assert.equal(rule.p.evidence, 12);
  assert.deepEqual(rule.precision!.distribution, { kind: "beta", a: 4, b: 36 });
  assert.equal(rule.precision!.origin, "measured");
  assert.ok(Math.abs(distributionMean(rule.triageMinutes.distribution) - (3 * 12 + 91) / 10) < 1e-12);
  assert.deepEqual(measured.detections[1]!.requires, ["sysmon"]);
  assert.equal(measured.sources[1]!, model.sources[1]!);
});
