import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createMemoryRegistry } from "../../../connectors/dataset/memory.ts";
import { loadFiles } from "../../../connectors/load/load.ts";
import { drainSpool } from "../../../connectors/stream/drain.ts";
import { datasetSelect } from "../../../notebooks/catalog/dataset-view.ts";
import { event, ndjson, streamLake } from "./stream-lake.ts";

test("posted events become rows with time, file, line and time of arrival", async (t) => {
  const lake = await streamLake(t);
  const spool = await lake.open();
  assert.equal(await lake.drain(spool), null);
  await spool.append(ndjson([event(1), event(2)]));
  await spool.append(Buffer.from(`\nnot json\n${JSON.stringify(event(3))}\n`));
  const slice = await spool.read(undefined, 10);
  const drained = await lake.drain(spool);
  assert.equal(drained?.eventCount, 3);
  assert.equal(drained.quarantinedCount, 1);
  assert.deepEqual(drained.datasets, ["posts"]);
  const startUs = BigInt(Date.UTC(2026, 0, 2)) * 1000n;
  assert.deepEqual(
    [...drained.eventTimesUs.get("posts")!],
    [1n, 2n, 3n].map((n) => startUs + n * 1_000_000n),
  );
  const [first, second] = slice!.records.map((record) => record.ingestedUs);
  assert.ok(first! < second!);
  assert.equal(drained.ingestedUntilUs, second);
  assert.deepEqual(await lake.rows("n, epoch_us(_time), epoch_us(_ingested), _file, _line"), [
    [1n, startUs + 1_000_000n, first, `stream:${slice!.file}`, 1n],
    [2n, startUs + 2_000_000n, first, `stream:${slice!.file}`, 2n],
    [3n, startUs + 3_000_000n, second, `stream:${slice!.file}`, 5n],
  ]);
  assert.deepEqual(lake.registry.quarantined, [
    {
      source: "posts",
      file: `stream:${slice!.file}`,
      line: 4,
      code: "json.malformed",
      reason: lake.registry.quarantined[0]?.reason,
      text: "not json",
      ingestedUs: second,
    },
  ]);
  assert.equal(await lake.drain(spool), null);
  await spool.close();
});

test("a kill between writing and committing adds everything once after the next drain", async (t) => {
  const lake = await streamLake(t);
  let spool = await lake.open();
  await spool.append(ndjson([event(1), event(2)]));
  const commit = lake.registry.commit;
  lake.registry.commit = () => {
    throw new Error("killed");
  };
  await assert.rejects(lake.drain(spool), /killed/);
  await assert.rejects(lake.drain(spool), /killed/);
  await spool.close();
  lake.registry.commit = commit;
  spool = await lake.open();
  await spool.append(ndjson([event(3)]));
  const drained = await lake.drain(spool);
  assert.equal(drained?.eventCount, 3);
  assert.deepEqual(await lake.rows("n"), [[1n], [2n], [3n]]);
  await spool.close();
});

test("a drain that was killed after committing is not repeated", async (t) => {
  const lake = await streamLake(t);
  const spool = await lake.open();
  await spool.append(ndjson([event(1)]));
  const commit = lake.registry.commit;
  lake.registry.commit = (change) => {
    commit(change);
    throw new Error("killed");
  };
  await assert.rejects(lake.drain(spool), /killed/);
  lake.registry.commit = commit;
  assert.equal(await lake.drain(spool), null);
  assert.deepEqual(await lake.rows("n"), [[1n]]);
  await spool.close();
});

