import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryRecordStore } from "../../../promote/records/memory.ts";
import type { Rule } from "../../../promote/rule/rule.ts";
import { backfillUntil } from "../../../promote/run/backfill.ts";
import { StreamRunner } from "../../../promote/run/stream.ts";
import { Watermarks } from "../../../promote/run/watermark.ts";
import { TestLake } from "../../notebooks/engine/test-lake.ts";
import { eventsSelect, START_US, type TestEvent, testRule } from "./rules.ts";

const START_MS = Number(START_US / 1000n);
const DAY_S = 86_400;
/** An "odd" without a "bad" in the minute after it: the row lies at the window's end. */
const ABSENCE = testRule({
  name: "absence",
  lookbackMs: 60_000,
  stage: "paging",
  sql: `SELECT a._time + INTERVAL 1 MINUTE AS _time, a.host, count(*) AS n FROM events a
    WHERE a.kind = 'odd' AND NOT EXISTS (SELECT 1 FROM events b WHERE b.kind = 'bad' AND b.host = a.host
      AND b._time >= a._time AND b._time <= a._time + INTERVAL 1 MINUTE) GROUP BY ALL`,
});
const FILTER = testRule({ name: "filter", sql: "SELECT * FROM events WHERE kind = 'bad'" });

async function begun(lake: TestLake, rules: readonly Rule[], first: readonly TestEvent[]) {
  await lake.add("events", eventsSelect(first));
  const store = new MemoryRecordStore();
  const clock = { second: 0 };
  store.putProof({
    rule: FILTER.name,
    ruleVersion: FILTER.version,
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
  });
  const nowMs = () => START_MS + clock.second * 1000;
  const open = async () => {
    const runner = new StreamRunner({ engine: lake.engine, store, clock: nowMs });
    for (const rule of rules) await runner.hold(rule);
    return runner;
  };
  const runner = await open();
  const post = async (events: readonly TestEvent[], second: number) => {
    clock.second = second;
    await lake.add("events", eventsSelect(events));
    const eventTimesUs = events.map((event) => START_US + BigInt(event.second) * 1_000_000n);
    return runner.onCommitted({ datasets: ["events"], eventTimesUs }, nowMs());
  };
  const until = async (second: number, of = runner) => {
    clock.second = second;
    return (await of.advance(nowMs())).inserted.map(
      ({ rule, eventTimeUs, entities }) =>
        `${rule} ${entities.host} ${(eventTimeUs - START_US) / 1_000_000n}`,
    );
  };
  return { store, post, until, open, clock };
}

test("an event of the future neither closes a window early nor is lost: it counts when the clock gets there", async () => {
  for (const when of ["before", "after"] as const) {
    const lake = new TestLake();
    try {
      const future: TestEvent = { second: DAY_S, host: "h9", kind: "odd", n: 0 };
      const past: TestEvent = { second: -900, host: "h0", kind: "good", n: 0 };
      const { post, until } = await begun(lake, [ABSENCE], when === "before" ? [past, future] : [past]);
      if (when === "after") await post([future], 5);
      await post([{ second: 10, host: "h1", kind: "odd", n: 1 }], 10);
      await post([{ second: 12, host: "h2", kind: "odd", n: 1 }], 12);
      for (const second of [30, 69, 71, 100, 129])
        assert.deepEqual(await until(second), [], `${when} ${second}`);
      await post([{ second: 50, host: "h2", kind: "bad", n: 1 }], 129);
      assert.deepEqual(await until(150), ["absence h1 70"], when);
      assert.deepEqual(await until(DAY_S + 110), [], when);
      assert.deepEqual(await until(DAY_S + 130), [`absence h9 ${DAY_S + 60}`], when);
    } finally {
      await lake.close();
    }
  }
});

test("a progress that a future event once carried away comes back to the clock", async () => {
  const lake = new TestLake();
  try {
    const past: TestEvent = { second: -900, host: "h0", kind: "good", n: 0 };
    const { store, until, open } = await begun(lake, [ABSENCE], [past]);
    const { name: rule, version: ruleVersion } = ABSENCE;
    const evaluatedUntilUs = START_US + BigInt(DAY_S) * 1_000_000n;
    store.putProgress({ rule, ruleVersion, mode: "stream", evaluatedUntilUs });
    await lake.add("events", eventsSelect([{ second: 10, host: "h1", kind: "odd", n: 1 }]));
    const again = await open();
    for (const second of [10, 100, 129]) assert.deepEqual(await until(second, again), []);
    assert.deepEqual(await until(150, again), ["absence h1 70"]);
  } finally {
    await lake.close();
  }
});

test("a rule that looks at each event as it comes looks at one of the future too", async () => {
  const lake = new TestLake();
  try {
    const first: TestEvent = { second: -900, host: "h0", kind: "good", n: 0 };
    const { post, store } = await begun(lake, [FILTER], [first]);
    await post([{ second: DAY_S, host: "h9", kind: "bad", n: 0 }], 5);
    await post([{ second: 6, host: "h1", kind: "bad", n: 0 }], 7);
    assert.deepEqual(
      store.detections({ rule: "filter" }).map(({ entities, late }) => [entities.host, late]),
      [
        ["h9", false],
        ["h1", false],
      ],
    );
  } finally {
    await lake.close();
  }
});

test("the watermark keeps the lateness, whatever the events say", () => {
  const marks = new Watermarks();
  marks.note("events", START_US + 10n ** 15n, START_MS);
  for (const agoMs of [0, 1_000, 59_000, 61_000]) {
    assert.equal(marks.of(["events"], 60_000, START_MS + agoMs), START_US + BigInt(agoMs - 60_000) * 1000n);
  }
});

test("a backfill does not follow an event of the future where a window may still be open", () => {
  const given = {
    lastEventUs: START_US + 10n ** 12n,
    allowedLatenessMs: 60_000,
    nowMs: START_MS,
    evaluatedUntilUs: null,
    eventAlone: false,
    unseenFromUs: null,
  };
  assert.equal(backfillUntil(given), START_US - 60_000_000n);
  assert.equal(backfillUntil({ ...given, eventAlone: true }), given.lastEventUs);
});
