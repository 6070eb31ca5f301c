import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResultTable } from "../../../../workbench/frame/result/result-table.ts";
import { RowWindows, WINDOW_ROWS } from "../../../../workbench/frame/result/row-windows.ts";

function rows(offset: number, count: number): ResultTable {
  return {
    columns: [{ name: "n", type: "BIGINT" }],
    rowCount: count,
    complete: true,
    value: (row) => offset + row,
    text: (row) => String(offset + row),
  };
}

function windows(rowCount: number, head: ResultTable | null = null) {
  const asked: { offset: number; done: () => void }[] = [];
  const made = new RowWindows(
    (offset, limit) =>
      new Promise((resolve) => {
        const count = Math.max(0, Math.min(limit, rowCount - offset));
        asked.push({ offset, done: () => resolve({ table: rows(offset, count), rowCount }) });
      }),
    head,
    () => undefined,
    () => undefined,
  );
  const answerAll = async () => {
    for (const { done } of asked.splice(0)) done();
    await new Promise(setImmediate);
  };
  return { made, asked, answerAll };
}

test("rows are there once their window came, and each is the right one", async () => {
  const { made, answerAll, asked } = windows(10_000);
  made.want(5000, 5020, 10_000, 0);
  assert.equal(made.row(5000), null);
  while (asked.length > 0) await answerAll();
  const loaded = made.row(5007)!;
  assert.equal(loaded.table.text(loaded.row, 0), "5007");
});

test("a wish that was not begun gives way to a newer one", async () => {
  const { made, asked, answerAll } = windows(1_000_000);
  for (let row = 0; row < 900_000; row += 100_000) made.want(row, row + 20, 1_000_000, 1);
  const begun = asked.length;
  assert.ok(begun <= 3);
  while (asked.length > 0) await answerAll();
  const last = made.row(800_010)!;
  assert.equal(last.table.text(last.row, 0), "800010");
  assert.equal(made.row(400_000), null, "passed by");
});

test("the first rows need no window, and a last window that was short is fetched again when rows came", async () => {
  const { made, asked, answerAll } = windows(WINDOW_ROWS + 10, rows(0, 40));
  made.want(0, 20, 40, 0);
  assert.equal(asked.length, 0);
  assert.equal(made.row(39)!.row, 39);
  made.want(30, 60, WINDOW_ROWS + 10, 1);
  assert.deepEqual(asked.map(({ offset }) => offset).sort(), [0, WINDOW_ROWS].sort());
  while (asked.length > 0) await answerAll();
  made.want(WINDOW_ROWS, WINDOW_ROWS + 10, WINDOW_ROWS + 500, 0);
  assert.ok(
    asked.some(({ offset }) => offset === WINDOW_ROWS),
    "there are more rows in it now",
  );
});
