/** The API of one workspace in a process of its own, without the workbench: `node serve-api.ts <workspace>`. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { createApp } from "../../server/app.ts";
import { LocalAuth } from "../../server/auth/auth.ts";
import { Spoor } from "../../server/spoor.ts";
import { workspaceLayout } from "../../server/workspace/layout.ts";

const token = "test-token-of-the-isolation-test";
const spoor = await Spoor.open({
  layout: workspaceLayout(process.argv[2]!),
  clock: () => Date.now(),
  background: true,
  note: (message) => console.error(message),
});
const hosts = new Set<string>();
const app = createApp({
  spoor,
  auth: new LocalAuth(token, Date.now),
  allowedHosts: () => hosts,
  workbenchDirectory: null,
});
const server = createServer(getRequestListener(app.fetch));
server.listen(0, "127.0.0.1", () => {
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  hosts.add(host);
  console.log(JSON.stringify({ url: `http://${host}`, token }));
});
