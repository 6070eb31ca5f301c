import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import type {
  Condition,
  ConditionOperator,
  FieldTest,
} from "../../../../promote/rule/condition/condition.ts";
import { columnSql } from "../../../../promote/rule/condition/field.ts";
import { conditionSql } from "../../../../promote/rule/condition/sql.ts";
import { fieldSql } from "../../../../promote/rule/shape/column.ts";
import { type Cell, holds, type Row } from "./reading.ts";

const COLUMNS = [
  { name: "Text", type: "VARCHAR" },
  { name: "Other", type: "VARCHAR" },
  { name: "Count", type: "BIGINT" },
  { name: "Share", type: "DOUBLE" },
  { name: "Flag", type: "BOOLEAN" },
  { name: "user.name", type: "VARCHAR" },
  { name: "Tags", type: "VARCHAR[]" },
  // The name that a variable of a lambda would have.
  { name: "item1", type: "VARCHAR[]" },
  { name: "Json", type: "JSON" },
];
const NESTED = { name: "Nested", type: "STRUCT(name VARCHAR, items STRUCT(id VARCHAR)[])" };

let instance: DuckDBInstance;
let connection: DuckDBConnection;
before(async () => {
  instance = await DuckDBInstance.create(":memory:", { threads: "2", memory_limit: "1GB" });
  connection = await instance.connect();
});
after(() => {
  connection.closeSync();
  instance.closeSync();
});

const words = fc.constantFrom(
  ...[
    "a",
    "A",
    "b",
    "%",
    "_",
    "\\",
    "*",
    "?",
    "é",
    "É",
    "ß",
    "Σ",
    "σ",
    "ς",
    "K",
    "1",
    "0x1F",
    " ",
    "\n",
    "'",
    '"',
    "$1",
    "😀",
    "-",
    "!",
  ],
);
const plain = fc.oneof(
  { weight: 3, arbitrary: fc.array(words, { maxLength: 4 }).map((parts) => parts.join("")) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "C:\\Windows\\cmd.exe",
      "4624",
      "-7",
      "1.5",
      "true",
      "True",
      "NULL",
      "null",
      "aB",
      "ab",
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "10.0.0.1",
      "10.127.4.255",
      "11.0.0.0",
      "::ffff:10.0.0.1",
      "fe80::1%3",
      "2001:DB8::8:800:200c:417A",
      "2001:db8:0:0:8:800:200C:417a",
      "::1",
      "::",
      "1:2:3:4:5:6:7::",
      "::ffff:1.2.3.4",
      "1::2::3",
      "10.0.0",
      "010.0.0.1",
      "10.0.0.256",
    ),
  },
);
const whole = fc.oneof(fc.integer({ min: -9, max: 9 }), fc.constantFrom(4624, 4625, 2 ** 40));
const fraction = fc.constantFrom(0, 0.5, -1.5, 2, 1e9);
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { nil: null, freq: 3 });

const row: fc.Arbitrary<Row> = fc.record({
  Text: maybe(plain),
  Other: maybe(plain),
  Count: maybe(whole.map(BigInt)),
  Share: maybe(fraction),
  Flag: maybe(fc.boolean()),
  "user.name": maybe(plain),
  Tags: maybe(fc.array(maybe(plain), { maxLength: 3 })),
  item1: maybe(fc.array(maybe(plain), { maxLength: 2 })),
  Json: maybe(fc.oneof(plain, fc.array(maybe(plain), { maxLength: 3 }))),
  "Nested.name": maybe(plain),
  "Nested.items.id": maybe(fc.array(maybe(plain), { maxLength: 2 })),
});

const field = fc.constantFrom(
  ...COLUMNS.map(({ name }) => name),
  "text",
  "TAGS",
  "Nested.name",
  "nested.ITEMS.id",
  "absent",
  "Text.deeper",
);
const textOperator = fc.constantFrom<ConditionOperator>("is", "contains", "starts-with", "ends-with", "glob");
const networks = fc.constantFrom(
  ...[
    "10.0.0.0/8",
    "10.0.0.0/9",
    "10.0.0.1",
    "0.0.0.0/0",
    "10.127.0.0/17",
    "::/0",
    "fe80::/10",
    "2001:db8::/33",
    "::1/128",
    "::ffff:0:0/96",
    "1:2:3:4:5:6:7:0/127",
  ],
);
const regexes = fc.constantFrom(
  "^a",
  "a.b",
  "[a-c]+$",
  "\\d{2,}",
  "^$",
  "(?:a|É)",
  "\\\\",
  "[^a]",
  "\\.0\\.",
);
const flag = fc.constantFrom("", "i", "s", "m", "is");

