import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DuckDBInstance } from "@duckdb/node-api";
import { castableText } from "../../../../workbench/frame/result/column-kind.ts";
import { copyText, sqlLiteral } from "../../../../workbench/frame/result/copy-text.ts";
import { decodedViews } from "../../../../workbench/frame/result/decoded-views.ts";
import { filterOf } from "../../../../workbench/frame/result/menu/filter-form.ts";
import { jsonTable } from "../../../../workbench/frame/result/result-table.ts";
import { plainValue, rawText } from "../../../../workbench/frame/result/value-text.ts";

let instance: DuckDBInstance;
before(async () => {
  instance = await DuckDBInstance.create(":memory:", { memory_limit: "256MB", threads: "1" });
});
after(() => instance.closeSync());

async function cell(sql: string): Promise<unknown> {
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowsJson()[0]![0];
  } finally {
    connection.closeSync();
  }
}

test("raw values of Arrow become DuckDB's own text", async () => {
  const cases: [unknown, Parameters<typeof rawText>[1], string][] = [
    [12_345n, { typeId: 7, scale: 2 }, "CAST(123.45 AS DECIMAL(9,2))"],
    [-5n, { typeId: 7, scale: 3 }, "CAST(-0.005 AS DECIMAL(9,3))"],
    [
      170141183460469231731687303715884105727n,
      { typeId: 7, scale: 0 },
      "170141183460469231731687303715884105727::HUGEINT",
    ],
    [1_500_000n, { typeId: 10, unit: 2 }, "TIMESTAMP '1970-01-01 00:00:01.5'"],
    [-1n, { typeId: 10, unit: 2 }, "TIMESTAMP '1969-12-31 23:59:59.999999'"],
    [1_000_000_001n, { typeId: 10, unit: 3 }, "TIMESTAMP_NS '1970-01-01 00:00:01.000000001'"],
    [86_400_000, { typeId: 8 }, "DATE '1970-01-02'"],
    [[14, 3, 3_661_500_000_000], { typeId: 11 }, "INTERVAL '1 year 2 months 3 days 01:01:01.5'"],
    [[0, 0, -1_000_000_000], { typeId: 11 }, "INTERVAL '-1 second'"],
    [9_007_199_254_740_993n, { typeId: 2 }, "9007199254740993"],
  ];
  for (const [raw, type, sql] of cases) {
    const text = rawText(raw, type)!;
    const own = String(await cell(`SELECT CAST(${sql} AS VARCHAR)`));
    assert.equal(text, own, sql);
  }
});

test("a literal is the value again, whatever the text holds", async () => {
  for (const [text, type] of [
    ["it's ' a '' quote", "VARCHAR"],
    ["9007199254740993", "BIGINT"],
    ["2026-11-16 00:00:00.000017", "TIMESTAMP"],
    ["2026-11-16", "DATE"],
    ["true", "BOOLEAN"],
    ["0b1f1c3e-0000-4000-8000-000000000000", "UUID"],
    ["1; DROP TABLE x", "VARCHAR"],
    [castableText("00ff41", "BLOB"), "BLOB"],
  ] as const) {
    const value = `CAST(${sqlLiteral(text, type)} AS ${type})`;
    assert.equal(
      await cell(`SELECT ${value} = CAST('${text.replaceAll("'", "''")}' AS ${type})`),
      true,
      text,
    );
  }
  assert.equal(sqlLiteral(null, "VARCHAR"), "NULL");
});

test("nested values are plain JavaScript with exact integers", () => {
  const type = {
    typeId: 13,
    children: [
      { name: "at", type: { typeId: 10, unit: 2 } },
      { name: "sizes", type: { typeId: 12, children: [{ name: "l", type: { typeId: 2 } }] } },
    ],
  };
  const raw = { at: 0n, sizes: [1n, 9_007_199_254_740_993n, null] };
  assert.deepEqual(plainValue(raw, type), { at: new Date(0), sizes: [1, 9_007_199_254_740_993n, null] });
  assert.equal(rawText(raw, type), '{"at":"1970-01-01 00:00:00","sizes":[1,"9007199254740993",null]}');
});

test("copied rows are text that a table, a document and a program can take", () => {
  const table = jsonTable({
    columns: [
      { name: "a|b", type: "VARCHAR" },
      { name: "n", type: "BIGINT" },
    ],
    rows: [
      ["x\ty\n<b>", "9007199254740993"],
      [null, "2"],
    ],
    complete: true,
  });
  assert.equal(copyText(table, [0, 1], "tsv"), "a|b\tn\nx y <b>\t9007199254740993\n\t2\n");
  assert.equal(
    copyText(table, [1, 0], "markdown"),
    "| n | a\\|b |\n| --: | --- |\n| 9007199254740993 | x\ty \\<b\\> |\n| 2 |  |\n",
  );
  assert.deepEqual(JSON.parse(copyText(table, [0, 1], "json")), [
    { "a|b": "x\ty\n<b>", n: "9007199254740993" },
    { "a|b": null, n: 2 },
  ]);
});

test("decodings are shown when they say something, and not for ordinary words", () => {
  const encoded = Buffer.from("whoami /all", "utf16le").toString("base64");
  assert.ok(decodedViews(encoded).some(({ text }) => text === "whoami /all"));
  assert.ok(decodedViews("http://evil.example/a%20b").some(({ text }) => text === "http://evil.example/a b"));
  assert.deepEqual(decodedViews("administrator"), []);
  assert.deepEqual(decodedViews("cmd"), []);
});

test("a form says one condition or none", () => {
  const form = (fields: Record<string, string>) => {
    const data = new FormData();
    for (const [name, value] of Object.entries(fields)) data.set(name, value);
    return filterOf("c", data);
  };
  assert.deepEqual(form({ test: "is", value: "" }), { column: "c", test: "in", values: [""] });
  assert.deepEqual(form({ test: "not null" }), { column: "c", test: "not in", values: [null] });
  assert.deepEqual(form({ test: "between", from: " 3 ", until: "" }), {
    column: "c",
    test: "between",
    from: "3",
    until: null,
  });
  assert.equal(form({ test: "between", from: "", until: " " }), null);
  assert.equal(form({ test: "contains", value: "" }), null);
});
