import { button, countText, made } from "./chart-frame.ts";

/** A column of a table in which rows can be chosen. */
export interface ChoiceColumn<Row> {
  readonly name: string;
  readonly title?: string;
  readonly numeric?: boolean;
  /** The cell: an element, or a text. */
  cell(row: Row): Node | string;
  /** What the column is sorted by; absent when it is not. */
  order?(row: Row): number | string;
  /** Sorted from the large end at the first press. */
  readonly descendingFirst?: boolean;
}

export interface ChoiceTableOptions<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: readonly ChoiceColumn<Row>[];
  /** Column whose cell is the button that chooses its row. */
  readonly choiceColumn: number;
  key(row: Row): string;
  /** Whole text of a row's choice cell, for those who search. */
  search(row: Row): string;
  readonly sorted: { readonly column: number; readonly descending: boolean };
  readonly rowsAtOnce?: number;
  chosen: string | null;
  choose(row: Row | null): void;
}

/**
 * A table that is a chart: sortable by its headings, searchable, one row can be chosen (again: given up). Arrow keys go
 * from row to row. Long tables grow on demand.
 */
export class ChoiceTable<Row> {
  readonly element = made("div", "chart-choice-table");
  readonly #options: ChoiceTableOptions<Row>;
  readonly #body = made("tbody");
  readonly #more = made("div", "chart-more");
  readonly #headings: HTMLTableCellElement[] = [];
  #sorted: { column: number; descending: boolean };
  #search = "";
  #shown: number;

  constructor(options: ChoiceTableOptions<Row>) {
    this.#options = options;
    this.#sorted = { ...options.sorted };
    this.#shown = options.rowsAtOnce ?? 20;
    if (options.rows.length > 8) this.element.append(this.#searchField());
    const holder = made("div", "chart-table-holder");
    const table = made("table", "chart-table");
    table.setAttribute("aria-label", options.label);
    const head = table.createTHead().insertRow();
    options.columns.forEach((column, index) => {
      const cell = made("th", column.numeric ? "numeric" : "");
      cell.scope = "col";
      if (column.order) {
        const press = button(column.name, () => this.#sortBy(index));
        if (column.title) press.title = column.title;
        cell.append(press);
      } else {
        cell.textContent = column.name;
        if (column.title) cell.title = column.title;
      }
      this.#headings.push(cell);
      head.append(cell);
    });
    table.append(this.#body);
    holder.append(table);
    this.element.append(holder, this.#more);
    this.#body.addEventListener("keydown", (event) => this.#key(event));
    this.#fill();
  }

  set chosen(key: string | null) {
    this.#options.chosen = key;
    for (const line of this.#body.rows) this.#mark(line);
  }

  #searchField(): HTMLElement {
    const field = made("input", "chart-search");
    field.type = "search";
    field.placeholder = "Search";
    field.setAttribute("aria-label", `Search in ${this.#options.label}`);
    field.addEventListener("input", () => {
      this.#search = field.value.trim().toLowerCase();
      this.#fill();
    });
    return field;
  }

  #sortBy(column: number): void {
    this.#sorted =
      this.#sorted.column === column
        ? { column, descending: !this.#sorted.descending }
        : { column, descending: this.#options.columns[column]!.descendingFirst ?? false };
    this.#fill();
  }

  #fill(): void {
    const { columns, rows, search } = this.#options;
    const { column, descending } = this.#sorted;
    const order = columns[column]?.order;
    const matching = this.#search
      ? rows.filter((row) => search(row).toLowerCase().includes(this.#search))
      : rows;
    const ordered = order
      ? matching
          .map((row, index) => ({ row, index, by: order(row) }))
          .sort((a, b) =>
            a.by === b.by ? a.index - b.index : (a.by < b.by ? -1 : 1) * (descending ? -1 : 1),
          )
          .map(({ row }) => row)
      : matching;
    this.#headings.forEach((cell, index) => {
      if (!columns[index]!.order) return;
      cell.setAttribute("aria-sort", index !== column ? "none" : descending ? "descending" : "ascending");
    });
    this.#body.replaceChildren(...ordered.slice(0, this.#shown).map((row) => this.#line(row)));
    const left = ordered.length - this.#shown;
    this.#more.replaceChildren();
    if (ordered.length === 0) this.#more.append(made("p", "chart-note", "Nothing matches."));
    if (left > 0)
      this.#more.append(
        button(`Show ${countText(Math.min(left, 200))} more of ${countText(left)}`, () => {
          this.#shown += 200;
          this.#fill();
        }),
      );
  }

  #line(row: Row): HTMLTableRowElement {
    const { columns, choiceColumn, key, choose } = this.#options;
    const line = made("tr");
    line.dataset.key = key(row);
    columns.forEach((column, index) => {
      const cell = made("td", column.numeric ? "numeric" : "");
      if (index === choiceColumn) {
        const choice = made("button", "chart-choice");
        choice.type = "button";
        choice.append(column.cell(row));
        choice.addEventListener("click", () => {
          const again = this.#options.chosen === key(row);
          this.chosen = again ? null : key(row);
          choose(again ? null : row);
        });
        cell.append(choice);
      } else cell.append(column.cell(row));
      line.append(cell);
    });
    this.#mark(line);
    return line;
  }

  #mark(line: HTMLTableRowElement): void {
    const chosen = line.dataset.key === this.#options.chosen;
    line.classList.toggle("chosen", chosen);
    line.querySelector(".chart-choice")?.setAttribute("aria-pressed", String(chosen));
  }

  #key(event: KeyboardEvent): void {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const line = (event.target as HTMLElement).closest("tr");
    if (step === 0 || !line) return;
    const next = (
      step > 0 ? line.nextElementSibling : line.previousElementSibling
    )?.querySelector<HTMLElement>(".chart-choice");
    if (!next) return;
    event.preventDefault();
    next.focus();
  }
}

/** A long text in one line: its whole is the tooltip. */
export function clipped(text: string, className = "chart-clipped"): HTMLElement {
  const element = made("span", className, text.replace(/[\r\n\t]+/g, " ⏎ "));
  element.title = text;
  return element;
}

/** A bar of a share of its cell with a text beside it. */
export function bar(share: number, text: string): HTMLElement {
  const element = made("span", "chart-bar-cell");
  const track = made("span", "chart-bar-track");
  const fill = made("span", "chart-bar-fill");
  fill.style.width = `${Math.max(share > 0 ? 1.5 : 0, Math.min(100, share * 100))}%`;
  track.append(fill);
  element.append(track, made("span", "chart-bar-text", text));
  return element;
}
