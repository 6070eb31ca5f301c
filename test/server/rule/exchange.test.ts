import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import type {
  BundleImportReport,
  Job,
  RuleDetail,
  SigmaExport,
  SigmaImportReport,
} from "../../../server/api/api.ts";
import { spoor } from "../command-line.ts";
import { OWNERS_YAML, ruleFiles } from "../paging-rule.ts";
import { type RunningServer, startServer } from "../running-server.ts";

const folders: string[] = [];
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), "spoor-exchange-"));
  folders.push(made);
  return made;
};
const [here, there] = [folder(), folder()];
let home: RunningServer;
let away: RunningServer;

const event = (minute: number, second: number, fields: Record<string, unknown>) =>
  JSON.stringify({
    UtcTime: `2026-11-02 09:${String(minute).padStart(2, "0")}:${String(second).padStart(2, "0")}.000`,
    Channel: "Microsoft-Windows-Sysmon/Operational",
    EventID: 1,
    Computer: "FS01",
    User: "kim",
    ...fields,
  });
const events = [
  ...Array.from({ length: 300 }, (_, at) =>
    event(at % 60, at % 59, { Image: "C:\\Windows\\notepad.exe", CommandLine: `notepad ${at}.txt` }),
  ),
  ...Array.from({ length: 12 }, (_, at) =>
    event(20 + Math.floor(at / 10), at * 4, {
      Image: "C:\\Windows\\whoami.exe",
      CommandLine: "whoami /all",
      Computer: `WS${at % 3}`,
    }),
  ),
].join("\n");

before(async () => {
  writeFileSync(join(here, "owners.yaml"), `${OWNERS_YAML}  - { name: it, onCall: [sam] }\n`);
  [home, away] = await Promise.all([startServer(here, ["--empty"]), startServer(there, ["--empty"])]);
  await home.upload("sysmon", events);
});
after(async () => {
  await Promise.all([home?.stop(), away?.stop()]);
  for (const one of folders) rmSync(one, { recursive: true, force: true });
});

const WHOAMI = `title: Whoami Execution
id: 502b42de-4306-40b4-9596-6f590c81f073
name: whoami
status: test
description: Somebody asks who they are.
references:
  - https://example.org/whoami
author: A. Author
date: 2026-01-02
tags: [attack.discovery, attack.t1033]
logsource: { category: process_creation, product: windows }
detection:
  selection:
    Image|endswith: '\\whoami.exe'
  condition: selection
falsepositives:
  - Administrators who look at their own rights
  - Unknown
level: high
`;
const BURST = `title: Whoami many times
correlation:
  type: event_count
  rules: [whoami]
  group-by: [Computer]
  timespan: 2m
  condition: { gte: 3 }
level: critical
`;
const OLD = `title: Old counting
logsource: { category: process_creation, product: windows }
detection:
  selection: { Image: x }
  condition: selection | count() by Computer > 5
`;
const FOREIGN = `title: Of another world
logsource: { product: zz_unheard_of }
detection:
  selection: { Image: x }
  condition: selection
`;

test("Sigma rules become drafts that find, and what cannot is refused by name", async () => {
  const body = {
    texts: [
      { place: "a.yml", text: WHOAMI },
      { place: "old.yml", text: OLD },
      { place: "foreign.yml", text: FOREIGN },
      { place: "broken.yml", text: "a: [" },
    ],
  };
  const dry = await home.job<SigmaImportReport>("/api/rules/import/sigma", { ...body, dryRun: true });
  assert.deepEqual(
    dry.made.map(({ name }) => name),
    ["whoami-execution"],
  );
  assert.equal((await home.request("/api/rules/whoami-execution")).status, 404, "a dry run makes nothing");

  const report = await home.job<SigmaImportReport>("/api/rules/import/sigma", {
    ...body,
    references: [{ title: "The same in another product", url: "https://example.com/rules/whoami" }],
  });
  assert.deepEqual(report.refused.map(({ issues }) => issues[0]!.code).sort(), [
    "sigma.condition.aggregation",
    "sigma.logsource.unmapped",
    "yaml.malformed",
  ]);
  for (const { issues } of report.refused)
    for (const { place, remedy } of issues)
      assert.ok(/\.yml:\d+$/.test(place) && remedy !== "", `${place} ${remedy}`);
  const detail = await home.json<RuleDetail>("/api/rules/whoami-execution");
  assert.equal(detail.stage, "draft");
  assert.equal(detail.severity, "high");
  assert.deepEqual(detail.techniques, ["T1033"]);
  assert.equal(detail.files.sigmaYaml, WHOAMI, "kept as given");
  assert.match(detail.files.adsMarkdown, /Administrators who look at their own rights/);
  assert.match(detail.files.adsMarkdown, /Behaviour:\*\* Somebody asks who they are\./);
  assert.match(detail.files.adsMarkdown, /https:\/\/example\.org\/whoami[\s\S]*The same in another product/);
  assert.doesNotMatch(detail.files.adsMarkdown, /- Unknown/);
  assert.ok(
    detail.gate.checks.some(({ state }) => state !== "passed"),
    "a draft from Sigma still has to pass the gate",
  );
  const backtest = await home.job<{ detections: number }>("/api/rules/whoami-execution/backtest", {});
  assert.equal(backtest.detections, 12);
  const again = await home.job<SigmaImportReport>("/api/rules/import/sigma", body);
  assert.deepEqual([again.made.length, again.unchanged.map(({ name }) => name)], [0, ["whoami-execution"]]);
});

