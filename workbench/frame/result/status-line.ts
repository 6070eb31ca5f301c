import { html, nothing, type TemplateResult } from "lit";
import type { ResultFilter, ResultState } from "../../../notebooks/result/result.ts";
import { countText } from "./head/shown-number.ts";
import { filterText } from "./table-state.ts";

export interface StatusView {
  readonly state: ResultState;
  readonly elapsedMs: number;
  readonly kept: boolean;
  /** Rows that pass the filters, or null while nobody knows. */
  readonly passing: number | null;
  readonly filters: readonly ResultFilter[];
  /** A trouble of the table (not of the query), with what helps. */
  readonly trouble: string | null;
  /** Says what was just done: copied, saved. */
  readonly said: string | null;
}

export interface StatusActions {
  cancel(): void;
  again(): void;
  removeFilter(filter: ResultFilter): void;
  clearFilters(): void;
  keepInQuery(): void;
  columns(anchor: Element): void;
  copy(anchor: Element): void;
  export(anchor: Element): void;
  pin(): void;
}

/** One line above the table: how many rows, whether they are all, and what can be done with them. */
export function statusLine(view: StatusView, actions: StatusActions): TemplateResult {
  const { state } = view;
  const growing = state.phase === "queued" || state.phase === "running";
  const open = (action: (anchor: Element) => void) => (event: Event) =>
    action(event.currentTarget as Element);
  return html`
    <span class="facts">
      <span class="row-count">${rowCountText(view)}</span>
      ${phase(view, actions)}
    </span>
    <span class="said" role="status">${view.said ?? ""}</span>
    <span class="result-buttons">
      <button type="button" class="quiet" aria-haspopup="menu" @click=${open(actions.columns)}>Columns</button>
      <button type="button" class="quiet" aria-haspopup="menu" @click=${open(actions.copy)}>Copy</button>
      <button type="button" class="quiet" aria-haspopup="menu" ?disabled=${growing} @click=${open(actions.export)}>Export</button>
      <button type="button" class="quiet" ?disabled=${growing} title="Keep these rows as evidence in the hunt record" @click=${() => actions.pin()}>Pin rows</button>
    </span>
  `;
}

/** The filters above the table: each can be taken away. */
export function filterChips(filters: readonly ResultFilter[], actions: StatusActions): TemplateResult {
  return html`${filters.map(
    (filter) =>
      html`<button
        type="button"
        class="chip"
        title=${`${filterText(filter)}\nClick: remove`}
        aria-label=${`Remove filter: ${filterText(filter)}`}
        @click=${() => actions.removeFilter(filter)}
      >
        <span>${filterText(filter)}</span><span aria-hidden="true">×</span>
      </button>`,
  )}${
    filters.length === 0
      ? nothing
      : html`<button type="button" class="quiet" title="A new cell below with these conditions" @click=${() => actions.keepInQuery()}>Keep in query</button>${
          filters.length > 1
            ? html`<button type="button" class="quiet" @click=${() => actions.clearFilters()}>Clear</button>`
            : nothing
        }`
  }`;
}

function rowCountText({ state, passing, filters }: StatusView): string {
  const rows = (count: number) => `${countText(count)} ${count === 1 ? "row" : "rows"}`;
  if (filters.length > 0)
    return passing === null
      ? `… of ${rows(state.rowCount)}`
      : `${countText(passing)} of ${rows(state.rowCount)}`;
  if (state.phase === "complete") return rows(state.rowCount);
  if (state.phase === "cut") return `first ${rows(state.rowCount)}`;
  return state.rowCount === 0 ? "" : `${rows(state.rowCount)} so far`;
}

function phase({ state, elapsedMs, kept, trouble }: StatusView, actions: StatusActions): TemplateResult {
  const again = (label: string) =>
    html`<button type="button" class="quiet" @click=${() => actions.again()}>${label}</button>`;
  if (trouble !== null)
    return html`<span class="not-complete" role="alert">${trouble}</span>${again("Run again")}`;
  const seconds = formatElapsed(elapsedMs);
  switch (state.phase) {
    case "queued":
      return html`<span class="growing"
          >${state.queuePosition === null ? "waits its turn" : state.queuePosition === 0 ? "is next" : `waits behind ${state.queuePosition}`}</span
        ><span class="elapsed">${seconds}</span><button type="button" class="cancel" @click=${() => actions.cancel()}>Cancel</button>`;
    case "running":
      return html`<span class="growing">${
        state.percentage === null || state.percentage < 1
          ? "runs"
          : html`<progress max="100" value=${state.percentage} aria-label="Progress of the query"></progress>${Math.floor(state.percentage)} %`
      }</span
        ><span class="elapsed">${seconds}</span><button type="button" class="cancel" @click=${() => actions.cancel()}>Cancel</button>`;
    case "complete":
      return html`<span class="complete">complete</span>${
        kept
          ? html`<span class="kept" title="The same question over the same data was answered before">kept: same data</span>${again("Run again")}`
          : html`<span class="elapsed">${seconds}</span>`
      }`;
    case "cut":
      return html`<span class="not-complete" title=${state.message ?? ""}>not complete: cut at the row limit</span>${kept ? again("Run again") : nothing}`;
    case "failed":
      return html`<span class="not-complete failed" role="alert">not complete: ${state.message ?? "the query failed"}</span>${again("Run again")}`;
    case "cancelled":
      return html`<span class="not-complete">not complete: cancelled</span>${again("Run again")}`;
  }
}

function formatElapsed(elapsedMs: number): string {
  if (elapsedMs < 1000) return `${Math.round(elapsedMs)} ms`;
  return `${(elapsedMs / 1000).toFixed(1)} s`;
}
