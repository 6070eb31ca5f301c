import { createApp } from "../app.ts";
import { LocalAuth } from "../auth/auth.ts";
import { Spoor } from "../spoor.ts";
import type { WorkspaceLayout } from "../workspace/layout.ts";

const HERE = "http://spoor.invalid";

/** Opens the workspace in this process and answers its API without a network. Throws LedgerBusyError. */
export async function openHere(layout: WorkspaceLayout): Promise<{
  request(path: string, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}> {
  const spoor = await Spoor.open({
    layout,
    clock: Date.now,
    background: false,
    note: (message) => process.stderr.write(`${message}\n`),
  });
  const auth = new LocalAuth(LocalAuth.newToken(), Date.now);
  const app = createApp({
    spoor,
    auth,
    allowedHosts: () => new Set([new URL(HERE).host]),
    workbenchDirectory: null,
  });
  return {
    request: async (path, init) => {
      const headers = new Headers(init?.headers);
      headers.set("authorization", `Bearer ${auth.token}`);
      headers.set("host", new URL(HERE).host);
      return app.fetch(new Request(`${HERE}${path}`, { ...init, headers }));
    },
    close: () => spoor.close(),
  };
}
