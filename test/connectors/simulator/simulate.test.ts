import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import { type Simulation, simulate } from "../../../connectors/simulator/simulate.ts";
import { DNS_SICKNESS } from "../../../connectors/simulator/zeek.ts";

const directory = mkdtempSync(join(tmpdir(), "spoor-simulator-"));
after(() => rmSync(directory, { recursive: true, force: true }));

const END_MS = Date.parse("2026-11-24T10:00:00Z");
const DAY_MS = 86_400_000;

/** Hash of every file below a folder, by its path within it. */
function hashes(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    found[relative(folder, path)] = createHash("sha256").update(readFileSync(path)).digest("hex");
  }
  return found;
}

function text(path: string): string {
  const bytes = readFileSync(path);
  return (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
}

/** Rows of a Zeek log by column name. */
function zeekRows(path: string): Record<string, string>[] {
  const lines = text(path).trimEnd().split("\n");
  const fields = lines
    .find((line) => line.startsWith("#fields\t"))!
    .split("\t")
    .slice(1);
  const types = lines
    .find((line) => line.startsWith("#types\t"))!
    .split("\t")
    .slice(1);
  assert.equal(types.length, fields.length);
  return lines
    .filter((line) => !line.startsWith("#"))
    .map((line) => {
      const values = line.split("\t");
      assert.equal(values.length, fields.length, line);
      return Object.fromEntries(fields.map((field, index) => [field, values[index]!]));
    });
}

/** Every readable event of the simulation as flat text fields, by dataset; malformed lines counted. */
function readAll(simulation: Simulation): {
  datasets: Map<string, Record<string, string>[]>;
  malformed: number;
} {
  const datasets = new Map<string, Record<string, string>[]>();
  let malformed = 0;
  const add = (dataset: string, row: Record<string, string>): void => {
    const rows = datasets.get(dataset);
    if (rows) rows.push(row);
    else datasets.set(dataset, [row]);
  };
  const flat = (value: Record<string, unknown>): Record<string, string> =>
    Object.fromEntries(Object.entries(value).map(([key, each]) => [key, String(each)]));
  for (const file of simulation.files) {
    let events = 0;
    if (file.source === "zeek") {
      const dataset = file.path.includes("/conn.") ? "zeek_conn" : "zeek_dns";
      for (const row of zeekRows(file.path)) {
        add(dataset, row);
        events += 1;
      }
    } else if (file.source === "cloudtrail") {
      for (const record of JSON.parse(text(file.path)).Records) {
        add("cloudtrail", flat(record));
        events += 1;
      }
    } else {
      let bad = 0;
      for (const line of text(file.path).trimEnd().split("\n")) {
        try {
          add(file.source, flat(JSON.parse(line)));
          events += 1;
        } catch {
          bad += 1;
        }
      }
      assert.equal(bad, file.malformed, file.path);
      malformed += bad;
    }
    assert.equal(events, file.events, file.path);
  }
  return { datasets, malformed };
}

const small = simulate({ seed: 7, endMs: END_MS, scale: 0.01, directory: join(directory, "seven") });

test("the same seed and week give the same bytes, in one thread or in several", async () => {
  const first = await small;
  const second = await simulate({
    seed: 7,
    // Any instant of the same day means the same week.
    endMs: END_MS + 3_600_000,
    scale: 0.01,
    directory: join(directory, "again"),
    workerCount: 2,
  });
  assert.deepEqual(hashes(join(directory, "again")), hashes(join(directory, "seven")));
  assert.deepEqual(second.truth, first.truth);
  assert.deepEqual(
    second.files.map(({ events }) => events),
    first.files.map(({ events }) => events),
  );
});

test("another seed gives other bytes in every file, another week other times", async () => {
  const other = await simulate({ seed: 8, endMs: END_MS, scale: 0.01, directory: join(directory, "eight") });
  const seven = new Set(Object.values(hashes(join(directory, "seven"))));
  for (const hash of Object.values(hashes(join(directory, "eight")))) assert.ok(!seven.has(hash));
  assert.notDeepEqual(other.truth, (await small).truth);
  const later = await simulate({
    seed: 7,
    endMs: END_MS + DAY_MS,
    scale: 0.001,
    directory: join(directory, "later"),
  });
  assert.equal(later.weekStartMs, (await small).weekStartMs + DAY_MS);
});

test("the week ends at the last midnight, and every event lies in it", async () => {
  const simulation = await small;
  assert.equal(simulation.weekEndMs, Date.parse("2026-11-24T00:00:00Z"));
  assert.equal(simulation.weekEndMs - simulation.weekStartMs, 7 * DAY_MS);
  const { datasets } = readAll(simulation);
  const timeOf: Record<string, (row: Record<string, string>) => number> = {
    sysmon: (row) => Date.parse(`${row.UtcTime!.replace(" ", "T")}Z`),
    winauth: (row) => Date.parse(row["@timestamp"]!),
    idp: (row) => Date.parse(row.published!),
    cloudtrail: (row) => Date.parse(row.eventTime!),
    zeek_dns: (row) => Number(row.ts) * 1000,
    zeek_conn: (row) => Number(row.ts) * 1000,
  };
  assert.deepEqual([...datasets.keys()].sort(), Object.keys(timeOf).sort());
  for (const [dataset, rows] of datasets) {
    for (const row of rows) {
      const time = timeOf[dataset]!(row);
      assert.ok(time >= simulation.weekStartMs && time < simulation.weekEndMs, `${dataset} ${time}`);
    }
  }
  for (const event of simulation.truth) {
    assert.ok(event.timeMs >= simulation.weekStartMs && event.timeMs < simulation.weekEndMs);
  }
});

test("counts per dataset stand in the proportions of the full week", async () => {
  const { datasets, malformed } = readAll(await small);
  const planned = (dataset: string, atScale1: number, fixed: number): void => {
    const found = datasets.get(dataset)!.length;
    assert.ok(Math.abs(found - atScale1 * 0.01 - fixed) <= atScale1 * 0.0005, `${dataset}: ${found}`);
  };
  planned("sysmon", 180_000, 22 * 3 * 7 * 2);
  planned("winauth", 150_000, 0);
  planned("idp", 50_000, 0);
  planned("cloudtrail", 80_000, 0);
  planned("zeek_conn", 990_000, 930);
  assert.equal(malformed, 7);
});

test("each event of the intrusion lies in its dataset exactly once, at its time", async () => {
  const simulation = await small;
  const { datasets } = readAll(simulation);
  const byMatch = new Map<string, number>();
  const keysOf = new Map<string, Set<string>>();
  for (const event of simulation.truth) {
    const keys = Object.keys(event.match).sort().join();
    const known = keysOf.get(event.dataset) ?? new Set();
    keysOf.set(event.dataset, known.add(keys));
  }
  for (const [dataset, rows] of datasets) {
    for (const keys of keysOf.get(dataset) ?? []) {
      for (const row of rows) {
        const id = `${dataset} ${keys
          .split(",")
          .map((key) => `${key}=${row[key]}`)
          .join()}`;
        byMatch.set(id, (byMatch.get(id) ?? 0) + 1);
      }
    }
  }
  const steps = new Set<string>();
  for (const event of simulation.truth) {
    steps.add(event.step);
    const id = `${event.dataset} ${Object.keys(event.match)
      .sort()
      .map((key) => `${key}=${event.match[key]}`)
      .join()}`;
    assert.equal(byMatch.get(id), 1, id);
  }
  assert.equal(steps.size, 7);
});

test("the sensor's DNS analyser is silent for four hours of the third day, then two hours come in a late file", async () => {
  const simulation = await small;
  const late = simulation.files.findIndex((file) => file.path.endsWith(".written-late.log.gz"));
  const dns = simulation.files.filter((file) => /\/dns\.[0-9-]+\.log\.gz$/.test(file.path));
  assert.ok(late > simulation.files.indexOf(dns[2]!) && late < simulation.files.indexOf(dns[3]!));
  const start = simulation.weekStartMs + DNS_SICKNESS.day * DAY_MS;
  const times = (path: string): number[] => zeekRows(path).map((row) => Number(row.ts) * 1000 - start);
  const inTime = times(dns[2]!.path);
  assert.ok(
    inTime.some((ms) => ms < DNS_SICKNESS.silentFromMs) && inTime.some((ms) => ms > DNS_SICKNESS.untilMs),
  );
  assert.ok(!inTime.some((ms) => ms >= DNS_SICKNESS.silentFromMs && ms < DNS_SICKNESS.untilMs));
  const afterwards = times(simulation.files[late]!.path);
  assert.ok(afterwards.length > 50);
  assert.ok(afterwards.every((ms) => ms >= DNS_SICKNESS.lateFromMs && ms < DNS_SICKNESS.untilMs + 1));
  const conn = simulation.files.filter((file) => file.path.includes("/conn."))[2]!;
  const seen = zeekRows(conn.path)
    .filter((row) => row.service === "dns")
    .map((row) => Number(row.ts) * 1000 - start);
  assert.ok(seen.some((ms) => ms >= DNS_SICKNESS.silentFromMs && ms < DNS_SICKNESS.lateFromMs));
});

test("every look-up in dns.log is a connection in conn.log with the same id", async () => {
  const { datasets } = readAll(await small);
  const connections = new Map(datasets.get("zeek_conn")!.map((row) => [row.uid, row]));
  for (const row of datasets.get("zeek_dns")!) {
    const connection = connections.get(row.uid);
    assert.equal(connection?.ts, row.ts);
    assert.equal(connection?.["id.orig_h"], row["id.orig_h"]);
  }
});

test("only addresses kept for documentation or private use, and reserved names, appear", async () => {
  for (const file of (await small).files) {
    for (const [address] of text(file.path).matchAll(
      /(?<![\d.A-Za-z/])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\d.])/g,
    )) {
      assert.match(address, /^(10\.|127\.0\.0\.1$|192\.0\.2\.|198\.51\.100\.|203\.0\.113\.)/);
    }
  }
  const { datasets } = readAll(await small);
  for (const row of datasets.get("zeek_dns")!) assert.match(row.query!, /\.(example|in-addr\.arpa)$/);
});

