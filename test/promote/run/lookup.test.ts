import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryRecordStore } from "../../../promote/records/memory.ts";
import { proveStream } from "../../../promote/run/prove.ts";
import { evaluateHistory } from "../../../promote/run/slice.ts";
import { StreamRunner } from "../../../promote/run/stream.ts";
import { TestLake } from "../../notebooks/engine/test-lake.ts";
import { GENERATED, START_US, testRule } from "./rules.ts";

const SQL = `SELECT e._time, e.host, e.n FROM events e WHERE e.kind = 'bad'
  AND e.host IN (SELECT host FROM assets WHERE tier = 'high')`;
const START_MS = Number(START_US / 1000n);

/** The assets have no time, or were written down long before any event. */
const LOOKUPS = {
  "without a time": {
    select: "SELECT 'h' || i AS host, if(i < 3, 'high', 'low') AS tier FROM range(8) t (i)",
  },
  "declared as one": {
    select: `SELECT TIMESTAMP '2020-01-01' AS _time, 'h' || i AS host, if(i < 3, 'high', 'low') AS tier FROM range(8) t (i)`,
    lookups: ["assets"],
  },
};

for (const [name, lookup] of Object.entries(LOOKUPS)) {
  test(`a lookup ${name} is seen whole and waited for by nobody`, async () => {
    const lake = new TestLake();
    try {
      await lake.add("assets", lookup.select);
      await lake.add("events", `SELECT * FROM (${GENERATED}) WHERE _time < TIMESTAMP '2026-01-01 00:10:00'`);
      const rule = testRule({ sql: SQL, ...("lookups" in lookup ? { lookups: lookup.lookups } : {}) });
      const store = new MemoryRecordStore();
      const runner = new StreamRunner({ engine: lake.engine, store, clock: () => START_MS });
      await runner.hold(rule);
      await lake.add("events", `SELECT * FROM (${GENERATED}) WHERE _time >= TIMESTAMP '2026-01-01 00:10:00'`);
      await runner.lookAgain(START_MS + 8 * 3_600_000);
      await runner.advance(START_MS + 9 * 3_600_000);
      const proof = await proveStream({
        rule,
        engine: lake.engine,
        datasets: [...lake.datasets.values()],
        engineVersion: "x",
        seed: 3,
        sliceCount: 40,
        clock: () => 0,
      });
      assert.ok(proof.holds, proof.reason);
      const afterUs = START_US + 600_000_000n;
      const batch = (await evaluateHistory(rule, lake.engine, { clock: () => 0 })).detections.filter(
        ({ eventTimeUs }) => eventTimeUs > afterUs,
      );
      assert.ok(batch.length > 20);
      assert.deepEqual(
        store
          .detections({ afterUs })
          .map(({ id }) => id)
          .sort(),
        batch.map(({ id }) => id).sort(),
      );
    } finally {
      await lake.close();
    }
  });
}
