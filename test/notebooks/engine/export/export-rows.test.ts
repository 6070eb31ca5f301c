import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type ExportFormat, exportRows } from "../../../../notebooks/engine/export/export-rows.ts";
import { TestLake } from "../test-lake.ts";

const lake = new TestLake();
before(() =>
  lake.add("events", "SELECT TIMESTAMP '2026-01-01' + to_seconds(i) AS _time, i AS id FROM range(5000) t(i)"),
);
after(() => lake.close());

const MIXED = `SELECT 9007199254740993 AS big, 'a "b", c' AS t, '' AS empty, NULL AS n, true AS yes, 1.25 AS d,
  [1, 2] AS l, {'k': 'v'} AS s, '{"j":  1}'::JSON AS j, 'hi'::BLOB AS b, TIMESTAMP '2026-01-02 03:04:05' AS at`;

async function exported(sql: string, format: ExportFormat, rowLimit?: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  const request = rowLimit === undefined ? { sql } : { sql, rowLimit };
  for await (const part of exportRows(lake.engine, request, format)) parts.push(part);
  return Buffer.concat(parts);
}

test("csv keeps NULL apart from the empty text", async () => {
  assert.equal(
    (await exported(MIXED, "csv")).toString(),
    "big,t,empty,n,yes,d,l,s,j,b,at\r\n" +
      '9007199254740993,"a ""b"", c","",,true,1.25,"[1,2]","{""k"":""v""}","{""j"":  1}",6869,2026-01-02T03:04:05.000000Z\r\n',
  );
});

test("ndjson and json keep all digits and embed JSON columns", async () => {
  const object =
    '{"big":9007199254740993,"t":"a \\"b\\", c","empty":"","n":null,"yes":true,"d":1.25,"l":[1,2],"s":{"k":"v"},"j":{"j":  1},"b":"6869","at":"2026-01-02T03:04:05.000000Z"}';
  assert.equal((await exported(MIXED, "ndjson")).toString(), `${object}\n`);
  assert.equal((await exported(MIXED, "json")).toString(), `[\n${object}\n]\n`);
  assert.deepEqual(JSON.parse((await exported("SELECT 1 WHERE false", "json")).toString()), []);
  assert.equal(JSON.parse((await exported("SELECT id FROM events", "json")).toString()).length, 5000);
});

test("parquet keeps the types", async () => {
  const sql = `SELECT _time, id, [id] AS l, {'a b': id::VARCHAR, 'select': 1::UTINYINT} AS s, MAP {'k': id} AS m,
    'b'::ENUM('a', 'b') AS e, id::DECIMAL(20,3) AS d, uuid '6a910b9d-480e-5ee0-7e03-000000000400' AS u, '{}'::JSON AS j FROM events`;
  const path = join(lake.folder, "out.parquet");
  writeFileSync(path, await exported(sql, "parquet"));
  const [facts] = await lake.run(`SELECT count(*) AS n, sum(id) AS sum, max(s."a b") AS m FROM '${path}'`);
  assert.deepEqual(facts, { n: 5000n, sum: 12497500n, m: "999" });
  const types = (await lake.run(`DESCRIBE FROM '${path}'`)).map((row) => row.column_type);
  assert.deepEqual(types, [
    "TIMESTAMP",
    "BIGINT",
    "BIGINT[]",
    'STRUCT("a b" VARCHAR, "select" UTINYINT)',
    "MAP(VARCHAR, BIGINT)",
    "VARCHAR",
    "DECIMAL(20,3)",
    "UUID",
    "JSON",
  ]);
});

test("a file of more rows than the limit fails instead of being cut", async () => {
  for (const format of ["csv", "ndjson", "json", "parquet"] as const) {
    await assert.rejects(exported("SELECT id FROM events", format, 4999), /more than 4,999 rows/, format);
    await assert.rejects(exported("SELECT id FROM events", format, 2048), /more than 2,048 rows/, format);
    assert.ok((await exported("SELECT id FROM events", format, 5000)).length > 0);
  }
});

test("a query that fails midway throws from the export", async () => {
  await assert.rejects(
    exported(
      "SELECT CASE WHEN i > 5000 THEN CAST('x' || i AS INTEGER) END AS v FROM range(100000) t(i)",
      "csv",
    ),
    /convert/i,
  );
});
