import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { QueryError } from "../../../notebooks/engine/engine.ts";
import { TestLake } from "./test-lake.ts";

const lake = new TestLake({ memoryLimit: "200MB", temporaryLimit: "100MB" });
let segmentPath = "";
let secretPath = "";
before(async () => {
  segmentPath = (
    await lake.add("conn", "SELECT TIMESTAMP '2026-01-01' AS _time, i AS id FROM range(10) t(i)")
  ).path;
  secretPath = join(lake.folder, "secret.csv");
  writeFileSync(secretPath, "a,b\n1,2\n");
});
after(() => lake.close());

const REFUSED: readonly string[] = [
  "COPY conn TO '/tmp/spoor-out.csv'",
  "COPY (SELECT 1) TO '/tmp/spoor-out.parquet'",
  "ATTACH ':memory:' AS other",
  "ATTACH '/tmp/other.db'",
  "DETACH memory",
  "INSTALL httpfs",
  "LOAD httpfs",
  "CALL enable_logging(storage = 'file')",
  "CALL duckdb_settings()",
  "PRAGMA database_list",
  "PRAGMA enable_profiling",
  "SET memory_limit = '100GB'",
  "RESET memory_limit",
  "CREATE TABLE stolen AS SELECT 1",
  "CREATE TEMP VIEW conn AS SELECT 1",
  "CREATE MACRO f() AS 1",
  "DROP VIEW conn",
  "INSERT INTO conn VALUES (1)",
  "UPDATE conn SET id = 1",
  "DELETE FROM conn",
  "ALTER VIEW conn RENAME TO x",
  "BEGIN TRANSACTION",
  "CHECKPOINT",
  "VACUUM",
  "EXPORT DATABASE '/tmp/spoor-export'",
  "IMPORT DATABASE '/tmp/spoor-export'",
  "PREPARE p AS SELECT 1",
  "EXECUTE p",
  "USE memory",
  "EXPLAIN ANALYZE SELECT 1",
  "SELECT 1; SELECT 2",
  "SELECT 1; DROP VIEW conn",
  "SELECT * FROM read_csv('$SECRET')",
  "SELECT * FROM read_text('$SECRET')",
  "SELECT * FROM read_blob('/etc/passwd')",
  "SELECT * FROM read_json('$SECRET')",
  "SELECT * FROM read_parquet('$SEGMENT')",
  "SELECT * FROM parquet_scan(['$SEGMENT'])",
  "SELECT * FROM parquet_metadata('$SEGMENT')",
  "SELECT * FROM '$SEGMENT'",
  "SELECT * FROM '$SECRET'",
  'FROM "$SEGMENT"',
  'SELECT * FROM "$SEGMENT" WHERE 1 IN (WITH "$SEGMENT" AS (SELECT 1) SELECT 1)',
  'WITH "$SEGMENT" AS (SELECT 1) SELECT * FROM "$SEGMENT"',
  "SELECT * FROM sniff_csv('$SECRET')",
  "SELECT * FROM glob('/etc/*')",
  "SELECT * FROM read_duckdb('/tmp/x.db')",
  "SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')",
  "SELECT * FROM query_table('conn')",
  "SELECT * FROM json_execute_serialized_sql('{}')",
  "SELECT * FROM duckdb_secrets()",
  "SELECT * FROM duckdb_settings()",
  "SELECT * FROM which_secret('s3://x', 's3')",
  "SELECT * FROM pragma_database_size()",
  "SELECT * FROM enable_logging()",
  "SELECT * FROM seq_scan('conn')",
  "SELECT * FROM histogram(conn, id)",
  "SELECT * FROM sql_auto_complete('SEL')",
  "SELECT * FROM memory.main.conn",
  "SELECT * FROM information_schema.tables",
  "SELECT * FROM pg_catalog.pg_class",
  "SELECT getenv('HOME')",
  "SELECT current_setting('temp_directory')",
  "SELECT nextval('s')",
  "SELECT setseed(0.5)",
  "SELECT write_log('x')",
  "SELECT sleep_ms(100000)",
  "SELECT pg_get_viewdef('conn')",
  "SELECT id FROM conn WHERE id = (SELECT length(content) FROM read_text('$SECRET'))",
  "SELECT list_transform([1], x -> getenv('HOME'))",
  "SELECT row_number() OVER (ORDER BY current_setting('threads'))",
  "SHOW DATABASES",
  "SHOW ALL TABLES",
  "PIVOT conn ON id USING count(*)",
  "EXPLAIN (ANALYZE) SELECT 1",
  "EXPLAIN /* x */ ANALYZE SELECT id FROM conn",
  "EXPLAIN CREATE TABLE x AS SELECT 1",
  "EXPLAIN SELECT * FROM read_text('$SECRET')",
  "EXPLAIN SELECT getenv('HOME')",
  "EXPLAIN SELECT 1; DROP VIEW conn",
  "SELECT repeat('x', 4000000000)",
  "SELECT range(1000000000)",
  "SELECT lpad('x', 99999999999999, 'y')",
  "SELECT 1\0; DROP VIEW conn",
];

