import assert from "node:assert/strict";
import { after, test } from "node:test";
import { tableFromIPC } from "@uwdata/flechette";
import fc from "fast-check";
import { TestLake } from "../test-lake.ts";

const lake = new TestLake();
after(() => lake.close());

async function bytesOf(sql: string, rowLimit?: number): Promise<{ bytes: Uint8Array; complete: boolean }> {
  const result = await lake.engine.arrow(rowLimit === undefined ? { sql } : { sql, rowLimit });
  const parts: Uint8Array[] = [];
  for await (const part of result.stream) parts.push(part);
  return { bytes: new Uint8Array(Buffer.concat(parts)), complete: await result.complete };
}

type Decoded = Record<string, unknown>;

async function decoded(sql: string): Promise<Decoded[]> {
  const { bytes } = await bytesOf(sql);
  const table = tableFromIPC(bytes, { useBigInt: true, useDecimalInt: true, useMap: true });
  return table.toArray() as Decoded[];
}

/** What DuckDB itself prints for each cell. */
async function printed(sql: string): Promise<Decoded[]> {
  const { columns } = await lake.engine.rows({ sql: `SELECT * FROM (${sql}) LIMIT 0` });
  const casts = columns.map((column) => `CAST("${column.name}" AS VARCHAR) AS "${column.name}"`);
  const { rows } = await lake.engine.rows({ sql: `SELECT ${casts.join(", ")} FROM (${sql})` });
  return rows as Decoded[];
}

function decimalText(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, "0");
  const whole = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return `${value < 0n ? "-" : ""}${whole}`;
}

/** Each type of one word: SQL of values, and how a decoded value reads in DuckDB's print. */
const SCALARS: readonly (readonly [string, readonly string[], (value: never) => string])[] = [
  ["BOOLEAN", ["true", "false"], (value: boolean) => String(value)],
  ["TINYINT", ["-128", "127", "0"], String],
  ["SMALLINT", ["-32768", "32767"], String],
  ["INTEGER", ["-2147483648", "2147483647"], String],
  ["BIGINT", ["-9223372036854775808", "9223372036854775807"], String],
  ["UTINYINT", ["0", "255"], String],
  ["USMALLINT", ["0", "65535"], String],
  ["UINTEGER", ["0", "4294967295"], String],
  ["UBIGINT", ["0", "18446744073709551615"], String],
  [
    "HUGEINT",
    ["-170141183460469231731687303715884105728", "170141183460469231731687303715884105727", "-1"],
    String,
  ],
  ["UHUGEINT", ["0", "340282366920938463463374607431768211455"], String],
  ["DECIMAL(4,2)", ["-99.99", "0.05"], (value: bigint) => decimalText(value, 2)],
  ["DECIMAL(9,3)", ["-999999.999", "0.001"], (value: bigint) => decimalText(value, 3)],
  ["DECIMAL(18,0)", ["-999999999999999999", "7"], (value: bigint) => decimalText(value, 0)],
  [
    "DECIMAL(38,10)",
    ["-9999999999999999999999999999.0123456789", "0.1"],
    (value: bigint) => decimalText(value, 10),
  ],
  ["VARCHAR", ["''", "'short'", "'exactly12byt'", "'thirteen bytes and more'", "'ünï ✓ 日本'"], String],
  ["JSON", ["'{\"a\": [1, null]}'"], String],
  ["UUID", ["'6a910b9d-480e-5ee0-7e03-000000000400'"], String],
  ["BIT", ["'0101011'", "'1'"], String],
  ["TIME WITH TIME ZONE", ["'12:34:56.789+05:30'"], String],
  ["DATE", ["'1969-12-31'", "'2026-02-28'"], (value: number) => new Date(value).toISOString().slice(0, 10)],
];

test("every scalar type arrives value by value as DuckDB prints it", async () => {
  for (const [type, values, print] of SCALARS) {
    const list = [...values, "NULL"].map((value, at) => `(${at}, CAST(${value} AS ${type}))`).join(", ");
    const sql = `SELECT v FROM (VALUES ${list}) t(k, v) ORDER BY k`;
    const found = (await decoded(sql)).map((row) => (row.v === null ? null : print(row.v as never)));
    assert.deepEqual(
      found,
      (await printed(sql)).map((row) => row.v),
      type,
    );
  }
});

test("floats, blobs, times and intervals keep their bits", async () => {
  const [row] = await decoded(`SELECT 1.5::FLOAT f, 'nan'::DOUBLE n, '-inf'::DOUBLE i, '\\x00\\xFFab'::BLOB b,
    TIME '01:02:03.000004' t, TIMESTAMP '2026-01-02 03:04:05.123456' us, '2026-01-02 03:04:05'::TIMESTAMP_S s,
    '2026-01-02 03:04:05.678'::TIMESTAMP_MS ms, '2026-01-02 03:04:05.123456789'::TIMESTAMP_NS ns,
    '2026-01-02 03:04:05+00'::TIMESTAMPTZ tz, INTERVAL '14 months 3 days 5 seconds' iv, '1'::BIGNUM big, NULL AS none`);
  assert.equal(row!.f, 1.5);
  assert.ok(Number.isNaN(row!.n));
  assert.equal(row!.i, Number.NEGATIVE_INFINITY);
  assert.deepEqual([...(row!.b as Uint8Array)], [0, 255, 97, 98]);
  assert.equal(row!.t, 3_723_000_004n);
  const time = Date.UTC(2026, 0, 2, 3, 4, 5);
  assert.equal(row!.us, time + 123.456);
  assert.equal(row!.s, time);
  assert.equal(row!.ms, time + 678);
  assert.ok(Math.abs((row!.ns as number) - (time + 123.456789)) < 1e-3);
  assert.equal(row!.tz, time);
  assert.deepEqual([...(row!.iv as Float64Array)], [14, 3, 5e9]);
  assert.equal(row!.big, "1");
  assert.equal(row!.none, null);
});

