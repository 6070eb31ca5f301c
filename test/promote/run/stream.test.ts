import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MemoryRecordStore } from "../../../promote/records/memory.ts";
import type { RecordStore, ReplayProof } from "../../../promote/records/records.ts";
import type { Rule } from "../../../promote/rule/rule.ts";
import { detectionDelay } from "../../../promote/run/detection-delay.ts";
import { evaluateHistory } from "../../../promote/run/slice.ts";
import { StreamRunner } from "../../../promote/run/stream.ts";
import { Watermarks } from "../../../promote/run/watermark.ts";
import { TestLake } from "../../notebooks/engine/test-lake.ts";
import { Crash, crashingStore } from "../records/crashing-store.ts";
import { eventsSelect, START_US, type TestEvent, testRule } from "./rules.ts";

const FILTER = testRule({ name: "filter", sql: "SELECT * FROM events WHERE kind = 'bad'" });
const PAIRS = testRule({
  name: "pairs",
  lookbackMs: 30_000,
  sql: "SELECT b._time, b.host, count(*) AS c FROM events a JOIN events b ON a.host = b.host AND a._time < b._time AND a._time >= b._time - INTERVAL 30 SECOND WHERE a.kind = 'odd' AND b.kind = 'bad' GROUP BY ALL",
});
const BUCKETS = testRule({
  name: "buckets",
  lookbackMs: 60_000,
  sql: "SELECT time_bucket(INTERVAL 1 MINUTE, _time) + INTERVAL 1 MINUTE AS _time, host, count(*) AS c FROM events GROUP BY ALL HAVING count(*) >= 2",
});
const RULES = [FILTER, PAIRS, BUCKETS];
const START_MS = Number(START_US / 1000n);

function proofOf(rule: Rule): ReplayProof {
  return {
    rule: rule.name,
    ruleVersion: rule.version,
    provedMs: 0,
    eventCount: 1,
    sliceCount: 1,
    batchDetectionCount: 1,
    streamDetectionCount: 1,
    onlyBatch: [],
    onlyStream: [],
    dataHash: "",
    engineVersion: "",
    holds: true,
    reason: "",
  };
}

function timesOf(events: readonly TestEvent[]): bigint[] {
  return events.map(({ second }) => START_US + BigInt(second) * 1_000_000n);
}

const SEED_EVENT: TestEvent = { second: -300, host: "h0", kind: "good", n: 0 };

async function begun(store: RecordStore): Promise<{ lake: TestLake; runner: StreamRunner }> {
  const lake = new TestLake();
  await lake.add("events", eventsSelect([SEED_EVENT]));
  store.putProof(proofOf(FILTER));
  const runner = new StreamRunner({ engine: lake.engine, store, clock: () => START_MS });
  for (const rule of RULES) await runner.hold(rule);
  return { lake, runner };
}

function found(store: RecordStore, rule: Rule): string[] {
  return store
    .detections({ rule: rule.name })
    .map(({ id, rowsHash }) => `${id} ${rowsHash}`)
    .sort();
}

async function assertLikeBatch(lake: TestLake, store: RecordStore): Promise<void> {
  for (const rule of RULES) {
    const batch = await evaluateHistory(rule, lake.engine, { clock: () => 0 });
    assert.deepEqual(
      found(store, rule),
      batch.detections.map(({ id, rowsHash }) => `${id} ${rowsHash}`).sort(),
      rule.name,
    );
  }
}

const event = fc.record({
  second: fc.integer({ min: 0, max: 900 }),
  host: fc.constantFrom("h1", "h2"),
  kind: fc.constantFrom("bad", "odd", "good"),
  n: fc.integer({ min: 0, max: 9 }),
});
const batches = fc.array(fc.array(event, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 6 });

test("whatever the order and the cut, a stream ends with the detections of one batch", async () => {
  await fc.assert(
    fc.asyncProperty(batches, async (given) => {
      const store = new MemoryRecordStore();
      const { lake, runner } = await begun(store);
      try {
        for (const batch of given) {
          await lake.add("events", eventsSelect(batch));
          const newest = Math.max(...batch.map(({ second }) => second));
          await runner.onCommitted(
            { datasets: ["events"], eventTimesUs: timesOf(batch) },
            START_MS + newest * 1000,
          );
        }
        await runner.advance(START_MS + 3_600_000);
        await assertLikeBatch(lake, store);
      } finally {
        await lake.close();
      }
    }),
    { numRuns: 6, seed: 4 },
  );
});

