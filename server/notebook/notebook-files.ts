import { createHash, randomUUID } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../connectors/time/instant.ts";
import type { NotebookFile } from "../api/api.ts";

export const NOTEBOOK_NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** Thrown when somebody saved in between: carries what is there now, so that nothing is lost. */
export class StaleRevisionError extends Error {
  readonly current: NotebookFile;

  constructor(current: NotebookFile) {
    super(`Notebook ${current.name} was saved by somebody else since you opened it.`);
    this.name = "StaleRevisionError";
    this.current = current;
  }
}

/** Notebooks as files of the workspace; every earlier version is kept under `.spoor/history/`. */
export class NotebookFiles {
  readonly #directory: string;
  readonly #history: string;
  readonly #clock: Clock;

  constructor(directory: string, history: string, clock: Clock) {
    this.#directory = directory;
    this.#history = history;
    this.#clock = clock;
  }

  list(): { readonly name: string; readonly modifiedMs: number }[] {
    if (!existsSync(this.#directory)) return [];
    return readdirSync(this.#directory)
      .filter((file) => file.endsWith(".html") && NOTEBOOK_NAME.test(file.slice(0, -5)))
      .map((file) => ({ name: file.slice(0, -5), modifiedMs: statSync(join(this.#directory, file)).mtimeMs }))
      .sort((left, right) => right.modifiedMs - left.modifiedMs);
  }

  read(name: string): NotebookFile | undefined {
    const path = this.#path(name);
    if (path === null || !existsSync(path)) return undefined;
    const html = readFileSync(path, "utf8");
    return { name, html, revision: revisionOf(html) };
  }

  /**
   * Saves a notebook. `baseRevision` is the revision that the writer started from, null for a new one.
   * Throws StaleRevisionError when the file has another revision by now.
   */
  write(name: string, html: string, baseRevision: string | null): NotebookFile {
    const path = this.#path(name);
    if (path === null)
      throw new Error(`${name} is no notebook name: use lower case letters, digits and dashes.`);
    const current = this.read(name);
    if (current && current.revision !== baseRevision && current.html !== html)
      throw new StaleRevisionError(current);
    if (current && current.html !== html) {
      const kept = join(this.#history, name);
      mkdirSync(kept, { recursive: true });
      writeFileSync(
        join(kept, `${new Date(this.#clock()).toISOString().replaceAll(":", "")}-${current.revision}.html`),
        current.html,
      );
    }
    mkdirSync(this.#directory, { recursive: true });
    const temporary = `${path}.${randomUUID()}.part`;
    writeFileSync(temporary, html);
    renameSync(temporary, path);
    return { name, html, revision: revisionOf(html) };
  }

  #path(name: string): string | null {
    return NOTEBOOK_NAME.test(name) ? join(this.#directory, `${name}.html`) : null;
  }
}

function revisionOf(html: string): string {
  return createHash("sha256").update(html).digest("hex").slice(0, 16);
}
