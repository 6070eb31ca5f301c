import assert from "node:assert/strict";
import { after, test } from "node:test";
import fc from "fast-check";
import { quoteIdentifier, quoteText } from "../../../connectors/sql/quote.ts";
import {
  type ColumnType,
  formatColumnType,
  parseColumnType,
} from "../../../notebooks/catalog/column-type.ts";
import { datasetSelect } from "../../../notebooks/catalog/dataset-view.ts";
import { TestLake } from "../engine/test-lake.ts";

const lake = new TestLake();
after(() => lake.close());

const columnType: fc.Arbitrary<ColumnType> = fc.letrec<{ type: ColumnType }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 3 },
    fc
      .constantFrom("VARCHAR", "BIGINT", "JSON", "TIMESTAMP WITH TIME ZONE", "BLOB", "HUGEINT")
      .map((name) => ({
        kind: "scalar" as const,
        name,
      })),
    fc.integer({ min: 1, max: 38 }).map((width) => ({ kind: "decimal" as const, width, scale: width >> 1 })),
    fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 3 }).map((values) => ({
      kind: "enum" as const,
      values: values.map((value) => value.replaceAll("\0", "")),
    })),
    tie("type").map((item) => ({ kind: "list" as const, item })),
    fc
      .record({ item: tie("type"), size: fc.integer({ min: 1, max: 9 }) })
      .map((array) => ({ kind: "array" as const, item: array.item, size: array.size })),
    fc
      .record({ key: tie("type"), value: tie("type") })
      .map((map) => ({ kind: "map" as const, key: map.key, value: map.value })),
    fc
      .array(
        fc.record({
          name: fc.string({ minLength: 1 }).map((name) => name.replaceAll("\0", "_")),
          type: tie("type"),
        }),
        { minLength: 1, maxLength: 4 },
      )
      .map((fields) => ({
        kind: "struct" as const,
        fields: fields.map(({ name, type }) => ({ name, type })),
      })),
  ),
})).type;

test("property: a type's text is read back as the same type, whatever its names hold", () => {
  fc.assert(
    fc.property(columnType, (type) => assert.deepEqual(parseColumnType(formatColumnType(type)), type)),
  );
});

test("texts that are no type are refused", () => {
  for (const text of [
    "",
    "VARCHAR)",
    "VARCHAR; DROP",
    "STRUCT(a)",
    "MAP(VARCHAR)",
    "NOPE",
    "VARCHAR[",
    "(SELECT 1)",
    "INTEGER /* */",
    "DECIMAL(99,1)",
  ]) {
    assert.throws(() => parseColumnType(text), RangeError, text);
  }
});

test("property: quoted names and texts come back from DuckDB unchanged", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ minLength: 1, unit: "grapheme" }), async (raw) => {
      const text = raw.replaceAll("\0", "_");
      const sql = `SELECT ${quoteText(text)} AS ${quoteIdentifier(text)}`;
      const { rows } = await lake.engine.rows({ sql });
      assert.deepEqual(Object.entries(rows[0]!), [[text, text]]);
    }),
    { numRuns: 50 },
  );
});

