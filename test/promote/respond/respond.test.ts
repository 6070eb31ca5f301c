import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { PlanStep, ResponsePlan } from "../../../promote/plan/plan.ts";
import { REGISTERED_ACTIONS } from "../../../promote/plan/registered.ts";
import { MemoryRecordStore } from "../../../promote/records/memory.ts";
import type { Alert, RecordStore } from "../../../promote/records/records.ts";
import { IMPLEMENTED_ACTIONS } from "../../../promote/respond/actions.ts";
import { alertDetail } from "../../../promote/respond/alert-detail.ts";
import { DecisionError, pressOption } from "../../../promote/respond/decide.ts";
import { alertSentence } from "../../../promote/respond/plain-text.ts";
import { respondToDetections, resumePersonActions } from "../../../promote/respond/respond.ts";
import { evaluateHistory } from "../../../promote/run/slice.ts";
import { TestLake } from "../../notebooks/engine/test-lake.ts";
import { Crash, crashingStore } from "../records/crashing-store.ts";
import { eventsSelect, testRule } from "../run/rules.ts";

const lake = new TestLake();
before(async () => {
  await lake.add(
    "events",
    eventsSelect([
      { second: 0, host: "h1", kind: "odd", n: 1 },
      { second: 60, host: "h1", kind: "bad", n: 2 },
      { second: 120, host: "h1", kind: "bad", n: 3 },
      { second: 9000, host: "h1", kind: "bad", n: 4 },
      { second: 100, host: "h2", kind: "bad", n: 5 },
    ]),
  );
});
after(() => lake.close());

function step(name: string, of: Partial<PlanStep>): PlanStep {
  return { name, title: name, uses: name, with: {}, effect: "", outcome: null, ...of };
}
const QUERY = "SELECT kind, n FROM events WHERE host = $host AND _time <= $event_time ORDER BY n";
const plan: ResponsePlan = {
  automations: [
    step("before", { uses: "query", with: { sql: QUERY, maximumRows: 2 } }),
    step("around", {
      uses: "related-activity",
      with: { dataset: "events", minutesBefore: 1, minutesAfter: 1 },
    }),
    step("earlier", { uses: "history" }),
  ],
  options: [
    step("real", { uses: "decide", outcome: "true-positive" }),
    step("harmless", { uses: "decide", outcome: "benign-positive" }),
    step("say", { uses: "decide" }),
    step("more", { uses: "collect-more-data", with: { sql: QUERY } }),
    step("author", { uses: "escalate-to-author" }),
  ],
};
const rule = testRule({
  sql: "SELECT * FROM events WHERE kind = 'bad'",
  stage: "paging",
  title: "Bad thing",
});

async function fired(store: RecordStore): Promise<void> {
  store.putDetections((await evaluateHistory(rule, lake.engine, { clock: () => 5 })).detections);
}
function respond(store: RecordStore, of: ResponsePlan = plan): Promise<Alert[]> {
  return respondToDetections({
    store,
    engine: lake.engine,
    clock: () => 1000,
    ruleOf: () => ({ rule, plan: of }),
    precisionOf: () => 0.25,
  });
}
function press(store: RecordStore, alertId: string, name: string, of: object = {}) {
  return pressOption({
    alertId,
    name,
    actor: "ann",
    reason: "seen",
    minutes: 4,
    nowMs: 2000,
    store,
    engine: lake.engine,
    plan,
    rule,
    ...of,
  });
}

test("every registered action is implemented", () => {
  assert.deepEqual([...IMPLEMENTED_ACTIONS].sort(), REGISTERED_ACTIONS.map(({ name }) => name).sort());
});

test("detections within an hour share a case; automations run before the alert opens", async () => {
  const store = new MemoryRecordStore();
  await fired(store);
  const alerts = await respond(store);
  assert.deepEqual(
    store
      .cases({})
      .map(({ detectionIds, entities }) => [entities.host, detectionIds.length])
      .sort(),
    [
      ["h1", 1],
      ["h1", 2],
      ["h2", 1],
    ],
  );
  assert.equal(alerts.length, 3);
  assert.equal(alerts[0]!.state, "open");
  const two = alerts.find((alert) => store.case(alert.caseId)!.detectionIds.length === 2)!;
  assert.equal(two.sentence, "Bad thing on h1.");
  const [query, around, earlier] = store.actions(two.id);
  assert.deepEqual(query!.rows, [
    { kind: "odd", n: 1n },
    { kind: "bad", n: 2n },
  ]);
  assert.equal(around!.rows.length, 3);
  assert.match(around!.summary, /3 events in events/);
  assert.equal(earlier!.state, "succeeded");
  assert.equal(store.forecasts({ subject: `alert:${two.id}` })[0]!.value, 0.25);
  assert.deepEqual(await respond(store), []);
  assert.equal(store.alerts({}).length, 3);
});

