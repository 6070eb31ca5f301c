import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApp } from "../../../server/app.ts";
import { LocalAuth } from "../../../server/auth/auth.ts";
import { Spoor } from "../../../server/spoor.ts";
import { workspaceLayout } from "../../../server/workspace/layout.ts";

const TOKEN = "a-token-for-tests-0123456789abcdef";

export interface EntityWorkspace {
  readonly spoor: Spoor;
  request(path: string, init?: RequestInit): Promise<Response>;
  json<T>(path: string, init?: RequestInit): Promise<T>;
  /** Writes `sources/<name>/source.yaml` and loads the events. */
  load(name: string, yaml: string, events: readonly object[]): Promise<void>;
  close(): Promise<void>;
}

/** A workspace in a temporary folder and its API without a socket; `nowMs` is its clock. */
export async function openEntityWorkspace(nowMs: () => number): Promise<EntityWorkspace> {
  const folder = mkdtempSync(join(tmpdir(), "spoor-entity-"));
  const layout = workspaceLayout(join(folder, "workspace"));
  const spoor = await Spoor.open({
    layout,
    clock: nowMs,
    background: false,
    note: () => {},
    memoryLimit: "1GB",
    threads: 2,
  });
  const app = createApp({
    spoor,
    auth: new LocalAuth(TOKEN, nowMs),
    allowedHosts: () => new Set(["localhost"]),
    workbenchDirectory: null,
  });
  const request = async (path: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${TOKEN}`);
    headers.set("host", "localhost");
    return app.request(`http://localhost${path}`, { ...init, headers });
  };
  return {
    spoor,
    request,
    async json<T>(path: string, init?: RequestInit) {
      const response = await request(path, init);
      const text = await response.text();
      if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
      return JSON.parse(text) as T;
    },
    async load(name, yaml, events) {
      mkdirSync(join(layout.sources, name), { recursive: true });
      writeFileSync(join(layout.sources, name, "source.yaml"), yaml);
      const path = join(folder, `${name}.ndjson`);
      writeFileSync(path, events.map((event) => `${JSON.stringify(event)}\n`).join(""));
      const started = spoor.jobs.start("load", (job) =>
        spoor.sources.load({ name, paths: [path], actor: "tester" }, job),
      );
      for (;;) {
        const job = spoor.jobs.get(started.id)!;
        if (job.state === "failed") throw new Error(job.error?.message);
        if (job.state !== "running") return;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    async close() {
      await spoor.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A `source.yaml` with a time field and entities (`kind field`). */
export function sourceYaml(name: string, timeField: string, ...entities: readonly string[]): string {
  const declared = entities.map((entity) => {
    const [kind, field] = entity.split(" ");
    return `  - { kind: ${kind}, field: "${field}" }\n`;
  });
  return `name: ${name}
description: for tests
owner: platform
schemaMode: evolve
time:
  fields: ["${timeField}"]
  format: iso
  zone: UTC
entities:${declared.length === 0 ? " []" : `\n${declared.join("")}`}
`;
}
