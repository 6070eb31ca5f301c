import assert from "node:assert/strict";
import { test } from "node:test";
import { newCell, newNotebook } from "../../../../notebooks/document/notebook.ts";
import {
  changeCell,
  insertCell,
  moveCells,
  removeCells,
} from "../../../../workbench/notebook/edit-notebook.ts";
import { UndoStack } from "../../../../workbench/notebook/undo/undo-stack.ts";

const start = newNotebook({ cells: [1, 2, 3].map((id) => newCell({ id, value: `${id}` })) });

test("steps are taken back and done again, and typing in between stays", () => {
  const stack = new UndoStack();
  let now = start;
  const edit = (next: typeof now, label: string) => {
    stack.record(now, next, label);
    now = next;
  };
  edit(removeCells(now, [2]), "delete cell");
  edit(insertCell(now, 3, "md").notebook, "add cell");
  edit(
    moveCells(now, [3], -1, () => false),
    "move cell",
  );
  now = changeCell(now, 1, { value: "typed since" });
  assert.equal(stack.undoLabel, "move cell");
  const back = () => {
    const undone = stack.undo(now)!;
    now = undone.notebook;
    return now.cells.map(({ value }) => value);
  };
  const again = () => {
    now = stack.redo(now)!.notebook;
    return now.cells.map(({ value }) => value);
  };
  assert.deepEqual(back(), ["typed since", "3", ""]);
  assert.deepEqual(back(), ["typed since", "3"]);
  assert.deepEqual(back(), ["typed since", "2", "3"]);
  assert.equal(stack.undo(now), null);
  assert.deepEqual(again(), ["typed since", "3"]);
  assert.deepEqual(again(), ["typed since", "3", ""]);
  assert.deepEqual(again(), ["3", "typed since", ""]);
  assert.equal(stack.redo(now), null);
});

test("undoing an added cell and doing it again brings back what was typed into it", () => {
  const stack = new UndoStack();
  const { notebook, id } = insertCell(start, 1, "sql");
  stack.record(start, notebook, "add cell");
  const typed = changeCell(notebook, id, { value: "SELECT 1" });
  const without = stack.undo(typed)!.notebook;
  assert.ok(!without.cells.some((cell) => cell.id === id));
  assert.equal(stack.redo(without)!.notebook.cells.find((cell) => cell.id === id)!.value, "SELECT 1");
});
