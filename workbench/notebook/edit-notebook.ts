import { BESIDE_ATTRIBUTE } from "../../notebooks/document/merge.ts";
import {
  type CellMode,
  type NotebookCell,
  type NotebookDocument,
  newCell,
  nextCellId,
} from "../../notebooks/document/notebook.ts";

export interface Inserted {
  readonly notebook: NotebookDocument;
  /** Ids of the new cells, in their order. */
  readonly ids: readonly number[];
}

/** Puts a new cell after the one with `after`; null puts it first. Returns the notebook and the new cell's id. */
export function insertCell(
  notebook: NotebookDocument,
  after: number | null,
  mode: CellMode,
  value = "",
): { readonly notebook: NotebookDocument; readonly id: number } {
  const cell = newCell({ id: nextCellId(notebook.cells), mode, value, pinned: true });
  return { notebook: withCells(notebook, placedAfter(notebook.cells, after, [cell])), id: cell.id };
}

export function removeCells(notebook: NotebookDocument, ids: readonly number[]): NotebookDocument {
  return withCells(
    notebook,
    notebook.cells.filter((cell) => !ids.includes(cell.id)),
  );
}

/** Puts copies of cells after one. A name that the notebook has already is not given again: it may be given once. */
export function pasteCells(
  notebook: NotebookDocument,
  after: number | null,
  cells: readonly NotebookCell[],
): Inserted {
  const names = new Set(notebook.cells.map(({ output }) => output));
  let id = nextCellId(notebook.cells);
  const copies = cells.map((cell) => {
    const output = names.has(cell.output) ? null : cell.output;
    names.add(output);
    const { [BESIDE_ATTRIBUTE]: _, ...attributes } = cell.attributes;
    return { ...cell, id: id++, output, attributes };
  });
  return {
    notebook: withCells(notebook, placedAfter(notebook.cells, after, copies)),
    ids: copies.map((copy) => copy.id),
  };
}

/** Copies of cells below the last of them. */
export function duplicateCells(notebook: NotebookDocument, ids: readonly number[]): Inserted {
  const cells = notebook.cells.filter(({ id }) => ids.includes(id));
  const last = cells.at(-1);
  return last ? pasteCells(notebook, last.id, cells) : { notebook, ids: [] };
}

/** Moves cells together, past their visible neighbour. At the end of the notebook they stay. */
export function moveCells(
  notebook: NotebookDocument,
  ids: readonly number[],
  by: -1 | 1,
  isFixed: (cell: NotebookCell) => boolean,
): NotebookDocument {
  const shown = notebook.cells.filter((cell) => !isFixed(cell) && !ids.includes(cell.id));
  const places = notebook.cells.flatMap((cell, index) => (ids.includes(cell.id) ? [index] : []));
  if (places.length === 0) return notebook;
  const edge = by < 0 ? places[0]! : places.at(-1)!;
  const neighbour =
    by < 0
      ? shown.findLast((cell) => notebook.cells.indexOf(cell) < edge)
      : shown.find((cell) => notebook.cells.indexOf(cell) > edge);
  if (!neighbour) return notebook;
  const before = by < 0 ? neighbour : (shown[shown.indexOf(neighbour) + 1] ?? null);
  return moveBefore(notebook, ids, before?.id ?? null, by > 0 ? neighbour.id : null);
}

/** Moves cells before the one with `before`; with null they go behind `after`, and with no such cell to the start. */
export function moveBefore(
  notebook: NotebookDocument,
  ids: readonly number[],
  before: number | null,
  after: number | null = null,
): NotebookDocument {
  const moved = notebook.cells.filter(({ id }) => ids.includes(id));
  const others = notebook.cells.filter(({ id }) => !ids.includes(id));
  const behind = others.findIndex(({ id }) => id === after) + 1;
  const index = before === null ? behind : others.findIndex(({ id }) => id === before);
  const cells = [...others.slice(0, index), ...moved, ...others.slice(index)];
  return cells.every((cell, place) => cell === notebook.cells[place]) ? notebook : withCells(notebook, cells);
}

