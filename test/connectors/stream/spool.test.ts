import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { digestKey, KEPT_KEYS, KeyLog } from "../../../connectors/stream/key-log.ts";
import { event, ndjson, streamLake } from "./stream-lake.ts";

test("an append counts good lines, others, and no empty ones", async (t) => {
  const lake = await streamLake(t);
  const spool = await lake.open();
  const body = Buffer.from('{"a":1}\n\n  \r\nnot json\n[1]\n"text"\n{"a":1,"a":2}\n{"a":2}');
  assert.deepEqual(await spool.append(body), { accepted: 2, quarantined: 4, repeated: false });
  assert.deepEqual(await spool.append(Buffer.from("\n \n")), {
    accepted: 0,
    quarantined: 0,
    repeated: false,
  });
  await spool.close();
  await assert.rejects(spool.append(body), /closed/);
});

test("a record that is cut at any of its bytes goes, and all before it stay", async (t) => {
  const lake = await streamLake(t);
  const spool = await lake.open();
  await spool.append(ndjson([event(1), event(2)]));
  const [name] = readdirSync(join(lake.spoolDirectory, "posts")).filter((file) => file.endsWith(".spool"));
  const path = join(lake.spoolDirectory, "posts", name!);
  const firstBytes = readFileSync(path).length;
  await spool.append(ndjson([event(3)]), { idempotencyKey: "torn" });
  await spool.close();
  const whole = readFileSync(path);
  for (let cut = firstBytes; cut < whole.length; cut++) {
    writeFileSync(path, whole.subarray(0, cut));
    const again = await lake.open();
    const slice = await again.read(undefined, 100);
    assert.equal(slice?.toByte, firstBytes, `cut at ${cut}`);
    assert.equal(slice.records.length, 1);
    assert.equal(readFileSync(path).length, firstBytes);
    await again.close();
  }
  const last = await lake.open();
  const added = await last.append(ndjson([event(3)]), { idempotencyKey: "torn" });
  assert.deepEqual(added, { accepted: 1, quarantined: 0, repeated: false });
  const slice = await last.read(undefined, 100);
  assert.deepEqual(
    slice?.records.map((record) => record.firstLine),
    [1, 3],
  );
  await last.close();
});

test("a flipped bit in the last record is found", async (t) => {
  const lake = await streamLake(t);
  const spool = await lake.open();
  await spool.append(ndjson([event(1)]));
  await spool.close();
  const folder = join(lake.spoolDirectory, "posts");
  const path = join(folder, readdirSync(folder).find((file) => file.endsWith(".spool"))!);
  const bytes = readFileSync(path);
  for (let at = 0; at < bytes.length; at += 5) {
    const damaged = Buffer.from(bytes);
    damaged[at]! ^= 1;
    writeFileSync(path, damaged);
    const again = await lake.open();
    assert.equal(again.hasWaiting(undefined), false, `byte ${at}`);
    await again.close();
  }
});

test("appends at once are all kept, in order, and few of them sync alone", async (t) => {
  const lake = await streamLake(t);
  const spool = await lake.open();
  const answers = await Promise.all(Array.from({ length: 500 }, (_, n) => spool.append(ndjson([event(n)]))));
  assert.ok(answers.every((answer) => answer.accepted === 1 && !answer.repeated));
  await spool.close();
  const again = await lake.open();
  const slice = await again.read(undefined, 1000);
  assert.deepEqual(
    slice?.records.map((record) => JSON.parse(record.body.toString()).n),
    Array.from({ length: 500 }, (_, n) => n),
  );
  await again.close();
});

test("one key, posted many times at once and again later, adds once", async (t) => {
  const lake = await streamLake(t);
  let spool = await lake.open();
  const body = Buffer.from('{"a":1}\nbroken\n');
  const post = () => spool.append(body, { idempotencyKey: "k-1" });
  const answers = await Promise.all([post(), post(), post()]);
  assert.deepEqual(
    answers.map((answer) => answer.repeated),
    [false, true, true],
  );
  await spool.close();
  spool = await lake.open();
  assert.deepEqual(await spool.append(Buffer.from('{"b":2}\n'), { idempotencyKey: "k-1" }), {
    accepted: 1,
    quarantined: 1,
    repeated: true,
  });
  assert.equal((await spool.read(undefined, 100))?.records.length, 1);
  await spool.close();
});

test("keys survive the rotation and deletion of drained files, and reopening", async (t) => {
  const lake = await streamLake(t);
  let spool = await lake.open(2000);
  for (let n = 0; n < 60; n++) await spool.append(ndjson([event(n)]), { idempotencyKey: `key ${n}` });
  while (await lake.drain(spool, 7)) {}
  const left = readdirSync(join(lake.spoolDirectory, "posts")).filter((file) => file.endsWith(".spool"));
  assert.equal(left.length, 1);
  for (let round = 0; round < 2; round++) {
    for (let n = 0; n < 60; n++) {
      const answer = await spool.append(ndjson([event(n)]), { idempotencyKey: `key ${n}` });
      assert.deepEqual(answer, { accepted: 1, quarantined: 0, repeated: true });
    }
    await spool.close();
    spool = await lake.open(2000);
  }
  assert.equal(await lake.drain(spool), null);
  assert.deepEqual(await lake.rows("count(*), count(DISTINCT n)"), [[60n, 60n]]);
  await spool.close();
});

test("the key log is compacted, cut where it is torn, and keeps the last hundred thousand", async (t) => {
  const lake = await streamLake(t);
  const path = join(lake.root, "keys.log");
  let log = await KeyLog.open(path);
  const total = 5 * KEPT_KEYS;
  const digests = Array.from({ length: total }, (_, n) => digestKey(String(n)));
  let mostBytes = 0;
  for (let from = 0; from < total; from += 25_000) {
    const some = digests.slice(from, from + 25_000);
    for (const [index, digest] of some.entries())
      log.remember(digest, { accepted: from + index, quarantined: 1 });
    await log.keep(some);
    mostBytes = Math.max(mostBytes, statSync(path).size);
  }
  await log.close();
  assert.ok(mostBytes < 4 * KEPT_KEYS * 50);
  truncateSync(path, statSync(path).size - 3);
  log = await KeyLog.open(path);
  assert.equal(log.get(digests[total - 1]!), undefined);
  assert.deepEqual(log.get(digests[total - 2]!), { accepted: total - 2, quarantined: 1 });
  assert.notEqual(log.get(digests[total - KEPT_KEYS]!), undefined);
  assert.equal(log.get(digests[0]!), undefined);
  await log.close();
});
