import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type NotebookDocument, newCell, newNotebook } from "../../../../notebooks/document/notebook.ts";
import { parseNotebook, serializeNotebook } from "../../../../notebooks/document/notebook-html.ts";
import type { NotebookFile } from "../../../../server/api/api.ts";
import { ApiFailure } from "../../../../workbench/api/api-failure.ts";
import { NotebookSaving } from "../../../../workbench/notebook/saving/notebook-saving.ts";

/** One file, kept as the server keeps it: a save on an old revision is refused. Every call takes a turn of the loop. */
class Shelf {
  file: NotebookFile;
  saves = 0;
  #revision = 1;
  /** Stores the next save and then fails, as a connection that breaks off does. */
  breakNext = false;
  constructor(notebook: NotebookDocument) {
    this.file = { name: "hunt", html: serializeNotebook(notebook), revision: "1" };
  }
  async read(): Promise<NotebookFile> {
    await null;
    return this.file;
  }
  async save(html: string, base: string | null): Promise<NotebookFile> {
    await null;
    if (base !== this.file.revision && html !== this.file.html) throw new ApiFailure(409, "stale");
    this.#revision += html === this.file.html ? 0 : 1;
    this.saves += 1;
    this.file = { name: "hunt", html, revision: String(this.#revision) };
    if (this.breakNext) {
      this.breakNext = false;
      throw new ApiFailure(0, "no answer");
    }
    return this.file;
  }
}

/** A page: a notebook that is edited, and its saving. */
class Editor {
  notebook: NotebookDocument;
  readonly saving: NotebookSaving;
  adopted = 0;
  constructor(shelf: Shelf) {
    this.notebook = parseNotebook(shelf.file.html);
    this.saving = new NotebookSaving(
      {
        read: () => shelf.read(),
        save: (html, base) => shelf.save(html, base),
        pulse: async () => ({ revision: shelf.file.revision, by: "x", at: null, others: [] }),
      },
      {
        notebook: () => this.notebook,
        adopt: ({ notebook }) => {
          this.notebook = notebook;
          this.adopted += 1;
        },
        stateChanged: () => undefined,
        othersChanged: () => undefined,
      },
    );
    this.saving.begin(shelf.file);
  }
  write(id: number, value: string): void {
    const cells = this.notebook.cells.some((cell) => cell.id === id)
      ? this.notebook.cells.map((cell) => (cell.id === id ? { ...cell, value } : cell))
      : [...this.notebook.cells, newCell({ id, value })];
    this.notebook = { ...this.notebook, cells };
    this.saving.changed();
  }
  pulse = () => this.saving.pulse({ cell: null, hidden: false });
}

const values = (notebook: NotebookDocument) => notebook.cells.map(({ value }) => value);
const start = () => newNotebook({ cells: [newCell({ id: 1, value: "a" }), newCell({ id: 2, value: "b" })] });

test("a save that meets another's is merged, and both see both", async () => {
  const shelf = new Shelf(start());
  const [ada, bob] = [new Editor(shelf), new Editor(shelf)];
  ada.write(1, "a by ada");
  bob.write(2, "b by bob");
  await Promise.all([ada.saving.save(), bob.saving.save()]);
  assert.deepEqual(values(parseNotebook(shelf.file.html)), ["a by ada", "b by bob"]);
  await Promise.all([ada.pulse(), bob.pulse()]);
  assert.deepEqual(ada.notebook, bob.notebook);
  assert.equal(ada.saving.state, "saved");
  assert.equal(bob.saving.state, "saved");
  ada.saving.stop();
  bob.saving.stop();
});

test("two who type in one cell keep both texts, and typing on makes no further copies", async () => {
  const shelf = new Shelf(start());
  const [ada, bob] = [new Editor(shelf), new Editor(shelf)];
  ada.write(1, "ada");
  bob.write(1, "bob");
  await ada.saving.save();
  await bob.saving.save();
  await ada.pulse();
  for (let round = 0; round < 3; round += 1) {
    const copy = bob.notebook.cells.find(({ value }) => value.startsWith("bob"))!.id;
    ada.write(1, `ada ${round}`);
    bob.write(copy, `bob ${round}`);
    await bob.saving.save();
    await ada.saving.save();
    await Promise.all([ada.pulse(), bob.pulse()]);
  }
  assert.deepEqual(values(parseNotebook(shelf.file.html)), ["ada 2", "bob 2", "b"]);
  ada.saving.stop();
  bob.saving.stop();
});

test("a save whose answer was lost is no conflict", async () => {
  const shelf = new Shelf(start());
  const ada = new Editor(shelf);
  ada.write(3, "new");
  shelf.breakNext = true;
  await ada.saving.save();
  assert.equal(ada.saving.state, "failed");
  ada.write(3, "new and more");
  await ada.saving.save();
  assert.equal(ada.saving.state, "saved");
  assert.deepEqual(values(parseNotebook(shelf.file.html)), ["a", "b", "new and more"]);
  assert.equal(ada.adopted, 0);
  ada.saving.stop();
});

test("three who edit, save and look in any order end with one notebook that has everybody's cells", async () => {
  const step = fc.record({
    who: fc.nat(2),
    what: fc.constantFrom("write" as const, "add" as const, "save" as const, "pulse" as const),
    cell: fc.integer({ min: 1, max: 3 }),
    wait: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const shelf = new Shelf(newNotebook({ cells: [1, 2, 3].map((id) => newCell({ id, value: "base" })) }));
      const editors = [new Editor(shelf), new Editor(shelf), new Editor(shelf)];
      const running: Promise<void>[] = [];
      const kept = new Set<string>();
      let count = 0;
      for (const { who, what, cell, wait } of steps) {
        const editor = editors[who]!;
        count += 1;
        if (what === "write") {
          // Whoever sees a text may replace it; what nobody replaced must stay.
          for (const each of editor.notebook.cells) if (each.id === cell) kept.delete(each.value);
          kept.add(`${who} wrote ${count}`);
          editor.write(cell, `${who} wrote ${count}`);
        }
        if (what === "add") {
          const id = Math.max(...editor.notebook.cells.map((each) => each.id)) + 1;
          kept.add(`${who} added ${count}`);
          editor.write(id, `${who} added ${count}`);
        }
        if (what === "save") running.push(editor.saving.save());
        if (what === "pulse") running.push(editor.pulse());
        if (wait) await Promise.all(running);
      }
      await Promise.all(running);
      for (const editor of editors) await editor.saving.save();
      for (const editor of editors) await editor.pulse();
      for (const editor of editors) editor.saving.stop();
      const saved = new Set(values(parseNotebook(shelf.file.html)));
      for (const text of kept) assert.ok(saved.has(text), `${text} is lost`);
      for (const editor of editors) assert.equal(serializeNotebook(editor.notebook), shelf.file.html);
    }),
    { numRuns: 300 },
  );
});
