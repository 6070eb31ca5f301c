/** What differs between two states of a notebook. Browser-safe: pure functions only. */
import type { NotebookCell, NotebookDocument } from "./notebook.ts";

/** Ids of cells, by what happened to them between two states of a notebook. */
export interface NotebookChange {
  readonly added: readonly number[];
  readonly removed: readonly number[];
  /** Another text, mode, name or setting. */
  readonly changed: readonly number[];
  readonly moved: readonly number[];
  /** The title, the theme or another property of the whole notebook differs. */
  readonly heading: boolean;
}

/** Compares two states of a notebook cell by cell. `moved` is the smallest set of cells whose moving explains the order. */
export function compareNotebooks(before: NotebookDocument, after: NotebookDocument): NotebookChange {
  const old = new Map(before.cells.map((cell) => [cell.id, cell]));
  const now = new Map(after.cells.map((cell) => [cell.id, cell]));
  return {
    added: after.cells.filter(({ id }) => !old.has(id)).map(({ id }) => id),
    removed: before.cells.filter(({ id }) => !now.has(id)).map(({ id }) => id),
    changed: after.cells
      .filter((cell) => old.has(cell.id) && !sameCell(old.get(cell.id)!, cell))
      .map(({ id }) => id),
    moved: [...movedCells(idsOf(before), idsOf(after))],
    heading:
      before.title !== after.title ||
      before.theme !== after.theme ||
      before.readOnly !== after.readOnly ||
      !sameAttributes(before.attributes, after.attributes),
  };
}

/** Whether two cells are equal in everything, their ids aside. */
export function sameCell(left: NotebookCell, right: NotebookCell): boolean {
  return (
    sameProgram(left, right) &&
    left.pinned === right.pinned &&
    left.hidden === right.hidden &&
    sameAttributes(left.attributes, right.attributes)
  );
}

/** Whether two cells are the same program: everything but how they are shown. */
export function sameProgram(left: NotebookCell, right: NotebookCell): boolean {
  return (
    left.mode === right.mode &&
    left.value === right.value &&
    left.output === right.output &&
    left.database === right.database &&
    left.format === right.format
  );
}

function sameAttributes(
  left: Readonly<Record<string, string>>,
  right: Readonly<Record<string, string>>,
): boolean {
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && right[name] === left[name])
  );
}

export function idsOf(notebook: NotebookDocument): number[] {
  return notebook.cells.map(({ id }) => id);
}

/** Ids in both orders that are not on a longest common subsequence: those that were moved. */
export function movedCells(before: readonly number[], after: readonly number[]): ReadonlySet<number> {
  const place = new Map(before.map((id, index) => [id, index]));
  const common = after.filter((id) => place.has(id));
  // Ids are unique, so the longest common subsequence is a longest increasing run of places.
  const tails: number[] = [];
  const previous = new Array<number>(common.length).fill(-1);
  common.forEach((id, index) => {
    const value = place.get(id)!;
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (place.get(common[tails[middle]!]!)! < value) low = middle + 1;
      else high = middle;
    }
    previous[index] = low > 0 ? tails[low - 1]! : -1;
    tails[low] = index;
  });
  const stayed = new Set<number>();
  for (let index = tails.at(-1) ?? -1; index >= 0; index = previous[index]!) stayed.add(common[index]!);
  return new Set(common.filter((id) => !stayed.has(id)));
}
