import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import type { Rule } from "../../../../promote/rule/rule.ts";
import { FusedEvaluator } from "../../../../promote/run/fused/fused-evaluator.ts";
import { PLANS } from "../../../../promote/run/fused/plan-costs.ts";
import { type Evaluation, evaluateSlice } from "../../../../promote/run/slice.ts";
import { TestLake } from "../../../notebooks/engine/test-lake.ts";
import { START_US, testRule } from "../rules.ts";

const lake = new TestLake();
after(() => lake.close());

const WORDS = [
  "Cmd.EXE",
  "powershell",
  "a%b",
  "a_b",
  "",
  "Straße",
  "ÇA VA",
  "İx",
  "x\\y",
  "K",
  "日本語",
  "cmd",
  "\u{1F600}z",
  "BOM\uFEFF",
];
const quoted = (value: string): string => `'${value.replaceAll("'", "''")}'`;
const list = `[${WORDS.map(quoted).join(", ")}]`;
const draw = (seed: number, count: number): string => `CAST(hash(i, ${seed}) % ${count} AS INTEGER)`;
const EVENTS = `SELECT TIMESTAMP '2026-01-01' + (i // 3) * INTERVAL 1 SECOND AS _time,
  'h' || ${draw(1, 3)} AS host,
  CASE WHEN ${draw(2, 5)} > 0 THEN ${list}[${draw(3, WORDS.length)} + 1] || CASE WHEN ${draw(4, 2)} = 0 THEN '' ELSE ${list}[${draw(5, WORDS.length)} + 1] END END AS "Image",
  CASE WHEN ${draw(6, 4)} > 0 THEN ${list}[${draw(7, WORDS.length)} + 1] END AS b,
  CASE WHEN ${draw(8, 6)} = 0 THEN NULL WHEN ${draw(8, 6)} = 1 THEN 9007199254740993 ELSE CAST(hash(i, 9) % 5 AS BIGINT) END AS n,
  CASE WHEN ${draw(10, 4)} > 0 THEN CAST(${draw(11, 7)} - 3 AS INTEGER) END AS "Port",
  CASE WHEN ${draw(12, 5)} = 0 THEN 'nan'::DOUBLE WHEN ${draw(12, 5)} = 1 THEN NULL ELSE CAST(hash(i, 13) % 9 AS DOUBLE) / 2 END AS d,
  CASE WHEN ${draw(14, 3)} > 0 THEN ${draw(14, 3)} = 1 END AS f,
  {'x': CASE WHEN ${draw(15, 3)} > 0 THEN ${list}[${draw(16, WORDS.length)} + 1] END, 'y': ${draw(17, 3)}} AS s
FROM range(90) AS t (i)`;

const word = fc.oneof(
  fc.constantFrom(...WORDS),
  fc.constantFrom("c", "ss", "cmd", "%", "m", "va", "\\", "powershell", "Powershell", "ß", "x"),
);
const text = fc.oneof(
  fc.constantFrom(
    '"Image"',
    "image",
    "b",
    "lower(b)",
    'lower("Image")',
    "s.x",
    "lower(s.x)",
    "upper(b)",
    "trim(b)",
  ),
  fc.constantFrom("CAST(n AS VARCHAR)", 'CAST("Port" AS VARCHAR)', "e.b", "events.b"),
);
const pattern = fc
  .array(fc.oneof(word, fc.constantFrom("%", "_", "!%", "%")), { minLength: 0, maxLength: 4 })
  .map((parts) => parts.join(""));
