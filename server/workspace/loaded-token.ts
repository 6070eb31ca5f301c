import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LocalAuth } from "../auth/auth.ts";
import type { WorkspaceLayout } from "./layout.ts";

/** The local user's token of this workspace: made once, kept readable by its owner alone. */
export function workspaceToken(layout: WorkspaceLayout): string {
  const path = join(layout.machine, "token");
  if (existsSync(path)) {
    const token = readFileSync(path, "utf8").trim();
    if (token.length >= 24) return token;
  }
  const token = LocalAuth.newToken();
  writeFileSync(path, `${token}\n`, { mode: 0o600 });
  return token;
}
