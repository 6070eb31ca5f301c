import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { DatasetCommit, Segment } from "../../../connectors/dataset/dataset.ts";
import { runBatch } from "../../../promote/run/batch-run.ts";
import { LedgerArrivals } from "../../../server/ledger/arrival-log.ts";
import { LedgerDatasetRegistry } from "../../../server/ledger/dataset-registry.ts";
import { Ledger } from "../../../server/ledger/ledger.ts";
import { LedgerRecordStore } from "../../../server/ledger/record-store.ts";
import { TestLake } from "../../notebooks/engine/test-lake.ts";
import { sampleDetection } from "../../promote/records/record-store-contract.ts";
import { eventsSelect, START_US, testRule } from "../../promote/run/rules.ts";

const folder = mkdtempSync(join(tmpdir(), "spoor-arrivals-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** TestLake gives its n-th segment the `_ingested` of 2026 and n seconds. */
const ingestedUs = (segment: number): bigint => START_US + BigInt(segment) * 1_000_000n;

function commitOf(segment: Segment, of: Partial<DatasetCommit>): DatasetCommit {
  return {
    source: "events",
    segmentsAdded: [segment],
    segmentIdsRemoved: [],
    columns: new Map([["events", segment.columns]]),
    inputs: [],
    quarantined: [],
    spoolPosition: { source: "events", file: "f", byteOffset: Number(segment.id.slice(1)) },
    ...of,
  };
}

test("detections are numbered as they come, change and are withdrawn; a rule's own are no news to it", async () => {
  const ledger = Ledger.open(join(folder, "detections.sqlite"));
  const store = new LedgerRecordStore(ledger);
  const lake = new TestLake({ datasets: () => [] });
  const arrivals = new LedgerArrivals(ledger, lake.engine);
  const times = async (after: bigint, reader?: string) => {
    const found = await arrivals.timesAfter("detections", after, 1_000_000n, reader);
    return [found.until, found.times.map(({ timeUs, count }) => [timeUs / 1_000_000n, count])];
  };
  const second = (at: bigint) => at * 1_000_000n;
  try {
    assert.equal(await arrivals.latest("detections"), 0n);
    const first = sampleDetection("one", { rule: "a", eventTimeUs: second(10n) + 5n });
    store.putDetections([first, sampleDetection("two", { rule: "b", eventTimeUs: second(-1n) + 5n })]);
    assert.deepEqual(await times(0n), [
      2n,
      [
        [-1n, 1],
        [10n, 1],
      ],
    ]);
    assert.deepEqual(await times(0n, "a"), [2n, [[-1n, 1]]]);
    store.putDetections([first]);
    assert.deepEqual(await times(2n), [2n, []], "the same again is no change");
    store.putDetections([{ ...first, rowsHash: "other" }]);
    assert.deepEqual(await times(2n), [3n, [[10n, 1]]]);
    const { rule, ruleVersion } = first;
    const slice = { rule, ruleVersion, afterUs: second(9n), untilUs: second(11n) };
    store.withdrawDetections(slice, new Set(), 5, "gone");
    assert.deepEqual(await times(3n), [4n, [[10n, 1]]]);
    assert.equal(await arrivals.latest("withdrawn_detections"), 4n);
  } finally {
    await lake.close();
    ledger.close();
  }
});

test("what waited in the spool behind a long load is seen by a batch rule, however long it waited", async () => {
  const ledger = Ledger.open(join(folder, "a.sqlite"));
  const registry = new LedgerDatasetRegistry(ledger, folder);
  const store = new LedgerRecordStore(ledger);
  const lake = new TestLake({ datasets: () => registry.list() });
  const arrivals = new LedgerArrivals(ledger, lake.engine);
  const rule = testRule({
    sql: "SELECT * FROM events WHERE kind = 'bad'",
    run: { mode: "batch", cron: "* * * * *", zone: "UTC" },
  });
  const clock = () => Number(START_US / 1000n) + 3_600_000;
  const run = () => runBatch({ rule, engine: lake.engine, store, clock, arrivals });
  const add = (second: number) =>
    lake.add("events", eventsSelect([{ second, host: `h${second}`, kind: "bad", n: 1 }]));
  try {
    const waited = await add(10);
    const begun = await add(20);
    registry.commit(commitOf({ ...begun, ingestedUs: ingestedUs(2) }, {}));
    // A load that began hours later is committed and looked at first.
    const load = await lake.add("events", eventsSelect([{ second: 30, host: "h30", kind: "bad", n: 1 }]));
    await lake.run(`COPY (SELECT * REPLACE (TIMESTAMP '2026-01-01 05:00:00' AS _ingested) FROM read_parquet('${load.path}'))
      TO '${load.path}.late' (FORMAT parquet)`);
    const laterUs = START_US + 5n * 3_600_000_000n;
    registry.commit(commitOf({ ...load, path: `${load.path}.late`, ingestedUs: laterUs }, {}));
    assert.equal((await run()).inserted.length, 2);
    registry.commit(commitOf({ ...waited, ingestedUs: ingestedUs(1) }, { ingestedFromUs: ingestedUs(1) }));
    const second = await run();
    assert.deepEqual(
      second.inserted.map(({ entities, late }) => [entities.host, late]),
      [["h10", true]],
    );
    assert.equal((await run()).runs.length, 0);
    assert.equal(await arrivals.latest("events"), 3n);
    // A compaction brings nothing new.
    const merged = registry.get("events")!.segments[0]!;
    registry.commit({
      ...commitOf({ ...merged, id: "merged" }, { segmentIdsRemoved: [merged.id] }),
      spoolPosition: undefined as never,
    });
    assert.equal(await arrivals.latest("events"), 3n);
    assert.equal((await run()).runs.length, 0);
  } finally {
    await lake.close();
    ledger.close();
  }
});

test("many arrivals far apart are read in few ranges, and none is missed", async () => {
  const ledger = Ledger.open(join(folder, "b.sqlite"));
  const registry = new LedgerDatasetRegistry(ledger, folder);
  const lake = new TestLake({ datasets: () => registry.list() });
  const arrivals = new LedgerArrivals(ledger, lake.engine);
  try {
    for (let at = 1; at <= 40; at += 1) {
      const segment = await lake.add("events", eventsSelect([{ second: at, host: "h", kind: "x", n: at }]));
      if (at % 2 === 0) registry.commit(commitOf({ ...segment, ingestedUs: ingestedUs(at) }, {}));
    }
    const found = await arrivals.timesAfter("events", 5n, 1n);
    assert.equal(found.until, 20n);
    const wanted = Array.from({ length: 15 }, (_, at) => START_US + BigInt(12 + 2 * at) * 1_000_000n);
    for (const timeUs of wanted)
      assert.ok(found.times.some((time) => time.timeUs === timeUs && time.count === 1));
    assert.deepEqual(await arrivals.timesAfter("events", 20n, 1n), { until: 20n, times: [] });
  } finally {
    await lake.close();
    ledger.close();
  }
});
