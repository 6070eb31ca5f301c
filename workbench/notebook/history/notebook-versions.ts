import { BESIDE_ATTRIBUTE } from "../../../notebooks/document/merge.ts";
import { type NotebookDocument, newNotebook } from "../../../notebooks/document/notebook.ts";
import { parseNotebook } from "../../../notebooks/document/notebook-html.ts";
import type { NotebookFile, NotebookVersion } from "../../../server/api/api.ts";
import { asFailure } from "../../api/api-failure.ts";
import type { ShownVersion } from "./version-dialog.ts";

export interface VersionsPort {
  list(): Promise<readonly NotebookVersion[]>;
  read(revision: string): Promise<NotebookFile>;
}

export interface VersionsListener {
  changed(): void;
  /** The notebook as it stands, and the revision that is saved. */
  notebook(): NotebookDocument;
  revision(): string | null;
  /** Puts a version in the place of the notebook. */
  restore(version: NotebookVersion): Promise<void>;
  show(comparison: ShownVersion): Promise<void>;
  explain(title: string, explanation: string): void;
}

/** The history of the notebook, as it is shown. */
export class NotebookVersions {
  readonly #port: VersionsPort;
  readonly #listener: VersionsListener;
  /** Null until they are asked for. */
  versions: readonly NotebookVersion[] | null = null;
  failure = "";

  constructor(port: VersionsPort, listener: VersionsListener) {
    this.#port = port;
    this.#listener = listener;
  }

  async load(): Promise<void> {
    try {
      this.versions = await this.#port.list();
      this.failure = "";
    } catch (error) {
      this.failure = asFailure(error).message;
    }
    this.#listener.changed();
  }

  /** Shows what a version changed against the one before, with the way back to it. */
  async open(version: NotebookVersion, before: NotebookVersion | null): Promise<void> {
    try {
      await this.#listener.show(await this.#compare(version, before));
    } catch (error) {
      this.#listener.explain("The version could not be opened", asFailure(error).message);
    }
  }

  /** Shows two versions of one cell that two people wrote. */
  async compareCells(copy: number): Promise<void> {
    const { cells } = this.#listener.notebook();
    const mine = cells.find(({ id }) => id === copy);
    const other = cells.find(({ id }) => id === Number(mine?.attributes[BESIDE_ATTRIBUTE]));
    if (!mine || !other) return;
    await this.#listener.show({
      title: "Two versions of one cell",
      before: newNotebook({ cells: [other] }),
      after: newNotebook({ cells: [{ ...mine, id: other.id }] }),
      beforeLabel: "the cell above",
      afterLabel: "this version",
      now: null,
      restore: null,
    });
  }

  async #compare(version: NotebookVersion, before: NotebookVersion | null): Promise<ShownVersion> {
    const read = async (revision: string) => parseNotebook((await this.#port.read(revision)).html);
    const [later, earlier] = await Promise.all([
      read(version.revision),
      before ? read(before.revision) : newNotebook({}),
    ]);
    const isNow = version.revision === this.#listener.revision();
    return {
      title: `${version.by ?? "Changed outside"}, ${clock(version)}`,
      before: earlier,
      after: later,
      beforeLabel: before ? clock(before) : "an empty notebook",
      afterLabel: clock(version),
      now: isNow ? null : this.#listener.notebook(),
      restore: isNow
        ? null
        : async () => {
            await this.#listener.restore(version);
            await this.load();
          },
    };
  }
}

function clock(version: NotebookVersion): string {
  return `${version.at.slice(0, 16).replace("T", " ")} UTC`;
}
