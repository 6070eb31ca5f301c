import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { RuleDetail, RuleSummary, SourceSummary } from "../../server/api/api.ts";
import { spoor } from "./command-line.ts";
import { OWNERS_YAML, ruleFiles } from "./paging-rule.ts";
import { eventually, type RunningServer, startServer } from "./running-server.ts";

const folder = mkdtempSync(join(tmpdir(), "spoor-cli-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const NAME = "credentials-from-memory";
const event = (second: number, commandLine: string) =>
  JSON.stringify({
    EventID: 1,
    UtcTime: `2026-01-05 10:00:${String(second).padStart(2, "0")}.000`,
    Computer: "ws-01.example",
    User: "ann",
    Image: "C:\\Windows\\System32\\cmd.exe",
    CommandLine: commandLine,
  });

function workspaceWithFiles(name: string): { workspace: string; events: string } {
  const workspace = join(folder, name);
  mkdirSync(workspace);
  writeFileSync(join(workspace, "owners.yaml"), OWNERS_YAML);
  const events = join(folder, `${name}.ndjson`);
  writeFileSync(
    events,
    [event(1, "cmd /c dir"), "{broken", event(2, "cmd /c read-credentials ann"), ""].join("\n"),
  );
  return { workspace, events };
}

function writeRule(
  workspace: string,
  change: (files: ReturnType<typeof ruleFiles>) => ReturnType<typeof ruleFiles>,
): void {
  const files = change(
    ruleFiles({
      name: NAME,
      sql: `select _time, Computer, "User", CommandLine from sysmon where CommandLine like '%read-credentials%'`,
      run: "run: { mode: stream, slice: 10s }",
      tests: { "match-marker.ndjson": event(0, "read-credentials"), "no-match-dir.ndjson": event(0, "dir") },
    }),
  );
  const rule = join(workspace, "rules", NAME);
  mkdirSync(join(rule, "tests"), { recursive: true });
  writeFileSync(join(rule, "rule.yaml"), files.ruleYaml);
  writeFileSync(join(rule, "rule.sql"), files.ruleSql);
  writeFileSync(join(rule, "ADS.md"), files.adsMarkdown);
  if (files.responseYaml !== "") writeFileSync(join(rule, "response.yaml"), files.responseYaml);
  for (const [file, text] of Object.entries(files.tests)) writeFileSync(join(rule, "tests", file), text);
}

test("every command explains itself with an example, and a wrong call exits with 2", async () => {
  const { workspace } = workspaceWithFiles("help");
  for (const command of [
    ["serve"],
    ["doctor"],
    ["source", "discover"],
    ["source", "add"],
    ["source", "list"],
    ["source", "show"],
    ["query"],
    ["notebook", "run"],
    ["rule", "new"],
    ["rule", "describe"],
    ["rule", "check"],
    ["rule", "test"],
    ["rule", "backtest"],
    ["rule", "prove"],
    ["rule", "promote"],
    ["rule", "list"],
    ["risk", "report"],
  ]) {
    const { status, out } = await spoor(workspace, ...command, "--help");
    assert.equal(status, 0, command.join(" "));
    assert.match(out, new RegExp(`Example:\\n\\s+spoor ${command.join(" ")}`));
    for (const option of ["--json", "--workspace"])
      assert.ok(out.includes(option), `${command.join(" ")} ${option}`);
  }
  assert.equal((await spoor(workspace, "source", "add")).status, 2);
  assert.equal((await spoor(workspace, "query", "select 1", "--format", "xml")).status, 2);
});

test("without a server a command opens the workspace itself; with one it goes through it", {
  timeout: 120_000,
}, async () => {
  const { workspace, events } = workspaceWithFiles("both");
  const added = await spoor(workspace, "source", "add", "sysmon", events, "--owner", "platform");
  assert.equal(added.status, 0, added.error);
  assert.match(added.out, /3 read = 2 good \+ 1 quarantined/);
  assert.match(added.error, /quarantined .*:2 /);
  const here = await spoor(workspace, "query", "select count(*) as n from sysmon", "--json");
  assert.deepEqual((JSON.parse(here.out) as { rows: unknown[] }).rows, [{ n: "2" }]);
  const failed = await spoor(workspace, "query", "select nothing from sysmon");
  assert.equal(failed.status, 3);
  assert.match(failed.error, /nothing/);

  const server = await startServer(workspace);
  const list = await spoor(workspace, "source", "list", "--json");
  assert.deepEqual(
    (JSON.parse(list.out) as SourceSummary[]).map(({ name, rowCount, quarantinedCount }) => [
      name,
      rowCount,
      quarantinedCount,
    ]),
    [["sysmon", 2, 1]],
  );
  const there = await spoor(workspace, "doctor", "--json");
  assert.ok(
    (JSON.parse(there.out) as { evidence: string }[]).some(({ evidence }) => evidence.includes(server.url)),
  );
  const second = await spoor(workspace, "serve", "--port", "0");
  assert.equal(second.status, 3);
  assert.match(second.error, /open already/);
  const formats = { csv: /^_time,/, ndjson: /^\{"_time"/, json: /"rows"|^\[/ } as const;
  for (const [format, start] of Object.entries(formats)) {
    const asked = await spoor(
      workspace,
      "query",
      "from sysmon select _time, CommandLine order by _time",
      "--format",
      format,
    );
    assert.equal(asked.status, 0, asked.error);
    assert.match(asked.out, start);
  }
  for (const [format, magic] of [
    ["parquet", "PAR1"],
    ["arrow", "\xff\xff\xff\xff"],
  ] as const) {
    const file = join(folder, `rows.${format}`);
    assert.equal(
      (await spoor(workspace, "query", "from sysmon", "--format", format, "--out", file)).status,
      0,
    );
    assert.equal(readFileSync(file).subarray(0, 4).toString("latin1"), magic);
  }
  await server.stop();
  assert.equal(existsSync(join(workspace, ".spoor", "server.json")), false);
});

test("no plan, no alert: refused by the command line, the API and the file edited by hand", {
  timeout: 120_000,
}, async () => {
  const { workspace, events } = workspaceWithFiles("gate");
  assert.equal((await spoor(workspace, "source", "add", "sysmon", events, "--owner", "platform")).status, 0);
  writeRule(workspace, (files) => ({
    ...files,
    responseYaml: "",
    ruleYaml: files.ruleYaml.replace("stage: draft", "stage: paging"),
  }));
  const listed = await spoor(workspace, "rule", "list", "--json");
  const [rule] = JSON.parse(listed.out) as RuleSummary[];
  assert.equal(rule!.stage, "staged");
  assert.ok(rule!.issues.some(({ code }) => code === "gate.plan"));

  const promoted = await spoor(workspace, "rule", "promote", NAME, "--to", "paging");
  assert.equal(promoted.status, 1);
  assert.match(promoted.error, /gate\.plan/);
  const checked = await spoor(workspace, "rule", "check", NAME, "--json");
  assert.equal(checked.status, 1);
  assert.equal((JSON.parse(checked.out) as { passed: boolean }).passed, false);

  const server = await startServer(workspace);
  const refused = await server.request(`/api/rules/${NAME}/promote`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ stage: "paging" }),
  });
  assert.equal(refused.status, 409);
  const { error } = (await refused.json()) as { error: { issues: { code: string; remedy: string }[] } };
  assert.ok(error.issues.some(({ code, remedy }) => code === "gate.plan" && remedy !== ""));
  await server.request("/api/sources/sysmon/events", { method: "POST", body: event(30, "read-credentials") });
  await new Promise((resolve) => setTimeout(resolve, 3000));
  assert.deepEqual(await server.json("/api/alerts"), []);
  await server.stop();

  const withoutResponse = (files: ReturnType<typeof ruleFiles>) => ({
    ...files,
    adsMarkdown: files.adsMarkdown.replace(/## Response\n[^#]*/, "## Response\n\n"),
  });
  writeRule(workspace, withoutResponse);
  const described = await spoor(workspace, "rule", "describe", NAME);
  assert.equal(described.status, 0, described.error);
  const written = readFileSync(join(workspace, "rules", NAME, "ADS.md"), "utf8");
  assert.match(written, /\*\*Ask the author\*\*: Hands the alert to who wrote the rule\./);
  assert.match(written, /`CommandLine` contains `read-credentials`/);
  writeRule(workspace, withoutResponse);
  const empty = await spoor(workspace, "rule", "promote", NAME, "--to", "paging");
  assert.equal(empty.status, 1);
  assert.match(empty.error, /gate\.ads\.response/);
  const tested = await spoor(workspace, "rule", "test", NAME);
  assert.equal(tested.status, 0, tested.out + tested.error);
  assert.equal((await spoor(workspace, "rule", "backtest", NAME)).status, 0);
  const proved = await spoor(workspace, "rule", "prove", NAME);
  assert.equal(proved.status, 0, proved.out + proved.error);
  assert.match(proved.out, /The stream gives exactly what one batch gives\. 2 detections in batch, 2 in/);

  const live = await startServer(workspace);
  const paging = await live
    .post<RuleDetail>(`/api/rules/${NAME}/promote`, { stage: "paging" })
    .catch((error: unknown) => error);
  assert.ok(paging instanceof Error, "an empty section of the ADS still refuses");
  writeRule(workspace, (files) => ({
    ...files,
    ruleYaml: files.ruleYaml.replace("stage: draft", "stage: paging"),
  }));
  await live.job(`/api/rules/${NAME}/check-everything`, {});
  await eventually("the whole rule pages", async () => ((await stageOf(live)) === "paging" ? true : null));
  writeRule(workspace, (files) => ({
    ...files,
    ruleYaml: files.ruleYaml.replace("stage: draft", "stage: paging"),
    responseYaml: files.responseYaml.replace(/automations:[\s\S]*?(?=options:)/, "automations: []\n"),
  }));
  await new Promise((resolve) => setTimeout(resolve, 2500));
  assert.equal(await stageOf(live), "staged");
  await live.request("/api/sources/sysmon/events", {
    method: "POST",
    body: event(45, "read-credentials again"),
  });
  await new Promise((resolve) => setTimeout(resolve, 3000));
  assert.deepEqual(await live.json("/api/alerts"), [], "a plan emptied by hand pages nobody");
  await live.stop();
});

async function stageOf(server: RunningServer): Promise<string> {
  return (await server.json<RuleDetail>(`/api/rules/${NAME}`)).stage;
}
