import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Dataset } from "../../connectors/dataset/dataset.ts";
import type { DuckDbEngine } from "../../notebooks/engine/duckdb-engine.ts";
import { exportRows } from "../../notebooks/engine/export/export-rows.ts";
import { type BenchRow, engineOver, writeSegments } from "./conn-lake.ts";

const ROW_COUNT = Number(process.env.SPOOR_BENCH_ROWS ?? 10_000_000);
/** JSON's rate is measured on so many rows of them: all would take a minute each time. */
const JSON_ROWS = Math.min(ROW_COUNT, 1_000_000);
const ROUNDS = 3;
const run = promisify(execFile);

async function readArrow(engine: DuckDbEngine, sql: string): Promise<void> {
  const { stream } = await engine.arrow({ sql });
  for await (const _ of stream);
}

/** Rows a second of the quickest of some rounds. */
async function rate(rowCount: number, work: () => Promise<void>, rounds = ROUNDS): Promise<number> {
  let bestMs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) {
    const startedMs = performance.now();
    await work();
    bestMs = Math.min(bestMs, performance.now() - startedMs);
  }
  return Math.round(rowCount / (bestMs / 1000));
}

/** DuckDB's own conversion in C on the same files, or why it cannot be measured here. */
async function cRate(folder: string, dataset: Dataset, columns: string): Promise<number | string> {
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
  const [rows, milliseconds] = stdout.trim().split(" ").map(Number);
  return Math.round(rows! / (milliseconds! / 1000));
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

const NUMBERS = "_time, id_orig_p, id_resp_p, duration, orig_bytes, resp_bytes";

/** Arrow against JSON rows and against DuckDB's C conversion, first batch, and how long a new generation takes. */
export async function bench(): Promise<{ name: string; rows: readonly BenchRow[] }> {
  const folder = mkdtempSync(join(tmpdir(), "spoor-bench-"));
  try {
    const conn = await writeSegments(folder, "conn", ROW_COUNT, 5);
    const many = await writeSegments(folder, "many", 50_000, 500);
    const engine = engineOver(folder, [conn]);
    const rows: BenchRow[] = [];
    const json = await rate(
      JSON_ROWS,
      async () => {
        const sql = `SELECT * FROM conn LIMIT ${JSON_ROWS}`;
        for await (const _ of exportRows(engine, { sql }, "ndjson"));
      },
      1,
    );
    rows.push({ label: "baseline: JSON rows, all columns", value: json, unit: "rows/s", ratio: 1 });
    for (const [label, columns] of [
      ["all columns", "*"],
      ["numbers only", NUMBERS],
    ] as const) {
      const arrow = await rate(ROW_COUNT, () => readArrow(engine, `SELECT ${columns} FROM conn`));
      const ratio = columns === "*" ? arrow / json : null;
      rows.push({ label: `Arrow IPC, ${label}, against JSON`, value: arrow, unit: "rows/s", ratio });
      const c = await cRate(folder, conn, columns);
      if (typeof c === "string") {
        rows.push({ label: `skipped: C baseline (${c})`, value: 0, unit: "rows/s", ratio: null });
        continue;
      }
      rows.push({
        label: `baseline: duckdb_data_chunk_to_arrow in C, ${label}`,
        value: c,
        unit: "rows/s",
        ratio: 1,
      });
      rows.push({ label: `Arrow IPC, ${label}, against C`, value: arrow, unit: "rows/s", ratio: arrow / c });
    }
    rows.push({
      label: "first batch",
      value: await firstBatchMs(engine, "SELECT * FROM conn"),
      unit: "ms",
      ratio: null,
    });
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
