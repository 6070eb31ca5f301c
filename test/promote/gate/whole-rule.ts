import type { Ads } from "../../../promote/ads/ads.ts";
import { blindSpotId, blindSpotsOf } from "../../../promote/ads/blind-spots.ts";
import { falsePositiveId, falsePositivesOf } from "../../../promote/ads/false-positives.ts";
import { parseAds } from "../../../promote/ads/parse.ts";
import { refreshAds } from "../../../promote/ads/refresh.ts";
import type { GateInput } from "../../../promote/gate/gate.ts";
import { parseResponsePlan } from "../../../promote/plan/parse.ts";
import { parseRule } from "../../../promote/rule/parse.ts";

export const RULE_YAML = `title: T
owner: platform
stage: paging
severity: high
entities: [{ column: host, kind: host }]
run: { mode: stream, slice: 10s }
techniques: [T1003.001]
expectedPrecision: 0.8
expectedAlertsPerWeek: 1
`;
export const PLAN = `automations:
  - { name: before, uses: history }
  - { name: look, uses: query, with: { sql: "select * from sysmon where Hostname = $host and _time <= $event_time" } }
options:
  - { name: ours, title: This was us, uses: decide, outcome: benign-positive }
  - { name: author, uses: escalate-to-author }
`;
const ADS = `# T

## Goal
- **Actor:** an intruder on a server
- **Behaviour:** copies the memory of LSASS to a file
- **Asset:** passwords of administrators

## Categorization
- Credential Access / T1003.001 LSASS Memory

## Strategy Abstract

## Technical Context
- \`host\` (host): The server on which it happened.

## Blind Spots and Assumptions
- Sysmon sends every process creation.
  - Check: source \`sysmon\` is well
- A renamed tool is not seen.
  - Untestable, owner: \`platform\`

## False Positives
- The backup agent reads it every night.
  - Predicate: \`host = 'BACKUP01'\`

## Validation
Dump the memory of LSASS on a test machine.

## Priority
- **Priority:** high
- **Reason:** the account of an administrator is worth all servers

## Response

## Additional Resources
- [ATT&CK T1003.001](https://attack.mitre.org/techniques/T1003/001/)
`;

export function ok<T>(result: { ok: true; value: T } | { ok: false }): T {
  if (!result.ok) throw new Error(JSON.stringify(result));
  return result.value;
}

export const rule = ok(
  parseRule({ ruleYaml: RULE_YAML, ruleSql: "select _time, host from sysmon where a = 1" }, "rules/lsass"),
);
export const plan = ok(parseResponsePlan(PLAN, "response.yaml"));
export const ads: Ads = refreshAds(ok(parseAds(ADS, "ADS.md")), {
  rule,
  datasets: ["sysmon"],
  shapeSentence: null,
  columns: ["_time", "host"],
  plan,
  priority: null,
});

/** Everything that the gate asks for, and all of it good. */
export const good: GateInput = {
  target: "paging",
  name: "lsass",
  rule,
  ads,
  plan,
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
  resultColumns: [
    { name: "_time", type: "TIMESTAMP" },
    { name: "host", type: "VARCHAR" },
  ],
  mutation: {
    version: rule.version,
    mutants: [
      { id: "m1", what: "a = 1 is dropped", caught: true, by: "no-match-a.ndjson" },
      { id: "m2", what: "a = 1 becomes a <> 1", caught: true, by: "match-a.ndjson" },
    ],
    score: 1,
    equivalent: [],
  },
  overlap: { rules: [{ rule: "other", shared: 1, ofMine: 0.5, ofTheirs: 0.1 }], windowMs: 60_000 },
  falsePositives: falsePositivesOf(ads.sections.falsePositives).map((item) => ({
    id: falsePositiveId(item),
    statement: item.statement,
    sql: item.sql ?? "",
    detections: 1,
    of: 2,
  })),
  blindSpots: blindSpotsOf(ads.sections.blindSpots).map((spot) => ({
    id: blindSpotId(spot),
    statement: spot.statement,
    check: "source `sysmon` is well",
    owner: null,
    state: "holds",
    evidence: "sysmon is well.",
    atMs: 0,
  })),
  budget: {
    owner: "platform",
    budgetPerWeek: 5,
    mine: 1,
    others: [{ rule: "other", alertsPerWeek: 2 }],
    total: 3,
  },
  proofValidity: { state: "valid", voidedBy: null, provedMs: 0, ageDays: 0 },
  preconditions: {
    fields: [{ dataset: "sysmon", field: "a", filledShare: 0.9 }],
    sources: [{ source: "sysmon", well: true, evidence: "" }],
  },
  priority: null,
};