const whole = fc.oneof(
  fc.integer({ min: -4, max: 5 }).map(String),
  fc.constantFrom("9007199254740993", "2.5", "1e0", "4"),
);
const order = fc.constantFrom("=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM");
const not = fc.constantFrom("", "NOT ");
const leaf: fc.Arbitrary<string> = fc.oneof(
  fc
    .tuple(fc.constantFrom("contains", "starts_with", "ends_with", "prefix", "suffix"), text, word)
    .map(([name, of, literal]) => `${name}(${of}, ${quoted(literal)})`),
  fc
    .tuple(text, not, fc.constantFrom("LIKE", "ILIKE"), pattern)
    .map(([of, no, like, literal]) => `${of} ${no}${like} ${quoted(literal)}`),
  fc
    .tuple(text, not, fc.constantFrom("LIKE", "ILIKE"), pattern)
    .map(([of, no, like, literal]) => `${of} ${no}${like} ${quoted(literal)} ESCAPE '!'`),
  fc
    .tuple(text, fc.constantFrom("=", "<>"), word)
    .map(([of, sign, literal]) => `${of} ${sign} ${quoted(literal)}`),
  fc
    .tuple(text, not, fc.array(word, { minLength: 1, maxLength: 3 }))
    .map(([of, no, words]) => `${of} ${no}IN (${words.map(quoted).join(", ")})`),
  fc.tuple(text, word).map(([of, literal]) => `${quoted(literal)} = ${of}`),
  fc.tuple(text, order, word).map(([of, sign, literal]) => `${of} ${sign} ${quoted(literal)}`),
  fc
    .tuple(fc.constantFrom("n", '"Port"', "d", "s.y", "length(b)"), order, whole)
    .map(([of, sign, value]) => `${of} ${sign} ${value}`),
  fc
    .tuple(fc.constantFrom("n", "port", "s.y"), not, fc.array(whole, { minLength: 1, maxLength: 3 }))
    .map(([of, no, values]) => `${of} ${no}IN (${values.join(", ")})`),
  fc.tuple(text, fc.constantFrom("IS NULL", "IS NOT NULL")).map(([of, is]) => `${of} ${is}`),
  fc.constantFrom(
    "f",
    "f IS NULL",
    "n IS NOT NULL",
    "d BETWEEN 1 AND 3",
    "TRUE",
    "FALSE",
    "n IN (1, NULL)",
    "b = NULL",
  ),
  fc.constantFrom(
    "regexp_matches(b, '^c', 'i')",
    "n % 2 = 1",
    "TRY_CAST(b AS BIGINT) > 1",
    "CASE WHEN f THEN b END = 'cmd'",
  ),
  fc.constantFrom(
    "len(list_filter([b, \"Image\"], lambda one: contains(one, 'm'))) > 0",
    'b = "Image"',
    "n = d",
  ),
);
const condition: fc.Arbitrary<string> = fc.letrec<{ tree: string }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc
      .tuple(tie("tree"), fc.constantFrom("AND", "OR"), tie("tree"))
      .map(([a, word, b]) => `(${a} ${word} ${b})`),
    tie("tree").map((a) => `NOT (${a})`),
    fc
      .tuple(tie("tree"), fc.constantFrom("IS TRUE", "IS NOT TRUE", "IS FALSE", "IS NOT FALSE"))
      .map(([a, is]) => `(${a}) ${is}`),
    fc.tuple(tie("tree"), fc.boolean()).map(([a, value]) => `coalesce(${a}, ${value})`),
  ),
})).tree;
const items = fc.constantFrom(
  "*",
  '_time, host, image AS "What", n',
  "_time, e.host, b, b, s",
  "host, *",
  "_time, host, upper(b) AS b, _line",
  "_time, host, d, f, _file",
);
const sql = fc
  .tuple(items, condition)
  .map(
    ([what, where]) =>
      `SELECT ${what} FROM events AS e WHERE ${where.replaceAll("events.b", "e.b")} ORDER BY n`,
  );

before(async () => {
  await lake.add("events", EVENTS);
  await lake.add("events", EVENTS.replace("range(90)", "range(40, 70)"));
});

const RANGE = { afterUs: START_US + 2_000_000n, untilUs: START_US + 24_000_000n };

async function alone(rule: Rule): Promise<Evaluation | Error> {
  return evaluateSlice({
    rule,
    engine: lake.engine,
    ...RANGE,
    clock: () => 7,
    mode: "stream",
    late: false,
  }).catch((error: Error) => error);
}

function plainly(evaluation: Evaluation | Error | undefined): unknown {
  assert.ok(evaluation !== undefined);
  if (evaluation instanceof Error) return { error: evaluation.message };
  const { detections, rowCount, outsideCount, timelessCount, datasetVersions } = evaluation;
  return { detections, rowCount, outsideCount, timelessCount, datasetVersions };
}

test("every plan gives what each rule gives alone", async () => {
  const evaluator = new FusedEvaluator({ engine: lake.engine, clock: () => 7 });
  const taken = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.array(sql, { minLength: 2, maxLength: 8 }), async (texts) => {
      const rules = texts.map((text, at) =>
        testRule({ name: `rule-${at}`, sql: text, allowedLatenessMs: 2000 }),
      );
      const expected = await Promise.all(rules.map(alone));
      for (const plan of PLANS) {
        const results = await evaluator.evaluate({
          rules,
          dataset: "events",
          ...RANGE,
          mode: "stream",
          late: false,
          plan,
        });
        for (const [at, rule] of rules.entries()) {
          assert.deepEqual(plainly(results.get(rule.name)), plainly(expected[at]), `${plan}: ${rule.sql}`);
        }
        const used = evaluator.lastPlan?.plan ?? "none";
        taken.set(used, (taken.get(used) ?? 0) + 1);
      }
    }),
    { numRuns: 40, endOnFailure: false },
  );
  for (const plan of PLANS)
    assert.ok((taken.get(plan) ?? 0) > 5, `${plan} was hardly tried: ${JSON.stringify([...taken])}`);
});