export function changeCell(
  notebook: NotebookDocument,
  id: number,
  change: Partial<NotebookCell>,
): NotebookDocument {
  return changeCells(notebook, [id], () => change);
}

export function changeCells(
  notebook: NotebookDocument,
  ids: readonly number[],
  change: (cell: NotebookCell) => Partial<NotebookCell>,
): NotebookDocument {
  return withCells(
    notebook,
    notebook.cells.map((cell) => (ids.includes(cell.id) ? { ...cell, ...change(cell), id: cell.id } : cell)),
  );
}

/** Another kind of cell with the same text. What only SQL has, its name, stays for the way back. */
export function changeMode(
  notebook: NotebookDocument,
  ids: readonly number[],
  mode: CellMode,
): NotebookDocument {
  return changeCells(notebook, ids, (cell) => (cell.mode === mode ? {} : { mode, pinned: true }));
}

/** Cuts a cell in two at an offset of its text. Its name stays with the second part, which ends as the cell did. */
export function splitCell(
  notebook: NotebookDocument,
  id: number,
  offset: number,
): { readonly notebook: NotebookDocument; readonly id: number } {
  const cell = notebook.cells.find((candidate) => candidate.id === id);
  if (!cell) return { notebook, id };
  const first = { ...cell, value: cell.value.slice(0, offset).trimEnd(), output: null, pinned: true };
  const second = {
    ...cell,
    id: nextCellId(notebook.cells),
    value: cell.value.slice(offset).trimStart(),
    pinned: true,
  };
  const cells = notebook.cells.flatMap((candidate) => (candidate === cell ? [first, second] : [candidate]));
  return { notebook: withCells(notebook, cells), id: second.id };
}

/** Joins cells of one kind into the first of them, an empty line between their texts. */
export function joinCells(notebook: NotebookDocument, ids: readonly number[]): NotebookDocument {
  const cells = notebook.cells.filter(({ id }) => ids.includes(id));
  const [first] = cells;
  if (!first || cells.length < 2 || cells.some(({ mode }) => mode !== first.mode)) return notebook;
  const value = cells
    .map((cell) => cell.value)
    .filter((text) => text.trim() !== "")
    .join("\n\n");
  const output = cells.map((cell) => cell.output).find((name) => name !== null) ?? null;
  return changeCell(
    removeCells(
      notebook,
      cells.slice(1).map(({ id }) => id),
    ),
    first.id,
    { value, output },
  );
}

/**
 * Settles two versions of one cell that two people wrote: `keep` says which text stays. The other cell goes, unless both
 * stay.
 */
export function settleVersions(
  notebook: NotebookDocument,
  copy: number,
  keep: "this" | "other" | "both",
): NotebookDocument {
  const cell = notebook.cells.find(({ id }) => id === copy);
  const other = Number(cell?.attributes[BESIDE_ATTRIBUTE]);
  if (!cell || Number.isNaN(other)) return notebook;
  if (keep === "other") return removeCells(notebook, [copy]);
  const { [BESIDE_ATTRIBUTE]: _, ...attributes } = cell.attributes;
  const unmarked = { ...cell, attributes };
  const original = notebook.cells.find(({ id }) => id === other);
  if (keep === "both" || !original) {
    return changeCell(notebook, copy, {
      attributes,
      output: original && original.output === cell.output ? null : cell.output,
    });
  }
  return changeCell(removeCells(notebook, [copy]), other, { ...unmarked, id: other });
}

function placedAfter(
  cells: readonly NotebookCell[],
  after: number | null,
  added: readonly NotebookCell[],
): NotebookCell[] {
  const index = after === null ? 0 : cells.findIndex(({ id }) => id === after) + 1;
  return [...cells.slice(0, index), ...added, ...cells.slice(index)];
}

function withCells(notebook: NotebookDocument, cells: readonly NotebookCell[]): NotebookDocument {
  return { ...notebook, cells };
}
