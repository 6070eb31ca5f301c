import { isNumeric } from "../column-kind.ts";
import type { LoadedRow } from "../row-windows.ts";
import type { ColumnLayout, PlacedColumn } from "./column-layout.ts";

export const ROW_PX = 24;
const LONGEST_TEXT = 400;

interface PooledRow {
  readonly element: HTMLElement;
  readonly number: HTMLElement;
  readonly pinned: HTMLElement;
  /** By place among the shown columns. */
  readonly cells: Map<number, HTMLElement>;
  index: number;
  filled: boolean;
}

/** What rows look like now. */
export interface RowView {
  readonly layout: ColumnLayout;
  readonly inView: readonly PlacedColumn[];
  /** Changes when the columns in the rows must be made anew. */
  readonly columnsKey: string;
  row(index: number): LoadedRow | null;
  /** CSS pixels from the top of the body. */
  top(index: number): number;
  selected(index: number): boolean;
  active(index: number): number | null;
}

/** The few rows that are in the document; they are moved and filled anew while one scrolls. */
export class RowPool {
  readonly #body: HTMLElement;
  readonly #idPrefix: string;
  #rows: PooledRow[] = [];
  #columnsKey = "";

  constructor(body: HTMLElement, idPrefix: string) {
    this.#body = body;
    this.#idPrefix = idPrefix;
  }

  cellId(row: number, place: number): string {
    return `${this.#idPrefix}-${row}-${place}`;
  }

  /** Shows rows `from` to `until` (not included). `refill`: what they hold may have changed. */
  show(from: number, until: number, view: RowView, refill: boolean): void {
    const again = refill || view.columnsKey !== this.#columnsKey;
    if (view.columnsKey !== this.#columnsKey) {
      this.#columnsKey = view.columnsKey;
      for (const row of this.#rows) row.element.remove();
      this.#rows = [];
    }
    const free: PooledRow[] = [];
    const used = new Map<number, PooledRow>();
    for (const row of this.#rows) {
      if (row.index >= from && row.index < until) used.set(row.index, row);
      else free.push(row);
    }
    const shown: PooledRow[] = [];
    for (let index = from; index < until; index += 1) {
      let row = used.get(index);
      const moved = !row;
      row ??= free.pop() ?? this.#make();
      if (moved) {
        row.index = index;
        row.filled = false;
      }
      if (moved || again || !row.filled) this.#fill(row, view);
      this.#place(row, view);
      shown.push(row);
    }
    for (const row of free) row.element.remove();
    this.#rows = shown;
  }

  #make(): PooledRow {
    const element = document.createElement("div");
    element.className = "grid-row";
    element.setAttribute("role", "row");
    const pinned = document.createElement("div");
    pinned.className = "grid-pinned";
    pinned.setAttribute("role", "presentation");
    const number = document.createElement("div");
    number.className = "grid-number";
    number.setAttribute("role", "rowheader");
    pinned.append(number);
    element.append(pinned);
    this.#body.append(element);
    return { element, number, pinned, cells: new Map(), index: -1, filled: false };
  }

  #place(row: PooledRow, view: RowView): void {
    row.element.style.transform = `translateY(${view.top(row.index)}px)`;
    row.element.classList.toggle("selected", view.selected(row.index));
    const active = view.active(row.index);
    for (const [place, cell] of row.cells) cell.classList.toggle("active", place === active);
  }

  #fill(row: PooledRow, view: RowView): void {
    const { layout, inView } = view;
    row.element.setAttribute("aria-rowindex", String(row.index + 2));
    row.element.dataset.row = String(row.index);
    row.element.style.width = `${layout.widthPx}px`;
    row.number.style.width = `${layout.numberPx}px`;
    const numberText = (row.index + 1).toLocaleString("en-US");
    if (row.number.textContent !== numberText) row.number.textContent = numberText;
    const loaded = view.row(row.index);
    row.element.classList.toggle("loading", loaded === null);
    row.filled = loaded !== null;
    const wanted = new Set<number>();
    for (const placed of [...layout.pinned, ...inView]) {
      wanted.add(placed.place);
      let cell = row.cells.get(placed.place);
      if (!cell) {
        cell = document.createElement("td");
        cell.setAttribute("role", "gridcell");
        cell.setAttribute("aria-colindex", String(placed.place + 2));
        cell.dataset.place = String(placed.place);
        if (placed.column.pinned) row.pinned.append(cell);
        else row.element.append(cell);
        row.cells.set(placed.place, cell);
      }
      cell.id = this.cellId(row.index, placed.place);
      cell.style.width = `${placed.column.widthPx}px`;
      if (!placed.column.pinned) cell.style.left = `${placed.left}px`;
      setText(cell, loaded, placed);
    }
    for (const [place, cell] of row.cells) {
      if (wanted.has(place)) continue;
      cell.remove();
      row.cells.delete(place);
    }
  }
}

/** Values are set as text, never as markup. NULL looks different from an empty text. */
function setText(cell: HTMLElement, loaded: LoadedRow | null, { column }: PlacedColumn): void {
  const text = loaded ? loaded.table.text(loaded.row, column.index) : "";
  const kind = text === null ? "missing" : isNumeric(column.type) ? "numeric" : "";
  const shown = text === null ? "null" : shortened(text);
  const name = `grid-cell ${kind}`;
  if (cell.className !== name) cell.className = name;
  if (cell.textContent !== shown) cell.textContent = shown;
  if (text !== null && text.length * 6.6 > column.widthPx - 14) cell.title = text.slice(0, 2000);
  else if (cell.hasAttribute("title")) cell.removeAttribute("title");
}

function shortened(text: string): string {
  const line = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
  return line.replace(/\r\n|[\r\n\t]/g, " ⏎ ");
}
