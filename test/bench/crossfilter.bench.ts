import { Bench } from "tinybench";
import { startResultServer } from "../workbench/frame/crossfilter/result-server.ts";

interface BenchRow {
  readonly label: string;
  readonly value: number;
  readonly unit: string;
  /** How many times the baseline, where there is one. */
  readonly ratio: number | null;
}

const ROW_COUNT = Number(process.env.SPOOR_BENCH_ROWS ?? 1_000_000);
/** Half an hour of the day on which the connections lie, from its midnight. */
const SLOT = "CAST((epoch_us(_time) - 1794787200000000) // 1800000000 AS INTEGER)";
/** As a panel of few values and one of many bins ask. */
const PANELS = {
  service: "service",
  bytes: "CASE WHEN orig_bytes <= 0 THEN 0 ELSE 1 + CAST(floor(log10(orig_bytes) * 8) AS INTEGER) END",
} as const;

/** What one panel costs the server at each move of a brush: of the rows themselves, and of a pre-aggregation. */
export async function bench(): Promise<{ readonly name: string; readonly rows: readonly BenchRow[] }> {
  const server = await startResultServer(ROW_COUNT);
  try {
    const { store, opened } = server;
    const ask = async (sql: string) => {
      const stream = await store.crossfilter({ type: "arrow", sql });
      await new Response(stream).arrayBuffer();
    };
    const rows: BenchRow[] = [];
    let number = 0;
    for (const [name, expression] of Object.entries(PANELS)) {
      number += 1;
      const table = `mosaic.preagg_b${number}`;
      const startedMs = performance.now();
      await store.crossfilter({
        type: "exec",
        sql: `CREATE SCHEMA IF NOT EXISTS mosaic;\nCREATE TABLE IF NOT EXISTS ${table} AS SELECT ${SLOT} AS active0, ${expression} AS d0, count(*)::DOUBLE AS n FROM "${opened.id}" GROUP BY ALL`,
      });
      const madeMs = performance.now() - startedMs;
      let move = 0;
      const range = () => {
        move += 1;
        return `BETWEEN ${move % 24} AND ${(move % 24) + 12}`;
      };
      const tiny = new Bench({
        time: 1000,
        iterations: 10,
        warmup: true,
        warmupIterations: 2,
        warmupTime: 100,
      });
      tiny.add("plain", () =>
        ask(
          `SELECT ${expression} AS d0, count(*)::DOUBLE AS n FROM "${opened.id}" WHERE ${SLOT} ${range()} GROUP BY d0`,
        ),
      );
      tiny.add("pre-aggregated", () =>
        ask(`SELECT d0, sum(n)::DOUBLE AS n FROM ${table} WHERE active0 ${range()} GROUP BY d0`),
      );
      await tiny.run();
      const median = (task: number) => (tiny.tasks[task]!.result as { latency: { p50: number } }).latency.p50;
      rows.push(
        { label: `brush, ${name}: of the rows`, value: median(0), unit: "ms", ratio: null },
        {
          label: `brush, ${name}: pre-aggregated`,
          value: median(1),
          unit: "ms",
          ratio: median(0) / median(1),
        },
        { label: `${name}: making the pre-aggregation, once`, value: madeMs, unit: "ms", ratio: null },
      );
    }
    return {
      name: `crossfilter over ${ROW_COUNT.toLocaleString("en-US")} rows, one panel, server side`,
      rows,
    };
  } finally {
    await server.close();
  }
}
