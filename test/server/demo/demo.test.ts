import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gunzipSync } from "node:zlib";
import type { DuckDBValue } from "@duckdb/node-api";
import { ATTACKER_ADDRESS, LOOKALIKE_DOMAIN } from "../../../connectors/simulator/intrusion.ts";
import { bindInterpolations } from "../../../notebooks/document/bind-interpolations.ts";
import { parseNotebook, serializeNotebook } from "../../../notebooks/document/notebook-html.ts";
import { transpileCells } from "../../../notebooks/document/transpile-cells.ts";
import { huntOf } from "../../../notebooks/hunt/hunt-record.ts";
import { parameterOf } from "../../../promote/plan/parameters.ts";
import { parseResponsePlan } from "../../../promote/plan/parse.ts";
import { demoFiles, writeDemoWorkspace } from "../../../server/demo/demo.ts";
import { openDemoLake } from "./demo-lake.ts";

const directory = mkdtempSync(join(tmpdir(), "spoor-demo-"));
const NOW_MS = Date.parse("2026-11-24T10:00:00Z");
const demo = writeDemoWorkspace({ directory, seed: 7717, nowMs: NOW_MS, scale: 0.02 });
const lake = demo.then((simulation) => openDemoLake(simulation, zeekHeader));
after(async () => {
  (await lake).close();
  rmSync(directory, { recursive: true, force: true });
});

function zeekHeader(path: string): { fields: string[]; types: string[] } {
  const lines = gunzipSync(readFileSync(path)).toString("utf8").split("\n", 20);
  const after = (mark: string): string[] =>
    lines
      .find((line) => line.startsWith(`${mark}\t`))!
      .split("\t")
      .slice(1);
  return { fields: after("#fields"), types: after("#types") };
}

const notebook = parseNotebook(
  readFileSync(join(directory, "notebooks/a-service-nobody-asked-for.html"), "utf8"),
);

/** Runs the SQL cell with that output name, its interpolations bound to the values given by their expression. */
async function runCell(
  output: string,
  values: Readonly<Record<string, unknown>>,
): Promise<Record<string, DuckDBValue>[]> {
  const cell = notebook.cells.find((candidate) => candidate.output === output);
  assert.ok(cell, `no cell writes ${output}`);
  const texts = cell.value.split(/\$\{\w+\}/);
  const names = [...cell.value.matchAll(/\$\{(\w+)\}/g)].map((match) => match[1]!);
  const bound = bindInterpolations(
    texts,
    names.map((name) => {
      assert.ok(name in values, `cell ${cell.id} reads ${name}`);
      return values[name];
    }),
  );
  const { connection } = await lake;
  const result = await connection.runAndReadAll(bound.sql, bound.parameters as Record<string, DuckDBValue>);
  return result.getRowObjects();
}

test("the files are copied, and a file that is there already stays", async () => {
  await demo;
  for (const file of demoFiles()) assert.equal(readFileSync(join(directory, file.path), "utf8"), file.text);
  const own = join(directory, "own");
  const first = await writeDemoWorkspace({ directory: own, seed: 1, nowMs: NOW_MS, scale: 0.001 });
  writeFileSync(join(own, "owners.yaml"), "owners: []\n");
  await writeDemoWorkspace({ directory: own, seed: 1, nowMs: NOW_MS, scale: 0.001 });
  assert.equal(readFileSync(join(own, "owners.yaml"), "utf8"), "owners: []\n");
  for (const folder of Object.values(first.folders)) assert.ok(existsSync(folder));
  assert.deepEqual(Object.keys(first.folders).sort(), ["cloudtrail", "idp", "sysmon", "winauth", "zeek"]);
});

test("the notebook is written as the product writes it, so that saving it changes nothing", () => {
  const html = demoFiles().find((file) => file.path.startsWith("notebooks/"))!.text;
  assert.equal(serializeNotebook(parseNotebook(html)), html);
});

test("the notebook is a hunt whose every cell can be run", () => {
  const hunt = huntOf(notebook);
  assert.ok(hunt.ok && hunt.value.hypothesis.length > 20 && hunt.value.techniques.includes("T1543.003"));
  for (const cell of transpileCells(notebook.cells)) assert.ok(cell.ok, `cell ${cell.id}: ${cell.error}`);
  const modes = new Set(notebook.cells.map((cell) => cell.mode));
  assert.deepEqual([...modes].sort(), ["js", "md", "sql"]);
});

test("rare encoded children of services are the intruder's and one upgrade", async () => {
  const rows = await runCell("rare", { mostHosts: 2 });
  assert.deepEqual(rows.map((row) => row.one_host).sort(), [
    "APP03.lantern.example",
    "BUILD01.lantern.example",
  ]);
  assert.ok(rows.some((row) => String(row.decoded).includes(`https://sync.${LOOKALIKE_DOMAIN}/`)));
  const all = await runCell("rare", { mostHosts: 22 });
  assert.equal(all.length, 5);
});

test("the chart's rows mark the same starts as rare", async () => {
  const rows = await runCell("starts", { mostHosts: 2 });
  assert.equal(rows.length, 22 * 3 * 7 + 2);
  assert.deepEqual(
    rows
      .filter((row) => row.kind === "rare")
      .map((row) => row.host)
      .sort(),
    ["APP03", "BUILD01"],
  );
});

