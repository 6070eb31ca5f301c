import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, test } from "node:test";
import type {
  DetectionRow,
  EventsAccepted,
  LoadReport,
  QueryJson,
  RuleDetail,
} from "../../server/api/api.ts";
import { corpus } from "../corpora.ts";
import { spoor } from "./command-line.ts";
import { OWNERS_YAML, promoteToPaging, RESPONSE_YAML, ruleFiles } from "./paging-rule.ts";
import { eventually, startServer } from "./running-server.ts";

const hunts = corpus("hunts");
const mordor = corpus("mordor");
const cloudtrail = corpus("cloudtrail");
const skip = hunts && mordor && cloudtrail ? false : "the shared corpora are absent";
const folder = mkdtempSync(join(tmpdir(), "spoor-corpora-"));
after(() => rmSync(folder, { recursive: true, force: true }));

interface KnownFinding {
  readonly id: string;
  readonly dataset: string;
  readonly duckdb_sql: string;
  readonly expected_rows: number;
  readonly events_in_dataset: number;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

const findings: KnownFinding[] = skip
  ? []
  : (JSON.parse(readFileSync(join(hunts!, "known_findings.json"), "utf8")) as KnownFinding[]);

const sourceOf = (finding: KnownFinding) => finding.id.toLowerCase();
const pathOf = (finding: KnownFinding) =>
  finding.dataset.startsWith("cloudtrail/")
    ? join(cloudtrail!, finding.dataset.split("/")[1]!)
    : join(mordor!, finding.dataset);
const sqlOf = (finding: KnownFinding, source: string) =>
  finding.duckdb_sql.replace(/\bFROM (dataTable|t|records)\b/, `FROM ${source}`);

/** Rows as multisets of texts: the reference has every value as text. */
function texts(rows: readonly Readonly<Record<string, unknown>>[], names: readonly string[]): string[] {
  return rows
    .map((row) =>
      JSON.stringify(
        names.map((name) => (row[name] === null || row[name] === undefined ? null : String(row[name]))),
      ),
    )
    .sort();
}

test("spoor source add and spoor query give the known findings, row by row", {
  skip,
  timeout: 300_000,
}, async () => {
  const workspace = join(folder, "findings");
  mkdirSync(workspace);
  for (const finding of findings) {
    const added = await spoor(workspace, "source", "add", sourceOf(finding), pathOf(finding), "--json");
    assert.equal(added.status, 0, added.error);
    const report = JSON.parse(added.out) as LoadReport;
    assert.equal(report.good + report.quarantined, report.read);
    assert.equal(report.good, finding.events_in_dataset, finding.id);
    const asked = await spoor(workspace, "query", sqlOf(finding, sourceOf(finding)), "--format", "json");
    assert.equal(asked.status, 0, asked.error);
    const parsed = JSON.parse(asked.out) as QueryJson | readonly Record<string, unknown>[];
    const rows = Array.isArray(parsed) ? parsed : (parsed as QueryJson).rows;
    if (finding.id === "A01") {
      const counts = new Map(
        (rows as readonly Record<string, unknown>[]).map((row) => [
          row.eventName,
          Number(Object.values(row)[1]),
        ]),
      );
      assert.equal(counts.size, finding.expected_rows);
      for (const row of finding.rows) assert.equal(counts.get(row.eventName), row.count);
    } else {
      assert.equal(rows.length, finding.expected_rows, finding.id);
      const names = Object.keys(finding.rows[0]!);
      assert.deepEqual(
        texts(rows as readonly Record<string, unknown>[], names),
        texts(finding.rows, names),
        finding.id,
      );
    }
  }
  const again = await spoor(
    workspace,
    "source",
    "add",
    sourceOf(findings[0]!),
    pathOf(findings[0]!),
    "--json",
  );
  const report = JSON.parse(again.out) as LoadReport;
  assert.deepEqual(
    report.files.filter((file) => file.state === "loaded"),
    [],
    "loading the same file twice adds nothing",
  );
});

test("a known finding, promoted, fires in batch and in stream alike, and on no other dataset", {
  skip,
  timeout: 300_000,
}, async () => {
  const finding = findings.find(({ id }) => id === "K06")!;
  const others = findings.filter(
    ({ id }) => id.startsWith("K") && id !== "K06" && !["K25", "K26"].includes(id),
  );
  const files = (run: string) =>
    ruleFiles({
      name: "bitsadmin-downloads",
      sql: "SELECT _time, Hostname, \"User\", Image, CommandLine FROM windows WHERE Channel = 'Microsoft-Windows-Sysmon/Operational' AND EventID = 1 AND Image LIKE '%bitsadmin.exe' AND CommandLine LIKE '%/transfer%'",
      run,
      entities: "  - { column: Hostname, kind: host }\n  - { column: User, kind: user }",
      responseYaml: RESPONSE_YAML.replaceAll("from sysmon", "from windows"),
      tests: {
        "match-transfer.ndjson": JSON.stringify({
          UtcTime: "2026-01-05 10:00:00.000",
          Channel: "Microsoft-Windows-Sysmon/Operational",
          EventID: 1,
          Hostname: "ws-1",
          User: "ann",
          Image: "C:\\Windows\\System32\\bitsadmin.exe",
          CommandLine: "bitsadmin /transfer a https://files.example/a C:\\a",
        }),
        "no-match-list.ndjson": JSON.stringify({
          UtcTime: "2026-01-05 10:00:00.000",
          Channel: "Microsoft-Windows-Sysmon/Operational",
          EventID: 1,
          Hostname: "ws-1",
          User: "ann",
          Image: "C:\\Windows\\System32\\bitsadmin.exe",
          CommandLine: "bitsadmin /list",
        }),
      },
    });
  const stream = "run: { mode: stream, slice: 10s }";
  const open = async (name: string) => {
    const workspace = join(folder, name);
    mkdirSync(workspace);
    writeFileSync(join(workspace, "owners.yaml"), OWNERS_YAML);
    return startServer(workspace, ["--empty"]);
  };

  const batch = await open("batch");
  await batch.job<LoadReport>("/api/sources", {
    name: "windows",
    paths: [pathOf(finding)],
    owner: "platform",
  });
  const promoted = await promoteToPaging(batch, "bitsadmin-downloads", files(stream));
  assert.equal(promoted.proof?.holds, true);
  await batch.job("/api/rules/bitsadmin-downloads/backfill", {});
  const inBatch = (await batch.json<RuleDetail>("/api/rules/bitsadmin-downloads")).detectionsRecent;
  assert.equal(inBatch.length, finding.expected_rows);
  const asked = await batch.post<QueryJson>("/api/query", {
    sql: "select * exclude (_time, _ingested, _file, _line) from windows",
    format: "json",
  });
  for (const other of others) {
    await batch.job<LoadReport>("/api/sources", { name: "windows", paths: [pathOf(other)] });
  }
  await batch.job("/api/rules/bitsadmin-downloads/backfill", {});
  assert.equal(
    (await batch.json<RuleDetail>("/api/rules/bitsadmin-downloads")).detectionsRecent.length,
    finding.expected_rows,
  );
  await batch.stop();

  const live = await open("stream");
  const lines = (day: string) =>
    asked.rows.map((row) =>
      JSON.stringify(Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)))
        .replaceAll(/"EventID":"(\d+)"/g, '"EventID":$1')
        .replaceAll("2020-10-23", day),
    );
  const dayBefore = join(folder, "the-day-before.ndjson");
  writeFileSync(dayBefore, `${lines("2020-10-22").join("\n")}\n`);
  await live.job<LoadReport>("/api/sources", { name: "windows", paths: [dayBefore], owner: "platform" });
  const paging = await promoteToPaging(live, "bitsadmin-downloads", files(stream));
  assert.equal(paging.stage, "paging");
  const events = lines("2020-10-23");
  const half = Math.ceil(events.length / 2);
  for (const [index, part] of [events.slice(half), events.slice(0, half)].entries()) {
    const answer = await live.request("/api/sources/windows/events", {
      method: "POST",
      headers: { "idempotency-key": `part-${index}` },
      body: part.join("\n"),
    });
    assert.equal(((await answer.json()) as EventsAccepted).accepted, part.length);
  }
  const inStream = await eventually("the detections of the stream", async () => {
    const found = (await live.json<RuleDetail>("/api/rules/bitsadmin-downloads")).detectionsRecent.filter(
      (row) => row.time.startsWith("2020-10-23"),
    );
    return found.length === finding.expected_rows ? found : null;
  });
  const core = (rows: readonly DetectionRow[]) =>
    rows
      .map(({ id, time, entities, rows: found }) => ({ id, time, entities, found }))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  assert.deepEqual(core(inStream), core(inBatch));
  assert.ok(inStream.every((row) => row.mode === "stream"));
  await live.stop();
  assert.ok(basename(pathOf(finding)).endsWith(".zip"));
});
