import assert from "node:assert/strict";
import { test } from "node:test";
import { ADS_SECTIONS, type AdsSectionName } from "../../../promote/ads/ads.ts";
import { parseAds } from "../../../promote/ads/parse.ts";
import { refreshAds } from "../../../promote/ads/refresh.ts";
import { draftRule } from "../../../promote/gate/draft.ts";
import {
  awaitedCodes,
  checkGate,
  effectiveStage,
  type GateInput,
  gateIssues,
} from "../../../promote/gate/gate.ts";
import { parseResponsePlan } from "../../../promote/plan/parse.ts";
import { parseRule } from "../../../promote/rule/parse.ts";
import { ads, good, ok, PLAN, plan, rule } from "./whole-rule.ts";

function refused(change: Partial<GateInput>): string[] {
  const report = checkGate({ ...good, ...change });
  assert.equal(report.passed, false);
  const open = report.checks.filter(({ state }) => state !== "passed");
  assert.ok(open.every(({ evidence, remedy, link }) => evidence !== "" && remedy !== "" && link !== ""));
  assert.equal(gateIssues(report).length, open.length);
  assert.notEqual(effectiveStage(rule, report).stage, "paging");
  return open.map(({ code }) => code);
}

/** The ADS with one section written otherwise. */
function written(name: AdsSectionName, body: string): Partial<GateInput> {
  return { ads: { ...ads, sections: { ...ads.sections, [name]: body } } };
}

test("a complete rule passes and pages; every check has a code of its own and evidence", () => {
  const report = checkGate(good);
  assert.deepEqual(
    report.checks.filter(({ state }) => state !== "passed"),
    [],
  );
  assert.deepEqual(effectiveStage(rule, report), { stage: "paging", issues: [], told: [] });
  assert.equal(new Set(report.checks.map(({ code }) => code)).size, report.checks.length);
  assert.ok(report.checks.every(({ evidence, title }) => evidence !== "" && title !== ""));
});

test("any one empty ADS section refuses paging", () => {
  for (const { name, prompt } of ADS_SECTIONS) {
    for (const body of ["", "<!-- later -->", `> Prompt: ${prompt}`, "TBD", "Unknown."]) {
      const codes = refused(written(name, body));
      assert.equal(codes.filter((code) => /^ads\.[a-z-]+$/.test(code)).length, 1, `${name}: ${codes}`);
    }
  }
  assert.equal(refused({ ads: null }).filter((code) => /^ads\.[a-z-]+$/.test(code)).length, 10);
  assert.equal(ok(parseAds("", "ADS.md")).sections.goal, "");
});

