import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import type { Condition, FieldTest } from "../../../../../promote/rule/condition/condition.ts";
import { conditionSql } from "../../../../../promote/rule/condition/sql.ts";
import type { Shape, ShapeEvents } from "../../../../../promote/rule/shape/shape.ts";
import { shapeSql } from "../../../../../promote/rule/shape/sql.ts";
import { readSigmaCollection } from "../../../../../promote/rule/sigma/correlation/collection.ts";
import { prepareRule } from "../../../../../promote/rule/sigma/correlation/prepare.ts";
import { correlationShape } from "../../../../../promote/rule/sigma/correlation/shape.ts";
import { exportSigma } from "../../../../../promote/rule/sigma/export/export.ts";
import { readSelect, UnreadableSql } from "../../../../../promote/rule/sigma/export/sql-condition.ts";
import { SqlTrees } from "../../../../../promote/rule/sql-tree.ts";

const COLUMNS = [
  { name: "a", type: "VARCHAR" },
  { name: "b", type: "VARCHAR" },
  { name: "n", type: "BIGINT" },
];
const TEXTS = [
  "",
  "x",
  "X",
  "xy",
  "a*b",
  "a?b",
  "\\",
  "x\\",
  "\\x",
  "a\\*b",
  "%",
  "C:\\Win\\cmd.exe",
  "it's",
  "10",
  "-x",
  "ä",
  "yes",
  "null",
  "# no",
  "a: b",
];

let instance: DuckDBInstance;
let connection: DuckDBConnection;
let trees: SqlTrees;
before(async () => {
  instance = await DuckDBInstance.create(":memory:", { threads: "1", memory_limit: "512MB" });
  connection = await instance.connect();
  trees = await SqlTrees.open();
  await connection.run("CREATE TABLE events (id BIGINT, _time TIMESTAMP, a VARCHAR, b VARCHAR, n BIGINT)");
  const values: string[] = [];
  const quoted = (text: string | null) => (text === null ? "NULL" : `'${text.replaceAll("'", "''")}'`);
  const all = [null, ...TEXTS];
  for (const [at, a] of all.entries())
    for (const step of [0, 3, 7]) {
      const n = (at * 7 + step) % 5 === 0 ? null : ((at + step) % 4) * 5;
      values.push(
        `(${values.length}, make_timestamp(${values.length * 7}000000), ${quoted(a)}, ${quoted(all[(at + step) % all.length]!)}, ${n ?? "NULL"})`,
      );
    }
  await connection.run(`INSERT INTO events VALUES ${values.join(", ")}`);
});
after(() => {
  trees.close();
  connection.closeSync();
  instance.closeSync();
});

async function found(where: string): Promise<number[]> {
  const read = await connection.runAndReadAll(`SELECT id FROM events WHERE ${where} ORDER BY id`);
  return read.getRows().map(([id]) => Number(id));
}

const field = fc.constantFrom("a", "b");
const text = fc.constantFrom(...TEXTS);
const flags = { kind: fc.constant("test" as const), everyValue: fc.boolean(), caseSensitive: fc.boolean() };
const texts = fc.uniqueArray(text, { minLength: 1, maxLength: 3 });
const testOf: fc.Arbitrary<FieldTest> = fc.oneof(
  fc.record({
    ...flags,
    field,
    operator: fc.constantFrom("is", "contains", "starts-with", "ends-with" as const),
    values: texts,
  }),
  fc.record({
    ...flags,
    field,
    operator: fc.constant("glob" as const),
    values: fc.uniqueArray(fc.constantFrom("*x*y", "?", "a\\*b", "a*b", "*\\\\*", "x?"), {
      minLength: 1,
      maxLength: 2,
    }),
  }),
  fc.record({
    ...flags,
    everyValue: fc.constant(false),
    caseSensitive: fc.constant(false),
    field: fc.constant("n"),
    operator: fc.constantFrom("is", "less", "greater-or-equal" as const),
    values: fc.tuple(fc.constantFrom(0, 5, 10)),
  }),
  fc.record({
    ...flags,
    caseSensitive: fc.constant(true),
    field,
    operator: fc.constant("regex" as const),
    values: fc.tuple(fc.constantFrom("^x", "y$", "[ab].", "\\\\")),
  }),
  fc.record({
    ...flags,
    field,
    operator: fc.constantFrom("is-null", "exists" as const),
    values: fc.constant([]),
  }),
  fc.record({
    ...flags,
    everyValue: fc.constant(false),
    field: fc.constant("a"),
    operator: fc.constant("same-as-field" as const),
    values: fc.constant(["b"]),
  }),
  fc.record({
    ...flags,
    field: fc.constant(""),
    operator: fc.constant("keyword" as const),
    values: fc.uniqueArray(fc.constantFrom("x", "cmd", "it's"), { minLength: 1, maxLength: 2 }),
  }),
);
const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    testOf,
    fc.record({ kind: fc.constant("not" as const), of: tie("condition") }),
    fc.record({
      kind: fc.constantFrom("all" as const, "any" as const),
      of: fc.array(tie("condition"), { minLength: 1, maxLength: 3 }),
    }),
  ),
}));

