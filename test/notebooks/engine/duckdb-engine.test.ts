import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";
import { type LedgerTable, QueryError } from "../../../notebooks/engine/engine.ts";
import { TestLake } from "./test-lake.ts";

const ENDLESS = "SELECT count(*) FROM range(1000000000) a(x), range(1000000) b(y) WHERE hash(x, y) % 7 = 1";
const SECOND = 1_000_000n;
const START = BigInt(Date.UTC(2026, 0, 1)) * 1000n;

let ledgerVersion = 1;
const ledgerRows: (string | bigint | null)[][] = [[START, "first"]];
const ledger: LedgerTable = {
  name: "detections",
  columns: [
    { name: "_time", type: "TIMESTAMP" },
    { name: "id", type: "VARCHAR" },
  ],
  version: () => ledgerVersion,
  rows: () => ledgerRows,
};
const freed: string[] = [];
const lake = new TestLake({
  ledgerTables: [ledger],
  maximumConcurrent: 2,
  onSegmentsFree: (paths) => freed.push(...paths),
});
before(() =>
  lake.add(
    "conn",
    "SELECT TIMESTAMP '2026-01-01' + to_seconds(i) AS _time, i AS id, 'host ' || (i % 5) AS host FROM range(1000) t(i)",
  ),
);
after(() => lake.close());

async function failure(promise: Promise<unknown>): Promise<QueryError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof QueryError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: "there was no error" });
}

test("parameters are bound by name, and wrong ones are told", async () => {
  const sql = "SELECT count(*) AS n FROM conn WHERE host = $host AND id < $id";
  const { rows } = await lake.engine.rows({ sql, parameters: { host: "host 1", id: 100 } });
  assert.deepEqual(rows, [{ n: 20n }]);
  const hostile = await lake.engine.rows({ sql, parameters: { host: "' OR 1=1 --", id: 100n } });
  assert.deepEqual(hostile.rows, [{ n: 0n }]);
  assert.equal((await failure(lake.engine.rows({ sql, parameters: { host: "a" } }))).kind, "invalid");
  assert.equal((await failure(lake.engine.rows({ sql: "SELECT 1", parameters: { x: 1 } }))).kind, "invalid");
});

test("errors say where in the SQL, in characters", async () => {
  for (const [sql, word] of [
    ["SELECT 'äöü✓', nosuch FROM conn", "nosuch"],
    ["SELECT id\nFROM conn WHERE nope(id)", "nope"],
    ["SELECT id FROMM conn x y", "conn"],
    ["SELECT * FROM missing", "missing"],
  ] as const) {
    const error = await failure(lake.engine.rows({ sql }));
    assert.equal(error.kind, "invalid", sql);
    assert.ok(
      error.offset !== null && sql.slice(error.offset).startsWith(word.slice(0, 1)),
      `${sql} ${error.offset}`,
    );
  }
});

test("a cancelled stream breaks before its end and never looks complete", async () => {
  const { stream, complete } = await lake.engine.arrow({
    id: "big",
    sql: "SELECT * FROM range(100000000) t(i)",
  });
  const reader = stream.getReader();
  await reader.read();
  await reader.read();
  assert.equal(lake.engine.cancel("big"), true);
  const error = await failure(
    (async () => {
      while (!(await reader.read()).done);
    })(),
  );
  assert.equal(error.kind, "cancelled");
  assert.equal(await complete, false);
  assert.equal(lake.engine.cancel("big"), false);
});

test("a signal, a cancel and a leaving reader all end the query", async () => {
  const controller = new AbortController();
  const running = failure(lake.engine.rows({ sql: ENDLESS, signal: controller.signal }));
  setTimeout(() => controller.abort(), 50);
  assert.equal((await running).kind, "cancelled");
  const { stream } = await lake.engine.arrow({ sql: "SELECT * FROM range(100000000) t(i)" });
  await stream.cancel();
  assert.deepEqual(lake.engine.running(), []);
  assert.equal(
    (await failure(lake.engine.rows({ sql: "SELECT 1", signal: controller.signal }))).kind,
    "cancelled",
  );
});

