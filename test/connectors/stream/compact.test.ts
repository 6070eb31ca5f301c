import assert from "node:assert/strict";
import { existsSync, rmSync } from "node:fs";
import { test } from "node:test";
import type { Segment } from "../../../connectors/dataset/dataset.ts";
import { compactSegments, groupsToMerge } from "../../../connectors/stream/compact.ts";
import { datasetSelect } from "../../../notebooks/catalog/dataset-view.ts";
import { event, ndjson, streamLake } from "./stream-lake.ts";

test("compaction keeps every row, its types and its place", async (t) => {
  const lake = await streamLake(t);
  const spool = await lake.open();
  for (let n = 0; n < 12; n++) {
    const more =
      n % 3 === 0 ? { o: { a: n } } : n % 3 === 1 ? { o: { b: "x" }, [`k${n}`]: n } : { Host: [n], f: n / 2 };
    await spool.append(ndjson([{ ...event(n), ...more }, event(100 + n)]));
    await lake.drain(spool);
  }
  await spool.append(ndjson([{ ...event(200), o: "plain", f: "text" }]));
  await lake.drain(spool);
  const before = lake.registry.get("posts")!;
  assert.equal(before.segments.length, 13);
  await lake.session.run(`CREATE TABLE before AS ${datasetSelect(before)}`);
  const options = {
    ...lake,
    dataset: "posts",
    source: "posts",
    minimumSegments: 4,
    maximumRows: 1000,
    threads: 1,
  };
  const replaced = await compactSegments({ ...options, memoryLimit: "500MB" });
  const after = lake.registry.get("posts")!;
  assert.equal(after.segments.length, 1);
  assert.deepEqual(after.columns, before.columns);
  assert.deepEqual([...replaced].sort(), before.segments.map((segment) => segment.path).sort());
  for (const path of replaced) {
    assert.ok(existsSync(path));
    rmSync(path);
  }
  const columns = before.columns.map((column) => column.name).join(", ");
  assert.notEqual(columns, "");
  for (const [a, b] of [
    ["before", `(${datasetSelect(after)})`],
    [`(${datasetSelect(after)})`, "before"],
  ] as const) {
    const [row] = await lake.session.rows(
      `SELECT count(*) FROM (SELECT * FROM ${a} EXCEPT ALL SELECT * FROM ${b}) AS e`,
    );
    assert.deepEqual(row, [0n]);
  }
  const hashes = (segments: readonly Segment[]) => segments.flatMap((segment) => segment.inputHashes).sort();
  assert.deepEqual(hashes(after.segments), hashes(before.segments));
  assert.deepEqual(await compactSegments(options), []);
  assert.deepEqual(await compactSegments({ ...options, dataset: "absent" }), []);
  await spool.close();
});

test("small segments are merged first, families apart, and never over the row limit", () => {
  const segment = (id: string, rowCount: number, time: number): Segment => ({
    id,
    dataset: "d",
    path: id,
    rowCount,
    byteCount: 1,
    minTimeUs: BigInt(time),
    maxTimeUs: BigInt(time),
    ingestedUs: 0n,
    inputHashes: [],
    columns: [],
  });
  const ids = (groups: Segment[][]) => groups.map((group) => group.map((s) => s.id));
  const big = segment("json-big", 900, 0);
  const small = [3, 1, 2].map((time) => segment(`json-${time}`, 2, time));
  assert.deepEqual(ids(groupsToMerge([big, ...small], 3, 1000)), [["json-1", "json-2", "json-3"]]);
  assert.deepEqual(groupsToMerge([big, ...small.slice(1)], 4, 1000), []);
  assert.deepEqual(groupsToMerge([...small.slice(1), segment("csv-1", 2, 0)], 3, 1000), []);
  const many = Array.from({ length: 10 }, (_, n) => segment(`json-${n}`, 30, n));
  assert.deepEqual(
    groupsToMerge(many, 2, 100).map((group) => group.length),
    [3, 3, 3],
  );
});
