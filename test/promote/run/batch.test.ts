import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryRecordStore } from "../../../promote/records/memory.ts";
import { runBackfill } from "../../../promote/run/backfill.ts";
import { backtestRule } from "../../../promote/run/backtest.ts";
import { BatchRunner } from "../../../promote/run/batch.ts";
import { RunBusyError, RunFailedError, runBatch } from "../../../promote/run/batch-run.ts";
import { detectionsOf } from "../../../promote/run/detection.ts";
import { dueSliceEnds, nextRunMs } from "../../../promote/run/schedule.ts";
import { evaluateHistory } from "../../../promote/run/slice.ts";
import { TestLake } from "../../notebooks/engine/test-lake.ts";
import { eventsSelect, GENERATED, START_US, testRule } from "./rules.ts";

const START_MS = Number(START_US / 1000n);
const HOURLY = testRule({
  sql: "SELECT * FROM events WHERE kind = 'bad'",
  run: { mode: "batch", cron: "0 * * * *", zone: "Europe/Vienna" },
});

test("a schedule owes one slice for each time it came round, in its own zone", () => {
  assert.equal(nextRunMs(HOURLY, START_MS), START_MS + 3_600_000);
  const daily = testRule({ sql: "", run: { mode: "batch", cron: "30 2 * * *", zone: "Europe/Vienna" } });
  assert.equal(nextRunMs(daily, START_MS), START_MS + 5_400_000);
  const ends = dueSliceEnds(HOURLY, START_US - 60_000_000n, START_MS + 3 * 3_600_000 + 5);
  assert.deepEqual(
    ends,
    [1n, 2n, 3n].map((hour) => START_US + hour * 3_600_000_000n - 60_000_000n),
  );
  assert.equal(dueSliceEnds(HOURLY, START_US, START_MS + 1000 * 3_600_000).length, 48);
});

test("runs refill what was missed, one at a time, and equal the whole history", async () => {
  const lake = new TestLake();
  try {
    await lake.add("events", GENERATED);
    const store = new MemoryRecordStore();
    let nowMs = START_MS + 3_600_000;
    const runner = new BatchRunner({ engine: lake.engine, store, clock: () => nowMs });
    runner.hold(HOURLY);
    const first = await runner.tick(nowMs);
    assert.equal(first.runs.length, 1);
    assert.equal((await runner.tick(nowMs + 60_000)).runs.length, 0);
    nowMs = START_MS + 6 * 3_600_000;
    const [refilled, busy] = await Promise.allSettled([runner.tick(nowMs), runner.runNow(HOURLY)]);
    assert.equal(busy.status, "rejected");
    assert.ok(busy.status === "rejected" && busy.reason instanceof RunBusyError);
    assert.equal(refilled.status === "fulfilled" && refilled.value.runs.length, 5);
    const whole = await evaluateHistory(HOURLY, lake.engine, { clock: () => 0 });
    assert.ok(whole.detections.length > 50);
    assert.equal(store.detections({}).length, whole.detections.length);

    await lake.add("events", eventsSelect([{ second: 100, host: "h9", kind: "bad", n: 1 }]));
    const late = await runBatch({ rule: HOURLY, engine: lake.engine, store, clock: () => nowMs });
    assert.deepEqual(
      late.inserted.map((detection) => [detection.entities.host, detection.late]),
      [["h9", true]],
    );
    const again = new MemoryRecordStore();
    const range = { afterUs: START_US - 1n, untilUs: START_US + 5n * 3_600_000_000n, sliceMs: 1_000_000 };
    await runBackfill({ rule: HOURLY, engine: lake.engine, store: again, clock: () => nowMs, ...range });
    assert.equal(again.detections({}).length, whole.detections.length + 1);
    assert.equal(again.detections({})[0]!.mode, "backfill");
  } finally {
    await lake.close();
  }
});

test("a run that fails is recorded and keeps the progress where it was", async () => {
  const lake = new TestLake();
  try {
    await lake.add("events", GENERATED);
    const store = new MemoryRecordStore();
    const rule = testRule({ ...HOURLY, sql: "SELECT _time, host, CAST(kind AS BIGINT) AS k FROM events" });
    await assert.rejects(
      runBatch({ rule, engine: lake.engine, store, clock: () => START_MS + 9_000_000 }),
      RunFailedError,
    );
    assert.equal(store.runs({})[0]!.state, "failed");
    assert.equal(store.progress(rule.name, rule.version, "batch"), undefined);
  } finally {
    await lake.close();
  }
});

test("a backtest counts detections by day and what they cost", async () => {
  const lake = new TestLake();
  try {
    await lake.add(
      "events",
      eventsSelect([0, 1, 86_400, 14 * 86_400].map((second) => ({ second, host: "h", kind: "bad", n: 1 }))),
    );
    const report = await backtestRule({
      rule: HOURLY,
      engine: lake.engine,
      minutesPerAlert: 30,
      hourlyRateUsd: 100,
      clock: () => 0,
    });
    assert.equal(report.detections, 4);
    assert.equal(report.alertsPerWeek, 2);
    assert.equal(report.triageMinutesPerWeek, 60);
    assert.ok(Math.abs(report.triageUsdPerYear - 5217.857) < 0.01);
    assert.deepEqual(report.days, [
      { day: "2026-01-01", detections: 2 },
      { day: "2026-01-02", detections: 1 },
      { day: "2026-01-15", detections: 1 },
    ]);
  } finally {
    await lake.close();
  }
});

test("rows become detections whatever their order; no row is silently lost", () => {
  const time = "2026-01-01T00:00:00.000001Z";
  const rows = [
    { _time: time, host: null, n: 2n ** 63n },
    { _time: time, host: "", n: 1n },
    { _time: null, host: "x", n: 0n },
    { _time: "2026-01-02T00:00:00.000000Z", host: "x", n: 0n },
  ];
  const origin = { mode: "batch", late: false, detectedMs: 0 } as const;
  const range = { afterUs: START_US, untilUs: START_US + 1n };
  const found = detectionsOf(HOURLY, rows, range, origin);
  assert.deepEqual(
    found.detections.map(({ entities, rows: own }) => [entities.host, own.length]),
    [["", 2]],
  );
  assert.deepEqual([found.timelessCount, found.outsideCount, found.issues.length], [1, 1, 1]);
  assert.deepEqual(detectionsOf(HOURLY, [...rows].reverse(), range, origin).detections, found.detections);
  assert.equal(
    detectionsOf(HOURLY, rows, { afterUs: START_US + 1n, untilUs: START_US + 9n }, origin).detections.length,
    0,
  );
});
