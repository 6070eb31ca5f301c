import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Dataset } from "../../connectors/dataset/dataset.ts";
import type { DuckDbEngine } from "../../notebooks/engine/duckdb-engine.ts";
import { exportRows } from "../../notebooks/engine/export/export-rows.ts";
import { type BenchRow, connSegments, engineOver } from "./conn-lake.ts";

const ROW_COUNT = Number(process.env.SPOOR_BENCH_ROWS ?? 10_000_000);
/** JSON's rate is measured on so many rows of them: all would take minutes. */
const JSON_ROWS = Math.min(ROW_COUNT, 250_000);
/** The first of so many segments is the small dataset. */
const SEGMENTS = 10;
const ROUNDS = 3;
const run = promisify(execFile);

async function readArrow(engine: DuckDbEngine, sql: string): Promise<void> {
  const { stream } = await engine.arrow({ sql });
  for await (const _ of stream);
}

/** Rows a second, by the clock and by the time that all threads together computed. */
interface Rate {
  readonly clock: number;
  readonly processor: number;
}

function rateOf(rowCount: number, clockMs: number, processorMs: number): Rate {
  const rate = (milliseconds: number) => Math.round(rowCount / (milliseconds / 1000));
  return { clock: rate(clockMs), processor: rate(processorMs) };
}

/** The rate of the quickest of some rounds. */
async function rate(rowCount: number, work: () => Promise<void>, rounds = ROUNDS): Promise<Rate> {
  let [bestMs, bestProcessorMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < rounds; round += 1) {
    const startedMs = performance.now();
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    bestMs = Math.min(bestMs, performance.now() - startedMs);
    bestProcessorMs = Math.min(bestProcessorMs, (user + system) / 1000);
  }
  return rateOf(rowCount, bestMs, bestProcessorMs);
}

/** DuckDB's own conversion in C on the same files, or why it cannot be measured here. */
async function cRate(folder: string, dataset: Dataset, columns: string): Promise<Rate | string> {
  const library = join(
    import.meta.dirname,
    "../../node_modules/@duckdb",
    `node-bindings-${process.platform}-${process.arch}`,
    "libduckdb.so",
  );
  const program = join(folder, "baseline");
  try {
    const source = join(import.meta.dirname, "arrow-baseline.c");
    await run("cc", ["-O2", "-o", program, source, library, `-Wl,-rpath,${join(library, "..")}`]);
  } catch {
    return "no C compiler or no libduckdb.so";
  }
  const paths = dataset.segments.map((segment) => `'${segment.path}'`).join(", ");
  const { stdout } = await run(program, ["2", `SELECT ${columns} FROM read_parquet([${paths}])`]);
  const [rows, clockMs, processorMs] = stdout.trim().split(" ").map(Number);
  return rateOf(rows!, clockMs!, processorMs!);
}

/** The median time to the first rows of some rounds. */
async function firstBatchMs(engine: DuckDbEngine, sql: string): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 7; round += 1) {
    const startedMs = performance.now();
    const reader = (await engine.arrow({ sql })).stream.getReader();
    await reader.read();
    await reader.read();
    times.push(performance.now() - startedMs);
    await reader.cancel();
  }
  return times.sort((a, b) => a - b)[3]!;
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

const NUMBERS = "_time, id_orig_p, id_resp_p, duration, orig_bytes, resp_bytes";

/** Arrow against JSON rows and against DuckDB's C conversion, first batch, and how long a new generation takes. */
export async function bench(): Promise<{ name: string; rows: readonly BenchRow[] }> {
  const folder = mkdtempSync(join(tmpdir(), "spoor-bench-"));
  try {
    const conn = await connSegments("conn", ROW_COUNT, SEGMENTS);
    const part = { ...conn, name: "part", segments: conn.segments.slice(0, 1) };
    const many = await connSegments("many", 50_000, 500);
    const engine = engineOver(folder, [conn, part]);
    const rows: BenchRow[] = [];
    const json = await rate(
      JSON_ROWS,
      async () => {
        const sql = `SELECT * FROM conn LIMIT ${JSON_ROWS}`;
        for await (const _ of exportRows(engine, { sql }, "ndjson"));
      },
      1,
    );
    const add = (label: string, value: number, ratio: number | null, unit = "rows/s") =>
      rows.push({ label, value, unit, ratio });
    add("baseline: JSON rows, all columns", json.clock, 1);
    for (const [label, columns] of [
      ["all columns", "*"],
      ["numbers only", NUMBERS],
    ] as const) {
      const arrow = await rate(ROW_COUNT, () => readArrow(engine, `SELECT ${columns} FROM conn`));
      if (columns === "*") add("Arrow IPC, all columns, against JSON", arrow.clock, arrow.clock / json.clock);
      const c = await cRate(folder, conn, columns);
      if (typeof c === "string") {
        add(`skipped: duckdb_data_chunk_to_arrow in C (${c})`, 0, null);
        continue;
      }
      add(`baseline: duckdb_data_chunk_to_arrow in C, ${label}`, c.clock, 1);
      add(`Arrow IPC, ${label}, against C`, arrow.clock, arrow.clock / c.clock);
      const second = "rows/s of a core";
      add(`baseline: C by processor time, ${label}`, c.processor, 1, second);
      add(`Arrow IPC by processor time, ${label}`, arrow.processor, arrow.processor / c.processor, second);
    }
    const count = (number: number) => Math.round(number).toLocaleString("en");
    const first = await firstBatchMs(engine, "SELECT * FROM part");
    rows.push({ label: `first rows of ${count(ROW_COUNT / SEGMENTS)}`, value: first, unit: "ms", ratio: 1 });
    const firstOfAll = await firstBatchMs(engine, "SELECT * FROM conn");
    rows.push({
      label: `first rows of ${count(ROW_COUNT)}`,
      value: firstOfAll,
      unit: "ms",
      ratio: firstOfAll / first,
    });
    await engine.close();
    const few = await generationMs(folder, conn);
    rows.push({ label: "new generation, 10 segments, first row", value: few, unit: "ms", ratio: null });
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
