import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SqlTrees } from "../../../promote/rule/sql-tree.ts";
import { proveStream } from "../../../promote/run/prove.ts";
import { readStreamability } from "../../../promote/run/streamable.ts";
import { TestLake } from "../../notebooks/engine/test-lake.ts";
import { GENERATED, testRule } from "./rules.ts";

let trees: SqlTrees;
before(async () => {
  trees = await SqlTrees.open();
});
after(() => trees.close());

const lookups = new Set(["assets"]);
async function read(sql: string) {
  const { tree } = await trees.parse(sql);
  return readStreamability({ timeColumn: "_time" }, tree, lookups);
}

/** Every shape that is known not to come out of slices, and what it is called. */
const BATCH: readonly (readonly [string, string])[] = [
  [
    "lag",
    "select _time, host, lag(n) over (partition by host order by _time) as p from events qualify p > 3",
  ],
  [
    "lag",
    "select * from (select _time, host, lead(kind) over (order by _time) k from events) where k = 'bad'",
  ],
  [
    "row-number",
    "select _time, host from events qualify row_number() over (partition by host order by _time) = 1",
  ],
  ["row-number", "select _time, host, rank() over (order by n desc) r from events qualify r < 5"],
  [
    "rows-frame",
    "select _time, host, avg(n) over (partition by host order by _time rows between 5 preceding and current row) a from events",
  ],
  [
    "unbounded-window",
    "select _time, host, count(*) over (partition by host order by _time) c from events qualify c = 10",
  ],
  ["unbounded-window", "select _time, host, n / sum(n) over (partition by host) s from events"],
  [
    "descending-window",
    "select _time, host, count(*) over (partition by host order by _time desc range between interval 5 minutes preceding and current row) c from events",
  ],
  [
    "window-order",
    "select _time, host, count(*) over (order by n range between 5 preceding and current row) c from events",
  ],
  [
    "following-frame",
    "select _time, host, count(*) over (order by _time range between current row and interval 1 minute following) c from events",
  ],
  ["first-seen", "select min(_time) as _time, host, kind from events group by host, kind"],
  ["first-seen", "select distinct on (host) _time, host from events order by _time"],
  ["distinct", "select distinct _time, host from events where kind = 'bad'"],
  ["distinct", "select _time, host from events union select _time, host from others"],
  ["top-n", "select _time, host, n from events order by n desc limit 10"],
  ["rarity", "select max(_time) as _time, kind as host from events group by kind having count(*) < 3"],
  ["unbounded-group", "select max(_time) as _time, host from events group by host having count(*) > 100"],
  [
    "asof",
    "select a._time, a.host from events a asof join others b on a.host = b.host and a._time >= b._time",
  ],
  ["baseline", "select _time, host from events where host not in (select host from others)"],
  ["baseline", "select _time, host from events where n > (select avg(n) * 3 from others)"],
  ["baseline", "select _time, host from events except select _time, host from others"],
  [
    "correlated-subquery",
    "select a._time, a.host from events a where a.n > (select avg(b.n) from events b where b.host = a.host)",
  ],
  [
    "correlated-subquery",
    "select a._time, a.host from events a where not exists (select 1 from others b where b.host = a.host and b._time < a._time)",
  ],
  ["clock", "select _time, host from events where _time > now() - interval 1 hour"],
  ["clock", "select _time, host from events where _time::date = current_date"],
  ["random", "select _time, host from events where random() < 0.1"],
  ["rollup", "select max(_time) as _time, host from events group by rollup (host, kind)"],
  [
    "rollup",
    "select max(_time) as _time, host from events group by grouping sets ((host, time_bucket(interval 1 hour, _time)), ())",
  ],
  ["one-sided-join", "select a._time, a.host from events a join others b on a.host = b.host"],
  [
    "one-sided-join",
    "select b._time, a.host from events a join others b on a.host = b.host and b._time > a._time",
  ],
  [
    "one-sided-join",
    "select b._time, b.host from events a, others b where a.host = b.host and b._time < a._time + interval 1 hour",
  ],
  [
    "bucket-origin",
    "select max(_time) as _time, host, count(*) c from events group by host, time_bucket(interval 7 minutes, _time, timestamp '2026-01-01 00:03:00') having c > 3",
  ],
  ["renamed-time", "select UtcTime::timestamp as _time, host from events where kind = 'bad'"],
  ["renamed-time", "select _ingested as _time, host from events"],
  ["sample", "select _time, host from events tablesample 10%"],
  [
    "recursive",
    "with recursive r as (select _time, host, 1 d from events union all select _time, host, d + 1 from r where d < 3) select _time, host from r",
  ],
];