test("words that are no typed item do not stand for it", () => {
  const cases: [AdsSectionName, string, string[]][] = [
    ["goal", "Find an intruder who copies the memory of LSASS.", ["ads.goal"]],
    ["goal", `${ads.sections.goal.replace("passwords of administrators", "TODO")}`, ["ads.goal"]],
    ["categorization", "T1003.001", ["ads.categorization"]],
    ["categorization", "- Execution / T1003.001 LSASS Memory", ["ads.categorization"]],
    ["categorization", "- Credential Access / T1003", ["ads.categorization"]],
    ["strategyAbstract", "It looks for dumps.", ["ads.strategy-abstract"]],
    [
      "strategyAbstract",
      ads.sections.strategyAbstract.replace("The rule reads", "The rule never reads"),
      ["ads.strategy-abstract"],
    ],
    ["technicalContext", "The host is explained elsewhere.", ["ads.technical-context"]],
    [
      "technicalContext",
      "- `_time`: When it happened, in UTC.\n- `host` (host): TODO",
      ["ads.technical-context"],
    ],
    [
      "technicalContext",
      "- `_time`: When it happened, in UTC.\n- `host` (host): the host",
      ["ads.technical-context"],
    ],
    ["blindSpots", "A renamed tool is not seen.", ["ads.blind-spots", "ads.blind-spots.hold"]],
    ["blindSpots", "- A renamed tool is not seen.", ["ads.blind-spots", "ads.blind-spots.hold"]],
    ["blindSpots", "- A renamed tool is not seen.\n  - Untestable, owner: `nobody`", ["ads.blind-spots"]],
    ["blindSpots", "- Hosts are known.\n  - Check: `select 1` gives rows", ["ads.blind-spots.hold"]],
    ["falsePositives", "They are unknown.", ["ads.false-positives", "ads.false-positives.counted"]],
    ["falsePositives", "- Unknown at this time", ["ads.false-positives", "ads.false-positives.counted"]],
    ["falsePositives", "- None known", ["ads.false-positives"]],
    ["falsePositives", "- Backups", ["ads.false-positives", "ads.false-positives.counted"]],
    [
      "falsePositives",
      "- Backups at night\n  - Predicate: `host in (select host from b)`",
      ["ads.false-positives", "ads.false-positives.counted"],
    ],
    ["falsePositives", "- Backups at night\n  - Predicate: `host = 'B2'`", ["ads.false-positives.counted"]],
    ["validation", "- **Mutation score:** at least 0.5\n\nRun it.", ["ads.validation"]],
    ["validation", "- **Mutation score:** at least 0.8", ["ads.validation"]],
    ["validation", "Run it.\n\n- Mutant `m1` means the same:", ["ads.validation"]],
    ["priority", "High.", ["ads.priority", "ads.priority.dollars"]],
    ["priority", "- **Priority:** low\n- **Reason:** it is only noise", ["ads.priority"]],
    ["priority", "- **Priority:** high", ["ads.priority.dollars"]],
    ["response", "Look at it.", ["ads.response"]],
    ["response", ads.sections.response.replace("This was us", "This was not us"), ["ads.response"]],
    ["additionalResources", "See the wiki.", ["ads.additional-resources"]],
    ["additionalResources", "[x](javascript:alert(1))", ["ads.additional-resources"]],
    ["additionalResources", "[x](https://)", ["ads.additional-resources"]],
  ];
  for (const [name, body, codes] of cases)
    assert.deepEqual(refused(written(name, body)), codes, `${name}: ${body}`);
});

test("other ways to say the same pass", () => {
  const cases: [AdsSectionName, string][] = [
    ["categorization", "[Credential Access / LSASS Memory](https://attack.mitre.org/techniques/T1003/001/)"],
    [
      "technicalContext",
      "| Field | What it is |\n| --- | --- |\n| `_time` | When it happened, in UTC. |\n| host | The server it happened on. |",
    ],
    ["falsePositives", "- None known: read both detections of the backtest and asked platform."],
    [
      "validation",
      "Run it.\n\n- **Mutation score:** at least 60 %, because the last variants need a week of data",
    ],
    [
      "response",
      'First history and query run (Has this happened before?, Look it up). Press "This was us", or hand it to the rule\'s author.',
    ],
    [
      "additionalResources",
      "See https://example.org/a(b), [mail](mailto:kim@example.org) and [the hunt](/notebooks/lsass).",
    ],
  ];
  for (const [name, body] of cases) {
    const report = checkGate({ ...good, ...written(name, body) });
    assert.deepEqual(
      report.checks.filter(({ state }) => state !== "passed"),
      [],
      `${name}: ${body}`,
    );
  }
});

