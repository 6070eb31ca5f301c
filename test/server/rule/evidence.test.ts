import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Job, RuleDetail, RuleFiles, RuleSummary } from "../../../server/api/api.ts";
import { createApp } from "../../../server/app.ts";
import { LocalAuth } from "../../../server/auth/auth.ts";
import type { JobContext } from "../../../server/jobs/jobs.ts";
import { RefusedError } from "../../../server/refused.ts";
import type { ProposedTest, RuleEvidence } from "../../../server/rule/rule-types.ts";
import { Spoor } from "../../../server/spoor.ts";
import { workspaceLayout } from "../../../server/workspace/layout.ts";
import { spoor as commandLine } from "../command-line.ts";
import { OWNERS_YAML, ruleFiles } from "../paging-rule.ts";

const folder = mkdtempSync(join(tmpdir(), "spoor-evidence-"));
const layout = workspaceLayout(join(folder, "workspace"));
const signal = new AbortController().signal;
const context: JobContext = { signal, report: () => undefined };
let nowMs = Date.parse("2026-11-24T05:00:00Z");
let spoor: Spoor;
let ask: <T>(path: string, body?: unknown) => Promise<T>;

const NAME = "credentials";
const SQL = `select _time, Computer, "User", CommandLine from sysmon where EventID = 1 and CommandLine ilike '%mimi%'`;
const event = (values: object) => ({
  UtcTime: "2026-11-20T10:00:00.000Z",
  Computer: "ws-1",
  User: "ann",
  Image: "C:\\a.exe",
  EventID: 1,
  CommandLine: "run mimi now",
  ...values,
});
const lines = (...events: readonly object[]) => events.map((one) => `${JSON.stringify(one)}\n`).join("");

function files(change: Partial<RuleFiles> = {}): RuleFiles {
  const made = ruleFiles({
    name: NAME,
    sql: change.ruleSql ?? SQL,
    run: "run: { mode: stream, slice: 10s }",
    tests: {
      "match-mimi.ndjson": lines(event({})),
      "no-match-other.ndjson": lines(event({ CommandLine: "notepad" })),
    },
  });
  return { ...made, ...change };
}

