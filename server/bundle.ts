import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");

/**
 * The folder with the built workbench: built anew when one of its sources or the lock file changed since, which
 * takes a second or two. Answers the folder.
 */
export async function ensureWorkbench(): Promise<string> {
  const directory = join(ROOT, ".cache", "workbench");
  const stampFile = join(directory, ".stamp");
  const stamp = sourceStamp();
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return directory;
  const { buildWorkbench } = await import("../workbench/build.ts");
  const building = `${directory}.${process.pid}`;
  mkdirSync(building, { recursive: true });
  await buildWorkbench({ outDirectory: building, minify: true });
  writeFileSync(join(building, ".stamp"), stamp);
  rmSync(directory, { recursive: true, force: true });
  try {
    renameSync(building, directory);
  } catch (error) {
    if (!existsSync(stampFile)) throw error;
    rmSync(building, { recursive: true, force: true });
  }
  return directory;
}

/** The script of the sandboxed frame, so that a report's JavaScript cells run when it is opened. */
export async function frameScript(): Promise<string> {
  return readFileSync(join(await ensureWorkbench(), "assets", "frame.js"), "utf8");
}

function sourceStamp(): string {
  const hash = createHash("sha256");
  for (const file of globSync("{workbench,connectors,notebooks,promote,server/api}/**/*.{ts,css,html}", {
    cwd: ROOT,
  }).sort()) {
    hash.update(file).update(readFileSync(join(ROOT, file)));
  }
  return hash.update(readFileSync(join(ROOT, "package-lock.json"))).digest("hex");
}
