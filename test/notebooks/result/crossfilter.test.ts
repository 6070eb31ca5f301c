import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  Coordinator,
  clauseInterval,
  clausePoint,
  makeClient,
  queryFieldInfo,
  Selection,
} from "@uwdata/mosaic-core";
import { avg, count, Query, sum } from "@uwdata/mosaic-sql";
import { QueryError } from "../../../notebooks/engine/engine.ts";
import { ResultStore } from "../../../notebooks/result/result-store.ts";
import { TestLake } from "../engine/test-lake.ts";

const lake = new TestLake();
let ids = 0;
const store = new ResultStore({
  engine: lake.engine,
  directory: lake.folder,
  clock: () => performance.now(),
  newId: () => `result_${++ids}`,
});
let id = "";
const sent: string[] = [];

/** What the page's connector does: it sends the SQL and gives back the Arrow bytes. */
const connector = {
  async query({ type, sql }: { type?: string; sql: string }): Promise<ArrayBuffer | undefined> {
    sent.push(sql);
    const stream = await store.crossfilter({ type: type === "exec" ? "exec" : "arrow", sql });
    if (stream === null) return undefined;
    const parts: Uint8Array[] = [];
    for await (const part of stream) parts.push(part);
    return new Uint8Array(Buffer.concat(parts)).buffer;
  },
};

before(async () => {
  await lake.add(
    "events",
    `SELECT TIMESTAMP '2026-01-01' + i * INTERVAL 1 SECOND AS _time, i AS n, 'host' || (i % 7) AS host, (i * 37 % 1000) / 8.0 AS score
     FROM range(50000) t(i)`,
  );
  const { opened, stream } = await store.open({ sql: "SELECT _time, n, host, score FROM events" });
  id = opened.id;
  for await (const _ of stream);
  while (store.state(id)!.phase === "running") await new Promise((resolve) => setTimeout(resolve, 5));
});
after(async () => {
  await store.close();
  await lake.close();
});

function coordinator(): Coordinator {
  const made = new Coordinator(connector as never, { logger: null, preagg: { enabled: true } } as never);
  return made;
}

const later = (ms = 400) => new Promise((resolve) => setTimeout(resolve, ms));

test("Mosaic learns a result's columns and their statistics", async () => {
  const info = await queryFieldInfo(coordinator(), [
    { table: id, column: "score", stats: ["min", "max", "nulls", "distinct", "count"] },
    { table: id, column: "_time", stats: ["min", "max"] },
    { table: id, column: count() as never, stats: [] },
  ]);
  assert.equal(info[0]!.type, "number");
  assert.equal(Number(info[0]!.min), 0);
  assert.equal(Number(info[0]!.max), 124.875);
  assert.equal(Number(info[0]!.distinct), 1000);
  assert.equal(info[1]!.type, "date");
  const all = await queryFieldInfo(coordinator(), [{ table: id, column: "*" }]);
  assert.deepEqual(
    all.map((column) => column.column),
    ["_time", "n", "host", "score"],
  );
});

test("a brush goes through a pre-aggregation of the result, and answers as the result itself does", async () => {
  const made = coordinator();
  const selection = Selection.crossfilter();
  const found: { host: string; c: number; s: number; a: number }[][] = [];
  const client = makeClient({
    coordinator: made,
    selection,
    query: (filter) =>
      Query.from(id)
        .select({ host: "host", c: count(), s: sum("score"), a: avg("score") })
        .groupby("host")
        .where(filter as never),
    queryResult: (data) => void found.push(Array.from(data as Iterable<never>)),
  });
  await later();
  const source = { reset() {} };
  const interval = (low: number, high: number) =>
    clauseInterval("n", [low, high], {
      source: source as never,
      clients: new Set() as never,
      scale: { type: "linear", domain: [0, 50_000], range: [0, 50_000] },
      pixelSize: 1,
    } as never);
  selection.activate(interval(0, 1));
  await later();
  sent.length = 0;
  selection.update(interval(1000, 2000));
  await later();
  assert.ok(
    sent.some((sql) => /preagg_/.test(sql) && !sql.includes(id)),
    sent.join("\n"),
  );
  const last = found.at(-1)!;
  const { rows } = await lake.engine.rows({
    sql: "SELECT host, count(*)::INTEGER AS c, sum(score) AS s, avg(score) AS a FROM events WHERE n BETWEEN 1000 AND 2000 GROUP BY host ORDER BY host",
  });
  const sorted = [...last].sort((a, b) => (a.host < b.host ? -1 : 1));
  assert.equal(sorted.length, 7);
  for (const [at, row] of rows.entries()) {
    assert.equal(sorted[at]!.host, row.host);
    assert.equal(Number(sorted[at]!.c), row.c);
    assert.ok(Math.abs(Number(sorted[at]!.s) - Number(row.s)) < 1e-6);
    assert.ok(Math.abs(Number(sorted[at]!.a) - Number(row.a)) < 1e-9);
  }
  selection.update(clausePoint("host", "host3", { source: { reset() {} } as never }));
  await later();
  client.destroy();
});

