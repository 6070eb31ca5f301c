import { html, nothing, type TemplateResult } from "lit";
import type { ResultFilter } from "../../../../notebooks/result/result.ts";
import { castableText, isNested } from "../column-kind.ts";
import { sqlLiteral } from "../copy-text.ts";
import { decodedViews } from "../decoded-views.ts";
import type { TableColumn } from "../table-state.ts";
import { menuItem, menuLine } from "./menu-item.ts";

export interface CellMenuActions {
  filter(filter: ResultFilter): void;
  pivot(): void;
  copy(text: string): void;
  openRow(): void;
  pinRows(): void;
}

const SHOWN_DECODED = 160;

/** What can be done with a value. */
export function cellMenu(
  column: TableColumn,
  text: string | null,
  rowsLabel: string,
  actions: CellMenuActions,
): TemplateResult {
  const plain = !isNested(column.type);
  const exact = text === null ? null : castableText(text, column.type);
  const decoded = text === null ? [] : decodedViews(text);
  const shown = text === null ? "null" : text === "" ? "(empty)" : text.slice(0, 80);
  return html`
    <div class="menu-head" title=${shown}>${column.name} = ${shown}</div>
    ${
      plain
        ? html`${menuItem("Filter to this", () => actions.filter({ column: column.name, test: "in", values: [exact] }))}
          ${menuItem("Filter out", () => actions.filter({ column: column.name, test: "not in", values: [exact] }))}`
        : nothing
    }
    ${plain && text !== null && text !== "" ? menuItem("Everything about this value", actions.pivot) : nothing}
    ${menuLine()} ${menuItem("Copy", () => actions.copy(text ?? ""), { keys: "Ctrl C" })}
    ${menuItem("Copy as SQL literal", () => actions.copy(sqlLiteral(exact, column.type)))}
    ${menuItem("Open row", actions.openRow, { keys: "↵" })} ${menuItem(`Pin ${rowsLabel}`, actions.pinRows)}
    ${
      decoded.length === 0
        ? nothing
        : html`${menuLine()}${decoded.map(
            (view) =>
              html`<button
                type="button"
                role="menuitem"
                class="decoded"
                title="Copies the decoded text"
                @click=${() => actions.copy(view.text)}
              >
                <span class="decoded-name">${view.name}</span
                ><code>${view.text.slice(0, SHOWN_DECODED)}${view.text.length > SHOWN_DECODED ? "…" : ""}</code>
              </button>`,
          )}`
    }
  `;
}
