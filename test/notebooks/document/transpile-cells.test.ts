// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the notebook's own syntax
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { newCell } from "../../../notebooks/document/notebook.ts";
import { sqlCellOf, sqlCells, transpileCells } from "../../../notebooks/document/transpile-cells.ts";

test("a syntax error is data with its offset, and the other cells are untouched", () => {
  const [bad, good] = transpileCells([
    { id: 1, mode: "js", value: "let a = = 3" },
    { id: 2, mode: "js", value: "const b = 2" },
  ]);
  assert.equal(bad!.ok, false);
  assert.equal(bad!.errorOffset, 8);
  assert.match(bad!.error!, /Unexpected token/);
  assert.equal(good!.ok, true);
  assert.deepEqual(good!.outputs, ["b"]);
});

test("no text makes the transpiler throw", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(
        "js" as const,
        "ts" as const,
        "ojs" as const,
        "md" as const,
        "sql" as const,
        "html" as const,
        "r" as const,
      ),
      fc.string(),
      (mode, value) => {
        const [result] = transpileCells([{ id: 1, mode, value }]);
        assert.equal(result!.ok, result!.error === null);
      },
    ),
  );
});

test("a SQL cell reads the database named db, whatever its attribute says", () => {
  const [result] = transpileCells([
    { id: 1, mode: "sql", value: "SELECT ${n}", output: "rows", database: "postgres" },
  ]);
  assert.deepEqual([...result!.inputs].sort(), ["Inputs", "db", "n"]);
  assert.equal(result!.output, "viewof$rows");
});

test("languages that run on the reader's machine are refused, not run", () => {
  for (const mode of ["node", "python", "r"] as const) {
    const [result] = transpileCells([{ id: 1, mode, value: "1" }]);
    assert.equal(result!.ok, false);
    assert.match(result!.error!, /not run here/);
  }
});

test("a SQL cell is taken apart at its interpolations", () => {
  const cell = newCell({
    id: 3,
    mode: "sql",
    value: "SELECT * FROM a WHERE n > ${min + 1} AND p LIKE '\\d\\${x}%'",
  });
  assert.deepEqual(sqlCellOf(cell), {
    id: 3,
    output: null,
    texts: ["SELECT * FROM a WHERE n > ", " AND p LIKE '\\d${x}%'"],
    expressions: ["min + 1"],
  });
  const [broken] = sqlCells([newCell({ id: 4, mode: "sql", value: "SELECT ${" })]);
  assert.ok(broken && "error" in broken);
});
