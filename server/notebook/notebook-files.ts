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
import type { NotebookFile, NotebookVersion } from "../api/api.ts";
import { NotebookHistory } from "./notebook-history.ts";

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

/** Notebooks as files of the workspace; versions are kept under `.spoor/history/`. */
export class NotebookFiles {
  readonly #directory: string;
  readonly #history: NotebookHistory;

  constructor(directory: string, history: string, clock: Clock) {
    this.#directory = directory;
    this.#history = new NotebookHistory(history, clock);
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
   * Saves a notebook. `baseRevision` is the revision that the writer started from, null for a new one; `by` is who saves.
   * Throws StaleRevisionError when the file has another revision by now.
   */
  write(name: string, html: string, baseRevision: string | null, by: string | null = null): NotebookFile {
    return this.#write(name, html, baseRevision, by, null);
  }

  /**
   * Saves an earlier version once more; what it replaces stays in the history. Undefined when that version is not kept.
   * Throws StaleRevisionError when the file has another revision than `baseRevision` by now.
   */
  restore(
    name: string,
    revision: string,
    baseRevision: string | null,
    by: string | null,
  ): NotebookFile | undefined {
    const html = this.version(name, revision)?.html;
    return html === undefined ? undefined : this.#write(name, html, baseRevision, by, revision);
  }

  /** Versions of a notebook, the newest first. The file itself leads when it was changed by other means than Spoor. */
  history(name: string): NotebookVersion[] {
    const current = this.read(name);
    if (current) this.#noteFound(current);
    return this.#history.list(name);
  }

  /** One version with its text, or undefined when it is not kept. */
  version(name: string, revision: string): NotebookFile | undefined {
    if (!NOTEBOOK_NAME.test(name)) return undefined;
    const current = this.read(name);
    if (current?.revision === revision) return current;
    const html = this.#history.text(name, revision);
    return html === undefined ? undefined : { name, html, revision };
  }

  /** Revision of the file as it is now, and who saved it when (null when nobody here did). */
  newest(
    name: string,
  ): { readonly revision: string; readonly by: string | null; readonly at: string | null } | undefined {
    const current = this.read(name);
    if (!current) return undefined;
    const version = this.#history.newest(name);
    return version?.revision === current.revision
      ? { revision: current.revision, by: version.by, at: version.at }
      : { revision: current.revision, by: null, at: null };
  }

  #write(
    name: string,
    html: string,
    baseRevision: string | null,
    by: string | null,
    restored: string | null,
  ): NotebookFile {
    const path = this.#path(name);
    if (path === null)
      throw new Error(`${name} is no notebook name: use lower case letters, digits and dashes.`);
    const current = this.read(name);
    if (current && current.revision !== baseRevision && current.html !== html)
      throw new StaleRevisionError(current);
    if (current) this.#noteFound(current);
    const file = { name, html, revision: revisionOf(html) };
    if (current?.html !== html) {
      mkdirSync(this.#directory, { recursive: true });
      const temporary = `${path}.${randomUUID()}.part`;
      writeFileSync(temporary, html);
      renameSync(temporary, path);
    }
    const kind = restored === null ? (current ? "saved" : "made") : "restored";
    this.#history.add(name, { ...file, by, kind, ...(restored === null ? {} : { restored }) });
    return file;
  }

  /** A file that came or changed by other means (git, an editor) gets its place in the history. */
  #noteFound(current: NotebookFile): void {
    this.#history.add(current.name, { ...current, by: null, kind: "found" });
  }

  #path(name: string): string | null {
    return NOTEBOOK_NAME.test(name) ? join(this.#directory, `${name}.html`) : null;
  }
}

function revisionOf(html: string): string {
  return createHash("sha256").update(html).digest("hex").slice(0, 16);
}
