/** Shipped hunts: what they need, and how one becomes a hunt of a workspace. Browser-safe: pure functions only. */
import type { NotebookDocument } from "../document/notebook.ts";
import { withDatasets } from "../exchange/imported-cells.ts";
import { type HuntRecord, huntOf, withHunt } from "../hunt/hunt-record.ts";
import { isTemplateCell, type TemplateNote, templateNoteOf } from "./template-note.ts";

/** A shipped hunt. */
export interface HuntTemplate {
  /** `service-on-few-machines`: its file's name, and the notebook's if that is free. */
  readonly name: string;
  readonly notebook: NotebookDocument;
  readonly hunt: HuntRecord;
  readonly note: TemplateNote;
}

/** Reads a template's document. Throws an Error when it is none. */
export function templateOf(name: string, notebook: NotebookDocument): HuntTemplate {
  const hunt = huntOf(notebook);
  if (!hunt.ok) throw new Error(`The template ${name} has a broken hunt record: ${hunt.issues[0]?.message}`);
  return { name, notebook, hunt: hunt.value, note: templateNoteOf(notebook) };
}

/**
 * A hunt of one's own from a template: its note left out, its datasets named as they are called here, the record open and
 * owned by who starts it.
 */
export function startHunt(
  template: HuntTemplate,
  datasets: Readonly<Record<string, string>>,
  owner: string,
): NotebookDocument {
  const renamed = (name: string) => (Object.hasOwn(datasets, name) ? (datasets[name] ?? name) : name);
  const cells = template.notebook.cells
    .filter((cell) => !isTemplateCell(cell))
    .map((cell) =>
      cell.mode === "sql" ? { ...cell, value: withDatasets(cell.value, datasets, "duckdb").sql } : cell,
    );
  const hunt: HuntRecord = {
    ...template.hunt,
    owner,
    origin: `template:${template.name}`,
    dataNeeds: template.hunt.dataNeeds.map((need) => ({ ...need, dataset: renamed(need.dataset) })),
  };
  return withHunt({ ...template.notebook, cells }, hunt);
}
