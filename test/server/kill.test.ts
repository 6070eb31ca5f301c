import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type {
  AlertDetail,
  AlertSummary,
  EventsAccepted,
  LoadReport,
  QueryJson,
} from "../../server/api/api.ts";
import { OWNERS_YAML, promoteToPaging, ruleFiles } from "./paging-rule.ts";
import { eventually, type RunningServer, startServer } from "./running-server.ts";

const folder = mkdtempSync(join(tmpdir(), "spoor-kill-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const BATCHES = 40;
const EVENTS_A_BATCH = 150;
const KILLS = 6;
const START_MS = Date.UTC(2026, 0, 5, 8);

function event(at: number, user: string, marked: boolean): string {
  const time = new Date(START_MS + at).toISOString().replace("T", " ").replace("Z", "");
  return JSON.stringify({
    EventID: 1,
    Channel: "Microsoft-Windows-Sysmon/Operational",
    UtcTime: time,
    Computer: "ws-01.example",
    User: user,
    Image: "C:\\Windows\\System32\\cmd.exe",
    CommandLine: marked ? `cmd /c read-credentials ${user}` : `cmd /c dir ${at}`,
  });
}

/** A pseudo-random number generator with a fixed seed (mulberry32), so that a failure can be repeated. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

test("kill -9 while events are posted, and a restart, lose nothing and repeat nothing", {
  timeout: 300_000,
}, async () => {
  const workspace = join(folder, "workspace");
  mkdirSync(workspace);
  writeFileSync(join(workspace, "owners.yaml"), OWNERS_YAML);
  const history = join(folder, "history.ndjson");
  const past = Array.from({ length: 400 }, (_, index) =>
    event(index * 10_000 - 7_200_000, `past-${index}`, index % 100 === 7),
  );
  writeFileSync(history, `${past.join("\n")}\n`);

  let server: RunningServer = await startServer(workspace, ["--empty"]);
  const load = await server.job<LoadReport>("/api/sources", {
    name: "sysmon",
    paths: [history],
    owner: "platform",
  });
  assert.equal(load.good, 400);
  const rule = await promoteToPaging(
    server,
    "credentials-from-memory",
    ruleFiles({
      name: "credentials-from-memory",
      sql: `select _time, Computer, "User", CommandLine from sysmon where CommandLine like '%read-credentials%'`,
      run: "run: { mode: stream, slice: 10s }",
      tests: { "match-marker.ndjson": event(0, "ann", true), "no-match-dir.ndjson": event(0, "ann", false) },
    }),
  );
  assert.equal(rule.stage, "paging");

  const random = randomNumbers(20261124);
  const batches = Array.from({ length: BATCHES }, (_, batch) =>
    Array.from({ length: EVENTS_A_BATCH }, (_, index) => {
      const at = batch * 60_000 + index * 300;
      return event(at, `user-${batch}-${index}`, index === 17 || index === 90);
    }).join("\n"),
  );
  const killAt = new Set<number>();
  while (killAt.size < KILLS) killAt.add(1 + Math.floor(random() * (BATCHES - 2)));
  let restarts = 0;
  for (const [index, body] of batches.entries()) {
    const post = () =>
      server.request("/api/sources/sysmon/events", {
        method: "POST",
        headers: { "idempotency-key": `batch-${index}` },
        body,
      });
    if (killAt.has(index)) {
      const inFlight = post().then(
        (response) => response.ok,
        () => false,
      );
      await new Promise((resolve) => setTimeout(resolve, random() * 60));
      await server.kill();
      await inFlight;
      server = await startServer(workspace);
      restarts += 1;
    }
    const response = await post();
    const answer = (await response.json()) as EventsAccepted;
    assert.ok(response.ok, JSON.stringify(answer));
    assert.ok(answer.repeated || answer.accepted === EVENTS_A_BATCH);
  }
  assert.equal(restarts, KILLS);
  const repeated = await server.request("/api/sources/sysmon/events", {
    method: "POST",
    headers: { "idempotency-key": "batch-3" },
    body: batches[3]!,
  });
  assert.equal(((await repeated.json()) as EventsAccepted).repeated, true);

  const query = async (sql: string) =>
    (await server.post<QueryJson>("/api/query", { sql, format: "json" })).rows;
  const expected = BATCHES * EVENTS_A_BATCH;
  await eventually("all events in the lake", async () => {
    const [row] = await query(`select count(*) as n from sysmon where "User" like 'user-%'`);
    assert.ok(Number(row!.n) <= expected, `${row!.n} events of ${expected}: some were repeated`);
    return Number(row!.n) === expected ? true : null;
  });
  const [distinct] = await query(`select count(distinct "User") as n from sysmon where "User" like 'user-%'`);
  assert.equal(Number(distinct!.n), expected);

  const marked = BATCHES * 2;
  await eventually("all detections", async () => {
    const [row] = await query(
      "select count(*) as n, count(distinct id) as ids from detections where mode = 'stream'",
    );
    assert.equal(row!.n, row!.ids);
    assert.ok(Number(row!.n) <= marked);
    return Number(row!.n) === marked ? true : null;
  });
  const alerts = await eventually("all alerts open", async () => {
    const open = await server.json<AlertSummary[]>("/api/alerts?state=open");
    assert.ok(open.length <= marked, `${open.length} alerts for ${marked} marked events`);
    return open.length === marked && open.every((alert) => alert.state === "open") ? open : null;
  });
  assert.equal(new Set(alerts.map((alert) => alert.entities.User)).size, marked);
  for (const alert of alerts.slice(0, 10)) {
    const detail = await server.json<AlertDetail>(`/api/alerts/${alert.id}`);
    assert.deepEqual(
      detail.automations.map((action) => [action.name, action.state]),
      [["same-user", "succeeded"]],
    );
  }
  const forecasts = await query(
    "select subject, count(*) as n from forecasts group by all having count(*) > 1",
  );
  assert.deepEqual(forecasts, []);
  await server.stop();
});
