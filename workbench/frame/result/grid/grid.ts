import type { LoadedRow } from "../row-windows.ts";
import type { TableColumn } from "../table-state.ts";
import { type ColumnLayout, columnsInView, layOutColumns, type PlacedColumn } from "./column-layout.ts";
import { type CellPlace, movedBy } from "./grid-keys.ts";
import { ROW_PX, RowPool } from "./row-pool.ts";
import { ScrollScale } from "./scroll-scale.ts";

/** Height of a head with and without the picture of what its column holds. */
export const HEAD_PX = 76;
export const SHORT_HEAD_PX = 26;
const OVERSCAN_ROWS = 6;

/** What a grid shows. */
export interface GridModel {
  readonly label: string;
  /** Shown columns, pinned ones first. */
  readonly columns: readonly TableColumn[];
  readonly rowCount: number;
  readonly headPx: number;
  row(index: number): LoadedRow | null;
  /** The element in the head of a column; the same one at each call. */
  head(column: TableColumn): HTMLElement;
}

/** A range of rows, both included. */
export interface RowRange {
  readonly first: number;
  readonly last: number;
}

export interface GridListener {
  rowsInView(from: number, until: number, direction: -1 | 0 | 1): void;
  columnsInView(columns: readonly TableColumn[]): void;
  /** Enter on a row. */
  openRow(row: number): void;
  cellMenu(place: CellPlace): void;
  /** A key on a head: the menu of the column, or its order. */
  headMenu(column: TableColumn): void;
  headSort(column: TableColumn, more: boolean): void;
  moveColumn(column: TableColumn, by: -1 | 1): void;
  resizeColumn(column: TableColumn, widthPx: number): void;
  copy(): void;
  selectionChanged(): void;
}

/**
 * A table over any number of rows. Only what is in view is in the document; heads stay where they are while rows move.
 * One tab stop: arrows, Page, Home and End move the active cell.
 */
export class Grid {
  readonly element: HTMLElement;
  readonly #model: () => GridModel;
  readonly #listener: GridListener;
  readonly #canvas = part("grid-canvas", "presentation");
  readonly #head = part("grid-head", "rowgroup");
  readonly #headRow = part("grid-row grid-heads", "row");
  readonly #headPinned = part("grid-pinned", "presentation");
  readonly #corner = part("grid-number", "columnheader");
  readonly #body = part("grid-body", "rowgroup");
  readonly #pool: RowPool;
  #layout: ColumnLayout;
  #scale = new ScrollScale(0, 0);
  /** The content's pixel at the top of the view. */
  #top = 0;
  /** The bar's place that this grid set itself. */
  #ownBarTop = 0;
  #direction: -1 | 0 | 1 = 0;
  #asked = false;
  #refill = true;
  #headsKey = "";
  #inViewKey = "";
  #headPx = HEAD_PX;
  #active: CellPlace = { row: 0, place: 0 };
  #anchor: number | null = null;
  #dragging = false;

  constructor(id: string, model: () => GridModel, listener: GridListener) {
    this.#model = model;
    this.#listener = listener;
    this.element = part("grid", "grid");
    this.element.tabIndex = 0;
    this.#layout = layOutColumns([], 0);
    this.#pool = new RowPool(this.#body, id);
    this.#corner.textContent = "#";
    this.#corner.title = "Row";
    this.#headPinned.append(this.#corner);
    this.#headRow.append(this.#headPinned);
    this.#headRow.setAttribute("aria-rowindex", "1");
    this.#head.append(this.#headRow);
    this.#canvas.append(this.#head, this.#body);
    this.element.append(this.#canvas);
    this.element.addEventListener("scroll", this.#onScroll, { passive: true });
    this.element.addEventListener("wheel", this.#onWheel, { passive: false });
    this.element.addEventListener("keydown", this.#onKey);
    this.#body.addEventListener("pointerdown", this.#onPointerDown);
    this.#body.addEventListener("pointermove", this.#onPointerMove);
    this.#body.addEventListener("pointerup", () => {
      this.#dragging = false;
    });
    this.#body.addEventListener("contextmenu", (event) => {
      const place = this.#placeOf(event.target);
      if (!place) return;
      event.preventDefault();
      this.#activate(place, false);
      this.#listener.cellMenu(place);
    });
    new ResizeObserver(() => this.changed(false)).observe(this.element);
  }