test("segments of several shapes become one dataset that loses no value", async () => {
  await lake.add("mixed", "SELECT 'text' AS a, 5 AS n, {'x': 1} AS s, [1] AS l, true AS f, 'plain' AS v");
  await lake.add("mixed", "SELECT 7 AS a, 'many' AS n, {'x': 'one', 'y': 2.5} AS s, ['z'] AS l, 'no' AS f");
  await lake.add(
    "mixed",
    "SELECT {'deep': [1, 2]} AS a, 1.5 AS n, {'x': NULL} AS s, NULL::VARCHAR[] AS l, NULL::BOOLEAN AS f",
  );
  lake.retype("mixed", { a: "JSON", n: "VARCHAR", s: "STRUCT(x JSON, y DOUBLE)", l: "JSON[]", f: "VARCHAR" });
  const { rows, columns } = await lake.engine.rows({
    sql: "SELECT a, n, s, l, f, v FROM mixed ORDER BY _file",
  });
  assert.deepEqual(
    columns.map((column) => column.type),
    ["JSON", "VARCHAR", "STRUCT(x JSON, y DOUBLE)", "JSON[]", "VARCHAR", "VARCHAR"],
  );
  assert.deepEqual(rows, [
    { a: '"text"', n: "5", s: { x: "1", y: null }, l: ["1"], f: "true", v: "plain" },
    { a: "7", n: "many", s: { x: '"one"', y: 2.5 }, l: ['"z"'], f: "no", v: null },
    { a: '{"deep":[1,2]}', n: "1.5", s: { x: null, y: null }, l: null, f: null, v: null },
  ]);
});

test("nested values become JSON text, and JSON text its own text", async () => {
  await lake.add("texts", "SELECT {'a': 1} AS v");
  await lake.add("texts", "SELECT '\"plain\"'::JSON AS v");
  await lake.add("texts", "SELECT ['x'] AS v");
  lake.retype("texts", { v: "VARCHAR" });
  const { rows } = await lake.engine.rows({ sql: "SELECT v FROM texts ORDER BY _file" });
  assert.deepEqual(
    rows.map((row) => row.v),
    ['{"a":1}', "plain", '["x"]'],
  );
});

test("a dataset without segments is empty and has its columns", async () => {
  lake.datasets.set("empty", {
    name: "empty",
    source: "empty",
    columns: [{ name: 'od"d', key: 'od"d', type: "STRUCT(a VARCHAR)[]" }],
    segments: [],
    version: 1,
  });
  const { rows, columns } = await lake.engine.rows({ sql: "FROM empty" });
  assert.equal(rows.length, 0);
  assert.deepEqual(
    columns.map((column) => column.name),
    ["_time", "_ingested", "_file", "_line", 'od"d'],
  );
  assert.equal(columns[4]!.type, "STRUCT(a VARCHAR)[]");
});

test("bounds leave out whole segments and reach the Parquet scan of the others", async () => {
  await lake.add("timed", "SELECT TIMESTAMP '2026-01-01' + to_minutes(i) AS _time, i FROM range(100) t(i)");
  await lake.add(
    "timed",
    "SELECT TIMESTAMP '2026-02-01' + to_minutes(i) AS _time, i::VARCHAR AS i FROM range(100) t(i)",
  );
  const dataset = lake.datasets.get("timed")!;
  const after0 = BigInt(Date.UTC(2026, 1, 1, 0, 10)) * 1000n;
  const sql = datasetSelect(dataset, { afterUs: after0, untilUs: after0 + 60_000_000n });
  assert.ok(!sql.includes(dataset.segments[0]!.path) && sql.includes(dataset.segments[1]!.path));
  const [plan] = (await lake.run(`EXPLAIN ${sql}`)).map((row) => String(row.explain_value));
  const scan = plan!.slice(plan!.indexOf("READ_PARQUET"));
  assert.match(scan, /_time>/);
  assert.doesNotMatch(plan!, /FILTER\b/);
  assert.equal((await lake.run(sql)).length, 1);
});

test("paths with pattern characters are read as they are", async () => {
  assert.equal(quoteText("a'b"), "'a''b'");
  const segment = await lake.add("odd", "SELECT 1 AS a");
  const { copyFileSync } = await import("node:fs");
  const path = `${lake.folder}/we[i]rd *? 'q'.parquet`;
  copyFileSync(segment.path, path);
  const dataset = lake.datasets.get("odd")!;
  lake.datasets.set("odd", { ...dataset, segments: [{ ...segment, path }], version: 2 });
  assert.deepEqual((await lake.engine.rows({ sql: "SELECT a FROM odd" })).rows, [{ a: 1 }]);
});