test("an automation that fails does not keep the alert from opening, and the alert says so", async () => {
  const store = new MemoryRecordStore();
  await fired(store);
  const broken = {
    ...plan,
    automations: [step("broken", { uses: "query", with: { sql: "SELECT * FROM nowhere" } })],
  };
  const [alert] = await respond(store, broken);
  assert.equal(alert!.state, "open");
  assert.match(alert!.sentence, /not done before: broken/);
  assert.equal(store.actions(alert!.id)[0]!.state, "failed");
});

test("a decision is made once, closes the alert and scores the forecast", async () => {
  const store = new MemoryRecordStore();
  await fired(store);
  const [first, second, third] = await respond(store);
  const more = await press(store, first!.id, "more");
  assert.equal(more.action.state, "succeeded");
  assert.equal(more.alert.state, "open");
  const pressed = await press(store, first!.id, "real");
  assert.deepEqual(
    [pressed.alert.state, pressed.outcome?.kind, pressed.resolved?.brier],
    ["decided", "true-positive", 0.5625],
  );
  await assert.rejects(press(store, first!.id, "harmless"), (error: unknown) => {
    return error instanceof DecisionError && error.code === "alert.decided";
  });
  assert.equal(store.outcomes({}).length, 1);
  assert.equal((await press(store, second!.id, "author")).alert.owner, "author");
  await assert.rejects(press(store, second!.id, "say"), /Say what/);
  const ignored = await press(store, second!.id, "say", { outcome: "ignored" });
  assert.equal(ignored.resolved, null);
  assert.equal((await press(store, third!.id, "harmless")).resolved?.outcome, 0);
  assert.deepEqual(
    store.resolutions().map(({ outcome }) => outcome),
    [1, 0],
  );
  const alert = store.alert(first!.id)!;
  const found = store.case(alert.caseId)!;
  const detail = alertDetail(
    {
      alert,
      case: found,
      detections: found.detectionIds.map((id) => store.detection(id)!),
      actions: store.actions(alert.id),
      outcome: store.outcome(alert.id),
      forecast: store.forecasts({ subject: `alert:${alert.id}` })[0],
      resolution: store.resolutions()[0],
    },
    rule,
    plan,
    { meaning: "m", normal: "n", falsePositives: "f" },
  );
  assert.deepEqual(detail.forecast, { probability: 0.25, brier: 0.5625 });
  assert.deepEqual(detail.done.map(({ name }) => name).sort(), ["more", "real"]);
  assert.equal(detail.automations.length, 3);
  assert.doesNotThrow(() => JSON.stringify(detail));
});

test("a decided case takes no more detections: a new one opens a new alert", async () => {
  const store = new MemoryRecordStore();
  const { detections } = await evaluateHistory(rule, lake.engine, { clock: () => 5 });
  const ofHost = detections.filter(({ entities }) => entities.host === "h1");
  store.putDetections(ofHost.slice(0, 1));
  const [first] = await respond(store);
  await press(store, first!.id, "harmless");
  store.putDetections(ofHost.slice(1, 2));
  assert.equal((await respond(store)).length, 1);
});

test("a crash before any write, and a restart, leave the same records", async () => {
  const whole = new MemoryRecordStore();
  await fired(whole);
  await respond(whole);
  const shown = (store: RecordStore) => ({
    cases: store.cases({}).sort((a, b) => (a.id < b.id ? -1 : 1)),
    alerts: store.alerts({}).sort((a, b) => (a.id < b.id ? -1 : 1)),
    actions: store
      .alerts({})
      .flatMap(({ id }) => store.actions(id))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
    forecasts: store.forecasts({}).sort((a, b) => (a.id < b.id ? -1 : 1)),
    activities: store.activities({}).length,
  });
  let crashes = 0;
  for (let atWrite = 1; ; atWrite += 1) {
    const store = new MemoryRecordStore();
    await fired(store);
    const crashed = await respond(crashingStore(store, atWrite)).then(
      () => false,
      (error: unknown) => error instanceof Crash,
    );
    await respond(store);
    await resumePersonActions({
      store,
      engine: lake.engine,
      clock: () => 1000,
      ruleOf: () => undefined,
      precisionOf: () => 0,
    });
    assert.deepEqual(shown(store), shown(whole), `crash at write ${atWrite}`);
    if (!crashed) break;
    crashes += 1;
  }
  assert.ok(crashes > 20, `${crashes}`);
});

test("hostile text cannot leave its place in a sentence", () => {
  const text = alertSentence("T", {
    host: 'a"\n\u202eevil\u0000<img src=x>',
    empty: "",
    long: "x".repeat(500),
  });
  assert.doesNotMatch(text, /[\n\u202e\0]/);
  assert.equal(text.split('"').length, 5);
  assert.ok(text.length < 200);
});
