import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Dataset } from "../../../connectors/dataset/dataset.ts";
import { loadFiles } from "../../../connectors/load/load.ts";
import { corpus } from "../../corpora.ts";
import { assertBalanced, openLake } from "./lake.ts";

const mordor = corpus("mordor");
const cloudtrail = corpus("cloudtrail");
const zeek = corpus("zeek");
const suricata = corpus("suricata");
const ABSENT = "the shared corpora are absent";

function rowCount(dataset: Dataset | undefined): number {
  return (dataset?.segments ?? []).reduce((sum, segment) => sum + segment.rowCount, 0);
}

test("all Mordor archives load into one source, and once", {
  skip: mordor === null && ABSENT,
  timeout: 180_000,
}, async (t) => {
  const lake = await openLake(t);
  const report = await lake.load("mordor", [mordor!]);
  assertBalanced(report);
  const loose = report.files.filter((file) => file.format === "ndjson" && !file.file.includes("!"));
  const looseCount = loose.reduce((sum, file) => sum + file.good, 0);
  const total = rowCount(lake.registry.get("mordor"));
  assert.equal(total - looseCount, 483_657);
  const [header, ...lines] = readFileSync(join(mordor!, "INDEX.csv"), "utf8").trim().split(/\r?\n/);
  const names = header!.split(",");
  const read = new Map(report.files.map((file) => [file.file, file]));
  let members = 0;
  for (const line of lines) {
    const fields = line.split(",");
    const field = (name: string): string => fields[names.indexOf(name)]!;
    if (field("events") === "0") continue;
    const file = read.get(`${join(mordor!, field("file"))}!${field("member")}`);
    assert.equal(file?.read, Number(field("events")), line);
    assert.equal(file?.dataset, "mordor", line);
    members++;
  }
  assert.ok(members > 80, `${members} members`);
  for (const file of report.files.filter((f) => f.file.endsWith(".yaml"))) {
    assert.equal(file.state, "skipped");
    assert.match(file.reason, /YAML/);
  }
  const columns = lake.registry.get("mordor")!.columns;
  assert.equal(new Set(columns.map((column) => column.name.toLowerCase())).size, columns.length);
  const keys = new Set(columns.map((column) => column.key));
  for (const key of ["ProcessID", "ProcessId", "LogonID", "LogonId"]) assert.ok(keys.has(key), key);
  const again = await lake.load("mordor", [
    join(mordor!, "atomic", "windows", "discovery"),
    join(mordor!, "compound", "apt29", "day1", "zeek"),
  ]);
  assert.equal(again.read, 0);
  assert.ok(again.files.length > 20);
  assert.ok(again.files.every((file) => file.state !== "loaded"));
  assert.equal(rowCount(lake.registry.get("mordor")), total);
});

test("small Mordor archives load alone", { skip: mordor === null && ABSENT }, async (t) => {
  const lake = await openLake(t);
  const [header, ...lines] = readFileSync(join(mordor!, "INDEX.csv"), "utf8").trim().split(/\r?\n/);
  const names = header!.split(",");
  const eventCounts = new Map<string, number>();
  const byteCounts = new Map<string, number>();
  for (const line of lines) {
    const fields = line.split(",");
    const field = (name: string): string => fields[names.indexOf(name)]!;
    eventCounts.set(field("file"), (eventCounts.get(field("file")) ?? 0) + Number(field("events")));
    byteCounts.set(field("file"), (byteCounts.get(field("file")) ?? 0) + Number(field("json_bytes")));
  }
  const small = [...eventCounts].filter(([file, count]) => count > 0 && byteCounts.get(file)! < 400_000);
  assert.ok(small.length >= 5, `${small.length} small archives`);
  for (const [index, [file, count]] of small.slice(0, 12).entries()) {
    const report = await lake.load(`alone_${index}`, [join(mordor!, file)]);
    assertBalanced(report);
    assert.equal(report.good, count, file);
    assert.equal(rowCount(lake.registry.get(`alone_${index}`)), count, file);
  }
});

test("all CloudTrail files load as one dataset", { skip: cloudtrail === null && ABSENT }, async (t) => {
  const lake = await openLake(t);
  const report = await lake.load("trail", [cloudtrail!]);
  assertBalanced(report);
  assert.equal(report.quarantined, 0);
  const [rows] = await lake.rows(
    lake.registry.get("trail")!,
    `SELECT count(*) FILTER (_file LIKE '%invictus%'), count(*) FILTER (_file LIKE '%stratus%'), count(_time), count(*) FROM data`,
  );
  assert.deepEqual(rows!.map(Number), [1_769, 128, 1_897, 1_897]);
});

