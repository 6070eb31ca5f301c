import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";

/** How the server that holds a workspace is reached, by its own user. */
export interface ServerFile {
  readonly pid: number;
  readonly url: string;
  /** Bearer token of the local user. */
  readonly token: string;
  readonly startedMs: number;
}

/** Writes the file readable by its owner alone. */
export function writeServerFile(path: string, value: ServerFile): void {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  chmodSync(path, 0o600);
}

export function removeServerFile(path: string): void {
  rmSync(path, { force: true });
}

/** The server that says it holds the workspace, or null. It may have died since: ask it before trusting it. */
export function readServerFile(path: string): ServerFile | null {
  if (!existsSync(path)) return null;
  try {
    const value = JSON.parse(readFileSync(path, "utf8")) as Partial<ServerFile>;
    if (typeof value.url !== "string" || typeof value.token !== "string" || typeof value.pid !== "number")
      return null;
    return { pid: value.pid, url: value.url, token: value.token, startedMs: value.startedMs ?? 0 };
  } catch {
    return null;
  }
}