  /** The active cell; row -1 is the head. */
  get active(): CellPlace {
    return this.#active;
  }

  /** Selected rows; the active one alone when no range was selected. */
  get selection(): RowRange {
    const other = this.#anchor ?? this.#active.row;
    const row = Math.max(0, this.#active.row);
    return { first: Math.max(0, Math.min(row, other)), last: Math.max(row, other) };
  }

  /** True when a person selected more than the active row. */
  get hasRange(): boolean {
    return this.#anchor !== null && this.#anchor !== this.#active.row;
  }

  selectAll(): void {
    this.#anchor = 0;
    this.#active = { ...this.#active, row: this.#model().rowCount - 1 };
    this.#changedSelection();
  }

  /** The element of the active cell when it is in the document. */
  get activeElement(): HTMLElement | null {
    const { row, place } = this.#active;
    if (row < 0) {
      const column = this.#model().columns[place];
      return column ? this.#model().head(column) : null;
    }
    return this.#body.querySelector(`#${CSS.escape(this.#pool.cellId(row, place))}`);
  }

  /** Columns, rows or what they hold changed; shown at the next frame. */
  changed(refill: boolean): void {
    this.#refill ||= refill;
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame(() => {
      this.#asked = false;
      this.#draw();
    });
  }

  /** Shows the first row, as after a new order. */
  toTop(): void {
    this.#setTop(0);
    this.#active = { ...this.#active, row: Math.min(0, this.#active.row) };
    this.#anchor = null;
  }

  /** Makes a row the active one and brings it into view. */
  goTo(row: number): void {
    this.#activate({ row, place: this.#active.place }, false);
  }

  /** The column at a place of the screen, CSS pixels from the left of the window. */
  columnAt(clientX: number): TableColumn | null {
    const x = clientX - this.element.getBoundingClientRect().left;
    const under = ({ left, column }: PlacedColumn, at: number) => at >= left && at < left + column.widthPx;
    if (x < this.#layout.pinnedPx)
      return this.#layout.pinned.find((placed) => under(placed, x))?.column ?? null;
    const inRow = x + this.element.scrollLeft;
    return this.#layout.free.find((placed) => under(placed, inRow))?.column ?? null;
  }

  get #viewPx(): number {
    return Math.max(0, this.element.clientHeight - this.#headPx);
  }

  #draw(): void {
    if (!this.element.isConnected) return;
    const model = this.#model();
    const { columns, rowCount } = model;
    this.#layout = layOutColumns(columns, rowCount);
    if (model.headPx !== this.#headPx) this.#scale = new ScrollScale(0, 0);
    this.#headPx = model.headPx;
    this.element.style.setProperty("--head-height", `${model.headPx}px`);
    const scale = new ScrollScale(rowCount * ROW_PX, this.#viewPx);
    if (scale.contentPx !== this.#scale.contentPx || scale.viewPx !== this.#scale.viewPx) {
      this.#scale = scale;
      this.#canvas.style.height = `${this.#headPx + scale.boxPx}px`;
      this.#setTop(scale.clamp(this.#top));
    }
    this.#canvas.style.width = `${this.#layout.widthPx}px`;
    const inView = columnsInView(this.#layout, this.element.scrollLeft, this.element.clientWidth);
    this.#drawHeads(model, inView);
    const inViewKey = [...this.#layout.pinned, ...inView]
      .map(({ column, left }) => `${column.index}:${left}:${column.widthPx}`)
      .join();
    const barTop = this.element.scrollTop;
    const first = Math.max(0, Math.floor(this.#top / ROW_PX) - OVERSCAN_ROWS);
    const last = Math.min(rowCount, Math.ceil((this.#top + this.#viewPx) / ROW_PX) + OVERSCAN_ROWS);
    const { first: selectedFirst, last: selectedLast } = this.selection;
    const range = this.hasRange;
    this.#pool.show(
      first,
      last,
      {
        layout: this.#layout,
        inView,
        columnsKey: columns.map(({ index, pinned }) => `${index}${pinned ? "p" : ""}`).join(","),
        row: (index) => model.row(index),
        top: (index) => barTop + index * ROW_PX - this.#top,
        selected: (index) => range && index >= selectedFirst && index <= selectedLast,
        active: (index) => (index === this.#active.row ? this.#active.place : null),
      },
      this.#refill || inViewKey !== this.#inViewKey,
    );
    this.#refill = false;
    this.#inViewKey = inViewKey;
    const { element } = this;
    element.setAttribute("aria-label", model.label);
    element.setAttribute("aria-rowcount", String(rowCount + 1));
    element.setAttribute("aria-colcount", String(columns.length + 1));
    element.setAttribute("aria-multiselectable", "true");
    const active = this.activeElement;
    if (active?.id) element.setAttribute("aria-activedescendant", active.id);
    else element.removeAttribute("aria-activedescendant");
    this.#listener.rowsInView(
      Math.max(0, Math.floor(this.#top / ROW_PX)),
      Math.min(rowCount, Math.ceil((this.#top + this.#viewPx) / ROW_PX)),
      this.#direction,
    );
    this.#listener.columnsInView([...this.#layout.pinned, ...inView].map(({ column }) => column));
  }

  #drawHeads(model: GridModel, inView: readonly PlacedColumn[]): void {
    this.#headRow.style.width = `${this.#layout.widthPx}px`;
    this.#corner.style.width = `${this.#layout.numberPx}px`;
    const placed = [...this.#layout.pinned, ...inView];
    const key = placed
      .map(({ column, left }) => `${column.index}:${column.pinned}:${left}:${column.widthPx}`)
      .join();
    if (key !== this.#headsKey) {
      this.#headsKey = key;
      const heads = new Set(placed.map(({ column }) => model.head(column)));
      for (const old of [...this.#headRow.children, ...this.#headPinned.children]) {
        if (old !== this.#headPinned && old !== this.#corner && !heads.has(old as HTMLElement)) old.remove();
      }
      let last: Element = this.#headPinned;
      for (const { column, left, place } of placed) {
        const head = model.head(column);
        head.style.width = `${column.widthPx}px`;
        head.style.left = column.pinned ? "" : `${left}px`;
        head.setAttribute("aria-colindex", String(place + 2));
        // In the document's order as in the eye's.
        if (column.pinned) {
          if (this.#headPinned.lastElementChild !== head) this.#headPinned.append(head);
        } else {
          if (last.nextElementSibling !== head) last.after(head);
          last = head;
        }
      }
    }
    for (const { column, place } of placed) {
      model.head(column).classList.toggle("active", this.#active.row === -1 && this.#active.place === place);
    }
  }

  #setTop(top: number): void {
    this.#top = this.#scale.clamp(top);
    this.element.scrollTop = this.#scale.barTop(this.#top);
    this.#ownBarTop = this.element.scrollTop;
    this.changed(false);
  }

  #onScroll = (): void => {
    const barTop = this.element.scrollTop;
    if (Math.abs(barTop - this.#ownBarTop) >= 1) {
      this.#direction = barTop > this.#ownBarTop ? 1 : -1;
      this.#top = this.#scale.contentTop(barTop);
      this.#ownBarTop = barTop;
    }
    this.changed(false);
  };

  /** Where the bar is too coarse, the wheel moves the content by itself. */
  #onWheel = (event: WheelEvent): void => {
    if (!this.#scale.scaled || event.ctrlKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) return;
    const unit = event.deltaMode === 1 ? ROW_PX : event.deltaMode === 2 ? this.#viewPx : 1;
    const top = this.#scale.clamp(this.#top + event.deltaY * unit);
    if (top === this.#top) return;
    event.preventDefault();
    this.#direction = event.deltaY > 0 ? 1 : -1;
    this.#setTop(top);
  };

  #onKey = (event: KeyboardEvent): void => {
    if (event.target !== this.element || event.altKey !== (event.altKey && this.#active.row === -1)) return;
    const { columns, rowCount } = this.#model();
    const column = columns[this.#active.place];
    const command = event.ctrlKey || event.metaKey;
    if (this.#active.row === -1 && column && this.#headKey(event, column)) {
      event.preventDefault();
      return;
    }
    if (command && event.key.toLowerCase() === "c" && !event.shiftKey) {
      if (getSelection()?.toString()) return;
      event.preventDefault();
      this.#listener.copy();
      return;
    }
    if (command && event.key.toLowerCase() === "a") {
      event.preventDefault();
      this.selectAll();
      return;
    }
    if (event.key === "ContextMenu" || (event.shiftKey && event.key === "F10")) {
      event.preventDefault();
      this.#listener.cellMenu(this.#active);
      return;
    }
    if (event.key === "Enter" && this.#active.row >= 0) {
      event.preventDefault();
      this.#listener.openRow(this.#active.row);
      return;
    }
    if (event.key === "Escape" && this.#anchor !== null) {
      this.#anchor = null;
      this.#changedSelection();
      return;
    }
    const moved = movedBy(event, this.#active, {
      rowCount,
      columnCount: columns.length,
      pageRows: Math.max(1, Math.floor(this.#viewPx / ROW_PX) - 1),
    });
    if (!moved) return;
    event.preventDefault();
    this.#activate(moved, event.shiftKey);
  };

  #headKey(event: KeyboardEvent, column: TableColumn): boolean {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (by !== 0 && event.altKey) {
      this.#listener.moveColumn(column, by);
      this.#active = { row: -1, place: Math.max(0, this.#active.place + by) };
      return true;
    }
    if (by !== 0 && event.shiftKey) {
      this.#listener.resizeColumn(column, column.widthPx + by * 24);
      return true;
    }
    if (event.key === "Enter" || event.key === " ") {
      this.#listener.headSort(column, event.shiftKey);
      return true;
    }
    if (event.key === "ContextMenu" || (event.shiftKey && event.key === "F10")) {
      this.#listener.headMenu(column);
      return true;
    }
    return false;
  }

  #activate(place: CellPlace, extend: boolean): void {
    if (extend && place.row >= 0) this.#anchor ??= Math.max(0, this.#active.row);
    else this.#anchor = null;
    this.#active = place;
    this.#intoView(place);
    this.#changedSelection();
  }

  #changedSelection(): void {
    this.changed(false);
    this.#listener.selectionChanged();
  }

  #intoView({ row, place }: CellPlace): void {
    if (row >= 0) {
      const top = row * ROW_PX;
      if (top < this.#top) {
        this.#direction = -1;
        this.#setTop(top);
      } else if (top + ROW_PX > this.#top + this.#viewPx) {
        this.#direction = 1;
        this.#setTop(top + ROW_PX - this.#viewPx);
      }
    }
    const placed = this.#layout.free.find((one) => one.place === place);
    if (!placed) return;
    const { element } = this;
    const left = placed.left - this.#layout.pinnedPx;
    const right = placed.left + placed.column.widthPx - element.clientWidth;
    if (element.scrollLeft > left) element.scrollLeft = left;
    else if (element.scrollLeft < right) element.scrollLeft = Math.min(left, right);
  }

  #placeOf(target: EventTarget | null): CellPlace | null {
    if (!(target instanceof Element)) return null;
    const row = target.closest<HTMLElement>("[data-row]");
    if (!row) return null;
    const cell = target.closest<HTMLElement>("[data-place]");
    return { row: Number(row.dataset.row), place: cell ? Number(cell.dataset.place) : this.#active.place };
  }

  #onPointerDown = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    const place = this.#placeOf(event.target);
    if (!place) return;
    const again =
      place.row === this.#active.row && place.place === this.#active.place && this.#anchor === null;
    this.#dragging = true;
    const focused = document.activeElement === this.element;
    this.#activate(place, event.shiftKey);
    this.element.focus({ preventScroll: true });
    event.preventDefault();
    // A click on the active cell asks what can be done with it.
    if (again && focused && !event.shiftKey) this.#listener.cellMenu(place);
  };

  #onPointerMove = (event: PointerEvent): void => {
    if (!this.#dragging) return;
    if ((event.buttons & 1) === 0) {
      this.#dragging = false;
      return;
    }
    const place = this.#placeOf(event.target);
    if (place && place.row !== this.#active.row) this.#activate(place, true);
  };
}

function part(name: string, role: string): HTMLElement {
  const element = document.createElement("div");
  element.className = name;
  element.setAttribute("role", role);
  return element;
}