test("good and quarantined lines are what was read, whatever the lines are", async (t) => {
  const lake = await streamLake(t, []);
  const spool = await lake.open(500);
  const lines = [
    '{"a":1}',
    "{",
    "null",
    "{}",
    '{"a":"\\ud800"}',
    '{"a":{"b":1,"b":2}}',
    '{"A":true,"a":1}',
    '{"":0}',
    `{"deep":${"[".repeat(200)}${"]".repeat(200)}}`,
    `{"deep":${"[".repeat(200_000)}${"]".repeat(200_000)}}`,
    `{"text":"${'[\\\\\\"'.repeat(2000)}"}`,
    '{"a":18446744073709551616}',
    '{"a\\u0000b":1}',
    '{"_time":"x","_line":[1]}',
    '\u0001{"a":1}',
  ];
  const bodies = lines.map((line) => Buffer.from(`${line}\n`));
  bodies.push(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d, 0x0a]));
  let accepted = 0;
  let quarantined = 0;
  for (const body of bodies) {
    const answer = await spool.append(body);
    accepted += answer.accepted;
    quarantined += answer.quarantined;
    assert.equal(answer.accepted + answer.quarantined, 1, body.toString());
  }
  let events = 0;
  for (;;) {
    const drained = await lake.drain(spool, 3);
    if (!drained) break;
    events += drained.eventCount;
  }
  assert.equal(events, accepted);
  assert.deepEqual(lake.registry.quarantined.map((row) => row.code).sort(), [
    "json.duplicate-key",
    "json.lone-surrogate",
    "json.malformed",
    "json.malformed",
    "json.not-object",
    "json.too-deep",
    "text.not-utf8",
  ]);
  assert.equal(lake.registry.quarantined.length, quarantined);
  assert.deepEqual(await lake.rows("count(*), count(DISTINCT (_file, _line))"), [
    [BigInt(accepted), BigInt(accepted)],
  ]);
  await spool.close();
});

test("new keys and wider types in the midst of a stream keep every old value", async (t) => {
  const lake = await streamLake(t);
  const spool = await lake.open();
  const steps = [
    { ts: "2026-01-02T00:00:00Z", v: 1, o: { a: 1 } },
    { ts: "2026-01-02T00:00:01Z", v: 2.5, o: { a: 1, b: "x" }, w: [1] },
    { ts: "2026-01-02T00:00:02Z", v: "three", o: { a: 1 }, w: ["y"] },
    { ts: "2026-01-02T00:00:03Z", v: "three", o: "plain", w: [], V: true },
  ];
  for (const step of steps) {
    await spool.append(ndjson([step]));
    await lake.drain(spool);
  }
  assert.deepEqual(
    lake.registry.get("posts")?.columns.map((column) => [column.key, column.type]),
    [
      ["o", "JSON"],
      ["ts", "VARCHAR"],
      ["v", "VARCHAR"],
      ["w", "VARCHAR[]"],
      ["V", "BOOLEAN"],
    ],
  );
  assert.deepEqual(await lake.rows("_line, v, json_extract_string(o, '$.a'), w::VARCHAR, \"V_2\""), [
    [1n, "1", "1", null, null],
    [2n, "2.5", "1", "[1]", null],
    [3n, "three", "1", "[y]", null],
    [4n, "three", null, "[]", true],
  ]);
  await spool.close();
});

test("nulls and empty lists leave the types of a column alone", async (t) => {
  const lake = await streamLake(t);
  const spool = await lake.open();
  const steps = [
    { ts: "2026-01-02T00:00:00Z", late: null, early: 1, list: [1], parts: { a: 1 }, none: null },
    { ts: "2026-01-02T00:00:01Z", late: null, early: null, list: [], parts: null, none: null },
    { ts: "2026-01-02T00:00:02Z", late: 5, early: 2, list: null, parts: { a: null }, none: null },
    { ts: "2026-01-02T00:00:03Z", late: null, early: null, list: [2], parts: { a: 2 } },
  ];
  for (const step of steps) {
    await spool.append(ndjson([step]));
    await lake.drain(spool);
  }
  assert.deepEqual(
    lake.registry.get("posts")?.columns.map((column) => [column.key, column.type]),
    [
      ["early", "BIGINT"],
      ["late", "BIGINT"],
      ["list", "BIGINT[]"],
      ["none", "VARCHAR"],
      ["parts", "STRUCT(a BIGINT)"],
      ["ts", "VARCHAR"],
    ],
  );
  assert.deepEqual(await lake.rows("_line, early, late, list::VARCHAR, none, parts.a"), [
    [1n, 1n, null, "[1]", null, 1n],
    [2n, null, null, "[]", null, null],
    [3n, 2n, 5n, null, null, null],
    [4n, null, null, "[2]", null, 2n],
  ]);
  await spool.close();
});

