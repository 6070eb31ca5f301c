import { type MergedNotebook, mergeNotebooks } from "../../../notebooks/document/merge.ts";
import type { NotebookDocument } from "../../../notebooks/document/notebook.ts";
import { parseNotebook, serializeNotebook } from "../../../notebooks/document/notebook-html.ts";
import type { NotebookFile, NotebookPulse, PersonPresent } from "../../../server/api/api.ts";
import { asFailure } from "../../api/api-failure.ts";

export type SavingState = "saved" | "unsaved" | "saving" | "failed";

/** The calls of the server that saving needs. */
export interface SavingPort {
  read(): Promise<NotebookFile>;
  /** Throws ApiFailure with status 409 when the file has another revision than `baseRevision`. */
  save(html: string, baseRevision: string | null): Promise<NotebookFile>;
  pulse(window: { readonly cell: number | null; readonly hidden: boolean }): Promise<NotebookPulse>;
}

/** Who saved what was merged; null when the file was changed by other means. */
export interface SavedBy {
  readonly by: string | null;
  readonly at: string | null;
}

export interface SavingListener {
  /** The notebook as it stands on the page now. */
  notebook(): NotebookDocument;
  /** Somebody else saved: the page takes the merged notebook at once. */
  adopt(merged: MergedNotebook, saved: SavedBy): void;
  stateChanged(state: SavingState): void;
  othersChanged(others: readonly PersonPresent[]): void;
}

const SAVE_AFTER_MS = 1000;
const TRY_AGAIN_AFTER_MS = 5000;
/** Saves that meet a newer version this often in a row wait for the next try. */
const MOST_MERGES = 8;

/**
 * Saves a notebook by itself and merges what others saved meanwhile, so that no save is lost. One thing at a time goes
 * to the server; what is typed in between is part of the next save.
 */
export class NotebookSaving {
  readonly #port: SavingPort;
  readonly #listener: SavingListener;
  #base: {
    readonly notebook: NotebookDocument;
    readonly html: string;
    readonly revision: string | null;
  } | null = null;
  /** What was sent and not answered: it may have been saved all the same. */
  #unanswered: string[] = [];
  #work: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #state: SavingState = "saved";
  #others = "";

  constructor(port: SavingPort, listener: SavingListener) {
    this.#port = port;
    this.#listener = listener;
  }

  get state(): SavingState {
    return this.#state;
  }

  /** The revision that the page last saw saved. */
  get revision(): string | null {
    return this.#base?.revision ?? null;
  }

  /** Starts from a file as it was read. */
  begin(file: NotebookFile): void {
    this.stop();
    this.#base = { notebook: parseNotebook(file.html), html: file.html, revision: file.revision };
    this.#set("saved");
  }

  /** The page has changed: it is saved when nothing changes for a moment. */
  changed(): void {
    if (this.#state !== "saving") this.#set("unsaved");
    this.#later(SAVE_AFTER_MS);
  }

  /** Saves now. Resolves when it is saved or has failed; `state` says which. */
  save(): Promise<void> {
    return this.#next(() => this.#save());
  }

  /** Says that this window is there, and takes what others saved. Never throws: a server that is away is met again. */
  async pulse(window: { readonly cell: number | null; readonly hidden: boolean }): Promise<void> {
    let pulse: NotebookPulse;
    try {
      pulse = await this.#port.pulse(window);
    } catch {
      return;
    }
    const others = JSON.stringify(pulse.others);
    if (others !== this.#others) {
      this.#others = others;
      this.#listener.othersChanged(pulse.others);
    }
    if (pulse.revision === null || pulse.revision === this.revision) return;
    await this.#next(async () => {
      try {
        await this.#takeTheirs(pulse);
      } catch {
        // The next pulse tries again.
      }
    });
  }

  /**
   * Saves, then lets the server put another text in its place (an earlier version). Gives what is there then; throws as
   * `replace` does, and Error when the save before it failed.
   */
  async replace(replace: (baseRevision: string | null) => Promise<NotebookFile>): Promise<NotebookDocument> {
    await this.save();
    if (this.#state === "failed") throw new Error("The notebook could not be saved first. Try again.");
    let taken: NotebookDocument | null = null;
    let failure: unknown = null;
    await this.#next(async () => {
      try {
        const file = await replace(this.revision);
        taken = parseNotebook(file.html);
        this.#base = { notebook: taken, html: file.html, revision: file.revision };
      } catch (error) {
        failure = error;
      }
    });
    if (!taken) throw failure;
    return taken;
  }

  /** No more saving by itself. What was not saved stays unsaved. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #next(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(work);
    return this.#work;
  }

  #later(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.save(), ms);
  }

  #set(state: SavingState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#listener.stateChanged(state);
  }

  async #save(): Promise<void> {
    clearTimeout(this.#timer);
    if (!this.#base) return;
    for (let tries = 0; ; tries += 1) {
      const html = serializeNotebook(this.#listener.notebook());
      if (html === this.#base.html) {
        this.#set("saved");
        return;
      }
      this.#set("saving");
      try {
        this.#unanswered.push(html);
        const { revision } = await this.#port.save(html, this.#base.revision);
        this.#base = { notebook: parseNotebook(html), html, revision };
        this.#unanswered = [];
      } catch (error) {
        if (asFailure(error).status !== 409 || tries >= MOST_MERGES || !(await this.#mergeNow())) {
          this.#set("failed");
          this.#later(TRY_AGAIN_AFTER_MS);
          return;
        }
      }
    }
  }

  async #mergeNow(): Promise<boolean> {
    try {
      await this.#takeTheirs({ by: null, at: null });
      return true;
    } catch {
      return false;
    }
  }

  async #takeTheirs({ by, at }: SavedBy): Promise<void> {
    const file = await this.#port.read();
    const base = this.#base;
    if (!base || file.revision === base.revision) return;
    const theirs = parseNotebook(file.html);
    this.#base = { notebook: theirs, html: file.html, revision: file.revision };
    // The answer to an own save was lost on its way: it is no work of somebody else.
    const isOwn = this.#unanswered.includes(file.html);
    this.#unanswered = [];
    if (isOwn) return;
    const mine = this.#listener.notebook();
    const merged = mergeNotebooks(base.notebook, mine, theirs);
    this.#listener.adopt(merged, { by, at });
    if (serializeNotebook(merged.notebook) !== file.html) this.changed();
    else if (this.#state !== "saving") this.#set("saved");
  }
}
