import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { tableFromIPC } from "@uwdata/flechette";
import { QueryError } from "../../../notebooks/engine/engine.ts";
import type {
  ResultBody,
  ResultFilter,
  ResultState,
  ResultWindow,
} from "../../../notebooks/result/result.ts";
import { type OpenedResult, ResultStore } from "../../../notebooks/result/result-store.ts";
import { TestLake } from "../engine/test-lake.ts";

const lake = new TestLake();
let ids = 0;
const newId = () => `result_${++ids}`;
const clock = () => performance.now();
const store = new ResultStore({ engine: lake.engine, directory: lake.folder, clock, newId });

const SELECT = `SELECT TIMESTAMP '2026-01-01' + i * INTERVAL 1 SECOND AS _time, i AS n, 'host' || (i % 7) AS host,
  CASE WHEN i % 3 = 0 THEN NULL ELSE (i * 37 % 1000) / 8.0 END AS score, 'a rather long command line ' || (i * 7919 % 100000) AS command
  FROM range(100000) t(i)`;

before(async () => {
  await lake.add("events", SELECT);
});
after(async () => {
  await store.close();
  await lake.close();
});

type Decoded = Record<string, unknown>;

async function decode(stream: ReadableStream<Uint8Array>): Promise<{ rows: Decoded[]; phase: string }> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  const table = tableFromIPC(new Uint8Array(Buffer.concat(parts)), { useBigInt: true, useDecimalInt: true });
  return { rows: table.toArray() as Decoded[], phase: table.schema.metadata?.get("spoor:phase") ?? "" };
}

