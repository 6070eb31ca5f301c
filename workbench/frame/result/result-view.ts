import { html, nothing, render } from "lit";
import type { ResultFilter, ResultSort } from "../../../notebooks/result/result.ts";
import type { PageChannel } from "../page-channel.ts";
import { type CopyFormat, copyText } from "./copy-text.ts";
import { type RowDetailActions, rowDetail } from "./detail/row-detail.ts";
import { fittingWidth } from "./grid/column-layout.ts";
import { Grid, HEAD_PX, SHORT_HEAD_PX } from "./grid/grid.ts";
import type { CellPlace } from "./grid/grid-keys.ts";
import { ROW_PX } from "./grid/row-pool.ts";
import { ColumnHead } from "./head/column-head.ts";
import { ColumnSummaries } from "./head/column-summaries.ts";
import { countText } from "./head/shown-number.ts";
import { cellMenu } from "./menu/cell-menu.ts";
import { columnMenu } from "./menu/column-menu.ts";
import { filterForm } from "./menu/filter-form.ts";
import { menuItem } from "./menu/menu-item.ts";
import { Popup } from "./menu/popup.ts";
import { isForgotten, type OpenResult } from "./open-result.ts";
import { loadRows, namedResult } from "./provided-rows.ts";
import { keptSource, type ResultSource } from "./result-source.ts";
import { RowWindows } from "./row-windows.ts";
import { filterChips, type StatusActions, statusLine } from "./status-line.ts";
import {
  addFilter,
  changeColumn,
  moveColumn,
  moveColumnTo,
  removeFilter,
  shownColumns,
  type TableColumn,
  type TableState,
  turnSort,
} from "./table-state.ts";

const ROWS_SHOWN = 14;
/** A picture of fewer rows says less than the rows. */
const FEWEST_PICTURED = 4;
const SCROLL_BAR_PX = 12;
const COPIED_ROWS = 10_000;
const SAID_MS = 2500;
const ELAPSED_EVERY_MS = 100;

/** What others read: every row, or only the name under which the server keeps them. */
export type RowsRead = "rows" | "name";

export interface ResultViewOptions {
  readonly cell: number;
  readonly result: OpenResult;
  readonly channel: PageChannel;
  /** The result came to its end: complete, cut, failed or cancelled. */
  ended(result: OpenResult): void;
}

/** A kept result as a table; as an input its value is the rows, once somebody reads them. */
export class ResultView {
  readonly element = document.createElement("div");
  readonly #options: ResultViewOptions;
  readonly #status = document.createElement("div");
  readonly #holder = document.createElement("div");
  readonly #detail = document.createElement("div");
  readonly #chips = document.createElement("div");
  #heightPx = 0;
  readonly #popup: Popup;
  readonly #grid: Grid;
  readonly #heads = new Map<string, ColumnHead>();
  readonly #id = `result-${crypto.randomUUID().slice(0, 8)}`;
  #result: OpenResult;
  #source: ResultSource;
  #summaries: ColumnSummaries;
  #windows: RowWindows;
  #state: TableState;
  #widthsKnown = false;
  #passing: number | null = null;
  #trouble: string | null = null;
  #said: string | null = null;
  #saidTimer: ReturnType<typeof setTimeout> | undefined;
  #elapsedTimer: ReturnType<typeof setInterval> | undefined;
  #unlisten: () => void = () => undefined;
  #opened: number | null = null;
  #read: RowsRead | null = null;
  #value: unknown;