const RULE = {
  name: "round-trip",
  title: "There and back",
  description: "",
  author: "",
  stage: "draft",
  techniques: ["T1033"],
  severity: "high",
  entities: [],
  run: { mode: "stream", sliceMs: 10_000 },
  allowedLatenessMs: 60_000,
  expectedPrecision: null,
  expectedAlertsPerWeek: null,
  lookbackMs: 0,
} as const;

function written(shape: Shape) {
  return exportSigma({
    rule: RULE,
    shape,
    logSourceOf: (dataset) => ({ product: "test", service: dataset }),
    tactics: ["discovery"],
    falsePositives: ["somebody"],
    references: [],
    left: [],
  });
}

function readBack(yaml: string) {
  const collection = readSigmaCollection([{ place: "back.yml", text: yaml }]);
  assert.deepEqual(collection.refused, [], yaml);
  return collection;
}

test("a condition written as Sigma and read again finds the same events", async () => {
  await fc.assert(
    fc.asyncProperty(condition, async (given) => {
      const events: ShapeEvents = {
        name: "events",
        dataset: "events",
        where: given,
        by: ["a"],
        minimumCount: 1,
      };
      const out = written({ kind: "filter", events, by: ["a"] });
      assert.ok(out.ok, JSON.stringify(out.issues));
      const [rule] = readBack(out.value).rules;
      const back = prepareRule(rule!, [], []);
      assert.ok(back.ok, `${JSON.stringify(back.issues)}\n${out.value}`);
      const columns = [{ name: "_time", type: "TIMESTAMP" }, ...COLUMNS];
      const [before_, after_] = [conditionSql(given, columns), conditionSql(back.value.condition, columns)];
      assert.deepEqual(await found(after_.sql), await found(before_.sql), out.value);
    }),
    { numRuns: 150 },
  );
});

test("plain SQL read back as Sigma finds what the SQL finds, also where fields are missing", async () => {
  const leaf = fc.oneof(
    text.map((value) => `a = '${value.replaceAll("'", "''")}'`),
    text.map((value) => `b <> '${value.replaceAll("'", "''")}'`),
    fc.constantFrom(
      "a LIKE 'x%'",
      "a ILIKE '%X%'",
      "b NOT LIKE '_'",
      "b LIKE 'a!%b' ESCAPE '!'",
      "n = 5",
      "n >= 5",
      "3 < n",
      "n BETWEEN 1 AND 9",
      "a IS NULL",
      "b IS NOT NULL",
      "a IN ('x', 'xy')",
      "a NOT IN ('x', 'X')",
      "lower(a) = 'x'",
      "contains(lower(b), 'cmd')",
      "starts_with(a, 'x')",
      "regexp_matches(a, '^x', 'i')",
      "a = b",
      "a <> b",
      "n NOT IN (5, 10)",
    ),
  );
  const { sql } = fc.letrec<{ sql: string }>((tie) => ({
    sql: fc.oneof(
      { depthSize: "small" },
      leaf,
      tie("sql").map((inner) => `NOT (${inner})`),
      fc
        .tuple(tie("sql"), fc.constantFrom("AND", "OR"), tie("sql"))
        .map(([left, word, right]) => `(${left} ${word} ${right})`),
    ),
  }));
  await fc.assert(
    fc.asyncProperty(sql, async (where) => {
      const { dataset, condition: read } = readSelect(
        (await trees.parse(`SELECT _time, a FROM events WHERE ${where}`)).tree,
      );
      assert.equal(dataset, "events");
      assert.deepEqual(await found(conditionSql(read, COLUMNS).sql), await found(where), where);
    }),
    { numRuns: 150 },
  );
  for (const refused of [
    "SELECT _time FROM events",
    "SELECT a, max(_time) FROM events WHERE n = 1 GROUP BY a",
    "SELECT x._time FROM events x JOIN events y USING (id) WHERE x.n = 1",
    "SELECT _time FROM events WHERE length(a) > 3",
    "SELECT _time FROM events WHERE n IN (SELECT n FROM events)",
    "SELECT _time, count(*) OVER () FROM events WHERE n = 1",
    "SELECT _time FROM events WHERE n = 1 LIMIT 3",
    "WITH e AS (SELECT * FROM events) SELECT _time FROM e WHERE n = 1",
    "SELECT _time FROM events WHERE a = NULL",
    "SELECT _time FROM events WHERE upper(a) = 'X'",
  ])
    await assert.rejects(async () => readSelect((await trees.parse(refused)).tree), UnreadableSql, refused);
});

