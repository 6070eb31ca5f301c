import assert from "node:assert/strict";
import { test } from "node:test";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import type { Shape } from "../../../../promote/rule/shape/shape.ts";
import { shapeSql } from "../../../../promote/rule/shape/sql.ts";
import { anyShape, anyWorld, hostColumn, worldColumns } from "./any-shape.ts";
import { reading, type World } from "./reading.ts";

const RUNS = Number(process.env.SPOOR_PROPERTY_RUNS ?? 250);
const SEED = Number(process.env.SPOOR_PROPERTY_SEED ?? 11);

async function database(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "2", memory_limit: "1GB" });
  return instance.connect();
}

const text = (value: string | null) => (value === null ? "NULL" : `'${value}'`);

/** Writes the part of the world with `after < second <= until` into tables. */
async function fill(
  connection: DuckDBConnection,
  world: World,
  after = -Infinity,
  until = Infinity,
): Promise<void> {
  for (const dataset of ["events", "logins"]) {
    const rows = world.events
      .filter((event) => event.dataset === dataset && event.second > after && event.second <= until)
      .map(
        ({ second, host, kind, n }) =>
          `(TIMESTAMP '2026-01-01' + ${second} * INTERVAL 1 SECOND, ${text(host)}, ${text(kind)}, ${n})`,
      );
    const number = dataset === "logins" ? "DOUBLE" : "BIGINT";
    await connection.run(
      `CREATE OR REPLACE TABLE ${dataset} (_time TIMESTAMP, "${hostColumn(dataset)}" VARCHAR, kind VARCHAR, n ${number})`,
    );
    if (rows.length > 0) await connection.run(`INSERT INTO ${dataset} VALUES ${rows.join(", ")}`);
  }
  await connection.run("CREATE OR REPLACE TABLE assets (name VARCHAR)");
  if (world.known.length > 0)
    await connection.run(`INSERT INTO assets VALUES ${world.known.map((name) => `('${name}')`).join(", ")}`);
}

async function rowsOf(connection: DuckDBConnection, shape: Shape, sql: string): Promise<string[]> {
  const host = shape.by.length === 0 ? "''" : "coalesce(host, '')";
  const { getRows } = {
    getRows: () =>
      connection.runAndReadAll(`SELECT ${host}, epoch(_time - TIMESTAMP '2026-01-01') FROM (${sql})`),
  };
  const result = await getRows();
  return result
    .getRows()
    .map(([key, second]) => `${key}@${second}`)
    .sort();
}

test("the SQL of any shape gives the rows of its plain reading, one each, whole and in slices", async () => {
  const connection = await database();
  let withRows = 0;
  await fc.assert(
    fc.asyncProperty(
      anyShape,
      anyWorld,
      fc.integer({ min: -1, max: 70 }),
      fc.integer({ min: 1, max: 30 }),
      async (shape, world, after, length) => {
        const { sql, issues, lookbackMs } = shapeSql(shape, worldColumns);
        assert.deepEqual(issues, []);
        const expected = reading(shape, world);
        if (expected.length > 0) withRows += 1;
        await fill(connection, world);
        const rows = await rowsOf(connection, shape, sql);
        assert.deepEqual(shape.kind === "filter" ? [...new Set(rows)] : rows, expected);
        await fill(connection, world, after - lookbackMs / 1000, after + length);
        const inside = (row: string) => {
          const second = Number(row.split("@")[1]);
          return second > after && second <= after + length;
        };
        const slice = (await rowsOf(connection, shape, sql)).filter(inside);
        assert.deepEqual([...new Set(slice)], expected.filter(inside), "slice");
      },
    ),
    { numRuns: RUNS, seed: SEED },
  );
  connection.closeSync();
  assert.ok(withRows > RUNS / 8, `only ${withRows} of ${RUNS} shapes had rows`);
});