test("a batch of a stream equals the same lines loaded as a file", async (t) => {
  const lake = await streamLake(t, []);
  const lines = [
    ...Array.from({ length: 300 }, (_, n) =>
      JSON.stringify({
        ...event(n),
        big: n % 2 ? n : n / 4,
        User: "u",
        user: "v",
        nest: { a: n, list: [{ x: n }] },
      }),
    ),
    '{"ts":"2026-01-02 03:04:05.123456","n":9007199254740993,"none":null,"nest":{"b":1e3}}',
    '{"ts":1767322800,"host":7,"big":1.50}',
    "broken",
    '{"_path":"conn","ts":1591367999.305988,"uid":"C1","id.orig_h":"10.0.0.1","duration":1.0}',
    '{"_path":"dns","ts":"2020-06-05T14:40:00.000001Z","uid":"C2","id.orig_h":"10.0.0.1","query":"a.b"}',
  ];
  const body = Buffer.from(`${lines.join("\n")}\n`);
  const spool = await lake.open();
  await spool.append(body);
  const drained = await lake.drain(spool);
  await spool.close();
  mkdirSync(join(lake.root, "in"));
  const path = join(lake.root, "in", "posts.ndjson");
  writeFileSync(path, body);
  const registry = createMemoryRegistry();
  const { report } = await loadFiles({
    definition: lake.definition,
    name: "posts",
    paths: [path],
    lakeDirectory: join(lake.root, "lake-of-files"),
    scratchDirectory: lake.scratchDirectory,
    registry,
    clock: lake.clock,
    threads: 1,
    memoryLimit: "500MB",
  });
  assert.equal(report.good, drained?.eventCount);
  assert.equal(report.quarantined, drained?.quarantinedCount);
  assert.deepEqual(
    registry.list().map((dataset) => dataset.name),
    ["posts", "posts_conn", "posts_dns"],
  );
  for (const loaded of registry.list()) {
    const streamed = lake.registry.get(loaded.name)!;
    assert.deepEqual(streamed.columns, loaded.columns);
    const select = (from: typeof loaded) =>
      `SELECT * EXCLUDE (_ingested, _file, _line) FROM (${datasetSelect(from)}) AS d`;
    for (const [a, b] of [
      [loaded, streamed],
      [streamed, loaded],
    ] as const) {
      const [row] = await lake.session.rows(
        `SELECT count(*) FROM (${select(a)} EXCEPT ALL ${select(b)}) AS e`,
      );
      assert.deepEqual(row, [0n], loaded.name);
    }
    const [timed] = await lake.session.rows(
      `SELECT count(_time), count(*) FROM (${datasetSelect(streamed)}) AS d`,
    );
    assert.equal(timed?.[0], timed?.[1]);
  }
});

test("drainSpool opens and closes a DuckDB of its own", async (t) => {
  const lake = await streamLake(t);
  const spool = await lake.open();
  const drain = () => drainSpool({ ...lake, spool, maximumEvents: 1, threads: 1, memoryLimit: "500MB" });
  assert.equal(await drain(), null);
  await spool.append(ndjson([event(1), event(2)]));
  await spool.append(ndjson([event(3)]));
  assert.equal((await drain())?.eventCount, 2);
  assert.equal((await drain())?.eventCount, 1);
  assert.equal(await drain(), null);
  await spool.close();
});
