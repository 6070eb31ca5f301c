import { html, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { BESIDE_ATTRIBUTE } from "../../notebooks/document/merge.ts";
import type { CatalogEntry } from "../../server/api/api.ts";
import type { NotebookEditing } from "./editing/notebook-editing.ts";
import type { CellDragging } from "./layout/cell-dragging.ts";
import { type CellActions, insertionLine } from "./notebook-cell.ts";
import type { NotebookRunning } from "./running/notebook-running.ts";

export interface CellColumn {
  readonly editing: NotebookEditing;
  readonly running: NotebookRunning;
  readonly dragging: CellDragging;
  readonly catalog: readonly CatalogEntry[];
  readonly actions: CellActions;
  /** Cells that wait, with the one on demand for which they do. */
  readonly waiting: ReadonlyMap<number, number>;
  /** Others who work in a cell. */
  readonly peopleIn: (id: number) => readonly string[];
}

/** The cells, one below the other, with a line between each two that adds one. */
export function cellColumn(column: CellColumn): TemplateResult {
  const { editing, running, dragging, waiting } = column;
  const { cells, selected, active } = editing;
  const reachable = active ?? cells[0]?.id;
  const { before } = dragging;
  const nameOf = (id: number | undefined) =>
    id === undefined ? null : (running.flow.find((cell) => cell.id === id)?.names[0] ?? "another cell");
  return html`<div
    class="notebook-cells ${before === null ? "" : "dragging"}"
    @dragover=${dragging.over}
    @drop=${dragging.drop}
    @dragend=${dragging.end}
  >
    <div class="cell-after first">${insertionLine(null, "Add a cell at the top", column.actions)}</div>
    ${repeat(
      cells,
      ({ id }) => id,
      (cell) =>
        html`<spoor-notebook-cell
          data-cell=${cell.id}
          class=${[
            selected.length > 1 && selected.includes(cell.id) ? "selected" : "",
            before === cell.id ? "drop-before" : "",
            BESIDE_ATTRIBUTE in cell.attributes ? "beside" : "",
          ].join(" ")}
          .cell=${cell}
          .state=${running.state(cell.id)}
          .catalog=${column.catalog}
          .actions=${column.actions}
          .onDemand=${editing.onDemand(cell.id)}
          .waitsFor=${nameOf(waiting.get(cell.id))}
          .people=${column.peopleIn(cell.id)}
          ?active=${cell.id === active}
          ?reachable=${cell.id === reachable}
        ></spoor-notebook-cell>`,
    )}
    <div class="drop-end ${before === "end" ? "drop-before" : ""}"></div>
  </div>`;
}