test("every missing or failing piece refuses paging under its own code", () => {
  const proof = good.proof!;
  const backtest = good.backtest!;
  const mutation = good.mutation!;
  const issue = {
    severity: "error",
    code: "source.silent",
    place: "sources/sysmon",
    message: "Silent.",
    remedy: "Look.",
  } as const;
  const cases: [Partial<GateInput>, string[]][] = [
    [{ plan: null }, ["ads.response", "plan", "plan.options"]],
    [{ plan: { ...plan, automations: [] } }, ["ads.response", "plan"]],
    [{ plan: { ...plan, options: plan.options.slice(0, 1) } }, ["ads.response", "plan.options"]],
    [{ plan: { ...plan, options: [plan.options[1]!, plan.options[1]!] } }, ["ads.response", "plan.options"]],
    [{ plan: ok(parseResponsePlan(PLAN.replace("$host", "$user"), "response.yaml")) }, ["plan"]],
    [{ owners: { owners: [] } }, ["ads.blind-spots", "owner", "budget"]],
    [{ tests: null }, ["tests.match", "tests.no-match"]],
    [{ tests: { passed: true, tests: good.tests!.tests.slice(0, 1) } }, ["tests.no-match"]],
    [
      { tests: { passed: false, tests: good.tests!.tests.map((test) => ({ ...test, passed: false })) } },
      ["tests.match", "tests.no-match"],
    ],
    [{ mutation: null }, ["mutation"]],
    [{ mutation: { ...mutation, version: "old" } }, ["mutation"]],
    [
      {
        mutation: { ...mutation, mutants: mutation.mutants.map((mutant) => ({ ...mutant, caught: false })) },
      },
      ["mutation"],
    ],
    [{ backtest: null }, ["backtest", "forecast.history", "budget"]],
    [{ backtest: { ...backtest, alertsPerWeek: 6 } }, ["forecast.history", "budget"]],
    [{ backtest: { ...backtest, from: null } }, ["backtest"]],
    [{ budget: null }, ["budget"]],
    [
      { budget: { ...good.budget!, others: [{ rule: "other", alertsPerWeek: 4.5 }], total: 5.5 } },
      ["budget"],
    ],
    [{ overlap: null }, ["overlap"]],
    [
      { overlap: { rules: [{ rule: "other", shared: 2, ofMine: 1, ofTheirs: 0.2 }], windowMs: 1 } },
      ["overlap"],
    ],
    [{ falsePositives: null }, ["ads.false-positives.counted"]],
    [
      { falsePositives: [{ ...good.falsePositives![0]!, error: "No column host." }] },
      ["ads.false-positives.counted"],
    ],
    [{ falsePositives: [{ ...good.falsePositives![0]!, detections: 40, of: 41 }] }, ["forecast"]],
    [{ blindSpots: null }, ["ads.blind-spots.hold"]],
    [{ blindSpots: [{ ...good.blindSpots![0]!, state: "broken" }] }, ["ads.blind-spots.hold"]],
    [
      {
        priority: { scenario: "Ransom", lossUsd: 2_000_000 },
        ...written("priority", "- **Priority:** high"),
      },
      ["ads.priority.dollars"],
    ],
    [{ preconditions: null }, ["fields"]],
    [
      { preconditions: { fields: [{ dataset: "sysmon", field: "a", filledShare: null }], sources: [] } },
      ["fields"],
    ],
    [
      { preconditions: { fields: [{ dataset: "sysmon", field: "a", filledShare: 0 }], sources: [] } },
      ["fields"],
    ],
    [{ resultColumns: null }, ["ads.technical-context"]],
    [
      { resultColumns: [...good.resultColumns!, { name: "command", type: "VARCHAR" }] },
      ["ads.technical-context"],
    ],
    [{ healthIssues: [issue] }, ["health"]],
    [{ proof: null }, ["proof"]],
    [{ proof: { ...proof, ruleVersion: "old" } }, ["proof"]],
    [{ proof: { ...proof, rule: "other" } }, ["proof"]],
    [{ proof: { ...proof, holds: false } }, ["proof"]],
    [{ proof: { ...proof, eventCount: 0 } }, ["proof"]],
    [{ proof: { ...proof, onlyBatch: ["x"] } }, ["proof"]],
    [{ engineVersion: "f" }, ["proof"]],
    ...(["sql", "shape", "engine", "age", "lateness"] as const).map(
      (voidedBy): [Partial<GateInput>, string[]] => [
        { proofValidity: { state: "void", voidedBy, provedMs: 0, ageDays: 40 } },
        ["proof"],
      ],
    ),
    [{ sqlIssues: [{ ...issue, code: "rule.sql.unstable" }] }, ["query", "time", "entities"]],
    [{ sqlIssues: [{ ...issue, code: "rule.time.missing" }] }, ["time"]],
    [{ rule: { ...rule, entities: [] } }, ["entities", "plan"]],
    [{ rule: { ...rule, techniques: [] } }, ["technique"]],
    [{ rule: { ...rule, techniques: ["T1086"] } }, ["ads.categorization", "technique"]],
    [{ rule: { ...rule, techniques: ["T1566"] } }, ["ads.categorization"]],
    [{ rule: { ...rule, owner: "nobody" } }, ["ads.response", "owner", "budget"]],
    [{ rule: { ...rule, severity: "low" } }, ["ads.priority"]],
    [
      { rule: { ...rule, version: "0123456789abcdef" }, proof: null, mutation: null },
      ["ads.strategy-abstract", "mutation", "proof"],
    ],
    [{ rule: { ...rule, run: { mode: "stream", sliceMs: 60_000 } } }, ["ads.strategy-abstract"]],
    [{ rule: { ...rule, expectedPrecision: null } }, ["forecast"]],
    [{ rule: { ...rule, expectedAlertsPerWeek: null } }, ["forecast", "forecast.history"]],
    [{ backtest: { ...good.backtest!, alertsPerWeek: 4.5 } }, ["forecast.history"]],
    [
      { rule: { ...rule, run: { mode: "batch", cron: "0 * * * *", zone: "UTC" } } },
      ["ads.strategy-abstract", "schedule", "batch-reason"],
    ],
  ];
  for (const [change, codes] of cases)
    assert.deepEqual(refused(change), codes, JSON.stringify(change, null, 0).slice(0, 200));
});

