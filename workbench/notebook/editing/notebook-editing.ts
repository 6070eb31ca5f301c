import type { Parsed } from "../../../connectors/issue/issue.ts";
import { compareNotebooks } from "../../../notebooks/document/compare-notebooks.ts";
import type { MergedNotebook } from "../../../notebooks/document/merge.ts";
import type { CellMode, NotebookCell, NotebookDocument } from "../../../notebooks/document/notebook.ts";
import { type HuntRecord, huntOf, isHuntCell, withHunt } from "../../../notebooks/hunt/hunt-record.ts";
import {
  changeCells,
  changeMode,
  duplicateCells,
  insertCell,
  joinCells,
  moveBefore,
  moveCells,
  pasteCells,
  removeCells,
  settleVersions,
  splitCell,
} from "../edit-notebook.ts";
import { UndoStack } from "../undo/undo-stack.ts";

/** What an edit asks of the page. */
export interface EditingListener {
  /** The notebook is another one: show it, save it. */
  changed(): void;
  /** The focus belongs to this cell: to the cell itself, or to its text. */
  focus(id: number, where: "cell" | "text"): void;
  /** Cells that are to run, and cells that are gone. */
  run(ids: readonly number[]): void;
  removed(ids: readonly number[]): void;
  /** What was done, in words, and the way back from it. */
  said(text: string, back: "undo" | "redo" | null): void;
}

/** Cells that were cut or copied; they can be pasted into another notebook. */
let clipboard: readonly NotebookCell[] = [];

/** The notebook as it is edited: its cells, which of them are selected, and the way back. Knows no page. */
export class NotebookEditing {
  readonly #listener: EditingListener;
  readonly #undo = new UndoStack();
  #notebook: NotebookDocument;
  #hunt: { readonly cell: NotebookCell | undefined; readonly read: Parsed<HuntRecord> } | null = null;
  #active: number | null = null;
  /** Where a selection of several cells began. */
  #anchor: number | null = null;

  constructor(notebook: NotebookDocument, listener: EditingListener) {
    this.#notebook = notebook;
    this.#listener = listener;
  }

  get notebook(): NotebookDocument {
    return this.#notebook;
  }

  /** The cells that are shown: all but the one that carries the hunt record. */
  get cells(): readonly NotebookCell[] {
    return this.#notebook.cells.filter((cell) => !isHuntCell(cell));
  }

  /** The cell that keys mean. */
  get active(): number | null {
    return this.#active;
  }

