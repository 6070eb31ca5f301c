import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compareNotebooks } from "../../../notebooks/document/compare-notebooks.ts";
import { BESIDE_ATTRIBUTE, mergeNotebooks, takeBack } from "../../../notebooks/document/merge.ts";
import {
  type NotebookDocument,
  newCell,
  newNotebook,
  nextCellId,
} from "../../../notebooks/document/notebook.ts";
import { huntOf, newHunt, withHunt } from "../../../notebooks/hunt/hunt-record.ts";

const word = fc.stringMatching(/^[a-z]{1,6}$/);
const base = fc
  .array(fc.record({ value: word, mode: fc.constantFrom("sql" as const, "js" as const, "md" as const) }), {
    maxLength: 8,
  })
  .map((cells) =>
    newNotebook({ title: "Hunt", cells: cells.map((cell, index) => newCell({ id: index + 1, ...cell })) }),
  );

type Edit =
  | { kind: "change"; at: number; value: string }
  | { kind: "fold"; at: number }
  | { kind: "delete"; at: number }
  | { kind: "add"; at: number; value: string }
  | { kind: "move"; at: number; to: number };
const place = fc.nat(20);
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ kind: fc.constant("change" as const), at: place, value: word }),
  fc.record({ kind: fc.constant("fold" as const), at: place }),
  fc.record({ kind: fc.constant("delete" as const), at: place }),
  fc.record({ kind: fc.constant("add" as const), at: place, value: word }),
  fc.record({ kind: fc.constant("move" as const), at: place, to: place }),
);
const edits = fc.array(edit, { maxLength: 6 });

/** Applies edits; only cells with ids for which `may` holds are touched. `mark` makes texts tell their author. */
function apply(
  notebook: NotebookDocument,
  list: readonly Edit[],
  mark: string,
  may: (id: number) => boolean = () => true,
  newIds = 0,
): NotebookDocument {
  let cells = [...notebook.cells];
  let added = 0;
  for (const one of list) {
    if (one.kind === "add") {
      added += 1;
      const id = newIds === 0 ? nextCellId(cells) : newIds + added;
      cells.splice(one.at % (cells.length + 1), 0, newCell({ id, value: `${mark} ${one.value} ${added}` }));
      continue;
    }
    const free = cells.filter(({ id }) => may(id));
    const cell = free[one.at % Math.max(1, free.length)];
    if (!cell) continue;
    if (one.kind === "change")
      cells = cells.map((each) => (each === cell ? { ...each, value: `${mark} ${one.value}` } : each));
    if (one.kind === "fold")
      cells = cells.map((each) => (each === cell ? { ...each, pinned: !each.pinned } : each));
    if (one.kind === "delete") cells = cells.filter((each) => each !== cell);
    if (one.kind === "move") {
      cells = cells.filter((each) => each !== cell);
      cells.splice(one.to % (cells.length + 1), 0, cell);
    }
  }
  return { ...notebook, cells };
}

test("a side that changed nothing gives way, and equal changes are one", () => {
  fc.assert(
    fc.property(base, edits, (start, list) => {
      const edited = apply(start, list, "mine");
      assert.deepEqual(mergeNotebooks(start, edited, start).notebook, edited);
      assert.deepEqual(mergeNotebooks(start, start, edited).notebook, edited);
      const same = mergeNotebooks(start, edited, edited);
      assert.deepEqual(same.notebook, edited);
      assert.deepEqual(same.conflicts, []);
    }),
    { numRuns: 500 },
  );
});

