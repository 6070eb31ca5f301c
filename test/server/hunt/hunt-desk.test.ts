// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the notebook's own syntax
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { newCell, newNotebook } from "../../../notebooks/document/notebook.ts";
import { serializeNotebook } from "../../../notebooks/document/notebook-html.ts";
import { newHunt, withHunt } from "../../../notebooks/hunt/hunt-record.ts";
import type { JobContext } from "../../../server/jobs/jobs.ts";
import { RefusedError } from "../../../server/refused.ts";
import { Spoor } from "../../../server/spoor.ts";
import { workspaceLayout } from "../../../server/workspace/layout.ts";

const folder = mkdtempSync(join(tmpdir(), "spoor-hunts-"));
const layout = workspaceLayout(join(folder, "workspace"));
const signal = new AbortController().signal;
const context: JobContext = { signal, report: () => undefined };
let nowMs = Date.parse("2026-11-24T05:00:00Z");
let spoor: Spoor;

const open = () =>
  Spoor.open({ layout, clock: () => nowMs, background: false, note: () => undefined, memoryLimit: "1GB" });

before(async () => {
  spoor = await open();
  await load(
    "first",
    Array.from({ length: 40 }, (_, index) => logon(index)),
  );
  save("hunt", {});
});
after(async () => {
  await spoor.close();
  rmSync(folder, { recursive: true, force: true });
});

function logon(index: number, change: object = {}) {
  return {
    time: new Date(Date.UTC(2026, 10, 20) + index * 60_000).toISOString(),
    host: `ws-${index % 5}`,
    account: index === 13 ? "attacker" : `user${index % 4}`,
    ...change,
  };
}