test("what Mosaic does not send is refused", async () => {
  const refused: readonly (readonly ["arrow" | "exec", string])[] = [
    ["exec", "DROP SCHEMA IF EXISTS mosaic CASCADE"],
    ["exec", `DROP VIEW ${id}`],
    ["exec", "CREATE SCHEMA IF NOT EXISTS other"],
    ["exec", `CREATE SCHEMA IF NOT EXISTS mosaic; DROP VIEW ${id}`],
    ["exec", `CREATE TABLE mosaic.preagg_1 AS SELECT * FROM ${id}; DROP VIEW ${id}`],
    ["exec", `CREATE TABLE mosaic.other AS SELECT * FROM ${id}`],
    ["exec", `CREATE OR REPLACE TABLE mosaic.preagg_1 AS SELECT * FROM ${id}`],
    ["exec", `CREATE TABLE preagg_1 AS SELECT * FROM ${id}`],
    ["exec", "CREATE TABLE mosaic.preagg_1 AS SELECT 1"],
    ["exec", `CREATE TABLE mosaic.preagg_1 AS SELECT * FROM read_text('/etc/passwd'), ${id}`],
    ["exec", `CREATE TABLE mosaic.preagg_1 AS SELECT getenv('HOME') FROM ${id}`],
    ["exec", `CREATE TABLE mosaic.preagg_1 AS COPY ${id} TO '/tmp/x'`],
    ["exec", "COPY (SELECT 1) TO '/tmp/x'"],
    ["exec", "ATTACH ':memory:' AS x"],
    ["exec", "SET memory_limit = '100GB'"],
    ["exec", ""],
    ["arrow", `CREATE TABLE mosaic.preagg_1 AS SELECT * FROM ${id}`],
    ["arrow", "SELECT * FROM events"],
    ["arrow", `SELECT * FROM rows_of_${id}.main.rows`],
    ["arrow", `SELECT * FROM memory.main.${id}`],
    ["arrow", "SELECT * FROM result_of_another"],
    ["arrow", "SELECT * FROM mosaic.preagg_99"],
    ["arrow", "SELECT * FROM duckdb_tables()"],
    ["arrow", "SELECT * FROM duckdb_tables"],
    ["arrow", "SELECT * FROM information_schema.tables"],
    ["arrow", "SHOW TABLES"],
    ["arrow", "SHOW ALL TABLES"],
    ["arrow", "DESCRIBE"],
    ["arrow", "DESCRIBE TABLES"],
    ["arrow", "SELECT * FROM (SHOW TABLES)"],
    ["arrow", `SELECT * FROM ${id}, (SHOW TABLES)`],
    ["arrow", `SELECT * FROM ${id}, (DESCRIBE)`],
    ["arrow", "SELECT 1"],
    ["exec", `CREATE TABLE mosaic.preagg_5 AS SELECT * FROM ${id}, (SHOW TABLES)`],
    ["arrow", `SELECT current_setting('threads') FROM ${id}`],
    ["arrow", `SELECT 1 FROM ${id}; SELECT 2`],
  ];
  for (const [type, sql] of refused) {
    await assert.rejects(
      async () => {
        const stream = await store.crossfilter({ type, sql });
        if (stream !== null) for await (const _ of stream);
      },
      (error) => error instanceof QueryError && ["refused", "invalid"].includes(error.kind),
      `${type}: ${sql}`,
    );
  }
  const stream = await store.crossfilter({ type: "arrow", sql: `SELECT count(*) AS c FROM ${id}` });
  assert.notEqual(stream, null);
  await stream!.cancel();
});

test("two questions that share a pre-aggregation's name never share its rows", async () => {
  const exec = (select: string) =>
    store.crossfilter({ type: "exec", sql: `CREATE TABLE IF NOT EXISTS mosaic.preagg_abc AS ${select}` });
  await exec(`SELECT count(*) AS c FROM ${id}`);
  await exec(`SELECT count(*) AS c FROM ${id}`);
  await assert.rejects(exec(`SELECT sum(n) AS c FROM ${id}`), /another question/);
});

test("a frame's ask reaches the results that it names and no others", async () => {
  const ask = (sql: string, results: readonly string[]) => store.crossfilter({ type: "arrow", sql, results });
  const described = await ask(`DESCRIBE SELECT n FROM ${id}`, [id]);
  await described!.cancel();
  await store.crossfilter({
    type: "exec",
    sql: `CREATE TABLE IF NOT EXISTS mosaic.preagg_a1 AS SELECT count(*) AS c FROM ${id}`,
    results: [id],
  });
  await (await ask("SELECT c FROM mosaic.preagg_a1", [id]))!.cancel();
  await assert.rejects(ask(`SELECT n FROM ${id}`, ["result_of_another"]), /There is no result/);
  await assert.rejects(ask("SELECT c FROM mosaic.preagg_a1", []), /There is no pre-aggregation/);
  await assert.rejects(
    store.crossfilter({
      type: "exec",
      sql: `CREATE TABLE mosaic.preagg_a2 AS SELECT n FROM ${id}`,
      results: [],
    }),
    /There is no result/,
  );
});

test("a pre-aggregation is bounded in rows and number, and one that fails leaves its name free", async () => {
  const exec = (name: string, select: string) =>
    store.crossfilter({ type: "exec", sql: `CREATE TABLE IF NOT EXISTS mosaic.preagg_${name} AS ${select}` });
  const many = `SELECT range AS r FROM ${id}, range(101)`;
  await assert.rejects(exec("b1", many), /at most 5,000,000 rows/);
  await assert.rejects(exec("b1", many), /at most 5,000,000 rows/);
  await exec("b1", `SELECT count(*) AS c FROM ${id} -- with a comment`);
  await assert.rejects(async () => {
    for (let at = 0; at < 64; at += 1)
      await exec(`c${at.toString(16)}`, `SELECT ${at} AS c FROM ${id} LIMIT 1`);
  }, /has 64 pre-aggregations already/);
});
