import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import type { Job } from "../../../server/api/api.ts";
import { ApiFailure, isAbort } from "../../../workbench/api/api-failure.ts";
import { SpoorClient } from "../../../workbench/api/client.ts";
import { followJob } from "../../../workbench/api/follow-job.ts";

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

let server: Server;
let client: SpoorClient;
let seen: Seen[] = [];
let answer: (request: Seen) => { readonly status?: number; readonly body: string } | null;

before(async () => {
  server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const one = { method: request.method ?? "", url: request.url ?? "", headers: request.headers, body };
    seen.push(one);
    const given = answer(one);
    if (given === null) return;
    response.writeHead(given.status ?? 200, { "content-type": "application/json" });
    response.end(given.body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  client = new SpoorClient({ origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});

after(() => {
  server.closeAllConnections();
  server.close();
});

test("names are encoded, bodies are JSON, headers are set", async () => {
  seen = [];
  answer = () => ({ body: "{}" });
  await client.rule("a/b ?");
  await client.promoteRule("lsass", "paging", "because");
  await client.postEvents("dns", '{"a":1}\n', "key-1");
  await client.actOnAlert("a1", { name: "ignore", reason: "known", minutes: 3 });
  assert.deepEqual(
    seen.map(({ method, url }) => `${method} ${url}`),
    [
      "GET /api/rules/a%2Fb%20%3F",
      "POST /api/rules/lsass/promote",
      "POST /api/sources/dns/events",
      "POST /api/alerts/a1/actions",
    ],
  );
  assert.deepEqual(JSON.parse(seen[1]!.body), { stage: "paging", reason: "because" });
  assert.equal(seen[2]!.headers["idempotency-key"], "key-1");
  assert.equal(seen[2]!.body, '{"a":1}\n');
  assert.deepEqual(JSON.parse(seen[3]!.body), { name: "ignore", reason: "known", minutes: 3 });
});

test("a refusal carries its status, issues and offset", async () => {
  const issues = [
    { severity: "error", code: "ads.empty", place: "ADS.md#goal", message: "Empty.", remedy: "Write it." },
  ];
  answer = () => ({
    status: 409,
    body: JSON.stringify({ error: { message: "The gate refuses.", issues, offset: 7 } }),
  });
  await assert.rejects(client.promoteRule("x", "paging", ""), (error) => {
    assert.ok(error instanceof ApiFailure);
    assert.equal(error.status, 409);
    assert.equal(error.message, "The gate refuses.");
    assert.deepEqual(error.issues, issues);
    assert.equal(error.offset, 7);
    return true;
  });
});

test("an answer that is no JSON still says what is known", async () => {
  answer = () => ({ status: 502, body: "<html>Bad gateway" });
  await assert.rejects(client.today(), {
    name: "ApiFailure",
    status: 502,
    message: "The server answered with status 502.",
  });
  answer = () => ({ status: 401, body: "" });
  await assert.rejects(client.today(), { status: 401, message: /not signed in/ });
});

test("a server that is not there is a failure with status 0", async () => {
  await assert.rejects(new SpoorClient({ origin: "http://127.0.0.1:1" }).today(), {
    name: "ApiFailure",
    status: 0,
  });
});

test("an aborted request is an abort, not a failure", async () => {
  answer = () => null;
  const abort = new AbortController();
  const waiting = client.today(abort.signal);
  abort.abort();
  await assert.rejects(waiting, (error) => isAbort(error));
});

test("a job is followed to its end with every state told", async () => {
  const job = (state: Job["state"], progress: number): Job => ({
    id: "j1",
    kind: "load",
    state,
    progress,
    message: "",
    result: state === "succeeded" ? { read: 3 } : null,
    error: state === "failed" ? { message: "No space.", issues: [] } : null,
  });
  let polls = 0;
  answer = () => ({ body: JSON.stringify(++polls < 3 ? job("running", polls / 3) : job("succeeded", 1)) });
  const told: (number | null)[] = [];
  const ended = await followJob(client, job("running", 0), {
    intervalMs: 5,
    onProgress: ({ progress }) => told.push(progress),
  });
  assert.deepEqual(ended.result, { read: 3 });
  assert.deepEqual(told, [0, 1 / 3, 2 / 3, 1]);

  answer = () => ({ body: JSON.stringify(job("failed", 0.5)) });
  await assert.rejects(followJob(client, job("running", 0), { intervalMs: 5 }), {
    name: "ApiFailure",
    message: "No space.",
  });

  const abort = new AbortController();
  const waiting = followJob(client, job("running", 0), { intervalMs: 60_000, signal: abort.signal });
  abort.abort();
  await assert.rejects(waiting, (error) => isAbort(error));
});
