import assert from "node:assert/strict";
import { test } from "node:test";
import type { QueryEngine, RowsResult } from "../../../notebooks/engine/engine.ts";
import { MemoryRecordStore } from "../../../promote/records/memory.ts";
import { differBackfill, runBackfill } from "../../../promote/run/backfill.ts";
import { BatchRunner } from "../../../promote/run/batch.ts";
import { RunBusyError, runBatch } from "../../../promote/run/batch-run.ts";
import { ownerLoads } from "../../../promote/run/owner-load.ts";
import { dueTurns } from "../../../promote/run/schedule.ts";
import { evaluateHistory } from "../../../promote/run/slice.ts";
import { watchTroubles } from "../../../promote/run/trouble.ts";
import { TestLake } from "../../notebooks/engine/test-lake.ts";
import { eventsSelect, GENERATED, START_US, testRule } from "./rules.ts";

const HOUR_MS = 3_600_000;
const START_MS = Number(START_US / 1000n);
const HOURLY = testRule({
  sql: "SELECT * FROM events WHERE kind = 'bad'",
  run: { mode: "batch", cron: "0 * * * *", zone: "Europe/Vienna" },
});

test("a schedule follows its zone through the change to summer time", () => {
  const daily = testRule({ sql: "", run: { mode: "batch", cron: "30 2 * * *", zone: "Europe/Vienna" } });
  const noon = (day: number) => Date.UTC(2026, 2, day, 12);
  const ranUs = BigInt(Date.UTC(2026, 2, 27, 1, 30)) * 1000n - 60_000_000n;
  const due = dueTurns(daily, ranUs, noon(31)).map(({ dueMs }) => new Date(dueMs).toISOString());
  assert.equal(due.length, 4);
  assert.equal(due[0], "2026-03-28T01:30:00.000Z");
  assert.deepEqual(due.slice(2), ["2026-03-30T00:30:00.000Z", "2026-03-31T00:30:00.000Z"]);
  const many = dueTurns(HOURLY, START_US, START_MS + 100 * HOUR_MS);
  assert.equal(many.length, 48);
  assert.equal(
    many.reduce((sum, { turns }) => sum + turns, 0),
    100,
  );
  assert.equal(many[0]!.turns, 53);
});

test("what was missed is recorded once, with why, and then that it was refilled", async () => {
  const lake = new TestLake();
  try {
    await lake.add("events", GENERATED);
    const store = new MemoryRecordStore();
    let nowMs = START_MS + HOUR_MS;
    const runnerOf = () => new BatchRunner({ engine: lake.engine, store, clock: () => nowMs });
    const first = runnerOf();
    first.hold(HOURLY);
    await first.tick(nowMs);
    nowMs += HOUR_MS + 5_000;
    await first.tick(nowMs);
    assert.deepEqual(store.missedRuns({}), []);
    store.putRuleControl({
      id: "p",
      rule: HOURLY.name,
      kind: "paused",
      atMs: START_MS + 2.5 * HOUR_MS,
      actor: "ann",
      reason: "noise",
      untilMs: START_MS + 3.5 * HOUR_MS,
      maximumPerHour: null,
    });
    // The process was away from then on, and comes back at half past six.
    nowMs = START_MS + 6.5 * HOUR_MS;
    const second = runnerOf();
    second.hold(HOURLY);
    assert.ok(second.status(nowMs)[0]!.lagMs >= 3.5 * HOUR_MS);
    const report = await second.tick(nowMs);
    assert.deepEqual(
      report.runs.map(({ dueMs, refill }) => [(dueMs! - START_MS) / HOUR_MS, refill]),
      [3, 4, 5, 6].map((hour) => [hour, true]),
    );
    assert.deepEqual(
      store
        .missedRuns({})
        .map(({ dueMs, why, turns, refilledMs, runId }) => [
          (dueMs - START_MS) / HOUR_MS,
          why,
          turns,
          refilledMs === nowMs && runId !== null,
        ]),
      [
        [6, "not-running", 1, true],
        [5, "not-running", 1, true],
        [4, "not-running", 1, true],
        [3, "paused", 1, true],
      ],
    );
    await second.tick(nowMs);
    assert.equal(store.missedRuns({}).length, 4);
    // A crash between a run and the note that it made the turn good.
    for (const missed of store.missedRuns({})) store.putMissedRun({ ...missed, refilledMs: null });
    const third = runnerOf();
    third.hold(HOURLY);
    await third.tick(nowMs);
    assert.deepEqual(store.missedRuns({ open: true }), []);
  } finally {
    await lake.close();
  }
});

