/** Runs every test by node:test and ends with the line `N passed, N failed, N skipped`. */
import { once } from "node:events";
import { globSync } from "node:fs";
import { run } from "node:test";
import { spec } from "node:test/reporters";

const patterns = process.argv.slice(2);
const files = globSync(patterns.length > 0 ? patterns : ["test/**/*.test.ts"]).sort();
if (files.length === 0) {
  console.error(`No test file matches ${patterns.join(" ")}.`);
  process.exit(1);
}
const counts = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];
const skips: string[] = [];
const endToEnd = files.filter((file) => file.includes("end-to-end"));
const rest = files.filter((file) => !file.includes("end-to-end"));

async function runFiles(group: readonly string[], concurrency: number): Promise<void> {
  if (group.length === 0) return;
  const stream = run({ files: [...group], concurrency, timeout: 15 * 60_000 });
  stream.on("test:pass", (event) => {
    if (event.details.type === "suite") return;
    if (event.skip !== undefined || event.todo !== undefined) {
      counts.skipped += 1;
      skips.push(`${event.name}${typeof event.skip === "string" ? `: ${event.skip}` : ""}`);
    } else counts.passed += 1;
  });
  stream.on("test:fail", (event) => {
    if (event.details.type === "suite") return;
    counts.failed += 1;
    failures.push(`${event.file ?? ""} ${event.name}`);
  });
  const report = stream.compose(new spec());
  report.pipe(process.stdout, { end: false });
  await once(report, "end");
}

const startedMs = Date.now();
await runFiles(rest, 2);
await runFiles(endToEnd, 1);
if (skips.length > 0) console.log(`\nSkipped:\n  ${skips.join("\n  ")}`);
if (failures.length > 0) console.log(`\nFailed:\n  ${failures.join("\n  ")}`);
console.log(`\n${Math.round((Date.now() - startedMs) / 1000)} s`);
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(counts.failed > 0 || counts.passed === 0 ? 1 : 0);
