import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { mergeNotebooks } from "../../../../notebooks/document/merge.ts";
import { newCell, newNotebook } from "../../../../notebooks/document/notebook.ts";
import { isHuntCell, newHunt, withHunt } from "../../../../notebooks/hunt/hunt-record.ts";
import { COMMANDS, type CommandId } from "../../../../workbench/notebook/command/commands.ts";
import { performCommand } from "../../../../workbench/notebook/command/perform-command.ts";
import { settleVersions } from "../../../../workbench/notebook/edit-notebook.ts";
import { NotebookEditing } from "../../../../workbench/notebook/editing/notebook-editing.ts";

function start(count = 4) {
  const told = { focus: [] as string[], run: [] as number[], removed: [] as number[], said: [] as string[] };
  const notebook = withHunt(
    newNotebook({
      cells: Array.from({ length: count }, (_, index) =>
        newCell({ id: index + 1, value: `cell ${index + 1}` }),
      ),
    }),
    newHunt({}),
  );
  const editing = new NotebookEditing(notebook, {
    changed: () => undefined,
    focus: (id, where) => told.focus.push(`${id} ${where}`),
    run: (ids) => told.run.push(...ids),
    removed: (ids) => told.removed.push(...ids),
    said: (text) => told.said.push(text),
  });
  return { editing, told };
}
const values = (editing: NotebookEditing) => editing.cells.map(({ value }) => value);

test("commands mean the whole selection, and the selection follows", () => {
  const { editing, told } = start();
  editing.select(2);
  editing.go(1, true);
  assert.deepEqual(editing.selected, [2, 3]);
  assert.deepEqual(editing.meant(3), [2, 3]);
  assert.deepEqual(editing.meant(1), [1]);
  editing.move(editing.selected, 1);
  assert.deepEqual(values(editing), ["cell 1", "cell 4", "cell 2", "cell 3"]);
  assert.deepEqual(editing.selected, [2, 3]);
  editing.move(editing.selected, 1);
  assert.deepEqual(values(editing), ["cell 1", "cell 4", "cell 2", "cell 3"], "the last stay where they are");
  editing.remove(editing.selected);
  assert.deepEqual(told.removed, [2, 3]);
  assert.equal(editing.active, 4);
  assert.equal(told.focus.at(-1), "4 cell");
  editing.undo();
  assert.deepEqual(values(editing), ["cell 1", "cell 4", "cell 2", "cell 3"]);
  assert.deepEqual(told.run, [2, 3], "what came back runs");
});

test("what is pasted has ids and names of its own", () => {
  const { editing } = start(2);
  editing.change(1, { output: "rows", mode: "sql" });
  editing.copy([1]);
  editing.paste(2);
  assert.deepEqual(values(editing), ["cell 1", "cell 2", "cell 1"]);
  assert.equal(editing.cells[2]!.output, null);
  const ids = editing.notebook.cells.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
});

test("joining takes cells of one kind only", () => {
  const { editing, told } = start(3);
  editing.change(3, { mode: "md" });
  editing.join([1]);
  assert.deepEqual(values(editing), ["cell 1\n\ncell 2", "cell 3"]);
  editing.join([1]);
  assert.deepEqual(values(editing), ["cell 1\n\ncell 2", "cell 3"]);
  assert.match(told.said.at(-1)!, /one kind/);
});

test("running on demand is kept in the hunt record, and taken back like any edit", () => {
  const { editing } = start(2);
  assert.ok(editing.setDemand([1], true));
  assert.ok(editing.onDemand(1));
  editing.undo();
  assert.ok(!editing.onDemand(1));
  editing.redo();
  assert.ok(editing.onDemand(1));
});

test("two versions of a cell are settled as a person chooses", () => {
  const base = newNotebook({
    cells: [newCell({ id: 1, value: "base" }), newCell({ id: 2, value: "other" })],
  });
  const with1 = (value: string) => ({ ...base, cells: [newCell({ id: 1, value }), base.cells[1]!] });
  const { notebook, conflicts } = mergeNotebooks(base, with1("mine"), with1("theirs"));
  const [conflict] = conflicts;
  assert.equal(conflict?.kind, "both changed");
  const copy = conflict.kind === "both changed" ? conflict.copy : 0;
  const settled = (keep: "this" | "other" | "both") =>
    settleVersions(notebook, copy, keep).cells.map(({ id, value, attributes }) => [
      id,
      value,
      Object.keys(attributes),
    ]);
  assert.deepEqual(settled("this"), [
    [1, "mine", []],
    [2, "other", []],
  ]);
  assert.deepEqual(settled("other"), [
    [1, "theirs", []],
    [2, "other", []],
  ]);
  assert.deepEqual(settled("both"), [
    [1, "theirs", []],
    [copy, "mine", []],
    [2, "other", []],
  ]);
});

const STRUCTURAL = [
  "extendDown",
  "extendUp",
  "next",
  "previous",
  "selectAll",
  "insertAbove",
  "insertBelow",
  "moveUp",
  "moveDown",
  "duplicate",
  "cut",
  "copy",
  "paste",
  "delete",
  "split",
  "join",
  "fold",
  "foldAll",
  "hideOutput",
  "toSql",
  "toMarkdown",
] as const satisfies readonly CommandId[];

test("whatever is done, the active cell exists, ids are unique, the hunt stays, and undoing all brings the start back", () => {
  const none = () => undefined;
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...STRUCTURAL), { maxLength: 25 }), (commands) => {
      const { editing } = start(3);
      const before = editing.notebook;
      editing.select(1);
      const hands = {
        focus: none,
        cursor: () => 3,
        run: none,
        runAll: none,
        stop: none,
        cancel: none,
        format: () => undefined,
        clearOutput: none,
        setDemand: none,
        move: (ids: readonly number[], by: -1 | 1) => editing.move(ids, by),
        pin: none,
        promote: none,
        save: none,
        show: none,
        help: none,
      };
      for (const command of commands) {
        performCommand(command, editing.active, editing, hands);
        const ids = editing.notebook.cells.map(({ id }) => id);
        assert.equal(new Set(ids).size, ids.length);
        assert.equal(editing.notebook.cells.filter(isHuntCell).length, 1);
        if (editing.active !== null) assert.ok(editing.cells.some(({ id }) => id === editing.active));
        else assert.equal(editing.cells.length, 0);
      }
      while (editing.undoLabel !== null) editing.undo();
      assert.deepEqual(editing.notebook, before);
    }),
    { numRuns: 300 },
  );
});

test("every command can be performed", () => {
  const done: string[] = [];
  for (const { id } of COMMANDS) {
    const { editing } = start(3);
    editing.select(2);
    const note = (name: string) => () => void done.push(name);
    performCommand(id, 2, editing, {
      focus: note("focus"),
      cursor: () => 1,
      run: (ids) => done.push(`run ${ids.join()}`),
      runAll: note("runAll"),
      stop: note("stop"),
      cancel: note("cancel"),
      format: () => undefined,
      clearOutput: note("clear"),
      setDemand: note("demand"),
      move: note("move"),
      pin: note("pin"),
      promote: note("promote"),
      save: note("save"),
      show: (side) => done.push(side),
      help: note("help"),
    });
  }
  assert.ok(done.includes("run 1"), "above");
  assert.ok(done.includes("run 2,3"), "this and below");
});
