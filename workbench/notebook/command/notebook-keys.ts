import type { NotebookCellView } from "../notebook-cell.ts";
import type { CommandId } from "./commands.ts";
import { KeySequence } from "./key-sequence.ts";

const WRITES = "input, textarea, select, [contenteditable=true], dialog";

/** Turns keys into commands: those of a selected cell, those that hold while its text is edited, those of the page. */
export class NotebookKeys {
  readonly #host: HTMLElement;
  readonly #perform: (command: CommandId, id: number | null) => void;
  readonly #cellKeys = new KeySequence("cell");
  readonly #editorKeys = new KeySequence("editor");

  constructor(host: HTMLElement, perform: (command: CommandId, id: number | null) => void) {
    this.#host = host;
    this.#perform = perform;
  }

  start(): void {
    window.addEventListener("keydown", this.#onPageKey);
    this.#host.addEventListener("keydown", this.#onCapturedKey, { capture: true });
    this.#host.addEventListener("keydown", this.#onKey);
  }

  stop(): void {
    window.removeEventListener("keydown", this.#onPageKey);
    this.#host.removeEventListener("keydown", this.#onCapturedKey, { capture: true });
    this.#host.removeEventListener("keydown", this.#onKey);
  }

  /** While a text is edited: keys that the notebook takes before the editor does. */
  #onCapturedKey = (event: KeyboardEvent): void => {
    const target = event.target as Element;
    const view = target.closest<NotebookCellView>("spoor-notebook-cell");
    if (!view || !target.closest(".cm-content") || event.isComposing || event.key === "Escape") return;
    const command = this.#editorKeys.take(event, event.timeStamp);
    if (command === null || command === "begun") return;
    event.preventDefault();
    event.stopPropagation();
    this.#perform(command, view.cell.id);
  };

  #onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing) return;
    const target = event.target as Element;
    const view = target.closest<NotebookCellView>("spoor-notebook-cell");
    if (!view) return;
    if (target !== view) {
      if (event.key !== "Escape" || target.closest("wa-dropdown")?.hasAttribute("open")) return;
      event.preventDefault();
      this.#perform("leave", view.cell.id);
      return;
    }
    // A text that is selected on the page is copied as everywhere.
    if ((event.ctrlKey || event.metaKey) && event.key === "c" && !getSelection()?.isCollapsed) return;
    const command = this.#cellKeys.take(event, event.timeStamp);
    if (command === null) return;
    event.preventDefault();
    event.stopPropagation();
    if (command !== "begun") this.#perform(command, view.cell.id);
  };

  #onPageKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || !(event.metaKey || event.ctrlKey)) return;
    const key = event.key.toLowerCase();
    if (key === "s") {
      event.preventDefault();
      this.#perform("save", null);
      return;
    }
    if ((event.target as Element | null)?.closest?.(WRITES)) return;
    if (key === "z" || key === "y") {
      event.preventDefault();
      this.#perform(key === "y" || event.shiftKey ? "redo" : "undo", null);
    }
  };
}