test("more queries than slots wait in line, show it, and can leave it", async () => {
  const first = failure(lake.engine.rows({ id: "a", sql: ENDLESS }));
  const second = failure(lake.engine.rows({ id: "b", sql: ENDLESS }));
  await new Promise((resolve) => setTimeout(resolve, 100));
  const third = failure(lake.engine.rows({ id: "c", sql: "SELECT 1" }));
  const fourth = lake.engine.rows({ id: "d", sql: "SELECT 4 AS four" });
  await new Promise((resolve) => setTimeout(resolve, 100));
  const states = new Map(lake.engine.running().map((query) => [query.id, query.state]));
  assert.deepEqual(
    [...states],
    [
      ["a", "running"],
      ["b", "running"],
      ["c", "queued"],
      ["d", "queued"],
    ],
  );
  lake.engine.cancel("c");
  assert.equal((await third).kind, "cancelled");
  lake.engine.cancel("a");
  assert.deepEqual((await fourth).rows, [{ four: 4 }]);
  lake.engine.cancel("b");
  assert.equal((await first).kind, "cancelled");
  assert.equal((await second).kind, "cancelled");
});

test("rows are values: bigint, ISO times, hostile names", async () => {
  const { rows, columns } = await lake.engine.rows({
    sql: `SELECT 1::BIGINT AS big, 1 AS small, 1.5 AS d, TIMESTAMP '2026-01-02 03:04:05.000006' AS t, [1, NULL] AS l,
      {'a': DATE '2026-01-02'} AS s, 'x'::BLOB AS b, 7 AS "__proto__", 1 AS twice, 2 AS twice, NULL AS n`,
  });
  assert.deepEqual(Object.getOwnPropertyDescriptor(rows[0]!, "__proto__")?.value, 7);
  const { big, small, d, t, l, s, b, twice, twice_1, n } = rows[0]!;
  assert.deepEqual(
    [big, small, d, t, l, s, twice, twice_1, n],
    [1n, 1, 1.5, "2026-01-02T03:04:05.000006Z", [1, null], { a: "2026-01-02" }, 1, 2, null],
  );
  assert.deepEqual(b, new Uint8Array([120]));
  assert.equal(columns.find((column) => column.name === "s")?.type, "STRUCT(a DATE)");
});

test("rowLimit says whether it cut", async () => {
  const cut = await lake.engine.rows({ sql: "FROM conn", rowLimit: 999 });
  assert.deepEqual([cut.rows.length, cut.complete], [999, false]);
  const whole = await lake.engine.rows({ sql: "FROM conn", rowLimit: 1000 });
  assert.deepEqual([whole.rows.length, whole.complete], [1000, true]);
});

test("describe and datasetsOf", async () => {
  assert.deepEqual(await lake.engine.describe("SELECT $a AS a, id FROM conn", { a: "x" }), [
    { name: "a", type: "VARCHAR" },
    { name: "id", type: "BIGINT" },
  ]);
  const sql = `WITH conn AS (SELECT * FROM conn), x AS (SELECT 1 AS id)
    SELECT * FROM conn JOIN detections USING (id) JOIN x USING (id) WHERE id IN (SELECT id FROM other)`;
  assert.deepEqual(await lake.engine.datasetsOf(sql), ["conn", "detections", "other"]);
  assert.deepEqual(await lake.engine.datasetsOf("WITH a AS (SELECT 1) SELECT * FROM a"), []);
});

test("ledger tables follow their version, and one query sees one moment", async () => {
  const sql = "SELECT id FROM detections ORDER BY id";
  assert.deepEqual((await lake.engine.rows({ sql })).rows, [{ id: "first" }]);
  const { stream } = await lake.engine.arrow({ sql: "SELECT a.id FROM detections a, range(10000000) r" });
  ledgerRows.push([START + 60n * SECOND, "second"]);
  assert.deepEqual((await lake.engine.rows({ sql })).rows, [{ id: "first" }]);
  ledgerVersion += 1;
  const { rows, datasetVersions } = await lake.engine.rows({ sql });
  assert.deepEqual(rows, [{ id: "first" }, { id: "second" }]);
  assert.deepEqual([...datasetVersions], [["detections", 2]]);
  await stream.cancel();
});

