import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { BlindSpotCheck } from "../../../promote/ads/blind-spots.ts";
import { fieldsRead } from "../../../promote/rule/fields-read.ts";
import { checkBlindSpots } from "../../../promote/run/blind-spot-checks.ts";
import { countPredicates } from "../../../promote/run/false-positive-counts.ts";
import { filledShares } from "../../../promote/run/field-fill.ts";
import { TestLake } from "../../notebooks/engine/test-lake.ts";
import { eventsSelect, START_US, testRule } from "./rules.ts";

const lake = new TestLake();
before(async () => {
  const events = Array.from({ length: 10 }, (_, at) => ({
    second: at,
    host: at < 4 ? "backup" : `h${at}`,
    kind: at % 2 === 0 ? "bad" : "good",
    n: at,
  }));
  await lake.add("events", eventsSelect(events));
  await lake.add(
    "deep",
    "SELECT TIMESTAMP '2026-01-01' AS _time, {'type': 'user', 'arn': NULL::VARCHAR} AS who, '' AS empty, 5 AS five",
  );
});
after(() => lake.close());

const rule = testRule({ sql: "SELECT _time, host, kind, n FROM events WHERE n < 8" });
const count = (...sql: string[]) =>
  countPredicates({
    rule,
    predicates: sql.map((text, at) => ({ id: String(at), statement: text, sql: text })),
    engine: lake.engine,
    check: (text) => lake.engine.check(text),
  });

test("predicates are counted over the rule's detections in one pass", async () => {
  const counted = await count("host = 'backup'", "kind = 'bad' or n > 100", "false", "n = NULL -- a comment");
  assert.deepEqual(
    counted.map(({ detections, of, error }) => [detections, of, error]),
    [
      [4, 8, undefined],
      [4, 8, undefined],
      [0, 8, undefined],
      [0, 8, undefined],
    ],
  );
});

test("a predicate that fails on some row fails alone", async () => {
  const counted = await count("host = 'backup'", "cast(host as integer) > 0", "kind = 'bad'");
  assert.deepEqual(
    counted.map(({ detections, of }) => [detections, of]),
    [
      [4, 8],
      [0, 8],
      [4, 8],
    ],
  );
  assert.deepEqual(
    counted.map(({ error }) => error !== undefined),
    [false, true, false],
  );
  assert.match(counted[1]?.error ?? "", /convert/i);
});

test("a predicate that is more than a condition is told and never run", async () => {
  const hostile = [
    "true) union select 1, 2 from (select 1",
    "true), (select 1",
    "host = 'a'; drop table events",
    "exists (select 1 from deep)",
    "nothing_like_this = 1",
    "read_text('/etc/passwd') is not null",
    "true) from events where (true",
    "",
  ];
  const counted = await count(...hostile, "host = 'backup'");
  for (const [at, text] of hostile.entries())
    assert.ok((counted[at]?.error ?? "").length > 5, `${text}: ${JSON.stringify(counted[at])}`);
  assert.equal(counted.at(-1)?.detections, 4);
});

test("every kind of check of a blind spot is run, and one that cannot be run does not hold", async () => {
  const checks: readonly (readonly [BlindSpotCheck, string, RegExp])[] = [
    [{ kind: "untestable", owner: "platform" }, "untestable", /platform answers/],
    [{ kind: "source-well", source: "well" }, "holds", /no error/],
    [{ kind: "source-well", source: "sick" }, "broken", /It is late/],
    [{ kind: "source-well", source: "none" }, "broken", /no source/],
    [{ kind: "field-filled", dataset: "events", field: "host", share: 0.9 }, "broken", /50\.0 %/],
    [{ kind: "sql", sql: "select 1 from events where n > 100", expects: "no-row" }, "holds", /no row/],
    [{ kind: "sql", sql: "select host from events where n = 5", expects: "no-row" }, "broken", /h5/],
    [{ kind: "sql", sql: "select host from events", expects: "rows" }, "holds", /backup|h/],
    [{ kind: "sql-number", sql: "select count(*) from events", minimum: 10, maximum: 10 }, "holds", /10/],
    [{ kind: "sql-number", sql: "select count(*) from events", minimum: 11, maximum: null }, "broken", /10/],
    [{ kind: "sql-number", sql: "select 'x'", minimum: 1, maximum: null }, "broken", /no number/],
    [
      { kind: "sql", sql: "select * from read_csv('/etc/passwd')", expects: "rows" },
      "broken",
      /cannot be run/,
    ],
  ];
  const results = await checkBlindSpots({
    blindSpots: checks.map(([check], at) => ({ marker: "-", statement: `spot ${at}`, check, note: "" })),
    engine: lake.engine,
    sourceErrors: (source) => (source === "none" ? null : source === "sick" ? ["It is late."] : []),
    filledShare: async () => 0.5,
    nowMs: 5,
  });
  for (const [at, [, state, evidence]] of checks.entries()) {
    assert.equal(results[at]?.state, state, JSON.stringify(results[at]));
    assert.match(results[at]!.evidence, evidence);
    assert.equal(results[at]!.atMs, 5);
  }
});

test("the fields that a rule reads are found by their paths, with what is missing", async () => {
  const datasets = [...lake.datasets.values()];
  const read = async (sql: string) =>
    fieldsRead((await lake.engine.check(sql)).tree, datasets).map(({ dataset, field, type }) => [
      dataset,
      field,
      type,
    ]);
  assert.deepEqual(
    await read("select _time, e.Host from events e where e.kind = 'bad' and e.Imgae is null"),
    [
      ["events", "Imgae", null],
      ["events", "host", "VARCHAR"],
      ["events", "kind", "VARCHAR"],
    ],
  );
  assert.deepEqual(
    await read("select _time from deep where who.type = 'x' and (who)['arn'] is null and five > 1"),
    [
      ["deep", "five", "INTEGER"],
      ["deep", "who", 'STRUCT("type" VARCHAR, arn VARCHAR)'],
      ["deep", "who.arn", "VARCHAR"],
      ["deep", "who.type", "VARCHAR"],
    ],
  );
  assert.deepEqual(
    await read(
      "with x as (select _time, host h from events) select _time, x.h from x join deep using (five)",
    ),
    [
      ["deep", "five", "INTEGER"],
      ["events", "host", "VARCHAR"],
    ],
  );
  const shares = await filledShares(
    lake.engine,
    "deep",
    [
      { field: "who.type", sql: '"who"."type"', isText: true },
      { field: "who.arn", sql: '"who"."arn"', isText: true },
      { field: "empty", sql: '"empty"', isText: true },
      { field: "five", sql: '"five"', isText: false },
    ],
    START_US,
  );
  assert.deepEqual([...shares.values()], [1, 0, 0, 1]);
});