test("disjoint edits: nothing is lost, nothing conflicts, and the sides may be swapped", () => {
  fc.assert(
    fc.property(base, edits, edits, (start, ours, others) => {
      const mine = apply(start, ours, "mine", (id) => id % 2 === 0 || id > 100, 100);
      const theirs = apply(start, others, "theirs", (id) => id % 2 === 1 || id > 200, 200);
      const there = mergeNotebooks(start, mine, theirs);
      const back = mergeNotebooks(start, theirs, mine);
      assert.deepEqual(there.notebook, back.notebook);
      assert.deepEqual(there.conflicts, []);
      for (const [side, parity] of [
        [mine, 0],
        [theirs, 1],
      ] as const) {
        const change = compareNotebooks(start, side);
        for (const id of [...change.added, ...change.changed]) {
          const wanted = side.cells.find((cell) => cell.id === id);
          assert.deepEqual(
            there.notebook.cells.find((cell) => cell.id === id),
            wanted,
            `cell ${id}, side ${parity}`,
          );
        }
        for (const id of change.removed) assert.ok(!there.notebook.cells.some((cell) => cell.id === id));
      }
      const ids = there.notebook.cells.map(({ id }) => id);
      assert.equal(new Set(ids).size, ids.length);
    }),
    { numRuns: 1000 },
  );
});

test("whatever two people do, every text that either wrote is in the merged notebook", () => {
  fc.assert(
    fc.property(base, edits, edits, (start, ours, others) => {
      const mine = apply(start, ours, "mine");
      const theirs = apply(start, others, "theirs");
      const { notebook, conflicts } = mergeNotebooks(start, mine, theirs);
      const texts = new Set(notebook.cells.map(({ value }) => value));
      for (const side of [mine, theirs]) {
        const change = compareNotebooks(start, side);
        const written = new Set([...change.added, ...change.changed]);
        for (const cell of side.cells) {
          const was = start.cells.find(({ id }) => id === cell.id);
          if (written.has(cell.id) && cell.value !== was?.value) assert.ok(texts.has(cell.value), cell.value);
        }
      }
      const ids = notebook.cells.map(({ id }) => id);
      assert.equal(new Set(ids).size, ids.length, "ids are unique");
      for (const conflict of conflicts) {
        if (conflict.kind !== "both changed") continue;
        const index = ids.indexOf(conflict.copy);
        assert.equal(ids[index - 1], conflict.cell, "the copy stands below");
        assert.equal(notebook.cells[index]!.attributes[BESIDE_ATTRIBUTE], String(conflict.cell));
      }
      // What is saved already keeps its ids, so an editor that is open elsewhere stays where it is.
      for (const cell of theirs.cells) {
        const kept = notebook.cells.find(({ id }) => id === cell.id);
        if (kept && cell.value.startsWith("theirs")) assert.equal(kept.value, cell.value);
      }
      // Merging again what was merged changes nothing: no copies of copies.
      assert.deepEqual(mergeNotebooks(theirs, notebook, theirs).notebook, notebook);
      assert.deepEqual(mergeNotebooks(mine, mine, mine).notebook, mine);
    }),
    { numRuns: 1000 },
  );
});

test("one edits what the other deletes: the edited cell stays, and it is said", () => {
  const start = newNotebook({ cells: [newCell({ id: 1, value: "a" }), newCell({ id: 2, value: "b" })] });
  const edited = { ...start, cells: [newCell({ id: 1, value: "a new" }), start.cells[1]!] };
  const deleted = { ...start, cells: [start.cells[1]!] };
  const mine = mergeNotebooks(start, edited, deleted);
  assert.deepEqual(
    mine.notebook.cells.map(({ value }) => value),
    ["a new", "b"],
  );
  assert.deepEqual(mine.conflicts, [{ kind: "kept", cell: 1, deletedBy: "them" }]);
  assert.deepEqual(mergeNotebooks(start, deleted, edited).conflicts, [
    { kind: "kept", cell: 1, deletedBy: "me" },
  ]);
});