test("DuckDB's own readers take the files", async () => {
  const simulation = await small;
  const database = await DuckDBInstance.create(":memory:", { threads: "2", memory_limit: "1GB" });
  const connection = await database.connect();
  const count = async (sql: string, paths: readonly string[]): Promise<bigint> => {
    const result = await connection.runAndReadAll(sql, [paths[0]!]);
    return result.getRows()[0]![0] as bigint;
  };
  for (const file of simulation.files) {
    if (file.source === "sysmon" || file.source === "idp") {
      const found = await count("select count(*) from read_json($1, format = 'newline_delimited')", [
        file.path,
      ]);
      assert.equal(found, BigInt(file.events), file.path);
    } else if (file.source === "cloudtrail") {
      const found = await count("select count(*) from (select unnest(Records) from read_json($1))", [
        file.path,
      ]);
      assert.equal(found, BigInt(file.events), file.path);
    } else if (file.source === "zeek") {
      const found = await count(
        "select count(*) from read_csv($1, delim = '\t', comment = '#', header = false, quote = '', nullstr = '-')",
        [file.path],
      );
      assert.equal(found, BigInt(file.events), file.path);
    }
  }
  connection.closeSync();
  database.closeSync();
});

test("progress rises to one, and an abort stops the writing with its reason", async () => {
  const shares: number[] = [];
  await simulate({
    seed: 1,
    endMs: END_MS,
    scale: 0.001,
    directory: join(directory, "progress"),
    onProgress: ({ share }) => shares.push(share),
  });
  assert.deepEqual(
    shares,
    [...shares].sort((left, right) => left - right),
  );
  assert.equal(shares.at(-1), 1);
  for (const workerCount of [0, 2]) {
    const stop = new AbortController();
    const reason = new Error("enough");
    const stopped = simulate({
      seed: 1,
      endMs: END_MS,
      scale: 0.05,
      directory: join(directory, `aborted-${workerCount}`),
      workerCount,
      signal: stop.signal,
      onProgress: () => stop.abort(reason),
    });
    await assert.rejects(stopped, (error) => error === reason);
  }
  await assert.rejects(simulate({ seed: 1, endMs: END_MS, scale: 0, directory }), RangeError);
});