  constructor(options: ResultViewOptions) {
    this.#options = options;
    this.#result = options.result;
    const { columns, id } = options.result.opened;
    this.#source = keptSource(options.channel, id, columns);
    this.#summaries = new ColumnSummaries(this.#source, () => this.#drawHeads());
    this.#state = {
      columns: columns.map((column, index) => ({
        ...column,
        index,
        widthPx: fittingWidth(column.name, []),
        pinned: false,
        hidden: false,
      })),
      sort: [],
      filters: [],
    };
    this.#windows = this.#makeWindows();
    this.#status.className = "result-status";
    this.#holder.className = "result-grid";
    this.#detail.className = "result-detail";
    this.#grid = new Grid(
      this.#id,
      () => ({
        label: `Rows of the result of cell ${options.cell}`,
        columns: shownColumns(this.#state),
        rowCount: this.#rowCount,
        headPx: this.#short ? SHORT_HEAD_PX : HEAD_PX,
        row: (index) => this.#windows.row(index),
        head: (column) => this.#head(column).element,
      }),
      {
        rowsInView: (from, until, direction) => this.#windows.want(from, until, this.#rowCount, direction),
        columnsInView: (seen) => {
          if (this.#result.ended && !this.#short) this.#summaries.want(seen.map(({ name }) => name));
        },
        openRow: (row) => this.#open(row),
        cellMenu: (place) => this.#cellMenu(place),
        headMenu: (column) => this.#columnMenu(column),
        headSort: (column, more) => this.#order(turnSort(this.#state.sort, column.name, more)),
        moveColumn: (column, by) => this.#setState(moveColumn(this.#state, column.name, by)),
        resizeColumn: (column, widthPx) =>
          this.#setState(changeColumn(this.#state, column.name, { widthPx })),
        copy: () => void this.#copySelection(),
        selectionChanged: () => undefined,
      },
    );
    this.#chips.className = "result-filters";
    this.#chips.setAttribute("role", "group");
    this.#chips.setAttribute("aria-label", "Filters");
    this.#holder.append(this.#chips, this.#grid.element, this.#detail);
    this.element.className = "result";
    this.element.append(this.#status, this.#holder);
    this.#popup = new Popup(this.element);
    Object.defineProperty(this.element, "value", { get: () => this.#value });
    this.#detail.addEventListener("keydown", (event) => this.#onDetailKey(event));
    this.#follow();
  }

  /** Somebody reads the rows: they are there when the result has ended, and again when it is asked anew. */
  provideRows(read: RowsRead): void {
    if (this.#read === "rows" || this.#read === read) return;
    this.#read = read;
    if (this.#result.ended) void this.#provide();
  }

  get #short(): boolean {
    return this.#result.ended && this.#result.state.rowCount < FEWEST_PICTURED;
  }

  get #rowCount(): number {
    if (this.#state.filters.length > 0) return this.#passing ?? 0;
    return Math.max(this.#result.state.rowCount, this.#result.head?.rowCount ?? 0);
  }

  // The result: it grows and ends

  #follow(): void {
    const result = this.#result;
    this.#unlisten();
    let ended = false;
    let hadHead = false;
    const look = () => {
      if (this.#result !== result) return;
      if (!hadHead && result.head) {
        hadHead = true;
        this.#fitColumns();
        this.#windows.close();
        this.#windows = this.#makeWindows();
      }
      if (result.ended && !ended) {
        ended = true;
        clearInterval(this.#elapsedTimer);
        this.#options.ended(result);
        // Rows that came while it grew may stand in another order now that it is whole.
        if (this.#state.sort.length > 0 || this.#state.filters.length > 0) this.#renew();
        this.#summaries.reset(this.#state.filters);
        if (this.#read) void this.#provide();
      }
      this.#size();
      this.#drawStatus();
      this.#drawHeads();
      this.#grid.changed(true);
    };
    this.#unlisten = result.listen(look);
    clearInterval(this.#elapsedTimer);
    this.#elapsedTimer = setInterval(() => {
      if (!this.element.isConnected && this.#status.textContent) return;
      this.#drawStatus();
    }, ELAPSED_EVERY_MS);
    look();
  }

  async #again(): Promise<void> {
    try {
      const result = await this.#result.again();
      this.#result = result;
      this.#source = keptSource(this.#options.channel, result.opened.id, result.opened.columns);
      this.#summaries = new ColumnSummaries(this.#source, () => this.#drawHeads());
      this.#trouble = null;
      this.#renew();
      this.#follow();
    } catch (error) {
      this.#trouble = error instanceof Error ? error.message : String(error);
      this.#drawStatus();
    }
  }

  async #provide(): Promise<void> {
    const result = this.#result;
    const read = this.#read;
    const value = read === "name" ? namedResult(result, this.#source) : loadRows(result, this.#source);
    const rows = await value.catch(() => null);
    if (this.#result !== result || this.#read !== read) return;
    // A refusal is the value too: whoever reads it fails, with its message.
    this.#value = rows ?? value;
    this.element.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** As many rows as fit while nobody knows how many there are; no more than there are when it has ended. */
  #size(): void {
    const { ended, state } = this.#result;
    const rows = ended ? Math.min(ROWS_SHOWN, Math.max(1, state.rowCount)) : ROWS_SHOWN;
    const height = (this.#short ? SHORT_HEAD_PX : HEAD_PX) + rows * ROW_PX + SCROLL_BAR_PX + 2;
    // A reader may have drawn it taller: only another height of its own changes it.
    if (height !== this.#heightPx) this.#holder.style.height = `${height}px`;
    this.#heightPx = height;
    this.#holder.classList.toggle("without-rows", ended && state.rowCount === 0);
  }

  #fitColumns(): void {
    const { head } = this.#result;
    if (!head || this.#widthsKnown) return;
    this.#widthsKnown = head.rowCount > 0;
    const rows = Math.min(60, head.rowCount);
    this.#state = {
      ...this.#state,
      columns: this.#state.columns.map((column) => ({
        ...column,
        widthPx: fittingWidth(
          column.name,
          Array.from({ length: rows }, (_row, row) => head.text(row, column.index)?.slice(0, 80) ?? null),
        ),
      })),
    };
  }

  // Order and filters

  #makeWindows(): RowWindows {
    const source = this.#source;
    const { sort, filters } = this.#state;
    const plain = sort.length === 0 && filters.length === 0;
    return new RowWindows(
      (offset, limit) =>
        source.rows({
          offset,
          limit,
          ...(sort.length > 0 ? { sort } : {}),
          ...(filters.length > 0 ? { filters } : {}),
        }),
      plain ? this.#result.head : null,
      ({ rowCount }) => {
        if (filters.length > 0 && this.#passing !== rowCount) {
          this.#passing = rowCount;
          this.#drawStatus();
        }
        if (this.#trouble !== null) {
          this.#trouble = null;
          this.#drawStatus();
        }
        this.#grid.changed(true);
        if (this.#opened !== null) this.#drawDetail();
      },
      (error) => {
        this.#trouble = isForgotten(error)
          ? "The server no longer keeps these rows."
          : error instanceof Error
            ? error.message
            : String(error);
        this.#drawStatus();
      },
    );
  }

  #renew(): void {
    this.#windows.close();
    this.#windows = this.#makeWindows();
    if (this.#state.filters.length > 0) this.#windows.want(0, 1, 1, 0);
    this.#grid.changed(true);
  }

  #setState(state: TableState): void {
    this.#state = state;
    this.#drawHeads();
    this.#grid.changed(true);
  }

  #order(sort: readonly ResultSort[]): void {
    this.#state = { ...this.#state, sort };
    this.#renew();
    this.#grid.toTop();
    this.#drawHeads();
  }

  #filter(filters: readonly ResultFilter[]): void {
    if (filters === this.#state.filters) return;
    this.#state = { ...this.#state, filters };
    this.#passing = null;
    this.#close();
    this.#renew();
    this.#grid.toTop();
    if (this.#result.ended) this.#summaries.reset(filters);
    this.#drawStatus();
    this.#drawHeads();
  }

  // Heads

  #head(column: TableColumn): ColumnHead {
    const key = String(column.index);
    let head = this.#heads.get(key);
    if (!head) {
      head = new ColumnHead(`${this.#id}-head-${key}`, {
        sort: (one, more) => this.#order(turnSort(this.#state.sort, one.name, more)),
        menu: (one) => this.#columnMenu(one),
        filter: (filter) => this.#filter(addFilter(this.#state.filters, filter)),
        drop: (one, clientX) => {
          const other = this.#grid.columnAt(clientX);
          if (other) this.#setState(moveColumnTo(this.#state, one.name, other.name));
        },
        resize: (one, widthPx) => this.#setState(changeColumn(this.#state, one.name, { widthPx })),
      });
      this.#heads.set(key, head);
      this.#drawHead(column);
    }
    return head;
  }

  #drawHead(column: TableColumn): void {
    const { sort, filters } = this.#state;
    this.#heads.get(String(column.index))?.show({
      column,
      sort,
      filtered: filters.some((filter) => filter.column === column.name),
      summary: this.#summaries.of(column.name),
      short: this.#short,
    });
  }

  #drawHeads(): void {
    for (const column of this.#state.columns) this.#drawHead(column);
  }

  /** The action of a menu's entry: the menu goes first. */
  #closing<A extends unknown[]>(action: (...values: A) => void): (...values: A) => void {
    return (...values) => {
      this.#popup.close();
      action(...values);
    };
  }