test("a window shows only its rows, from any name and any depth", async () => {
  const window = { afterUs: START + 10n * SECOND, untilUs: START + 20n * SECOND };
  for (const sql of [
    "SELECT count(*) AS n FROM conn",
    "WITH conn AS (SELECT * FROM conn) SELECT count(*) AS n FROM conn",
    "SELECT count(*) AS n FROM (SELECT * FROM CONN AS other)",
    "SELECT (SELECT count(*) FROM conn) AS n",
  ]) {
    assert.deepEqual((await lake.engine.rows({ sql, window })).rows, [{ n: 10n }], sql);
  }
  const bounds = await lake.engine.rows({ sql: "SELECT min(id) AS low, max(id) AS high FROM conn", window });
  assert.deepEqual(bounds.rows, [{ low: 11n, high: 20n }]);
  assert.equal((await failure(lake.engine.rows({ sql: "FROM main.conn", window }))).kind, "refused");
  assert.deepEqual((await lake.engine.rows({ sql: "SELECT count(*) AS n FROM detections", window })).rows, [
    { n: 0n },
  ]);
  assert.deepEqual((await lake.engine.rows({ sql: "SELECT count(*) AS n FROM conn" })).rows, [{ n: 1000n }]);
});

test("rows without a time are in no window; a dataset without any time is a lookup, seen whole", async () => {
  const window = { afterUs: -(2n ** 60n), untilUs: 2n ** 60n };
  await lake.add(
    "halftimed",
    "SELECT 1 AS a, NULL::TIMESTAMP AS _time UNION ALL SELECT 2, TIMESTAMP '2026-01-01'",
  );
  const half = "SELECT count(*) AS n FROM halftimed";
  assert.deepEqual((await lake.engine.rows({ sql: half, window })).rows, [{ n: 1n }]);
  assert.deepEqual((await lake.engine.rows({ sql: half })).rows, [{ n: 2n }]);
  await lake.add("untimed", "SELECT 1 AS a");
  const sql = "SELECT count(*) AS n FROM untimed";
  assert.deepEqual((await lake.engine.rows({ sql, window })).rows, [{ n: 1n }]);
});

test("simulated arrival delays each event below the lateness, repeats itself, and shuffles by seed", async () => {
  const window = { afterUs: START, untilUs: START + 2000n * SECOND };
  const arrived = async (seconds: bigint, seed = 1, latenessUs = 60n * SECOND) => {
    const arrival = { seed, latenessUs, arrivedByUs: START + seconds * SECOND };
    const { rows } = await lake.engine.rows({ sql: "SELECT id FROM conn", window: { ...window, arrival } });
    return rows.map((row) => Number(row.id));
  };
  const at500 = await arrived(500n);
  assert.deepEqual(at500, await arrived(500n));
  assert.ok(at500.every((id) => id <= 500) && at500.length > 440 && at500.length < 500, String(at500.length));
  for (let id = 1; id <= 440; id += 1) assert.ok(at500.includes(id));
  const later = new Set(await arrived(530n));
  assert.ok(at500.every((id) => later.has(id)));
  assert.equal((await arrived(2000n)).length, 999);
  assert.equal((await arrived(500n, 1, 0n)).length, 500);
  const other = await arrived(2000n, 2);
  assert.notDeepEqual(other, await arrived(2000n, 1));
  assert.notDeepEqual(
    other,
    [...other].sort((a, b) => a - b),
  );
});

test("a new version makes a new generation; the old one lives until its last query ends", async () => {
  const { stream } = await lake.engine.arrow({ sql: "SELECT a.* FROM conn a, range(100000)" });
  const old = lake.datasets.get("conn")!.segments[0]!;
  const added = await lake.add("conn", "SELECT TIMESTAMP '2026-02-01' AS _time, 5000 AS id, 'new' AS host");
  const dataset = lake.datasets.get("conn")!;
  lake.datasets.set("conn", { ...dataset, segments: [added], version: dataset.version + 1 });
  const { rows } = await lake.engine.rows({ sql: "SELECT count(*) AS n FROM conn" });
  assert.deepEqual(rows, [{ n: 1n }]);
  assert.ok(!freed.includes(old.path));
  assert.ok(lake.engine.segmentsInUse().has(old.path));
  await stream.cancel();
  assert.ok(freed.includes(old.path));
  assert.ok(!freed.includes(added.path) && existsSync(old.path));
  lake.datasets.set("conn", { ...dataset, version: dataset.version + 2 });
  await lake.engine.releaseStale();
  assert.deepEqual([...lake.engine.segmentsInUse()], []);
});