test("a plain filter fires at once, a window rule waits for the watermark, idle sources let the last events go", async () => {
  const store = new MemoryRecordStore();
  const { lake, runner } = await begun(store);
  try {
    const batch = [
      { second: 10, host: "h1", kind: "odd", n: 1 },
      { second: 20, host: "h1", kind: "bad", n: 2 },
    ];
    await lake.add("events", eventsSelect(batch));
    const report = await runner.onCommitted(
      { datasets: ["events"], eventTimesUs: timesOf(batch) },
      START_MS + 21_000,
    );
    assert.deepEqual(
      report.inserted.map(({ rule, late }) => [rule, late]),
      [["filter", false]],
    );
    assert.equal((await runner.advance(START_MS + 50_000)).inserted.length, 0);
    const last = await runner.advance(START_MS + 200_000);
    assert.deepEqual(last.inserted.map(({ rule }) => rule).sort(), ["buckets", "pairs"]);
    assert.equal((await runner.advance(START_MS + 900_000)).inserted.length, 0);
    await assertLikeBatch(lake, store);
  } finally {
    await lake.close();
  }
});

test("a late event reopens its slice: detections are marked late, and changed ones keep their id", async () => {
  const store = new MemoryRecordStore();
  const { lake, runner } = await begun(store);
  try {
    const post = async (batch: readonly TestEvent[], second: number) => {
      await lake.add("events", eventsSelect(batch));
      return runner.onCommitted(
        { datasets: ["events"], eventTimesUs: timesOf(batch) },
        START_MS + second * 1000,
      );
    };
    await post(
      [
        { second: 10, host: "h1", kind: "odd", n: 1 },
        { second: 20, host: "h1", kind: "bad", n: 2 },
      ],
      21,
    );
    await post([{ second: 600, host: "h2", kind: "good", n: 1 }], 600);
    const pair = store.detections({ rule: "pairs" })[0]!;
    assert.equal(pair.late, false);
    const late = await post(
      [
        { second: 12, host: "h1", kind: "odd", n: 3 },
        { second: 30, host: "h1", kind: "bad", n: 4 },
      ],
      601,
    );
    assert.ok(late.inserted.length >= 2 && late.inserted.every((detection) => detection.late));
    assert.equal(late.updated.find(({ rule }) => rule === "pairs")?.id, pair.id);
    await runner.advance(START_MS + 3_600_000);
    await assertLikeBatch(lake, store);
  } finally {
    await lake.close();
  }
});

test("a rule that fails is recorded, tried again, and holds up no other", async () => {
  const store = new MemoryRecordStore();
  const { lake, runner } = await begun(store);
  try {
    await runner.hold(
      testRule({ name: "broken", sql: "SELECT _time, host, CAST(kind AS BIGINT) AS k FROM events" }),
    );
    const batch = [{ second: 20, host: "h1", kind: "bad", n: 2 }];
    await lake.add("events", eventsSelect(batch));
    const nowMs = START_MS + 200_000;
    await runner.onCommitted({ datasets: ["events"], eventTimesUs: timesOf(batch) }, nowMs);
    await runner.advance(nowMs + 100_000);
    assert.equal(store.detections({ rule: "filter" }).length, 1);
    const failed = store.runs({ rule: "broken" });
    assert.ok(failed.length >= 1 && failed.every(({ state }) => state === "failed"));
    const status = runner.status(nowMs + 100_000).find(({ rule }) => rule === "broken")!;
    assert.ok(status.failures >= 1 && status.error !== null);
    assert.equal((await runner.advance(nowMs + 100_001)).runs.length, 0);
    assert.equal(
      (await runner.advance(nowMs + 900_000)).runs.some(({ rule }) => rule === "broken"),
      true,
    );
  } finally {
    await lake.close();
  }
});

