/** What a notebook is. Browser-safe: types and pure functions only. */
import type { QueryParameter } from "../engine/engine.ts";

/** The cell modes of Notebook Kit. A mode it does not know reads as `js`, as the kit does. */
export const CELL_MODES = [
  "js",
  "ts",
  "ojs",
  "md",
  "html",
  "tex",
  "dot",
  "sql",
  "node",
  "python",
  "r",
] as const;
export type CellMode = (typeof CELL_MODES)[number];

/** One cell: a program in one of the modes, with what the kit and others noted on its element. */
export interface NotebookCell {
  /** Positive and unique within the notebook; stable over edits and moves. */
  readonly id: number;
  readonly mode: CellMode;
  /** The text as a person wrote it; lines end in `\n`. */
  readonly value: string;
  /** The editor stays open when the cell is not focused. */
  readonly pinned: boolean;
  /** The value is not displayed. */
  readonly hidden: boolean;
  /** Name by which other cells read the value (SQL). */
  readonly output: string | null;
  /** The kit's database reference (`var:db` when absent). */
  readonly database: string | null;
  readonly format: string | null;
  /** Attributes that neither the kit nor Spoor knows, kept as they are. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** A notebook as it lies in `notebooks/<name>.html`. */
export interface NotebookDocument {
  readonly title: string;
  /** The theme attribute as written: `air`, `light-dark(air, near-midnight)`. */
  readonly theme: string;
  readonly readOnly: boolean;
  /** Attributes of the notebook element that neither the kit nor Spoor knows. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly cells: readonly NotebookCell[];
}

/** A cell with every default filled. */
export function newCell(cell: Partial<NotebookCell> & { readonly id: number }): NotebookCell {
  const mode = cell.mode ?? "js";
  return {
    id: cell.id,
    mode,
    value: cell.value ?? "",
    pinned: cell.pinned ?? (mode === "js" || mode === "ts" || mode === "sql" || mode === "ojs"),
    hidden: cell.hidden ?? false,
    output: cell.output ?? null,
    database: cell.database ?? null,
    format: cell.format ?? null,
    attributes: cell.attributes ?? {},
  };
}

/** A notebook with every default filled. */
export function newNotebook(document: Partial<NotebookDocument>): NotebookDocument {
  return {
    title: document.title ?? "Untitled",
    theme: document.theme ?? "air",
    readOnly: document.readOnly ?? false,
    attributes: document.attributes ?? {},
    cells: document.cells ?? [],
  };
}

/** The smallest id above all that the notebook uses. */
export function nextCellId(cells: readonly NotebookCell[]): number {
  return cells.reduce((highest, cell) => Math.max(highest, cell.id), 0) + 1;
}

/** One SQL statement with its values beside it. */
export interface BoundSql {
  readonly sql: string;
  readonly parameters: Readonly<Record<string, QueryParameter>>;
  /** Where in `sql` each text between the values starts. */
  readonly textStarts: readonly number[];
}
