/** Which cell feeds which. Browser-safe: pure functions only. */
import type { TranspiledCell } from "./transpile-cells.ts";

/** One cell in the flow of data. */
export interface FlowCell {
  readonly id: number;
  /** Names that other cells read: `hours`, `rows`. */
  readonly names: readonly string[];
  /** Cells whose values it reads, in the order of the notebook. */
  readonly reads: readonly number[];
  /** Cells that read its values. */
  readonly feeds: readonly number[];
  /** Names of cells that it reads. */
  readonly readNames: readonly string[];
}

/** `viewof$rows` is the control of `rows`: what cells read is `rows`. */
const CONTROL = /^(?:viewof|mutable)[$ ]/;

/** Names that a cell gives to others. */
export function namesOf(cell: Pick<TranspiledCell, "outputs" | "output">): string[] {
  const all = cell.output === null ? cell.outputs : [...cell.outputs, cell.output];
  return [...new Set(all.map((name) => name.replace(CONTROL, "")))];
}

/** The flow of data between transpiled cells, in their order. A name that two cells give belongs to the first. */
export function dataFlow(cells: readonly TranspiledCell[]): FlowCell[] {
  const giver = new Map<string, number>();
  for (const cell of cells) for (const name of namesOf(cell)) if (!giver.has(name)) giver.set(name, cell.id);
  const place = new Map(cells.map(({ id }, index) => [id, index]));
  const reads = new Map(
    cells.map((cell) => {
      const names = [...new Set(cell.inputs.map((name) => name.replace(CONTROL, "")))].filter(
        (name) => giver.has(name) && giver.get(name) !== cell.id,
      );
      return [cell.id, names] as const;
    }),
  );
  const ordered = (ids: Iterable<number>) =>
    [...new Set(ids)].sort((left, right) => place.get(left)! - place.get(right)!);
  return cells.map((cell) => ({
    id: cell.id,
    names: namesOf(cell),
    readNames: reads.get(cell.id)!,
    reads: ordered(reads.get(cell.id)!.map((name) => giver.get(name)!)),
    feeds: ordered(
      cells
        .filter(({ id }) => reads.get(id)!.some((name) => giver.get(name) === cell.id))
        .map(({ id }) => id),
    ),
  }));
}