test("a forecast far from the backtest needs a reason", () => {
  const backtest = { ...good.backtest!, alertsPerWeek: 4.5 };
  assert.deepEqual(refused({ backtest }), ["forecast.history"]);
  const reasoned = { ...rule, forecastReason: "The tool that did it is gone." };
  assert.ok(checkGate({ ...good, backtest, rule: reasoned }).passed);
  assert.ok(checkGate({ ...good, rule: { ...rule, expectedAlertsPerWeek: 0.2 } }).passed);
});

test("a survivor may be judged, a low score and a full overlap may have a reason, dollars may be overruled", () => {
  const mutants = [
    ...good.mutation!.mutants,
    { id: "m3", what: "order by is dropped", caught: false, by: null },
  ];
  const mutation = { ...good.mutation!, mutants };
  assert.deepEqual(refused({ mutation }), ["mutation"]);
  const judged = `${ads.sections.validation}\n\n- Mutant \`m3\` means the same: order does not matter here`;
  assert.ok(checkGate({ ...good, ...written("validation", judged), mutation }).passed);
  assert.ok(checkGate({ ...good, mutation: { ...mutation, equivalent: ["m3"] } }).passed);
  const overlap = { rules: [{ rule: "other", shared: 2, ofMine: 1, ofTheirs: 0.2 }], windowMs: 1 };
  const why = `${ads.sections.strategyAbstract}\n\n- **Overlap with other:** it goes to another owner`;
  assert.ok(checkGate({ ...good, ...written("strategyAbstract", why), overlap }).passed);
  assert.ok(checkGate({ ...good, priority: { scenario: "Ransom", lossUsd: 2_000_000 } }).passed);
  assert.ok(
    checkGate({
      ...good,
      priority: { scenario: "Ransom", lossUsd: 100_000 },
      ...written("priority", "- **Priority:** high"),
    }).passed,
  );
});

