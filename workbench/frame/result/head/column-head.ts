import { html, nothing, render, type TemplateResult } from "lit";
import type { ColumnSummary, ResultFilter, ResultSort } from "../../../../notebooks/result/result.ts";
import { isNumeric, typeWord } from "../column-kind.ts";
import type { TableColumn } from "../table-state.ts";
import { histogram } from "./histogram.ts";
import { boundText, countText, shareText, shortCount } from "./shown-number.ts";
import { topValues } from "./top-values.ts";

/** What a head shows beside its column. */
export interface HeadView {
  readonly column: TableColumn;
  readonly sort: readonly ResultSort[];
  readonly filtered: boolean;
  readonly summary: ColumnSummary | "waiting" | "failed" | null;
  /** Without the picture: a result of one or two rows needs none. */
  readonly short: boolean;
}

export interface HeadListener {
  sort(column: TableColumn, more: boolean): void;
  menu(column: TableColumn): void;
  filter(filter: ResultFilter): void;
  resize(column: TableColumn, widthPx: number): void;
  /** The head was drawn to another place of the screen. */
  drop(column: TableColumn, clientX: number): void;
}

/** A hand that moves less than this clicks. */
const DRAWN_PX = 6;

/** The head of one column: its name and order, its type, what it holds, and the edge by which its width is drawn. */
export class ColumnHead {
  readonly element = document.createElement("div");
  readonly #listener: HeadListener;

  constructor(id: string, listener: HeadListener) {
    this.#listener = listener;
    this.element.id = id;
    this.element.className = "grid-head-cell";
    this.element.setAttribute("role", "columnheader");
  }

  show(view: HeadView): void {
    const { column, sort, filtered } = view;
    const position = sort.findIndex((one) => one.column === column.name);
    const order = position < 0 ? null : sort[position]!.descending ? "descending" : "ascending";
    const { element } = this;
    element.dataset.column = column.name;
    element.setAttribute("aria-sort", order ?? "none");
    element.classList.toggle("numeric", isNumeric(column.type));
    element.classList.toggle("filtered", filtered);
    const listener = this.#listener;
    const mark = order === null ? "" : order === "ascending" ? "↑" : "↓";
    render(
      html`<div class="head-line" @pointerdown=${(event: PointerEvent) => this.#draw(event, column)}>
          <button
            type="button"
            class="head-name"
            tabindex="-1"
            title=${`${column.name} ${column.type}\nClick: sort by it. Shift-click: then by it.`}
            @click=${(event: MouseEvent) => listener.sort(column, event.shiftKey)}
          >
            <span class="name">${column.name}</span
            >${mark ? html`<span class="order" aria-hidden="true">${mark}${sort.length > 1 ? position + 1 : ""}</span>` : nothing}
          </button>
          <span class="head-type">${typeWord(column.type)}</span>
          <button
            type="button"
            class="head-menu"
            tabindex="-1"
            aria-label=${`Menu of ${column.name}`}
            title="Sort, filter, pin, hide"
            @click=${() => listener.menu(column)}
          >
            ⋯
          </button>
        </div>
        ${view.short ? nothing : this.#summary(view)}
        <div
          class="head-edge"
          aria-hidden="true"
          title="Draw: width"
          @pointerdown=${(event: PointerEvent) => this.#resize(event, column)}
        ></div>`,
      element,
    );
  }

  #summary({ column, summary }: HeadView): TemplateResult {
    if (summary === null || summary === "waiting" || summary === "failed") {
      return html`<div class="head-picture ${summary ?? ""}"></div>
        <div class="head-facts">${summary === "failed" ? "no summary" : "\u00a0"}</div>`;
    }
    const { filter } = this.#listener;
    const { rowCount, nullCount, distinctCount, bins, top } = summary;
    const picture =
      bins && bins.length > 0
        ? histogram(bins, (from, until) => filter({ column: column.name, test: "between", from, until }))
        : top && top.length > 0
          ? topValues(top, rowCount, (value, out) =>
              filter({ column: column.name, test: out ? "not in" : "in", values: [value] }),
            )
          : nothing;
    const range =
      bins && summary.minimum !== null && summary.maximum !== null
        ? `${boundText(summary.minimum)} … ${boundText(summary.maximum)}`
        : `${shortCount(distinctCount)} distinct`;
    const title = `${countText(distinctCount)}${distinctCount > 10_000 ? " (about)" : ""} distinct, ${countText(nullCount)} null of ${countText(rowCount)} rows${summary.minimum === null ? "" : `\n${summary.minimum} … ${summary.maximum}`}`;
    return html`<div class="head-picture">${picture}</div>
      <div class="head-facts" title=${title}>
        <span>${range}</span
        >${nullCount > 0 ? html`<span class="nulls">${shareText(nullCount, rowCount)} null</span>` : nothing}
      </div>`;
  }

  /** Draws the head elsewhere; a click on its name stays a click. */
  #draw(event: PointerEvent, column: TableColumn): void {
    if (event.button !== 0 || (event.target as Element).closest(".head-menu")) return;
    const { element } = this;
    const startX = event.clientX;
    let drawn = false;
    const move = ({ clientX }: PointerEvent) => {
      drawn ||= Math.abs(clientX - startX) > DRAWN_PX;
      if (!drawn) return;
      element.classList.add("drawn");
      element.style.translate = `${clientX - startX}px`;
    };
    const done = (last: PointerEvent) => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", done);
      removeEventListener("pointercancel", done);
      element.classList.remove("drawn");
      element.style.translate = "";
      if (!drawn) return;
      // The browser may still make a click of it.
      const swallow = (click: Event) => click.stopPropagation();
      element.addEventListener("click", swallow, { capture: true, once: true });
      setTimeout(() => element.removeEventListener("click", swallow, { capture: true }));
      if (last.type === "pointerup") this.#listener.drop(column, last.clientX);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", done);
    addEventListener("pointercancel", done);
  }

  #resize(event: PointerEvent, column: TableColumn): void {
    event.preventDefault();
    event.stopPropagation();
    const edge = event.currentTarget as HTMLElement;
    const startX = event.clientX;
    edge.setPointerCapture(event.pointerId);
    const move = ({ clientX }: PointerEvent) =>
      this.#listener.resize(column, column.widthPx + clientX - startX);
    edge.addEventListener("pointermove", move);
    edge.addEventListener("pointerup", () => edge.removeEventListener("pointermove", move), { once: true });
  }
}
