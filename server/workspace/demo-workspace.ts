import { readdirSync } from "node:fs";
import { join } from "node:path";
import { writeDemoWorkspace } from "../demo/demo.ts";
import { startDemoHunts } from "../demo/demo-hunts.ts";
import type { Spoor } from "../spoor.ts";
import type { WorkspaceLayout } from "./layout.ts";

const DEMO_SEED = 7717;

/** Writes the demo's files and logs into the workspace, before it is opened. */
export async function writeDemo(
  layout: WorkspaceLayout,
  scale: number,
  nowMs: number,
  onProgress: (fraction: number, message: string) => void,
): Promise<void> {
  await writeDemoWorkspace({ directory: layout.root, seed: DEMO_SEED, nowMs, scale, onProgress });
}

/** Loads the demo's logs into the lake, all sources at once: one is parsed while DuckDB writes another. */
export async function loadDemo(
  spoor: Spoor,
  onProgress: (fraction: number, message: string) => void,
): Promise<void> {
  const logs = join(spoor.layout.machine, "demo-logs");
  const sources = readdirSync(logs).sort();
  const done = new Map(sources.map((source) => [source, 0]));
  const load = (source: string) =>
    spoor.sources.load(
      { name: source, paths: [join(logs, source)], actor: "demo", more: true },
      {
        signal: new AbortController().signal,
        report: (progress, message) => {
          done.set(source, progress ?? 0);
          const sum = [...done.values()].reduce((total, share) => total + share, 0);
          onProgress(sum / sources.length, `${source}: ${message}`);
        },
      },
    );
  await Promise.all(sources.map(load));
  await spoor.streams.loaded();
  startDemoHunts(spoor);
}