test("the beacon is found by its pace alone, with every look-up of it", async () => {
  const truth = (await demo).truth.filter((event) => event.dataset === "zeek_dns");
  const rows = await runCell("beacons", {});
  assert.equal(rows.length, 1);
  assert.equal(rows[0]?.domain, LOOKALIKE_DOMAIN);
  assert.equal(Number(rows[0]?.lookups), truth.length);
  assert.ok(Number(rows[0]?.median_gap_seconds) > 240 && Number(rows[0]?.median_gap_seconds) < 360);
});

test("the uploads are found, and only the release mirror beside them is as rare", async () => {
  const truth = (await demo).truth.filter(
    (event) => event.step === "upload" && event.dataset === "zeek_conn",
  );
  const rows = await runCell("uploads", { mostHosts: 2 });
  const theirs = rows.filter((row) => row.destination === ATTACKER_ADDRESS);
  assert.equal(theirs.length, 1);
  assert.equal(Number(theirs[0]?.uploads), truth.length);
  assert.ok(Number(theirs[0]?.sent_megabytes) > 2000);
  assert.ok(rows.length <= 3, "few enough rows to look at each");
});

test("the address is followed to the stolen session and the cloud key", async () => {
  const truth = (await demo).truth;
  const rows = await runCell("elsewhere", { address: ATTACKER_ADDRESS });
  const times = (seen: string): number =>
    rows.filter((row) => row.seen_in === seen).reduce((sum, row) => sum + Number(row.times), 0);
  const stolen = truth.filter((event) => event.step === "stolen-session").length;
  assert.equal(times("sign-in"), stolen - 1, "all but the desk's own sign-in");
  assert.equal(times("cloud call"), truth.filter((event) => event.step === "cloud-keys").length);
  assert.equal(times("connection"), 5);
});

test("the finding to promote is the one start of the intruder's service, and nothing else", async () => {
  const rows = await runCell("finding", {});
  const started = (await demo).truth.find(
    (event) => event.step === "new-service" && event.match.EventID === "1" && event.match.Hostname,
  );
  assert.deepEqual(
    rows.map((row) => row.process),
    [started?.match.ProcessGuid],
  );
});

/** Runs a shipped rule over the whole week. */
async function runRule(name: string): Promise<Record<string, DuckDBValue>[]> {
  const { connection } = await lake;
  const sql = readFileSync(join(directory, "rules", name, "rule.sql"), "utf8");
  return (await connection.runAndReadAll(sql)).getRowObjects();
}

/** Event times as the logs have them, milliseconds. */
function times(rows: readonly Record<string, DuckDBValue>[]): number[] {
  return rows
    .map((row) => Number((row._time as { readonly micros: bigint }).micros / 1000n))
    .sort((left, right) => left - right);
}

test("the rule on uploads finds the five of the intrusion, and neither the backup nor the releases", async () => {
  const truth = (await demo).truth.filter(
    (event) => event.step === "upload" && event.dataset === "zeek_conn",
  );
  assert.deepEqual(
    times(await runRule("night-upload-to-a-rare-address")),
    truth.map((event) => event.timeMs),
  );
});

test("the rule on sessions finds the stolen one's events, and no session that moved to a phone", async () => {
  const truth = (await demo).truth.filter((event) => event.step === "stolen-session");
  const rows = await runRule("session-in-two-countries");
  assert.deepEqual(
    times(rows),
    truth.slice(1).map((event) => event.timeMs),
  );
});

test("the noisy rule is noisy: the nightly push, an upgrade, and one start that matters", async () => {
  assert.equal((await runRule("encoded-powershell")).length, 22 * 3 * 7 + 2);
});

test("what runs before anybody is asked brings rows for the intrusion's own alerts", async () => {
  const { connection } = await lake;
  for (const rule of ["night-upload-to-a-rare-address", "session-in-two-countries", "encoded-powershell"]) {
    const rows = await runRule(rule);
    const row =
      rows.find((each) => each.host === undefined || each.host === "APP03.lantern.example") ?? rows[0]!;
    const latest =
      rule === "encoded-powershell" ? rows.filter((each) => each.host === row.host).at(-1)! : row;
    const plan = parseResponsePlan(
      readFileSync(join(directory, "rules", rule, "response.yaml"), "utf8"),
      rule,
    );
    assert.ok(plan.ok);
    for (const step of [...plan.value.automations, ...plan.value.options]) {
      if (step.with.sql === undefined) continue;
      const sql = String(step.with.sql);
      const parameters: Record<string, DuckDBValue> = {};
      for (const [column, value] of Object.entries(latest)) {
        if (sql.includes(`$${parameterOf(column)}`)) parameters[parameterOf(column)] = value;
      }
      if (sql.includes("$event_time")) parameters.event_time = latest._time!;
      const found = await connection.runAndReadAll(sql, parameters);
      assert.ok(found.currentRowCount > 0, `${rule}/${step.name}`);
    }
  }
});

test("every query of a runbook runs, and the sensor's tells the sick hours", async () => {
  const { connection } = await lake;
  let hours: Record<string, DuckDBValue>[] = [];
  for (const file of demoFiles().filter(({ path }) => path.endsWith("/runbook.md"))) {
    for (const [, sql] of file.text.matchAll(/```sql\n([\s\S]*?)```/g)) {
      const rows = (await connection.runAndReadAll(sql!)).getRowObjects();
      if (sql!.includes("written_lookups")) hours = rows;
    }
  }
  assert.equal(hours.length, 4);
  assert.ok(hours.every((row) => row.written_lookups === 0n));
});
