import { Bench } from "tinybench";
import { MemoryRecordStore } from "../../promote/records/memory.ts";
import type { Rule } from "../../promote/rule/rule.ts";
import { evaluateHistory } from "../../promote/run/slice.ts";
import { StreamRunner } from "../../promote/run/stream.ts";
import { TestLake } from "../notebooks/engine/test-lake.ts";
import { START_US, testRule } from "../promote/run/rules.ts";

const HISTORY = 1_000_000;
const BATCH = 10_000;
const BATCH_SECONDS = 100;

/** Events `first` to `first + count`, a hundred a second. */
function events(first: number, count: number): string {
  return `SELECT TIMESTAMP '2026-01-01' + i * INTERVAL 10 MILLISECOND AS _time, 'h' || (hash(i) % 500) AS host,
    CASE WHEN hash(i, 1) % 2000 = 0 THEN 'bad' WHEN hash(i, 1) % 2000 < 20 THEN 'odd' ELSE 'good' END AS kind,
    CAST(hash(i, 2) % 1000 AS BIGINT) AS n FROM range(${first}, ${first + count}) AS t (i)`;
}

function rules(): Rule[] {
  const filters = Array.from({ length: 8 }, (_, at) =>
    testRule({ name: `filter-${at}`, sql: `SELECT * FROM events WHERE kind = 'bad' AND n % 8 = ${at}` }),
  );
  const pairs = testRule({
    name: "pairs",
    lookbackMs: 60_000,
    sql: "SELECT b._time, b.host FROM events a JOIN events b ON a.host = b.host AND a._time < b._time AND a._time >= b._time - INTERVAL 1 MINUTE WHERE a.kind = 'odd' AND b.kind = 'bad'",
  });
  const buckets = testRule({
    name: "buckets",
    lookbackMs: 60_000,
    sql: "SELECT time_bucket(INTERVAL 1 MINUTE, _time) + INTERVAL 1 MINUTE AS _time, host, count(*) AS c FROM events WHERE kind = 'odd' GROUP BY ALL HAVING count(*) >= 3",
  });
  return [...filters, pairs, buckets];
}

/** Ten rules on batches of 10,000 events after a million: slices against evaluating the whole history each time. */
export async function bench(): Promise<{
  name: string;
  rows: { label: string; value: number; unit: string; ratio: number | null }[];
}> {
  const lake = new TestLake({ maximumConcurrent: 3 });
  try {
    await lake.add("events", events(0, HISTORY));
    let batchAt = 0;
    const startMs = Number(START_US / 1000n) + (HISTORY / 100) * 1000;
    const store = new MemoryRecordStore();
    const runner = new StreamRunner({ engine: lake.engine, store, clock: () => startMs });
    for (const rule of rules()) await runner.hold(rule);
    const commit = async (): Promise<void> => {
      await lake.add("events", events(HISTORY + batchAt * BATCH, BATCH));
      batchAt += 1;
    };
    const options = { beforeEach: commit };
    const measured = new Bench({ iterations: 5, time: 0, warmup: false });
    measured.add(
      "slices",
      async () => {
        const first = HISTORY + (batchAt - 1) * BATCH;
        const eventTimesUs = Array.from(
          { length: BATCH },
          (_, at) => START_US + BigInt(first + at) * 10_000n,
        );
        await runner.onCommitted(
          { datasets: ["events"], eventTimesUs },
          startMs + batchAt * BATCH_SECONDS * 1000,
        );
      },
      options,
    );
    measured.add(
      "whole history",
      async () => {
        for (const rule of rules()) await evaluateHistory(rule, lake.engine, { clock: () => startMs });
      },
      options,
    );
    await measured.run();
    const rates = measured.tasks.map((task) => {
      const result = task.result as { latency?: { mean: number } };
      if (result.latency === undefined) throw new Error(`${task.name} did not run.`);
      return { label: task.name, value: BATCH / (result.latency.mean / 1000) };
    });
    const slowest = rates.find(({ label }) => label === "whole history")!.value;
    return {
      name: "ten rules, batches of 10,000 events on 1 M: committed batch to detections",
      rows: rates.map(({ label, value }) => ({ label, value, unit: "events/s", ratio: value / slowest })),
    };
  } finally {
    await lake.close();
  }
}