test("an interval that Arrow cannot hold breaks the stream instead of wrapping", async () => {
  await assert.rejects(bytesOf("SELECT to_microseconds(9223372036854775807) AS v"), /292 years/);
});

test("nested types arrive whole, in any order of DuckDB's entries", async () => {
  const rows = await decoded(`SELECT k, l, s, m, a, e, u, ll FROM (
    SELECT i AS k,
      CASE WHEN i % 3 = 0 THEN NULL ELSE [i, NULL, i * 2] END AS l,
      CASE WHEN i % 4 = 0 THEN NULL ELSE {'x': i, 'y': 'a rather long text number ' || i} END AS s,
      MAP {'key': i, 'other': NULL} AS m,
      CAST(CASE WHEN i % 5 = 0 THEN NULL ELSE [i, i + 1] END AS INTEGER[2]) AS a,
      CASE WHEN i % 2 = 0 THEN 'even' ELSE 'odd' END::ENUM('odd', 'even') AS e,
      CASE WHEN i % 2 = 0 THEN union_value(n := i) ELSE union_value(n := -i) END AS u,
      [['deep ' || i], []] AS ll
    FROM range(5000) t(i)) ORDER BY k DESC`);
  assert.equal(rows.length, 5000);
  for (const row of rows) {
    const k = row.k as bigint;
    const list = row.l === null ? null : [...(row.l as Iterable<unknown>)];
    assert.deepEqual(list, k % 3n === 0n ? null : [k, null, k * 2n]);
    assert.deepEqual(row.s, k % 4n === 0n ? null : { x: k, y: `a rather long text number ${k}` });
    assert.deepEqual(
      [...(row.m as Map<string, unknown>)],
      [
        ["key", k],
        ["other", null],
      ],
    );
    assert.deepEqual(
      row.a === null ? null : [...(row.a as Iterable<number>)].map(Number),
      k % 5n === 0n ? null : [Number(k), Number(k) + 1],
    );
    assert.equal(row.e, k % 2n === 0n ? "even" : "odd");
    assert.deepEqual(row.u, { tag: "n", n: k % 2n === 0n ? k : -k });
    assert.deepEqual(
      [...(row.ll as Iterable<Iterable<string>>)].map((inner) => [...inner]),
      [[`deep ${k}`], []],
    );
  }
});

test("zero rows keep their schema, and so does a query without FROM", async () => {
  const { bytes } = await bytesOf("SELECT 1 AS a, 'x' AS b WHERE false");
  const table = tableFromIPC(bytes);
  assert.equal(table.numRows, 0);
  assert.deepEqual(
    table.schema.fields.map((field) => field.name),
    ["a", "b"],
  );
  assert.equal(table.schema.fields[1]!.metadata?.get("duckdb:type"), "VARCHAR");
});

test("a row limit cuts exactly and says so", async () => {
  const cut = await bytesOf("SELECT i FROM range(10000) t(i)", 4321);
  assert.equal(tableFromIPC(cut.bytes).numRows, 4321);
  assert.equal(cut.complete, false);
  assert.equal((await bytesOf("SELECT i FROM range(4321) t(i)", 4321)).complete, true);
});

test("property: texts of any length with NULLs in any order equal DuckDB's own", async () => {
  await lake.add(
    "texts",
    `SELECT i, CASE WHEN hash(i) % 5 = 0 THEN NULL ELSE repeat(chr(97 + (i % 26)::INTEGER), (hash(i) % 40)::INTEGER) || i END AS t,
     ['C:\\Windows\\System32\\svchost.exe', 'cmd', 'powershell.exe -enc AAAA', NULL][1 + (hash(i, 1) % 4)::INTEGER] AS d
     FROM range(30000) r(i)`,
  );
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 97 }),
      fc.integer({ min: 0, max: 1000 }),
      fc.boolean(),
      async (step, seed, sorted) => {
        const sql = `SELECT t, d, i FROM texts WHERE hash(i, ${seed}) % 97 < ${step} ORDER BY ${sorted ? "t, d, i" : `hash(i, ${seed})`}`;
        const [arrow, plain] = [await decoded(sql), (await lake.engine.rows({ sql })).rows];
        assert.deepEqual(
          arrow.map((row) => [row.t, row.d, row.i]),
          plain.map((row) => [row.t, row.d, row.i]),
        );
      },
    ),
    { numRuns: 12 },
  );
});
