import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";
import type { RunningServer } from "./running-server.ts";

const started = new Set<ChildProcess>();
after(() => {
  for (const child of started) child.kill("SIGKILL");
});

/** The API of a workspace in a process of its own, without building the workbench: for tests that need no page. */
export async function startApiServer(workspace: string): Promise<RunningServer> {
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", join(import.meta.dirname, "serve-api.ts"), workspace],
    { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, UV_THREADPOOL_SIZE: "16" } },
  );
  started.add(child);
  child.once("exit", () => started.delete(child));
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const exited = once(child, "exit");
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), "line").then(([text]) => String(text)),
    exited.then(() => {
      throw new Error(`The server ended before it served:\n${errors}`);
    }),
  ]);
  const { url, token } = JSON.parse(line) as { url: string; token: string };
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
  const end = async (signal: "SIGTERM" | "SIGKILL") => {
    child.kill(signal);
    await exited;
  };
  return {
    url,
    signIn: "",
    token,
    stderr: () => errors,
    request,
    json,
    post,
    async job<T>(path: string, body: unknown): Promise<T> {
      let job = await post<{ id: string; state: string; result: T; error: unknown }>(path, body);
      while (job.state === "running") {
        await new Promise((resolve) => setTimeout(resolve, 50));
        job = await json(`/api/jobs/${job.id}`);
      }
      if (job.state !== "succeeded") throw new Error(`${path}: ${job.state} ${JSON.stringify(job.error)}`);
      return job.result;
    },
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
  };
}
