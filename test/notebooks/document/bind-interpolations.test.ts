// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the notebook's own syntax
import assert from "node:assert/strict";
import { test } from "node:test";
import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import {
  bindInterpolations,
  InterpolationError,
  sqlWithLiterals,
} from "../../../notebooks/document/bind-interpolations.ts";

const hostile = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.constantFrom("'; DROP TABLE x; --", "' OR 1=1 --", "$value_1", "${1}", "\\'", "''", '"', "/*", "$$"),
);

test("a value never becomes part of the SQL text", () => {
  fc.assert(
    fc.property(fc.array(hostile, { minLength: 1, maxLength: 4 }), (values) => {
      const texts = ["SELECT ", ...values.slice(1).map(() => ", "), " AS x"];
      const { sql, parameters } = bindInterpolations(texts, values);
      assert.match(sql, /^SELECT \$value_1(, \$value_\d+)* AS x$/);
      assert.deepEqual(Object.values(parameters), values);
    }),
  );
});

test("DuckDB gives every text back as it was, bound or written as a literal", async () => {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  await fc.assert(
    fc.asyncProperty(
      hostile.filter((value) => !value.includes("\0")),
      async (value) => {
        const bound = bindInterpolations(["SELECT ", " AS x"], [value]);
        const asParameter = await connection.runAndReadAll(
          bound.sql,
          bound.parameters as Record<string, string>,
        );
        assert.equal(asParameter.getRows()[0]![0], value);
        const asLiteral = await connection.runAndReadAll(sqlWithLiterals(bound));
        assert.equal(asLiteral.getRows()[0]![0], value);
      },
    ),
    { numRuns: 60 },
  );
  connection.closeSync();
  instance.closeSync();
});

test("lists, dates, large integers and nulls are bound with a type; other things are refused", () => {
  const { sql, parameters } = bindInterpolations(
    ["SELECT * FROM a WHERE u IN ", " AND t > ", " AND n = ", " AND m = ", ""],
    [["x", "y"], new Date(Date.UTC(2026, 10, 24)), 2n ** 63n, null],
  );
  assert.equal(
    sql,
    "SELECT * FROM a WHERE u IN [$value_1, $value_2] AND t > CAST($value_3 AS TIMESTAMP) AND n = CAST($value_4 AS HUGEINT) AND m = $value_5",
  );
  assert.deepEqual(parameters, {
    value_1: "x",
    value_2: "y",
    value_3: "2026-11-24T00:00:00.000",
    value_4: "9223372036854775808",
    value_5: null,
  });
  for (const value of [undefined, { a: 1 }, Number.NaN, () => 1]) {
    assert.throws(() => bindInterpolations(["SELECT ", ""], [value]), InterpolationError);
  }
});

test("an interpolation inside quotes or a comment is refused with what to write instead", () => {
  assert.throws(() => bindInterpolations(["SELECT '%", "%'"], ["a"]), /Join it instead/);
  assert.throws(() => bindInterpolations(["SELECT 1 -- ", ""], ["a"]), /comment/);
  assert.throws(() => bindInterpolations(['SELECT "', '"'], ["a"]), /quoted name/);
  assert.throws(() => bindInterpolations(["SELECT $$ ", " $$"], ["a"]), /quoted text/);
  assert.equal(
    bindInterpolations(["SELECT 'it''s' || ", " /* ' */ "], ["a"]).sql,
    "SELECT 'it''s' || $value_1 /* ' */ ",
  );
});

test("names of parameters avoid those in the text", () => {
  assert.equal(bindInterpolations(["SELECT $value_1, ", ""], [1]).sql, "SELECT $value_1, $value__1");
});

test("offsets in the SQL lead back to the cell's texts", () => {
  const { sql, textStarts } = bindInterpolations(["SELECT ", " + ", " FROM nowhere"], [1, 2]);
  assert.deepEqual(
    textStarts.map((start) => sql.slice(start, start + 6)),
    ["SELECT", " + $va", " FROM "],
  );
});