/** What the two forms of one log cannot both say: see connectors/DECISIONS.md. */
const JSON_ONLY = new Set(["_write_ts"]);

test("Zeek's text and JSON forms give the same tables", { skip: zeek === null && ABSENT }, async (t) => {
  const lake = await openLake(t);
  const base = join(zeek!, "zed-sample-data");
  const text = await lake.load("text", [join(base, "zeek-default")]);
  const json = await lake.load("json", [join(base, "zeek-json")]);
  for (const report of [text, json]) {
    assertBalanced(report);
    assert.equal(report.good, 85_365);
    assert.equal(report.files.filter((file) => file.state === "loaded").length, 16);
  }
  for (const line of readFileSync(join(base, "ROWS.csv"), "utf8").trim().split(/\r?\n/).slice(1)) {
    const [file, rows] = line.split(",");
    const found = [...text.files, ...json.files].find((f) => f.file === join(base, file!));
    if (file!.startsWith("zeek-default") || file!.startsWith("zeek-json"))
      assert.equal(found?.good, Number(rows), line);
  }
  let compared = 0;
  for (const left of lake.registry.list().filter((dataset) => dataset.name.startsWith("text_"))) {
    const right = lake.registry.get(left.name.replace("text_", "json_"))!;
    const types = new Map(right.columns.map((column) => [column.name, column.type]));
    const shared = left.columns.filter((column) => types.has(column.name));
    for (const column of shared)
      assert.equal(types.get(column.name), column.type, `${left.name}.${column.name}`);
    for (const column of right.columns) {
      assert.ok(
        JSON_ONLY.has(column.name) || shared.some((c) => c.name === column.name),
        `${right.name}.${column.name}`,
      );
    }
    const only = left.columns.filter((column) => !types.has(column.name));
    const valued = new Set(left.segments.flatMap((segment) => segment.columns.map((column) => column.name)));
    assert.deepEqual(
      only.filter((column) => valued.has(column.name)),
      [],
      `${left.name}: columns without a value in text form only`,
    );
    // Zeek's text form cuts numbers with a fraction at six decimals.
    const list = shared
      .filter((c) => valued.has(c.name))
      .map((c) =>
        c.type === "DOUBLE"
          ? `round("${c.name}", 3)`
          : c.type === "DOUBLE[]"
            ? `list_transform("${c.name}", lambda x: round(x, 3))`
            : `"${c.name}"`,
      )
      .join(", ");
    await lake.rows(left, "SELECT 1");
    await lake.session.run("CREATE OR REPLACE TEMP TABLE other AS FROM data");
    const [both] = await lake.rows(
      right,
      `SELECT (SELECT count(*) FROM (SELECT _time, ${list} FROM data EXCEPT ALL SELECT _time, ${list} FROM other)),
              (SELECT count(*) FROM (SELECT _time, ${list} FROM other EXCEPT ALL SELECT _time, ${list} FROM data)), count(_time), count(*) FROM data`,
    );
    assert.deepEqual(both!.slice(0, 2).map(Number), [0, 0], left.name);
    assert.equal(both![2], both![3], `${left.name} has event time in each row`);
    compared++;
  }
  assert.equal(compared, 16);
});

test("Zeek's own test logs never crash a load", { skip: zeek === null && ABSENT }, async (t) => {
  const lake = await openLake(t);
  const report = await lake.load("baseline", [join(zeek!, "zeek-btest-baseline")]);
  assertBalanced(report);
  assert.ok(report.good > 1_000, `${report.good} rows`);
});

test("Suricata's arrays load record by record", { skip: suricata === null && ABSENT }, async (t) => {
  const lake = await openLake(t);
  const report = await lake.load("alerts", [suricata!]);
  assertBalanced(report);
  const good = report.files.filter((file) => file.file.endsWith(".json")).map((file) => file.good);
  assert.deepEqual(
    good.sort((a, b) => a - b),
    [44, 136],
  );
});

test("an aborted load throws and commits nothing more", {
  skip: cloudtrail === null && ABSENT,
}, async (t) => {
  const lake = await openLake(t);
  await assert.rejects(
    loadFiles({
      definition: null,
      name: "trail",
      paths: [cloudtrail!],
      lakeDirectory: join(lake.directory, "lake"),
      scratchDirectory: join(lake.directory, "scratch"),
      registry: lake.registry,
      clock: () => 0,
      signal: AbortSignal.abort(),
    }),
    { name: "AbortError" },
  );
  assert.deepEqual(lake.registry.list(), []);
});
