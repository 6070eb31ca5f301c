import "../../entity/entity-panel.ts";
import "../dataset-panel.ts";
import "../history/history-panel.ts";
import "../hunt/hunt-panel.ts";
import "./outline-panel.ts";
import { html, nothing } from "lit";
import { EMPTY_HUNT, type HuntRecord } from "../../../notebooks/hunt/hunt-record.ts";
import type { CatalogEntry, NotebookVersion } from "../../../server/api/api.ts";
import type { Pivot } from "../../entity/entity-panel.ts";
import type { NotebookEditing } from "../editing/notebook-editing.ts";
import type { AskedQuery } from "../frame-host.ts";
import type { NotebookVersions } from "../history/notebook-versions.ts";
import type { NotebookRunning } from "../running/notebook-running.ts";
import type { Side } from "./side-tabs.ts";

export interface SideContext {
  readonly name: string;
  readonly editing: NotebookEditing;
  readonly running: NotebookRunning;
  readonly versions: NotebookVersions;
  readonly catalog: readonly CatalogEntry[];
  readonly pivot: Pivot | null;
  /** Cells that wait, with the one on demand for which they do. */
  readonly waiting: ReadonlyMap<number, number>;
  readonly asked: (cell: number) => AskedQuery | undefined;
  readonly show: (cell: number) => void;
  /** Puts a text where the cursor is; a dataset also into a new cell where there is no cursor. */
  readonly insert: (text: string, entry: CatalogEntry | null) => void;
  readonly closePivot: () => void;
}

/** What one side shows. */
export function sideContent(side: Side, context: SideContext): unknown {
  const { editing, running, catalog } = context;
  switch (side) {
    case "outline":
      return html`<spoor-outline-panel
        .cells=${editing.cells}
        .states=${running.states}
        .flow=${running.flow}
        .waiting=${context.waiting}
        .active=${editing.active}
        .show=${context.show}
      ></spoor-outline-panel>`;
    case "hunt":
      return html`<spoor-hunt-panel
        .name=${context.name}
        .notebook=${editing.notebook}
        .catalog=${catalog}
        .hunt=${editing.hunt.ok ? editing.hunt.value : EMPTY_HUNT}
        .asked=${context.asked}
        .change=${(changed: HuntRecord) => editing.changeHunt(() => changed)}
        .show=${context.show}
      ></spoor-hunt-panel>`;
    case "data":
      return html`<spoor-dataset-panel .catalog=${catalog} .insert=${context.insert}></spoor-dataset-panel>`;
    case "functions":
      return html`<spoor-function-reference
        .insert=${(text: string) => context.insert(text, null)}
      ></spoor-function-reference>`;
    case "history":
      return html`<spoor-history-panel
        .versions=${context.versions.versions}
        .failure=${context.versions.failure}
        .open=${(version: NotebookVersion, before: NotebookVersion | null) => void context.versions.open(version, before)}
      ></spoor-history-panel>`;
    case "value":
      return context.pivot === null
        ? nothing
        : html`<spoor-entity-panel
            .pivot=${context.pivot}
            .catalog=${catalog}
            .close=${context.closePivot}
            .addCell=${(mode: "sql", text: string) => {
              editing.insert(editing.active ?? editing.cells.at(-1)?.id ?? null, mode, text, "cell");
            }}
          ></spoor-entity-panel>`;
  }
}
