import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";
import type { LoadReport } from "../../server/api/api.ts";

const ROOT = join(import.meta.dirname, "..", "..");

const started = new Set<ChildProcess>();
after(() => {
  for (const child of started) child.kill("SIGKILL");
});

/** A real server process on a workspace, on a free port of 127.0.0.1. */
export interface RunningServer {
  readonly url: string;
  readonly signIn: string;
  readonly token: string;
  /** What it wrote to standard error so far. */
  stderr(): string;
  request(path: string, init?: RequestInit): Promise<Response>;
  json<T>(path: string, init?: RequestInit): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
  /** Follows a job to its end and gives its result; throws with its error. */
  job<T>(path: string, body: unknown): Promise<T>;
  /** Loads the text of one NDJSON file into a source; throws when it is not taken. */
  upload(source: string, events: string): Promise<LoadReport>;
  /** SIGKILL: nothing of it gets to run. */
  kill(): Promise<void>;
  /** SIGTERM and wait. */
  stop(): Promise<void>;
}

interface Job<T> {
  readonly id: string;
  readonly state: string;
  readonly result: T;
  readonly error: unknown;
}

/** Starts `spoor serve`; resolves when it has printed its URL. */
export async function startServer(workspace: string, args: readonly string[] = []): Promise<RunningServer> {
  const child: ChildProcess = spawn(
    process.execPath,
    [
      "--disable-warning=ExperimentalWarning",
      join(ROOT, "server", "cli", "main.ts"),
      "serve",
      "--json",
      "--port",
      "0",
      "--workspace",
      workspace,
      ...args,
    ],
    { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, UV_THREADPOOL_SIZE: "16" } },
  );
  started.add(child);
  child.once("exit", () => started.delete(child));
  let errors = "";
  child.stderr!.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const exited = once(child, "exit");
  const line = await Promise.race([
    once(createInterface({ input: child.stdout! }), "line").then(([text]) => String(text)),
    exited.then(() => {
      throw new Error(`The server ended before it served:\n${errors}`);
    }),
  ]);
  const { url, signIn } = JSON.parse(line) as { url: string; signIn: string };
  const { token } = JSON.parse(readFileSync(join(workspace, ".spoor", "server.json"), "utf8")) as {
    token: string;
  };
  const request = (path: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${token}`);
    return fetch(`${url}${path}`, { ...init, headers });
  };
  const json = async <T>(path: string, init?: RequestInit): Promise<T> => {
    const response = await request(path, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${init?.method ?? "GET"} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  };
  const post = <T>(path: string, body: unknown) =>
    json<T>(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const followed = async <T>(what: string, begun: Job<T>): Promise<T> => {
    let job = begun;
    while (job.state === "running") {
      await new Promise((resolve) => setTimeout(resolve, 50));
      job = await json(`/api/jobs/${job.id}`);
    }
    if (job.state !== "succeeded") throw new Error(`${what}: ${job.state} ${JSON.stringify(job.error)}`);
    return job.result;
  };
  return {
    url,
    signIn,
    token,
    stderr: () => errors,
    request,
    json,
    post,
    async job<T>(path: string, body: unknown): Promise<T> {
      return followed(path, await post<Job<T>>(path, body));
    },
    async upload(source: string, events: string): Promise<LoadReport> {
      const job = await json<Job<LoadReport>>(`/api/sources/upload?name=${source}&file=a.ndjson&owner=it`, {
        method: "POST",
        headers: { "content-type": "application/octet-stream" },
        body: events,
      });
      return followed(source, job);
    },
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
    async stop() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

/** Polls until `probe` gives something other than null or undefined; throws after the limit. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | null | undefined>,
  limitMs = 20_000,
): Promise<T> {
  const untilMs = Date.now() + limitMs;
  for (;;) {
    const value = await probe();
    if (value !== null && value !== undefined) return value;
    if (Date.now() > untilMs) throw new Error(`Waited ${limitMs} ms in vain for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
