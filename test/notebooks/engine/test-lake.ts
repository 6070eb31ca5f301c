import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import type { Column, Dataset, Segment } from "../../../connectors/dataset/dataset.ts";
import {
  createDuckDbEngine,
  type DuckDbEngine,
  type DuckDbEngineOptions,
} from "../../../notebooks/engine/duckdb-engine.ts";

/** A lake of Parquet segments in a temporary folder, written by a DuckDB of its own, with an engine over it. */
export class TestLake {
  readonly folder = mkdtempSync(join(tmpdir(), "spoor-lake-"));
  readonly datasets = new Map<string, Dataset>();
  readonly engine: DuckDbEngine;
  #writer: Promise<DuckDBInstance> | null = null;
  #segmentCount = 0;

  constructor(options: Partial<DuckDbEngineOptions> = {}) {
    this.engine = createDuckDbEngine({
      datasets: () => [...this.datasets.values()],
      ledgerTables: [],
      temporaryDirectory: join(this.folder, "spill"),
      memoryLimit: "1GB",
      threads: 2,
      maximumConcurrent: 3,
      clock: () => performance.now(),
      ...options,
    });
  }

  async run(sql: string): Promise<readonly Record<string, unknown>[]> {
    this.#writer ??= DuckDBInstance.create(":memory:", { threads: "2", memory_limit: "1GB" });
    const connection = await (await this.#writer).connect();
    try {
      await connection.run("SET TimeZone = 'UTC'");
      return (await connection.runAndReadAll(sql)).getRowObjects() as Record<string, unknown>[];
    } finally {
      connection.closeSync();
    }
  }

  /**
   * Adds a segment made by `select`, which gives the source's columns and may give `_time`. `keys` maps column
   * names to source keys where they differ.
   */
  async add(dataset: string, select: string, keys: Readonly<Record<string, string>> = {}): Promise<Segment> {
    this.#segmentCount += 1;
    const id = `s${this.#segmentCount}`;
    const path = join(this.folder, `${dataset}-${id}.parquet`);
    const described = await this.run(`DESCRIBE ${select}`);
    const names = described.map((row) => String(row.column_name));
    const own = described.filter((row) => row.column_name !== "_time");
    const time = names.includes("_time") ? '"_time"' : "NULL";
    await this.run(`COPY (SELECT CAST(${time} AS TIMESTAMP) AS _time, TIMESTAMP '2026-01-01' + INTERVAL ${this.#segmentCount} SECOND AS _ingested,
      '${id}.json' AS _file, row_number() OVER () AS _line, * ${names.includes("_time") ? "EXCLUDE (_time)" : ""}
      FROM (${select})) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 61440)`);
    const [facts] = await this.run(
      `SELECT count(*) AS n, epoch_us(min(_time)) AS low, epoch_us(max(_time)) AS high FROM read_parquet('${path}')`,
    );
    const columns: Column[] = own.map((row) => {
      const name = String(row.column_name);
      return { name, key: keys[name] ?? name, type: String(row.column_type) };
    });
    const segment: Segment = {
      id,
      dataset,
      path,
      rowCount: Number(facts!.n),
      byteCount: 0,
      minTimeUs: facts!.low as bigint | null,
      maxTimeUs: facts!.high as bigint | null,
      ingestedUs: 0n,
      inputHashes: [id],
      columns,
    };
    const old = this.datasets.get(dataset);
    const known = new Set((old?.columns ?? []).map((column) => column.name.toLowerCase()));
    this.datasets.set(dataset, {
      name: dataset,
      source: dataset,
      columns: [
        ...(old?.columns ?? []),
        ...columns.filter((column) => !known.has(column.name.toLowerCase())),
      ],
      segments: [...(old?.segments ?? []), segment],
      version: (old?.version ?? 0) + 1,
    });
    return segment;
  }

  /** Gives columns of a dataset other types, as a commit that widened them would. */
  retype(dataset: string, types: Readonly<Record<string, string>>): void {
    const old = this.datasets.get(dataset)!;
    const columns = old.columns.map((column) => ({ ...column, type: types[column.name] ?? column.type }));
    this.datasets.set(dataset, { ...old, columns, version: old.version + 1 });
  }

  async close(): Promise<void> {
    await this.engine.close();
    (await this.#writer)?.closeSync();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
