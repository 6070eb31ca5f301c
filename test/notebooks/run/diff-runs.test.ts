import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Dataset } from "../../../connectors/dataset/dataset.ts";
import { dataHash } from "../../../notebooks/hunt/data-hash.ts";
import { KEPT_ROW_HASHES, KEPT_ROWS } from "../../../notebooks/hunt/hunt-record.ts";
import { diffKeptRows, keepRows } from "../../../notebooks/hunt/kept-rows.ts";
import { diffLines, diffRuns } from "../../../notebooks/run/diff-runs.ts";
import { pinDatasets } from "../../../notebooks/run/pin-datasets.ts";
import {
  type CellRecord,
  parseRun,
  type RunRecord,
  recordDataset,
  serializeRun,
} from "../../../notebooks/run/run-record.ts";

const COLUMNS = [
  { name: "host", type: "VARCHAR" },
  { name: "n", type: "BIGINT" },
];
type Row = { readonly host: string | null; readonly n: number };
const row = fc.record({ host: fc.constantFrom("a", "b", null), n: fc.nat(4) }, { noNullPrototype: true });
const rows = fc.array(row, { maxLength: 12 });

async function cell(
  id: number,
  given: readonly Row[],
  change: Partial<CellRecord> = {},
): Promise<CellRecord> {
  return {
    id,
    name: `cell${id}`,
    state: "done",
    message: "",
    sqlHash: "q",
    parameters: {},
    complete: true,
    dataHash: await dataHash(COLUMNS, given),
    ...(await keepRows(COLUMNS, given)),
    ...change,
  };
}

function run(cells: readonly CellRecord[], change: Partial<RunRecord> = {}): RunRecord {
  return {
    format: "spoor-run 1",
    notebook: "hunt",
    at: "2026-11-20T00:00:00.000Z",
    by: "ada",
    spoorVersion: "0.1.0",
    engineVersion: "v1",
    parameters: {},
    datasets: { logons: { version: 1, rowCount: 3, hash: "h", segments: [], columns: [] } },
    recorded: [],
    cells,
    dataHash: "d",
    complete: true,
    ...change,
  };
}

test("rows added and removed are the multiset differences, whatever the order", async () => {
  await fc.assert(
    fc.asyncProperty(rows, rows, async (before, after) => {
      const diff = await diffRuns(run([await cell(1, before)]), run([await cell(1, after)]));
      const count = (all: readonly Row[]) => {
        const counts = new Map<string, number>();
        for (const one of all) counts.set(JSON.stringify(one), (counts.get(JSON.stringify(one)) ?? 0) + 1);
        return counts;
      };
      const [old, now] = [count(before), count(after)];
      const more = (left: Map<string, number>, right: Map<string, number>) =>
        [...left].reduce((sum, [key, n]) => sum + Math.max(0, n - (right.get(key) ?? 0)), 0);
      const [added, removed] = [more(now, old), more(old, now)];
      const [told] = diff.cells;
      assert.equal(diff.same, added + removed === 0);
      assert.equal(told!.kind, added + removed === 0 ? "same" : "changed");
      if (told!.rows) {
        assert.deepEqual([told!.rows.added, told!.rows.removed], [added, removed]);
        assert.equal(told!.rows.addedRows.length, added);
        assert.equal(told!.rows.removedRows.length, removed);
      }
      const back = await diffRuns(run([await cell(1, after)]), run([await cell(1, before)]));
      assert.deepEqual(
        [back.cells[0]!.rows?.added ?? 0, back.cells[0]!.rows?.removed ?? 0],
        [removed, added],
      );
    }),
    { numRuns: 60 },
  );
});

test("a result that was cut or broke off is never the same as anything, itself included", async () => {
  const cut = await cell(1, [{ host: "a", n: 1 }], { complete: false });
  const failed = await cell(1, [], { state: "failed", message: "no such column" });
  const sound = await cell(1, [{ host: "a", n: 1 }]);
  for (const [before, after] of [
    [cut, cut],
    [sound, cut],
    [cut, sound],
    [sound, failed],
    [failed, failed],
  ] as const) {
    const diff = await diffRuns(run([before]), run([after]));
    assert.equal(diff.same, false);
    assert.equal(diff.cells[0]!.kind, "unsure");
    assert.equal(diff.cells[0]!.rows, null);
    assert.notEqual(diff.cells[0]!.message, "");
  }
});

