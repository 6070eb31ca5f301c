import {
  type CellMode,
  type NotebookCell,
  type NotebookDocument,
  newCell,
  nextCellId,
} from "../../notebooks/document/notebook.ts";

/** Puts a new cell after the one with `after`; null puts it first. Returns the notebook and the new cell's id. */
export function insertCell(
  notebook: NotebookDocument,
  after: number | null,
  mode: CellMode,
  value = "",
): { readonly notebook: NotebookDocument; readonly id: number } {
  const cell = newCell({ id: nextCellId(notebook.cells), mode, value });
  return { notebook: withCells(notebook, placedAfter(notebook.cells, after, cell)), id: cell.id };
}

export function removeCell(notebook: NotebookDocument, id: number): NotebookDocument {
  return withCells(
    notebook,
    notebook.cells.filter((cell) => cell.id !== id),
  );
}

/** A copy of a cell below it, without the name of its value (a name may be given once). */
export function duplicateCell(
  notebook: NotebookDocument,
  id: number,
): { readonly notebook: NotebookDocument; readonly id: number } {
  const original = notebook.cells.find((cell) => cell.id === id);
  if (!original) return { notebook, id };
  const copy = { ...original, id: nextCellId(notebook.cells), output: null };
  return { notebook: withCells(notebook, placedAfter(notebook.cells, id, copy)), id: copy.id };
}

/** Swaps a cell with its visible neighbour; cells for which `isFixed` holds are passed over. */
export function moveCell(
  notebook: NotebookDocument,
  id: number,
  by: -1 | 1,
  isFixed: (cell: NotebookCell) => boolean,
): NotebookDocument {
  const cells = [...notebook.cells];
  const from = cells.findIndex((cell) => cell.id === id);
  let to = from + by;
  while (cells[to] && isFixed(cells[to]!)) to += by;
  if (from < 0 || !cells[to]) return notebook;
  const [moved] = cells.splice(from, 1);
  cells.splice(to, 0, moved!);
  return withCells(notebook, cells);
}

export function changeCell(
  notebook: NotebookDocument,
  id: number,
  change: Partial<NotebookCell>,
): NotebookDocument {
  return withCells(
    notebook,
    notebook.cells.map((cell) => (cell.id === id ? { ...cell, ...change, id } : cell)),
  );
}

function placedAfter(
  cells: readonly NotebookCell[],
  after: number | null,
  cell: NotebookCell,
): NotebookCell[] {
  const index = after === null ? 0 : cells.findIndex(({ id }) => id === after) + 1;
  return [...cells.slice(0, index), cell, ...cells.slice(index)];
}

function withCells(notebook: NotebookDocument, cells: readonly NotebookCell[]): NotebookDocument {
  return { ...notebook, cells };
}
