import type { Slot } from "../../frame/protocol.ts";

/** What of a cell's element the layout needs. */
export interface PlacedCell {
  readonly cell: { readonly id: number; readonly hidden: boolean };
  readonly outputSlot: HTMLElement | null;
}

/**
 * Tells the frame where each output belongs: it lies behind the cells, as tall as all of them, and an output stands at
 * the height of its cell's empty place. At most once a frame of the screen.
 */
export class OutputLayout {
  readonly #column: () => HTMLElement | null;
  readonly #cells: () => Iterable<PlacedCell>;
  readonly #send: (slots: readonly Slot[]) => void;
  readonly #resized = new ResizeObserver(() => this.ask());
  #watched: Element | null = null;
  #asked = false;
  #sent = "";

  constructor(
    column: () => HTMLElement | null,
    cells: () => Iterable<PlacedCell>,
    send: (slots: readonly Slot[]) => void,
  ) {
    this.#column = column;
    this.#cells = cells;
    this.#send = send;
  }

  /** Asks for a layout before the screen is drawn next. */
  ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame(() => {
      this.#asked = false;
      this.#place();
    });
  }

  /** Follows the size of the cells. */
  watch(cells: Element | null): void {
    if (cells === this.#watched) return;
    this.#resized.disconnect();
    this.#watched = cells;
    if (cells) this.#resized.observe(cells);
  }

  /** A new frame knows of no places yet. */
  forget(): void {
    this.#sent = "";
    this.ask();
  }

  stop(): void {
    this.#resized.disconnect();
    this.#watched = null;
  }

  #place(): void {
    const column = this.#column();
    if (!column) return;
    const { top } = column.getBoundingClientRect();
    const slots: Slot[] = [];
    for (const { cell, outputSlot } of this.#cells()) {
      if (!outputSlot) continue;
      const place = Math.round(outputSlot.getBoundingClientRect().top - top);
      slots.push({ id: cell.id, top: place, shown: !cell.hidden });
    }
    const text = JSON.stringify(slots);
    if (text === this.#sent) return;
    this.#sent = text;
    this.#send(slots);
  }
}
