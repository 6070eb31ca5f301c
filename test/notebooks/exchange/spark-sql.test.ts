// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the notebook's own syntax
import assert from "node:assert/strict";
import { test } from "node:test";
import { translateSparkSql } from "../../../notebooks/exchange/spark-sql.ts";

const translated = (sql: string) => translateSparkSql(sql, { t: "sysmon" });

test("literals, names, LIKE and RLIKE mean in DuckDB what they meant in Spark", () => {
  const pairs: readonly (readonly [string, string])[] = [
    ['SELECT `a b` FROM t WHERE x = "it\'s"', `SELECT "a b" FROM sysmon WHERE x = 'it''s'`],
    ["SELECT * FROM t WHERE x LIKE 'a\\\\\\\\b%'", "SELECT * FROM sysmon WHERE x LIKE 'a\\b%'"],
    ["SELECT * FROM t WHERE x LIKE '100\\%'", "SELECT * FROM sysmon WHERE x LIKE '100\\%' ESCAPE '\\'"],
    [
      "SELECT * FROM t WHERE lower(x) RLIKE 'a+'",
      "SELECT * FROM sysmon WHERE regexp_matches(lower(x), 'a+')",
    ],
    ["SELECT * FROM t WHERE x NOT RLIKE 'a'", "SELECT * FROM sysmon WHERE NOT regexp_matches(x, 'a')"],
    ["SELECT split(x, ',')[0] FROM t", "SELECT string_split(x, ',')[1] FROM sysmon"],
    ["SELECT cast(x AS STRING) FROM t", "SELECT TRY_CAST(x AS VARCHAR) FROM sysmon"],
    [
      "SELECT x FROM t ORDER BY x, y DESC LIMIT 3",
      "SELECT x FROM sysmon ORDER BY x NULLS FIRST, y DESC LIMIT 3",
    ],
    ["SELECT collect_set(x), nvl(y, 1) FROM t", "SELECT list(DISTINCT x), coalesce(y, 1) FROM sysmon"],
    [
      "WITH c AS (SELECT 1 AS x FROM t) SELECT * FROM c, t",
      "WITH c AS (SELECT 1 AS x FROM sysmon) SELECT * FROM c, sysmon",
    ],
    [
      "SELECT * FROM t a LEFT SEMI JOIN t b ON a.x <=> b.x",
      "SELECT * FROM sysmon a SEMI JOIN sysmon b ON a.x IS NOT DISTINCT FROM b.x",
    ],
  ];
  for (const [spark, duckdb] of pairs) {
    const result = translated(spark);
    assert.deepEqual({ state: result.state, sql: result.sql }, { state: "sure", sql: duckdb }, spark);
    assert.deepEqual(result.tables, ["t"]);
  }
});

test("slips of published text are read with a note", () => {
  const result = translated("SELECT a.'@timestamp' FROM t a WHERE '@timestamp' > \"2020\"");
  assert.equal(result.state, "assumed");
  assert.equal(result.sql, `SELECT a."@timestamp" FROM sysmon a WHERE "@timestamp" > '2020'`);
  assert.equal(result.notes.length, 2);
  assert.equal(translated("SELECT m['k'] FROM t").state, "kept");
  assert.equal(translated("SELECT m[0] FROM t").state, "assumed");
});

test("what is not sure stays as it was, with a reason", () => {
  for (const sql of [
    "SELECT explode(x) FROM t",
    "SELECT * FROM t LATERAL VIEW explode(x) y",
    "SELECT hex(x) FROM t",
    "SELECT split(x, y) FROM t",
    "SELECT split(x, '[0-9]+') FROM t",
    "SELECT x FROM t WHERE x RLIKE y",
    "SELECT x FROM t WHERE x RLIKE '(?<=a)b'",
    "SELECT x FROM t WHERE x LIKE y",
    "SELECT 'a' 'b' FROM t",
    "SELECT x FROM t WHERE x = ${day}",
    "SELECT 10 DIV 3",
    "SELECT (x FROM t",
    "INSERT INTO t VALUES (1)",
    "DROP TABLE t",
  ]) {
    const result = translated(sql);
    assert.equal(result.state, "kept", sql);
    assert.equal(result.sql, sql);
    assert.ok(result.notes[0]!.length > 10);
  }
});
