import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import { createApp } from "./app.ts";
import { LocalAuth } from "./auth/auth.ts";
import { ensureWorkbench } from "./bundle.ts";
import type { Output } from "./cli/output.ts";
import { LedgerBusyError } from "./ledger/ledger.ts";
import { Spoor } from "./spoor.ts";
import { loadDemo, writeDemo } from "./workspace/demo-workspace.ts";
import { isWorkspace, type WorkspaceLayout } from "./workspace/layout.ts";
import { workspaceToken } from "./workspace/loaded-token.ts";
import { readServerFile, removeServerFile, writeServerFile } from "./workspace/server-file.ts";

export interface ServeOptions {
  readonly layout: WorkspaceLayout;
  readonly port: number;
  /** Null makes an empty workspace where there is none. */
  readonly demo: { readonly scale: number } | null;
  readonly output: Output;
}

/** Serves the workspace on 127.0.0.1 until the process is told to stop. Prints one URL that signs the local user in. */
export async function serve({ layout, port, demo, output }: ServeOptions): Promise<void> {
  // A demo that a kill cut short is made again: what was written and loaded by then stays.
  const unfinished = join(layout.machine, "demo-unfinished");
  const isNew = !isWorkspace(layout) || existsSync(unfinished);
  mkdirSync(layout.machine, { recursive: true });
  if (isNew && demo !== null) writeFileSync(unfinished, "");
  const bundle = ensureWorkbench();
  const startedMs = Date.now();
  if (isNew && demo !== null) {
    output.note(`Making a demo workspace in ${layout.root} ...`);
    await writeDemo(layout, demo.scale, startedMs, (fraction, message) =>
      output.progress(fraction / 2, message),
    );
  }
  let spoor: Spoor;
  try {
    spoor = await Spoor.open({
      layout,
      clock: Date.now,
      background: true,
      note: (message) => output.note(message),
    });
  } catch (error) {
    if (error instanceof LedgerBusyError) {
      const other = readServerFile(layout.serverFile);
      throw new Error(
        `The workspace ${layout.root} is open already${other ? ` at ${other.url} (process ${other.pid})` : ""}. Stop that one first, or name another workspace.`,
      );
    }
    throw error;
  }
  if (isNew && demo !== null) {
    await loadDemo(spoor, (fraction, message) => output.progress(0.5 + fraction / 2, message));
    rmSync(unfinished, { force: true });
    output.note(
      `The demo workspace is ready: ${spoor.registry
        .list()
        .reduce(
          (sum, dataset) => sum + dataset.segments.reduce((rows, segment) => rows + segment.rowCount, 0),
          0,
        )
        .toLocaleString("en")} events in ${((Date.now() - startedMs) / 1000).toFixed(1)} s.`,
    );
  }
  const auth = new LocalAuth(workspaceToken(layout), Date.now);
  const directory = await bundle;
  let boundPort = port;
  const app = createApp({
    spoor,
    auth,
    allowedHosts: () => new Set([`127.0.0.1:${boundPort}`, `localhost:${boundPort}`, `[::1]:${boundPort}`]),
    workbenchDirectory: directory,
  });
  const server = createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }));
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        error.code === "EADDRINUSE"
          ? new Error(`Port ${port} is in use. Choose another with SPOOR_PORT or --port.`)
          : error,
      ),
    );
    server.listen(port, "127.0.0.1", resolve);
  });
  boundPort = (server.address() as { port: number }).port;
  const url = `http://127.0.0.1:${boundPort}`;
  writeServerFile(layout.serverFile, { pid: process.pid, url, token: auth.token, startedMs });
  const signIn = `${url}/sign-in?code=${auth.newCode()}`;
  if (output.json) output.out(JSON.stringify({ url, signIn, workspace: join(layout.root) }));
  else output.out(`Spoor serves ${layout.root}\nOpen ${signIn}`);

  // The Sources page shows what each source is worth before anybody opens the report.
  void spoor.risk.report({ seed: 1 }).catch(() => undefined);

  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    removeServerFile(layout.serverFile);
    server.close();
    server.closeAllConnections();
    await spoor.close();
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void stop());
}
