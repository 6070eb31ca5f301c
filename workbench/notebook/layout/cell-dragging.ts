import type { NotebookCellView } from "../notebook-cell.ts";

export interface DraggingListener {
  /** Cells that go together with the one that is dragged. */
  meant(id: number): readonly number[];
  ids(): readonly number[];
  /** Before this cell; null: at the end. */
  drop(ids: readonly number[], before: number | null): void;
  changed(): void;
}

/** Cells are dragged by their grip; a line shows where they would come to stand. */
export class CellDragging {
  readonly #host: HTMLElement;
  readonly #listener: DraggingListener;
  #dragged: readonly number[] = [];
  #before: number | "end" | null = null;

  constructor(host: HTMLElement, listener: DraggingListener) {
    this.#host = host;
    this.#listener = listener;
  }

  /** The cell before which the dragged ones would stand, "end", or null while nothing is dragged. */
  get before(): number | "end" | null {
    return this.#before;
  }

  begin(id: number, event: DragEvent): void {
    this.#dragged = this.#listener.meant(id);
    if (event.dataTransfer) {
      event.dataTransfer.setData("text/plain", "");
      event.dataTransfer.effectAllowed = "move";
      const view = this.#views().find(({ cell }) => cell.id === id);
      if (view) event.dataTransfer.setDragImage(view, 16, 16);
    }
    // The frame would swallow the pointer: the cells lie over it as long as one is dragged. A document that changes in
    // the event itself would end the drag.
    setTimeout(() => this.#set(id));
  }

  over = (event: DragEvent): void => {
    if (this.#dragged.length === 0) return;
    event.preventDefault();
    const before = this.#views().find((view) => {
      const { top, height } = view.getBoundingClientRect();
      return event.clientY < top + height / 2;
    });
    this.#set(before?.cell.id ?? "end");
  };

  drop = (event: DragEvent): void => {
    event.preventDefault();
    const [before, moved] = [this.#before, this.#dragged];
    this.end();
    if (before === null || moved.length === 0) return;
    // Before a cell that is dragged itself means before the next that is not.
    const ids = this.#listener.ids();
    const target = ids
      .slice(before === "end" ? ids.length : ids.indexOf(before))
      .find((id) => !moved.includes(id));
    this.#listener.drop(moved, target ?? null);
  };

  end = (): void => {
    this.#dragged = [];
    this.#set(null);
  };

  #set(before: number | "end" | null): void {
    if (before === this.#before) return;
    this.#before = before;
    this.#listener.changed();
  }

  #views(): NotebookCellView[] {
    return [...this.#host.querySelectorAll<NotebookCellView>("spoor-notebook-cell")];
  }
}
