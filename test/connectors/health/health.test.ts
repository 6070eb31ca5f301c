import assert from "node:assert/strict";
import { test } from "node:test";
import type { Dataset, LoadedInput, Segment } from "../../../connectors/dataset/dataset.ts";
import { sourceHealth } from "../../../connectors/health/health.ts";
import { defaultSource } from "../../../connectors/source/defaults.ts";

const NOW_MS = Date.UTC(2026, 0, 10);
const HOUR_US = 3_600_000_000n;
const nowUs = BigInt(NOW_MS) * 1000n;

function segment(dataset: string, part: Partial<Segment>): Segment {
  return {
    id: `${dataset}-${part.ingestedUs ?? 0n}`,
    dataset,
    path: "/lake/a.parquet",
    rowCount: 5000,
    byteCount: 1,
    minTimeUs: nowUs - 3n * HOUR_US,
    maxTimeUs: nowUs - HOUR_US,
    ingestedUs: nowUs,
    inputHashes: [],
    columns: [],
    ...part,
  };
}

function dataset(name: string, segments: readonly Segment[]): Dataset {
  return { name, source: "s", columns: [], segments, version: 1 };
}

function input(part: Partial<LoadedInput>): LoadedInput {
  return {
    source: "s",
    inputHash: "h",
    file: "a.ndjson",
    format: "ndjson",
    readCount: 100,
    goodCount: 100,
    quarantinedCount: 0,
    loadedUs: nowUs,
    ...part,
  };
}

const definition = {
  ...defaultSource("s"),
  time: { fields: ["ts"], format: "auto", zone: "UTC" } as const,
  health: { maximumSilenceMs: 2 * 3_600_000, maximumQuarantinedShare: 0.01 },
};
const codes = (datasets: readonly Dataset[], inputs: readonly LoadedInput[] = []) =>
  sourceHealth({ definition, datasets, inputs, nowMs: NOW_MS }).map(
    ({ code, severity }) => `${severity} ${code}`,
  );

test("a source that sends is well", () => {
  assert.deepEqual(codes([dataset("s", [segment("s", {})])], [input({})]), []);
});

test("silence is told for the dataset that is silent, not for the one that goes on", () => {
  const silent = dataset("s_dns", [segment("s_dns", { maxTimeUs: nowUs - 5n * HOUR_US })]);
  const issues = sourceHealth({
    definition,
    datasets: [silent, dataset("s_conn", [segment("s_conn", {})])],
    inputs: [],
    nowMs: NOW_MS,
  });
  assert.deepEqual(
    issues.map(({ code }) => code),
    ["source.health.silent"],
  );
  assert.match(issues[0]!.message, /s_dns .* 5\.0 hours ago; at most 2\.0/);
});

test("too much quarantined, no event time and fields that vanish are told", () => {
  assert.deepEqual(
    codes([dataset("s", [segment("s", {})])], [input({ goodCount: 97, quarantinedCount: 3 })]),
    ["warning source.health.quarantined"],
  );
  assert.deepEqual(codes([dataset("s", [segment("s", { minTimeUs: null, maxTimeUs: null })])]), [
    "warning source.health.no-event-time",
  ]);
  const user = { name: "user", key: "user", type: "VARCHAR" };
  const old = segment("s", { columns: [user], ingestedUs: nowUs - HOUR_US });
  assert.deepEqual(codes([dataset("s", [old, segment("s", {})])]), ["warning source.health.vanished-fields"]);
  assert.deepEqual(
    codes([dataset("s", [old, segment("s", { rowCount: 20 })])]),
    [],
    "a few events say nothing",
  );
});