const fieldTest: fc.Arbitrary<FieldTest> = fc.oneof(
  fc.record({
    kind: fc.constant("test" as const),
    field,
    operator: textOperator,
    values: fc.array(
      fc.oneof(
        { weight: 4, arbitrary: plain },
        { weight: 1, arbitrary: whole },
        { weight: 1, arbitrary: fc.boolean() },
        { weight: 1, arbitrary: fc.constant(null) },
      ),
      { minLength: 1, maxLength: 3 },
    ),
    everyValue: fc.boolean(),
    caseSensitive: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant("test" as const),
    field,
    operator: fc.constantFrom<ConditionOperator>("less", "less-or-equal", "greater", "greater-or-equal"),
    values: fc.array(fc.oneof(whole, fraction), { minLength: 1, maxLength: 2 }),
    everyValue: fc.boolean(),
    caseSensitive: fc.constant(false),
  }),
  fc.record({
    kind: fc.constant("test" as const),
    field,
    operator: fc.constantFrom<ConditionOperator>("is-null", "exists"),
    values: fc.constant([]),
    everyValue: fc.constant(false),
    caseSensitive: fc.constant(false),
  }),
  fc.record({
    kind: fc.constant("test" as const),
    field,
    operator: fc.constant<ConditionOperator>("cidr"),
    values: fc.array(networks, { minLength: 1, maxLength: 3 }),
    everyValue: fc.boolean(),
    caseSensitive: fc.constant(false),
  }),
  fc.record({
    kind: fc.constant("test" as const),
    field: fc.constantFrom("Text", "Other", "Tags", "absent"),
    operator: fc.constant<ConditionOperator>("regex"),
    values: fc.array(regexes, { minLength: 1, maxLength: 2 }),
    everyValue: fc.boolean(),
    caseSensitive: fc.boolean(),
    flags: flag,
  }),
  fc.record({
    kind: fc.constant("test" as const),
    field: fc.constantFrom(
      ...["Text", "Other", "Count", "Share", "absent"],
      ...["Tags", "item1", "Json", "Nested.items.id"],
    ),
    operator: fc.constant<ConditionOperator>("same-as-field"),
    values: fc.array(
      fc.constantFrom(
        ...["Text", "Other", "Count", "Share", "user.name", "absent"],
        ...["Tags", "item1", "Json", "Nested.items.id"],
      ),
      {
        minLength: 1,
        maxLength: 2,
      },
    ),
    everyValue: fc.boolean(),
    caseSensitive: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant("test" as const),
    field: fc.constantFrom("Text", "Other", "Tags", "Json"),
    operator: fc.constant<ConditionOperator>("same-as-field"),
    values: fc.array(fc.constantFrom("Text", "Other", "user.name", "item1", "Json", "Tags"), {
      minLength: 1,
      maxLength: 2,
    }),
    everyValue: fc.boolean(),
    caseSensitive: fc.boolean(),
    fieldPart: fc.constantFrom("contains" as const, "starts-with" as const, "ends-with" as const),
  }),
);

const condition: fc.Arbitrary<Condition> = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    fieldTest,
    fc.record({ kind: fc.constant("not" as const), of: tie("condition") }),
    fc.record({
      kind: fc.constantFrom("all" as const, "any" as const),
      of: fc.array(tie("condition"), { maxLength: 3 }),
    }),
  ),
})).condition;

/** Loads rows as a table `events` whose columns have the types of COLUMNS and NESTED, and a `row` number. */
async function load(rows: readonly Row[]): Promise<void> {
  const json = JSON.stringify(
    rows.map((one, index) => ({
      row: index,
      ...Object.fromEntries(COLUMNS.map(({ name }) => [name, jsonOf(one[name])])),
      Nested: nestedOf(one),
    })),
  );
  const shape = JSON.stringify([
    {
      row: "BIGINT",
      ...Object.fromEntries(
        COLUMNS.map(({ name, type }) => [name, type.endsWith("[]") ? ["VARCHAR"] : type]),
      ),
      Nested: { name: "VARCHAR", items: [{ id: "VARCHAR" }] },
    },
  ]);
  await connection.run(
    "CREATE OR REPLACE TABLE events AS SELECT unnest(json_transform($1::JSON, $2), recursive := false) AS e",
    [json, shape],
  );
  await connection.run("CREATE OR REPLACE TABLE events AS SELECT e.* FROM events");
}

function jsonOf(cell: Cell): unknown {
  return typeof cell === "bigint" ? Number(cell) : (cell ?? null);
}

function nestedOf(one: Row): unknown {
  const [name, items] = [one["Nested.name"], one["Nested.items.id"]];
  if (name === null && items === null) return null;
  return { name, items: Array.isArray(items) ? items.map((id) => ({ id })) : null };
}

/** The row as the reading sees it: names in any case. */
function readable(one: Row): Row {
  const lower = new Map(Object.entries(one).map(([name, cell]) => [name.toLowerCase(), cell]));
  return new Proxy(one, { get: (_, name) => lower.get(String(name).toLowerCase()) });
}

