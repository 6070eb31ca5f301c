import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";

/** Where everything of one workspace lies. What a person decides is outside `.spoor/`; what a machine records, inside. */
export interface WorkspaceLayout {
  readonly root: string;
  readonly sources: string;
  readonly notebooks: string;
  readonly rules: string;
  readonly risk: string;
  readonly owners: string;
  readonly machine: string;
  readonly ledger: string;
  readonly lake: string;
  readonly spool: string;
  readonly scratch: string;
  /** Where a running server says how it is reached. Readable by its user alone. */
  readonly serverFile: string;
}

export function workspaceLayout(directory: string): WorkspaceLayout {
  const root = resolve(directory);
  const machine = join(root, ".spoor");
  return {
    root,
    sources: join(root, "sources"),
    notebooks: join(root, "notebooks"),
    rules: join(root, "rules"),
    risk: join(root, "risk"),
    owners: join(root, "owners.yaml"),
    machine,
    ledger: join(machine, "ledger.sqlite"),
    lake: join(machine, "lake"),
    spool: join(machine, "spool"),
    scratch: join(machine, "scratch"),
    serverFile: join(machine, "server.json"),
  };
}

/** True when the directory is a workspace already (it may hold nothing else than what a person wrote). */
export function isWorkspace(layout: WorkspaceLayout): boolean {
  return existsSync(layout.machine) || existsSync(layout.sources) || existsSync(layout.rules);
}

/** Makes the folders that a workspace needs; those that exist stay as they are. */
export function createFolders(layout: WorkspaceLayout): void {
  for (const folder of [
    layout.sources,
    layout.notebooks,
    layout.rules,
    layout.risk,
    layout.lake,
    layout.spool,
    layout.scratch,
  ]) {
    mkdirSync(folder, { recursive: true });
  }
}
