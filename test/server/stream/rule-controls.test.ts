import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Run } from "../../../promote/records/records.ts";
import { RefusedError } from "../../../server/refused.ts";
import { Spoor } from "../../../server/spoor.ts";
import { workspaceLayout } from "../../../server/workspace/layout.ts";

const folder = mkdtempSync(join(tmpdir(), "spoor-controls-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const START_MS = Date.UTC(2026, 0, 5, 8);
const MINUTE_MS = 60_000;
const JOB = { signal: new AbortController().signal, report: () => undefined };

function ruleYaml(run: string): string {
  return `title: Marked
description: Made for a test.
author: kim
owner: platform
stage: staged
timeColumn: _time
entities: [{ column: user, kind: user }]
lookback: 0s
run: ${run}
`;
}

/** A workspace with a clock of its own; nothing runs by itself. */
async function workspace(name: string, runs: Readonly<Record<string, string>>) {
  const root = join(folder, name);
  const write = (path: string, text: string): void => {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write(
    "sources/auth/source.yaml",
    "name: auth\ndescription: d\nowner: platform\ntime: { fields: [time], format: iso, zone: UTC }\nstream: { allowedLatenessMs: 60000 }\n",
  );
  write(
    "owners.yaml",
    "engineUsdPerHour: 3.6\nowners:\n  - { name: platform, onCall: [sam], alertsPerWeekBudget: 9, hourlyRateUsd: 90 }\n",
  );
  const notes: string[] = [];
  const clock = { nowMs: START_MS };
  const open = () =>
    Spoor.open({
      layout: workspaceLayout(root),
      clock: () => clock.nowMs,
      background: false,
      note: (message) => notes.push(message),
      memoryLimit: "1GB",
      threads: 2,
    });
  const spoor = await open();
  const post = async (of: Spoor, atMs: number, user: string, kind = "marked"): Promise<void> => {
    const event = JSON.stringify({ time: new Date(atMs).toISOString(), user, kind });
    await of.streams.append("auth", new TextEncoder().encode(event), `${atMs}-${user}`);
    await of.streams.drain("auth");
  };
  await post(spoor, START_MS - 1_000, "first", "other");
  for (const [rule, run] of Object.entries(runs)) {
    write(`rules/${rule}/rule.yaml`, ruleYaml(run));
    write(`rules/${rule}/rule.sql`, `select _time, "user" from auth where kind = 'marked'`);
  }
  await spoor.streams.rulesChanged();
  const tick = async (of: Spoor, byMs: number): Promise<void> => {
    clock.nowMs += byMs;
    await of.streams.runners.tick(JOB.signal);
    of.streams.runners.watch(clock.nowMs);
  };
  const users = (of: Spoor, rule: string): string[] =>
    of.store
      .detections({ rule })
      .map(({ entities }) => entities.user!)
      .sort();
  return { spoor, open, post, tick, users, clock, write, notes };
}

test("a stream that is paused rests, says by whom and why, and refills what it missed, also over a restart", async () => {
  const made = await workspace("pause", { marked: "{ mode: stream, slice: 10s }" });
  const { post, tick, users, clock } = made;
  let { spoor } = made;
  try {
    await post(spoor, START_MS + 1_000, "a");
    await tick(spoor, 5 * MINUTE_MS);
    assert.deepEqual(users(spoor, "marked"), ["a"]);
    await assert.rejects(spoor.controls.pause("marked", { reason: " " }, "ann"), RefusedError);
    await assert.rejects(spoor.controls.pause("none", { reason: "x" }, "ann"), RefusedError);
    const paused = await spoor.controls.pause("marked", { reason: "migration" }, "ann");
    assert.deepEqual([paused.paused?.by, paused.paused?.reason, paused.running], ["ann", "migration", false]);
    await assert.rejects(spoor.controls.pause("marked", { reason: "again" }, "bo"), /paused already/);
    await assert.rejects(spoor.controls.runNow("marked", JOB, "bo"), /paused/);
    await post(spoor, clock.nowMs + 1_000, "b");
    await tick(spoor, 10 * MINUTE_MS);
    await spoor.close();
    spoor = await made.open();
    await post(spoor, clock.nowMs + 1_000, "c");
    await tick(spoor, 10 * MINUTE_MS);
    assert.deepEqual(users(spoor, "marked"), ["a"]);
    await spoor.controls.resume("marked", { reason: "done" }, "bo");
    await tick(spoor, 1_000);
    await tick(spoor, 6_000);
    assert.deepEqual(users(spoor, "marked"), ["a", "b", "c"]);
    const report = await spoor.controls.report("marked");
    assert.deepEqual([report.paused, report.running, report.lagMs, report.missedRuns], [null, true, 0, 0]);
    assert.deepEqual(
      report.missed.map(({ mode, why, refilled }) => [mode, why, refilled !== null]),
      [["stream", "paused", true]],
    );
    assert.deepEqual(
      report.controls.map(({ kind, by }) => [kind, by]),
      [
        ["resumed", "bo"],
        ["paused", "ann"],
      ],
    );
    assert.ok(report.totals.runs > 0 && report.totals.rowsRead > 0 && report.totals.costUsd !== null);
    const rows = await spoor.engine.rows({
      sql: "select kind, actor, reason from rule_controls order by _time",
    });
    assert.deepEqual(
      rows.rows.map((row) => [row.kind, row.actor, row.reason]),
      [
        ["paused", "ann", "migration"],
        ["resumed", "bo", "done"],
      ],
    );
    const verbs = spoor.store.activities({ limit: 20 }).map(({ verb }) => verb);
    assert.ok(verbs.includes("paused") && verbs.includes("resumed"));
  } finally {
    await spoor.close();
  }
});

test("a pause ends by itself when it was to; a schedule shows and refills the turns that it missed", async () => {
  const { spoor, post, tick, users, clock } = await workspace("until", {
    hourly: '{ mode: batch, cron: "0 * * * *", zone: Europe/Vienna }',
  });
  try {
    await tick(spoor, 61 * MINUTE_MS);
    await post(spoor, START_MS + 10 * MINUTE_MS, "late");
    await spoor.controls.pause("hourly", { reason: "noise", untilMs: clock.nowMs + 150 * MINUTE_MS }, "ann");
    await post(spoor, START_MS + 70 * MINUTE_MS, "a");
    await tick(spoor, 60 * MINUTE_MS);
    await tick(spoor, 60 * MINUTE_MS);
    assert.deepEqual(users(spoor, "hourly"), []);
    await tick(spoor, 60 * MINUTE_MS);
    assert.deepEqual(users(spoor, "hourly"), ["a", "late"]);
    const report = await spoor.controls.report("hourly");
    assert.equal(report.controls[0]?.by, "spoor");
    assert.deepEqual(
      report.missed.map(({ why, turns, refilled }) => [why, turns, refilled !== null]),
      [
        ["paused", 1, true],
        ["paused", 1, true],
        ["paused", 1, true],
      ].slice(0, report.missed.length),
    );
    assert.ok(report.missed.length >= 2);
    assert.equal(report.nextRun, new Date(START_MS + 5 * 60 * MINUTE_MS).toISOString());
    assert.deepEqual(
      spoor.store.runs({ rule: "hourly" }).filter(({ lateCount }) => (lateCount ?? 0) > 0).length,
      1,
    );
    assert.equal(report.totals.lateEvents, 1);
  } finally {
    await spoor.close();
  }
});

test("a backfill shows its difference first, and is kept as an act", async () => {
  const { spoor, post, tick, users, clock } = await workspace("backfill", {
    marked: "{ mode: stream, slice: 10s }",
  });
  try {
    await post(spoor, START_MS + 1_000, "a");
    await tick(spoor, 5 * MINUTE_MS);
    const [found] = spoor.store.detections({ rule: "marked" });
    spoor.store.putDetections([{ ...found!, id: "stray" }]);
    const difference = await spoor.controls.backfillDiff("marked", null, JOB);
    assert.deepEqual([difference.added, difference.removed, difference.unchanged], [0, 1, 1]);
    assert.equal(users(spoor, "marked").length, 2);
    const range = { afterUs: BigInt(clock.nowMs) * 1000n, untilUs: BigInt(clock.nowMs) * 1001n };
    assert.equal((await spoor.controls.backfillDiff("marked", range, JOB)).detections, 0);
    const done = await spoor.controls.backfill("marked", null, JOB, "ann");
    assert.deepEqual(done, { detections: 1, inserted: 0, updated: 0, withdrawn: 1 });
    assert.deepEqual(users(spoor, "marked"), ["a"]);
    const report = await spoor.controls.report("marked");
    assert.deepEqual([report.withdrawn, report.controls[0]?.kind], [1, "backfilled"]);
    const run = await spoor.controls.runNow("marked", JOB, "ann");
    assert.equal(run.inserted, 0);
    const { rows } = await spoor.engine.rows({
      sql: "select id, withdrawn_reason from withdrawn_detections",
    });
    assert.deepEqual(rows[0]?.id, "stray");
  } finally {
    await spoor.close();
  }
});

test("a backfill leaves to the rule what it has not looked at: rested, or come late", async () => {
  const { spoor, post, tick, users, clock } = await workspace("backfill-behind", {
    marked: "{ mode: stream, slice: 10s }",
  });
  try {
    await post(spoor, START_MS + 1_000, "a");
    await tick(spoor, 5 * MINUTE_MS);
    // A rule of one event that can reach nobody is looked at as its events come.
    await post(spoor, clock.nowMs - 1_000, "new");
    assert.deepEqual(users(spoor, "marked"), ["a", "new"]);
    await spoor.controls.backfill("marked", null, JOB, "ann");
    await spoor.controls.pause("marked", { reason: "migration" }, "ann");
    await post(spoor, START_MS + 2_000, "late");
    clock.nowMs += 5 * MINUTE_MS;
    await post(spoor, clock.nowMs - MINUTE_MS, "rested");
    assert.equal((await spoor.controls.backfillDiff("marked", null, JOB)).added, 0);
    assert.equal((await spoor.controls.backfill("marked", null, JOB, "ann")).inserted, 0);
    assert.deepEqual(users(spoor, "marked"), ["a", "new"]);
    await spoor.controls.resume("marked", {}, "ann");
    await tick(spoor, 5 * MINUTE_MS);
    assert.deepEqual(users(spoor, "marked"), ["a", "new", "late", "rested"].sort());
    assert.ok(spoor.store.detections({ rule: "marked" }).every(({ mode }) => mode === "stream"));
  } finally {
    await spoor.close();
  }
});

for (const [mode, run] of [
  ["stream", "{ mode: stream, slice: 10s }"],
  ["batch", '{ mode: batch, cron: "*/10 * * * *", zone: UTC }'],
] as const) {
  test(`a ${mode} rule that was retired, or edited and edited back, begins anew; one that could not be read goes on`, async () => {
    const { spoor, post, tick, users, clock, write } = await workspace(`anew-${mode}`, { marked: run });
    const yaml = ruleYaml(run);
    const change = async (text: string): Promise<void> => {
      write("rules/marked/rule.yaml", text);
      await spoor.streams.rulesChanged();
    };
    // Events lie well before the clock, and what a rule begins with near its beginning is staged by a backfill.
    const found = (user: string) => {
      const [own] = spoor.store
        .detections({ rule: "marked" })
        .filter(({ entities }) => entities.user === user);
      return own && [own.mode, own.stage];
    };
    try {
      await post(spoor, clock.nowMs + 1_000, "before");
      await tick(spoor, 20 * MINUTE_MS);
      assert.deepEqual(users(spoor, "marked"), ["before"]);
      await change("title: [");
      await post(spoor, clock.nowMs, "unreadable");
      await tick(spoor, 20 * MINUTE_MS);
      await change(yaml);
      await tick(spoor, 20 * MINUTE_MS);
      assert.deepEqual(found("unreadable"), [mode, "staged"]);
      await change(yaml.replace("staged", "retired"));
      for (let at = 0; at < 10; at += 1) await post(spoor, clock.nowMs + at * MINUTE_MS, `away${at}`);
      await tick(spoor, 60 * MINUTE_MS);
      const { version } = (await spoor.rules.loaded("marked"))!.rule!;
      assert.equal(spoor.store.progress("marked", version, mode), undefined);
      await change(yaml);
      await post(spoor, clock.nowMs, "again");
      await tick(spoor, 20 * MINUTE_MS);
      assert.deepEqual(found("again"), [mode, "staged"]);
      if (mode === "stream") assert.deepEqual([found("away0"), found("away9")?.[0]], [undefined, "backfill"]);
      await change(yaml.replace("lookback: 0s", "lookback: 1s"));
      await tick(spoor, MINUTE_MS);
      assert.equal(spoor.store.progress("marked", version, mode), undefined);
    } finally {
      await spoor.close();
    }
  });
}

test("what a throttle gathered, or a crash left unopened, of a rule that may not page or is gone reaches nobody", async () => {
  const { spoor, post, tick } = await workspace("held-back", { marked: "{ mode: stream, slice: 10s }" });
  try {
    await post(spoor, START_MS + 1_000, "a");
    await tick(spoor, 5 * MINUTE_MS);
    const [found] = spoor.store.detections({ rule: "marked" });
    for (const rule of ["marked", "gone"]) {
      const ids = [`${rule}-1`, `${rule}-2`];
      spoor.store.putDetections(ids.map((id) => ({ ...found!, id, rule, stage: "paging" as const })));
      const value = { title: "t", entities: {}, openedMs: START_MS };
      spoor.store.putCase({
        ...value,
        id: `gathered-${rule}`,
        detectionIds: [ids[0]!],
        gatheredFor: rule,
        waitsForRoom: true,
      });
      spoor.store.putCase({ ...value, id: `case-${rule}`, detectionIds: [ids[1]!] });
      spoor.store.putAlert({
        id: `alert-${rule}`,
        caseId: `case-${rule}`,
        rule,
        ruleVersion: "v",
        owner: "platform",
        sentence: "s",
        state: "automating",
        openedMs: START_MS,
        decidedMs: null,
      });
    }
    assert.deepEqual(await spoor.alerts.respond(), []);
    assert.deepEqual(spoor.store.waitingCases(), []);
    assert.deepEqual(await spoor.alerts.list("open"), []);
    assert.equal(spoor.store.detection("gone-1")?.stage, "staged");
    assert.match((await spoor.alerts.detail("alert-marked")).automations[0]!.summary, /^It never opened/);
  } finally {
    await spoor.close();
  }
});

test("old runs that found nothing go; what found, failed or withdrew stays, and so does the last one", async () => {
  const { spoor, tick } = await workspace("thin", {});
  try {
    const DAY_MS = 86_400_000;
    const put = (id: string, daysAgo: number, of: Partial<Run>): void =>
      spoor.store.putRun({
        id,
        rule: "quiet",
        ruleVersion: "v",
        mode: "stream",
        sliceAfterUs: 0n,
        sliceUntilUs: 1n,
        startedMs: START_MS - daysAgo * DAY_MS,
        finishedMs: START_MS - daysAgo * DAY_MS + 1,
        detectionCount: 0,
        state: "succeeded",
        error: null,
        ...of,
      });
    put("old", 60, {});
    put("found", 60, { detectionCount: 1 });
    put("failed", 60, { state: "failed", error: "x" });
    put("withdrew", 60, { withdrawnCount: 1 });
    put("young", 29, {});
    put("last", 45, { rule: "asleep" });
    const ids = (): string[] =>
      spoor.store
        .runs({})
        .map(({ id }) => id)
        .sort();
    await tick(spoor, 0);
    await tick(spoor, 0);
    assert.deepEqual(ids(), ["failed", "found", "last", "withdrew", "young"]);
    await tick(spoor, 2 * DAY_MS);
    assert.deepEqual(ids(), ["failed", "found", "last", "withdrew", "young"]);
  } finally {
    await spoor.close();
  }
});

test("a throttle is a number of alerts an hour, set and lifted by somebody", async () => {
  const { spoor } = await workspace("throttle", { marked: "{ mode: stream, slice: 10s }" });
  try {
    for (const maximumPerHour of [0, 1.5, -1, 1e9]) {
      await assert.rejects(spoor.controls.throttle("marked", { maximumPerHour }, "ann"), RefusedError);
    }
    const set = await spoor.controls.throttle("marked", { maximumPerHour: 5, reason: "flood" }, "ann");
    assert.deepEqual(
      [set.throttle?.maximumPerHour, set.throttle?.by, set.throttle?.reason, set.throttle?.gathered],
      [5, "ann", "flood", 0],
    );
    assert.equal((await spoor.controls.throttle("marked", { maximumPerHour: null }, "bo")).throttle, null);
    assert.deepEqual(
      spoor.store.ruleControls({ rule: "marked" }).map(({ kind, actor }) => [kind, actor]),
      [
        ["unthrottled", "bo"],
        ["throttled", "ann"],
      ],
    );
  } finally {
    await spoor.close();
  }
});

test("a rule that fails tells its author once, and once more when it is well again", async () => {
  const { spoor, post, tick, write, notes, clock } = await workspace("trouble", {
    marked: "{ mode: stream, slice: 10s }",
  });
  try {
    write("rules/marked/rule.sql", `select _time, "user", cast(kind as bigint) as k from auth`);
    await spoor.streams.rulesChanged();
    await post(spoor, START_MS + 1_000, "a");
    await tick(spoor, 3 * MINUTE_MS);
    for (let at = 0; at < 6; at += 1) await tick(spoor, 40_000);
    const told = () => spoor.store.activities({ limit: 50 }).filter(({ verb }) => verb === "told");
    assert.equal(told().length, 1, JSON.stringify(notes));
    assert.match(told()[0]!.detail, /^kim: marked has failed \d times in a row/);
    assert.match((await spoor.controls.report("marked")).trouble, /has failed/);
    write("rules/marked/rule.sql", `select _time, "user" from auth where kind = 'marked'`);
    await spoor.streams.rulesChanged();
    await post(spoor, clock.nowMs + 1_000, "b");
    await tick(spoor, 3 * MINUTE_MS);
    await tick(spoor, 10_000);
    assert.match(told()[0]!.detail, /is well again/);
    assert.equal((await spoor.controls.report("marked")).trouble, "");
  } finally {
    await spoor.close();
  }
});