test("a condition's SQL says of every row what a plain reading says, and never NULL", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { minLength: 20, maxLength: 40 }),
      fc.array(condition, { minLength: 30, maxLength: 30 }),
      async (rows, conditions) => {
        await load(rows);
        const written = conditions.map((one) => conditionSql(one, [...COLUMNS, NESTED]));
        assert.deepEqual(
          written.flatMap(({ issues }) => issues.filter(({ severity }) => severity === "error")),
          [],
        );
        const select = written.map(
          ({ sql, where }, index) => `${sql} AS c${index}, (${where}) IS TRUE AS w${index}`,
        );
        const reader = await connection.runAndReadAll(`SELECT ${select.join(", ")} FROM events ORDER BY row`);
        for (const [rowIndex, found] of reader.getRows().entries()) {
          for (const [index, one] of conditions.entries()) {
            const expected = holds(one, readable(rows[rowIndex]!));
            const context = () =>
              `${JSON.stringify(one)}\n${written[index]!.sql}\n${JSON.stringify(rows[rowIndex], (_, cell) => (typeof cell === "bigint" ? Number(cell) : cell))}`;
            if (found[2 * index] !== expected)
              assert.fail(`${String(found[2 * index])} is not ${expected}: ${context()}`);
            if (found[2 * index + 1] !== expected) assert.fail(`where: ${context()}`);
          }
        }
      },
    ),
    { numRuns: Number(process.env.RUNS ?? 40) },
  );
});

test("keywords are looked for in every column's text", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { minLength: 10, maxLength: 20 }),
      fc.array(
        fc.record({
          values: fc.array(
            fc.constantFrom("a", "AB", "cmd.exe", "4624", "é", "10.?.0", "\\\\*x", "c:\\w*exe", "%", "_"),
            { minLength: 1, maxLength: 2 },
          ),
          everyValue: fc.boolean(),
          caseSensitive: fc.boolean(),
        }),
        { minLength: 20, maxLength: 20 },
      ),
      async (rows, drawn) => {
        await load(rows);
        const flat = COLUMNS.filter(({ type }) => !type.endsWith("]") && type !== "JSON");
        const select = drawn.map((one) => {
          const keyword: FieldTest = { kind: "test", field: "", operator: "keyword", ...one };
          return [conditionSql(keyword, flat).sql, conditionSql({ kind: "not", of: keyword }, flat).sql];
        });
        const reader = await connection.runAndReadAll(
          `SELECT ${select.flat().join(", ")} FROM events ORDER BY row`,
        );
        for (const [rowIndex, found] of reader.getRows().entries()) {
          const seen = Object.fromEntries(flat.map(({ name }) => [name, rows[rowIndex]![name]]));
          for (const [index, one] of drawn.entries()) {
            const expected = holds({ kind: "test", field: "", operator: "keyword", ...one }, seen);
            assert.equal(found[2 * index], expected, JSON.stringify([one, Object.values(seen).map(String)]));
            assert.equal(found[2 * index + 1], !expected);
          }
        }
      },
    ),
    { numRuns: 20 },
  );
});

test("a key of a JSON column is found whatever its characters", async () => {
  const key = fc
    .array(
      fc.constantFrom("a", "b", '"', "\\", ".", "/", "~", "~1", "'", "*", "$", "[0]", "0", "-", "é", "\n"),
      {
        maxLength: 4,
      },
    )
    .map((parts) => parts.join(""));
  await fc.assert(
    fc.asyncProperty(fc.array(key, { minLength: 1, maxLength: 2 }), key, async (keys, other) => {
      fc.pre(other !== keys[0] && !keys.join(".").startsWith(other) && !other.startsWith(keys[0]!));
      const document = keys.reduceRight<unknown>((value, one) => ({ [one]: value }), "found");
      const json = JSON.stringify({ [other]: "wrong", ...(document as object) });
      const columns = [{ name: "Json", type: "JSON" }];
      const field = `Json.${keys.join(".")}`;
      const asked: FieldTest = {
        kind: "test",
        field,
        operator: "is",
        values: ["found"],
        everyValue: false,
        caseSensitive: true,
      };
      // Deeper than this only the whole of the dots and none of them are tried.
      fc.pre(keys.join(".").split(".").length <= 4);
      const reader = await connection.runAndReadAll(
        `SELECT ${conditionSql(asked, columns).sql}, ${fieldSql(field, columns)?.sql}, ${columnSql(field, columns)?.sql}
         FROM (SELECT $1::JSON AS "Json")`,
        [json],
      );
      assert.deepEqual(reader.getRows(), [[true, "found", "found"]]);
    }),
    { numRuns: 200 },
  );
});