async function ended(id: string, from = store): Promise<ResultState> {
  for (;;) {
    const state = from.state(id)!;
    if (state.phase !== "queued" && state.phase !== "running") return state;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function open(
  body: ResultBody,
  from = store,
): Promise<OpenedResult & { rows: Decoded[]; state: ResultState }> {
  const result = await from.open(body);
  const { rows } = await decode(result.stream);
  return { ...result, rows, state: await ended(result.opened.id, from) };
}

async function rowsOf(id: string, window: ResultWindow, from = store) {
  const found = await from.rows(id, window);
  assert.ok(found);
  return { ...(await decode(found.stream)), rowCount: found.rowCount };
}

async function expected(sql: string): Promise<readonly Decoded[]> {
  return (await lake.engine.rows({ sql })).rows as Decoded[];
}

test("a result keeps its rows in the query's order, and windows are exact", async () => {
  const sql = "SELECT n, host, score FROM events WHERE n % 2 = 0 ORDER BY hash(n)";
  const { opened, rows, state } = await open({ sql });
  assert.equal(opened.kept, false);
  assert.deepEqual(opened.columns, [
    { name: "n", type: "BIGINT" },
    { name: "host", type: "VARCHAR" },
    { name: "score", type: "DOUBLE" },
  ]);
  assert.deepEqual(opened.datasetVersions, { events: 1 });
  assert.equal(state.phase, "complete");
  assert.equal(state.rowCount, 50_000);
  assert.equal(state.percentage, 100);
  const all = await expected(sql);
  assert.ok(rows.length >= 500);
  assert.deepEqual(rows, all.slice(0, rows.length));
  const window = await rowsOf(opened.id, { offset: 41_234, limit: 300 });
  assert.equal(window.phase, "complete");
  assert.equal(window.rowCount, 50_000);
  assert.deepEqual(window.rows, all.slice(41_234, 41_534));
  const last = await rowsOf(opened.id, { offset: 49_990, limit: 100, columns: ["score", "n"] });
  assert.deepEqual(
    last.rows,
    all.slice(49_990).map((row) => ({ score: row.score, n: row.n })),
  );
  assert.deepEqual((await rowsOf(opened.id, { offset: 60_000, limit: 10 })).rows, []);
});

test("sorts and filters are exact, nulls last, equal rows in the result's order", async () => {
  const { opened } = await open({ sql: "SELECT * EXCLUDE (_file, _ingested, _line) FROM events ORDER BY n" });
  const sorted = await rowsOf(opened.id, {
    offset: 60_000,
    limit: 20,
    sort: [{ column: "score", descending: true }],
  });
  const all = await expected("SELECT n FROM events ORDER BY score DESC NULLS LAST, n LIMIT 20 OFFSET 60000");
  assert.deepEqual(
    sorted.rows.map((row) => row.n),
    all.map((row) => row.n),
  );
  const soon = await rowsOf(opened.id, {
    offset: 3,
    limit: 5,
    sort: [{ column: "command", descending: false }],
  });
  const later = await rowsOf(opened.id, {
    offset: 3,
    limit: 2500,
    sort: [{ column: "command", descending: false }],
  });
  const byCommand = await expected("SELECT n FROM events ORDER BY command, n LIMIT 2500 OFFSET 3");
  assert.deepEqual(
    later.rows.map((row) => row.n),
    byCommand.map((row) => row.n),
  );
  assert.deepEqual(
    soon.rows.map((row) => row.n),
    byCommand.slice(0, 5).map((row) => row.n),
  );
  assert.equal(soon.rowCount, 100_000);
  const filtered = await rowsOf(opened.id, {
    offset: 5,
    limit: 10,
    sort: [
      { column: "host", descending: false },
      { column: "n", descending: true },
    ],
    filters: [
      { column: "host", test: "in", values: ["host3", "host5", "it's", null] },
      { column: "score", test: "between", from: "10", until: null },
      { column: "command", test: "contains", text: "LINE 12" },
    ],
  });
  const where = "host IN ('host3', 'host5') AND score >= 10 AND command ILIKE '%line 12%'";
  assert.deepEqual(
    filtered.rows.map((row) => row.n),
    (await expected(`SELECT n FROM events WHERE ${where} ORDER BY host, n DESC LIMIT 10 OFFSET 5`)).map(
      (row) => row.n,
    ),
  );
  assert.equal(
    BigInt(filtered.rowCount),
    (await expected(`SELECT count(*) AS c FROM events WHERE ${where}`))[0]!.c,
  );
  const nulls = await rowsOf(opened.id, {
    offset: 0,
    limit: 1,
    filters: [{ column: "score", test: "not in", values: ["1.5"] }],
  });
  assert.equal(
    BigInt(nulls.rowCount),
    (await expected("SELECT count(*) AS c FROM events WHERE score IS DISTINCT FROM 1.5"))[0]!.c,
  );
  const hostile = await rowsOf(opened.id, {
    offset: 0,
    limit: 1,
    filters: [{ column: "host", test: "contains", text: "' OR true --" }],
  });
  assert.equal(hostile.rowCount, 0);
  await assert.rejects(
    store.rows(opened.id, { offset: 0, limit: 1, sort: [{ column: "n; DROP", descending: true }] }),
    QueryError,
  );
  await assert.rejects(
    store.rows(opened.id, {
      offset: 0,
      limit: 1,
      filters: [{ column: "n", test: "in", values: ["no number"] }],
    }),
    QueryError,
  );
});

test("the same question over the same data is not run again; other data, volatile ones and failures are", async () => {
  await lake.add("few", "SELECT i AS n FROM range(10) t(i)");
  const first = await open({ sql: "SELECT n FROM few WHERE n > $low ORDER BY n", parameters: { low: 3 } });
  const again = await open({
    sql: "select  n /* again */ from few\nwhere n > $low order by n",
    parameters: { low: 3 },
  });
  assert.equal(again.opened.kept, true);
  assert.equal(again.opened.id, first.opened.id);
  assert.deepEqual(again.rows, first.rows);
  for (const body of [
    { sql: "SELECT n FROM few WHERE n > $low ORDER BY n", parameters: { low: "3" } },
    { sql: "SELECT n FROM few WHERE n > $low ORDER BY n", parameters: { low: 4 } },
    { sql: "SELECT n FROM few WHERE n > $low ORDER BY n DESC", parameters: { low: 3 } },
    { sql: "SELECT n FROM few WHERE n > $low ORDER BY n", parameters: { low: 3 }, useKept: false },
  ]) {
    assert.equal((await open(body)).opened.kept, false, JSON.stringify(body));
  }
  await lake.add("accounts", `SELECT 'ann' AS "user", 'bob' AS current_user`);
  for (const sql of ["SELECT user FROM accounts", "SELECT current_user FROM accounts WHERE user = 'ann'"]) {
    await open({ sql });
    assert.equal((await open({ sql })).opened.kept, true, sql);
  }
  await lake.add("few", "SELECT i AS n FROM range(10, 20) t(i)");
  const newer = await open({ sql: "SELECT n FROM few WHERE n > $low ORDER BY n", parameters: { low: 3 } });
  assert.equal(newer.opened.kept, false);
  assert.equal(newer.state.rowCount, 16);
  for (const sql of [
    "SELECT now() AS t",
    "SELECT current_date AS d",
    "SELECT random() AS r",
    "SELECT gen_random_uuid() AS u",
    "SELECT uuidv7() AS u",
    "SELECT today() AS d",
    "SELECT n FROM few USING SAMPLE 3 ROWS",
    "SELECT n FROM few TABLESAMPLE 50%",
    "SELECT age(TIMESTAMP '2026-01-01') AS a",
  ]) {
    await open({ sql });
    assert.equal((await open({ sql })).opened.kept, false, sql);
  }
});

test("a result that was cut, failed or was stopped says so everywhere and is never reused or exported", async () => {
  const small = new ResultStore({
    engine: lake.engine,
    directory: join(lake.folder, "small"),
    clock,
    newId,
    resultLimits: { rowLimit: 5000, byteLimit: 1e9 },
  });
  try {
    const cut = await open({ sql: "SELECT n FROM events" }, small);
    assert.equal(cut.state.phase, "cut");
    assert.equal(cut.state.rowCount, 5000);
    assert.match(cut.state.message!, /not complete/);
    const window = await rowsOf(cut.opened.id, { offset: 4990, limit: 100 }, small);
    assert.equal(window.phase, "cut");
    assert.equal(window.rows.length, 10);
    assert.equal((await open({ sql: "SELECT n FROM events" }, small)).opened.kept, false);
    await assert.rejects(small.export(cut.opened.id, { format: "csv" }), /not complete/);

    const sql = "SELECT CASE WHEN n > 40000 THEN error('broke') ELSE n END AS n FROM events";
    const opened = await store.open({ sql });
    await decode(opened.stream).catch(() => undefined);
    const failed = await ended(opened.opened.id);
    assert.equal(failed.phase, "failed");
    assert.match(failed.message!, /broke/);
    assert.notEqual(failed.percentage, 100);
    await assert.rejects(store.export(opened.opened.id, { format: "csv" }), /not complete/);

    const endless = await store.open({ sql: "SELECT a.n FROM events a, events b, events c" });
    await decode(endless.stream);
    assert.equal(store.state(endless.opened.id)!.phase, "running");
    assert.equal(store.cancel(endless.opened.id), true);
    const stopped = await ended(endless.opened.id);
    assert.equal(stopped.phase, "cancelled");
    assert.ok(stopped.rowCount > 0);
    assert.equal(store.cancel(endless.opened.id), false);
  } finally {
    await small.close();
  }
});

test("what grows can be read, and is stopped when its reader has gone", async () => {
  const quick = new ResultStore({
    engine: lake.engine,
    directory: join(lake.folder, "quick"),
    clock,
    newId,
    unreadMs: 400,
  });
  try {
    const endless = await quick.open({ sql: "SELECT a.n, b.n AS m FROM events a, events b, events c" });
    await decode(endless.stream);
    const { id } = endless.opened;
    let state = quick.state(id)!;
    while (state.rowCount < 10_000 && state.phase === "running") {
      await new Promise((resolve) => setTimeout(resolve, 10));
      state = quick.state(id)!;
    }
    assert.equal(state.phase, "running");
    const window = await rowsOf(id, { offset: state.rowCount - 50, limit: 50 }, quick);
    assert.equal(window.phase, "running");
    assert.equal(window.rows.length, 50);
    assert.ok(window.rowCount >= state.rowCount);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    assert.equal(quick.state(id)!.phase, "cancelled");
    assert.match(quick.state(id)!.message!, /Nobody looked/);

    const leaving = new AbortController();
    const opening = await quick.open(
      { sql: "SELECT sum(hash(a.n, b.n)::HUGEINT) AS s FROM events a, events b, events c" },
      { signal: leaving.signal },
    );
    leaving.abort();
    assert.equal((await ended(opening.opened.id, quick)).phase, "cancelled");
    await assert.rejects(decode(opening.stream));
  } finally {
    await quick.close();
  }
});

test("a waiting result tells its columns and how many wait before it", async () => {
  const busy = new TestLake({ maximumConcurrent: 1 });
  const few = new ResultStore({ engine: busy.engine, directory: busy.folder, clock, newId });
  try {
    const endless = "SELECT count(*) AS c FROM range(100000) a, range(100000) b, range(100000) c";
    const first = await few.open({ sql: endless }, { queryId: "one" });
    const second = await few.open({ sql: "SELECT 2 AS two" }, { queryId: "two" });
    const third = await few.open({ sql: "SELECT 3 AS three" }, { queryId: "three" });
    const fourth = await few.open({ sql: "SELECT 4 AS four" }, { queryId: "four" });
    await assert.rejects(few.open({ sql: "SELECT nothing" }), QueryError);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const positions = [first, second, third, fourth].map(({ opened }) => {
      const { phase, queuePosition } = few.state(opened.id)!;
      return [phase, queuePosition];
    });
    assert.deepEqual(positions, [
      ["running", null],
      ["queued", 0],
      ["queued", 1],
      ["queued", 2],
    ]);
    assert.deepEqual(
      busy.engine.running().map((run) => [run.id, run.state]),
      [
        ["one", "running"],
        ["two", "queued"],
        ["three", "queued"],
        ["four", "queued"],
      ],
    );
    assert.equal(few.cancel(third.opened.id), true);
    assert.equal((await ended(third.opened.id, few)).phase, "cancelled");
    assert.equal(few.state(fourth.opened.id)!.queuePosition, 1);
    few.cancel(first.opened.id);
    assert.equal((await ended(first.opened.id, few)).phase, "cancelled");
    assert.equal((await ended(second.opened.id, few)).rowCount, 1);
    assert.equal((await ended(fourth.opened.id, few)).rowCount, 1);
    while (busy.engine.running().length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  } finally {
    await few.close();
    await busy.close();
  }
});

test("summaries: exact bins of numbers and times, exact top values", async () => {
  const { opened } = await open({ sql: "SELECT _time, n, host, score, command FROM events" });
  const [time, number, host, score, command] = (await store.summary(opened.id, {
    columns: ["_time", "n", "host", "score", "command"],
  }))!;
  for (const summary of [time!, number!]) {
    assert.equal(summary.rowCount, 100_000);
    assert.equal(summary.nullCount, 0);
    assert.ok(summary.bins!.length <= 24 && summary.bins!.length >= 20);
    assert.equal(
      summary.bins!.reduce((sum, bin) => sum + bin.count, 0),
      100_000,
    );
    for (const bin of [summary.bins![0]!, summary.bins![7]!]) {
      const filters = [
        { column: summary.column, test: "between", from: bin.from, until: bin.until } as const,
      ];
      assert.equal((await rowsOf(opened.id, { offset: 0, limit: 1, filters })).rowCount, bin.count);
    }
  }
  assert.equal(time!.minimum, "2026-01-01 00:00:00");
  assert.equal(number!.maximum, "99999");
  assert.deepEqual(host!.top, [
    ...[0, 1, 2, 3, 4].map((at) => ({ value: `host${at}`, count: 14_286 })),
    ...[5, 6].map((at) => ({ value: `host${at}`, count: 14_285 })),
  ]);
  assert.equal(host!.distinctCount, 7);
  assert.equal(score!.nullCount, 33_334);
  assert.equal(
    score!.bins!.reduce((sum, bin) => sum + bin.count, 0),
    66_666,
  );
  assert.equal(score!.distinctCount, 1000);
  assert.equal(command!.distinctCount, 100_000);
  const [filtered] = (await store.summary(opened.id, {
    columns: ["host"],
    filters: [{ column: "n", test: "between", from: "0", until: "6" }],
  }))!;
  assert.equal(filtered!.rowCount, 7);
  assert.equal(filtered!.top!.length, 7);
});

test("a long text of many values is estimated from a sample, and says so; one of few values is counted", async () => {
  const { opened } = await open({
    sql: `SELECT 'id' || i AS every, CASE WHEN i % 4 = 0 THEN 'common' WHEN i % 8 > 5 THEN NULL ELSE 'c' || hash(i) % 20000 END AS skewed,
      'host' || i % 9 AS few, i % 3 AS n FROM range(600000) t(i)`,
  });
  const summary = async (column: string, filters: readonly ResultFilter[] = []) =>
    (await store.summary(opened.id, { columns: [column], filters }))![0]!;
  const near = (value: number, wanted: number, share: number) =>
    assert.ok(Math.abs(value - wanted) <= wanted * share, `${value} is not near ${wanted}`);
  const every = await summary("every");
  assert.equal(every.approximate, true);
  assert.equal(every.rowCount, 600_000);
  assert.equal(every.nullCount, 0);
  assert.deepEqual(every.top, []);
  near(every.distinctCount, 600_000, 0.2);
  const skewed = await summary("skewed");
  assert.equal(skewed.approximate, true);
  assert.equal(skewed.top![0]!.value, "common");
  near(skewed.top![0]!.count, 150_000, 0.05);
  near(skewed.nullCount, 150_000, 0.05);
  near(skewed.distinctCount, 20_000, 0.1);
  const third = await summary("skewed", [{ column: "n", test: "in", values: ["1"] }]);
  assert.equal(third.approximate, true);
  near(third.rowCount, 200_000, 0.2);
  const few = await summary("few");
  assert.notEqual(few.approximate, true);
  assert.equal(few.distinctCount, 9);
  assert.equal(few.top![0]!.count, 66_667);
  const narrow = await summary("every", [{ column: "every", test: "in", values: ["id7", "id8"] }]);
  assert.notEqual(narrow.approximate, true);
  assert.equal(narrow.rowCount, 2);
});

test("odd columns: rowid, equal names, quotes, NULL, empty results", async () => {
  const { opened, rows } = await open({
    sql: `SELECT 1 AS rowid, 2 AS a, 3 AS A, 'x' AS "q""u'o$1", NULL AS none, [1, NULL] AS l, {'k': 'v'} AS s, 'b'::ENUM('a', 'b') AS e`,
  });
  assert.deepEqual(
    opened.columns.map((column) => column.name),
    ["rowid", "a", "A_1", "q\"u'o$1", "none", "l", "s", "e"],
  );
  const window = await rowsOf(opened.id, {
    offset: 0,
    limit: 5,
    sort: [{ column: "rowid", descending: true }],
    filters: [
      { column: "q\"u'o$1", test: "in", values: ["x"] },
      { column: "l", test: "in", values: ["[1, NULL]"] },
      { column: "s", test: "contains", text: "'K': V" },
      { column: "e", test: "in", values: ["b"] },
      { column: "none", test: "in", values: [null] },
    ],
  });
  assert.deepEqual(
    Object.keys(window.rows[0] ?? {}),
    opened.columns.map((column) => column.name),
  );
  assert.deepEqual(JSON.stringify(window.rows, bigints), JSON.stringify(rows, bigints));
  const all = await store.summary(opened.id, { columns: opened.columns.map((column) => column.name) });
  assert.deepEqual(
    all!.map((summary) => summary.rowCount),
    [1, 1, 1, 1, 1, 1, 1, 1],
  );
  const empty = await open({ sql: "SELECT n, host FROM events WHERE n < 0" });
  assert.equal(empty.state.phase, "complete");
  assert.deepEqual(empty.rows, []);
  assert.deepEqual((await rowsOf(empty.opened.id, { offset: 0, limit: 10 })).rows, []);
  const [summary] = (await store.summary(empty.opened.id, { columns: ["n"] }))!;
  assert.deepEqual(summary!.bins, []);
});

const bigints = (_key: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);

test("a column that is named as our own are sorts, filters and counts as itself", async () => {
  const { opened } = await open({
    sql: "SELECT n % 10 AS c1, n AS c0, -n AS t, n * 2 AS r FROM events WHERE n < 1000 ORDER BY n",
  });
  for (const [limit, count] of [
    [3, 3],
    [2500, 1000],
  ] as const) {
    const sorted = await rowsOf(opened.id, { offset: 0, limit, sort: [{ column: "c1", descending: true }] });
    assert.equal(sorted.rows.length, count);
    assert.deepEqual(
      sorted.rows.slice(0, 3).map((row) => row.c0),
      [9n, 19n, 29n],
    );
  }
  const filters = [{ column: "c1", test: "in", values: ["4"] } as const];
  assert.equal((await rowsOf(opened.id, { offset: 0, limit: 5, filters })).rowCount, 100);
  const [summary] = (await store.summary(opened.id, { columns: ["c1"] }))!;
  assert.equal(summary!.bins!.length, 10);
  assert.equal(summary!.distinctCount, 10);
});

test("exports hold every row that passes, in each format", async () => {
  const { opened } = await open({ sql: "SELECT n, host, score FROM events" });
  const filters = [{ column: "host", test: "in", values: ["host1"] } as const];
  const sort = [{ column: "n", descending: true } as const];
  const text = async (format: "csv" | "ndjson") => {
    const parts: Uint8Array[] = [];
    for await (const part of (await store.export(opened.id, { format, filters, sort }))!) parts.push(part);
    return Buffer.concat(parts).toString();
  };
  const csv = (await text("csv")).trimEnd().split("\r\n");
  assert.equal(csv.length, 14_287);
  assert.equal(csv[0], "n,host,score");
  assert.match(csv[1]!, /^99996,host1,/);
  const lines = (await text("ndjson")).trimEnd().split("\n");
  assert.equal(lines.length, 14_286);
  const arrow = await decode((await store.export(opened.id, { format: "arrow", filters }))!);
  assert.equal(arrow.rows.length, 14_286);
  const parquet: Uint8Array[] = [];
  for await (const part of (await store.export(opened.id, { format: "parquet", filters }))!)
    parquet.push(part);
  assert.equal(Buffer.concat(parquet).subarray(0, 4).toString(), "PAR1");
});

test("results beyond the number kept are forgotten with everything they had", async () => {
  const two = new ResultStore({
    engine: lake.engine,
    directory: join(lake.folder, "two"),
    clock,
    newId,
    resultCount: 2,
  });
  try {
    const first = await open({ sql: "SELECT n FROM events WHERE n < 1000" }, two);
    await rowsOf(first.opened.id, { offset: 0, limit: 5, sort: [{ column: "n", descending: true }] }, two);
    await two.crossfilter({
      type: "exec",
      sql: `CREATE TABLE IF NOT EXISTS mosaic.preagg_1 AS SELECT count(*) AS c FROM "${first.opened.id}"`,
    });
    const second = await open({ sql: "SELECT n FROM events WHERE n < 2000" }, two);
    two.state(first.opened.id);
    const third = await open({ sql: "SELECT n FROM events WHERE n < 3000" }, two);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(two.state(second.opened.id), null);
    assert.notEqual(two.state(first.opened.id), null);
    await open({ sql: "SELECT n FROM events WHERE n < 4000" }, two);
    two.state(third.opened.id);
    await open({ sql: "SELECT n FROM events WHERE n < 5000" }, two);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(two.state(first.opened.id), null);
    assert.equal(await two.rows(first.opened.id, { offset: 0, limit: 1 }), null);
    await assert.rejects(
      two.crossfilter({ type: "arrow", sql: "SELECT * FROM mosaic.preagg_1" }),
      /no pre-aggregation/,
    );
    assert.equal((await open({ sql: "SELECT n FROM events WHERE n < 1000" }, two)).opened.kept, false);
  } finally {
    await two.close();
  }
  assert.deepEqual(readdirSync(join(lake.folder, "two")), []);
  assert.ok(existsSync(lake.folder));
});

test("everybody who sorts a growing result is answered", async () => {
  const { opened, stream } = await store.open({
    sql: "SELECT a.n AS n, a.host AS host FROM events a, range(20) t(i)",
  });
  void decode(stream);
  const sort = [{ column: "n", descending: true }];
  const asks: ReturnType<typeof rowsOf>[] = [];
  while (store.state(opened.id)!.phase === "running" && asks.length < 40) {
    asks.push(rowsOf(opened.id, { offset: 3000, limit: 10, sort }));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const answers = await Promise.all(asks);
  for (const { rows, rowCount, phase } of answers) {
    assert.equal(rows.length, Math.max(0, Math.min(10, rowCount - 3000)));
    if (phase === "complete") assert.equal(rowCount, 2_000_000);
  }
  await ended(opened.id);
  const last = await rowsOf(opened.id, { offset: 3000, limit: 10, sort });
  assert.equal(last.rowCount, 2_000_000);
  assert.equal(last.phase, "complete");
});

test("a crossfilter of a result that was cut says so", async () => {
  const small = new ResultStore({
    engine: lake.engine,
    directory: join(lake.folder, "small"),
    clock,
    newId,
    resultLimits: { rowLimit: 1000, byteLimit: 1e9 },
  });
  try {
    const { opened, state } = await open({ sql: "SELECT n FROM events" }, small);
    assert.equal(state.phase, "cut");
    const asked = (sql: string) =>
      small.crossfilter({ type: "arrow", sql }).then((stream) => decode(stream!));
    assert.equal((await asked(`SELECT count(*) AS c FROM "${opened.id}"`)).phase, "cut");
    await small.crossfilter({
      type: "exec",
      sql: `CREATE TABLE mosaic.preagg_1 AS SELECT count(*) AS c FROM "${opened.id}"`,
    });
    assert.equal((await asked("SELECT c FROM mosaic.preagg_1")).phase, "cut");
  } finally {
    await small.close();
  }
});