test("hunt records are merged field by field, and findings follow a cell whose id changed", () => {
  const finding = (id: string, cell: number) => ({
    id,
    cell,
    note: "",
    sql: "SELECT 1",
    parameters: {},
    rowCount: 1,
    complete: true,
    datasetVersions: {},
    engineVersion: "1",
    dataHash: "0",
    firstTime: null,
    lastTime: null,
    at: "2026-01-01T00:00:00Z",
    by: "ada",
  });
  const start = withHunt(
    newNotebook({ cells: [newCell({ id: 1, value: "a" })] }),
    newHunt({ hypothesis: "h", techniques: ["T1003"] }),
  );
  const added = (notebook: NotebookDocument, value: string) => ({
    ...notebook,
    cells: [...notebook.cells, newCell({ id: 3, value })],
  });
  const mine = withHunt(
    added(start, "mine"),
    newHunt({
      hypothesis: "h mine",
      techniques: ["T1003", "T1055"],
      findings: [finding("m", 3)],
      cellSettings: { 3: { run: "demand" } },
    }),
  );
  const theirs = withHunt(
    added(start, "theirs"),
    newHunt({
      hypothesis: "h theirs",
      techniques: ["T1059"],
      state: "confirmed",
      findings: [finding("t", 3)],
    }),
  );
  const { notebook, conflicts, renumbered } = mergeNotebooks(start, mine, theirs);
  assert.deepEqual(conflicts, []);
  assert.deepEqual([...renumbered], [[3, 4]]);
  const hunt = huntOf(notebook);
  assert.ok(hunt.ok);
  assert.equal(hunt.value.hypothesis, "h theirs\nh mine");
  assert.deepEqual(hunt.value.techniques, ["T1059", "T1055"]);
  assert.equal(hunt.value.state, "confirmed");
  assert.deepEqual(
    hunt.value.findings.map(({ id, cell }) => [id, cell]),
    [
      ["t", 3],
      ["m", 4],
    ],
  );
  assert.deepEqual(hunt.value.cellSettings, { 4: { run: "demand" } });
  assert.equal(notebook.cells.find(({ id }) => id === 4)!.value, "mine");

  // Both begin a hunt record: there is one afterwards.
  const bare = newNotebook({ cells: [newCell({ id: 1, value: "a" })] });
  const one = mergeNotebooks(
    bare,
    withHunt(added(bare, "x"), newHunt({ hypothesis: "one" })),
    withHunt(bare, newHunt({ hypothesis: "two", state: "refuted" })),
  );
  assert.equal(one.notebook.cells.filter(({ value }) => value.startsWith("<!-- spoor-hunt")).length, 1);
  const both = huntOf(one.notebook);
  assert.ok(both.ok);
  assert.equal(both.value.hypothesis, "two\none");
  assert.equal(both.value.state, "refuted");
  assert.ok(one.notebook.cells.some(({ value }) => value === "x"));
});

test("taking a change back restores what was, and keeps what came since", () => {
  fc.assert(
    fc.property(base, edits, edits, (start, first, later) => {
      const after = apply(start, first, "first", undefined, 100);
      assert.deepEqual(takeBack(start, after, after), start);
      const now = apply(after, later, "later", undefined, 200);
      const back = takeBack(start, after, now);
      const sinceAdded = compareNotebooks(after, now).added;
      for (const id of sinceAdded) assert.ok(back.cells.some((cell) => cell.id === id));
      for (const cell of now.cells) {
        if (cell.value.startsWith("later") && start.cells.some(({ id }) => id === cell.id))
          assert.equal(back.cells.find(({ id }) => id === cell.id)?.value, cell.value);
      }
      for (const { id } of start.cells) {
        if (after.cells.every((cell) => cell.id !== id)) assert.ok(back.cells.some((cell) => cell.id === id));
      }
    }),
    { numRuns: 500 },
  );
});

test("a comparison names what was added, removed, changed and moved", () => {
  const before = newNotebook({ cells: [1, 2, 3, 4].map((id) => newCell({ id, value: `${id}` })) });
  const after = newNotebook({
    title: "Other",
    cells: [before.cells[3]!, before.cells[0]!, { ...before.cells[1]!, value: "x" }, newCell({ id: 9 })],
  });
  assert.deepEqual(compareNotebooks(before, after), {
    added: [9],
    removed: [3],
    changed: [2],
    moved: [4],
    heading: true,
  });
  const none = { added: [], removed: [], changed: [], moved: [], heading: false };
  assert.deepEqual(compareNotebooks(before, before), none);
});