test("rows too many to be kept are told apart by hash, and beyond that only by number", async () => {
  const many = (count: number): Row[] => Array.from({ length: count }, (_, n) => ({ host: "a", n }));
  const small = await keepRows(COLUMNS, many(KEPT_ROWS));
  assert.deepEqual([small.rows.length, small.rowHashes.length], [KEPT_ROWS, 0]);
  const hashed = await keepRows(COLUMNS, many(KEPT_ROWS + 1));
  assert.deepEqual([hashed.rows.length, hashed.rowHashes.length], [0, KEPT_ROWS + 1]);
  const mixed = await diffKeptRows(small, hashed);
  assert.deepEqual([mixed.comparable, mixed.added, mixed.removed], [true, 1, 0]);
  const large = await keepRows(COLUMNS, many(KEPT_ROW_HASHES + 1));
  const unsure = await diffKeptRows(small, large);
  assert.equal(unsure.comparable, false);
  assert.equal(unsure.added, KEPT_ROW_HASHES + 1 - KEPT_ROWS);
  const wide = await keepRows(COLUMNS, [{ host: "x".repeat(70_000), n: 1 }]);
  assert.deepEqual([wide.rows.length, wide.rowHashes.length], [0, 1]);
  assert.equal((await keepRows(COLUMNS, [{ host: "x".repeat(70_000), n: 1 }], true)).rows.length, 1);
});

test("what changed is said: data, engine, Spoor, parameters, the question, cells that came and went", async () => {
  const same = await cell(1, [{ host: "a", n: 1 }]);
  const before = run([same, await cell(2, []), await cell(3, [])], { parameters: { days: 7 } });
  const after = run([same, await cell(2, [{ host: "b", n: 2 }], { sqlHash: "other" }), await cell(4, [])], {
    engineVersion: "v2",
    spoorVersion: "0.2.0",
    parameters: { days: 8, who: "ada" },
    datasets: {
      logons: { version: 2, rowCount: 5, hash: "i", segments: [], columns: [] },
      flows: { version: 1, rowCount: 1, hash: "j", segments: [], columns: [] },
    },
  });
  assert.deepEqual(diffLines(await diffRuns(before, after)), [
    "engine: DuckDB v1 -> v2",
    "Spoor: 0.1.0 -> 0.2.0",
    "data: flows is read now and was not",
    "data: logons has other data (3 -> 5 rows)",
    "parameter days: 7 -> 8",
    'parameter who: none -> "ada"',
    "cell 2 (cell2): asks another question",
    "cell 2 (cell2): 1 rows added, 0 removed (0 -> 1)",
    "cell 4 (cell4): is new",
    "cell 3 (cell3): is gone",
  ]);
  assert.deepEqual(diffLines(await diffRuns(before, before)), []);
});

test("a lock file reads back as it was, and what a hand broke is named", async () => {
  const record = run([await cell(1, [{ host: "a", n: 1 }])]);
  const read = parseRun(serializeRun(record), "hunt.lock.json");
  assert.ok(read.ok);
  assert.deepEqual(read.value, record);
  const broken = parseRun(
    serializeRun(record).replace('"complete": true', '"complete": "yes"'),
    "hunt.lock.json",
  );
  assert.ok(!broken.ok);
  assert.match(broken.issues[0]!.place, /hunt\.lock\.json: cells\.0\.complete/);
  assert.ok(!parseRun("{", "x").ok);
});

test("pinning gives the locked segments in their order, or names those that are gone", async () => {
  const segment = (id: string) => ({
    id,
    dataset: "logons",
    path: `/${id}`,
    rowCount: 1,
    byteCount: 1,
    minTimeUs: null,
    maxTimeUs: null,
    ingestedUs: 0n,
    inputHashes: [],
    columns: [],
  });
  const dataset = (ids: readonly string[], type = "VARCHAR"): Dataset => ({
    name: "logons",
    source: "logons",
    columns: [{ name: "host", key: "host", type }],
    segments: ids.map(segment),
    version: ids.length,
  });
  const locked = run([], { datasets: { logons: await recordDataset(dataset(["b", "a"]), true) } });
  const later = pinDatasets(locked, [dataset(["a", "c", "b"], "JSON")]);
  assert.deepEqual(later.missing, {});
  assert.deepEqual(
    later.datasets[0]!.segments.map(({ id }) => id),
    ["b", "a"],
  );
  assert.equal(later.datasets[0]!.columns[0]!.type, "VARCHAR", "columns as they were");
  assert.equal(later.datasets[0]!.version, 2);
  assert.deepEqual(pinDatasets(locked, [dataset(["a", "merged"])]).missing, { logons: ["b"] });
  assert.deepEqual(pinDatasets(locked, []).missing, { logons: ["b", "a"] });
  const hash = async (ids: readonly string[]) => (await recordDataset(dataset(ids), false)).hash;
  assert.equal(await hash(["a", "b"]), await hash(["b", "a"]), "the order of segments does not matter");
  assert.notEqual(await hash(["a", "b"]), await hash(["a"]));
});
