import { takeBack } from "../../../notebooks/document/merge.ts";
import type { NotebookDocument } from "../../../notebooks/document/notebook.ts";

/** One edit that can be taken back. */
export interface UndoStep {
  readonly before: NotebookDocument;
  readonly after: NotebookDocument;
  /** What was done, as a person says it: `delete 2 cells`. */
  readonly label: string;
}

export interface Undone {
  readonly notebook: NotebookDocument;
  readonly label: string;
}

const MOST_STEPS = 200;

/**
 * Edits of the notebook's structure that can be taken back and done again. A step undoes only its own change: what was
 * typed since, and what others saved, stays.
 */
export class UndoStack {
  readonly #done: UndoStep[] = [];
  #undone: UndoStep[] = [];

  get undoLabel(): string | null {
    return this.#done.at(-1)?.label ?? null;
  }

  get redoLabel(): string | null {
    return this.#undone.at(-1)?.label ?? null;
  }

  record(before: NotebookDocument, after: NotebookDocument, label: string): void {
    if (before === after) return;
    this.#done.push({ before, after, label });
    if (this.#done.length > MOST_STEPS) this.#done.shift();
    this.#undone = [];
  }

  /** Takes the last step back on the notebook as it is now; null when there is none. */
  undo(now: NotebookDocument): Undone | null {
    const step = this.#done.pop();
    if (!step) return null;
    const notebook = takeBack(step.before, step.after, now);
    this.#undone.push({ before: notebook, after: now, label: step.label });
    return { notebook, label: step.label };
  }

  /** Does again what was taken back last; null when there is nothing. */
  redo(now: NotebookDocument): Undone | null {
    const step = this.#undone.pop();
    if (!step) return null;
    const notebook = takeBack(step.after, step.before, now);
    this.#done.push({ before: now, after: notebook, label: step.label });
    return { notebook, label: step.label };
  }

  clear(): void {
    this.#done.length = 0;
    this.#undone = [];
  }
}
