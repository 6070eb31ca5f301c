// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the notebook's own syntax
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { filteredSql } from "../../../notebooks/document/filtered-sql.ts";
import { newCell } from "../../../notebooks/document/notebook.ts";
import { sqlCellOf } from "../../../notebooks/document/transpile-cells.ts";
import type { ResultFilter } from "../../../notebooks/result/result.ts";

let instance: DuckDBInstance;
let connection: DuckDBConnection;
const columns = [
  { name: "_time", type: "TIMESTAMP" },
  { name: 'odd "name"', type: "VARCHAR" },
  { name: "bytes", type: "BIGINT" },
  { name: "tags", type: "VARCHAR[]" },
];
const SQL = `SELECT * FROM events -- all of them`;

before(async () => {
  instance = await DuckDBInstance.create(":memory:", { threads: "2", memory_limit: "1GB" });
  connection = await instance.connect();
  await connection.run(`CREATE TABLE events AS SELECT * FROM (VALUES
    (TIMESTAMP '2026-01-01 00:00:00.000001', 'it''s', 9007199254740993, ['a', 'b']),
    (TIMESTAMP '2026-01-01 00:00:01', '100%_x', 5, ['c']),
    (TIMESTAMP '2026-01-02 00:00:00', NULL, NULL, NULL)) AS rows(_time, "odd ""name""", bytes, tags)`);
});
after(() => {
  connection.closeSync();
  instance.closeSync();
});

async function bytesOf(sql: string): Promise<(bigint | null)[]> {
  const reader = await connection.runAndReadAll(`SELECT bytes FROM (${sql}\n) ORDER BY _time`);
  return reader.getRows().map(([bytes]) => bytes as bigint | null);
}

test("filters become conditions that give the same rows", async () => {
  const cases: [ResultFilter[], (bigint | null)[]][] = [
    [[], [9007199254740993n, 5n, null]],
    [[{ column: "bytes", test: "in", values: ["9007199254740993"] }], [9007199254740993n]],
    [[{ column: "bytes", test: "in", values: ["5", null] }], [5n, null]],
    [[{ column: "bytes", test: "not in", values: ["5"] }], [9007199254740993n, null]],
    [[{ column: "bytes", test: "not in", values: ["5", null] }], [9007199254740993n]],
    [[{ column: "bytes", test: "in", values: [] }], []],
    [[{ column: 'odd "name"', test: "in", values: ["it's"] }], [9007199254740993n]],
    [[{ column: 'odd "name"', test: "contains", text: "%_X" }], [5n]],
    [[{ column: 'odd "name"', test: "not contains", text: "it" }], [5n, null]],
    [
      [
        {
          column: "_time",
          test: "between",
          from: "2026-01-01 00:00:00.000001",
          until: "2026-01-01 00:00:01",
        },
      ],
      [9007199254740993n, 5n],
    ],
    [
      [{ column: "_time", test: "between", from: null, until: "2026-01-01 00:00:00.000001" }],
      [9007199254740993n],
    ],
    [[{ column: "tags", test: "in", values: ["[a, b]"] }], [9007199254740993n]],
    [
      [
        { column: "bytes", test: "not in", values: [null] },
        { column: "_time", test: "between", from: "2026-01-01 00:00:00.5", until: null },
      ],
      [5n],
    ],
  ];
  for (const [filters, expected] of cases)
    assert.deepEqual(await bytesOf(filteredSql(SQL, filters, columns)), expected, JSON.stringify(filters));
});

test("whatever a value holds, it stays a value", async () => {
  const hostile = fc.oneof(
    fc.constantFrom(
      "'; DROP TABLE events; --",
      "' OR '1'='1",
      "\\'",
      "$$",
      "/*",
      "*/ --",
      "\n",
      "${x}",
      "\\${x}",
      "`${x}`",
      "\\`",
    ),
    fc.string({ unit: "grapheme" }),
  );
  await fc.assert(
    fc.asyncProperty(
      hostile.filter((text) => !text.includes("\0")),
      async (text) => {
        const sql = filteredSql(SQL, [{ column: 'odd "name"', test: "in", values: [text] }], columns);
        const cell = sqlCellOf(newCell({ id: 1, mode: "sql", value: sql }));
        assert.ok("texts" in cell);
        assert.deepEqual(cell.expressions, [], "no value is a program");
        const [[echo]] = (
          await connection.runAndReadAll(`SELECT ${/= (.*)$/s.exec(cell.texts[0]!)![1]}`)
        ).getRows() as [[string]];
        assert.equal(echo, text);
        assert.deepEqual(
          await bytesOf(cell.texts[0]!),
          text === "it's" ? [9007199254740993n] : text === "100%_x" ? [5n] : [],
        );
        await bytesOf(filteredSql(SQL, [{ column: 'odd "name"', test: "contains", text }], columns));
      },
    ),
    { numRuns: 100 },
  );
});

test("a type that is no plain name is never written into the SQL", () => {
  const sql = filteredSql(
    "SELECT 1 AS n",
    [{ column: "n", test: "in", values: ["1"] }],
    [{ name: "n", type: "INTEGER) OR (1=1" }],
  );
  assert.doesNotMatch(sql, /1=1/);
});

test("a range of rows keeps its order, and texts that span lines stay as they are", async () => {
  const part = { sort: [{ column: "bytes", descending: true }], rows: { offset: 1, count: 1 } };
  assert.deepEqual(await bytesOf(filteredSql(SQL, [], columns, part)), [5n]);
  const sql = filteredSql("SELECT 'a\nb' AS t,\n 1 AS n", [], []);
  const [[value]] = (await connection.runAndReadAll(sql)).getRows() as [[string]];
  assert.equal(value, "a\nb");
  assert.match(
    filteredSql("SELECT 1\nFROM t", [], []),
    /^SELECT \*\nFROM \(\n {2}SELECT 1\n {2}FROM t\n\) AS cell$/,
  );
});

test("a statement that ends in a semicolon and a comment is a question all the same", async () => {
  for (const end of [";", "; -- done", ";\n/* one * two */\n-- three", " -- a; b"]) {
    const sql = filteredSql(`SELECT * FROM events${end}`, [], columns);
    assert.equal((await bytesOf(sql)).length, 3, end);
  }
});
