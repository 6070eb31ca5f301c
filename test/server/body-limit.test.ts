import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import type { RequestState } from "../../server/app.ts";
import { bodyLimit } from "../../server/body-limit.ts";
import { RefusedError } from "../../server/refused.ts";

const LARGEST = 1000;
let server: Server;
let origin: string;

before(async () => {
  const app = new Hono<RequestState>();
  app.use(bodyLimit((path) => (path === "/large" ? 10 * LARGEST : LARGEST)));
  app.all("*", async (context) => context.text(String((await context.req.text()).length)));
  app.onError((error, context) =>
    context.text(error.message, error instanceof RefusedError ? error.status : 500),
  );
  // As the product serves: requests of the server's own kind, not the global ones.
  server = createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

/** A body of unknown length: sent in chunks. */
function chunked(length: number): RequestInit {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let left = length; left > 0; left -= 100)
        controller.enqueue(new Uint8Array(Math.min(left, 100)).fill(97));
      controller.close();
    },
  });
  return { method: "POST", body, duplex: "half" } as RequestInit;
}

test("bodies up to the limit come whole, announced or in chunks, and DELETE needs none", async () => {
  for (const init of [{ method: "POST", body: "a".repeat(LARGEST) }, chunked(LARGEST)]) {
    const response = await fetch(`${origin}/x`, init);
    assert.deepEqual([response.status, await response.text()], [200, String(LARGEST)]);
  }
  assert.equal((await fetch(`${origin}/x`, { method: "DELETE" })).status, 200);
  assert.equal((await fetch(`${origin}/large`, chunked(5 * LARGEST))).status, 200);
});

test("larger ones are refused, announced or in chunks", async () => {
  for (const init of [{ method: "POST", body: "a".repeat(LARGEST + 1) }, chunked(LARGEST + 1)]) {
    const response = await fetch(`${origin}/x`, init);
    assert.equal(response.status, 413);
    assert.match(await response.text(), /larger than 1000 bytes/);
  }
});
