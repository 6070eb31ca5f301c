import assert from "node:assert/strict";
import { test } from "node:test";
import { dependsOnEventAlone } from "../../../promote/run/event-alone.ts";
import { rangesOf } from "../../../promote/run/ranges.ts";
import { testRule } from "./rules.ts";

const alone = (sql: string, lookbackMs = 0, datasets = ["events"]) =>
  dependsOnEventAlone(testRule({ sql, lookbackMs }), datasets);

test("only plain filters depend on their event alone", () => {
  assert.equal(alone("SELECT * FROM events WHERE kind IN ('a', 'b') AND n > 3 -- group by nothing"), true);
  assert.equal(alone("SELECT * FROM events WHERE kind = 'join over distinct'"), true);
  assert.equal(
    alone("SELECT a.host FROM (SELECT *, try(n // 0) AS bad FROM events WHERE n > 1) AS a WHERE bad = 2"),
    true,
  );
  assert.equal(alone("SELECT * FROM events", 1), false);
  assert.equal(alone("SELECT * FROM events", 0, ["events", "other"]), false);
  for (const sql of [
    "SELECT _time, host, count(*) FROM events GROUP BY ALL",
    "SELECT max(_time) AS _time FROM events",
    "SELECT DISTINCT host, _time FROM events",
    "SELECT *, rarity(host) AS bits FROM events",
    "SELECT *, lag(n) OVER (ORDER BY _time) FROM events",
    "SELECT * FROM events ORDER BY n LIMIT 3",
    "SELECT * FROM events WHERE n NOT IN (FROM events SELECT n)",
    "SELECT a.* FROM events a, events b",
    "FROM events a, events b SELECT a.*",
    "SELECT * FROM events a JOIN events b USING (host)",
    "SELECT * FROM (SELECT host, count(*) AS n FROM events GROUP BY host) WHERE n > 3",
    "SELECT * FROM (SELECT * FROM events) AS a, events b",
    "SELECT *, (SELECT 1 FROM events) FROM events",
    "SELECT * FROM events WHERE n > 3 UNION ALL SELECT * FROM events",
  ]) {
    assert.equal(alone(sql), false, sql);
  }
});

test("ranges reach from just before an event, join when near, and stay few", () => {
  assert.deepEqual(rangesOf([5n, 1n], 2n, 0n), [
    { afterUs: 0n, untilUs: 3n },
    { afterUs: 4n, untilUs: 7n },
  ]);
  assert.deepEqual(rangesOf([5n, 1n], 2n, 1n), [{ afterUs: 0n, untilUs: 7n }]);
  const many = Array.from({ length: 500 }, (_, at) => BigInt(at * at));
  const ranges = rangesOf(many, 0n, 0n);
  assert.ok(ranges.length <= 32);
  assert.ok(
    many.every((timeUs) => ranges.some(({ afterUs, untilUs }) => timeUs > afterUs && timeUs <= untilUs)),
  );
});