test("a crash before any write, and a restart, lose nothing and double nothing", async () => {
  const steps: readonly (readonly TestEvent[])[] = [
    [
      { second: 10, host: "h1", kind: "odd", n: 1 },
      { second: 20, host: "h1", kind: "bad", n: 2 },
    ],
    [
      { second: 300, host: "h2", kind: "bad", n: 1 },
      { second: 15, host: "h1", kind: "bad", n: 1 },
    ],
  ];
  let crashes = 0;
  for (let atWrite = 1; ; atWrite += 3) {
    const store = new MemoryRecordStore();
    const { lake, runner: first } = await begun(store);
    try {
      for (const rule of RULES) first.release(rule.name);
      const failing = crashingStore(store, atWrite);
      let runner = new StreamRunner({ engine: lake.engine, store: failing, clock: () => START_MS });
      let crashed = false;
      const guarded = async (work: () => Promise<unknown>) => {
        if (crashed) return;
        try {
          await work();
        } catch (error) {
          if (!(error instanceof Crash)) throw error;
          crashed = true;
        }
      };
      for (const rule of RULES) await guarded(() => runner.hold(rule));
      for (const [at, batch] of steps.entries()) {
        await lake.add("events", eventsSelect(batch));
        const nowMs = START_MS + (at + 1) * 400_000;
        await guarded(() =>
          runner.onCommitted({ datasets: ["events"], eventTimesUs: timesOf(batch) }, nowMs),
        );
      }
      await guarded(() => runner.advance(START_MS + 3_600_000));
      if (crashed) {
        crashes += 1;
        runner = new StreamRunner({ engine: lake.engine, store, clock: () => START_MS });
        for (const rule of RULES) await runner.hold(rule);
        await runner.advance(START_MS + 3_600_000);
      }
      await assertLikeBatch(lake, store);
      if (!crashed) break;
    } finally {
      await lake.close();
    }
  }
  assert.ok(crashes > 5, `only ${crashes} crash points were met`);
});

test("a staged filter fires at once without a proof; one that pages without a proof that holds waits", async () => {
  const lake = new TestLake();
  const store = new MemoryRecordStore();
  try {
    await lake.add("events", eventsSelect([SEED_EVENT]));
    const runner = new StreamRunner({ engine: lake.engine, store, clock: () => START_MS });
    await runner.hold(FILTER);
    await runner.hold(testRule({ name: "pager", stage: "paging", sql: FILTER.sql }));
    const batch = [{ second: 20, host: "h1", kind: "bad", n: 2 }];
    await lake.add("events", eventsSelect(batch));
    const report = await runner.onCommitted(
      { datasets: ["events"], eventTimesUs: timesOf(batch) },
      START_MS + 21_000,
    );
    assert.deepEqual(
      report.inserted.map(({ rule, late }) => [rule, late]),
      [["filter", false]],
    );
    assert.deepEqual(
      runner.status(START_MS).map(({ immediate }) => immediate),
      [true, false],
    );
  } finally {
    await lake.close();
  }
});

test("a dataset that stands still, or that commits without events of it name, holds no watermark of others that move", () => {
  const marks = new Watermarks();
  const both = ["sysmon", "winauth"];
  marks.noteThere("sysmon", START_US - 9_000_000n, START_MS);
  marks.noteThere("winauth", START_US - 900_000_000n, START_MS);
  assert.equal(
    marks.of(both, 60_000, START_MS + 1_000),
    START_US - 960_000_000n,
    "the lowest while none moves",
  );
  marks.note("sysmon", START_US + 20_000_000n, START_MS + 20_000);
  assert.equal(marks.of(both, 60_000, START_MS + 20_000), START_US - 40_000_000n);
  marks.note("winauth", START_US + 30_000_000n, START_MS + 30_000);
  for (let second = 40; second <= 200; second += 20) {
    marks.note("sysmon", START_US + BigInt(second) * 1_000_000n, START_MS + second * 1000);
    marks.note("winauth", null, START_MS + second * 1000);
  }
  assert.equal(marks.of(both, 60_000, START_MS + 200_000), START_US + 140_000_000n);
});

test("the real delay of a rule is said in words", () => {
  const rule = { allowedLatenessMs: 300_000, run: { mode: "stream", sliceMs: 10_000 } } as const;
  assert.equal(detectionDelay(rule, false), "detects about 5 min after the event: waits for late ones");
  assert.match(detectionDelay({ ...rule, allowedLatenessMs: 30_000 }, false), /about 40 s/);
  assert.match(detectionDelay(rule, true), /as events come/);
});
