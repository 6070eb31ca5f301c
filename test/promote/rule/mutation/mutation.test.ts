import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Dataset } from "../../../../connectors/dataset/dataset.ts";
import { createDuckDbEngine } from "../../../../notebooks/engine/duckdb-engine.ts";
import { type MutationRequest, measureMutation } from "../../../../promote/rule/mutation/measure.ts";
import { mutantsOf } from "../../../../promote/rule/mutation/mutants.ts";
import { TestSuggester } from "../../../../promote/rule/mutation/suggest.ts";
import { SqlTrees } from "../../../../promote/rule/sql-tree.ts";
import { eventsByDataset, TestWriter } from "../../../../promote/rule/test-events.ts";
import { runRuleTests } from "../../../../promote/rule/tests.ts";
import { testRule } from "../../run/rules.ts";

const makeEngine = (datasets: readonly Dataset[], temporaryDirectory: string) =>
  createDuckDbEngine({
    datasets: () => datasets,
    ledgerTables: [],
    temporaryDirectory,
    memoryLimit: "512MB",
    threads: 1,
    maximumConcurrent: 1,
    clock: Date.now,
  });

let trees: SqlTrees;
before(async () => {
  trees = await SqlTrees.open();
});
after(() => trees.close());

/** Every kind of break that a query of each shape must have. */
const BREAKS: readonly (readonly [sql: string, kind: string, what: RegExp])[] = [
  ["select _time, host from events where n = 1 and kind = 'a'", "comparison", /^n = 1 becomes n <> 1$/],
  ["select _time, host from events where n = 1 and kind = 'a'", "literal", /kind = 'a' becomes kind = 'a~'/],
  ["select _time, host from events where n = 1 and kind = 'a'", "logic", /^and becomes or/],
  ["select _time, host from events where n = 1 or kind = 'a'", "logic", /^or becomes and/],
  [
    "select _time, host from events where not (kind = 'a' or n = 2)",
    "negation",
    /^not .* becomes \(kind = 'a' or n = 2\)$/,
  ],
  ["select _time, host from events where kind not in ('a', 'b')", "negation", /becomes kind in/],
  ["select _time, host from events where kind not ilike '%a%'", "negation", /becomes kind ilike/],
  ["select _time, host from events where n = 1 and kind = 'a'", "condition", /^n = 1 is dropped$/],
  ["select _time, host from events where n = 1", "condition", /^where n = 1 is dropped$/],
  ["select _time, host from events where kind ilike '%mini%'", "pattern", /becomes kind ilike 'mini%'/],
  [
    "select _time, host from events where regexp_matches(kind, '(?i)a.b')",
    "pattern",
    /'\(\?i\)\^\(\?:a\.b\)'/,
  ],
  ["select _time, host from events where starts_with(kind, 'a')", "pattern", /becomes contains/],
  ["select _time, host from events where n >= 5", "threshold", /becomes n >= 6/],
  ["select _time, host from events where n >= 5", "threshold", /becomes n >= 4/],
  ["select _time, host from events where n > 0.5", "threshold", /0.5 \* 11 \/ 10/],
  [
    "select _time, host, count(*) over (partition by host order by _time range between interval 5 minutes preceding and current row) c from events",
    "window",
    /interval 5 minutes is doubled/,
  ],
  [
    "select max(_time) as _time, host from events group by host, time_bucket(interval '1 hour', _time) having count(*) > 3",
    "window",
    /is halved/,
  ],
  [
    "select a._time, a.host from events a join events b on a.host = b.host and b._time < a._time",
    "time bound",
    /b\._time < a\._time becomes b\._time <= a\._time/,
  ],
  [
    "select a._time, a.host from events a left join events b on a.host = b.host",
    "join",
    /left join becomes inner/,
  ],
  ["select _time, host from events where kind in ('a', 'b', 'c')", "list", /'b' is dropped from/],
  ["select distinct _time, host from events", "distinct", /^distinct is dropped$/],
  [
    "select max(_time) as _time, host from events group by host having count(distinct kind) > 2",
    "distinct",
    /is dropped from count\(distinct kind\)/,
  ],
];

test("a query is broken in every way that it can be, and each variant is a query", async () => {
  for (const [sql, kind, what] of BREAKS) {
    const { mutants } = await mutantsOf(sql, trees, 100);
    assert.ok(
      mutants.some((mutant) => mutant.kind === kind && what.test(mutant.what)),
      `${kind} ${what} in ${sql}: ${mutants.map((mutant) => `${mutant.kind}: ${mutant.what}`).join("; ")}`,
    );
    for (const mutant of mutants) await trees.parse(mutant.sql);
    assert.equal(new Set(mutants.map(({ id }) => id)).size, mutants.length);
    const again = await mutantsOf(`  ${sql} -- again`, trees, 100);
    assert.deepEqual(
      again.mutants.map(({ id }) => id),
      mutants.map(({ id }) => id),
    );
  }
});

test("of many variants a part stands for all, every kind among it", async () => {
  const list = Array.from({ length: 300 }, (_, at) => `kind ilike '%word${at}%'`).join(" or ");
  const { mutants, possible } = await mutantsOf(
    `select _time, host from events where n > 3 and (${list})`,
    trees,
    60,
  );
  assert.ok(possible > 600 && mutants.length <= 60, `${possible} ${mutants.length}`);
  assert.deepEqual([...new Set(mutants.map(({ kind }) => kind))].sort(), [
    "comparison",
    "condition",
    "logic",
    "pattern",
    "threshold",
  ]);
});

