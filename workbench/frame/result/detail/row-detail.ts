import { html, nothing, type TemplateResult } from "lit";
import { isNested } from "../column-kind.ts";
import type { LoadedRow } from "../row-windows.ts";
import type { TableColumn } from "../table-state.ts";
import { jsonTree, nestedJson } from "./json-tree.ts";

export interface RowDetailActions {
  close(): void;
  step(by: -1 | 1): void;
  copy(text: string): void;
  fieldMenu(column: TableColumn, anchor: Element): void;
}

/** All fields of one row, nested values and JSON texts as trees. */
export function rowDetail(
  index: number,
  rowCount: number,
  loaded: LoadedRow | null,
  columns: readonly TableColumn[],
  actions: RowDetailActions,
): TemplateResult {
  return html`<section class="row-detail" role="region" aria-label=${`Row ${index + 1}`} tabindex="-1">
    <header>
      <strong>Row ${(index + 1).toLocaleString("en-US")}</strong>
      <span class="detail-buttons">
        <button type="button" aria-label="Row before" title="Row before (↑)" ?disabled=${index === 0} @click=${() => actions.step(-1)}>↑</button>
        <button type="button" aria-label="Next row" title="Next row (↓)" ?disabled=${index >= rowCount - 1} @click=${() => actions.step(1)}>↓</button>
        <button type="button" class="close" aria-label="Close" title="Close (Esc)" @click=${() => actions.close()}>×</button>
      </span>
    </header>
    ${
      loaded
        ? html`<dl>${columns.map((column) => field(column, loaded, actions))}</dl>`
        : html`<p class="waiting">The row is on its way…</p>`
    }
  </section>`;
}

function field(column: TableColumn, { table, row }: LoadedRow, actions: RowDetailActions): TemplateResult {
  const text = table.text(row, column.index);
  const value = table.value(row, column.index);
  const nested =
    typeof value === "string"
      ? nestedJson(value)
      : isNested(column.type) && value !== null
        ? value
        : undefined;
  return html`<div class="field">
    <dt>
      <button
        type="button"
        title=${`${column.name} ${column.type}: what can be done with this value`}
        @click=${(event: Event) => actions.fieldMenu(column, event.currentTarget as Element)}
      >
        ${column.name}
      </button>
    </dt>
    <dd>${
      text === null || text === ""
        ? html`<span class="missing">${text === null ? "null" : "empty"}</span>`
        : nested === undefined
          ? html`<span class="text">${text}</span>`
          : jsonTree(nested, column.name, actions.copy)
    }${text === null || text === "" ? nothing : html`<button type="button" class="copy-value" aria-label=${`Copy ${column.name}`} @click=${() => actions.copy(text)}>copy</button>`}
    </dd>
  </div>`;
}
