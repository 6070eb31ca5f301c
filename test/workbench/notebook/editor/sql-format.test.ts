// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the notebook's own syntax
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatSql } from "../../../../workbench/notebook/editor/sql-format.ts";
import { sqlTokensOf } from "../../../../workbench/notebook/editor/sql-text.ts";

const pieces = (sql: string) =>
  sqlTokensOf(sql).map(({ kind, text }) => (kind === "word" ? text.toLowerCase() : text.trimEnd()));

test("clauses begin lines, lists and conditions that do not fit are broken, queries are indented", () => {
  assert.equal(
    formatSql("select a, count(*) from conn where b > 1 group by all order by 2 desc limit 5"),
    "SELECT a, count(*)\nFROM conn\nWHERE b > 1\nGROUP BY ALL\nORDER BY 2 DESC\nLIMIT 5",
  );
  assert.equal(
    formatSql(
      "select Computer, registered_domain(QueryName) as domain, count(*) as hits, min(_time) as first_time, max(_time) as last_time from dns_query as d left join known k on k.domain = d.domain where d.Image like '%cmd.exe' and d.ProcessId between 4 and 9 and (k.domain is null or k.age < 3) and User <> 'SYSTEM'",
    ),
    `SELECT
  Computer,
  registered_domain(QueryName) AS domain,
  count(*) AS hits,
  min(_time) AS first_time,
  max(_time) AS last_time
FROM dns_query AS d
LEFT JOIN known k ON k.domain = d.domain
WHERE d.Image LIKE '%cmd.exe'
  AND d.ProcessId BETWEEN 4 AND 9
  AND (k.domain IS NULL OR k.age < 3)
  AND User <> 'SYSTEM'`,
  );
  assert.equal(
    formatSql(
      "with busy as (select src, count(*) n from conn group by 1), quiet as (select 1) select * from busy where n > (select avg(n) from busy)",
    ),
    `WITH busy AS (
  SELECT src, count(*) n
  FROM conn
  GROUP BY 1
),
quiet AS (
  SELECT 1
)
SELECT *
FROM busy
WHERE n > (
  SELECT avg(n)
  FROM busy
)`,
  );
});

test("comments, texts, names and values stay; what has no end is left alone", () => {
  const commented = "select a -- why\n, b /* and */ from conn where c = ${ x } and d = 'select  from'";
  assert.deepEqual(pieces(formatSql(commented)), pieces(commented));
  for (const sql of ["select 'a", "select (a", "select a) from b", "select ${a", ""])
    assert.equal(formatSql(sql), sql);
});

const WORDS = [
  "select",
  "from",
  "where",
  "and",
  "or",
  "group by",
  "order by",
  "join",
  "left join",
  "on",
  "with",
  "as",
  "(",
  ")",
  ",",
  "a",
  "b.c",
  "'t'",
  '"q"',
  "1",
  "-- note\n",
  "/* x */",
  "${v}",
  "between",
  "case when",
  "end",
  "union all",
  "::",
  "=",
  "count(*)",
  "*",
  "distinct",
  "is not distinct from",
  "exclude",
  "[1, 2]",
  "except",
  "lambda x:",
  "limit",
];

test("a format keeps every piece in order, whatever the text, and does nothing the second time", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...WORDS), { maxLength: 30 }), (words) => {
      const sql = words.join(" ");
      const once = formatSql(sql);
      assert.deepEqual(pieces(once), pieces(sql));
      assert.equal(formatSql(once), once);
    }),
    { numRuns: 2000, seed: 11 },
  );
});
