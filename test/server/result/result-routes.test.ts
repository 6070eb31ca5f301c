import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { tableFromIPC } from "@uwdata/flechette";
import type { ResultOpened, ResultState } from "../../../notebooks/result/result.ts";
import type { LoadReport } from "../../../server/api/api.ts";
import { SpoorClient } from "../../../workbench/api/client.ts";
import { eventually, type RunningServer, startServer } from "../running-server.ts";

const workspace = mkdtempSync(join(tmpdir(), "spoor-results-"));
let server: RunningServer;
let client: SpoorClient;

before(async () => {
  const file = join(workspace, "conn.ndjson");
  const lines = Array.from({ length: 5000 }, (_, at) =>
    JSON.stringify({
      ts: new Date(Date.UTC(2026, 0, 1) + at * 1000).toISOString(),
      host: `h${at % 13}`,
      bytes: (at * 31) % 1000,
    }),
  );
  writeFileSync(file, lines.join("\n"));
  server = await startServer(workspace, ["--empty"]);
  await server.job<LoadReport>("/api/sources", { name: "conn", paths: [file], owner: "network" });
  client = new SpoorClient({ origin: server.url, headers: { authorization: `Bearer ${server.token}` } });
});
after(async () => {
  await server.stop();
  rmSync(workspace, { recursive: true, force: true });
});

const open = async (sql: string, useKept = true) => {
  const response = await client.openResult({ sql, useKept }, crypto.randomUUID());
  const opened = JSON.parse(decodeURIComponent(response.headers.get("x-spoor-result")!)) as ResultOpened;
  return { opened, first: tableFromIPC(new Uint8Array(await response.arrayBuffer())) };
};
const ended = (id: string) =>
  eventually<ResultState>("the end of a result", async () => {
    const state = await client.result(id);
    return state.phase === "running" || state.phase === "queued" ? null : state;
  });

test("the client's calls work over HTTP", async () => {
  const { opened, first } = await open("SELECT host, bytes FROM conn ORDER BY _time");
  assert.ok(first.numRows >= 500);
  assert.equal(opened.kept, false);
  const state = await ended(opened.id);
  assert.equal(state.rowCount, 5000);
  assert.deepEqual(state.datasetVersions, opened.datasetVersions);
  const rows = await client.resultRows(opened.id, {
    offset: 1,
    limit: 2,
    sort: [{ column: "bytes", descending: true }],
    filters: [{ column: "host", test: "in", values: ["h3"] }],
    columns: ["bytes"],
  });
  assert.equal(rows.headers.get("x-spoor-row-count"), "385");
  assert.equal(tableFromIPC(new Uint8Array(await rows.arrayBuffer())).numRows, 2);
  const [summary] = await client.resultSummary(opened.id, { columns: ["host"] });
  assert.equal(summary!.distinctCount, 13);
  const csv = await (await client.exportResult(opened.id, { format: "csv" })).text();
  assert.equal(csv.trimEnd().split("\r\n").length, 5001);
  const cross = await client.crossfilter({ type: "arrow", sql: `SELECT count(*) AS n FROM "${opened.id}"` });
  assert.equal(tableFromIPC(new Uint8Array(await cross.arrayBuffer())).numRows, 1);
  const made = await client.crossfilter({
    type: "exec",
    sql: `CREATE SCHEMA IF NOT EXISTS mosaic;\nCREATE TABLE IF NOT EXISTS mosaic.preagg_12ab AS SELECT host, count(*) AS n FROM "${opened.id}" GROUP BY host`,
  });
  assert.equal(made.status, 204);
  const again = await open("SELECT host, bytes\nFROM conn ORDER BY _time -- the same");
  assert.equal(again.opened.kept, true);
  assert.equal(again.opened.id, opened.id);
  assert.equal((await open("SELECT host, bytes FROM conn ORDER BY _time", false)).opened.kept, false);
});

test("what is wrong is refused with a reason, what is forgotten is 404", async () => {
  const status = async (call: Promise<unknown>) => {
    try {
      await call;
      return 200;
    } catch (error) {
      return (error as { status: number }).status;
    }
  };
  const { opened } = await open("SELECT host FROM conn");
  assert.equal(await status(open("SELECT * FROM read_text('/etc/passwd')")), 422);
  assert.equal(await status(open("SELECT nothing FROM conn")), 422);
  assert.equal(await status(client.result("result_of_nobody")), 404);
  assert.equal(await status(client.resultRows("result_of_nobody", { offset: 0, limit: 1 })), 404);
  assert.equal(await status(client.resultRows(opened.id, { offset: 0, limit: 2_000_000 })), 400);
  assert.equal(
    await status(
      client.resultRows(opened.id, { offset: 0, limit: 1, sort: [{ column: "no", descending: true }] }),
    ),
    422,
  );
  assert.equal(await status(client.crossfilter({ type: "exec", sql: "DROP SCHEMA mosaic CASCADE" })), 422);
  assert.equal(await status(client.crossfilter({ type: "arrow", sql: "SELECT * FROM conn" })), 422);
  const own = `SELECT count(*) AS n FROM "${opened.id}"`;
  await ended(opened.id);
  assert.equal(
    await status(
      client
        .crossfilter({ type: "arrow", sql: own, results: [opened.id] })
        .then((answer) => answer.arrayBuffer()),
    ),
    200,
  );
  assert.equal(await status(client.crossfilter({ type: "arrow", sql: own, results: [] })), 422);
});

test("a reader that leaves before the first rows ends the query; cancelling ends it later", async () => {
  const endless = "SELECT a.host AS x, b.host AS y FROM conn a, conn b, conn c, conn d";
  const leaving = new AbortController();
  const opening = client.openResult(
    { sql: `SELECT count(*) AS n FROM (${endless})` },
    crypto.randomUUID(),
    leaving.signal,
  );
  const response = await opening;
  leaving.abort();
  await assert.rejects(response.arrayBuffer());
  await eventually("no query", async () => ((await client.queries()).length === 0 ? true : null));
  const { opened } = await open(endless);
  assert.equal((await client.result(opened.id)).phase, "running");
  await client.cancelResult(opened.id);
  const state = await ended(opened.id);
  assert.equal(state.phase, "cancelled");
  assert.doesNotMatch(server.stderr(), /QueryError/, "who cancels is no error of the server");
  assert.notEqual(state.message, null);
  await eventually("no query", async () => ((await client.queries()).length === 0 ? true : null));
  assert.ok(readdirSync(join(workspace, ".spoor", "scratch")).includes("results"));
});
