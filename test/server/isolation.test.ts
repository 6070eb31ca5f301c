import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { AlertSummary, LoadReport } from "../../server/api/api.ts";
import { machineShares } from "../../server/result/machine-shares.ts";
import { OWNERS_YAML, promoteToPaging, ruleFiles } from "./paging-rule.ts";
import { eventually, type RunningServer, startServer } from "./running-server.ts";

const folder = mkdtempSync(join(tmpdir(), "spoor-isolation-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const START_MS = Date.UTC(2026, 0, 5, 8);
const ENDLESS =
  "SELECT a.CommandLine AS x, b.Image AS y, c._line AS n FROM sysmon a, sysmon b, sysmon c, sysmon d, sysmon e";
/** The quickest way from an event to its alert takes a watermark's tick of 1 s; slices are of 1 s. */
const LIMIT_MS = 15_000;

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

/** Posts a marked event and the ones that move the watermark past it; gives how long its alert took. */
async function alertMs(
  server: RunningServer,
  user: string,
  at: number,
): Promise<{ ingest: number; alert: number }> {
  const events = [
    event(at, user, true),
    ...Array.from({ length: 20 }, (_, index) => event(at + 60_000 + index, "later", false)),
  ];
  const startedMs = performance.now();
  const response = await server.request("/api/sources/sysmon/events", {
    method: "POST",
    body: events.join("\n"),
  });
  const ingest = performance.now() - startedMs;
  assert.ok(response.ok, await response.text());
  await eventually(
    `the alert of ${user}`,
    async () => {
      const alerts = await server.json<AlertSummary[]>("/api/alerts?state=all");
      return JSON.stringify(alerts).includes(user) ? true : null;
    },
    LIMIT_MS * 2,
  );
  return { ingest, alert: performance.now() - startedMs };
}

test("endless joins of hunters delay neither ingest nor the alert of a streaming rule", {
  timeout: 240_000,
}, async () => {
  const workspace = join(folder, "workspace");
  mkdirSync(workspace);
  writeFileSync(join(workspace, "owners.yaml"), OWNERS_YAML);
  const history = join(folder, "history.ndjson");
  const past = Array.from({ length: 2000 }, (_, index) =>
    event(index * 1000 - 7_200_000, `past-${index}`, index % 500 === 7),
  );
  writeFileSync(history, `${past.join("\n")}\n`);
  const server = await startServer(workspace, ["--empty"]);
  await server.job<LoadReport>("/api/sources", { name: "sysmon", paths: [history], owner: "platform" });
  const rule = await promoteToPaging(
    server,
    "credentials-from-memory",
    ruleFiles({
      name: "credentials-from-memory",
      sql: `select _time, Computer, "User", CommandLine from sysmon where CommandLine like '%read-credentials%'`,
      run: "run: { mode: stream, slice: 1s }",
      tests: { "match-marker.ndjson": event(0, "ann", true), "no-match-dir.ndjson": event(0, "ann", false) },
    }),
  );
  assert.equal(rule.stage, "paging");
  const idle = await alertMs(server, "idle-user", 0);

  const leaving = new AbortController();
  const post = (path: string, body: unknown) =>
    server.request(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: leaving.signal,
    });
  const results: string[] = [];
  for (const sql of [ENDLESS, `SELECT count(*) AS n FROM (${ENDLESS})`]) {
    const response = await post("/api/results", { sql });
    assert.equal(response.status, 200);
    const opened = JSON.parse(decodeURIComponent(response.headers.get("x-spoor-result")!)) as { id: string };
    results.push(opened.id);
    void response.arrayBuffer().catch(() => undefined);
  }
  const queries = [ENDLESS, `SELECT max(x || y) AS m FROM (${ENDLESS})`, ENDLESS, ENDLESS].map((sql) =>
    post("/api/query", { sql }).then(
      async (response) => {
        for await (const _ of response.body!);
      },
      () => undefined,
    ),
  );
  for (const query of queries) query.catch(() => undefined);
  // More wait in line: every slot of the hunters is taken.
  const slots = machineShares(totalmem(), availableParallelism()).huntsAtOnce;
  const waiting = Array.from({ length: slots }, () =>
    post("/api/query", { sql: ENDLESS }).catch(() => undefined),
  );
  const sent = results.length + queries.length + waiting.length;
  await eventually("all slots taken", async () => {
    const running = await server.json<{ state: string }[]>("/api/queries");
    return running.filter((one) => one.state === "running").length === slots && running.length === sent
      ? true
      : null;
  });
  const busy = [];
  for (let round = 0; round < 3; round += 1) {
    busy.push(await alertMs(server, `busy-user-${round}`, (round + 1) * 600_000));
  }
  const running = await server.json<{ state: string }[]>("/api/queries");
  assert.equal(running.filter((one) => one.state === "running").length, slots, "the joins still run");
  console.log(`# idle ${JSON.stringify(idle)}, busy ${JSON.stringify(busy)}`);
  for (const { ingest, alert } of busy) {
    assert.ok(ingest < 2_000, `an event was taken in ${Math.round(ingest)} ms`);
    assert.ok(
      alert < LIMIT_MS,
      `an alert took ${Math.round(alert)} ms, ${Math.round(idle.alert)} ms without hunters`,
    );
  }
  leaving.abort();
  for (const id of results) await server.request(`/api/results/${id}`, { method: "DELETE" });
  await Promise.all(waiting);
  await eventually("closing the tab ends the queries", async () => {
    const left = await server.json<unknown[]>("/api/queries");
    return left.length === 0 ? true : null;
  });
  await server.stop();
});
