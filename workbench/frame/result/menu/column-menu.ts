import { html, nothing, type TemplateResult } from "lit";
import type { ColumnSummary, ResultFilter, ResultSort } from "../../../../notebooks/result/result.ts";
import { shareText } from "../head/shown-number.ts";
import type { TableColumn } from "../table-state.ts";
import { menuItem, menuLine } from "./menu-item.ts";

export interface ColumnMenuActions {
  order(sort: readonly ResultSort[]): void;
  form(): void;
  filter(filter: ResultFilter): void;
  pin(pinned: boolean): void;
  hide(): void;
  move(by: -1 | 1): void;
  copyName(): void;
}

/** What can be done with a column. */
export function columnMenu(
  column: TableColumn,
  sort: readonly ResultSort[],
  summary: ColumnSummary | null,
  actions: ColumnMenuActions,
): TemplateResult {
  const { name } = column;
  const others = sort.filter((one) => one.column !== name);
  const order = (descending: boolean, more: boolean) => () =>
    actions.order([...(more ? others : []), { column: name, descending }]);
  return html`
    ${menuItem("Sort ascending", order(false, false), { keys: "↵" })}
    ${menuItem("Sort descending", order(true, false))}
    ${others.length > 0 ? menuItem("Then sort by this", order(false, true), { keys: "⇧ ↵" }) : nothing}
    ${sort.length > others.length ? menuItem("Do not sort by this", () => actions.order(others)) : nothing}
    ${menuLine()} ${menuItem("Filter…", actions.form)}
    ${
      summary?.top
        ? summary.top
            .slice(0, 8)
            .map(({ value, count }) =>
              menuItem(
                value === null ? "null" : value === "" ? "(empty)" : value.slice(0, 60),
                () => actions.filter({ column: name, test: "in", values: [value] }),
                { keys: shareText(count, summary.rowCount), title: `Only ${value ?? "null"}` },
              ),
            )
        : nothing
    }
    ${menuLine()}
    ${menuItem(column.pinned ? "Unpin" : "Pin left", () => actions.pin(!column.pinned))}
    ${menuItem("Hide", actions.hide)}
    ${menuItem("Move left", () => actions.move(-1), { keys: "Alt ←" })}
    ${menuItem("Move right", () => actions.move(1), { keys: "Alt →" })}
    ${menuItem("Copy name", actions.copyName)}
  `;
}
