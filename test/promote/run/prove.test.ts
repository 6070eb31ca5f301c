import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createDuckDbEngine } from "../../../notebooks/engine/duckdb-engine.ts";
import { proofState } from "../../../promote/gate/proof-state.ts";
import { proveStream } from "../../../promote/run/prove.ts";
import { proveOnTests } from "../../../promote/run/prove-on-tests.ts";
import { TestLake } from "../../notebooks/engine/test-lake.ts";
import { GENERATED, testRule } from "./rules.ts";

const lake = new TestLake();
before(async () => {
  await lake.add("events", GENERATED);
});
after(() => lake.close());

const MINUTE = 60_000;

interface Shape {
  readonly name: string;
  readonly sql: string;
  readonly lookbackMs?: number;
  readonly timeColumn?: string;
}

const EXACT: readonly Shape[] = [
  { name: "filter", sql: "SELECT * FROM events WHERE kind = 'bad'" },
  {
    name: "regex",
    sql: "SELECT _time, host, n FROM events WHERE regexp_matches(kind, '^b.d$') AND n % 2 = 0",
  },
  {
    name: "hunt functions of one event",
    sql: "SELECT _time, host, public_suffix(host || '.evil.co.uk') AS suffix FROM events WHERE kind = 'bad' AND cidr_match('10.0.0.' || n % 256, '10.0.0.0/26')",
  },
  {
    name: "union all",
    sql: "SELECT _time, host FROM events WHERE n < 5 UNION ALL SELECT _time, host FROM events WHERE kind = 'bad' AND n > 900",
  },
  {
    name: "join to a lookup",
    sql: "WITH watch AS (SELECT * FROM (VALUES ('h1'), ('h2')) AS w (host)) SELECT e._time, e.host FROM events e JOIN watch USING (host) WHERE kind = 'bad'",
  },
  {
    name: "anti-join to a lookup",
    sql: "SELECT _time, host FROM events WHERE kind = 'bad' AND host NOT IN (SELECT * FROM (VALUES ('h1'), ('h2')))",
  },
  {
    name: "bucket emitted at its close",
    sql: "SELECT time_bucket(INTERVAL 5 MINUTE, _time) + INTERVAL 5 MINUTE AS _time, host, count(*) AS c FROM events WHERE kind <> 'good' GROUP BY ALL HAVING count(*) >= 4",
    lookbackMs: 5 * MINUTE,
  },
  {
    name: "range frame",
    sql: "SELECT * FROM (SELECT _time, host, count(*) OVER (PARTITION BY host ORDER BY _time RANGE BETWEEN INTERVAL 2 MINUTE PRECEDING AND CURRENT ROW) AS c FROM events WHERE kind = 'odd') WHERE c >= 4",
    lookbackMs: 2 * MINUTE,
  },
  {
    name: "self-join bounded on both sides",
    sql: "SELECT b._time, b.host FROM events a JOIN events b ON a.host = b.host AND a._time < b._time AND a._time >= b._time - INTERVAL 1 MINUTE WHERE a.kind = 'bad' AND b.kind = 'bad'",
    lookbackMs: MINUTE,
  },
  {
    name: "bounded exists",
    sql: "SELECT b._time, b.host FROM events b WHERE b.kind = 'bad' AND EXISTS (SELECT 1 FROM events a WHERE a.host = b.host AND a.kind = 'odd' AND a._time < b._time AND a._time >= b._time - INTERVAL 2 MINUTE)",
    lookbackMs: 2 * MINUTE,
  },
  {
    name: "bounded distinct count",
    sql: "SELECT b._time, b.host, count(DISTINCT a.n) AS c, sum(a.n / 3.0) AS total FROM events b JOIN events a ON a.host = b.host AND a._time <= b._time AND a._time >= b._time - INTERVAL 3 MINUTE WHERE b.kind = 'bad' GROUP BY ALL HAVING count(DISTINCT a.n) >= 4",
    lookbackMs: 3 * MINUTE,
  },
];

