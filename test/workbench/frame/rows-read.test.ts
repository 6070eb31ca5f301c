import assert from "node:assert/strict";
import { test } from "node:test";
import { transpileCells } from "../../../notebooks/document/transpile-cells.ts";
import { rowsReadOf } from "../../../workbench/frame/rows-read.ts";

const read = (value: string) => {
  const [cell] = transpileCells([{ id: 1, mode: "js", value } as never]);
  return rowsReadOf(cell as never, "rows");
};

test("rows that are only handed to crossfilter are read by their name alone", () => {
  assert.equal(read("crossfilter(rows)"), "name");
  assert.equal(read('const chosen = view(crossfilter( rows, {fields: ["host"]}))'), "name");
});

test("any other use reads the rows", () => {
  assert.equal(read("rows.length"), "rows");
  assert.equal(read("crossfilter(rows.slice(0, 3))"), "rows");
  assert.equal(read("display(crossfilter(rows)); rows.length"), "rows");
  assert.equal(read("my.crossfilter(rows)"), "rows");
  assert.equal(read("const crossfilter = (all) => all.length; display(crossfilter(rows))"), "rows");
});
