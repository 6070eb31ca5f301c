/**
 * Joins what two people did to one notebook, cell by cell, so that nobody's work is lost. Browser-safe: pure functions only.
 */
import { EMPTY_HUNT, type HuntRecord, isHuntCell, parseHunt, serializeHunt } from "../hunt/hunt-record.ts";
import { idsOf, movedCells, sameCell, sameProgram } from "./compare-notebooks.ts";
import { mergeRecord } from "./merge-record.ts";
import { type NotebookCell, type NotebookDocument, nextCellId } from "./notebook.ts";

/** Attribute of a cell that is another version of the cell with this id; kept in the file until somebody chooses. */
export const BESIDE_ATTRIBUTE = "data-beside";

export type MergeConflict =
  /** Both changed the program of a cell: theirs keeps its id and place, mine stands below it as `copy`. */
  | { readonly kind: "both changed"; readonly cell: number; readonly copy: number }
  /** One changed a cell that the other deleted: it is kept. */
  | { readonly kind: "kept"; readonly cell: number; readonly deletedBy: "me" | "them" }
  /** Both gave a new title: theirs stands. */
  | { readonly kind: "title"; readonly mine: string; readonly theirs: string };

export interface MergedNotebook {
  readonly notebook: NotebookDocument;
  readonly conflicts: readonly MergeConflict[];
  /** New ids of cells of mine whose id they had given to another cell. */
  readonly renumbered: ReadonlyMap<number, number>;
}

/**
 * Merges two notebooks that were made from one. Disjoint changes are all kept, and swapping the sides gives the same
 * notebook (up to the ids of cells that both added under one id). A cell whose program both changed is kept twice, and
 * hunt records are merged field by field. `theirs` is what is saved already: its ids stay.
 */
export function mergeNotebooks(
  base: NotebookDocument,
  mine: NotebookDocument,
  theirs: NotebookDocument,
): MergedNotebook {
  const was = byId(base);
  const there = byId(theirs);
  const { notebook: own, renumbered } = withFreeIds(mine, was, there);
  const here = byId(own);
  const conflicts: MergeConflict[] = [];
  const cells = new Map<number, NotebookCell>();
  const copies = new Map<number, NotebookCell>();
  let nextId = nextCellId([...base.cells, ...own.cells, ...theirs.cells]);

  for (const id of new Set([...was.keys(), ...there.keys(), ...here.keys()])) {
    const [old, left, right] = [was.get(id), here.get(id), there.get(id)];
    if (left && right) {
      const { cell, conflict } = mergeCell(old, left, right);
      cells.set(id, cell);
      if (conflict) {
        const copy = {
          ...left,
          id: nextId,
          // A name may be given once: it stays with the cell that stays.
          output: null,
          attributes: { ...left.attributes, [BESIDE_ATTRIBUTE]: String(id) },
        };
        nextId += 1;
        copies.set(id, copy);
        conflicts.push({ kind: "both changed", cell: id, copy: copy.id });
      }
    } else if (left ?? right) {
      const kept = (left ?? right)!;
      if (!old) cells.set(id, kept);
      else if (!sameProgram(old, kept)) {
        cells.set(id, kept);
        conflicts.push({ kind: "kept", cell: id, deletedBy: left ? "them" : "me" });
      }
    }
  }

  const order = mergeOrder(base, own, theirs, cells);
  const title =
    own.title === base.title ? theirs.title : theirs.title === base.title ? own.title : theirs.title;
  if (own.title !== title && own.title !== base.title)
    conflicts.push({ kind: "title", mine: own.title, theirs: theirs.title });
  return {
    notebook: {
      title,
      theme: changed(base.theme, own.theme, theirs.theme),
      readOnly: changed(base.readOnly, own.readOnly, theirs.readOnly),
      attributes: mergeRecord(base.attributes, own.attributes, theirs.attributes) as Record<string, string>,
      cells: order.flatMap((id) => {
        const copy = copies.get(id);
        return copy ? [cells.get(id)!, copy] : [cells.get(id)!];
      }),
    },
    conflicts,
    renumbered,
  };
}