test("an expected precision of zero is a forecast too, and a batch rule that says why needs no proof", () => {
  assert.ok(checkGate({ ...good, rule: { ...rule, expectedPrecision: 0, expectedAlertsPerWeek: 0 } }).passed);
  const batch = {
    ...rule,
    run: { mode: "batch" as const, cron: "0 * * * *", zone: "UTC", reason: "First seen." },
  };
  const described = refreshAds(ads, {
    rule: batch,
    datasets: ["sysmon"],
    shapeSentence: null,
    columns: [],
    plan,
    priority: null,
  });
  const schedule = {
    ...{ detections: 2, checked: 2, found: 2, changed: 0, missed: [] },
    ...{ lookbackMs: 0, looksBackOverAll: false },
  };
  const weighed = { ...good, proof: null, proofValidity: null, ads: described, rule: batch };
  assert.ok(checkGate({ ...weighed, schedule }).passed);
  const missing = { ...schedule, found: 1 };
  assert.equal(checkGate({ ...weighed, schedule: missing }).passed, false);
  assert.equal(
    effectiveStage(batch, checkGate({ ...weighed, schedule: missing, target: "paging" }), batch.version)
      .stage,
    batch.stage,
  );
});

test("a stage written by hand counts only as far as the gate lets it", () => {
  const refusedPaging = checkGate({ ...good, plan: null });
  assert.equal(effectiveStage(rule, refusedPaging).stage, "staged");
  assert.deepEqual(
    effectiveStage(rule, refusedPaging).issues.map(({ code }) => code),
    ["gate.refused", "gate.ads.response", "gate.plan", "gate.plan.options"],
  );
  assert.equal(effectiveStage(rule, checkGate({ ...good, target: "staged" })).stage, "staged");
  assert.equal(effectiveStage(rule, checkGate({ ...good, sqlIssues: null })).stage, "draft");
  assert.equal(effectiveStage({ ...rule, name: "other" }, checkGate(good)).stage, "draft");
  assert.equal(effectiveStage({ ...rule, stage: "staged" }, checkGate(good)).stage, "staged");
  assert.equal(effectiveStage({ ...rule, stage: "retired" }, checkGate(good)).stage, "retired");
  const empty = { rule: "lsass", target: "paging", passed: true, checks: [] } as const;
  assert.equal(effectiveStage(rule, empty).stage, "draft");
  assert.equal(effectiveStage(rule, empty, rule.version).stage, "draft");
});

test("what moves without the rule refuses a promotion, and is only told of a version that passed", () => {
  const moving: Partial<GateInput>[] = [
    { mutation: null },
    { falsePositives: null },
    { blindSpots: null },
    { blindSpots: [{ ...good.blindSpots![0]!, state: "broken" }] },
    { overlap: null },
    { overlap: { rules: [{ rule: "other", shared: 2, ofMine: 1, ofTheirs: 0.2 }], windowMs: 1 } },
    { budget: null },
    { backtest: { ...good.backtest!, alertsPerWeek: 6 } },
    { preconditions: null },
    { priority: { scenario: "Ransom", lossUsd: 1 }, ...written("priority", "- **Priority:** high") },
  ];
  for (const change of moving) {
    const report = checkGate({ ...good, ...change });
    assert.equal(effectiveStage(rule, report).stage, "staged");
    assert.equal(effectiveStage(rule, report, "another version").stage, "staged");
    const granted = effectiveStage(rule, report, rule.version);
    assert.deepEqual([granted.stage, granted.issues], ["paging", []]);
    assert.ok(granted.told.length > 0 && granted.told.every(({ severity }) => severity === "warning"));
  }
  for (const change of [
    { plan: null },
    { tests: null },
    { proof: null },
    { backtest: null },
    written("goal", ""),
    written("strategyAbstract", "It looks for dumps."),
    { mutation: { ...good.mutation!, mutants: [{ id: "m", what: "x", caught: false, by: null }] } },
    { proofValidity: { state: "void", voidedBy: "sql", provedMs: 0, ageDays: 1 } as const },
    { engineVersion: "newer", proof: { ...good.proof!, holds: false } },
  ])
    assert.equal(effectiveStage(rule, checkGate({ ...good, ...change }), rule.version).stage, "staged");
});

