import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createDuckDbEngine } from "../../../notebooks/engine/duckdb-engine.ts";
import { checkRuleSql, resultIssues, textIssues } from "../../../promote/rule/sql.ts";

const codes = (sql: string) => textIssues(sql, "rule.sql").map(({ code }) => code);

test("what changes from run to run is refused, outside strings and comments only", () => {
  for (const sql of [
    "select now()",
    "select * from a where t > current_timestamp",
    "select NOW ( )",
    'select "random"() from a',
    "select uuid()",
    "from a where current_date > d",
    "select x -- '\n, now()",
  ]) {
    assert.deepEqual(codes(sql), ["rule.sql.unstable"], sql);
  }
  for (const sql of [
    "select 'now()' from a",
    "select 1 -- now()",
    "select /* /* now() */ random() */ 1",
    "select now from a",
    "select a.current_date from a",
    "select $$ now() $$",
    "select E'\\' now()'",
    'select "now()" from a',
  ]) {
    assert.deepEqual(codes(sql), [], sql);
  }
});

test("schemas, files, parameters and LIMIT without ORDER BY", () => {
  for (const sql of [
    "select * from main.a",
    "select * from a, other.b",
    'from "main"."a"',
    "select * from a join x.b using (c)",
    "select (select 1 from m.a)",
  ])
    assert.deepEqual(codes(sql), ["rule.sql.qualified"], sql);
  for (const sql of [
    "select extract(year from a.t) from a",
    "select a.x, b.y from a join b on a.i = b.i and a.j = b.j where a.z = 1",
    "select a.x is distinct from a.y from a",
    "select * from a order by a.x limit 5",
    "select trim(both from a.x) from a",
  ])
    assert.deepEqual(codes(sql), [], sql);
  assert.deepEqual(codes("select * from 'x.csv'"), ["rule.sql.file"]);
  assert.deepEqual(codes("select $who, ? from a"), ["rule.sql.parameter", "rule.sql.parameter"]);
  assert.deepEqual(codes("select * from (select row_number() over (order by x) from a) limit 5"), [
    "rule.sql.limit",
  ]);
});

test("time and entity columns must be in the result", () => {
  const columns = [
    { name: "_time", type: "TIMESTAMP" },
    { name: "host", type: "VARCHAR" },
  ];
  const issues = (timeColumn: string, column: string, datasets = ["a"]) =>
    resultIssues(
      { sql: "", timeColumn, entities: column ? [{ column, kind: "host" }] : [] },
      columns,
      datasets,
      "rule.sql",
    ).map(({ code }) => code);
  assert.deepEqual(issues("_time", "host"), []);
  assert.deepEqual(issues("host", "Host"), ["rule.time.type", "rule.entities.missing"]);
  assert.deepEqual(issues("t", "", []), ["rule.time.missing", "rule.entities.none", "rule.sql.no-dataset"]);
});

test("a query is described by the real engine, and what it refuses becomes an issue with its line", async () => {
  const folder = mkdtempSync(join(tmpdir(), "spoor-rule-sql-"));
  const columns = [
    { name: "host", type: "VARCHAR" },
    { name: "seen_at", type: "TIMESTAMP" },
  ];
  const engine = createDuckDbEngine({
    datasets: () => [],
    ledgerTables: [{ name: "seen", columns, version: () => 1, rows: () => [] }],
    temporaryDirectory: folder,
    memoryLimit: "512MB",
    threads: 2,
    maximumConcurrent: 2,
    clock: Date.now,
  });
  try {
    const check = (sql: string) =>
      checkRuleSql(
        { sql, timeColumn: "seen_at", entities: [{ column: "host", kind: "host" }] },
        engine,
        "rule.sql",
      );
    assert.deepEqual(await check("select host, seen_at from seen"), {
      columns,
      datasets: ["seen"],
      issues: [],
    });
    const wrong = await check("select host,\n  att\nfrom seen");
    assert.deepEqual(
      wrong.issues.map(({ code, place }) => [code, place]),
      [["rule.sql.invalid", "rule.sql:2"]],
    );
    const constant = await check("select 'a' as host, timestamp '2026-01-01' as seen_at");
    assert.deepEqual(
      constant.issues.map(({ code }) => code),
      ["rule.sql.no-dataset"],
    );
    assert.deepEqual(
      (await check("drop table seen")).issues.map(({ code }) => code),
      ["rule.sql.invalid"],
    );
  } finally {
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test("an aggregate that hangs on the order of rows is warned of by name", () => {
  const issuesOf = (select: string) => textIssues(`SELECT ${select} FROM sysmon GROUP BY ALL`, "rule.sql");
  for (const loose of [
    "list(a)",
    "list(DISTINCT a)",
    "string_agg(a, ',')",
    "array_agg(a)",
    "any_value(a)",
    "first(a)",
  ]) {
    const [issue] = issuesOf(`_time, ${loose}`);
    assert.equal(issue?.code, "rule.sql.unordered", loose);
    assert.equal(issue?.severity, "warning");
    assert.match(issue?.message ?? "", new RegExp(loose.split("(")[0]!));
  }
  for (const firm of [
    "list(a ORDER BY a)",
    "list_sort(list(DISTINCT a))",
    "first(a ORDER BY _time)",
    "max(a)",
  ])
    assert.deepEqual(issuesOf(`_time, ${firm}`), [], firm);
});
