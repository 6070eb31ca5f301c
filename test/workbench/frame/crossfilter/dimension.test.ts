import assert from "node:assert/strict";
import { test } from "node:test";
import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { conditionSql } from "../../../../workbench/frame/crossfilter/condition-sql.ts";
import {
  below,
  binIn,
  conditionOf,
  cutField,
  edgeOf,
  type FieldSummary,
  valueDimension,
} from "../../../../workbench/frame/crossfilter/dimension.ts";

function summary(more: Partial<FieldSummary>): FieldSummary {
  return {
    field: "f",
    type: "DOUBLE",
    kind: "number",
    integer: false,
    minimum: 0,
    maximum: 1,
    median: 0.5,
    nullCount: 0,
    distinctCount: 1000,
    ...more,
  };
}

test("every number between the ends lies in one bin", () => {
  fc.assert(
    fc.property(
      fc.double({ min: -1e9, max: 1e9, noNaN: true }),
      fc.double({ min: 0, max: 1e9, noNaN: true }),
      fc.integer({ min: 2, max: 80 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.boolean(),
      (low, span, atMost, part, integer) => {
        const round = (value: number) => (integer ? Math.round(value) : value);
        const [minimum, maximum] = [round(low), round(low + span)];
        const dimension = cutField(
          summary({
            minimum,
            maximum,
            median: round(low + span / 2),
            integer,
            type: integer ? "BIGINT" : "DOUBLE",
          }),
          atMost,
        )!;
        assert.ok(dimension.size <= atMost + 2, `${dimension.size} bins of ${atMost}`);
        const value = round(low + span * part);
        const bin = binIn(dimension, Math.min(value, maximum));
        assert.ok(bin >= 0 && bin < dimension.size);
      },
    ),
  );
});

test("numbers over orders of magnitude are cut by powers of ten, zero by itself", () => {
  const dimension = cutField(
    summary({ minimum: 0, maximum: 4_000_000, median: 300, integer: true, type: "BIGINT" }),
    60,
  )!;
  assert.equal(dimension.kind, "log");
  assert.equal(binIn(dimension, 0), 0);
  assert.equal(edgeOf(dimension, binIn(dimension, 1000)), 1000);
  assert.equal(binIn(dimension, 4_000_000) < dimension.size, true);
});

test("whole numbers with few values and texts have no histogram", () => {
  assert.equal(cutField(summary({ integer: true, distinctCount: 5, minimum: 1, maximum: 9 }), 60), null);
  assert.equal(cutField(summary({ kind: "text", minimum: null, maximum: null }), 60), null);
  assert.equal(cutField(summary({ minimum: null, maximum: null }), 60), null);
});

test("the condition of a choice keeps exactly the rows of its bins, as DuckDB reads it", async () => {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1", memory_limit: "512MB" });
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  await connection.run(`CREATE TABLE t AS SELECT i, CAST((i * 7919) % 5000 AS BIGINT) AS whole, exp(((i * 31) % 997) / 60.0) - 1 AS wide,
    CAST((i * 104729) % 10007 AS DOUBLE) / 7 AS part, TIMESTAMP '2026-11-16 00:00:00' + to_microseconds(i * 86400007) AS moment,
    DATE '2026-01-01' + CAST(i % 300 AS INTEGER) AS day, [NULL, '', 'a', 'b''c', 'd'][1 + i % 5] AS name FROM range(4000) AS r(i)`);
  const fields = [
    { field: "whole", type: "BIGINT", kind: "number", integer: true, number: "whole" },
    { field: "wide", type: "DOUBLE", kind: "number", integer: false, number: "wide" },
    { field: "part", type: "DOUBLE", kind: "number", integer: false, number: "part" },
    { field: "moment", type: "TIMESTAMP", kind: "time", integer: true, number: "epoch_us(moment)" },
    { field: "day", type: "DATE", kind: "time", integer: true, number: "epoch_us(CAST(day AS TIMESTAMP))" },
  ] as const;
  for (const { field, type, kind, integer, number } of fields) {
    const read = await connection.runAndReadAll(`SELECT i, CAST(${number} AS DOUBLE) FROM t ORDER BY i`);
    const values = read.getRows().map((row) => Number(row[1]));
    const sorted = values.toSorted((a, b) => a - b);
    const dimension = cutField(
      summary({
        field,
        type,
        kind,
        integer,
        minimum: sorted[0]!,
        maximum: sorted.at(-1)!,
        median: sorted[2000]!,
      }),
      40,
    )!;
    for (const [first, last] of [
      [0, 0],
      [0, dimension.size - 1],
      [3, 7],
      [dimension.size - 2, dimension.size - 1],
    ] as const) {
      const condition = conditionOf(dimension, { kind: "range", first, last });
      const expected = values.filter(
        (value) => binIn(dimension, value) >= first && binIn(dimension, value) <= last,
      ).length;
      const counted = await connection.runAndReadAll(
        `SELECT count(*) FROM t WHERE ${conditionSql([condition])}`,
      );
      assert.equal(
        Number(counted.getRows()[0]![0]),
        expected,
        `${field} ${first} to ${last}: ${conditionSql([condition])}`,
      );
    }
  }
  const names = valueDimension("name", "VARCHAR", ["a", null, "b'c"], true);
  for (const [bins, expected] of [
    [[0], 800],
    [[1], 800],
    [[0, 1, 2], 2400],
    [[3], 1600],
    [[1, 3], 2400],
  ] as const) {
    const counted = await connection.runAndReadAll(
      `SELECT count(*) FROM t WHERE ${conditionSql([conditionOf(names, { kind: "some", bins })])}`,
    );
    assert.equal(Number(counted.getRows()[0]![0]), expected, bins.join());
  }
  connection.closeSync();
  instance.closeSync();
});

test("the largest double below a number", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 }), (value) => {
      const less = below(value);
      assert.ok(less < value);
      assert.ok((less + value) / 2 <= less || (less + value) / 2 >= value || Math.abs(value) < 1e-300);
    }),
  );
});

test("conditions as text quote what they name", () => {
  assert.equal(conditionSql([]), "TRUE");
  assert.equal(
    conditionSql([
      { column: 'a"b', test: "in", values: ["x'y", null] },
      { column: "c", test: "between", from: "1", until: null },
      { column: "d", test: "contains", text: "%" },
    ]),
    `("a""b" IN ('x''y') OR "a""b" IS NULL) AND "c" >= '1' AND contains(lower(CAST("d" AS VARCHAR)), lower('%'))`,
  );
  const hostile = conditionSql([{ column: "c", test: "in", values: [`\${alert(1)} \``] }]);
  assert.equal(hostile, `"c" IN (('$' || '{alert(1)} ' || chr(96) || ''))`);
});