async function open(): Promise<void> {
  spoor = await Spoor.open({
    layout,
    clock: () => nowMs,
    background: false,
    note: () => undefined,
    memoryLimit: "1GB",
    threads: 2,
  });
  const auth = new LocalAuth(LocalAuth.newToken(), () => nowMs);
  const app = createApp({
    spoor,
    auth,
    allowedHosts: () => new Set(["spoor.test"]),
    workbenchDirectory: null,
  });
  const request = async (path: string, body?: unknown) => {
    const response = await app.fetch(
      new Request(`http://spoor.test/api${path}`, {
        method: body === undefined ? "GET" : "POST",
        headers: {
          authorization: `Bearer ${auth.token}`,
          host: "spoor.test",
          "content-type": "application/json",
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
    const answer = (await response.json()) as { error?: { message: string; issues: unknown[] } };
    if (!response.ok)
      throw Object.assign(new Error(answer.error?.message), {
        status: response.status,
        issues: answer.error?.issues,
      });
    return answer;
  };
  ask = async <T>(path: string, body?: unknown): Promise<T> => (await request(path, body)) as T;
}

async function job<T>(path: string, body?: unknown): Promise<T> {
  let state = await ask<Job>(path, body);
  while (state.state === "running") {
    await new Promise((resolve) => setTimeout(resolve, 20));
    state = await ask<Job>(`/jobs/${state.id}`);
  }
  assert.equal(state.state, "succeeded", JSON.stringify(state.error));
  return state.result as T;
}

/** Waits until no job runs. */
async function idle(): Promise<void> {
  while (spoor.jobs.running().length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
}

const yamlPath = () => join(layout.rules, NAME, "rule.yaml");
const stageByHand = (stage: string) =>
  writeFileSync(yamlPath(), spoor.rules.files(NAME).ruleYaml.replace(/^stage: .*$/m, `stage: ${stage}`));

before(async () => {
  mkdirSync(layout.root, { recursive: true });
  writeFileSync(layout.owners, OWNERS_YAML);
  await open();
  const events = Array.from({ length: 300 }, (_, at) =>
    event({
      UtcTime: new Date(Date.parse("2026-11-10T00:00:00Z") + at * 1_800_000).toISOString(),
      Computer: `ws-${at % 7}`,
      User: at % 11 === 0 ? "backup" : `user${at % 5}`,
      EventID: at % 13 === 0 ? 3 : 1,
      CommandLine: at % 5 === 0 ? `run mimi ${at}` : `notepad ${at}`,
    }),
  );
  const path = join(folder, "sysmon.ndjson");
  writeFileSync(path, lines(...events));
  await spoor.sources.load({ name: "sysmon", paths: [path], actor: "ada" }, context);
});
after(async () => {
  await spoor.close();
  rmSync(folder, { recursive: true, force: true });
});

test("check everything computes each piece of evidence, and the gate then passes", async () => {
  await spoor.rules.write(NAME, files(), "ada");
  const before = await ask<RuleDetail>(`/rules/${NAME}`);
  assert.equal(before.evidence.mutation, null);
  assert.equal(before.proofValidity.state, "none");
  assert.equal(before.streamability?.mode, "stream");
  assert.equal(before.gate.passed, false);
  const evidence = await job<RuleEvidence>(`/rules/${NAME}/check-everything`, {});
  assert.ok((evidence.mutation?.score ?? 0) > 0.2);
  assert.ok(evidence.mutation!.mutants.some(({ caught, suggestion }) => !caught && suggestion !== undefined));
  const [backup] = evidence.falsePositives ?? [];
  assert.ok(backup!.detections > 0 && backup!.detections < backup!.of, JSON.stringify(backup));
  assert.equal(evidence.blindSpots?.[0]?.state, "untestable");
  assert.deepEqual(
    evidence.health?.fields.map(({ field, filledShare }) => [field, filledShare]),
    [
      ["CommandLine", 1],
      ["Computer", 1],
      ["EventID", 1],
      ["User", 1],
    ],
  );
  assert.equal(evidence.budget?.owner, "platform");
  assert.deepEqual(evidence.overlap?.rules, []);
  assert.equal(evidence.difference, null);
  assert.ok(evidence.computed.every(({ at, stale }) => at !== null && stale === null));
  const after = await ask<RuleDetail>(`/rules/${NAME}`);
  assert.equal(after.proofValidity.state, "valid");
  assert.deepEqual(
    after.gate.checks
      .filter(({ state }) => state !== "passed")
      .map(({ code, evidence: told }) => [code, told]),
    [],
  );
  const paging = await ask<RuleDetail>(`/rules/${NAME}/promote`, { stage: "paging" });
  assert.equal(paging.stage, "paging");
  assert.equal(paging.lastChange?.verb, "promoted");
});

test("a second rule overlaps with the first, and shares its owner's budget", async () => {
  const other = files({ ruleSql: SQL.replace("%mimi%", "%run mimi%") });
  await spoor.rules.write("twin", { ...other, tests: files().tests }, "ada");
  const evidence = await job<RuleEvidence>("/rules/twin/check-everything", {
    kinds: ["backtest", "overlap", "budget"],
  });
  assert.deepEqual(
    evidence.overlap?.rules.map(({ rule, ofMine, ofTheirs }) => [rule, ofMine, ofTheirs]),
    [[NAME, 1, 1]],
  );
  assert.equal(evidence.budget?.others[0]?.rule, NAME);
  assert.ok(evidence.budget!.total > evidence.budget!.mine);
  assert.equal(evidence.mutation, null);
});

test("tests come from a detection and from a near miss, and an edit of tests measures them again", async () => {
  const { detectionsRecent, backtest } = await ask<RuleDetail>(`/rules/${NAME}`);
  const id = detectionsRecent[0]?.id ?? backtest!.sample[0]!.id;
  const proposed = await ask<ProposedTest>(`/rules/${NAME}/tests/from-detection`, { detection: id });
  assert.equal(proposed.expected, "match");
  assert.equal(proposed.events.trim().split("\n").length, 1);
  assert.match(proposed.events, /mimi/);
  const nearly = await ask<ProposedTest>(`/rules/${NAME}/tests/near-miss`, { mutant: id });
  assert.equal(nearly.expected, "no-match");
  await ask(`/rules/${NAME}/tests`, { test: proposed });
  await idle();
  const { evidence } = await ask<RuleDetail>(`/rules/${NAME}`);
  const miss = evidence.mutation!.mutants.find(({ suggestion }) => suggestion?.expected === "no-match")!;
  const near = await ask<ProposedTest>(`/rules/${NAME}/tests/near-miss`, { mutant: miss.id });
  const saved = await ask<RuleDetail>(`/rules/${NAME}/tests`, { test: near });
  assert.equal(saved.tests?.passed, true);
  assert.equal(saved.tests?.tests.length, 4);
  // It pages, and goes on while what the edit made stale is measured again beside it.
  assert.equal(saved.stage, "paging");
  assert.deepEqual(
    spoor.jobs.running().map(({ kind }) => kind),
    ["renew-evidence"],
  );
  await idle();
  const measured = await ask<RuleDetail>(`/rules/${NAME}`);
  assert.equal(measured.stage, "paging");
  assert.ok(measured.evidence.mutation!.score > evidence.mutation!.score);
  const standing = async () =>
    (await ask<RuleDetail>(`/rules/${NAME}`)).evidence.computed.find(({ kind }) => kind === "mutation")
      ?.stale;
  assert.equal(await standing(), null);
  const added = join(layout.rules, NAME, "tests", "no-match-by-hand.ndjson");
  writeFileSync(added, lines(event({ EventID: 4 })));
  assert.match((await standing()) ?? "", /tests have changed/);
  assert.equal((await ask<RuleDetail>(`/rules/${NAME}`)).stage, "paging", "more tests catch no less");
  rmSync(added);
  await assert.rejects(ask(`/rules/${NAME}/tests/from-detection`, { detection: "none" }), { status: 404 });
  await assert.rejects(ask(`/rules/${NAME}/tests`, { test: { ...near, name: "../evil" } }), { status: 400 });
});

test("the versions of a rule are kept, and their difference is told in alerts", async () => {
  const noPlan = { ...spoor.rules.files(NAME), responseYaml: "" };
  const kept = spoor.rules.files(NAME);
  await assert.rejects(spoor.rules.write(NAME, noPlan, "bob"), RefusedError);
  const fallen = await ask<RuleDetail>(`/rules/${NAME}`);
  assert.deepEqual(
    [fallen.stage, fallen.lastChange?.verb, fallen.lastChange?.by],
    ["staged", "demoted", "bob"],
  );
  assert.match(fallen.lastChange?.reason ?? "", /Files were saved that the gate refuses\./);
  await spoor.rules.write(NAME, { ...kept, ruleYaml: fallen.files.ruleYaml }, "bob");
  const { version } = await ask<RuleDetail>(`/rules/${NAME}`);
  const present = spoor.rules.files(NAME);
  const narrow = { ...present, ruleSql: `${SQL} and "User" <> 'backup'\n` };
  await spoor.rules.write(NAME, narrow, "bob");
  const evidence = await job<RuleEvidence>(`/rules/${NAME}/check-everything`, { kinds: ["difference"] });
  assert.equal(evidence.difference?.from, version);
  assert.equal(evidence.difference?.added, 0);
  assert.ok(evidence.difference!.removed > 0);
  assert.equal(evidence.difference!.sample[0]?.change, "removed");
  const detail = await ask<RuleDetail>(`/rules/${NAME}`);
  assert.deepEqual([detail.versions[0]?.by, detail.versions[0]?.current], ["bob", true]);
  assert.ok(detail.versions.length >= 3);
  const old = await ask<RuleFiles>(`/rules/${NAME}/versions/${version}`);
  assert.equal(old.ruleSql.trim(), SQL);
  const back = await job<{ added: number }>(`/rules/${NAME}/difference?from=${detail.version}&to=${version}`);
  assert.equal(back.added, evidence.difference!.removed);
  assert.equal(detail.proofValidity.voidedBy, "sql");
  const listed = (await ask<RuleSummary[]>("/rules")).find(({ name }) => name === NAME)?.proof;
  assert.deepEqual([detail.proof?.state, listed?.state, listed?.holds], ["void", "void", false]);
  assert.equal(listed?.words, detail.proof?.words);
  assert.equal(detail.gate.checks.find(({ code }) => code === "proof")?.evidence, detail.proof?.words);
  await spoor.rules.write(NAME, present, "ada");
});

test("a proof ends with its age, and a rule is proved again by itself", async () => {
  assert.equal((await ask<RuleDetail>(`/rules/${NAME}`)).proofValidity.state, "valid");
  nowMs += 91 * 86_400_000;
  const { proofValidity } = await ask<RuleDetail>(`/rules/${NAME}`);
  assert.deepEqual([proofValidity.state, proofValidity.voidedBy], ["void", "age"]);
  assert.deepEqual(await spoor.rules.proofs.proveAgain(signal), [NAME]);
  assert.equal((await ask<RuleDetail>(`/rules/${NAME}`)).proofValidity.state, "valid");
  assert.deepEqual(await spoor.rules.proofs.proveAgain(signal), []);
});

test("what a paging rule assumes is looked at again every day", async () => {
  const at = async (kind: string) =>
    (await ask<RuleDetail>(`/rules/${NAME}`)).evidence.computed.find((one) => one.kind === kind)?.at;
  await ask("/rules/twin/promote", { stage: "retired", reason: "it finds what the other finds" });
  await job(`/rules/${NAME}/check-everything`, { force: true });
  await ask(`/rules/${NAME}/promote`, { stage: "paging" });
  const [spots, scored] = [await at("blindSpots"), await at("mutation")];
  await spoor.rules.upkeep.turn(signal);
  assert.equal(await at("blindSpots"), spots, "it is of today");
  nowMs += 2 * 86_400_000;
  await spoor.rules.upkeep.turn(signal);
  assert.equal(await at("blindSpots"), new Date(nowMs).toISOString());
  assert.equal(await at("mutation"), scored);
  assert.equal((await ask<RuleDetail>(`/rules/${NAME}`)).stage, "paging");
});

test("a proof that the engine voids keeps the rule paging until it is proved again, for a day at most", async () => {
  const { version } = await ask<RuleDetail>(`/rules/${NAME}`);
  const age = () =>
    spoor.store.putProof({ ...spoor.store.proof(NAME, version)!, engineVersion: "an older one" });
  age();
  const waiting = await ask<RuleDetail>(`/rules/${NAME}`);
  assert.deepEqual([waiting.stage, waiting.proofValidity.voidedBy], ["paging", "engine"]);
  assert.ok(waiting.issues.some(({ code, severity }) => code === "gate.proof" && severity === "warning"));
  await spoor.alerts.respond();
  assert.ok(!spoor.store.activities({}).some(({ verb }) => verb === "held back"));
  assert.deepEqual(await spoor.rules.proofs.proveAgain(signal), [NAME]);
  assert.equal((await ask<RuleDetail>(`/rules/${NAME}`)).proofValidity.state, "valid");
  age();
  assert.equal((await ask<RuleDetail>(`/rules/${NAME}`)).stage, "paging");
  nowMs += 23 * 3_600_000;
  await spoor.rules.upkeep.turn(signal);
  assert.equal((await ask<RuleDetail>(`/rules/${NAME}`)).stage, "paging");
  nowMs += 2 * 3_600_000;
  await spoor.rules.upkeep.turn(signal);
  const ended = await ask<RuleDetail>(`/rules/${NAME}`);
  assert.deepEqual([ended.stage, ended.lastChange?.by], ["staged", "spoor"]);
  assert.match(ended.lastChange?.reason ?? "", /did not come within a day.*engine/);
});

test("stale evidence refuses a promotion, and a grant ends with the step down", async () => {
  nowMs += 2 * 86_400_000;
  const refusal = await ask(`/rules/${NAME}/promote`, { stage: "paging" }).then(
    () => assert.fail("it passed by evidence of the day before yesterday"),
    (error: Error & { issues: { code: string; remedy: string }[] }) => error,
  );
  const spots = refusal.issues.find(({ code }) => code === "gate.ads.blind-spots.hold");
  assert.equal(spots?.remedy, "Check everything again.");
  await job(`/rules/${NAME}/check-everything`, { force: true });
  await ask(`/rules/${NAME}/promote`, { stage: "paging" });
  writeFileSync(layout.owners, OWNERS_YAML.replace("10000", "0"));
  assert.equal((await ask<RuleDetail>(`/rules/${NAME}`)).stage, "paging", "a budget takes nothing back");
  stageByHand("staged");
  assert.equal((await ask<RuleDetail>(`/rules/${NAME}`)).stage, "staged");
  stageByHand("paging");
  const back = await ask<RuleDetail>(`/rules/${NAME}`);
  assert.equal(back.stage, "staged", "the way back is through the whole gate");
  assert.ok(back.issues.some(({ code }) => code === "gate.budget"));
  writeFileSync(layout.owners, OWNERS_YAML);
  assert.equal((await ask<RuleDetail>(`/rules/${NAME}`)).stage, "paging");
});

test("files that ask for a lower stage say why, and the move is on record", async () => {
  const yaml = (stage: string) => ({
    ...spoor.rules.files(NAME),
    ruleYaml: spoor.rules.files(NAME).ruleYaml.replace("stage: paging", `stage: ${stage}`),
  });
  for (const stage of ["draft", "retired"])
    await assert.rejects(spoor.rules.write(NAME, yaml(stage), "ada"), (error: RefusedError) => {
      assert.equal(error.issues[0]?.code, "promote.reason");
      assert.match(error.issues[0]?.remedy ?? "", /"reason" beside the files/);
      return true;
    });
  assert.equal((await ask<RuleDetail>(`/rules/${NAME}`)).stage, "paging");
  const down = await spoor.rules.write(NAME, yaml("draft"), "ada", "too noisy");
  assert.deepEqual(
    [down.stage, down.lastChange?.verb, down.lastChange?.by, down.lastChange?.reason],
    ["draft", "demoted", "ada", "too noisy"],
  );
  assert.equal(spoor.rules.promotion.granted(NAME), null);
  const up = { ...spoor.rules.files(NAME) };
  const raised = await spoor.rules.write(
    NAME,
    { ...up, ruleYaml: up.ruleYaml.replace("stage: draft", "stage: paging") },
    "ada",
  );
  assert.deepEqual(
    [raised.stage, raised.lastChange?.verb, raised.lastChange?.to],
    ["paging", "promoted", "paging"],
  );
});

test("tests that are hollowed out by hand are measured, and end the paging", async () => {
  const kept = spoor.rules.files(NAME).tests;
  for (const file of Object.keys(kept).filter((one) => !/mimi|other/.test(one)))
    rmSync(join(layout.rules, NAME, "tests", file));
  const path = join(layout.rules, NAME, "tests");
  writeFileSync(join(path, "no-match-other.ndjson"), lines(event({ EventID: 99, CommandLine: "x" })));
  writeFileSync(
    join(layout.rules, NAME, "ADS.md"),
    spoor.rules.files(NAME).adsMarkdown.replace("at least 0.2, because", "at least 0.99, because"),
  );
  const waiting = await ask<RuleDetail>(`/rules/${NAME}`);
  assert.equal(waiting.stage, "paging", JSON.stringify(waiting.issues));
  await spoor.rules.upkeep.turn(signal);
  const ended = await ask<RuleDetail>(`/rules/${NAME}`);
  assert.deepEqual([ended.stage, ended.lastChange?.by], ["staged", "spoor"]);
  assert.match(ended.lastChange?.reason ?? "", /broken variants are caught/);
});

test("saves of one person within minutes are one version and one line", async () => {
  const name = "saved-often";
  const saved = () =>
    spoor.store.activities({}).filter(({ verb, subject }) => verb === "saved" && subject === `rule:${name}`);
  const write = (text: string, by: string) =>
    spoor.rules.write(name, files({ adsMarkdown: `# ${text}\n` }), by);
  for (const text of ["a", "b", "c"]) await write(text, "eve");
  assert.equal(saved().length, 1);
  const [first, ...others] = (await ask<RuleDetail>(`/rules/${name}`)).versions;
  assert.deepEqual([first?.by, first?.current, others], ["eve", true, []]);
  assert.match(spoor.rules.versions.files(name, first!.files).adsMarkdown, /^# c/);
  await write("d", "bob");
  nowMs += 360_000;
  await write("e", "bob");
  assert.equal((await ask<RuleDetail>(`/rules/${name}`)).versions.length, 3);
  assert.equal(saved().length, 3);
  const other = files({ ruleSql: `${SQL} and "User" <> 'x'` });
  await spoor.rules.backtest(name, context);
  await spoor.rules.write(name, other, "bob");
  assert.equal((await ask<RuleDetail>(`/rules/${name}`)).versions.length, 4, "what ran stays");
});

test("a rule whose replay is refused stops paging and says why", async () => {
  const name = "first-seen";
  const first = files({
    ruleSql: `select min(_time) as _time, Computer, "User", 'x' as CommandLine from sysmon group by Computer, "User"`,
  });
  await spoor.rules.write(name, first, "ada");
  const { version } = await ask<RuleDetail>(`/rules/${name}`);
  spoor.store.putProof({
    rule: name,
    ruleVersion: version,
    provedMs: nowMs,
    eventCount: 10,
    sliceCount: 10,
    batchDetectionCount: 1,
    streamDetectionCount: 1,
    onlyBatch: [],
    onlyStream: [],
    dataHash: "",
    engineVersion: "an older one",
    holds: true,
    reason: "",
  });
  writeFileSync(
    join(layout.rules, name, "rule.yaml"),
    first.ruleYaml.replace("stage: draft", "stage: paging"),
  );
  assert.deepEqual(await spoor.rules.proofs.proveAgain(signal), [name]);
  const detail = await ask<RuleDetail>(`/rules/${name}`);
  assert.equal(detail.stage, "staged");
  assert.match(detail.files.ruleYaml, /stage: staged/);
  assert.deepEqual([detail.lastChange?.by, detail.lastChange?.verb], ["spoor", "demoted"]);
  assert.match(detail.lastChange?.reason ?? "", /another version of the engine runs now.*replay refused/);
  assert.equal(detail.streamability?.mode, "batch");
  assert.equal(detail.streamability?.shapes[0]?.code, "first-seen");
});

test("a pause, a throttle and their ends are shown on the rule", async () => {
  await ask(`/rules/${NAME}/pause`, { reason: "the owner is away" });
  const paused = await ask<RuleDetail>(`/rules/${NAME}`);
  assert.equal(paused.controls.paused?.reason, "the owner is away");
  await assert.rejects(ask(`/rules/${NAME}/pause`, { reason: "" }), { status: 409 });
  await ask(`/rules/${NAME}/resume`, {});
  const throttled = await ask<RuleDetail>(`/rules/${NAME}/throttle`, { maximumPerHour: 3 });
  assert.equal(throttled.controls.paused, null);
  assert.equal(throttled.controls.throttle?.maximumPerHour, 3);
  const difference = await job<{ detections: number }>(`/rules/${NAME}/backfill`, { diff: true });
  assert.ok(difference.detections > 0);
});

test("without a response plan the API, the command line and the file give the same refusals", async () => {
  const name = "no-plan";
  await spoor.rules.write(name, files({ responseYaml: "" }), "ada");
  await job(`/rules/${name}/check-everything`, { kinds: ["backtest"] });
  const codes = (issues: readonly unknown[]) =>
    (issues as { code: string }[]).map(({ code }) => code).filter((code) => code !== "gate.refused");
  const api = await ask(`/rules/${name}/promote`, { stage: "paging" }).then(
    () => assert.fail("the gate let it page"),
    (error: Error & { status: number; issues: unknown[] }) => error,
  );
  assert.equal(api.status, 409);
  const refused = codes(api.issues);
  assert.ok(refused.includes("gate.plan"), refused.join());
  const paging = {
    ...spoor.rules.files(name),
    ruleYaml: files().ruleYaml.replace("stage: draft", "stage: paging"),
  };
  const put = await spoor.rules.write(name, paging, "ada").then(
    () => assert.fail("the file was taken at its word"),
    (error: unknown) => error as RefusedError,
  );
  assert.ok(put instanceof RefusedError);
  const ofHealth = (code: string) => code !== "gate.health" && code !== "gate.preconditions";
  assert.deepEqual(codes(put.issues).filter(ofHealth), refused.filter(ofHealth));
  writeFileSync(join(layout.rules, name, "rule.yaml"), paging.ruleYaml);
  const loaded = await spoor.rules.effective(name);
  assert.notEqual(loaded.stage, "paging");
  assert.deepEqual(codes(loaded.issues).filter(ofHealth), refused.filter(ofHealth));
  await spoor.close();
  const told = await commandLine(layout.root, "rule", "promote", name, "--to", "paging", "--json");
  await open();
  assert.notEqual(told.status, 0);
  for (const { message } of (api.issues as { message: string }[]).slice(0, 3))
    assert.ok(`${told.out}${told.error}`.includes(message.slice(0, 40)), `${message} in ${told.error}`);
});