async function outcome(sql: string, timeLimitMs = 20_000): Promise<QueryError> {
  try {
    await lake.engine.rows({ sql, timeLimitMs });
  } catch (error) {
    assert.ok(error instanceof QueryError, `${sql}: ${error}`);
    return error;
  }
  throw new assert.AssertionError({ message: `${sql} was answered` });
}

async function stillWorks(): Promise<void> {
  assert.deepEqual((await lake.engine.rows({ sql: "SELECT count(*) AS n FROM conn" })).rows, [{ n: 10n }]);
}

test("every way out is refused with a remedy, and the engine works on", async () => {
  for (const template of REFUSED) {
    const sql = template.replaceAll("$SEGMENT", segmentPath).replaceAll("$SECRET", secretPath);
    const error = await outcome(sql);
    assert.equal(error.kind, "refused", `${sql}: ${error.kind} ${error.message}`);
    assert.ok(error.issues[0]!.remedy.length > 10, sql);
    await stillWorks();
  }
});

test("the plan of an allowed SELECT is told, and nothing of it is run", async () => {
  const endless = "SELECT count(*) AS n FROM conn a, range(1000000000000) b";
  for (const sql of [`EXPLAIN ${endless}`, `/* plan */ -- of it\n  explain\n(${endless})`]) {
    const { columns, rows, datasetVersions } = await lake.engine.rows({ sql, timeLimitMs: 5_000 });
    assert.deepEqual(
      columns.map(({ name }) => name),
      ["explain_key", "explain_value"],
    );
    assert.match(String(rows[0]!.explain_value), /SCAN|READ_PARQUET/);
    assert.doesNotMatch(String(rows[0]!.explain_value), /parquet['"]|\/tmp/);
    assert.deepEqual([...datasetVersions.keys()], ["conn"]);
  }
  const [plan, plain] = await Promise.all([
    lake.engine.question(`EXPLAIN ${endless}`),
    lake.engine.question(endless),
  ]);
  assert.notEqual(plan.canonical, plain.canonical);
  const error = await outcome("EXPLAIN SELECT nosuch FROM conn");
  assert.equal(error.kind, "invalid");
  assert.equal(error.offset, "EXPLAIN SELECT ".length);
});

test("tables that are no dataset are unknown, whatever DuckDB has under the name", async () => {
  for (const name of [
    "duckdb_tables",
    "duckdb_secrets",
    "sqlite_master",
    "pg_class",
    "pragma_database_list",
    "nosuch",
  ]) {
    assert.equal((await outcome(`SELECT * FROM ${name}`)).kind, "invalid", name);
  }
});

test("allocations beyond the limit fail clearly and the engine works on", async () => {
  for (const sql of [
    "SELECT list(i) FROM range(1000000000) t(i)",
    "SELECT string_agg(repeat('x', 1000), '') FROM range(10000000)",
  ]) {
    const error = await outcome(sql);
    assert.ok(["failed", "timeout"].includes(error.kind), `${sql}: ${error.kind}`);
    await stillWorks();
  }
});

test("queries without end are stopped by the time limit", async () => {
  for (const sql of [
    "WITH RECURSIVE r AS (SELECT 1 AS a UNION ALL SELECT a + 1 FROM r) SELECT count(*) FROM r",
    "SELECT count(*) FROM range(1000000000) a(x), range(1000000) b(y) WHERE hash(x, y) % 7 = 1",
    "SELECT * FROM range(1000000000000) t(i) WHERE i < 0",
  ]) {
    assert.equal((await outcome(sql, 400)).kind, "timeout", sql);
    await stillWorks();
  }
});

test("what a hunter writes is allowed", async () => {
  for (const sql of [
    "FROM conn",
    "VALUES (1), (2)",
    "DESCRIBE conn",
    "DESCRIBE SELECT id FROM conn",
    "SUMMARIZE conn",
    "SHOW TABLES",
    "SELECT * FROM (PIVOT conn ON id IN (1, 2) USING count(*))",
    "UNPIVOT (SELECT 1 AS a, 2 AS b) ON a, b INTO NAME n VALUE v",
    "WITH c AS (SELECT id FROM conn) SELECT * FROM c JOIN c AS d USING (id)",
    "SELECT * FROM range(3) r(i), unnest([1, 2]) u(x)",
    "SELECT * FROM main.conn -- trailing",
    "SELECT id FROM conn;",
    "WITH RECURSIVE r AS (SELECT 1 AS a UNION ALL SELECT a + 1 FROM r WHERE a < 5) SELECT * FROM r",
    "SELECT COLUMNS('i.*') FROM conn",
    "SELECT key, value FROM json_each('{\"a\": 1}')",
  ]) {
    const { rows } = await lake.engine.rows({ sql });
    assert.ok(rows.length > 0, sql);
  }
});
