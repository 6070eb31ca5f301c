import { Bench } from "tinybench";
import { evaluateSlice } from "../../../promote/run/slice.ts";
import { TestLake } from "../../notebooks/engine/test-lake.ts";
import { START_US, testRule } from "../../promote/run/rules.ts";
import type { BenchResult } from "./bench-result.ts";

/** The first segment, and then such as merging leaves. */
const FIRST_ROWS = 100_000;
const MERGED_ROWS = 2_000_000;
const SLICE_US = 10_000_000n;
const SIZES = [100_000, 10_000_000];

/** A thousand events a second. */
function events(first: number, until: number): string {
  return `SELECT TIMESTAMP '2026-01-01' + i * INTERVAL 1 MILLISECOND AS _time, 'h' || (hash(i) % 500) AS host,
    CASE WHEN hash(i, 1) % 2000 = 0 THEN 'bad' WHEN hash(i, 1) % 2000 < 20 THEN 'odd' ELSE 'good' END AS kind,
    CAST(hash(i, 2) % 1000 AS BIGINT) AS n FROM range(${first}, ${until}) AS t (i)`;
}

const RULES = [
  testRule({
    name: "threshold",
    lookbackMs: 60_000,
    sql: "SELECT _time, host, count(*) OVER (PARTITION BY host ORDER BY _time RANGE BETWEEN INTERVAL 1 MINUTE PRECEDING AND CURRENT ROW) AS c FROM events WHERE kind = 'odd' QUALIFY c >= 8",
  }),
  testRule({
    name: "sequence",
    lookbackMs: 60_000,
    sql: "SELECT b._time, b.host FROM events a JOIN events b ON a.host = b.host AND a._time < b._time AND a._time >= b._time - INTERVAL 1 MINUTE WHERE a.kind = 'odd' AND b.kind = 'bad'",
  }),
];

/** What one slice of window rules costs at the end of a small and of a large history. */
export async function benchWindows(): Promise<BenchResult> {
  const lake = new TestLake({ maximumConcurrent: 3 });
  try {
    const measured: { label: string; ms: number }[] = [];
    let rows = 0;
    for (const size of SIZES) {
      while (rows < size) {
        const until = Math.min(size, rows + (rows === 0 ? FIRST_ROWS : MERGED_ROWS));
        await lake.add("events", events(rows, until));
        rows = until;
      }
      const untilUs = START_US + BigInt(size) * 1000n;
      const bench = new Bench({ iterations: 30, time: 0, warmup: true, warmupIterations: 3, warmupTime: 0 });
      bench.add("slice", async () => {
        for (const rule of RULES) {
          const range = { afterUs: untilUs - SLICE_US, untilUs };
          await evaluateSlice({ rule, engine: lake.engine, ...range, clock: () => 0 });
        }
      });
      await bench.run();
      const result = bench.tasks[0]!.result as { latency?: { p50: number } };
      if (result.latency === undefined) throw new Error("the window rules did not run.");
      measured.push({ label: `a slice after ${size.toLocaleString("en-US")} rows`, ms: result.latency.p50 });
    }
    return {
      name: "threshold and sequence over a minute, slices of ten seconds: cost by what is retained",
      rows: measured.map(({ label, ms }) => ({ label, value: ms, unit: "ms", ratio: ms / measured[0]!.ms })),
    };
  } finally {
    await lake.close();
  }
}