/** The engine, whose first evaluation waits until it is let go. */
function slowEngine(engine: QueryEngine): { engine: QueryEngine; started: Promise<void>; letGo: () => void } {
  let letGo: () => void = () => undefined;
  let tellStarted: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const started = new Promise<void>((resolve) => {
    tellStarted = resolve;
  });
  const slow = new Proxy(engine, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (name !== "rows") return typeof value === "function" ? value.bind(target) : value;
      return async (request: { sql: string }): Promise<RowsResult> => {
        const rows = await target.rows(request);
        if (request.sql === HOURLY.sql) {
          tellStarted();
          await gate;
        }
        return rows;
      };
    },
  });
  return { engine: slow, started, letGo };
}

test("two processes never run a rule at once, and one that slept through its claim records nothing twice", async () => {
  const lake = new TestLake();
  try {
    await lake.add("events", GENERATED);
    const store = new MemoryRecordStore();
    let nowMs = START_MS + 2 * HOUR_MS;
    const { engine, started, letGo } = slowEngine(lake.engine);
    const asleep = new BatchRunner({ engine, store, clock: () => nowMs, holder: "one" });
    const other = new BatchRunner({ engine: lake.engine, store, clock: () => nowMs, holder: "two" });
    asleep.hold(HOURLY);
    other.hold(HOURLY);
    const sleeping = asleep.tick(nowMs);
    await started;
    assert.equal((await other.tick(nowMs)).runs.length, 0);
    await assert.rejects(other.runNow(HOURLY), RunBusyError);
    nowMs += HOUR_MS;
    const taken = await other.tick(nowMs);
    assert.equal(taken.runs.length, 1);
    const runs = store.runs({}).length;
    const found = store.detections({}).length;
    letGo();
    assert.equal((await sleeping).runs.length, 0);
    assert.equal(store.runs({}).length, runs);
    assert.equal(store.detections({}).length, found);
    assert.ok(found > 50);
  } finally {
    await lake.close();
  }
});

test("a backfill says what it would change before it does it", async () => {
  const lake = new TestLake();
  try {
    await lake.add("events", GENERATED);
    const store = new MemoryRecordStore();
    const clock = () => START_MS + 10 * HOUR_MS;
    await runBatch({ rule: HOURLY, engine: lake.engine, store, clock });
    const recorded = store.detections({});
    const [changed, gone] = [recorded[3]!, recorded[4]!];
    // As if the data had been otherwise: one row less, one row other, one detection that nothing explains.
    store.putDetections([
      { ...changed, rowsHash: "other" },
      { ...gone, id: "stray" },
    ]);
    store.withdrawDetections(
      {
        rule: HOURLY.name,
        ruleVersion: HOURLY.version,
        afterUs: gone.eventTimeUs - 1n,
        untilUs: gone.eventTimeUs,
      },
      new Set(["stray"]),
      1,
      "test",
    );
    const request = {
      rule: HOURLY,
      engine: lake.engine,
      store,
      clock,
      afterUs: START_US - 1n,
      untilUs: START_US + 5n * 3_600_000_000n,
      sliceMs: 1_800_000,
    };
    const before = store.detections({ withdrawn: "too" });
    const difference = await differBackfill(request);
    assert.deepEqual(store.detections({ withdrawn: "too" }), before);
    assert.deepEqual([difference.added, difference.removed, difference.changed], [1, 1, 1]);
    assert.equal(difference.sample.removed[0]!.id, "stray");
    assert.equal(difference.unchanged, recorded.length - 2);
    const done = await runBackfill(request);
    assert.deepEqual([done.inserted.length, done.updated.length, done.withdrawn.length], [0, 2, 1]);
    assert.equal((await differBackfill(request)).unchanged, recorded.length);
    const batch = await evaluateHistory(HOURLY, lake.engine, { clock: () => 0 });
    assert.deepEqual(
      store
        .detections({})
        .map(({ id }) => id)
        .sort(),
      batch.detections.map(({ id }) => id).sort(),
    );
  } finally {
    await lake.close();
  }
});

