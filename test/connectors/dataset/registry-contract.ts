import assert from "node:assert/strict";
import { test } from "node:test";
import type {
  Column,
  DatasetCommit,
  DatasetRegistry,
  LoadedInput,
  Segment,
} from "../../../connectors/dataset/dataset.ts";

const COLUMNS: readonly Column[] = [
  { name: "User", key: "User", type: "VARCHAR" },
  { name: "count_2", key: "Count", type: "BIGINT" },
];

function segment(id: string, dataset: string, rowCount = 3): Segment {
  return {
    id,
    dataset,
    path: `/lake/${dataset}/${id}.parquet`,
    rowCount,
    byteCount: 1_000,
    minTimeUs: 1_700_000_000_000_001n,
    maxTimeUs: null,
    ingestedUs: 1_800_000_000_123_456n,
    inputHashes: [`hash-${id}`],
    columns: COLUMNS,
  };
}

function input(hash: string, source = "logs"): LoadedInput {
  return {
    source,
    inputHash: hash,
    file: "a.ndjson",
    format: "ndjson",
    readCount: 4,
    goodCount: 3,
    quarantinedCount: 1,
    loadedUs: 1_800_000_000_123_456n,
  };
}

function change(parts: Partial<DatasetCommit>): DatasetCommit {
  return {
    source: "logs",
    segmentsAdded: [],
    segmentIdsRemoved: [],
    columns: new Map(),
    inputs: [],
    quarantined: [],
    ...parts,
  };
}

/** What every dataset registry must do, as tests; call it once for each way to keep one. */
export function registryContract(
  name: string,
  makeRegistry: () => DatasetRegistry | Promise<DatasetRegistry>,
): void {
  test(`${name}: is empty at first`, async () => {
    const registry = await makeRegistry();
    assert.deepEqual(registry.list(), []);
    assert.equal(registry.get("logs"), undefined);
    assert.equal(registry.hasInput("logs", "h"), false);
    assert.equal(registry.spoolPosition("logs"), undefined);
  });

  test(`${name}: keeps segments, columns and inputs exactly`, async () => {
    const registry = await makeRegistry();
    registry.commit(
      change({
        segmentsAdded: [segment("one", "logs"), segment("two", "logs_dns")],
        columns: new Map([
          ["logs", COLUMNS],
          ["logs_dns", COLUMNS.slice(0, 1)],
        ]),
        inputs: [input("h1")],
      }),
    );
    assert.deepEqual(
      registry
        .list()
        .map((dataset) => dataset.name)
        .sort(),
      ["logs", "logs_dns"],
    );
    const dataset = registry.get("logs");
    assert.equal(dataset?.source, "logs");
    assert.deepEqual(dataset?.columns, COLUMNS);
    assert.deepEqual(dataset?.segments, [segment("one", "logs")]);
    assert.equal(registry.hasInput("logs", "h1"), true);
    assert.equal(registry.hasInput("logs", "h2"), false);
    assert.equal(registry.hasInput("other", "h1"), false, "an input belongs to its source");
  });

  test(`${name}: a repeated commit changes nothing`, async () => {
    const registry = await makeRegistry();
    const first = change({
      segmentsAdded: [segment("one", "logs")],
      columns: new Map([["logs", COLUMNS]]),
      inputs: [input("h1")],
    });
    registry.commit(first);
    const before = registry.get("logs");
    registry.commit(first);
    assert.deepEqual(registry.get("logs"), before);
  });

  test(`${name}: the version grows by one with each change of segments or columns`, async () => {
    const registry = await makeRegistry();
    registry.commit(
      change({ segmentsAdded: [segment("one", "logs")], columns: new Map([["logs", COLUMNS]]) }),
    );
    const first = registry.get("logs")!.version;
    registry.commit(change({ segmentsAdded: [segment("two", "logs")] }));
    assert.equal(registry.get("logs")!.version, first + 1);
    registry.commit(change({ inputs: [input("only-an-input")] }));
    assert.equal(registry.get("logs")!.version, first + 1, "inputs alone are no change of the dataset");
    registry.commit(
      change({ columns: new Map([["logs", [...COLUMNS, { name: "x", key: "x", type: "JSON" }]]]) }),
    );
    assert.equal(registry.get("logs")!.version, first + 2);
    assert.equal(registry.get("logs")!.columns.length, 3);
    assert.equal(registry.get("logs")!.segments.length, 2);
  });

  test(`${name}: replaces segments in one commit`, async () => {
    const registry = await makeRegistry();
    registry.commit(
      change({
        segmentsAdded: [segment("one", "logs"), segment("two", "logs")],
        columns: new Map([["logs", COLUMNS]]),
      }),
    );
    registry.commit(
      change({ segmentsAdded: [segment("both", "logs", 6)], segmentIdsRemoved: ["one", "two"] }),
    );
    assert.deepEqual(
      registry.get("logs")!.segments.map((s) => s.id),
      ["both"],
    );
    assert.deepEqual(registry.get("logs")!.columns, COLUMNS, "columns stay when a commit names none");
  });

  test(`${name}: a spool position moves with its commit`, async () => {
    const registry = await makeRegistry();
    registry.commit(
      change({
        segmentsAdded: [segment("one", "logs")],
        spoolPosition: { source: "logs", byteOffset: 120, file: "1.spool" },
      }),
    );
    const position = registry.spoolPosition("logs");
    assert.deepEqual(
      { byteOffset: position?.byteOffset, file: position?.file },
      { byteOffset: 120, file: "1.spool" },
    );
  });
}
