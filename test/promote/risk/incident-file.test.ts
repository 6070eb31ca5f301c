import assert from "node:assert/strict";
import { test } from "node:test";
import { incidentFacts, parseIncidents } from "../../../promote/risk/incident-file.ts";

const SCENARIOS = new Set(["ransomware", "theft"]);
const HEAD = ["date", "scenario", "found_by", "loss_usd", "note"];

test("incidents are read in any order of columns, and bad rows are named by line", () => {
  const read = parseIncidents(
    [
      ["Scenario", "Date", "found_by", "loss_usd"],
      ["theft", "2025-03-01", "Detection", "$12,000"],
      ["ransomware", "2026-02-01", "other", null],
    ],
    "risk/incidents.csv",
    SCENARIOS,
  );
  assert.ok(read.ok);
  assert.deepEqual(read.value[0], {
    date: "2025-03-01",
    scenario: "theft",
    foundBy: "detection",
    lossUsd: 12_000,
    note: "",
  });
  assert.equal(read.value[1]!.lossUsd, null);
  const bad = parseIncidents(
    [
      HEAD,
      ["soon", "theft", "other", "", ""],
      ["2026-01-01", "moon", "other", "", ""],
      ["2026-01-01", "theft", "luck", "", ""],
      ["2026-01-01", "theft", "other", "-5", ""],
    ],
    "risk/incidents.csv",
    SCENARIOS,
  );
  assert.ok(!bad.ok);
  assert.deepEqual(
    bad.issues.map(({ place }) => place),
    [2, 3, 4, 5].map((line) => `risk/incidents.csv:${line}`),
  );
  const headless = parseIncidents([["a", "b"]], "risk/incidents.csv", SCENARIOS);
  assert.ok(!headless.ok && headless.issues.length === 3);
});

test("quiet years teach too; what lies outside the span does not", () => {
  const facts = incidentFacts(
    [
      { date: "2023-05-01", scenario: "theft", foundBy: "other", lossUsd: null, note: "" },
      { date: "2025-05-01", scenario: "theft", foundBy: "detection", lossUsd: null, note: "" },
      { date: "2025-06-01", scenario: "theft", foundBy: "other", lossUsd: null, note: "" },
    ],
    ["ransomware", "theft"],
    "2024-01-01",
    "2026-01-01",
  );
  assert.deepEqual(facts, [
    { scenario: "ransomware", detected: 0, missed: 0, years: 2 },
    { scenario: "theft", detected: 1, missed: 1, years: 2 },
  ]);
  assert.deepEqual(incidentFacts([], ["theft"], "2026-01-01", "2024-01-01"), []);
});