const REFUSED: readonly Shape[] = [
  {
    name: "lag",
    sql: "SELECT * FROM (SELECT *, lag(kind) OVER (PARTITION BY host ORDER BY _time) AS previous FROM events) WHERE kind = 'bad' AND previous = 'odd'",
    lookbackMs: 10_000,
  },
  {
    name: "row_number",
    sql: "SELECT * FROM (SELECT _time, host, row_number() OVER (PARTITION BY host ORDER BY _time) AS r FROM events WHERE kind = 'bad') WHERE r > 3",
    lookbackMs: 5 * MINUTE,
  },
  {
    name: "rows frame",
    sql: "SELECT * FROM (SELECT _time, host, kind, sum(n) OVER (PARTITION BY host ORDER BY _time ROWS 20 PRECEDING) AS s FROM events) WHERE s > 11000",
    lookbackMs: MINUTE,
  },
  {
    name: "first seen",
    sql: "SELECT min(_time) AS _time, host FROM events WHERE kind = 'bad' GROUP BY host",
    lookbackMs: 5 * MINUTE,
  },
  {
    name: "distinct on",
    sql: "SELECT DISTINCT ON (host, kind) _time, host, kind FROM events ORDER BY host, kind, _time",
    lookbackMs: 5 * MINUTE,
  },
  {
    name: "top n",
    sql: "SELECT _time, host, n FROM events WHERE kind = 'bad' ORDER BY n DESC, _time LIMIT 10",
    lookbackMs: 5 * MINUTE,
  },
  {
    name: "not in baseline",
    sql: "SELECT _time, host FROM events WHERE kind = 'bad' AND n NOT IN (SELECT n FROM events WHERE kind = 'good' AND n < 900)",
    lookbackMs: 10 * MINUTE,
  },
  {
    name: "correlated subquery over history",
    sql: "SELECT e._time, e.host FROM events e WHERE e.kind = 'bad' AND (SELECT count(*) FROM events h WHERE h.host = e.host AND h._time < e._time) > 100",
    lookbackMs: 10 * MINUTE,
  },
  {
    name: "descending window",
    sql: "SELECT * FROM (SELECT _time, host, count(*) OVER (PARTITION BY host ORDER BY _time DESC RANGE BETWEEN INTERVAL 5 MINUTE PRECEDING AND CURRENT ROW) AS c FROM events WHERE kind = 'odd') WHERE c >= 6",
    lookbackMs: 5 * MINUTE,
  },
  {
    name: "one-sided self-join",
    sql: "SELECT b._time, b.host, count(*) AS c FROM events a JOIN events b ON a.host = b.host AND a._time < b._time WHERE a.kind = 'bad' AND b.kind = 'bad' GROUP BY ALL",
    lookbackMs: 5 * MINUTE,
  },
  {
    name: "bucket emitted before its close",
    sql: "SELECT time_bucket(INTERVAL 5 MINUTE, _time) AS _time, host, count(*) AS c FROM events GROUP BY ALL HAVING count(*) >= 10",
    lookbackMs: 5 * MINUTE,
  },
  {
    name: "rollup",
    sql: "SELECT max(_time) AS _time, host, count(*) AS c FROM events WHERE kind = 'bad' GROUP BY ROLLUP (host)",
    lookbackMs: 5 * MINUTE,
  },
  {
    name: "rarity",
    sql: "SELECT any_value(_time) AS _time, any_value(host) AS host, n FROM events GROUP BY n HAVING count(*) = 1",
    lookbackMs: 5 * MINUTE,
  },
  {
    name: "rarity by a hunt function",
    sql: "SELECT _time, host, n FROM events QUALIFY stack_count(n) = 1",
    lookbackMs: 5 * MINUTE,
  },
  {
    name: "first seen",
    sql: "SELECT _time, host, n FROM events WHERE kind = 'bad' QUALIFY is_first_seen(n, _time)",
    lookbackMs: 5 * MINUTE,
  },
  { name: "lookback too short", sql: EXACT[6]!.sql, lookbackMs: MINUTE },
];

async function prove(shape: Shape, seed: number) {
  const rule = testRule({
    sql: shape.sql,
    lookbackMs: shape.lookbackMs ?? 0,
    timeColumn: shape.timeColumn ?? "_time",
  });
  return proveStream({
    rule,
    engine: lake.engine,
    datasets: [...lake.datasets.values()],
    engineVersion: "test",
    seed,
    sliceCount: 40,
    clock: () => 0,
  });
}

for (const [at, shape] of EXACT.entries()) {
  test(`${shape.name} is proved`, async () => {
    const proof = await prove(shape, 7 + at);
    assert.equal(proof.reason, "");
    assert.equal(proof.holds, true);
    assert.ok(proof.batchDetectionCount > 0);
    assert.equal(proof.streamDetectionCount, proof.batchDetectionCount);
    assert.equal(proof.sliceCount + (proof.skippedSliceCount ?? 0), 40);
  });
}

