import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { DuckDBInstance } from "@duckdb/node-api";
import { parse } from "yaml";
import type { Dataset, DatasetCommit, DatasetRegistry } from "../../../connectors/dataset/dataset.ts";
import { loadFiles } from "../../../connectors/load/load.ts";
import { defaultSource } from "../../../connectors/source/defaults.ts";
import type { SourceDefinition } from "../../../connectors/source/source.ts";
import { datasetSelect } from "../../../notebooks/catalog/dataset-view.ts";
import { writeDemoWorkspace } from "../../../server/demo/demo.ts";

const directory = mkdtempSync(join(tmpdir(), "spoor-demo-load-"));
after(() => rmSync(directory, { recursive: true, force: true }));

/** Keeps what is committed, as a ledger would. */
function keptInMemory(): DatasetRegistry {
  const datasets = new Map<string, Dataset>();
  const of = (name: string, source: string): Dataset =>
    datasets.get(name) ?? { name, source, columns: [], segments: [], version: 0 };
  return {
    list: () => [...datasets.values()],
    get: (name) => datasets.get(name),
    hasInput: () => false,
    spoolPosition: () => undefined,
    commit(change: DatasetCommit) {
      for (const segment of change.segmentsAdded) {
        const dataset = of(segment.dataset, change.source);
        const kept = dataset.segments.filter(({ id }) => !change.segmentIdsRemoved.includes(id));
        datasets.set(segment.dataset, { ...dataset, segments: [...kept, segment] });
      }
      for (const [name, columns] of change.columns) {
        datasets.set(name, {
          ...of(name, change.source),
          columns,
          version: of(name, change.source).version + 1,
        });
      }
    },
  };
}

/** Every key of `given` is a key of `known`, at each depth. */
function assertKeys(given: object, known: object, place: string): void {
  for (const [key, value] of Object.entries(given)) {
    assert.ok(key in known, `${place}.${key} is no field of a source`);
    const expected = (known as Record<string, unknown>)[key];
    if (expected !== null && typeof expected === "object" && !Array.isArray(expected)) {
      assertKeys(value as object, expected, `${place}.${key}`);
    }
  }
}

test("the product's own loader takes the demo's logs with the demo's own definitions, and the rules find their truth", async () => {
  const demo = await writeDemoWorkspace({
    directory,
    seed: 7717,
    nowMs: Date.parse("2026-11-24T10:00:00Z"),
    scale: 0.005,
  });
  const registry = keptInMemory();
  for (const [source, folder] of Object.entries(demo.folders)) {
    const yaml = readFileSync(join(directory, "sources", source, "source.yaml"), "utf8");
    const definition = parse(yaml) as SourceDefinition;
    assert.equal(definition.name, source);
    assertKeys(definition, defaultSource(source), source);
    const { report } = await loadFiles({
      definition,
      name: source,
      paths: [folder],
      lakeDirectory: join(directory, "lake"),
      scratchDirectory: join(directory, "scratch"),
      registry,
      clock: () => demo.weekEndMs,
    });
    const files = demo.files.filter((file) => file.source === source);
    const sum = (key: "events" | "malformed"): number => files.reduce((total, file) => total + file[key], 0);
    assert.deepEqual(report.inference.issues, []);
    assert.equal(report.good, sum("events"), source);
    assert.equal(report.quarantined, sum("malformed"), source);
  }
  assert.deepEqual(
    registry
      .list()
      .map(({ name }) => name)
      .sort(),
    ["cloudtrail", "idp", "sysmon", "winauth", "zeek_conn", "zeek_dns"],
  );

  const database = await DuckDBInstance.create(":memory:", { threads: "2", memory_limit: "1GB" });
  const connection = await database.connect();
  await connection.run("set timezone = 'UTC'");
  for (const dataset of registry.list()) {
    await connection.run(`create view ${dataset.name} as ${datasetSelect(dataset)}`);
    const timeless = await connection.runAndReadAll(
      `select count(*) from ${dataset.name} where _time is null`,
    );
    assert.deepEqual(timeless.getRows(), [[0n]], `${dataset.name} has rows without a time`);
  }
  const found: Record<string, number> = {};
  for (const rule of readdirSync(join(directory, "rules"))) {
    const sql = readFileSync(join(directory, "rules", rule, "rule.sql"), "utf8");
    found[rule] = (await connection.runAndReadAll(sql)).currentRowCount;
  }
  assert.deepEqual(found, {
    "encoded-powershell": 464,
    "night-upload-to-a-rare-address": 5,
    "session-in-two-countries": 6,
  });
  connection.closeSync();
  database.closeSync();
});
