import assert from "node:assert/strict";
import { test } from "node:test";
import type { Dataset } from "../../../connectors/dataset/dataset.ts";
import { createDuckDbEngine } from "../../../notebooks/engine/duckdb-engine.ts";
import { runRuleTests } from "../../../promote/rule/tests.ts";

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

const time = { fields: ["UtcTime"], format: "iso", zone: "UTC" } as const;
const column = (name: string, type: string, key = name) => ({ name, key, type });
const sysmon = {
  dataset: {
    name: "sysmon",
    source: "sysmon",
    columns: [
      column("UtcTime", "VARCHAR"),
      column("Hostname", "VARCHAR"),
      column("EventID", "BIGINT"),
      column("ProcessID", "BIGINT"),
      column("ProcessId_2", "VARCHAR", "ProcessId"),
      column("id.orig_h", "VARCHAR"),
      column("extra", "STRUCT(a VARCHAR, b BIGINT)"),
    ],
  },
  time,
};
const conn = { dataset: { name: "conn", source: "conn", columns: [column("host", "VARCHAR")] }, time };
const rule = {
  sql: "select _time, Hostname as host from sysmon where EventID = 1",
  timeColumn: "_time",
  entities: [{ column: "host", kind: "host" as const }],
};
const event = (values: object) =>
  JSON.stringify({ UtcTime: "2026-01-02 03:04:05.000", Hostname: "A", ...values });

test("match and no-match tests run the rule's SQL on their events", async () => {
  const report = await runRuleTests({
    rule,
    datasets: [sysmon],
    makeEngine,
    tests: {
      "match-start.ndjson": `${event({ EventID: 1 })}\n${event({ EventID: 1 })}\n`,
      "match-wrong.ndjson": event({ EventID: 2 }),
      "no-match-other.ndjson": event({ EventID: 2 }),
      "no-match-wrong.ndjson": event({ EventID: 1 }),
      "match-empty.ndjson": "\n",
      "match-malformed.ndjson": "{",
      "match-type.ndjson": event({ EventID: "one" }),
      "match-timeless.ndjson": "{}",
      "match-stranger.ndjson": event({ _dataset: "other" }),
      "other.ndjson": event({}),
    },
  });
  const states = Object.fromEntries(
    report.tests.map(({ name, passed, message }) => [name, [passed, message]]),
  );
  assert.equal(report.passed, false);
  assert.deepEqual(states["match-start.ndjson"], [true, "1 detection; expected at least one."]);
  assert.deepEqual(states["no-match-other.ndjson"], [true, "0 detections; expected none."]);
  assert.deepEqual(report.tests.filter(({ passed }) => passed).length, 2);
  assert.match(String(states["match-type.ndjson"]), /Line 1 does not fit/);
  assert.match(String(states["match-timeless.ndjson"]), /no time; give _time or UtcTime/);
  assert.match(String(states["match-stranger.ndjson"]), /does not read "other"/);
});

test("keys that differ in case, dotted keys, structs, big integers and a second dataset", async () => {
  const report = await runRuleTests({
    rule: {
      ...rule,
      sql: `select s._time, s.Hostname as host from sysmon s join conn c on c.host = s.Hostname where s.ProcessID = 9007199254740993 and s."ProcessId_2" = 'x' and s."id.orig_h" = '10.0.0.1' and s.extra.b = 4 and s._time = timestamp '2026-01-02 03:04:05'`,
    },
    datasets: [sysmon, conn],
    makeEngine,
    tests: {
      "match-both.ndjson": `{"_dataset":"sysmon","UtcTime":"2026-01-02 03:04:05","Hostname":"A","ProcessId":"x","ProcessID":9007199254740993,"id.orig_h":"10.0.0.1","extra":{"a":"z","b":4}}\n{"_dataset":"conn","_time":"2026-01-02T03:04:00Z","host":"A"}`,
      "no-match-alone.ndjson": `{"_dataset":"sysmon","UtcTime":"2026-01-02 03:04:05","Hostname":"A","ProcessId":"x","ProcessID":9007199254740993,"id.orig_h":"10.0.0.1","extra":{"b":4}}`,
    },
  });
  assert.deepEqual(
    report.tests.map(({ passed, message }) => [passed, message]),
    [
      [true, "1 detection; expected at least one."],
      [true, "0 detections; expected none."],
    ],
  );
  assert.ok(report.passed);
});

test("event times are those the loader gives, in the source's zone too", async () => {
  const berlin = {
    dataset: sysmon.dataset,
    time: { fields: ["UtcTime"], format: "auto", zone: "Europe/Berlin" } as const,
  };
  const report = await runRuleTests({
    rule: {
      ...rule,
      sql: "select _time, Hostname as host from sysmon where _time = timestamp '2026-07-01 10:00:00'",
    },
    datasets: [berlin],
    makeEngine,
    tests: {
      "match-summer.ndjson": event({ UtcTime: "2026-07-01 12:00:00" }),
      "no-match-given.ndjson": event({ _time: "2026-07-01T12:00:00Z" }),
    },
  });
  assert.ok(report.passed, JSON.stringify(report));
});

test("a rule without tests has not passed", async () => {
  assert.deepEqual(await runRuleTests({ rule, datasets: [sysmon], makeEngine, tests: {} }), {
    passed: false,
    tests: [],
  });
});
