// Runs a TypeScript entry on the pinned Node: node server/bootstrap/run.js server/cli/main.ts ARGS...
// Plain JavaScript without dependencies, since it must start on the Node that the machine has.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const pinned = join(root, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");
const [entry, ...rest] = process.argv.slice(2);
if (!entry) {
  console.error("usage: node server/bootstrap/run.js ENTRY.ts [ARGUMENT...]");
  process.exit(2);
}
const child = spawn(
  existsSync(pinned) ? pinned : process.execPath,
  ["--disable-warning=ExperimentalWarning", join(root, entry), ...rest],
  {
    stdio: "inherit",
    env: { ...process.env, UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? "16" },
  },
);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(signal ? 128 + 15 : (code ?? 1)));
