import type { NotebookEditing } from "../editing/notebook-editing.ts";
import type { CommandId } from "./commands.ts";

/** What commands do beyond the notebook's text. */
export interface CommandHands {
  focus(id: number, where: "cell" | "text"): void;
  /** Offset of the text cursor in a cell. */
  cursor(id: number): number;
  run(ids: readonly number[]): void;
  runAll(): void;
  stop(): void;
  cancel(id: number): void;
  /** Lays a cell's SQL out. */
  format(id: number): void;
  clearOutput(id: number): void;
  setDemand(ids: readonly number[]): void;
  move(ids: readonly number[], by: -1 | 1): void;
  pin(id: number): void;
  promote(id: number): void;
  save(): void;
  show(side: "history" | "outline" | "hunt" | "data" | "functions"): void;
  help(): void;
}

/** Does a command on a cell (or on the selection, when the cell is part of it). `id` is null without any cell. */
export function performCommand(
  command: CommandId,
  id: number | null,
  editing: NotebookEditing,
  hands: CommandHands,
): void {
  const meant = id === null ? [] : editing.meant(id);
  const ids = () => editing.cells.map((cell) => cell.id);
  const perform: Readonly<Record<CommandId, () => void>> = {
    edit: () => id !== null && hands.focus(id, "text"),
    leave: () => id !== null && hands.focus(id, "cell"),
    next: () => editing.go(1),
    previous: () => editing.go(-1),
    first: () => editing.go("first"),
    last: () => editing.go("last"),
    extendDown: () => editing.go(1, true),
    extendUp: () => editing.go(-1, true),
    selectAll: () => editing.selectAll(),

    run: () => hands.run(meant),
    runAndNext: () => {
      hands.run(meant);
      if (id === ids().at(-1)) editing.insertBeside(id, "below");
      else editing.go(1);
    },
    runAndInsert: () => {
      hands.run(meant);
      editing.insertBeside(id, "below");
    },
    runAbove: () => hands.run(ids().slice(0, Math.max(0, ids().indexOf(id ?? -1)))),
    runBelow: () => {
      const index = ids().indexOf(id ?? -1);
      if (index >= 0) hands.run(ids().slice(index));
    },
    runAll: () => hands.runAll(),
    cancel: () => meant.forEach(hands.cancel),
    stop: () => hands.stop(),
    demand: () => hands.setDemand(meant),
    clearOutput: () => meant.forEach(hands.clearOutput),

    insertAbove: () => editing.insertBeside(id, "above"),
    insertBelow: () => editing.insertBeside(id, "below"),
    moveUp: () => hands.move(meant, -1),
    moveDown: () => hands.move(meant, 1),
    duplicate: () => editing.duplicate(meant),
    cut: () => editing.cut(meant),
    copy: () => editing.copy(meant),
    paste: () => editing.paste(meant.at(-1) ?? ids().at(-1) ?? null),
    delete: () => editing.remove(meant),
    split: () => id !== null && editing.split(id, hands.cursor(id)),
    join: () => editing.join(meant),
    format: () => meant.forEach(hands.format),
    fold: () => editing.fold(meant),
    foldAll: () => editing.fold(ids()),
    hideOutput: () => editing.hideOutput(meant),

    toSql: () => editing.changeMode(meant, "sql"),
    toMarkdown: () => editing.changeMode(meant, "md"),
    toJavaScript: () => editing.changeMode(meant, "js"),
    toTypeScript: () => editing.changeMode(meant, "ts"),
    toHtml: () => editing.changeMode(meant, "html"),

    pin: () => id !== null && hands.pin(id),
    promote: () => id !== null && hands.promote(id),
    undo: () => editing.undo(),
    redo: () => editing.redo(),
    save: () => hands.save(),
    history: () => hands.show("history"),
    outline: () => hands.show("outline"),
    hunt: () => hands.show("hunt"),
    datasets: () => hands.show("data"),
    functions: () => hands.show("functions"),
    help: () => hands.help(),
  };
  perform[command]();
}