test("filters and correlations work over the data", async () => {
  const filter =
    "title: Not on WS0\nlogsource: { category: process_creation, product: windows }\nfilter:\n  rules: [whoami]\n  selection: { Computer: WS0 }\n  condition: not selection\n";
  const report = await home.job<SigmaImportReport>("/api/rules/import/sigma", {
    texts: [{ place: "burst.yml", text: `${BURST}---\n${WHOAMI}` }],
    filters: [{ place: "filter.yml", text: filter }],
  });
  assert.deepEqual(
    report.made.map(({ name, kind }) => [name, kind]),
    [["whoami-many-times", "correlation"]],
    JSON.stringify(report.refused),
  );
  assert.deepEqual(
    report.parts.map(({ title }) => title),
    ["Whoami Execution"],
  );
  assert.deepEqual(report.filters, [{ title: "Not on WS0", rules: 1 }]);
  const backtest = await home.job<{ detections: number }>("/api/rules/whoami-many-times/backtest", {});
  assert.equal(backtest.detections, 2, "WS1 and WS2, without the filtered WS0");
});

test("a rule goes out as Sigma and comes in again with the same meaning", async () => {
  const sql = `SELECT _time, "Computer" AS host FROM sysmon WHERE "EventID" = 1 AND "Image" ILIKE '%\\whoami.exe' AND NOT "Computer" IN ('WS2')`;
  await home.post("/api/rules", { name: "by-hand", sql });
  const written = await home.json<SigmaExport>("/api/rules/by-hand/sigma");
  assert.ok(written.issues.some(({ code }) => code === "sigma.export.logsource"));
  assert.match(written.yaml, /\|endswith/);
  const text = written.yaml.replace(/service: sysmon/, "category: process_creation\n  product: windows");
  const report = await home.job<SigmaImportReport>("/api/rules/import/sigma", {
    texts: [{ place: "back.yml", text }],
  });
  assert.equal(report.made.length, 1, JSON.stringify(report.refused));
  const [before_, after_] = await Promise.all(
    ["by-hand", report.made[0]!.name].map((name) =>
      home.job<{ detections: number }>(`/api/rules/${name}/backtest`, {}),
    ),
  );
  assert.equal(before_!.detections, 8);
  assert.equal(after_!.detections, 8);
  await home.post("/api/rules", {
    name: "joined",
    sql: "SELECT a._time FROM sysmon a JOIN sysmon b USING (_time)",
  });
  const refused = await home.request("/api/rules/joined/sigma");
  assert.equal(refused.status, 409);
  assert.match(await refused.text(), /sigma\.export\.sql/);
  const given = await home.json<SigmaExport>("/api/rules/whoami-execution/sigma");
  assert.equal(given.yaml, WHOAMI);
});

test("each rule of a file keeps its own document, and one whose SQL was edited is exported as the SQL is", async () => {
  const one = (title: string, image: string) =>
    `title: ${title}\nlogsource: { category: process_creation, product: windows }\ndetection:\n  selection: { Image|endswith: ${image} }\n  condition: selection\n`;
  const texts = [
    {
      place: "twins.yml",
      text: `${one("Twin one", "one.exe")}---\n# Of the other.\n${one("Twin two", "two.exe")}`,
    },
  ];
  const report = await home.job<SigmaImportReport>("/api/rules/import/sigma", { texts });
  assert.deepEqual(
    report.made.map(({ name }) => name),
    ["twin-one", "twin-two"],
  );
  const [first, second] = await Promise.all(
    report.made.map(({ name }) => home.json<RuleDetail>(`/api/rules/${name}`)),
  );
  assert.equal(first!.files.sigmaYaml, one("Twin one", "one.exe"));
  assert.equal(second!.files.sigmaYaml, `# Of the other.\n${one("Twin two", "two.exe")}`);
  const burst = await home.json<RuleDetail>("/api/rules/whoami-many-times");
  assert.match(
    burst.files.sigmaYaml!,
    /many times[\s\S]*---[\s\S]*Whoami Execution[\s\S]*---[\s\S]*Not on WS0/,
  );
  const again = await home.job<SigmaImportReport>("/api/rules/import/sigma", { texts: [...texts].reverse() });
  assert.deepEqual([again.made.length, again.unchanged.length], [0, 2]);

  const path = join(here, "rules/twin-one/rule.sql");
  const sql = readFileSync(path, "utf8");
  assert.match(sql, /one\.exe/);
  writeFileSync(path, sql.replaceAll("one.exe", "three.exe"));
  const edited = await home.json<SigmaExport>("/api/rules/twin-one/sigma");
  assert.ok(edited.issues.some(({ code }) => code === "sigma.export.edited"));
  assert.match(edited.yaml, /three\.exe/);
  assert.doesNotMatch(edited.yaml, /one\.exe/);
  writeFileSync(path, "SELECT a._time FROM sysmon a JOIN sysmon b USING (_time)");
  const refused = await home.request("/api/rules/twin-one/sigma");
  assert.equal(refused.status, 409);
  assert.match(await refused.text(), /sigma\.export\.sql/);
  writeFileSync(path, `${sql.trim()}\n\n`);
  assert.equal((await home.json<SigmaExport>("/api/rules/twin-one/sigma")).yaml, one("Twin one", "one.exe"));
});

