import assert from "node:assert/strict";
import { after, test } from "node:test";
import { tableFromIPC } from "@uwdata/flechette";
import fc from "fast-check";
import { TestLake } from "../test-lake.ts";
import { anyType, type RawBatch, SCALARS, type TestType } from "./random-type.ts";

const lake = new TestLake();
after(() => lake.close());

/** One chunk, its edges, and more than one; none at all. */
const ROW_COUNTS = [0, 1, 7, 2047, 2048, 2049, 5000];

function columnSql(type: TestType, literals: readonly string[], rowCount: number, seed: number): string {
  const list = `[CAST(NULL AS ${type.sql}), ${literals.join(", ")}]`;
  return `SELECT i, (${list})[2 + (hash(i, ${seed}) % ${literals.length})::INTEGER] AS v FROM range(${rowCount}) t(i) ORDER BY hash(i, ${seed + 1})`;
}

async function read(sql: string, type: TestType): Promise<unknown[]> {
  const { stream } = await lake.engine.arrow({ sql });
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  const table = tableFromIPC(new Uint8Array(Buffer.concat(parts)), { useBigInt: true, useDecimalInt: true });
  const values: unknown[] = [];
  for (const batch of table.getChildAt(1).data as unknown as RawBatch[]) {
    for (let at = 0; at < batch.length; at += 1) values.push(type.read(batch, at));
  }
  return values;
}

const bits = new DataView(new ArrayBuffer(8));

/** What `read` gives for a double. */
function doubleText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  bits.setFloat64(0, value);
  return bits.getBigUint64(0).toString();
}

function leaves(value: unknown): unknown {
  if (typeof value === "number") return doubleText(value);
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return value.map(leaves);
  if (value !== null && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, leaves(item)]));
  return value;
}

async function printed(sql: string, type: TestType): Promise<unknown[]> {
  const { rows } = await lake.engine.rows({ sql: `SELECT ${type.print("v", 0)} AS p FROM (${sql})` });
  return rows.map((row) => leaves(row.p));
}

async function agree(type: TestType, literals: readonly string[], rowCount: number, seed: number) {
  const sql = columnSql(type, literals, rowCount, seed);
  const [found, expected] = [await read(sql, type), await printed(sql, type)];
  assert.equal(found.length, rowCount, type.sql);
  assert.deepEqual(found, expected, type.sql);
}

test("property: every scalar type is DuckDB's own print, value by value", async () => {
  for (const type of SCALARS) {
    await fc.assert(
      fc.asyncProperty(
        fc.array(type.literal, { minLength: 1, maxLength: 12 }),
        fc.constantFrom(...ROW_COUNTS),
        fc.nat(1000),
        (literals, rowCount, seed) => agree(type, literals, rowCount, seed),
      ),
      { numRuns: 4 },
    );
    await agree(type, ["NULL"], 3000, 1);
  }
});

test("property: nested types of any shape are too", async () => {
  await fc.assert(
    fc.asyncProperty(
      anyType.chain((type) =>
        fc.tuple(fc.constant(type), fc.array(type.literal, { minLength: 1, maxLength: 8 })),
      ),
      fc.constantFrom(...ROW_COUNTS),
      fc.nat(1000),
      ([type, literals], rowCount, seed) => agree(type, literals, rowCount, seed),
    ),
    { numRuns: 60 },
  );
});

test("an ENUM inside a list, a struct and a map keeps its dictionary", async () => {
  const { stream } = await lake.engine.arrow({
    sql: `SELECT CASE WHEN i % 5 = 0 THEN NULL ELSE [e, NULL] END AS l, {'e': e} AS s, MAP {i: e} AS m
      FROM (SELECT i, CASE WHEN i % 3 = 0 THEN NULL ELSE (CASE WHEN i % 2 = 0 THEN 'even' ELSE 'odd' END)::ENUM('odd', 'even') END AS e
      FROM range(3000) t(i)) ORDER BY i`,
  });
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  const rows = tableFromIPC(new Uint8Array(Buffer.concat(parts)), { useMap: true }).toArray();
  assert.equal(rows.length, 3000);
  for (const [at, row] of rows.entries()) {
    const expected = at % 3 === 0 ? null : at % 2 === 0 ? "even" : "odd";
    assert.deepEqual(row.l, at % 5 === 0 ? null : [expected, null]);
    assert.deepEqual(row.s, { e: expected });
    assert.deepEqual([...(row.m as Map<unknown, unknown>).values()], [expected]);
  }
});
