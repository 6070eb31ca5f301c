#!/usr/bin/env node
// The `spoor` command: runs the CLI on the pinned Node.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

process.argv.splice(2, 0, "server/cli/main.ts");
await import(join(dirname(dirname(fileURLToPath(import.meta.url))), "bootstrap", "run.js"));
