import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../connectors/time/instant.ts";
import { compareNotebooks, type NotebookChange } from "../../notebooks/document/compare-notebooks.ts";
import { parseNotebook } from "../../notebooks/document/notebook-html.ts";
import type { NotebookVersion } from "../api/api.ts";
import { type DatedVersion, thinVersions } from "./version-thinning.ts";

interface KeptVersion extends DatedVersion {
  readonly revision: string;
  /** The version that was restored. */
  readonly restored: string | null;
  readonly change: NotebookChange;
}

const INDEX = "versions.ndjson";
const THIN_EVERY = 50;

/**
 * Every version of every notebook: its text once for each revision, and a list of who made it, when, and what changed.
 * A folder for each notebook under `.spoor/history/`.
 */
export class NotebookHistory {
  readonly #folder: string;
  readonly #clock: Clock;

  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  /** Keeps a version, unless it is the newest one already. `by` is null for a change that nobody made here. */
  add(
    name: string,
    version: {
      readonly html: string;
      readonly revision: string;
      readonly by: string | null;
      readonly kind: DatedVersion["kind"];
      readonly restored?: string;
    },
  ): void {
    const known = this.#read(name);
    const last = known.at(-1);
    if (last?.revision === version.revision) return;
    const folder = join(this.#folder, name);
    mkdirSync(folder, { recursive: true });
    const text = join(folder, `${version.revision}.html`);
    if (!existsSync(text)) {
      writeFileSync(`${text}.part`, version.html);
      renameSync(`${text}.part`, text);
    }
    const kept: KeptVersion = {
      revision: version.revision,
      atMs: this.#clock(),
      by: version.by,
      kind: version.kind,
      restored: version.restored ?? null,
      change: this.#change(name, last?.revision ?? null, version.html),
    };
    const index = join(folder, INDEX);
    const cutShort = existsSync(index) && !readFileSync(index, "utf8").endsWith("\n");
    appendFileSync(index, `${cutShort ? "\n" : ""}${JSON.stringify(kept)}\n`);
    if ((known.length + 1) % THIN_EVERY === 0) this.#thin(name, [...known, kept]);
  }

  /** Newest first. */
  list(name: string): NotebookVersion[] {
    return this.#read(name)
      .map(({ atMs, ...version }) => ({ ...version, at: new Date(atMs).toISOString() }))
      .reverse();
  }

  /** The text of a version, or undefined when it is not kept. */
  text(name: string, revision: string): string | undefined {
    if (!this.#read(name).some((version) => version.revision === revision)) return undefined;
    const path = join(this.#folder, name, `${revision}.html`);
    return existsSync(path) ? readFileSync(path, "utf8") : undefined;
  }

  /** Who made the newest version, and when; undefined without one. */
  newest(name: string): NotebookVersion | undefined {
    return this.list(name)[0];
  }

  #change(name: string, before: string | null, html: string): NotebookChange {
    const old = before === null ? "" : (this.text(name, before) ?? "");
    return compareNotebooks(parseNotebook(old), parseNotebook(html));
  }

  #read(name: string): KeptVersion[] {
    const path = join(this.#folder, name, INDEX);
    if (!existsSync(path)) return [];
    return readFileSync(path, "utf8")
      .split("\n")
      .flatMap((line) => {
        try {
          return line === "" ? [] : [JSON.parse(line) as KeptVersion];
        } catch {
          // A line that a crash cut short names a version that was never told to anybody.
          return [];
        }
      });
  }

  /** Drops versions between others, and says anew what changed in those that stay. */
  #thin(name: string, versions: readonly KeptVersion[]): void {
    const kept = thinVersions(versions, this.#clock());
    if (kept.length === versions.length) return;
    const texts = new Set(kept.map(({ revision }) => revision));
    const dropped = new Set(versions.filter((version) => !kept.includes(version)));
    const folder = join(this.#folder, name);
    const lines = kept.map((version, index) => {
      const follows = dropped.has(versions[versions.indexOf(version) - 1]!);
      const html = follows ? this.text(name, version.revision) : undefined;
      const change =
        html === undefined ? version.change : this.#change(name, kept[index - 1]?.revision ?? null, html);
      return JSON.stringify({ ...version, change });
    });
    writeFileSync(join(folder, `${INDEX}.part`), `${lines.join("\n")}\n`);
    renameSync(join(folder, `${INDEX}.part`), join(folder, INDEX));
    for (const { revision } of dropped)
      if (!texts.has(revision)) rmSync(join(folder, `${revision}.html`), { force: true });
  }
}
