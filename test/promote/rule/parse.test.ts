import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ENTITY_KINDS } from "../../../connectors/source/source.ts";
import { formatDuration, parseDuration } from "../../../connectors/yaml/duration.ts";
import { parseOwners } from "../../../promote/plan/owners.ts";
import { parseResponsePlan } from "../../../promote/plan/parse.ts";
import { parseRule } from "../../../promote/rule/parse.ts";
import type { Rule } from "../../../promote/rule/rule.ts";
import { ruleYaml } from "../../../promote/rule/serialize.ts";
import { ruleVersion } from "../../../promote/rule/version.ts";

const text = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.array(fc.string({ maxLength: 12 }), { maxLength: 4 }).map((lines) => lines.join("\n")),
);
const nonEmpty = text.filter((value) => value !== "");
const ms = fc.integer({ min: 0, max: 366 * 86_400_000 });
const rule: fc.Arbitrary<Rule> = fc
  .record({
    name: fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/),
    title: text,
    description: text,
    author: text,
    owner: text,
    stage: fc.constantFrom("draft", "staged", "paging", "retired" as const),
    sql: fc.constantFrom("select 1", "select a\nfrom b"),
    timeColumn: nonEmpty,
    entities: fc.uniqueArray(fc.record({ column: nonEmpty, kind: fc.constantFrom(...ENTITY_KINDS) }), {
      maxLength: 4,
      selector: ({ column }) => column,
    }),
    lookbackMs: ms,
    allowedLatenessMs: ms,
    run: fc.oneof(
      fc.record({ mode: fc.constant("stream" as const), sliceMs: fc.integer({ min: 100, max: 1_000_000 }) }),
      fc.record({
        mode: fc.constant("batch" as const),
        cron: fc.constantFrom("*/15 * * * *", "0 3 * * 1"),
        zone: fc.constantFrom("UTC", "Europe/Berlin"),
        reason: text,
      }),
    ),
    techniques: fc.uniqueArray(fc.constantFrom("T1003.001", "T1086", "T1566", "strange, [id]"), {
      maxLength: 3,
    }),
    severity: fc.constantFrom("low", "medium", "high", "critical" as const),
    expectedPrecision: fc.option(fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0)),
    expectedAlertsPerWeek: fc.option(fc.double({ min: 0, max: 1000, noNaN: true }).map((value) => value + 0)),
    from: fc.option(fc.record({ notebook: nonEmpty, cell: fc.integer({ min: 0, max: 100 }) })),
  })
  .map((value) => ({ ...structuredClone(value), version: ruleVersion(value) }) as Rule);

test("a rule written as YAML reads back as the same rule", () => {
  fc.assert(
    fc.property(rule, (value) => {
      const result = parseRule({ ruleYaml: ruleYaml(value), ruleSql: value.sql }, `rules/${value.name}`, {
        allowedLatenessMs: 0,
      });
      assert.ok(result.ok, JSON.stringify(result.issues));
      assert.deepEqual(result.value, value);
      assert.equal(ruleYaml(result.value), ruleYaml(value));
    }),
    { numRuns: 500 },
  );
});

test("durations read back, and others are refused", () => {
  fc.assert(fc.property(ms, (value) => assert.equal(parseDuration(formatDuration(value)), value)));
  assert.equal(parseDuration("1h30m"), 5_400_000);
  for (const wrong of ["", "15", "m", "1m1h", "-1s", "1.5h", "3661d", "1 h"])
    assert.equal(parseDuration(wrong), null, wrong);
});

test("issues carry their line; unknown keys and techniques are warnings", () => {
  const result = parseRule(
    {
      ruleYaml:
        "title: T\nlookback: soon\ncolour: red\ntechniques: [T1086]\nrun: { mode: batch, cron: '* *', zone: Mars/Base }\n",
      ruleSql: "select 1;",
    },
    "rules/a",
  );
  assert.ok(!result.ok);
  const found = result.issues.map(({ severity, code, place }) => `${severity} ${code} ${place}`);
  assert.deepEqual(found.sort(), [
    "error rule.lookback rules/a/rule.yaml:2",
    "error rule.run.zone rules/a/rule.yaml:5",
    "warning rule.techniques rules/a/rule.yaml:4",
    "warning rule.unknown-key rules/a/rule.yaml:3",
  ]);
});

test("the version changes with what decides detections, and with nothing else", () => {
  const of = (yaml: string, sql = "select 1") => {
    const result = parseRule({ ruleYaml: yaml, ruleSql: sql }, "rules/a");
    assert.ok(result.ok);
    return result.value.version;
  };
  const base = of("title: a");
  assert.match(base, /^[0-9a-f]{16}$/);
  assert.equal(of("title: b\nstage: paging", "select 1 ;\r\n"), base);
  for (const other of [
    of("lookback: 1s"),
    of("timeColumn: t"),
    of("entities: [{ column: h, kind: host }]"),
    of("", "select 2"),
  ])
    assert.notEqual(other, base);
});

const HOSTILE = [
  "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]",
  "&a a: *a",
  "? [1, 2]\n: x",
  "1: one\ntrue: two\nnull: three",
  "__proto__: { stage: paging }\nconstructor: x\ntoString: y",
  "title: &x y\n<<: { stage: paging }",
  "!!js/function 'return 1'",
  "title: !!binary aGk=",
  "[".repeat(50_000),
  `${"- ".repeat(20_000)}x`,
  "{a: ".repeat(3_000),
  Array.from({ length: 5_000 }, (_, depth) => `${" ".repeat(depth % 50)}a${depth}:`).join("\n"),
  Array.from({ length: 300 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n"),
  "x".repeat(300_000),
  "title: [a, b]\nentities: text\nrun: 5\nautomations: { a: 1 }\noptions: 3\nowners: [1, null, [x]]",
  "a: 1\na: 2",
  "title: 9999999999999999999999\nexpectedPrecision: .nan\nlookback: .inf",
  "--- a\n--- b",
  "%YAML 9.9\n---\nfoo",
  "\u0000\u0001\ud800",
];

test("hostile YAML gives issues and never throws", () => {
  for (const yaml of HOSTILE) {
    for (const result of [
      parseRule({ ruleYaml: yaml, ruleSql: "select 1" }, "rules/a"),
      parseResponsePlan(yaml, "response.yaml"),
      parseOwners(yaml, "owners.yaml"),
    ]) {
      assert.ok(result.issues.length > 0, yaml.slice(0, 40));
      if (result.ok && "stage" in result.value) assert.equal(result.value.stage, "draft");
    }
  }
  assert.equal(({} as { stage?: string }).stage, undefined);
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc
          .array(
            fc.constantFrom(
              "title",
              ":",
              " ",
              "-",
              "\n",
              "[",
              "]",
              "{",
              "}",
              "&a",
              "*a",
              "!",
              "|",
              ">",
              "'",
              '"',
              "#",
              "?",
              "run",
              "mode",
            ),
            { maxLength: 40 },
          )
          .map((parts) => parts.join("")),
      ),
      (yaml) => {
        parseRule({ ruleYaml: yaml, ruleSql: yaml }, "rules/a");
        parseResponsePlan(yaml, "response.yaml");
        parseOwners(yaml, "owners.yaml");
      },
    ),
    { numRuns: 1_000 },
  );
});
