import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { generatedState } from "../../../promote/ads/generated-block.ts";
import { sha256Hex } from "../../../promote/ads/sha256.ts";
import { cronWords } from "../../../promote/ads/strategy/cron-words.ts";
import { durationWords } from "../../../promote/ads/strategy/duration-words.ts";
import { datasetsNamed } from "../../../promote/ads/strategy/query-outline.ts";
import { strategyAbstract } from "../../../promote/ads/strategy/strategy-abstract.ts";
import { parseStrategy, renderStrategy, strategyGaps } from "../../../promote/ads/strategy.ts";
import { parseRule } from "../../../promote/rule/parse.ts";
import type { Rule } from "../../../promote/rule/rule.ts";

function ruleOf(sql: string, yaml = "run: { mode: stream, slice: 10s }"): Rule {
  const parsed = parseRule(
    { ruleYaml: `title: T\nentities: [{ column: host, kind: host }]\n${yaml}\n`, ruleSql: sql },
    "rules/t",
  );
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.value;
}

/** What the abstract says of the query, without the sentences around. */
function said(sql: string): string {
  const { markdown } = strategyAbstract(ruleOf(sql), ["a"], null);
  return markdown.split("\n\n").slice(1).join("\n\n").split("\n\nEach row that is left")[0]!;
}

test("SHA-256 is the one that everybody has", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
      const sound = text.toWellFormed();
      assert.equal(sha256Hex(sound), createHash("sha256").update(sound).digest("hex"));
    }),
    { numRuns: 60 },
  );
});

test("conditions are said in words, and what has no words is quoted", () => {
  const cases: [string, string][] = [
    ["x = 1", "It takes rows of `a` for which `x` is `1`."],
    ["x ilike '%\\cmd.exe'", "It takes rows of `a` for which `x` ends with `\\cmd.exe` (capitals or not)."],
    ["x not in ('b', 'c')", "It takes rows of `a` for which `x` is not one of `b`, `c`."],
    ["x between 1 and 2", "It takes rows of `a` for which `x` is between `1` and `2`."],
    ["x is not null", "It takes rows of `a` for which `x` has a value."],
    ["x is not distinct from y", "It takes rows of `a` for which `x` is `y`."],
    ["d->>'$.c' = 'v'", "It takes rows of `a` for which `d->>'$.c'` is `v`."],
    ["x @> y", "It takes rows of `a` for which `x @> y` holds."],
    ["f(x, /* why */ '`y`')", "It takes rows of `a` for which ``f(x, '`y`')`` holds."],
    [
      "not x = 1 and y = 2",
      "It takes rows of `a` for which all of this holds:\n\n- it is not so that `x` is `1`\n- `y` is `2`",
    ],
    [
      "not (x = 1 and y = 2) and (z or not w)",
      "It takes rows of `a` for which all of this holds:\n\n- these do not hold together:\n    - `x` is `1`\n    - `y` is `2`\n- at least one of these holds:\n    - `z` holds\n    - `w` does not hold",
    ],
    [
      "not exists (select 1 from b as o where o.k = a.k)",
      "It takes rows of `a` for which all of this holds:\n\n- there is no row in `b` (as `o`), where:\n    - `o.k` is `a.k`",
    ],
  ];
  for (const [where, words] of cases) assert.equal(said(`select _time, host from a where ${where}`), words);
});

test("joins, steps, groups and sets are told apart", () => {
  assert.match(
    said("select 1 from a left join b on a.k = b.k where b.k is null"),
    /beside it, where there is one, stands a row of `b`, where:\n {4}- `a.k` is `b.k`/,
  );
  assert.match(
    said("select 1 from a anti join b using (k)"),
    /there is no row in `b`, where:\n {4}- both have the same `k`/,
  );
  assert.match(
    said("with s as (select * from a where x = 1) select * from s"),
    /^The step `s` takes rows of `a` for which `x` is `1`\.\n\nIt takes all rows of the step `s`\.$/,
  );
  assert.match(
    said("select 1 from a group by h having count(*) > 5"),
    /put together by `h`\.\n\nA group stays when `count\(\*\)` is greater than `5`\.$/,
  );
  assert.match(
    said("select * from a except all select * from a where x"),
    /Taken away are those rows that are also among these:/,
  );
  assert.deepEqual(
    datasetsNamed(
      'with s as (select * from a) select * from s join "B c" on x left join d using (y), (select 1 from e)',
    ),
    ["B c", "a", "d", "e"],
  );
});

test("any text of SQL gives an abstract that stands by itself as one part of a section", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      "select",
      "from",
      "a",
      "where",
      "not",
      "(",
      ")",
      "and",
      "or",
      "'x`y'",
      "=",
      "in",
      "between",
      "1",
      ",",
      "group by",
      "having",
      "union",
      "join",
      "on",
      "case",
      "end",
      "\n",
      "--",
      "/*",
      "exists",
      "with",
      "as",
    ),
    fc.string({ maxLength: 6 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
      const generated = strategyAbstract(
        { ...ruleOf("select 1 from a"), sql: pieces.join(" ") },
        ["a"],
        null,
      );
      const section = { before: "Own words.", generated, after: "More of them." };
      assert.deepEqual(parseStrategy(renderStrategy(section)), section);
      assert.ok(!/^ {0,3}#/m.test(generated.markdown), generated.markdown);
    }),
    { numRuns: 1_500 },
  );
});

test("the hash is of what runs: query, time, entities, lookback and schedule; another wording of the same holds", () => {
  const rule = ruleOf("select _time, host from a where x = 1");
  const generated = strategyAbstract(rule, ["a"], null);
  const of = (other: Rule) => strategyGaps(renderStrategy({ before: "", generated, after: "" }), other);
  assert.deepEqual(of(rule), []);
  assert.deepEqual(of({ ...rule, title: "Other", owner: "x", severity: "low" }), []);
  for (const other of [
    ruleOf("select _time, host from a where x = 2"),
    ruleOf("select _time, host from a where x = 1", "run: { mode: stream, slice: 20s }"),
    ruleOf("select _time, host from a where x = 1", 'run: { mode: batch, cron: "0 * * * *", zone: UTC }'),
    ruleOf("select _time, host from a where x = 1", "lookback: 1h\nrun: { mode: stream, slice: 10s }"),
  ])
    assert.match(of(other)[0]!.message, /another query or schedule/);
  assert.equal(generatedState({ ...generated, markdown: `${generated.markdown} Always.` }, []), "edited");
  const shaped = strategyAbstract(rule, ["a"], "Whenever x is 1\n# on a host.");
  assert.match(shaped.markdown, /\n\nWhenever x is 1 # on a host\.\n\n/);
  assert.equal(shaped.hash.slice(0, 8), generated.hash.slice(0, 8));
});

test("spans of time and schedules in words", () => {
  assert.equal(durationWords(0), "0 seconds");
  assert.equal(durationWords(90_061_000), "1 day, 1 hour, 1 minute and 1 second");
  assert.equal(cronWords("*/15 * * * *"), "every 15 minutes, `*/15 * * * *`");
  assert.equal(cronWords("5 3 * * *"), "every day at 03:05, `5 3 * * *`");
  assert.equal(cronWords("5 3 * * 1"), "at `5 3 * * 1`");
});