const column = (name: string, type: string) => ({ name, key: name, type });
const sysmon = {
  dataset: {
    name: "sysmon",
    source: "sysmon",
    columns: [
      column("Image", "VARCHAR"),
      column("CommandLine", "VARCHAR"),
      column("EventID", "BIGINT"),
      column("User", "VARCHAR"),
      column("host", "VARCHAR"),
    ],
  },
  time: { fields: [], format: "auto", zone: "UTC" } as const,
};
const rule = testRule({
  sql: `select _time, host, "User" from sysmon where EventID = 1 and Image ilike '%\\rundll32.exe'
    and (CommandLine ilike '%comsvcs%' or CommandLine ilike '%minidump%') and "User" not in ('SYSTEM', 'svc')`,
});
const event = (values: object) =>
  `${JSON.stringify({
    _time: "2026-01-01T00:00:00Z",
    Image: "C:\\Windows\\rundll32.exe",
    CommandLine: "rundll32 comsvcs.dll, MiniDump 1 x",
    EventID: 1,
    User: "ann",
    host: "h1",
    ...values,
  })}\n`;

function request(tests: Readonly<Record<string, string>>): MutationRequest {
  return { rule, tests, datasets: [sysmon], makeEngine, clock: Date.now };
}

test("what the tests do not notice is found, with a test for it that was tried", async () => {
  const tests = { "match-dump.ndjson": event({}), "no-match-other.ndjson": event({ Image: "C:\\x.exe" }) };
  const { engine, close } = await openLake();
  const suggester = await TestSuggester.open({ rule, tests, datasets: [sysmon], engine, clock: Date.now });
  try {
    const shares: number[] = [];
    const report = await measureMutation({
      ...request(tests),
      history: engine,
      suggest: (survivor) => suggester.suggest(survivor),
      onProgress: (share) => shares.push(share),
    });
    const of = (what: RegExp) => report.mutants.find((mutant) => what.test(mutant.what));
    assert.equal(of(/^Image .* is dropped/)?.by, "no-match-other.ndjson");
    assert.equal(of(/EventID = 1 becomes EventID <> 1/)?.by, "match-dump.ndjson");
    assert.equal(of(/^EventID = 1 is dropped/)?.caught, false);
    assert.ok(report.score > 0.3 && report.score < 0.8, String(report.score));
    assert.equal(report.score, report.mutants.filter(({ caught }) => caught).length / report.mutants.length);
    assert.deepEqual(
      [...shares].sort((a, b) => a - b),
      shares,
    );
    // In the lake there is an event of another id: it, and no made one, tells this variant.
    const real = of(/^EventID = 1 is dropped/)?.suggestion;
    assert.equal(real?.expected, "no-match");
    assert.match(real?.events ?? "", /"EventID":3/);
    assert.match(of(/^EventID = 1 is dropped/)?.onHistory ?? "", /finds 1 more and misses 0/);
    const survivors = report.mutants.filter(({ caught }) => !caught);
    const suggested = survivors.filter(({ suggestion }) => suggestion !== undefined);
    assert.equal(
      suggested.length,
      survivors.length,
      survivors.map(({ what, suggestion }) => `${what}: ${suggestion?.name}`).join("\n"),
    );
    // With the suggestions added every variant is caught.
    const more = {
      ...tests,
      ...Object.fromEntries(suggested.map(({ suggestion }) => [suggestion!.name, suggestion!.events])),
    };
    const passed = await runRuleTests({ rule, tests: more, datasets: [sysmon], makeEngine });
    assert.deepEqual(
      passed.tests.filter((one) => !one.passed),
      [],
    );
    assert.equal((await measureMutation(request(more))).score, 1);
  } finally {
    suggester.close();
    await close();
  }
});

test("variants that mean the same on all there is are told, and stay in the list", async () => {
  const tests = { "match-dump.ndjson": event({}), "no-match-user.ndjson": event({ User: "SYSTEM" }) };
  const { engine, close } = await openLake();
  try {
    const report = await measureMutation({
      ...request(tests),
      rule: testRule({
        sql: `select _time, host from sysmon where "User" <> 'SYSTEM' and host <> 'nowhere'`,
      }),
      history: engine,
    });
    const dropped = report.mutants.find(({ what }) => /host <> 'nowhere' is dropped/.test(what))!;
    assert.equal(dropped.caught, false);
    assert.ok(report.equivalent.includes(dropped.id));
    assert.match(dropped.onHistory!, /finds the same/);
    assert.ok(!report.equivalent.includes(report.mutants.find(({ caught }) => caught)!.id));
  } finally {
    await close();
  }
});

test("tests that fail, and none, catch nothing; a cancelled run stops", async () => {
  const broken = await measureMutation(request({ "match-wrong.ndjson": event({ EventID: 5 }) }));
  assert.equal(broken.score, 0);
  assert.equal((await measureMutation(request({}))).score, 0);
  const controller = new AbortController();
  const running = measureMutation({
    ...request({ "match-a.ndjson": event({}), "match-b.ndjson": event({}) }),
    signal: controller.signal,
    onProgress: () => controller.abort(new Error("enough")),
  });
  await assert.rejects(running, /enough/);
});

/** An engine over a few events of the dataset: one that the rule finds, and near misses. */
async function openLake() {
  const folder = await mkdtemp(join(tmpdir(), "spoor-mutation-"));
  const text = [
    event({ host: "lake1" }),
    event({ host: "lake2", EventID: 3, _time: "2026-01-02T00:00:00Z" }),
    event({ host: "lake3", User: "SYSTEM", _time: "2026-01-03T00:00:00Z" }),
    event({ host: "lake4", CommandLine: "rundll32 x", _time: "2026-01-04T00:00:00Z" }),
  ].join("");
  const writer = await TestWriter.open();
  const datasets = await writer.write([sysmon], eventsByDataset(text, [sysmon]), folder);
  writer.close();
  const engine = makeEngine(datasets, folder);
  return {
    engine,
    close: async () => {
      await engine.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