/**
 * Takes a change back on a notebook that has moved on: what lies between `before` and `after` is undone, what came since
 * stays. A cell that the change added goes, whatever was typed into it; a text that was typed since stays.
 */
export function takeBack(
  before: NotebookDocument,
  after: NotebookDocument,
  now: NotebookDocument,
): NotebookDocument {
  const [was, done, current] = [byId(before), byId(after), byId(now)];
  const cells = new Map<number, NotebookCell>();
  for (const id of new Set([...current.keys(), ...was.keys()])) {
    const [target, made, cell] = [was.get(id), done.get(id), current.get(id)];
    if (!cell) {
      if (target && !made) cells.set(id, target);
    } else if (!made || !target) {
      if (!made) cells.set(id, cell);
    } else {
      const back = <K extends keyof NotebookCell>(key: K): NotebookCell[K] =>
        target[key] !== made[key] && cell[key] === made[key] ? target[key] : cell[key];
      cells.set(id, {
        id,
        mode: back("mode"),
        value: back("value"),
        pinned: back("pinned"),
        hidden: back("hidden"),
        output: back("output"),
        database: back("database"),
        format: back("format"),
        attributes: mergeRecord(made.attributes, cell.attributes, target.attributes) as Record<
          string,
          string
        >,
      });
    }
  }
  return {
    title: now.title === after.title ? before.title : now.title,
    theme: now.theme === after.theme ? before.theme : now.theme,
    readOnly: now.readOnly === after.readOnly ? before.readOnly : now.readOnly,
    attributes: now.attributes,
    cells: mergeOrder(after, now, before, cells).map((id) => cells.get(id)!),
  };
}

function byId(notebook: NotebookDocument): Map<number, NotebookCell> {
  return new Map(notebook.cells.map((cell) => [cell.id, cell]));
}

function changed<T>(base: T, mine: T, theirs: T): T {
  return mine === base ? theirs : mine;
}

function mergeCell(
  base: NotebookCell | undefined,
  mine: NotebookCell,
  theirs: NotebookCell,
): { readonly cell: NotebookCell; readonly conflict: boolean } {
  if (sameCell(mine, theirs)) return { cell: theirs, conflict: false };
  if (!base) {
    const value = mergeHuntText(serializeHunt(EMPTY_HUNT), mine.value, theirs.value);
    return { cell: value === null ? theirs : { ...theirs, value }, conflict: value === null };
  }
  const shown = {
    pinned: changed(base.pinned, mine.pinned, theirs.pinned),
    hidden: changed(base.hidden, mine.hidden, theirs.hidden),
    attributes: mergeRecord(base.attributes, mine.attributes, theirs.attributes) as Record<string, string>,
  };
  if (sameProgram(mine, base) || sameProgram(mine, theirs))
    return { cell: { ...theirs, ...shown }, conflict: false };
  if (sameProgram(theirs, base)) return { cell: { ...mine, ...shown }, conflict: false };
  if (isHuntCell(mine) && isHuntCell(theirs)) {
    const value = mergeHuntText(base.value, mine.value, theirs.value);
    if (value !== null) return { cell: { ...theirs, ...shown, value }, conflict: false };
  }
  return { cell: { ...theirs, ...shown }, conflict: true };
}

/** Null when one of the records cannot be read, or the merged one could not. */
function mergeHuntText(base: string, mine: string, theirs: string): string | null {
  const [was, here, there] = [parseHunt(base), parseHunt(mine), parseHunt(theirs)];
  if (!here.ok || !there.ok) return null;
  const text = serializeHunt(mergeRecord(was.ok ? was.value : {}, here.value, there.value) as HuntRecord);
  return parseHunt(text).ok ? text : null;
}

