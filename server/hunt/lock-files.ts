import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseRun, type RunRecord, serializeRun } from "../../notebooks/run/run-record.ts";
import { NOTEBOOK_NAME } from "../notebook/notebook-files.ts";
import { RefusedError } from "../refused.ts";

/** Lock files beside the notebooks: `notebooks/<name>.lock.json`. */
export class LockFiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  has(name: string): boolean {
    return existsSync(this.#path(name));
  }

  /** The lock, or null without one. Throws RefusedError(400) for a file that is none. */
  read(name: string): RunRecord | null {
    const path = this.#path(name);
    if (!existsSync(path)) return null;
    const parsed = parseRun(readFileSync(path, "utf8"), `notebooks/${name}.lock.json`);
    if (!parsed.ok) throw new RefusedError(400, "The lock file cannot be read.", parsed.issues);
    return parsed.value;
  }

  write(name: string, record: RunRecord): void {
    const path = this.#path(name);
    writeFileSync(`${path}.part`, serializeRun(record));
    renameSync(`${path}.part`, path);
  }

  #path(name: string): string {
    if (!NOTEBOOK_NAME.test(name)) throw new RefusedError(400, `"${name}" is no notebook name.`);
    return join(this.#directory, `${name}.lock.json`);
  }
}
