// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the notebook's own syntax
import assert from "node:assert/strict";
import { test } from "node:test";
import { dataFlow } from "../../../notebooks/document/data-flow.ts";
import { transpileCells } from "../../../notebooks/document/transpile-cells.ts";

const flow = dataFlow(
  transpileCells([
    { id: 5, mode: "js", value: "const hours = view(Inputs.range([1, 72]))" },
    { id: 2, mode: "sql", value: "SELECT * FROM t WHERE _line < ${hours}", output: "rows" },
    { id: 3, mode: "js", value: "Plot.plot({marks: [Plot.dot(rows)]}); hours" },
    { id: 4, mode: "md", value: "# ${rows.length} of ${unknown}" },
    { id: 6, mode: "js", value: "const top = rows.slice(0, hours)" },
    { id: 7, mode: "js", value: "top.length" },
    { id: 8, mode: "js", value: "let broken = = 1" },
  ]),
);

test("the flow names what each cell gives, reads and feeds", () => {
  assert.deepEqual(
    flow.map(({ id, names, reads, feeds }) => [id, names, reads, feeds]),
    [
      [5, ["hours"], [], [2, 3, 6]],
      [2, ["rows"], [5], [3, 4, 6]],
      [3, [], [5, 2], []],
      [4, [], [2], []],
      [6, ["top"], [5, 2], [7]],
      [7, [], [6], []],
      [8, [], [], []],
    ],
  );
  assert.deepEqual(flow.find(({ id }) => id === 6)!.readNames.toSorted(), ["hours", "rows"]);
});
