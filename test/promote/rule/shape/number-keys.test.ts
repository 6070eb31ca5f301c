import assert from "node:assert/strict";
import { test } from "node:test";
import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import type { Shape, ShapeEvents } from "../../../../promote/rule/shape/shape.ts";
import { shapeSql } from "../../../../promote/rule/shape/sql.ts";

const NUMBER_TYPES = [
  "TINYINT",
  "INTEGER",
  "UINTEGER",
  "BIGINT",
  "HUGEINT",
  "FLOAT",
  "DOUBLE",
  "DECIMAL(9,2)",
];
const every = { kind: "all", of: [] } as const;

function events(name: string, dataset: string): ShapeEvents {
  return { name, dataset, where: every, by: ["port"], minimumCount: 1 };
}

test("keys that are numbers meet as numbers, whatever the types of their columns", async () => {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1", memory_limit: "500MB" });
  const connection = await instance.connect();
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...NUMBER_TYPES),
      fc.constantFrom(...NUMBER_TYPES),
      fc.integer({ min: 0, max: 120 }),
      fc.integer({ min: 0, max: 1 }),
      async (first, second, number, apart) => {
        await connection.run(
          `CREATE OR REPLACE TABLE a AS SELECT TIMESTAMP '2026-01-01 00:00:00' AS _time, CAST(${number} AS ${first}) AS port;
           CREATE OR REPLACE TABLE b AS SELECT TIMESTAMP '2026-01-01 00:00:05' AS _time, CAST(${number + apart} AS ${second}) AS port`,
        );
        const columnsOf = (dataset: string) => [{ name: "port", type: dataset === "a" ? first : second }];
        const sequence: Shape = {
          kind: "sequence",
          events: [events("one", "a"), events("two", "b")],
          by: ["port"],
          ordered: true,
          windowMs: 60_000,
        };
        const looked: Shape = {
          kind: "filter",
          events: {
            ...events("one", "a"),
            lookup: { dataset: "b", on: [{ column: "port", lookupColumn: "port" }], present: true },
          },
          by: ["port"],
        };
        for (const shape of [sequence, looked]) {
          const { sql, issues } = shapeSql(shape, columnsOf);
          assert.deepEqual(issues, []);
          const rows = (await connection.runAndReadAll(sql)).getRows();
          assert.equal(rows.length, 1 - apart, `${first} ${second}\n${sql}`);
        }
      },
    ),
    { numRuns: 60 },
  );
  connection.closeSync();
  instance.closeSync();
});