  /** Every selected cell, in order: the active one and those that were selected with it. */
  get selected(): readonly number[] {
    const ids = this.cells.map(({ id }) => id);
    const [from, until] = [ids.indexOf(this.#anchor ?? -1), ids.indexOf(this.#active ?? -1)];
    if (until < 0) return [];
    return from < 0 ? [ids[until]!] : ids.slice(Math.min(from, until), Math.max(from, until) + 1);
  }

  get undoLabel(): string | null {
    return this.#undo.undoLabel;
  }

  get redoLabel(): string | null {
    return this.#undo.redoLabel;
  }

  /** The cells that a command on `id` means: the whole selection when `id` is part of it. */
  meant(id: number): readonly number[] {
    return this.selected.includes(id) ? this.selected : [id];
  }

  // Selection

  select(id: number | null): void {
    if (this.#active === id && this.#anchor === null) return;
    this.#active = id;
    this.#anchor = null;
    this.#listener.changed();
  }

  /** Goes to another cell; `extend` keeps those in between selected. */
  go(to: 1 | -1 | "first" | "last", extend = false): void {
    const ids = this.cells.map(({ id }) => id);
    if (ids.length === 0) return;
    const here = ids.indexOf(this.#active ?? -1);
    const index =
      to === "first"
        ? 0
        : to === "last"
          ? ids.length - 1
          : here < 0
            ? 0
            : Math.min(Math.max(here + to, 0), ids.length - 1);
    this.#anchor = extend ? (this.#anchor ?? this.#active ?? ids[index]!) : null;
    this.#active = ids[index]!;
    this.#listener.changed();
    this.#listener.focus(this.#active, "cell");
  }

  /** Selects from the active cell to this one. */
  extendTo(id: number): void {
    this.#anchor ??= this.#active ?? id;
    this.#active = id;
    this.#listener.changed();
    this.#listener.focus(id, "cell");
  }

  selectAll(): void {
    const ids = this.cells.map(({ id }) => id);
    this.#anchor = ids[0] ?? null;
    this.#active = ids.at(-1) ?? null;
    this.#listener.changed();
    if (this.#active !== null) this.#listener.focus(this.#active, "cell");
  }

  // Edits that can be taken back

  insert(after: number | null, mode: CellMode, value = "", where: "text" | "cell" = "text"): number {
    const { notebook, id } = insertCell(this.#notebook, after, mode, value);
    this.#edit(notebook, "add cell");
    this.#take(id, where);
    if (value.trim() !== "") this.#listener.run([id]);
    return id;
  }

  /** A new cell of the same kind beside one. */
  insertBeside(id: number | null, side: "above" | "below"): void {
    const { cells } = this;
    const index = cells.findIndex((cell) => cell.id === id);
    const mode = cells[index]?.mode ?? "sql";
    const after = side === "below" ? (id ?? cells.at(-1)?.id ?? null) : (cells[index - 1]?.id ?? null);
    this.insert(after, mode);
  }

  remove(ids: readonly number[]): void {
    const { cells } = this;
    const last = cells.findLastIndex(({ id }) => ids.includes(id));
    if (last < 0) return;
    const rest = cells.filter(({ id }) => !ids.includes(id));
    const next = cells.slice(last + 1).find(({ id }) => !ids.includes(id)) ?? rest.at(-1);
    const label = ids.length === 1 ? "delete cell" : `delete ${ids.length} cells`;
    this.#edit(removeCells(this.#notebook, ids), label);
    this.#take(next?.id ?? null, "cell");
    this.#listener.said(ids.length === 1 ? "Cell deleted." : `${ids.length} cells deleted.`, "undo");
  }

  duplicate(ids: readonly number[]): void {
    const { notebook, ids: copies } = duplicateCells(this.#notebook, ids);
    this.#edit(notebook, "duplicate");
    this.#takeAll(copies);
    this.#listener.run(copies);
  }

  copy(ids: readonly number[]): void {
    clipboard = this.cells.filter(({ id }) => ids.includes(id));
    this.#listener.said(clipboard.length === 1 ? "Cell copied." : `${clipboard.length} cells copied.`, null);
  }

  cut(ids: readonly number[]): void {
    this.copy(ids);
    this.remove(ids);
  }

  paste(after: number | null): void {
    if (clipboard.length === 0) return;
    const { notebook, ids } = pasteCells(this.#notebook, after, clipboard);
    this.#edit(notebook, ids.length === 1 ? "paste cell" : `paste ${ids.length} cells`);
    this.#takeAll(ids);
    this.#listener.run(ids);
  }

  move(ids: readonly number[], by: -1 | 1): void {
    this.#edit(moveCells(this.#notebook, ids, by, isHuntCell), "move");
  }

  /** Moves cells before another; null puts them last. */
  moveTo(ids: readonly number[], before: number | null): void {
    const last = this.cells.filter(({ id }) => !ids.includes(id)).at(-1)?.id ?? null;
    this.#edit(moveBefore(this.#notebook, ids, before, last), "move");
  }

  changeMode(ids: readonly number[], mode: CellMode): void {
    this.#edit(changeMode(this.#notebook, ids, mode), "change kind");
  }

  split(id: number, offset: number): void {
    const { notebook, id: second } = splitCell(this.#notebook, id, offset);
    this.#edit(notebook, "split cell");
    this.#take(second, "text");
  }

  /** Joins the selected cells, or one with the next. */
  join(ids: readonly number[]): void {
    const { cells } = this;
    const index = cells.findIndex(({ id }) => id === ids[0]);
    const joined = ids.length > 1 ? ids : cells.slice(index, index + 2).map(({ id }) => id);
    const notebook = joinCells(this.#notebook, joined);
    if (notebook === this.#notebook) {
      this.#listener.said("Only cells of one kind can be joined.", null);
      return;
    }
    this.#edit(notebook, "join cells");
    this.#take(joined[0]!, "cell");
  }

  /** Folds the texts of cells, or unfolds them when the first is folded. */
  fold(ids: readonly number[]): void {
    const first = this.cells.find(({ id }) => id === ids[0]);
    this.#edit(
      changeCells(this.#notebook, ids, () => ({ pinned: !first?.pinned })),
      "fold",
    );
  }

  hideOutput(ids: readonly number[]): void {
    const first = this.cells.find(({ id }) => id === ids[0]);
    this.#edit(
      changeCells(this.#notebook, ids, () => ({ hidden: !first?.hidden })),
      "hide output",
    );
    this.#listener.run(ids);
  }

  settle(copy: number, keep: "this" | "other" | "both"): void {
    this.#edit(settleVersions(this.#notebook, copy, keep), "choose a version");
  }

  /** Puts a whole other notebook in the place of this one (an earlier version). */
  replace(notebook: NotebookDocument, label: string): void {
    const { changed, added } = compareNotebooks(this.#notebook, notebook);
    this.#edit(notebook, label);
    this.#listener.run([...changed, ...added]);
  }

  undo(): void {
    this.#step(this.#undo.undo(this.#notebook), "undone", "redo");
  }

  redo(): void {
    this.#step(this.#undo.redo(this.#notebook), "done again", "undo");
  }

  // What a person types, and what others do: no steps of their own

  change(id: number, change: Partial<NotebookCell>): void {
    this.#set(changeCells(this.#notebook, [id], () => change));
  }

  retitle(title: string): void {
    this.#edit({ ...this.#notebook, title }, "change title");
  }

  /** Changes the hunt record; false when that of the file cannot be read. */
  changeHunt(change: (hunt: HuntRecord) => HuntRecord): boolean {
    const { hunt } = this;
    if (!hunt.ok) return false;
    this.#set(withHunt(this.#notebook, change(hunt.value)));
    return true;
  }

  /** The hunt record of the notebook, read once for each state of it. */
  get hunt(): Parsed<HuntRecord> {
    const cell = this.#notebook.cells.find(isHuntCell);
    if (!this.#hunt || this.#hunt.cell !== cell) this.#hunt = { cell, read: huntOf(this.#notebook) };
    return this.#hunt.read;
  }

  onDemand(id: number): boolean {
    const { hunt } = this;
    return hunt.ok && hunt.value.cellSettings[String(id)]?.run === "demand";
  }

  /** Lets cells run on demand only, or by themselves again; false when the hunt record cannot hold it. */
  setDemand(ids: readonly number[], demand: boolean): boolean {
    const before = this.#notebook;
    const done = this.changeHunt((hunt) => ({
      ...hunt,
      cellSettings: {
        ...hunt.cellSettings,
        ...Object.fromEntries(
          ids.map(
            (id) =>
              [String(id), { ...hunt.cellSettings[String(id)], run: demand ? "demand" : "auto" }] as const,
          ),
        ),
      },
    }));
    if (done) this.#undo.record(before, this.#notebook, demand ? "run on demand" : "run by itself");
    return done;
  }

  /** Takes what others saved; the selection follows cells that got another id. */
  adopt({ notebook, renumbered }: MergedNotebook): void {
    const follow = (id: number | null) => (id === null ? null : (renumbered.get(id) ?? id));
    this.#active = follow(this.#active);
    this.#anchor = follow(this.#anchor);
    this.#replaceCells(notebook);
    this.#listener.changed();
  }

  #step(
    done: { readonly notebook: NotebookDocument; readonly label: string } | null,
    how: string,
    back: "undo" | "redo",
  ): void {
    if (!done) return;
    const { added, changed, moved } = compareNotebooks(this.#notebook, done.notebook);
    this.#replaceCells(done.notebook);
    this.#listener.changed();
    const shown = new Set(this.cells.map(({ id }) => id));
    this.#listener.run(added.filter((id) => shown.has(id)));
    const touched = [...added, ...changed, ...moved].find((id) => shown.has(id)) ?? this.#active;
    this.#take(touched !== null && shown.has(touched) ? touched : (this.cells.at(-1)?.id ?? null), "cell");
    this.#listener.said(`${capital(done.label)}: ${how}.`, back);
  }

  #edit(notebook: NotebookDocument, label: string): void {
    if (notebook === this.#notebook) return;
    this.#undo.record(this.#notebook, notebook, label);
    this.#set(notebook);
  }

  #set(notebook: NotebookDocument): void {
    this.#replaceCells(notebook);
    this.#listener.changed();
  }

  #replaceCells(notebook: NotebookDocument): void {
    const gone = compareNotebooks(this.#notebook, notebook).removed;
    this.#notebook = notebook;
    if (gone.length === 0) return;
    if (this.#anchor !== null && gone.includes(this.#anchor)) this.#anchor = null;
    if (this.#active !== null && gone.includes(this.#active)) this.#active = this.cells[0]?.id ?? null;
    this.#listener.removed(gone);
  }

  #take(id: number | null, where: "cell" | "text"): void {
    this.#active = id;
    this.#anchor = null;
    this.#listener.changed();
    if (id !== null) this.#listener.focus(id, where);
  }

  #takeAll(ids: readonly number[]): void {
    this.#active = ids.at(-1) ?? this.#active;
    this.#anchor = ids.length > 1 ? ids[0]! : null;
    this.#listener.changed();
    if (this.#active !== null) this.#listener.focus(this.#active, "cell");
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
