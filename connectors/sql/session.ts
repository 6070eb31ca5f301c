import { mkdirSync } from "node:fs";
import { type DuckDBConnection, DuckDBInstance, type DuckDBValue } from "@duckdb/node-api";

/** A DuckDB of its own, in memory, for one load, drain or compaction. Spills into `scratchDirectory`. */
export interface SqlSession {
  /** Runs one statement; values are bound as `$1`, `$2`, … */
  run(sql: string, values?: readonly DuckDBValue[]): Promise<void>;
  /** Rows as arrays in column order; 64-bit integers are bigint. */
  rows(sql: string, values?: readonly DuckDBValue[]): Promise<DuckDBValue[][]>;
  /** The values of the first column. */
  column(sql: string): Promise<DuckDBValue[]>;
  /** Sets a variable that SQL reads with `getvariable('name')`, where DuckDB takes no parameter. */
  set(
    name: "shape" | "source" | "target" | "files" | "ingested" | "path" | "zone",
    value: DuckDBValue,
  ): Promise<void>;
  close(): void;
}

export interface SessionOptions {
  readonly scratchDirectory: string;
  /** DuckDB's notation: `2GB`. */
  readonly memoryLimit: string;
  readonly threads: number;
}

export async function openSession(options: SessionOptions): Promise<SqlSession> {
  mkdirSync(options.scratchDirectory, { recursive: true });
  const instance = await DuckDBInstance.create(":memory:", {
    threads: String(options.threads),
    memory_limit: options.memoryLimit,
    temp_directory: options.scratchDirectory,
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  const connection: DuckDBConnection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  return {
    async run(sql, values) {
      await connection.run(sql, values ? [...values] : undefined);
    },
    async rows(sql, values) {
      const reader = await connection.runAndReadAll(sql, values ? [...values] : undefined);
      return reader.getRows();
    },
    async column(sql) {
      const reader = await connection.runAndReadAll(sql);
      return reader.getColumns()[0] ?? [];
    },
    async set(name, value) {
      await connection.run(`SET VARIABLE ${name} = $1`, [value]);
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