for (const [at, shape] of REFUSED.entries()) {
  test(`${shape.name} is refused`, async () => {
    const proof = await prove(shape, 7 + at);
    assert.ok(proof.batchDetectionCount > 0, "the query must find something, or the refusal says nothing");
    assert.equal(proof.holds, false);
    assert.ok(proof.onlyBatch.length + proof.onlyStream.length > 0);
    assert.match(proof.reason, /batch/);
  });
}

test("a history without detections proves nothing", async () => {
  const proof = await prove({ name: "none", sql: "SELECT * FROM events WHERE kind = 'never'" }, 1);
  assert.equal(proof.holds, false);
  assert.match(proof.reason, /proves nothing/);
});

const RARE: Readonly<Record<string, string>> = {
  "match-rare.ndjson": [0, 40, 55, 90, 400]
    .map((second) => {
      const _time = new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();
      return JSON.stringify({ _time, host: "h1", kind: "never", n: second });
    })
    .join("\n"),
  "no-match-good.ndjson": JSON.stringify({ _time: "2026-01-01T00:00:00Z", host: "h1", kind: "good", n: 1 }),
};

async function proveRare(
  sql: string,
  given: {
    readonly tests?: Readonly<Record<string, string>>;
    readonly lookbackMs?: number;
    readonly shape?: "batch";
  } = {},
) {
  const { lookbackMs = 0, tests = RARE } = given;
  const rule = testRule({ sql, lookbackMs });
  const history = await prove({ name: "rare", sql, lookbackMs }, 1);
  assert.equal(history.nothingToProve, true);
  const proof = await proveOnTests({
    rule,
    history,
    tests,
    tested: [...lake.datasets.values()].map((dataset) => ({
      dataset,
      time: { fields: ["_time"], format: "iso", zone: "UTC" },
    })),
    makeEngine: (datasets, temporaryDirectory) =>
      createDuckDbEngine({
        datasets: () => datasets,
        ledgerTables: [],
        temporaryDirectory,
        memoryLimit: "512MB",
        threads: 1,
        maximumConcurrent: 1,
        clock: () => 0,
      }),
    streamability: {
      mode: given.shape ?? "stream",
      shapes: [],
      reason: "It asks the past.",
      lookbackMs: null,
    },
    clock: () => 0,
  });
  return { proof, standing: proofState(proof, null) };
}

const RARE_WINDOW =
  "SELECT * FROM (SELECT _time, host, count(*) OVER (PARTITION BY host ORDER BY _time RANGE BETWEEN INTERVAL 1 MINUTE PRECEDING AND CURRENT ROW) AS c FROM events WHERE kind = 'never') WHERE c >= 2";

test("a rule that the history knows nothing of is proved on the events of its match tests, and says so", async () => {
  for (const [sql, lookbackMs, found] of [
    ["SELECT * FROM events WHERE kind = 'never'", 0, 5],
    [RARE_WINDOW, 60_000, 3],
  ] as const) {
    const { proof, standing } = await proveRare(sql, { lookbackMs });
    assert.deepEqual(
      [proof.reason, proof.holds, proof.provedOn, proof.eventCount, proof.batchDetectionCount],
      ["", true, "tests", 5, found],
    );
    assert.ok(proof.sliceCount > 5);
    assert.equal(standing.state, "proved");
    assert.match(standing.words, /5 events of its tests; the history holds none/);
  }
});

test("its tests refuse a rule that a stream would change", async () => {
  const { proof, standing } = await proveRare(RARE_WINDOW, { lookbackMs: 1_000 });
  assert.deepEqual([proof.holds, proof.provedOn, standing.state], [false, "tests", "refused"]);
  assert.ok(proof.onlyBatch.length + proof.onlyStream.length > 0);
});

test("without a match test, or where its rows depend on more than tests hold, there is nothing to prove on", async () => {
  const filter = "SELECT * FROM events WHERE kind = 'never'";
  const untested = await proveRare(filter, {
    tests: { "no-match-good.ndjson": RARE["no-match-good.ndjson"]! },
  });
  assert.deepEqual([untested.proof.holds, untested.standing.state], [false, "nothing-to-prove"]);
  const past = await proveRare(filter, { shape: "batch" });
  assert.equal(past.standing.state, "nothing-to-prove");
  assert.match(past.standing.words, /more than its tests can hold. It asks the past/);
});