async function load(file: string, events: readonly object[]): Promise<void> {
  const path = join(folder, `${file}.ndjson`);
  writeFileSync(path, events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  await spoor.sources.load({ name: "logons", paths: [path], actor: "ada" }, context);
}

function save(
  name: string,
  hunt: Parameters<typeof newHunt>[0],
  sql = "SELECT host, account FROM logons WHERE account LIKE 'attack%'",
) {
  const notebook = newNotebook({
    title: `Title of ${name}`,
    cells: [newCell({ id: 1, mode: "sql", output: "hits", value: sql })],
  });
  const html = serializeNotebook(withHunt(notebook, newHunt(hunt)));
  spoor.notebooks.write(name, html, spoor.notebooks.read(name)?.revision ?? null);
  return html;
}

const byHand = { trigger: "hand", by: "ada", parameters: {}, missed: 0 } as const;

test("runs are recorded, compared with the last complete one, and stay over a restart", async () => {
  const first = await spoor.hunts.run("hunt", byHand, signal);
  assert.deepEqual([first.state, first.complete, first.changed, first.diff], ["succeeded", true, null, null]);
  nowMs += 1000;
  const second = await spoor.hunts.run("hunt", byHand, signal);
  assert.equal(second.changed, false);
  await load("second", [logon(60, { account: "attacker2" })]);
  nowMs += 1000;
  const third = await spoor.hunts.run("hunt", byHand, signal);
  assert.deepEqual([third.changed, third.rowsAdded, third.rowsRemoved], [true, 1, 0]);
  assert.deepEqual(third.diff!.cells[0]!.rows!.addedRows, [{ host: "ws-0", account: "attacker2" }]);
  assert.equal(third.diff!.datasets[0]!.kind, "changed");
  await spoor.close();
  spoor = await open();
  assert.deepEqual(
    spoor.hunts.runs.runs("hunt", 10).map(({ id }) => id),
    [third.id, second.id, first.id],
  );
  assert.deepEqual(spoor.hunts.runs.run(third.id)!.diff, third.diff);
  const asked = await spoor.engine.rows({
    sql: "SELECT hunt, changed, rows_added FROM hunt_runs WHERE _time IS NOT NULL ORDER BY _time",
  });
  assert.deepEqual(
    asked.rows.map(({ changed }) => changed),
    [null, false, true],
  );
  assert.ok((await spoor.catalog()).some(({ name, rowCount }) => name === "hunt_runs" && rowCount === 3));
});

test("a run that fails is recorded and is not what later runs are compared with", async () => {
  save("failing", {});
  await spoor.hunts.run("failing", byHand, signal);
  save("failing", {}, "SELECT nothing FROM logons");
  nowMs += 1000;
  const failed = await spoor.hunts.run("failing", byHand, signal);
  assert.equal(failed.state, "failed");
  assert.match(failed.error!, /nothing/);
  assert.equal(failed.complete, false);
  assert.equal(failed.changed, null);
  save("failing", {});
  nowMs += 1000;
  assert.equal((await spoor.hunts.run("failing", byHand, signal)).changed, false);
});

test("a schedule runs what is due, counts what was missed, tells what changed until it is seen, and can be paused", async () => {
  const schedule = { cron: "0 * * * *", zone: "UTC", paused: false };
  save("hourly", { schedule });
  await spoor.hunts.tick();
  assert.deepEqual(spoor.hunts.runs.runs("hourly", 9), [], "nothing is due when it is made");
  nowMs += 3_600_000;
  await spoor.hunts.tick();
  await spoor.hunts.tick();
  const [first, ...none] = spoor.hunts.runs.runs("hourly", 9);
  assert.deepEqual([none.length, first!.trigger, first!.missed, first!.changed], [0, "schedule", 0, null]);
  await load("third", [logon(70, { account: "attacker3" })]);
  nowMs += 3 * 3_600_000;
  await spoor.hunts.tick();
  const late = spoor.hunts.runs.runs("hourly", 9)[0]!;
  assert.deepEqual([late.missed, late.changed], [2, true]);
  const summary = () => spoor.hunts.summaries().find(({ name }) => name === "hourly")!;
  assert.equal(summary().unseenChange!.id, late.id);
  assert.match(summary().schedule!.next!, /T\d\d:00:00/);
  spoor.hunts.runs.markSeen("hourly", late.id, "ada");
  assert.equal(summary().unseenChange, null);
  save("hourly", { schedule: { ...schedule, paused: true } });
  nowMs += 5 * 3_600_000;
  await spoor.hunts.tick();
  assert.equal(spoor.hunts.runs.runs("hourly", 9).length, 2);
  save("hourly", { schedule });
  await spoor.hunts.tick();
  assert.equal(spoor.hunts.runs.runs("hourly", 9).length, 2, "what came while it was paused is not missed");
});

test("a run is compared with one of equal parameters, and a change stays unseen however many runs follow", async () => {
  save("asking", {}, "SELECT account FROM logons WHERE account = ${who}");
  const run = (who: string) => {
    nowMs += 1000;
    return spoor.hunts.run("asking", { ...byHand, parameters: { who } }, signal);
  };
  const first = await run("attacker");
  assert.equal((await run("user1")).comparedTo, null);
  const again = await run("attacker");
  assert.deepEqual([again.comparedTo, again.changed], [first.id, false]);
  const { runs } = spoor.hunts;
  runs.put({ ...again, id: "changed", trigger: "schedule", changed: true });
  for (let index = 0; index < 60; index += 1) {
    const started = new Date(nowMs + index * 1000).toISOString();
    runs.put({ ...again, id: `later-${index}`, started, state: "failed", complete: false, changed: null });
  }
  assert.deepEqual(
    runs.unseen("asking").map(({ id }) => id),
    ["changed"],
  );
  assert.ok(runs.lastComplete("asking", { who: "user1" }));
  runs.markSeen("asking", "changed", "ada");
  assert.deepEqual(runs.unseen("asking"), []);
});

test("a turn that never ends is given up after two attempts, and a hunt that throws stops no other", async () => {
  const schedule = { cron: "0 * * * *", zone: "UTC", paused: false };
  save("a-bad", { schedule });
  save("z-good", { schedule });
  await spoor.hunts.tick();
  nowMs += 3_600_000;
  const { hunts } = spoor;
  let begun = 0;
  const run = hunts.run.bind(hunts);
  hunts.run = (name, ...rest) => {
    if (name !== "a-bad") return run(name, ...rest);
    begun += 1;
    return Promise.reject(new Error("it broke off"));
  };
  for (let index = 0; index < 4; index += 1) await hunts.tick();
  hunts.run = run;
  assert.equal(begun, 2);
  const bad = hunts.runs.runs("a-bad", 9);
  assert.deepEqual(
    bad.map(({ state }) => state),
    ["failed"],
  );
  assert.match(bad[0]!.error!, /begun 2 times and never ended/);
  assert.equal(hunts.runs.runs("z-good", 9).length, 1);
  nowMs += 3_600_000;
  await hunts.tick();
  assert.equal(hunts.runs.runs("a-bad", 9)[0]!.state, "succeeded", "its next turn runs");
});

test("a notebook without SQL cells has nothing to lock", async () => {
  const html = serializeNotebook(newNotebook({ cells: [newCell({ id: 1, mode: "md", value: "# Words" })] }));
  const request = {
    html,
    name: "words",
    parameters: {},
    by: "ada",
    lock: null,
    withPrograms: false,
  } as const;
  await assert.rejects(spoor.hunts.headless({ ...request, mode: "lock" }, context), /no SQL cell/);
  assert.ok((await spoor.hunts.headless({ ...request, mode: "plain" }, context)).html.includes("Words"));
});

test("a lock gives the same answer over the same data, says what changed since, and names data that is gone", async () => {
  const lock = await spoor.hunts.lock("hunt", "ada", context);
  assert.deepEqual(Object.keys(lock.datasets), ["logons"]);
  assert.deepEqual(lock.missingSegments, {});
  assert.ok(existsSync(join(layout.notebooks, "hunt.lock.json")));
  await load("fourth", [logon(80, { account: "attacker4" })]);
  const locked = await spoor.hunts.runLocked("hunt", "locked", "ada", context);
  assert.deepEqual([locked.pinned, locked.diff!.same, locked.diff!.datasets], [true, true, []]);
  const compared = await spoor.hunts.runLocked("hunt", "compare", "ada", context);
  assert.equal(compared.diff!.same, false);
  assert.deepEqual(compared.diff!.cells[0]!.rows!.addedRows, [{ host: "ws-0", account: "attacker4" }]);
  // A value that no CAST brings to the new type: the old segments are written anew.
  await load("fifth", [logon(90, { host: { name: "ws-9", id: 7 } })]);
  const gone = await spoor.hunts.runLocked("hunt", "locked", "ada", context);
  assert.equal(gone.pinned, false);
  assert.ok(gone.missingSegments.logons!.length > 0);
  assert.equal(gone.diff!.same, false);
});

test("a result that is cut is marked, cannot be locked, and proves no change", async () => {
  const html = save("cut", {}, "SELECT a.host FROM logons a, logons b, logons c, range(3) AS r(i)");
  const request = { html, name: "cut", parameters: {}, by: "ada", lock: null, withPrograms: false } as const;
  const plain = await spoor.hunts.headless({ ...request, mode: "plain" }, context);
  assert.equal(plain.complete, false);
  assert.match(plain.cells[0]!.message, /not complete/);
  assert.match(plain.html, /not complete/i);
  await assert.rejects(spoor.hunts.headless({ ...request, mode: "lock" }, context), (error) => {
    assert.ok(error instanceof RefusedError);
    assert.equal(error.issues[0]!.code, "lock.incomplete");
    return true;
  });
  const run = await spoor.hunts.run("cut", byHand, signal);
  assert.deepEqual([run.complete, run.changed], [false, null]);
  nowMs += 1000;
  const again = await spoor.hunts.run("cut", byHand, signal);
  assert.deepEqual(
    [again.comparedTo, again.changed],
    [null, null],
    "an incomplete run is nothing to compare with",
  );
});

test("what a hunt needs is read off its cells, checked against the data, and an event of it can be drawn", async () => {
  const html = readFileSync(join(layout.notebooks, "hunt.html"), "utf8");
  const needs = await spoor.hunts.needsOf(html);
  assert.deepEqual(needs, [{ dataset: "logons", columns: ["account", "host"], why: "" }]);
  save("needy", {
    dataNeeds: [...needs, { dataset: "nowhere", columns: [], why: "" }],
    timeFrom: "2026-11-20T00:30:00Z",
  });
  const summary = spoor.hunts.summaries().find(({ name }) => name === "needy")!;
  assert.equal(summary.health, "missing");
  assert.deepEqual(
    summary.needs.map(({ state }) => state),
    ["well", "missing"],
  );
  const drawn = await spoor.hunts.drawEvent("logons", 3, signal);
  const event = JSON.parse(drawn.events) as Record<string, unknown>;
  assert.equal(event.time, "{{time}}");
  const power = await spoor.hunts.power(
    {
      cell: 1,
      sql: "SELECT * FROM logons WHERE account = 'thief'",
      parameters: {},
      templates: [{ dataset: "logons", events: JSON.stringify({ ...event, account: "thief" }) }],
      count: 5,
      seed: 1,
      variants: [],
      ordinary: false,
      by: "ada",
    },
    context,
  );
  assert.deepEqual([power.measurement.found, power.measurement.injected], [5, 5]);
});

test("files that a run reads stay until it is done", async () => {
  const [segment] = spoor.registry.get("logons")!.segments;
  const release = spoor.segmentHolds.hold([segment!.path]);
  const again = spoor.segmentHolds.hold([segment!.path]);
  release();
  release();
  assert.ok(spoor.segmentHolds.has(segment!.path));
  again();
  assert.ok(!spoor.segmentHolds.has(segment!.path));
  assert.ok(existsSync(segment!.path), "it is in the registry, so nobody deletes it");
});
