import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { parseInstant } from "../../../connectors/time/instant.ts";
import { parsePantherSamples } from "../../../promote/rule/panther/sample-tests.ts";
import { PantherImportDesk } from "../../../server/rule/panther-import.ts";
import { PantherTestsDesk } from "../../../server/rule/panther-tests.ts";
import { Spoor } from "../../../server/spoor.ts";
import { workspaceLayout } from "../../../server/workspace/layout.ts";
import { corpus } from "../../corpora.ts";
import { spoor as commandLine } from "../command-line.ts";
import { startServer } from "../running-server.ts";

const folder = mkdtempSync(join(tmpdir(), "spoor-panther-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const START_MS = Date.UTC(2026, 0, 5, 8);
const MINUTE_MS = 60_000;
const JOB = { signal: new AbortController().signal, report: () => undefined };

const SEQUENCE = `AnalysisType: correlation_rule
RuleID: Any.Guessed.Password
DisplayName: A password was guessed
Severity: High
Description: Logins fail, and then one does not.
Reference: https://example.org/guessing
Runbook: |
  1. Ask the user.
  # Not a section
  <!-- nor a comment -->
Reports:
  MITRE ATT&CK: [TA0006:T1110.001]
Detection:
  - Sequence:
      - { ID: Failed, RuleID: Any.Failed, MinMatchCount: 2 }
      - { ID: Login, RuleID: Any.Login }
    Transitions:
      - ID: then
        From: Failed
        To: Login
        Match: [{ On: p_alert_context.user }]
    LookbackWindowMinutes: 60
Tests:
  - Name: Guessed
    ExpectedResult: true
    RuleOutputs:
      - { ID: Failed, Matches: { p_alert_context.user: { kim: [0, 5] } } }
      - { ID: Login, Matches: { p_alert_context.user: { kim: [20] } } }
  - Name: Another user
    ExpectedResult: false
    RuleOutputs:
      - { ID: Failed, Matches: { p_alert_context.user: { kim: [0, 5] } } }
      - { ID: Login, Matches: { p_alert_context.user: { sam: [20] } } }
`;

const SINGLE = `AnalysisType: rule
Filename: any_login.py
RuleID: Any.Login
DisplayName: Somebody logs in
Tests:
  - Name: A login
    ExpectedResult: true
    Log: { time: "2026-01-05T08:00:00Z", kind: login, user: kim, p_log_type: Any.Log }
  - Name: A login
    ExpectedResult: false
    Log: { kind: failed, user: kim }
  - Name: Said otherwise
    ExpectedResult: true
    Log: { kind: logout, user: kim }
  - Name: By a list
    ExpectedResult: true
    Mocks: [{ objectName: is_known, returnValue: true }]
    Log: { kind: login, user: kim }
  - Name: No event
    ExpectedResult: true
`;

function ruleYaml(run: string): string {
  return `title: Made for a test
description: Made for a test.
author: kim
owner: platform
stage: staged
timeColumn: _time
entities: [{ column: user, kind: user }]
lookback: 0s
run: ${run}
`;
}

/** A workspace with a clock of its own and the rules of the correlation's members; nothing runs by itself. */
async function workspace(name: string) {
  const root = join(folder, name);
  const write = (path: string, text: string): void => {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write(
    "sources/auth/source.yaml",
    "name: auth\ndescription: d\nowner: platform\ntime: { fields: [time], format: iso, zone: UTC }\nstream: { allowedLatenessMs: 60000 }\n",
  );
  write(
    "owners.yaml",
    "owners:\n  - { name: platform, onCall: [sam], alertsPerWeekBudget: 9, hourlyRateUsd: 90 }\n",
  );
  const clock = { nowMs: START_MS };
  const notes: string[] = [];
  const spoor = await Spoor.open({
    layout: workspaceLayout(root),
    clock: () => clock.nowMs,
    background: false,
    note: (message) => notes.push(message),
    memoryLimit: "1GB",
    threads: 2,
  });
  const post = async (minute: number, user: string, kind: string): Promise<void> => {
    const time = new Date(START_MS + minute * MINUTE_MS).toISOString();
    const event = JSON.stringify({ time, user, kind });
    await spoor.streams.append("auth", new TextEncoder().encode(event), `${minute}-${user}-${kind}`);
    await spoor.streams.drain("auth");
  };
  const tick = async (minute: number): Promise<void> => {
    clock.nowMs = START_MS + minute * MINUTE_MS;
    await spoor.streams.runners.tick(JOB.signal);
    spoor.streams.runners.watch(clock.nowMs);
  };
  await post(-1, "first", "other");
  return { spoor, write, post, tick, notes };
}

const importing = (spoor: Spoor, texts: readonly { place: string; text: string }[], dryRun = false) =>
  new PantherImportDesk(spoor).correlations({ texts, dryRun }, "ann", JOB);

test("a correlation runs as batch over detections, sees those that come late, and lets go of withdrawn ones", async () => {
  const { spoor, write, post, tick, notes } = await workspace("correlation");
  try {
    const texts = [
      { place: "guessed.yml", text: SEQUENCE },
      { place: "login.yml", text: SINGLE },
      { place: "most.yml", text: SEQUENCE.replace("MinMatchCount: 2", "MaxMatchCount: 2") },
    ];
    const dry = await importing(spoor, texts, true);
    assert.deepEqual(
      dry.made.map((one) => [one.name, one.tests, one.testsPassed, one.members.map(({ state }) => state)]),
      [["any-guessed-password", 2, null, ["missing", "missing"]]],
    );
    assert.deepEqual(
      dry.refused.map(({ title, issues }) => [title, issues[0]!.code, issues[0]!.place]),
      [
        ["Somebody logs in", "panther.python", "login.yml:1"],
        ["A password was guessed", "panther.-detection.-sequence.-max-match-count", "most.yml:15"],
      ],
    );
    assert.match(dry.refused[0]!.issues[0]!.remedy, /spoor rule tests import RULE --panther/);
    assert.equal(spoor.rules.has("any-guessed-password"), false, "a dry run makes nothing");

    write("rules/any-failed/rule.yaml", ruleYaml("{ mode: stream, slice: 10s }"));
    write("rules/any-failed/rule.sql", `select _time, "user" from auth where kind = 'failed'`);
    write(
      "rules/any-login/rule.yaml",
      ruleYaml('{ mode: batch, cron: "0 * * * *", zone: UTC, reason: for the test }'),
    );
    write("rules/any-login/rule.sql", `select _time, "user" from auth where kind = 'login'`);
    await spoor.streams.rulesChanged();
    const report = await importing(spoor, texts.slice(0, 1));
    const [made] = report.made;
    assert.deepEqual(made!.members, [
      { ruleId: "Any.Failed", name: "any-failed", state: "here", entity: "user" },
      { ruleId: "Any.Login", name: "any-login", state: "here", entity: "user" },
    ]);
    assert.deepEqual([made!.tests, made!.testsPassed, made!.warnings], [2, 2, []]);
    const again = await importing(spoor, texts.slice(0, 1));
    assert.deepEqual(
      [again.made.length, again.unchanged.map(({ name }) => name)],
      [0, ["any-guessed-password"]],
    );

    const name = "any-guessed-password";
    const { rule } = (await spoor.rules.weighed(name)).loaded;
    assert.deepEqual(rule!.entities, [{ column: "matched", kind: "user" }]);
    assert.deepEqual([rule!.severity, rule!.techniques], ["high", ["T1110.001"]]);
    assert.ok(
      rule!.run.mode === "batch" && /reads `detections`/.test(rule!.run.reason ?? ""),
      JSON.stringify(rule!.run),
    );
    const files = spoor.rules.files(name);
    assert.match(files.adsMarkdown, /## Response\n[\s\S]*1\. Ask the user\.\n\\# Not a section\n&lt;!-- nor/);
    assert.match(files.adsMarkdown, /example\.org\/guessing/);
    assert.match(files.adsMarkdown, /Behaviour:\*\* Logins fail, and then one does not\./);
    assert.equal(Object.keys(files.tests).length, 2);

    const detail = await spoor.rules.write(
      name,
      { ...files, ruleYaml: files.ruleYaml.replace(/^owner:.*$/m, "owner: platform") },
      "ann",
    );
    assert.equal(detail.name, name);
    await spoor.rules.promote(name, "staged", "", "ann");
    // The first look of a batch rule is at once; from then on it runs by its schedule.
    await tick(0.5);
    for (const [minute, user, kind] of [
      [1, "kim", "failed"],
      [5, "kim", "failed"],
      [6, "sam", "failed"],
      [20, "kim", "login"],
      [21, "sam", "login"],
      [22, "kim", "other"],
    ] as const)
      await post(minute, user, kind);
    await tick(31);
    await tick(46);
    assert.equal(spoor.store.detections({ rule: "any-failed" }).length, 3);
    assert.equal(spoor.store.detections({ rule: "any-login" }).length, 0, "it runs by the hour");
    assert.equal(spoor.store.detections({ rule: name }).length, 0);
    await tick(61);
    await tick(76);
    assert.equal(spoor.store.detections({ rule: "any-login" }).length, 2);
    const [found, ...others] = spoor.store.detections({ rule: name });
    assert.deepEqual([found!.entities, others.length], [{ matched: "kim" }, 0]);
    assert.equal(found!.eventTimeUs, parseInstant("2026-01-05T08:20:00Z"));
    assert.equal(found!.late, true, "its last event was recorded after it had looked there");
    const runs = spoor.store.runs({ rule: name }).length;
    await tick(91);
    assert.equal(spoor.store.runs({ rule: name }).length, runs + 1, "what it found itself is no news to it");

    const backtest = await spoor.rules.backtest(name, JOB);
    assert.deepEqual([backtest.detections, backtest.from], [1, "2026-01-05T08:01:00.000000Z"]);
    const proof = await spoor.rules.prove(name, JOB);
    assert.equal(proof.holds, false);
    assert.match(proof.reason, /reads `detections`.*no arriving events/);

    const [first] = spoor.store.detections({ rule: "any-failed" }).slice(-1);
    const { rule: of, ruleVersion, eventTimeUs } = first!;
    const slice = { rule: of, ruleVersion, afterUs: eventTimeUs - 1n, untilUs: eventTimeUs };
    spoor.store.withdrawDetections(slice, new Set(), START_MS, "for the test");
    await tick(106);
    assert.deepEqual(spoor.store.detections({ rule: name }), [], "withdrawn with what it rested on");

    const changed = spoor.rules.files(name);
    write(
      "rules/any-stream/rule.yaml",
      changed.ruleYaml.replace(/^run:[\s\S]*?(?=^\w)/m, "run: { mode: stream, slice: 10s }\n"),
    );
    write("rules/any-stream/rule.sql", changed.ruleSql);
    await spoor.streams.rulesChanged();
    assert.ok(
      notes.some((note) => /any-stream cannot run: It reads detections/.test(note)),
      notes.join("\n"),
    );
  } finally {
    await spoor.close();
  }
});

test("sample events of a rule whose logic is Python become tests of a rule of ours", async () => {
  const { spoor, write, post } = await workspace("samples");
  try {
    await post(0, "kim", "login");
    write("rules/logins/rule.yaml", ruleYaml("{ mode: stream, slice: 10s }").replace("staged", "draft"));
    write("rules/logins/rule.sql", `select _time, "user" from auth where kind = 'login'`);
    const desk = new PantherTestsDesk(spoor);
    const body = { texts: [{ place: "login.yml", text: SINGLE }], dryRun: true };
    const dry = await desk.add("logins", body, "ann", JOB);
    assert.deepEqual(
      dry.added.map(({ name, passed, timed }) => [name, passed, timed]),
      [
        ["match-a-login.ndjson", true, false],
        ["no-match-a-login.ndjson", true, true],
        ["match-said-otherwise.ndjson", false, true],
      ],
    );
    assert.deepEqual(
      dry.refused.map(({ title, issues }) => [title, issues[0]!.code, issues[0]!.place]),
      [
        ["By a list", "panther.test.mocks", "login.yml:15"],
        ["No event", "panther.test.log", "login.yml:19"],
      ],
    );
    assert.deepEqual(spoor.rules.files("logins").tests, {});
    await desk.add("logins", { ...body, dryRun: false }, "ann", JOB);
    const { tests } = spoor.rules.files("logins");
    assert.deepEqual(JSON.parse(tests["match-a-login.ndjson"]!), {
      _dataset: "auth",
      time: "2026-01-05T08:00:00Z",
      kind: "login",
      user: "kim",
    });
    const again = await desk.add("logins", { ...body, dryRun: false }, "ann", JOB);
    assert.deepEqual([again.added.length, again.unchanged.length], [0, 3]);
    write("rules/of-detections/rule.yaml", ruleYaml("{ mode: batch, reason: r }").replace("staged", "draft"));
    write("rules/of-detections/rule.sql", 'select _time, rule as "user" from detections');
    await assert.rejects(desk.add("of-detections", body, "ann", JOB), /reads no data of a source/);
    await assert.rejects(
      desk.add("logins", { ...body, dataset: "other" }, "ann", JOB),
      /does not read other, but auth/,
    );
  } finally {
    await spoor.close();
  }
});

test("the shared Panther rules come over or are refused by name", async (context) => {
  const shared = corpus("panther");
  if (shared === null) return context.skip("the shared Panther rules are not here");
  const texts = readdirSync(shared, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.ya?ml$/.test(path))
    .sort()
    .map((place) => ({ place, text: readFileSync(join(shared, place), "utf8") }));
  const { spoor } = await workspace("shared");
  try {
    const report = await importing(spoor, texts, true);
    const tests = report.made.reduce((sum, one) => sum + one.tests, 0);
    const members = report.made.flatMap((one) => one.members);
    const imported = members.filter(({ state }) => state === "imported").length;
    context.diagnostic(
      `${texts.length} files: ${report.made.length} correlations with ${tests} tests, ${members.length} members (${imported} imported beside); refused ${JSON.stringify(report.reasons)}`,
    );
    assert.equal(report.made.length, 15);
    assert.equal(report.made.length + report.refused.length, texts.length);
    assert.ok(members.every(({ state }) => state !== "here"));
    for (const { issues } of report.refused)
      assert.ok(issues.length > 0 && issues.every(({ remedy, place }) => remedy !== "" && place !== ""));
    const some = texts.filter(({ place }) => /disable_security|secret_exposed|gaia_/.test(place));
    const made = (await importing(spoor, some)).made;
    for (const one of made) assert.equal(one.testsPassed, one.tests, one.name);
    assert.equal(made.length, 3);
    assert.ok(made.every((one) => one.members.every(({ state }) => state === "missing")));
  } finally {
    await spoor.close();
  }
  const counts = { files: 0, matching: 0, others: 0, refused: 0 };
  for (const { place, text } of texts) {
    if (!/^AnalysisType:\s*["']?(?:rule|scheduled_rule|policy)\b/m.test(text)) continue;
    const read = parsePantherSamples(text, place);
    assert.ok(read.ok, JSON.stringify(read.issues));
    counts.files += 1;
    counts.matching += read.value.samples.filter(({ expected }) => expected).length;
    counts.others += read.value.samples.filter(({ expected }) => !expected).length;
    counts.refused += read.value.refused.length;
    const written = text.match(/^\s*-?\s*ExpectedResult:/gm)?.length ?? 0;
    assert.equal(read.value.samples.length + read.value.refused.length, written, place);
  }
  context.diagnostic(`single rules: ${JSON.stringify(counts)}`);
  assert.ok(counts.matching > 700 && counts.others > 700 && counts.refused > 0);
});

test("the command line takes both", async () => {
  const root = join(folder, "command-line");
  mkdirSync(join(root, "panther"), { recursive: true });
  writeFileSync(join(root, "panther", "guessed.yml"), SEQUENCE);
  writeFileSync(join(root, "panther", "login.yml"), SINGLE);
  const server = await startServer(root, ["--empty"]);
  try {
    await server.upload(
      "auth",
      `${JSON.stringify({ time: "2026-01-05T08:00:00Z", kind: "login", user: "kim" })}\n`,
    );
    await server.post("/api/rules", {
      name: "any-login",
      sql: `select _time, "user" from auth where kind = 'login'`,
      entities: [{ column: "user", kind: "user" }],
    });
    const rules = await commandLine(root, "rule", "import", "--panther", join(root, "panther"));
    assert.equal(rules.status, 0, rules.error);
    assert.match(
      rules.out,
      /1 made as drafts, 1 refused\.\n {2}any-guessed-password \(2 rules together, 2 of 2 tests pass\)/,
    );
    assert.match(rules.error, /not in the workspace: any-failed \(Any\.Failed\)/);
    assert.doesNotMatch(rules.error, /not in the workspace:.*Any\.Login/);
    const path = join(root, "panther", "login.yml");
    const tests = await commandLine(root, "rule", "tests", "import", "any-login", "--panther", path);
    assert.match(tests.out, /3 tests added as events of auth, 2 refused\./);
    assert.match(tests.out, /✗ match-said-otherwise\.ndjson/);
    assert.notEqual(tests.status, 0, "one of them fails");
  } finally {
    await server.stop();
  }
});
