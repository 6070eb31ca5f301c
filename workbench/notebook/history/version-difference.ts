import { compareNotebooks } from "../../../notebooks/document/compare-notebooks.ts";
import type { NotebookCell, NotebookDocument } from "../../../notebooks/document/notebook.ts";
import { isHuntCell } from "../../../notebooks/hunt/hunt-record.ts";

/** One cell that differs between two versions of a notebook. */
export interface CellDifference {
  readonly what: "added" | "removed" | "changed" | "moved";
  readonly before: NotebookCell | null;
  readonly after: NotebookCell | null;
  readonly isHunt: boolean;
}

export interface VersionDifference {
  readonly title: { readonly before: string; readonly after: string } | null;
  /** In the order of the later version, removed cells where they stood. */
  readonly cells: readonly CellDifference[];
}

/** What differs between two versions, cell by cell. */
export function versionDifference(before: NotebookDocument, after: NotebookDocument): VersionDifference {
  const change = compareNotebooks(before, after);
  const old = new Map(before.cells.map((cell) => [cell.id, cell]));
  const cells: CellDifference[] = [];
  const removedBehind = new Map<number, NotebookCell[]>();
  let anchor = 0;
  for (const cell of before.cells) {
    if (!change.removed.includes(cell.id)) anchor = cell.id;
    else removedBehind.set(anchor, [...(removedBehind.get(anchor) ?? []), cell]);
  }
  const removed = (behind: number) => {
    for (const cell of removedBehind.get(behind) ?? [])
      cells.push({ what: "removed", before: cell, after: null, isHunt: isHuntCell(cell) });
  };
  removed(0);
  for (const cell of after.cells) {
    const what = change.added.includes(cell.id)
      ? "added"
      : change.changed.includes(cell.id)
        ? "changed"
        : change.moved.includes(cell.id)
          ? "moved"
          : null;
    if (what) cells.push({ what, before: old.get(cell.id) ?? null, after: cell, isHunt: isHuntCell(cell) });
    removed(cell.id);
  }
  return {
    title: before.title === after.title ? null : { before: before.title, after: after.title },
    cells,
  };
}
