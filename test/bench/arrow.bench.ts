import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { Bench } from "tinybench";
import type { Dataset, Segment } from "../../connectors/dataset/dataset.ts";
import { createDuckDbEngine, type DuckDbEngine } from "../../notebooks/engine/duckdb-engine.ts";
import { exportRows } from "../../notebooks/engine/export/export-rows.ts";

/** One measured thing; `ratio` compares it with the first of its kind. */
export interface BenchRow {
  readonly label: string;
  readonly value: number;
  readonly unit: string;
  readonly ratio: number | null;
}

const ROW_COUNT = Number(process.env.SPOOR_BENCH_ROWS ?? 1_000_000);
const CONN = `SELECT TIMESTAMP '2026-01-01' + to_milliseconds(i * 60) AS _time, TIMESTAMP '2026-01-01' AS _ingested,
  'conn.log' AS _file, i AS _line,
  'C' || substr(md5(i::VARCHAR), 1, 17) AS uid, '10.0.' || (i % 250) || '.' || (hash(i) % 250) AS id_orig_h,
  (32768 + hash(i, 1) % 28000)::BIGINT AS id_orig_p, '192.168.' || (i % 7) || '.' || (i % 90) AS id_resp_h,
  [53, 80, 443, 445, 3389][1 + (hash(i, 2) % 5)::INTEGER]::BIGINT AS id_resp_p,
  ['tcp', 'udp'][1 + (i % 2)] AS proto, CASE WHEN hash(i, 3) % 3 > 0 THEN ['dns', 'http', 'ssl'][1 + (i % 3)] END AS service,
  CASE WHEN hash(i, 4) % 4 > 0 THEN (hash(i, 5) % 100000) / 1000.0 END::DOUBLE AS duration,
  (hash(i, 6) % 90000)::BIGINT AS orig_bytes, (hash(i, 7) % 900000)::BIGINT AS resp_bytes, 'SF' AS conn_state`;

async function writeSegments(
  folder: string,
  name: string,
  rowCount: number,
  count: number,
): Promise<Dataset> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "2", memory_limit: "2GB" });
  const connection = await instance.connect();
  const segments: Segment[] = [];
  const rows = Math.ceil(rowCount / count);
  let columns: Dataset["columns"] = [];
  for (let at = 0; at < count; at += 1) {
    const path = join(folder, `${name}-${at}.parquet`);
    const select = `${CONN} FROM range(${at * rows}, ${(at + 1) * rows}) r(i)`;
    await connection.run(`COPY (${select}) TO '${path}' (FORMAT parquet)`);
    if (at === 0) {
      const described = await connection.runAndReadAll(`DESCRIBE ${select}`);
      columns = described
        .getRows()
        .slice(4)
        .map((row) => ({ name: String(row[0]), key: String(row[0]), type: String(row[1]) }));
    }
    segments.push({
      id: `${name}-${at}`,
      dataset: name,
      path,
      rowCount: rows,
      byteCount: 0,
      minTimeUs: null,
      maxTimeUs: null,
      ingestedUs: 0n,
      inputHashes: [],
      columns,
    });
  }
  connection.closeSync();
  instance.closeSync();
  return { name, source: name, columns, segments, version: 1 };
}

function engineOver(folder: string, datasets: readonly Dataset[]): DuckDbEngine {
  return createDuckDbEngine({
    datasets: () => datasets,
    ledgerTables: [],
    temporaryDirectory: join(folder, "spill"),
    memoryLimit: "2GB",
    threads: 2,
    maximumConcurrent: 4,
    clock: () => performance.now(),
  });
}

async function readArrow(engine: DuckDbEngine, sql: string): Promise<number> {
  const { stream } = await engine.arrow({ sql });
  let bytes = 0;
  for await (const part of stream) bytes += part.length;
  return bytes;
}

async function firstBatchMs(engine: DuckDbEngine, sql: string): Promise<number> {
  const startedMs = performance.now();
  const reader = (await engine.arrow({ sql })).stream.getReader();
  await reader.read();
  await reader.read();
  const elapsedMs = performance.now() - startedMs;
  await reader.cancel();
  return elapsedMs;
}

async function generationMs(folder: string, dataset: Dataset): Promise<number> {
  const engine = engineOver(folder, [dataset]);
  await engine.datasetsOf("SELECT 1");
  const startedMs = performance.now();
  await engine.rows({ sql: `SELECT 1 FROM ${dataset.name} LIMIT 1` });
  const elapsedMs = performance.now() - startedMs;
  await engine.close();
  return elapsedMs;
}

/** Arrow against JSON rows on conn-like rows, first batch, and how long a new generation takes. */
export async function bench(): Promise<{ name: string; rows: readonly BenchRow[] }> {
  const folder = mkdtempSync(join(tmpdir(), "spoor-bench-"));
  try {
    const conn = await writeSegments(folder, "conn", ROW_COUNT, 5);
    const many = await writeSegments(folder, "many", 50_000, 500);
    const engine = engineOver(folder, [conn]);
    const sql = "SELECT * FROM conn";
    const tasks = new Bench({ iterations: 3, time: 0, warmup: true, warmupIterations: 1, warmupTime: 0 });
    tasks
      .add("Arrow IPC, all columns", async () => {
        await readArrow(engine, sql);
      })
      .add("Arrow IPC, numbers only", async () => {
        await readArrow(
          engine,
          "SELECT _time, id_orig_p, id_resp_p, duration, orig_bytes, resp_bytes FROM conn",
        );
      })
      .add("NDJSON rows, all columns", async () => {
        for await (const part of exportRows(engine, { sql }, "ndjson")) void part;
      });
    await tasks.run();
    const rates = tasks.tasks.map((task) => {
      const result = task.result;
      if (!("latency" in result)) throw new Error(`${task.name} was not measured`);
      return { label: task.name, value: Math.round(ROW_COUNT / (result.latency.min / 1000)) };
    });
    const json = rates.at(-1)!.value;
    const rows: BenchRow[] = rates.map((rate) => ({ ...rate, unit: "rows/s", ratio: rate.value / json }));
    rows.push({ label: "first batch", value: await firstBatchMs(engine, sql), unit: "ms", ratio: null });
    await engine.close();
    const few = await generationMs(folder, conn);
    rows.push({ label: "new generation, 5 segments, first row", value: few, unit: "ms", ratio: null });
    const most = await generationMs(folder, many);
    rows.push({
      label: "new generation, 500 segments, first row",
      value: most,
      unit: "ms",
      ratio: most / few,
    });
    return { name: `arrow, ${ROW_COUNT.toLocaleString("en")} conn rows`, rows };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
