import assert from "node:assert/strict";
import { test } from "node:test";
import type { QueryEngine } from "../../../notebooks/engine/engine.ts";
import { MemoryRecordStore } from "../../../promote/records/memory.ts";
import type { RecordStore } from "../../../promote/records/records.ts";
import { respondToDetections } from "../../../promote/respond/respond.ts";
import { Crash, crashingStore } from "../records/crashing-store.ts";
import { sampleDetection } from "../records/record-store-contract.ts";
import { testRule } from "../run/rules.ts";

const MINUTE_MS = 60_000;
const rule = testRule({ name: "r", sql: "SELECT 1", stage: "paging", title: "Bad thing" });

function fire(store: RecordStore, hosts: readonly string[]): void {
  store.putDetections(
    hosts.map((host) =>
      sampleDetection(`d-${host}`, { stage: "paging", entities: { host }, rowsHash: host }),
    ),
  );
}

function respond(
  store: RecordStore,
  nowMs: number,
  maximumPerHour: number | null,
  may: { readonly plan?: boolean; readonly page?: boolean } = {},
) {
  return respondToDetections({
    store,
    // No step of the plan asks the engine anything.
    engine: {} as QueryEngine,
    clock: () => nowMs,
    ruleOf: () => (may.plan === false ? undefined : { rule, plan: { automations: [], options: [] } }),
    mayPage: () => may.page ?? true,
    precisionOf: () => 0.5,
    throttleOf: () => maximumPerHour,
  });
}

function casedIds(store: RecordStore): string[] {
  return store.cases({}).flatMap(({ detectionIds }) => detectionIds);
}

const HOSTS = Array.from({ length: 12 }, (_, at) => `h${String(at).padStart(2, "0")}`);

test("no hour has more alerts than the throttle lets through, and nothing is lost", async () => {
  const store = new MemoryRecordStore();
  fire(store, HOSTS);
  assert.equal((await respond(store, MINUTE_MS, 3)).length, 3);
  assert.equal(store.waitingCases()[0]!.detectionIds.length, 9);
  fire(store, ["h20"]);
  assert.equal((await respond(store, 30 * MINUTE_MS, 3)).length, 0);
  assert.equal(store.waitingCases()[0]!.detectionIds.length, 10);
  const [gathered, ...others] = await respond(store, 62 * MINUTE_MS, 3);
  assert.equal(others.length, 0);
  assert.match(gathered!.sentence, /^Bad thing: 10 detections beyond the alerts an hour/);
  assert.equal(store.waitingCases().length, 0);
  assert.deepEqual(casedIds(store).sort(), [...HOSTS, "h20"].map((host) => `d-${host}`).sort());
  fire(store, ["h30", "h31", "h32"]);
  assert.equal((await respond(store, 70 * MINUTE_MS, 3)).length, 2);
  assert.equal(store.waitingCases()[0]!.detectionIds.length, 1);
  assert.equal((await respond(store, 71 * MINUTE_MS, null)).length, 1);
});

test("a detection of entities whose alert is open joins it, throttle or not", async () => {
  const store = new MemoryRecordStore();
  fire(store, ["h1", "h2"]);
  await respond(store, 1, 1);
  store.putDetections([
    sampleDetection("again", { stage: "paging", entities: { host: "h1" }, rowsHash: "x" }),
  ]);
  await respond(store, 2, 1);
  const own = store.cases({}).find(({ gatheredFor }) => gatheredFor === undefined);
  assert.deepEqual(own?.detectionIds, ["d-h1", "again"]);
  assert.deepEqual(store.waitingCases()[0]?.detectionIds, ["d-h2"]);
});

test("what was gathered and then withdrawn wakes nobody", async () => {
  const store = new MemoryRecordStore();
  fire(store, ["h1", "h2"]);
  await respond(store, 1, 1);
  const slice = { rule: "r", ruleVersion: "v", afterUs: 0n, untilUs: 2n ** 60n };
  store.withdrawDetections(slice, new Set(["d-h1"]), 5, "why");
  assert.equal((await respond(store, 61 * MINUTE_MS, 1)).length, 0);
  assert.equal(store.waitingCases().length, 0);
});

test("what was gathered, withdrawn and then found again comes like anything new", async () => {
  const store = new MemoryRecordStore();
  fire(store, ["h1", "h2"]);
  await respond(store, 1, 1);
  const slice = { rule: "r", ruleVersion: "v", afterUs: 0n, untilUs: 2n ** 60n };
  store.withdrawDetections(slice, new Set(["d-h1"]), 5, "why");
  assert.equal((await respond(store, 61 * MINUTE_MS, 1)).length, 0);
  fire(store, ["h2"]);
  const [alert, ...others] = await respond(store, 62 * MINUTE_MS, 1);
  assert.deepEqual(
    [others.length, alert?.owner, store.case(alert!.caseId)?.detectionIds],
    [0, "platform", ["d-h2"]],
  );
});

for (const [why, may] of [
  ["whose plan is gone", { plan: false }],
  ["that may not page", { page: false }],
] as const) {
  test(`what was gathered for a rule ${why} opens nothing, then or later`, async () => {
    const store = new MemoryRecordStore();
    fire(store, ["h1", "h2", "h3"]);
    assert.equal((await respond(store, 1, 1)).length, 1);
    assert.equal((await respond(store, 61 * MINUTE_MS, 1, may)).length, 0);
    assert.deepEqual([store.alerts({}).length, store.waitingCases().length], [1, 0]);
    assert.deepEqual(
      store.detections({ rule: "r" }).map(({ id, stage }) => [id, stage]),
      [
        ["d-h1", "paging"],
        ["d-h2", "staged"],
        ["d-h3", "staged"],
      ],
    );
    assert.equal((await respond(store, 200 * MINUTE_MS, 1)).length, 0);
    assert.deepEqual(
      store.activities({}).map(({ verb, detail }) => [verb, detail.slice(0, 12)]),
      [
        ["held back", "2 detections"],
        ["alerted", "platform: Ba"],
      ],
    );
  });

  test(`an alert that a crash left before it opened, of a rule ${why}, never opens`, async () => {
    const store = new MemoryRecordStore();
    fire(store, ["h1"]);
    // Case, alert and forecast are written; the write that opens it is not.
    await assert.rejects(respond(crashingStore(store, 4), 1, null), Crash);
    assert.equal(store.alerts({ state: "automating" }).length, 1);
    assert.equal((await respond(store, 2, null, may)).length, 0);
    assert.equal((await respond(store, 3, null)).length, 0);
    const [alert] = store.alerts({});
    assert.equal(alert?.state, "decided");
    assert.equal(store.outcome(alert!.id), undefined);
    assert.match(store.actions(alert!.id)[0]!.summary, /^It never opened/);
  });
}

test("a crash before any write leaves no detection in two cases or in none", async () => {
  const shape = (store: RecordStore) => ({
    cased: casedIds(store).sort(),
    alerts: store
      .alerts({})
      .map(({ sentence, state }) => `${state} ${sentence}`)
      .sort(),
  });
  const whole = new MemoryRecordStore();
  fire(whole, HOSTS);
  await respond(whole, 1, 3);
  await respond(whole, 61 * MINUTE_MS, 3);
  for (let at = 1; at < 60; at += 1) {
    const store = new MemoryRecordStore();
    fire(store, HOSTS);
    await respond(crashingStore(store, at), 1, 3).catch((error: unknown) => {
      if (!(error instanceof Crash)) throw error;
    });
    await respond(store, 1, 3);
    await respond(store, 61 * MINUTE_MS, 3);
    assert.deepEqual(shape(store), shape(whole), `write ${at}`);
  }
});