  #columnMenu(column: TableColumn): void {
    const head = this.#head(column).element;
    const summary = this.#summaries.of(column.name);
    const known = typeof summary === "object" ? summary : null;
    this.#popup.open(
      columnMenu(column, this.#state.sort, known, {
        order: this.#closing((sort) => this.#order(sort)),
        filter: this.#closing((filter) => this.#filter(addFilter(this.#state.filters, filter))),
        form: () => {
          this.#popup.open(
            filterForm(
              column,
              known,
              this.#closing((filter: ResultFilter) => this.#filter(addFilter(this.#state.filters, filter))),
            ),
            head,
            { role: "dialog", label: `Filter by ${column.name}`, giveBack: this.#grid.element },
          );
        },
        pin: this.#closing((pinned) => this.#setState(changeColumn(this.#state, column.name, { pinned }))),
        hide: this.#closing(() => this.#setState(changeColumn(this.#state, column.name, { hidden: true }))),
        move: this.#closing((by) => this.#setState(moveColumn(this.#state, column.name, by))),
        copyName: this.#closing(() => this.#copy(column.name)),
      }),
      head,
      { role: "menu", label: `Column ${column.name}`, giveBack: this.#grid.element },
    );
  }

  #columnsMenu(anchor: Element): void {
    const toggle = (column: TableColumn) => () => {
      this.#setState(changeColumn(this.#state, column.name, { hidden: !column.hidden }));
      const focused = document.activeElement;
      this.#columnsMenu(anchor);
      if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
    };
    this.#popup.open(
      html`${menuItem("Show all", () => {
        this.#popup.close();
        this.#setState({
          ...this.#state,
          columns: this.#state.columns.map((column) => ({ ...column, hidden: false })),
        });
      })}${this.#state.columns.map((column) => menuItem(column.name, toggle(column), { checked: !column.hidden }))}`,
      anchor,
      { role: "menu", label: "Columns", giveBack: anchor as HTMLElement },
    );
  }

  // One value, one row

  #cellMenu({ row, place }: CellPlace): void {
    const column = shownColumns(this.#state)[place];
    const loaded = this.#windows.row(row);
    const anchor = this.#grid.activeElement ?? this.#grid.element;
    if (row < 0 && column) this.#columnMenu(column);
    else if (column && loaded)
      this.#valueMenu(column, loaded.table.text(loaded.row, column.index), row, anchor, this.#grid.element);
  }

  #valueMenu(
    column: TableColumn,
    text: string | null,
    row: number,
    anchor: Element,
    giveBack: HTMLElement,
  ): void {
    const { first, last } = this.#grid.hasRange ? this.#grid.selection : { first: row, last: row };
    const count = last - first + 1;
    this.#popup.open(
      cellMenu(column, text, count === 1 ? "this row" : `these ${countText(count)} rows`, {
        filter: this.#closing((filter) => this.#filter(addFilter(this.#state.filters, filter))),
        pivot: this.#closing(() =>
          this.#options.channel.say({
            kind: "pivot",
            cell: this.#options.cell,
            column: column.name,
            type: column.type,
            value: text,
          }),
        ),
        copy: this.#closing((copied) => this.#copy(copied)),
        openRow: this.#closing(() => this.#open(row)),
        pinRows: this.#closing(() => this.#pin({ offset: first, count })),
      }),
      anchor,
      { role: "menu", label: `Value of ${column.name}`, giveBack },
    );
  }

  #open(row: number): void {
    this.#opened = row;
    this.#drawDetail();
    this.#detail.querySelector<HTMLElement>(".row-detail")?.focus({ preventScroll: true });
  }

  #close(): void {
    if (this.#opened === null) return;
    this.#opened = null;
    this.#drawDetail();
    this.#grid.element.focus({ preventScroll: true });
  }

  #drawDetail(): void {
    const index = this.#opened;
    this.#holder.classList.toggle("with-detail", index !== null);
    if (index === null) {
      render(nothing, this.#detail);
      return;
    }
    const loaded = this.#windows.row(index);
    if (!loaded) this.#windows.want(index, index + 1, this.#rowCount, 0);
    const actions: RowDetailActions = {
      close: () => this.#close(),
      step: (by) => this.#step(by),
      copy: (text) => this.#copy(text),
      fieldMenu: (column, anchor) => {
        if (loaded)
          this.#valueMenu(
            column,
            loaded.table.text(loaded.row, column.index),
            index,
            anchor,
            anchor as HTMLElement,
          );
      },
    };
    render(rowDetail(index, this.#rowCount, loaded, this.#state.columns, actions), this.#detail);
  }

  #step(by: -1 | 1): void {
    if (this.#opened === null) return;
    const row = Math.min(this.#rowCount - 1, Math.max(0, this.#opened + by));
    this.#opened = row;
    this.#grid.goTo(row);
    this.#drawDetail();
  }

  #onDetailKey(event: KeyboardEvent): void {
    if (event.key === "Escape") {
      event.preventDefault();
      this.#close();
      return;
    }
    const inside = (event.target as Element).classList.contains("row-detail");
    if (inside && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      this.#step(event.key === "ArrowDown" ? 1 : -1);
    }
  }

  // Copying, saving, pinning

  #copy(text: string): void {
    this.#options.channel.say({ kind: "copy", text });
    this.#say("Copied");
  }

  async #copySelection(): Promise<void> {
    const { row, place } = this.#grid.active;
    const column = shownColumns(this.#state)[place];
    if (this.#grid.hasRange) return this.#copyRows("tsv");
    if (row < 0) {
      if (column) this.#copy(column.name);
      return;
    }
    const loaded = this.#windows.row(row);
    if (loaded && column) this.#copy(loaded.table.text(loaded.row, column.index) ?? "");
  }

  async #copyRows(format: CopyFormat): Promise<void> {
    const all = this.#rowCount;
    const range = this.#grid.hasRange ? this.#grid.selection : { first: 0, last: all - 1 };
    const count = range.last - range.first + 1;
    const { sort, filters } = this.#state;
    try {
      const { table } = await this.#source.rows({
        offset: range.first,
        limit: Math.min(count, COPIED_ROWS),
        sort,
        filters,
      });
      const columns = shownColumns(this.#state).map(({ index }) => index);
      this.#options.channel.say({ kind: "copy", text: copyText(table, columns, format) });
      this.#say(
        count > COPIED_ROWS
          ? `Copied the first ${countText(COPIED_ROWS)} of ${countText(count)} rows`
          : `Copied ${countText(count)} ${count === 1 ? "row" : "rows"}`,
      );
    } catch (error) {
      this.#say(`Not copied: ${(error as Error).message}`);
    }
  }

  #copyMenu(anchor: Element): void {
    const what = this.#grid.hasRange ? "selected rows" : "rows";
    const item = (label: string, format: CopyFormat) =>
      menuItem(`${label}`, () => {
        this.#popup.close();
        void this.#copyRows(format);
      });
    this.#popup.open(
      html`<div class="menu-head">Copy ${what} as</div>
        ${item("Tab-separated text", "tsv")}${item("Markdown table", "markdown")}${item("JSON", "json")}`,
      anchor,
      { role: "menu", label: "Copy", giveBack: anchor as HTMLElement },
    );
  }

  #exportMenu(anchor: Element): void {
    const item = (label: string, format: "csv" | "parquet" | "arrow" | "ndjson") =>
      menuItem(label, () => {
        this.#popup.close();
        void this.#export(format);
      });
    this.#popup.open(
      html`<div class="menu-head">Save ${this.#state.filters.length > 0 ? "filtered" : "all"} rows as</div>
        ${item("CSV", "csv")}${item("Parquet", "parquet")}${item("Arrow", "arrow")}${item("NDJSON", "ndjson")}`,
      anchor,
      { role: "menu", label: "Export", giveBack: anchor as HTMLElement },
    );
  }

  async #export(format: "csv" | "parquet" | "arrow" | "ndjson"): Promise<void> {
    const { sort, filters } = this.#state;
    this.#say(`Saving ${format}…`, 600_000);
    try {
      await this.#options.channel.ask({
        what: "export",
        result: this.#source.id,
        cell: this.#options.cell,
        body: { format, sort, filters },
      });
      this.#say("Saved");
    } catch (error) {
      this.#say(`Not saved: ${(error as Error).message}`);
    }
  }

  #pin(rows: { readonly offset: number; readonly count: number } | null): void {
    const { sort, filters } = this.#state;
    this.#options.channel.say({ kind: "pinRows", cell: this.#options.cell, filters, sort, rows });
  }

  #say(text: string, forMs = SAID_MS): void {
    this.#said = text;
    clearTimeout(this.#saidTimer);
    this.#saidTimer = setTimeout(() => {
      this.#said = null;
      this.#drawStatus();
    }, forMs);
    this.#drawStatus();
  }

  readonly #statusActions: StatusActions = {
    cancel: () => this.#result.cancel(),
    again: () => void this.#again(),
    removeFilter: (filter) => this.#filter(removeFilter(this.#state.filters, filter)),
    clearFilters: () => this.#filter([]),
    keepInQuery: () =>
      this.#options.channel.say({
        kind: "filterCell",
        cell: this.#options.cell,
        filters: this.#state.filters,
      }),
    columns: (anchor) => this.#columnsMenu(anchor),
    copy: (anchor) => this.#copyMenu(anchor),
    export: (anchor) => this.#exportMenu(anchor),
    pin: () => {
      const { first, last } = this.#grid.selection;
      this.#pin(this.#grid.hasRange ? { offset: first, count: last - first + 1 } : null);
    },
  };

  #drawStatus(): void {
    const { filters } = this.#state;
    this.#holder.classList.toggle("with-filters", filters.length > 0);
    render(filterChips(filters, this.#statusActions), this.#chips);
    render(
      statusLine(
        {
          state: this.#result.state,
          elapsedMs: this.#result.elapsedMs,
          kept: this.#result.opened.kept,
          passing: this.#passing,
          filters: this.#state.filters,
          trouble: this.#trouble,
          said: this.#said,
        },
        this.#statusActions,
      ),
      this.#status,
    );
  }
}