test("a bundle is imported elsewhere and proved again", async () => {
  const files = ruleFiles({
    name: "bundled",
    sql: `SELECT _time, "Computer", "User", "CommandLine" FROM sysmon WHERE "Image" ILIKE '%\\whoami.exe'\n`,
    run: "run: { mode: stream, slice: 10s }",
    tests: {
      "match-whoami.ndjson": `${event(1, 1, { Image: "C:\\whoami.exe", CommandLine: "whoami" })}\n`,
      "no-match-notepad.ndjson": `${event(1, 1, { Image: "C:\\notepad.exe" })}\n`,
    },
  });
  await home.json("/api/rules/bundled", {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(files),
  });
  const response = await home.request("/api/rules/bundled/bundle");
  assert.equal(
    response.status,
    200,
    await response
      .clone()
      .text()
      .catch(() => ""),
  );
  const archive = new Uint8Array(await response.arrayBuffer());
  const checksum = response.headers.get("spoor-bundle-checksum");
  const post = async (bytes: Uint8Array): Promise<Job & { error: { issues: { code: string }[] } | null }> => {
    let job = await away.json<Job & { error: { issues: { code: string }[] } | null }>(
      "/api/rules/import/bundle",
      { method: "POST", body: bytes as Uint8Array<ArrayBuffer> },
    );
    while (job.state === "running") {
      await new Promise((resolve) => setTimeout(resolve, 50));
      job = await away.json(`/api/jobs/${job.id}`);
    }
    return job;
  };
  const job = await post(archive);
  assert.equal(job.state, "succeeded", JSON.stringify(job.error));
  const report = job.result as BundleImportReport;
  assert.equal(report.checksum, checksum);
  assert.deepEqual([report.tests.passed, report.tests.tests.length], [true, 2]);
  assert.ok(report.sample.agrees && report.sample.found >= 10, JSON.stringify(report.sample));
  assert.equal(report.proof?.holds, true, JSON.stringify(report.proof));
  assert.equal(report.backtest, null, "that workspace has no such data");
  assert.deepEqual(report.issues.filter(({ code }) => code === "bundle.data.missing").length, 1);
  const detail = await away.json<RuleDetail>("/api/rules/bundled");
  assert.equal(detail.stage, "draft");
  assert.equal(detail.files.responseYaml, files.responseYaml);
  assert.equal(detail.files.adsMarkdown, files.adsMarkdown);
  assert.deepEqual(detail.files.tests, files.tests);

  const plain = gunzipSync(archive);
  const at = plain.indexOf("whoami.exe", plain.indexOf("rule.sql"));
  plain.write("WHOAMI", at);
  const tampered = await post(gzipSync(plain));
  assert.equal(tampered.state, "failed");
  assert.match(JSON.stringify(tampered.error), /bundle\.checksum/);
  assert.match(JSON.stringify((await post(new Uint8Array([1, 2, 3]))).error), /bundle\.archive\.malformed/);
});

test("the command line imports a folder and exports", async () => {
  const rules = folder();
  writeFileSync(
    join(rules, "whoami.yml"),
    WHOAMI.replaceAll("whoami", "whoareyou").replace("Whoami", "Who Are You"),
  );
  writeFileSync(join(rules, "old.yml"), OLD);
  const imported = await spoor(here, "rule", "import", "--sigma", rules, "--json");
  const report = JSON.parse(imported.out) as SigmaImportReport;
  assert.deepEqual([report.made.length, report.refused.length], [1, 1], imported.error);
  const bundle = join(rules, "out.tgz");
  const exported = await spoor(here, "rule", "export", "bundled", "--bundle", "-o", bundle);
  assert.equal(exported.status, 0, exported.error);
  assert.match(exported.error, /events of this workspace/);
  assert.ok(readFileSync(bundle).length > 1_000);
  const back = await spoor(here, "rule", "import", "--bundle", bundle, "--name", "bundled-again");
  assert.equal(back.status, 0, back.error);
  assert.match(
    back.out,
    /2 tests pass[\s\S]*the same[\s\S]*proof holds[\s\S]*On this workspace's data: 12 detections/,
  );
  const sigma = await spoor(here, "rule", "export", "by-hand", "--sigma");
  assert.match(sigma.out, /^title: by-hand/);
  assert.match(sigma.error, /sigma\.export\./);
});
