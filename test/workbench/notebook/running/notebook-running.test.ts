// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the notebook's own syntax
import assert from "node:assert/strict";
import { test } from "node:test";
import { type NotebookCell, newCell } from "../../../../notebooks/document/notebook.ts";
import { transpileCells } from "../../../../notebooks/document/transpile-cells.ts";
import type { CellProgram } from "../../../../workbench/frame/protocol.ts";
import { NotebookRunning } from "../../../../workbench/notebook/running/notebook-running.ts";

function page(given: readonly (Partial<NotebookCell> & { id: number })[], demand: readonly number[] = []) {
  let cells = given.map(newCell);
  const defined: CellProgram[] = [];
  const onDemand = new Set(demand);
  const waiting: (() => void)[] = [];
  let asked: { id: string; cell: number } | undefined;
  const running = new NotebookRunning(
    { transpile: async (wanted) => transpileCells(wanted) },
    {
      define: (programs) => defined.push(...programs),
      remove: () => undefined,
      asked: () => asked as never,
    },
    {
      cells: () => cells,
      onDemand: (id) => onDemand.has(id),
      addressInputs: () => new Map(),
      changed: () => undefined,
      nowMs: () => 1500,
      later: (call) => waiting.push(call),
    },
  );
  return {
    running,
    defined,
    onDemand,
    wait: () => {
      for (const call of waiting.splice(0)) call();
    },
    ask: (id: string, cell: number) => {
      asked = { id, cell };
    },
    type: (id: number, value: string) => {
      cells = cells.map((cell) => (cell.id === id ? { ...cell, value } : cell));
      running.typed(id, value);
    },
    last: (id: number) => defined.findLast((program) => program.id === id)!,
  };
}

const CELLS = [
  { id: 1, mode: "js" as const, value: "const hours = view(Inputs.range())" },
  { id: 2, mode: "sql" as const, output: "rows", value: "SELECT ${hours}" },
  { id: 3, mode: "js" as const, value: "const top = rows.slice(hours)" },
  { id: 4, mode: "js" as const, value: "top.length" },
];

test("on opening a cell on demand only promises its names, and what reads them waits", async () => {
  const { running, last } = page(CELLS, [2]);
  await running.runAll("on opening");
  assert.deepEqual(last(2).transpiled.outputs, ["rows"]);
  assert.deepEqual(last(2).transpiled.inputs, ["invalidation"]);
  assert.equal(running.state(2).phase, "waiting");
  assert.equal(running.waitsFor(4), 2);
  assert.equal(running.waitsFor(1), null);
  running.pending(2);
  running.fulfilled(2);
  assert.equal(running.state(2).phase, "waiting", "the frame's word about a promise is none about a run");
});

test("asked to, it takes the values of now and does not follow them", async () => {
  const { running, last, onDemand } = page(CELLS, [2]);
  await running.runAll("on opening");
  await running.run([2]);
  assert.deepEqual(last(2).held, ["hours"]);
  assert.ok(last(2).transpiled.inputs.includes("db"));
  assert.equal(running.waitsFor(4), null);
  running.fulfilled(2);
  running.stale(2);
  assert.ok(running.state(2).stale);
  await running.run([2]);
  assert.ok(!running.state(2).stale);
  onDemand.clear();
  await running.run([2]);
  assert.equal(last(2).held, undefined);
  running.stale(2);
  assert.ok(!running.state(2).stale, "a cell that follows is never stale");
});

test("clearing a cell takes its values away until it runs", async () => {
  const { running, last } = page(CELLS);
  await running.runAll("by a person");
  running.height(2, 300);
  running.clear(2);
  assert.equal(running.state(2).phase, "waiting");
  assert.equal(last(2).transpiled.output, null);
  assert.equal(running.waitsFor(3), 2);
  await running.run([2]);
  assert.equal(last(2).transpiled.output, "viewof$rows");
});

test("a cell that runs again keeps its place until what it shows has its height", async () => {
  const { running, wait } = page(CELLS);
  running.begin(new Map([[2, 400]]));
  assert.equal(running.state(2).outputHeight, 400, "as it was when it was last seen");
  await running.runAll("on opening");
  running.height(2, 0);
  assert.equal(running.state(2).outputHeight, 400);
  running.fulfilled(2);
  assert.equal(running.state(2).outputHeight, 400);
  running.height(2, 420);
  assert.equal(running.state(2).outputHeight, 420, "more room is given at once");
  running.height(2, 300);
  assert.equal(running.state(2).outputHeight, 420);
  wait();
  assert.equal(running.state(2).outputHeight, 300);
  running.height(2, 200);
  assert.equal(running.state(2).outputHeight, 200, "a cell that has ended may shrink");
  running.pending(2);
  running.height(2, 0);
  wait();
  assert.equal(running.state(2).outputHeight, 200);
});

test("a text that changed is marked until it runs; one that changes while it is read does not run", async () => {
  const { running, defined, type } = page(CELLS);
  await running.runAll("by a person");
  type(4, "top.length + 1");
  assert.ok(running.state(4).edited);
  type(4, "top.length");
  assert.ok(!running.state(4).edited);
  const before = defined.length;
  const first = running.run([4]);
  type(4, "2");
  const second = running.run([4]);
  await Promise.all([first, second]);
  assert.equal(defined.length, before + 1);
  assert.match(defined.at(-1)!.transpiled.body, /2/);
});

test("only the last query of a cell is told, with its progress and its rows", async () => {
  const { running, ask } = page(CELLS);
  await running.runAll("by a person");
  ask("new", 2);
  const query = (id: string) =>
    ({ id, cell: 2, sql: "", parameters: {}, startedMs: 1000, datasetVersions: {}, result: null }) as const;
  const state = {
    id: "r",
    phase: "queued" as const,
    rowCount: 0,
    percentage: null,
    queuePosition: 2,
    elapsedMs: 0,
    message: null,
    datasetVersions: {},
  };
  running.queryChanged(query("old"), "running", 0);
  assert.equal(running.state(2).query, null);
  running.queryChanged(query("new"), "running", 10, { state, kept: false, columns: [] });
  assert.equal(running.state(2).query?.progress?.queuePosition, 2);
  running.queryChanged(query("new"), "done", 10, {
    state: { ...state, phase: "cut", rowCount: 7 },
    kept: true,
    columns: [],
  });
  assert.equal(running.state(2).query, null);
  assert.equal(running.state(2).elapsedMs, 500);
  assert.deepEqual(running.state(2).rows, { count: 7, complete: false, kept: true, columns: [] });
});

test("an error is shown with its place, and a syntax error only once", async () => {
  const { running } = page([{ id: 1, mode: "js", value: "let a = = 1" }]);
  await running.runAll("by a person");
  const { error } = running.state(1);
  assert.equal(error?.offset, 8);
  running.failed(1, error.message, null, null);
  assert.equal(running.state(1).error?.offset, 8);
});
