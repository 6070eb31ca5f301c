import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tableFromIPC } from "@uwdata/flechette";
import type { DuckDbEngine } from "../../notebooks/engine/duckdb-engine.ts";
import type { ResultWindow } from "../../notebooks/result/result.ts";
import { ResultStore } from "../../notebooks/result/result-store.ts";
import { type BenchRow, connSegments, engineOver } from "./conn-lake.ts";

const ROW_COUNT = Number(process.env.SPOOR_BENCH_ROWS ?? 10_000_000);
/** The small dataset is one of so many segments. */
const SEGMENTS = 10;
const FEW_ROWS = Math.ceil(ROW_COUNT / SEGMENTS);
const ROUNDS = 7;

/** The median of some rounds, milliseconds. */
async function median(work: (round: number) => Promise<unknown>, rounds = ROUNDS): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const startedMs = performance.now();
    await work(round);
    times.push(performance.now() - startedMs);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!;
}

async function drain(stream: ReadableStream<Uint8Array>): Promise<number> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return tableFromIPC(new Uint8Array(Buffer.concat(parts))).numRows;
}

/** Time to the first rows of a fresh result, which is then stopped. */
async function firstRowsMs(store: ResultStore, sql: string): Promise<number> {
  return median(async () => {
    const { opened, stream } = await store.open({ sql, useKept: false });
    const reader = stream.getReader();
    await reader.read();
    await reader.read();
    await reader.cancel();
    store.cancel(opened.id);
    while (store.state(opened.id)?.phase === "running")
      await new Promise((resolve) => setTimeout(resolve, 2));
  });
}

async function whole(store: ResultStore, sql: string): Promise<string> {
  const { opened, stream } = await store.open({ sql });
  await drain(stream);
  while (store.state(opened.id)!.phase === "running") await new Promise((resolve) => setTimeout(resolve, 20));
  return opened.id;
}

async function offsetMs(engine: DuckDbEngine, sql: string): Promise<number> {
  return median(async () => void (await engine.rows({ sql })), 2);
}

/** Opening, reading, sorting and summarising kept results, against asking the query again for each of it. */
export async function bench(): Promise<{ name: string; rows: readonly BenchRow[] }> {
  const folder = mkdtempSync(join(tmpdir(), "spoor-bench-"));
  try {
    const conn = await connSegments("conn", ROW_COUNT, SEGMENTS);
    const part = { ...conn, name: "part", segments: conn.segments.slice(0, 1) };
    const engine = engineOver(folder, [conn, part]);
    let ids = 0;
    const store = new ResultStore({
      engine,
      directory: folder,
      clock: () => performance.now(),
      newId: () => `result_${++ids}`,
    });
    const rows: BenchRow[] = [];
    const add = (label: string, value: number, ratio: number | null = null, unit = "ms") =>
      rows.push({ label, value, unit, ratio });
    await whole(store, "SELECT 1 AS one");
    const few = await firstRowsMs(store, "SELECT * FROM part");
    add(`first rows of ${FEW_ROWS.toLocaleString("en")}`, few);
    const all = await firstRowsMs(store, "SELECT * FROM conn");
    add(`first rows of ${ROW_COUNT.toLocaleString("en")}`, all, all / few);
    const startedMs = performance.now();
    const id = await whole(store, "SELECT * FROM conn");
    const takenMs = performance.now() - startedMs;
    add("every row kept", ROW_COUNT / (takenMs / 1000), null, "rows/s");
    add("opened again, kept", await median(() => whole(store, "SELECT * FROM conn")));
    const read = async (window: ResultWindow) => drain((await store.rows(id, window))!.stream);
    const deep = Math.floor(ROW_COUNT * 0.87);
    const again = await offsetMs(engine, `SELECT * FROM conn LIMIT 200 OFFSET ${deep}`);
    add("baseline: the query again with LIMIT 200 OFFSET", again, 1);
    const window = await median((round) => read({ offset: deep + round * 300, limit: 200 }));
    add("window of 200 rows, deep", window, again / window);
    const sort = [{ column: "duration", descending: true }] as const;
    const sorted = await offsetMs(
      engine,
      `SELECT * FROM conn ORDER BY duration DESC LIMIT 200 OFFSET ${deep}`,
    );
    add("baseline: the query again with ORDER BY and OFFSET", sorted, 1);
    add("first rows of a sort", await median(() => read({ offset: 0, limit: 100, sort }), 1));
    const later = await median((round) => read({ offset: deep + round * 300, limit: 200, sort }));
    add("window of 200 rows of a sort, deep", later, sorted / later);
    const text = [{ column: "uid", descending: false }] as const;
    add("first rows of a sort by text", await median(() => read({ offset: 0, limit: 100, sort: text }), 1));
    const filters = [{ column: "id_resp_h", test: "in", values: ["192.168.3.17"] }] as const;
    add("first rows of a filter", await median(() => read({ offset: 0, limit: 100, filters }), 1));
    const summarize = await offsetMs(engine, "SUMMARIZE conn");
    add("baseline: SUMMARIZE of all columns, a column", summarize / 15, 1);
    for (const column of ["_time", "duration", "orig_bytes", "proto", "id_resp_h", "id_orig_h", "uid"]) {
      const taken = await median(async () => void (await store.summary(id, { columns: [column] })), 3);
      add(`summary of ${column}`, taken, summarize / 15 / taken);
    }
    const cross = async (sql: string) => drain((await store.crossfilter({ type: "arrow", sql }))!);
    await store.crossfilter({
      type: "exec",
      sql: `CREATE TABLE IF NOT EXISTS mosaic.preagg_1 AS SELECT proto, count(*)::INTEGER AS c, floor(duration * 6)::INTEGER AS active0 FROM "${id}" GROUP BY ALL`,
    });
    const brush = (round: number) => `BETWEEN ${round * 10} AND ${round * 10 + 200}`;
    const plain = await median((round) =>
      cross(
        `SELECT proto, count(*)::INTEGER AS c FROM "${id}" WHERE floor(duration * 6)::INTEGER ${brush(round)} GROUP BY ALL`,
      ),
    );
    add("baseline: a brush over the result", plain, 1);
    const brushed = await median((round) =>
      cross(
        `SELECT proto, sum(c)::INTEGER AS c FROM mosaic.preagg_1 WHERE active0 ${brush(round)} GROUP BY ALL`,
      ),
    );
    add("a brush over its pre-aggregation", brushed, plain / brushed);
    await store.close();
    await engine.close();
    return { name: `result, ${ROW_COUNT.toLocaleString("en")} conn rows`, rows };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
