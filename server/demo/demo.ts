import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { type Simulation, simulate } from "../../connectors/simulator/simulate.ts";

/** One file of the demo workspace; `path` is relative to the workspace, with forward slashes. */
export interface DemoFile {
  readonly path: string;
  readonly text: string;
}

const FILES = fileURLToPath(new URL("./files/", import.meta.url));

/** Every file that a person would have written in the demo workspace, by path. Reads the product's own folder. */
export function demoFiles(): DemoFile[] {
  return readdirSync(FILES, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({
      path: relative(FILES, path).split(sep).join("/"),
      text: readFileSync(path, "utf8"),
    }))
    .sort((left, right) => (left.path < right.path ? -1 : 1));
}

export interface DemoOptions {
  /** The workspace's root; created when missing. */
  readonly directory: string;
  readonly nowMs: number;
  readonly seed: number;
  readonly scale?: number;
  readonly workerCount?: number;
  /** `fraction` is 0 to 1; `message` says what was done so far. */
  readonly onProgress?: (fraction: number, message: string) => void;
  readonly signal?: AbortSignal;
}

export interface DemoWorkspace extends Simulation {
  /** Folder that the logs of one source were written to, by source; load them in the order of `files`. */
  readonly folders: Readonly<Record<string, string>>;
}

/**
 * Copies the demo's files into the workspace (files that are there stay as they are) and writes the simulated week to
 * `<workspace>/.spoor/demo-logs/<source>/`. Loading them is the caller's.
 */
export async function writeDemoWorkspace(options: DemoOptions): Promise<DemoWorkspace> {
  for (const file of demoFiles()) {
    const path = join(options.directory, file.path);
    if (existsSync(path)) continue;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, file.text);
  }
  const logs = join(options.directory, ".spoor", "demo-logs");
  const { onProgress } = options;
  const simulation = await simulate({
    seed: options.seed,
    endMs: options.nowMs,
    directory: logs,
    ...(options.scale === undefined ? {} : { scale: options.scale }),
    ...(options.workerCount === undefined ? {} : { workerCount: options.workerCount }),
    ...(onProgress
      ? {
          onProgress: ({ share, events }) =>
            onProgress(share, `${events.toLocaleString("en")} events of the demo's week written`),
        }
      : {}),
    ...(options.signal ? { signal: options.signal } : {}),
  });
  const folders = Object.fromEntries(simulation.files.map(({ source }) => [source, join(logs, source)]));
  return { ...simulation, folders };
}
