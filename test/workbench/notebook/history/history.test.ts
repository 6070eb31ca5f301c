import assert from "node:assert/strict";
import { test } from "node:test";
import { newCell, newNotebook } from "../../../../notebooks/document/notebook.ts";
import type { NotebookVersion } from "../../../../server/api/api.ts";
import { versionDifference } from "../../../../workbench/notebook/history/version-difference.ts";
import { changeWords, groupVersions } from "../../../../workbench/notebook/history/version-groups.ts";

const NONE = { added: [], removed: [], changed: [], moved: [], heading: false };
const version = (
  minute: number,
  by: string | null,
  kind: NotebookVersion["kind"] = "saved",
): NotebookVersion => ({
  revision: String(minute),
  at: new Date(Date.UTC(2026, 0, 1, 12, minute)).toISOString(),
  by,
  kind,
  restored: null,
  change: NONE,
});

test("autosaves of one person in one piece of work are one entry", () => {
  const groups = groupVersions([
    version(58, "ada"),
    version(55, "ada"),
    version(40, "ada"),
    version(39, "bob"),
    version(38, "ada", "restored"),
    version(37, "ada"),
    version(36, "ada"),
    version(0, "ada", "made"),
  ]);
  assert.deepEqual(
    groups.map(({ versions, by, kind }) => [versions.length, by, kind]),
    [
      [2, "ada", "saved"],
      [1, "ada", "saved"],
      [1, "bob", "saved"],
      [1, "ada", "restored"],
      [2, "ada", "saved"],
      [1, "ada", "made"],
    ],
  );
});

test("what changed in several saves is said once", () => {
  assert.equal(changeWords([NONE]), "nothing changed");
  assert.equal(
    changeWords([
      { ...NONE, changed: [1] },
      { ...NONE, changed: [1, 2] },
    ]),
    "2 cells changed",
  );
  assert.equal(
    changeWords([
      { ...NONE, added: [3], moved: [3] },
      { ...NONE, changed: [3] },
      { ...NONE, heading: true },
    ]),
    "1 cell added, title changed",
  );
  assert.equal(
    changeWords([
      { ...NONE, added: [3] },
      { ...NONE, removed: [3] },
    ]),
    "nothing changed",
  );
});

test("a difference names each cell, removed ones where they stood", () => {
  const cells = [1, 2, 3, 4].map((id) => newCell({ id, value: `${id}` }));
  const after = newNotebook({
    title: "New",
    cells: [cells[0]!, { ...cells[2]!, value: "3 changed" }, newCell({ id: 5, value: "5" }), cells[3]!],
  });
  const { title, cells: differences } = versionDifference(newNotebook({ cells }), after);
  assert.deepEqual(title, { before: "Untitled", after: "New" });
  assert.deepEqual(
    differences.map(({ what, before, after: later }) => [what, before?.value ?? null, later?.value ?? null]),
    [
      ["removed", "2", null],
      ["changed", "3", "3 changed"],
      ["added", null, "5"],
    ],
  );
});
