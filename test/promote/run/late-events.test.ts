import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryRecordStore } from "../../../promote/records/memory.ts";
import { respondToDetections } from "../../../promote/respond/respond.ts";
import { WITHDRAWN_NOTE } from "../../../promote/respond/withdrawal-note.ts";
import { proveStream } from "../../../promote/run/prove.ts";
import { evaluateHistory } from "../../../promote/run/slice.ts";
import { StreamRunner } from "../../../promote/run/stream.ts";
import { TestLake } from "../../notebooks/engine/test-lake.ts";
import { eventsSelect, GENERATED, START_US, type TestEvent, testRule } from "./rules.ts";

const START_MS = Number(START_US / 1000n);
/** An "odd" without a "bad" in the minute after it: the row lies at the window's end. */
const ABSENCE = testRule({
  name: "absence",
  lookbackMs: 60_000,
  stage: "paging",
  sql: `SELECT a._time + INTERVAL 1 MINUTE AS _time, a.host, count(*) AS n FROM events a
    WHERE a.kind = 'odd' AND NOT EXISTS (SELECT 1 FROM events b WHERE b.kind = 'bad' AND b.host = a.host
      AND b._time >= a._time AND b._time <= a._time + INTERVAL 1 MINUTE) GROUP BY ALL`,
});

async function streaming(lake: TestLake, store: MemoryRecordStore) {
  await lake.add("events", eventsSelect([{ second: -900, host: "h0", kind: "good", n: 0 }]));
  const runner = new StreamRunner({
    engine: lake.engine,
    store,
    clock: () => START_MS,
    surroundings: { rowsIn: () => 7, healthOf: () => ["events: silent"], engineUsdPerHour: () => 2 },
  });
  await runner.hold(ABSENCE);
  const post = async (events: readonly TestEvent[], second: number) => {
    await lake.add("events", eventsSelect(events));
    return runner.onCommitted(
      { datasets: ["events"], eventTimesUs: events.map((e) => START_US + BigInt(e.second) * 1_000_000n) },
      START_MS + second * 1000,
    );
  };
  return { runner, post };
}

test("absence is proved to stream when its row lies at the window's end", async () => {
  const lake = new TestLake();
  try {
    await lake.add("events", GENERATED);
    const proof = await proveStream({
      rule: ABSENCE,
      engine: lake.engine,
      datasets: [...lake.datasets.values()],
      engineVersion: "x",
      seed: 7,
      sliceCount: 60,
      clock: () => 0,
    });
    assert.ok(proof.holds, proof.reason);
    assert.ok(proof.batchDetectionCount > 20);
  } finally {
    await lake.close();
  }
});

test("absence fires once, when the window has closed, also when nothing further comes", async () => {
  const lake = new TestLake();
  const store = new MemoryRecordStore();
  try {
    const { runner, post } = await streaming(lake, store);
    assert.equal((await post([{ second: 10, host: "h1", kind: "odd", n: 1 }], 10)).inserted.length, 0);
    // The window ends at 70 s, and an event may come 60 s late: nothing before 130 s.
    for (const second of [60, 100, 129]) {
      assert.equal((await runner.advance(START_MS + second * 1000)).inserted.length, 0, `${second}`);
    }
    const fired = await runner.advance(START_MS + 140_000);
    assert.deepEqual(
      fired.inserted.map(({ eventTimeUs, entities }) => [eventTimeUs - START_US, entities.host]),
      [[70_000_000n, "h1"]],
    );
    assert.equal((await runner.advance(START_MS + 900_000)).inserted.length, 0);
    // The clock of the runner stands still: slices that found nothing are one run of one minute.
    assert.deepEqual(
      store
        .runs({ rule: "absence" })
        .map(({ detectionCount, evaluations }) => [detectionCount, (evaluations ?? 1) > 1]),
      [
        [1, false],
        [0, true],
      ],
    );
    const [run] = store.runs({ rule: "absence" }).filter(({ detectionCount }) => detectionCount > 0);
    assert.deepEqual(
      [run?.rowsRead, run?.lateCount, run?.health, run?.withdrawnCount],
      [7, 0, ["events: silent"], 0],
    );
    assert.equal(run?.costUsd, ((run?.engineMs ?? 0) / 3_600_000) * 2);
    assert.ok(typeof run?.watermarkUs === "bigint");
  } finally {
    await lake.close();
  }
});

test("an event in time changes nothing; one that comes later withdraws, is counted, and the alert is told once", async () => {
  const lake = new TestLake();
  const store = new MemoryRecordStore();
  try {
    const { runner, post } = await streaming(lake, store);
    const respond = () =>
      respondToDetections({
        store,
        engine: lake.engine,
        clock: () => START_MS,
        ruleOf: () => ({ rule: ABSENCE, plan: { automations: [], options: [] } }),
        precisionOf: () => 0.5,
      });
    await post(
      [
        { second: 10, host: "h1", kind: "odd", n: 1 },
        { second: 12, host: "h2", kind: "odd", n: 1 },
      ],
      10,
    );
    // Out of order and within the lateness: h2 is explained before anything is said.
    await post([{ second: 100, host: "h3", kind: "good", n: 1 }], 100);
    await post([{ second: 50, host: "h2", kind: "bad", n: 1 }], 101);
    await runner.advance(START_MS + 400_000);
    assert.deepEqual(
      store.detections({ rule: "absence" }).map(({ entities }) => entities.host),
      ["h1"],
    );
    assert.equal((await respond()).length, 1);
    const late = await post([{ second: 30, host: "h1", kind: "bad", n: 1 }], 401);
    assert.deepEqual([late.inserted.length, late.withdrawn.length], [0, 1]);
    assert.equal(late.runs.at(-1)?.lateCount, 1);
    assert.deepEqual(store.detections({ rule: "absence" }), []);
    const [gone] = store.detections({ withdrawn: "only" });
    assert.match(gone?.withdrawnReason ?? "", /event that came later explains it/);
    await respond();
    await respond();
    const [alert] = store.alerts({});
    assert.equal(alert?.state, "open");
    const notes = store.actions(alert!.id).filter(({ name }) => name === WITHDRAWN_NOTE);
    assert.equal(notes.length, 1);
    assert.match(notes[0]!.summary, /came later explains it.*No detection of this alert stands/s);
    const batch = await evaluateHistory(ABSENCE, lake.engine, { clock: () => 0 });
    assert.deepEqual(batch.detections, []);
  } finally {
    await lake.close();
  }
});

test("a detection that is found again stands again, and its alert is told", async () => {
  const lake = new TestLake();
  const store = new MemoryRecordStore();
  try {
    const { runner, post } = await streaming(lake, store);
    await post([{ second: 10, host: "h1", kind: "odd", n: 1 }], 10);
    const [fired] = (await runner.advance(START_MS + 400_000)).inserted;
    store.putCase({ id: "c", title: "t", detectionIds: [fired!.id], entities: {}, openedMs: 1 });
    const slice = { rule: "absence", ruleVersion: ABSENCE.version, afterUs: 0n, untilUs: START_US * 2n };
    assert.equal(store.withdrawDetections(slice, new Set(), 5, "why").length, 1);
    assert.equal(store.untoldWithdrawals(9).length, 1);
    store.putWithdrawalTold(fired!.id);
    assert.equal(store.untoldWithdrawals(9).length, 0);
    assert.equal(store.putDetections([fired!]).updated.length, 1);
    assert.equal(store.detection(fired!.id)?.withdrawnMs, undefined);
    assert.equal(store.untoldWithdrawals(9).length, 1);
  } finally {
    await lake.close();
  }
});
