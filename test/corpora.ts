import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

const CHECKOUT = join(import.meta.dirname, "..");
const CACHE = join(CHECKOUT, ".cache", "corpora");
const WAIT_MS = 100;
const STALE_LOCK_MS = 120_000;

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Takes the lock, or returns false when the corpus was unpacked by its holder meanwhile. */
function takeLock(lock: string, done: string): boolean {
  for (;;) {
    if (existsSync(done)) return false;
    try {
      mkdirSync(lock);
      return true;
    } catch {
      const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
      if (age > STALE_LOCK_MS) rmSync(lock, { recursive: true, force: true });
      sleep(WAIT_MS);
    }
  }
}

/**
 * Folder of an unpacked corpus (`mordor`, `hunts`, `cloudtrail`, ...), or null where the shared data are absent.
 * They lie in `../shared` beside the checkout, or where SPOOR_SHARED says. Unpacked once into `.cache/corpora`.
 */
export function corpus(name: string): string | null {
  const shared = process.env.SPOOR_SHARED ?? join(CHECKOUT, "..", "shared");
  const archive = join(shared, "corpora", `${name}.tar.gz`);
  if (!existsSync(archive)) return null;
  mkdirSync(CACHE, { recursive: true });
  const folder = join(CACHE, name);
  const done = join(CACHE, `.${name}`);
  const lock = join(CACHE, `.${name}.lock`);
  if (takeLock(lock, done)) {
    try {
      const script = join(shared, "corpora", "unpack.sh");
      const result = spawnSync("bash", [script, CACHE, name], { encoding: "utf8" });
      if (result.status !== 0) throw new Error(`${archive} could not be unpacked: ${result.stderr}`);
    } finally {
      rmSync(lock, { recursive: true, force: true });
    }
  }
  return folder;
}