test("correlations go out and come in as the same query", () => {
  const events = (name: string, value: string, more: Partial<ShapeEvents> = {}): ShapeEvents => ({
    name,
    dataset: "events",
    where: {
      kind: "test",
      field: "a",
      operator: "is",
      values: [value],
      everyValue: false,
      caseSensitive: false,
    },
    by: ["b"],
    minimumCount: 1,
    ...more,
  });
  const count = { of: "count", field: "", comparison: "greater-or-equal", value: 5 } as const;
  const shapes: Shape[] = [
    { kind: "threshold", events: [events("one", "x")], by: ["b"], measure: count, windowMs: 300_000 },
    {
      kind: "threshold",
      events: [events("one", "x"), events("two", "y")],
      by: ["b"],
      measure: { ...count, and: { comparison: "less", value: 9 } },
      windowMs: 86_400_000,
    },
    {
      kind: "threshold",
      events: [events("one", "x"), events("two", "y"), events("three", "z")],
      by: ["b"],
      measure: { ...count, of: "kinds", value: 2 },
      windowMs: 60_000,
    },
    ...(["distinct", "sum", "average", "percentile"] as const).map(
      (of): Shape => ({
        kind: "threshold",
        events: [events("one", "x")],
        by: ["b"],
        measure: {
          of,
          field: "n",
          comparison: "greater",
          value: 2.5,
          ...(of === "percentile" ? { percentile: 95 } : {}),
        },
        windowMs: 7_000,
      }),
    ),
    {
      kind: "sequence",
      events: [events("one", "x"), events("two", "y")],
      by: ["b"],
      ordered: true,
      windowMs: 3_600_000,
    },
    {
      kind: "sequence",
      events: [events("one", "x"), events("two", "y", { by: ["a"] })],
      by: ["who"],
      ordered: false,
      windowMs: 3_600_000,
    },
    {
      kind: "sequence",
      events: [
        events("one", "x", { burst: { count: 10, windowMs: 600_000, by: ["a", "b"] } }),
        events("two", "y"),
      ],
      by: ["b"],
      ordered: true,
      windowMs: 600_000,
    },
  ];
  for (const shape of shapes) {
    const out = written(shape);
    assert.ok(out.ok, JSON.stringify(out.issues));
    const collection = readBack(out.value);
    const outer = collection.correlations.find(({ title }) => title === RULE.title)!;
    const back = correlationShape(outer, collection, (rule) => {
      const read = prepareRule(rule, [], []);
      if (!read.ok) return read;
      return {
        ok: true,
        issues: [],
        value: [{ dataset: rule.logSource.service!, where: read.value.condition, mapName: (name) => [name] }],
      };
    });
    assert.ok(back.ok, `${JSON.stringify(back.issues)}\n${out.value}`);
    const sqlOf = (one: Shape) => shapeSql(one, () => COLUMNS);
    assert.deepEqual(sqlOf(back.value), sqlOf(shape), out.value);
  }
});

test("what Sigma cannot say is refused by name, and what is lost is told", () => {
  const one: ShapeEvents = {
    name: "one",
    dataset: "events",
    where: {
      kind: "test",
      field: "a",
      operator: "exists",
      values: [],
      everyValue: false,
      caseSensitive: false,
    },
    by: ["b"],
    minimumCount: 1,
  };
  const codes = (shape: Shape) =>
    written(shape)
      .issues.filter(({ severity }) => severity === "error")
      .map(({ code }) => code);
  assert.deepEqual(
    codes({ kind: "absence", events: one, missing: { ...one, name: "two" }, by: ["b"], windowMs: 1000 }),
    ["sigma.export.absence"],
  );
  assert.deepEqual(
    codes({
      kind: "sequence",
      events: [
        { ...one, minimumCount: 3 },
        { ...one, name: "two" },
      ],
      by: ["b"],
      ordered: true,
      windowMs: 1000,
    }),
    ["sigma.export.minimum"],
  );
  assert.deepEqual(
    codes({ kind: "filter", events: { ...one, lookup: { dataset: "l", on: [], present: true } }, by: ["b"] }),
    ["sigma.export.lookup"],
  );
  assert.deepEqual(codes({ kind: "sequence", events: [one], by: ["b"], ordered: false, windowMs: 1500 }), [
    "sigma.export.timespan",
  ]);
  const told = exportSigma({
    rule: RULE,
    shape: { kind: "filter", events: one, by: ["b"] },
    logSourceOf: () => null,
    tactics: [],
    falsePositives: [],
    references: [],
    left: ["response plan"],
  });
  assert.ok(told.ok);
  assert.deepEqual(
    told.issues.map(({ code }) => code),
    ["sigma.export.logsource", "sigma.export.left", "sigma.export.lateness"],
  );
});