test("events that came late in a batch are counted on the run that looks at them", async () => {
  const lake = new TestLake();
  try {
    await lake.add("events", GENERATED);
    const store = new MemoryRecordStore();
    const request = { rule: HOURLY, engine: lake.engine, store, clock: () => START_MS + 10 * HOUR_MS };
    await runBatch(request);
    await lake.add(
      "events",
      eventsSelect([100, 100, 101].map((second) => ({ second, host: "h9", kind: "bad", n: 1 }))),
    );
    const late = await runBatch(request);
    assert.deepEqual(
      late.runs.map(({ lateCount }) => lateCount),
      [3],
    );
    assert.equal((await runBatch(request)).runs.length, 0);
  } finally {
    await lake.close();
  }
});

test("trouble is told when it begins and when it is over, and not in between", () => {
  const store = new MemoryRecordStore();
  const well = { rule: "r", author: "kim", failures: 0, error: null, lagMs: 0 };
  const failing = { ...well, failures: 3, error: "no such column" };
  assert.deepEqual(watchTroubles(store, [{ ...failing, failures: 2 }], 1), { began: [], ended: [] });
  const first = watchTroubles(store, [failing], 2).began;
  assert.deepEqual(
    first.map(({ kind, author, sinceMs }) => [kind, author, sinceMs]),
    [["failing", "kim", 2]],
  );
  assert.deepEqual(watchTroubles(store, [{ ...failing, failures: 9 }], 3), { began: [], ended: [] });
  assert.equal(store.troubles({ open: true }).length, 1);
  const changes = watchTroubles(store, [{ ...well, lagMs: 600_000 }], 4);
  assert.deepEqual([changes.began[0]?.kind, changes.ended[0]?.kind], ["behind", "failing"]);
  assert.match(changes.began[0]!.message, /10 minutes behind/);
  assert.equal(watchTroubles(store, [], 5).ended.length, 1);
  assert.equal(store.troubles({}).length, 2);
});

test("an owner's load is over all rules, in the last seven days", () => {
  const store = new MemoryRecordStore();
  const day = 86_400_000;
  for (const [at, rule, owner] of [
    [1, "a", "it"],
    [9, "a", "it"],
    [9, "a", "it"],
    [9, "b", "it"],
    [9, "b", "hr"],
  ] as const) {
    const id = `${store.alerts({}).length}`;
    store.putAlert({
      id,
      caseId: id,
      rule,
      ruleVersion: "v",
      owner,
      sentence: "",
      state: "open",
      openedMs: at * day,
      decidedMs: null,
    });
  }
  assert.deepEqual(ownerLoads(store, 10 * day), [
    {
      owner: "it",
      total: 3,
      rules: [
        { rule: "a", alerts: 2 },
        { rule: "b", alerts: 1 },
      ],
    },
    { owner: "hr", total: 1, rules: [{ rule: "b", alerts: 1 }] },
  ]);
  assert.deepEqual(ownerLoads(store, 10 * day, "nobody"), [{ owner: "nobody", total: 0, rules: [] }]);
});