/** Gives new ids to the cells of mine whose id they took for another cell, also where the hunt record names them. */
function withFreeIds(
  mine: NotebookDocument,
  was: ReadonlyMap<number, NotebookCell>,
  there: ReadonlyMap<number, NotebookCell>,
): { readonly notebook: NotebookDocument; readonly renumbered: ReadonlyMap<number, number> } {
  const renumbered = new Map<number, number>();
  let nextId = nextCellId([...mine.cells, ...there.values(), ...was.values()]);
  const ownHunt = mine.cells.find(isHuntCell);
  const theirHunt = [...there.values()].find(isHuntCell);
  for (const cell of mine.cells) {
    const other = there.get(cell.id);
    if (was.has(cell.id) || !other || sameCell(cell, other)) continue;
    if (cell === ownHunt && other === theirHunt) continue;
    renumbered.set(cell.id, nextId);
    nextId += 1;
  }
  const bothAddedHunt =
    ownHunt && theirHunt && !was.has(ownHunt.id) && !was.has(theirHunt.id) ? { ownHunt, theirHunt } : null;
  if (renumbered.size === 0 && !bothAddedHunt) return { notebook: mine, renumbered };
  const cells = mine.cells.map((cell) => {
    const renamed = isHuntCell(cell) ? { ...cell, value: renumberedHunt(cell.value, renumbered) } : cell;
    // The hunt record is one for a notebook: two that were added are merged under their id.
    if (bothAddedHunt && cell === bothAddedHunt.ownHunt) {
      return { ...renamed, id: bothAddedHunt.theirHunt.id };
    }
    return { ...renamed, id: renumbered.get(cell.id) ?? cell.id };
  });
  return { notebook: { ...mine, cells }, renumbered };
}

function renumberedHunt(text: string, renumbered: ReadonlyMap<number, number>): string {
  const hunt = parseHunt(text);
  if (!hunt.ok || renumbered.size === 0) return text;
  const now = (id: number) => renumbered.get(id) ?? id;
  return serializeHunt({
    ...hunt.value,
    findings: hunt.value.findings.map((finding) => ({ ...finding, cell: now(finding.cell) })),
    powers: hunt.value.powers.map((power) => ({ ...power, cell: now(power.cell) })),
    cellSettings: Object.fromEntries(
      Object.entries(hunt.value.cellSettings).map(([id, settings]) => [String(now(Number(id))), settings]),
    ),
  });
}

/**
 * One order of `cells` out of two that came from `base`. Cells that neither side moved keep their order; every other cell
 * stands behind the unmoved cell that it stood behind on the side that moved or added it. Symmetric in its sides.
 */
function mergeOrder(
  base: NotebookDocument,
  mine: NotebookDocument,
  theirs: NotebookDocument,
  cells: ReadonlyMap<number, NotebookCell>,
): number[] {
  const [was, here, there] = [base, mine, theirs].map(idsOf) as [number[], number[], number[]];
  const movedHere = movedCells(was, here);
  const movedThere = movedCells(was, there);
  const fixed = was.filter((id) => cells.has(id) && !movedHere.has(id) && !movedThere.has(id));
  const isFixed = new Set(fixed);
  const known = new Set(was);
  const groups = new Map<number, { mine: number[]; theirs: number[] }>();
  const placed = new Set<number>();
  const collect = (side: "mine" | "theirs", order: readonly number[], moved: ReadonlySet<number>) => {
    let anchor = 0;
    for (const id of order) {
      if (isFixed.has(id)) anchor = id;
      else if (cells.has(id) && !placed.has(id) && (moved.has(id) || !known.has(id))) {
        placed.add(id);
        const group = groups.get(anchor) ?? { mine: [], theirs: [] };
        group[side].push(id);
        groups.set(anchor, group);
      }
    }
  };
  const mineFirst = here.join() < there.join();
  if (mineFirst) collect("mine", here, movedHere);
  collect("theirs", there, movedThere);
  if (!mineFirst) collect("mine", here, movedHere);
  const behind = (anchor: number) => {
    const { mine: ours = [], theirs: others = [] } = groups.get(anchor) ?? {};
    return mineFirst ? [...ours, ...others] : [...others, ...ours];
  };
  return [...behind(0), ...fixed.flatMap((id) => [id, ...behind(id)])];
}
