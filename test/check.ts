/** Types, lint and format, unused code, and the tests that hold the house's rules (imports, words). */
import { spawnSync } from "node:child_process";

const steps: readonly (readonly [string, readonly string[]])[] = [
  ["types", ["node_modules/typescript/bin/tsc", "-p", "."]],
  ["lint and format", ["node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings", "."]],
  ["unused code", ["node_modules/knip/bin/knip.js"]],
  ["import rule", ["--test", "test/house/*.test.ts"]],
];

let failed = 0;
for (const [name, args] of steps) {
  const result = spawnSync(process.execPath, [...args], { stdio: "inherit" });
  const good = result.status === 0;
  if (!good) failed += 1;
  console.log(`${good ? "good" : "BAD "} ${name}`);
}
process.exit(failed);
