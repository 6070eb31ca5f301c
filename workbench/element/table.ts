import { html, nothing, type TemplateResult } from "lit";
import { navigate, queryValue, setQueryValue } from "../route/navigate.ts";
import { View } from "./view.ts";

export interface TableColumn<Row> {
  readonly key: string;
  readonly title: string;
  /** Numbers stand at the right, with figures of one width. */
  readonly number?: boolean;
  readonly render: (row: Row) => unknown;
  /** What sorting compares; a column without it cannot be sorted. Null sorts last. */
  readonly sort?: (row: Row) => string | number | null;
  /** Text that needs room: the column does not become narrower than a few words. */
  readonly wide?: boolean;
  /** Explains the heading on hover. */
  readonly hint?: string;
}

export interface TableOptions<Row> {
  /** For the table's name to a screen reader and the filter's label. */
  readonly caption: string;
  readonly columns: readonly TableColumn<Row>[];
  readonly rows: readonly Row[];
  /** What typing in the filter searches; without it there is no filter. */
  readonly filter?: (row: Row) => string;
  /** Name in the address that holds the filter, so that a filtered list can be linked to. */
  readonly filterKey?: string;
  /** Where a row leads; the whole row can be clicked. */
  readonly href?: (row: Row) => string;
  readonly empty?: TemplateResult;
  /** Controls that stand beside the filter. */
  readonly tools?: unknown;
}

const PAGE_ROWS = 200;

/**
 * A list as a table: sticky head, sorting by heading, filtering by typing, arrow keys between rows.
 * Shows the first 200 rows and the rest when asked.
 */
export class TableElement extends View {
  static override properties = { options: { attribute: false } };
  declare options: TableOptions<unknown>;
  #filter: string | null = null;
  #sort: { readonly key: string; readonly down: boolean } | null = null;
  #shown = PAGE_ROWS;

  override render(): unknown {
    const { options } = this;
    if (!options) return nothing;
    this.#filter ??= options.filterKey ? queryValue(options.filterKey) : "";
    if (options.rows.length === 0 && options.empty) return options.empty;
    const rows = this.#visibleRows();
    const shown = rows.slice(0, this.#shown);
    return html`
      ${
        options.filter || options.tools
          ? html`<div class="table-tools">
            ${
              options.filter
                ? html`<input
                  class="filter"
                  type="search"
                  placeholder="Filter"
                  aria-label=${`Filter ${options.caption}`}
                  .value=${this.#filter}
                  @input=${this.#onFilter}
                />
                <span class="muted count" role="status"
                  >${rows.length === options.rows.length ? `${rows.length}` : `${rows.length} of ${options.rows.length}`}</span
                >`
                : nothing
            }
            ${options.tools ?? nothing}
          </div>`
          : nothing
      }
      <div class="table-scroll" tabindex="0" role="region" aria-label=${options.caption} @keydown=${this.#onKey}>
        <table class="table">
          <caption class="hidden">${options.caption}</caption>
          <thead>
            <tr>
              ${options.columns.map((column) => this.#heading(column))}
            </tr>
          </thead>
          <tbody>
            ${shown.map(
              (row) => html`<tr
                class=${options.href ? "leads" : ""}
                @click=${(event: MouseEvent) => this.#onRow(event, row)}
              >
                ${options.columns.map(
                  (column) =>
                    html`<td class=${column.number ? "number" : column.wide ? "wide" : ""}>${column.render(row)}</td>`,
                )}
              </tr>`,
            )}
            ${
              rows.length === 0
                ? html`<tr>
                  <td class="muted" colspan=${options.columns.length}>
                    ${this.#filter === "" ? "Nothing here yet." : "Nothing matches this filter."}
                  </td>
                </tr>`
                : nothing
            }
          </tbody>
        </table>
      </div>
      ${
        rows.length > this.#shown
          ? html`<button type="button" class="button small" @click=${this.#showMore}>
            Show ${Math.min(PAGE_ROWS, rows.length - this.#shown)} more of ${rows.length - this.#shown}
          </button>`
          : nothing
      }
    `;
  }

  #heading(column: TableColumn<unknown>): TemplateResult {
    const sorted = this.#sort?.key === column.key ? (this.#sort.down ? "descending" : "ascending") : "none";
    const text = column.title === "" ? html`<span class="hidden">Actions</span>` : column.title;
    return html`<th
      scope="col"
      class=${column.number ? "number" : ""}
      title=${column.hint ?? ""}
      aria-sort=${column.sort ? sorted : nothing}
    >
      ${
        column.sort
          ? html`<button type="button" @click=${() => this.#sortBy(column)}>
            ${text}<span class="arrow" aria-hidden="true"
              >${sorted === "ascending" ? "\u2191" : sorted === "descending" ? "\u2193" : ""}</span
            >
          </button>`
          : text
      }
    </th>`;
  }

  #visibleRows(): readonly unknown[] {
    const { filter, rows, columns } = this.options;
    const words = (this.#filter ?? "").toLowerCase().split(/\s+/).filter(Boolean);
    let visible = rows;
    if (filter && words.length > 0) {
      visible = rows.filter((row) => {
        const text = filter(row).toLowerCase();
        return words.every((word) => text.includes(word));
      });
    }
    const column = columns.find((candidate) => candidate.key === this.#sort?.key);
    const value = column?.sort;
    if (!value) return visible;
    const direction = this.#sort?.down ? -1 : 1;
    return visible.toSorted((one, other) => direction * compare(value(one), value(other), direction));
  }

  #sortBy(column: TableColumn<unknown>): void {
    const numbersFirstDown = column.number === true;
    this.#sort =
      this.#sort?.key === column.key
        ? { key: column.key, down: !this.#sort.down }
        : { key: column.key, down: numbersFirstDown };
    this.requestUpdate();
  }

  #onFilter = (event: InputEvent): void => {
    this.#filter = (event.target as HTMLInputElement).value;
    this.#shown = PAGE_ROWS;
    if (this.options.filterKey) setQueryValue(this.options.filterKey, this.#filter);
    this.requestUpdate();
  };

  #showMore = (): void => {
    this.#shown += PAGE_ROWS;
    this.requestUpdate();
  };

  #onRow(event: MouseEvent, row: unknown): void {
    const { href } = this.options;
    if (!href || event.defaultPrevented || getSelection()?.isCollapsed === false) return;
    const target = event.target as Element;
    if (target.closest("a, button, input, select, label, summary")) return;
    navigate(href(row));
  }

  #onKey = (event: KeyboardEvent): void => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const links = [...this.querySelectorAll<HTMLElement>("tbody tr td:first-child a")];
    if (links.length === 0) return;
    const at = links.indexOf(document.activeElement as HTMLElement);
    const next = links[event.key === "ArrowDown" ? at + 1 : Math.max(at - 1, 0)];
    if (!next) return;
    event.preventDefault();
    next.focus();
  };
}

function compare(one: string | number | null, other: string | number | null, direction: number): number {
  if (one === null || other === null) {
    return one === other ? 0 : (one === null ? 1 : -1) * direction;
  }
  return typeof one === "number" && typeof other === "number"
    ? one - other
    : String(one).localeCompare(String(other), "en", { numeric: true });
}

customElements.define("spoor-table", TableElement);

/** A table in a template. */
export function table<Row>(options: TableOptions<Row>): TemplateResult {
  return html`<spoor-table .options=${options}></spoor-table>`;
}
