import { spawn } from "node:child_process";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..");

export interface CommandResult {
  readonly status: number;
  readonly out: string;
  readonly error: string;
}

/** Runs the command line as a user would, in a process of its own, and gives what it wrote. */
export async function spoor(workspace: string, ...args: string[]): Promise<CommandResult> {
  const child = spawn(
    process.execPath,
    [
      "--disable-warning=ExperimentalWarning",
      join(ROOT, "server", "cli", "main.ts"),
      ...args,
      "--workspace",
      workspace,
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let out = "";
  let error = "";
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    error += chunk.toString();
  });
  const status = await new Promise<number>((resolve) => child.on("close", (code) => resolve(code ?? -1)));
  return { status, out, error };
}
