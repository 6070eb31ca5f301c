import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { TestLake } from "./test-lake.ts";

const lake = new TestLake();
before(async () => {
  await lake.add(
    "sysmon",
    "SELECT TIMESTAMP '2026-01-01' AS _time, 'upper' AS \"ProcessID\", 'camel' AS \"ProcessId_2\", 9223372036854775807 AS big",
    { ProcessId_2: "ProcessId" },
  );
  await lake.add(
    "other",
    "SELECT TIMESTAMP '2026-01-01' AS _time, 'other' AS \"ProcessId\", 9223372036854775807 AS big",
  );
});
after(() => lake.close());

for (const [sql, expected] of [
  ["SELECT ProcessId FROM sysmon", { ProcessId: "camel" }],
  ["SELECT ProcessID FROM sysmon", { ProcessID: "upper" }],
  ["SELECT processid FROM sysmon", { ProcessID: "upper" }],
  ['SELECT s."ProcessId" AS p, s.ProcessID AS q FROM sysmon s', { p: "camel", q: "upper" }],
  ["SELECT count(*) AS n FROM sysmon WHERE ProcessId = 'camel' AND big = 9223372036854775807", { n: 1n }],
  ["SELECT ProcessId_2 FROM sysmon", { ProcessId_2: "camel" }],
  ["WITH c AS (SELECT ProcessId FROM sysmon) SELECT ProcessId FROM c", { ProcessId: "camel" }],
  [
    "SELECT o.ProcessId AS o, s.ProcessId AS s FROM other o JOIN sysmon s ON o.big = s.big",
    { o: "other", s: "camel" },
  ],
  [
    "SELECT (SELECT max(ProcessId) FROM sysmon) AS m, ProcessId FROM other",
    { m: "camel", ProcessId: "other" },
  ],
  [
    "SELECT ProcessId, count(*) AS n FROM sysmon GROUP BY ProcessId ORDER BY ProcessId",
    { ProcessId: "camel", n: 1n },
  ],
] as const) {
  test(`keys that differ only in case are meant exactly: ${sql}`, async () => {
    assert.deepEqual((await lake.engine.rows({ sql })).rows, [expected]);
  });
}

test("a star shows both columns under their names", async () => {
  const { columns } = await lake.engine.rows({ sql: "SELECT * FROM sysmon" });
  assert.deepEqual(
    columns.slice(4).map((column) => column.name),
    ["ProcessID", "ProcessId_2", "big"],
  );
});