test("a rule that fails on some event takes no other with it, and comes back when it is well", async () => {
  const well = testRule({
    name: "well",
    sql: "SELECT _time, host FROM events WHERE contains(lower(b), 'cmd')",
  });
  const other = testRule({ name: "other", sql: "SELECT _time, host FROM events WHERE n = 3" });
  const broken = testRule({
    name: "broken",
    sql: "SELECT _time, host FROM events WHERE CAST(b AS INTEGER) > 1",
  });
  const unknown = testRule({ name: "unknown", sql: "SELECT _time, nothing FROM events WHERE f" });
  const evaluator = new FusedEvaluator({ engine: lake.engine, clock: () => 7 });
  for (let round = 0; round < 3; round += 1) {
    const results = await evaluator.evaluate({
      rules: [well, broken, other, unknown],
      dataset: "events",
      ...RANGE,
      mode: "stream",
      late: false,
    });
    assert.ok(results.get("broken") instanceof Error);
    assert.ok(results.get("unknown") instanceof Error);
    for (const rule of [well, other])
      assert.deepEqual(plainly(results.get(rule.name)), plainly(await alone(rule)));
  }
  assert.notEqual(evaluator.lastPlan, null, "the well rules are evaluated together again");
});

/** What the evaluator gives for each rule of each call, beside what the rule gives alone. */
async function assertOwners(evaluator: FusedEvaluator, calls: readonly (readonly Rule[])[]): Promise<void> {
  const expected = new Map<string, unknown>();
  for (const rule of new Set(calls.flat())) expected.set(rule.name, plainly(await alone(rule)));
  for (const plan of PLANS) {
    for (const [call, rules] of calls.entries()) {
      const results = await evaluator.evaluate({
        rules,
        dataset: "events",
        ...RANGE,
        mode: "stream",
        late: false,
        plan,
      });
      assert.equal(results.size, rules.length);
      for (const rule of rules) {
        const place = `${plan}, call ${call} (${rules.map(({ name }) => name).join()}): ${rule.sql}`;
        assert.deepEqual(plainly(results.get(rule.name)), expected.get(rule.name), place);
      }
    }
  }
}

test("detections stay with their rules when rules are released, held again and asked for in another order", async () => {
  const rule = (name: string, where: string): Rule =>
    testRule({ name, sql: `SELECT _time, host FROM events WHERE ${where}`, allowedLatenessMs: 2000 });
  for (const [a, b, c] of [
    [rule("a", "n = 1"), rule("b", "n = 2"), rule("c", "n = 3")],
    // What can fail goes by the scan for the rest.
    [
      rule("a", 'CAST("Port" AS BIGINT) = 1'),
      rule("b", 'CAST("Port" AS BIGINT) = 2'),
      rule("c", "contains(lower(b), 'cmd')"),
    ],
  ] as const) {
    const evaluator = new FusedEvaluator({ engine: lake.engine, clock: () => 7 });
    await assertOwners(evaluator, [
      [a, b],
      [a, c],
      [b, c, a],
      [c, b, a],
      [a, b, c],
      [c, a],
    ]);
  }
});

test("every plan gives each rule its own detections, whichever rules one evaluator was asked for before", async () => {
  const evaluator = new FusedEvaluator({ engine: lake.engine, clock: () => 7 });
  await fc.assert(
    fc.asyncProperty(
      fc
        .array(sql, { minLength: 3, maxLength: 6 })
        .map((texts) =>
          texts.map((text, at) => testRule({ name: `rule-${at}`, sql: text, allowedLatenessMs: 2000 })),
        )
        .chain((rules) =>
          fc.array(fc.shuffledSubarray(rules, { minLength: 1 }), { minLength: 2, maxLength: 5 }),
        ),
      (calls) => assertOwners(evaluator, calls),
    ),
    { numRuns: 12, endOnFailure: false },
  );
});

test("a rule with more literals than it may have goes by DuckDB, and the others by their formulas", async () => {
  const many = Array.from({ length: 3_000 }, (_, at) => `${"no such value ".repeat(12)}${at}`);
  const rules = [
    testRule({
      name: "many",
      sql: `SELECT _time, host FROM events WHERE b IN (${[...many, "cmd"].map(quoted).join(", ")})`,
      allowedLatenessMs: 2000,
    }),
    testRule({
      name: "huge",
      sql: `SELECT _time, host FROM events WHERE contains(b, ${quoted("x".repeat(200_000))}) OR n = 2`,
      allowedLatenessMs: 2000,
    }),
    testRule({
      name: "deep",
      sql: `SELECT _time, host FROM events WHERE ${"NOT (".repeat(150)}n = 3${")".repeat(150)}`,
      allowedLatenessMs: 2000,
    }),
    testRule({ name: "small", sql: "SELECT _time, host FROM events WHERE n = 1", allowedLatenessMs: 2000 }),
  ];
  const evaluator = new FusedEvaluator({ engine: lake.engine, clock: () => 7 });
  await assertOwners(evaluator, [rules]);
  assert.equal(evaluator.lastPlan?.plan, "separate");
});