for (const [code, sql] of BATCH) {
  test(`batch: ${code}: ${sql.slice(0, 90)}`, async () => {
    const found = await read(sql);
    assert.equal(found.mode, "batch");
    assert.ok(
      found.shapes.some((shape) => shape.code === code),
      JSON.stringify(found.shapes.map((shape) => shape.code)),
    );
    assert.ok(found.reason.length > 20 && found.shapes.every(({ remedy }) => remedy !== ""));
  });
}

const STREAM: readonly (readonly [string, number | null])[] = [
  ["select _time, host from events where kind ilike '%bad%' and regexp_matches(kind, 'b.d')", null],
  ["select _time, host from events where kind = 'a' union all select _time, host from others", null],
  ["select e._time, e.host from events e join assets a on a.host = e.host", null],
  ["select e._time, e.host from events e anti join assets a on a.host = e.host", null],
  ["select _time, host from events where host not in (select host from assets)", null],
  [
    "select max(_time) as _time, host, count(*) n from events group by host, time_bucket(interval '5 minutes', _time) having n > 5",
    300_000,
  ],
  [
    "with b as (select host, date_trunc('hour', _time) h, max(_time) as t, count(*) n from events group by all) select t as _time, host from b where n > 5",
    null,
  ],
  [
    "select _time, host, count(*) over (partition by host order by _time range between interval 10 minutes preceding and current row) n from events qualify n >= 3",
    600_000,
  ],
  [
    "select b._time, b.host from events a join events b on a.host = b.host and b._time between a._time and a._time + interval 1 hour where a.kind = 'x' and b.kind = 'y'",
    3_600_000,
  ],
  [
    "select b._time, b.host from events a join events b using (host) where b._time > a._time and b._time - a._time <= interval '30 seconds'",
    30_000,
  ],
  [
    "select a._time, a.host from events a where not exists (select 1 from others b where b.host = a.host and b._time >= a._time - interval 5 minutes and b._time <= a._time)",
    300_000,
  ],
  [
    "with a as (select _time as t, host from events where kind = 'x') select e._time, e.host from events e join a on a.host = e.host and e._time >= a.t and e._time <= a.t + interval 2 minutes",
    120_000,
  ],
];

for (const [sql, lookbackMs] of STREAM) {
  test(`stream: ${sql.slice(0, 100)}`, async () => {
    const found = await read(sql);
    assert.deepEqual(
      found.shapes.map((shape) => shape.code),
      [],
    );
    assert.equal(found.mode, "stream");
    assert.equal(found.lookbackMs, lookbackMs);
  });
}

/** What the reader takes for a stream and the replay does not: it decides. */
const WRONGLY_READ: readonly (readonly [string, string, number])[] = [
  [
    "the lookback is too short",
    "select _time, host, count(*) over (partition by host order by _time range between interval 10 minutes preceding and current row) c from events qualify c > 26",
    60_000,
  ],
  [
    "a group has the time at which its bucket begins",
    "select time_bucket(interval '30 minutes', _time) as _time, host, count(*) c from events group by all having count(*) > 70",
    1_800_000,
  ],
  [
    "the time is moved away from the event's",
    "select _time - interval 2 hours as _time, host from events where kind = 'bad'",
    0,
  ],
];

test("where the reader is wrong the replay refuses", async () => {
  const lake = new TestLake();
  try {
    await lake.add("events", GENERATED);
    for (const [why, sql, lookbackMs] of WRONGLY_READ) {
      assert.equal((await read(sql)).mode, "stream", why);
      const proof = await proveStream({
        rule: testRule({ sql, lookbackMs }),
        engine: lake.engine,
        datasets: [...lake.datasets.values()],
        engineVersion: "test",
        seed: 1,
        clock: Date.now,
        sliceCount: 60,
      });
      assert.ok(proof.batchDetectionCount > 0, why);
      assert.equal(proof.holds, false, why);
      assert.match(proof.reason, /a stream would miss or change/);
    }
  } finally {
    await lake.close();
  }
});

test("what Spoor records itself never streams, however the query is shaped", async () => {
  const { tree } = await trees.parse("select _time, rule from detections where rule = 'a'");
  const of = (recorded: readonly string[]) =>
    readStreamability({ timeColumn: "_time" }, tree, lookups, recorded);
  assert.equal(of([]).mode, "stream");
  const { mode, shapes, reason } = of(["detections"]);
  assert.deepEqual([mode, shapes.map(({ code }) => code)], ["batch", ["recorded"]]);
  assert.match(reason, /^It reads `detections`: .*no arriving events/);
});

test("spans of an unbounded query are thresholds: it looks back over all history", async () => {
  const firstSeen =
    "select min(_time) as _time, host from events group by host having max(_time) - min(_time) > to_days(2)";
  const found = await read(firstSeen);
  assert.equal(found.mode, "batch");
  assert.equal(found.lookbackMs, 3650 * 86_400_000);
});