test("a proof that its surroundings void is waited for: what passed the gate pages until it is overdue", () => {
  const voids: Partial<GateInput>[] = [
    { engineVersion: "newer" },
    ...(["shape", "engine", "age", "lateness"] as const).map(
      (voidedBy): Partial<GateInput> => ({
        proofValidity: { state: "void", voidedBy, provedMs: 0, ageDays: 400 },
      }),
    ),
  ];
  for (const change of voids) {
    const report = checkGate({ ...good, ...change });
    assert.deepEqual(awaitedCodes(report), ["proof"]);
    assert.equal(effectiveStage(rule, report).stage, "staged");
    const waiting = effectiveStage(rule, report, rule.version);
    assert.equal(waiting.stage, "paging");
    assert.deepEqual(
      waiting.told.map(({ code }) => code),
      ["gate.proof"],
    );
    assert.equal(effectiveStage(rule, report, rule.version, ["proof"]).stage, "staged");
  }
  const unmeasured = checkGate({ ...good, mutation: null });
  assert.deepEqual(awaitedCodes(unmeasured), ["mutation"]);
  assert.equal(effectiveStage(rule, unmeasured, rule.version, ["mutation"]).stage, "staged");
  assert.deepEqual(awaitedCodes(checkGate({ ...good, proof: null })), []);
});

test("stale evidence passes nobody: it waits to be computed again", () => {
  const cases = {
    backtest: "backtest",
    overlap: "overlap",
    falsePositives: "ads.false-positives.counted",
    blindSpots: "ads.blind-spots.hold",
    health: "fields",
  };
  for (const [kind, code] of Object.entries(cases)) {
    const report = checkGate({ ...good, stale: { [kind]: "It is older than a day." } });
    const open = report.checks.filter(({ state }) => state !== "passed");
    assert.deepEqual(
      open.map((one) => [one.code, one.state, one.remedy]),
      [[code, "waiting", "Check everything again."]],
    );
    assert.match(open[0]!.evidence, /older than a day/);
  }
});

test("a new draft can be staged at once; what is proposed is there, and no placeholder passes for paging", () => {
  const files = draftRule({
    name: "new-one",
    sql: "select _time, Hostname as host, n from sysmon;",
    techniques: ["T1003.001"],
    from: { notebook: "lsass", cell: 4 },
    columns: [
      { name: "_time", type: "TIMESTAMP" },
      { name: "host", type: "VARCHAR" },
      { name: "n", type: "BIGINT" },
    ],
  });
  const draft = ok(parseRule(files, "rules/new-one"));
  assert.deepEqual([draft.timeColumn, draft.entities], ["_time", [{ column: "host", kind: "host" }]]);
  const drafted = ok(parseAds(files.adsMarkdown, "ADS.md"));
  const input = {
    ...good,
    name: "new-one",
    rule: draft,
    ads: drafted,
    plan: ok(parseResponsePlan(files.responseYaml, "response.yaml")),
    resultColumns: [...good.resultColumns!, { name: "n", type: "BIGINT" }],
  };
  assert.ok(checkGate({ ...input, target: "staged" }).passed);
  const open = checkGate(input)
    .checks.filter(({ state }) => state !== "passed")
    .map(({ code }) => code);
  assert.deepEqual(
    open.filter((code) => /^ads\.[a-z-]+$/.test(code)),
    [
      "ads.goal",
      "ads.technical-context",
      "ads.blind-spots",
      "ads.false-positives",
      "ads.validation",
      "ads.priority",
      "ads.response",
    ],
  );
  assert.ok(open.includes("plan") && open.includes("plan.options"));
  assert.match(drafted.sections.strategyAbstract, /The rule reads `sysmon`\./);
  assert.match(
    drafted.sections.technicalContext,
    /^- `_time` \(time\): When it happened, in UTC\.\n- `host` \(host\):\n- `n`:$/,
  );
  assert.match(drafted.sections.additionalResources, /\(\/notebooks\/lsass\)/);
});
