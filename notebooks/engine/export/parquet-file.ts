import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { type DuckDBDataChunk, DuckDBInstance } from "@duckdb/node-api";
import { quoteIdentifier, quoteText } from "../../../connectors/sql/quote.ts";
import { formatColumnType, parseColumnType } from "../../catalog/column-type.ts";
import type { OpenResult } from "../query-run.ts";

const MEMORY_LIMIT = "1GB";

/**
 * A result as a Parquet file with DuckDB's own types. The locked engine may write no file, so the chunks go through
 * a private instance that holds nothing else; its files are removed in the end. Throws RangeError for a type that
 * has no name in SQL and DuckDB's error for one that Parquet cannot hold.
 */
export async function* parquetFile(
  result: OpenResult,
  chunks: AsyncIterable<DuckDBDataChunk>,
  temporaryDirectory: string,
): AsyncGenerator<Uint8Array> {
  await mkdir(temporaryDirectory, { recursive: true });
  const folder = await mkdtemp(join(temporaryDirectory, "export-"));
  try {
    const path = join(folder, "result.parquet");
    const instance = await DuckDBInstance.create(":memory:", {
      memory_limit: MEMORY_LIMIT,
      temp_directory: folder,
    });
    const connection = await instance.connect();
    try {
      const columns = result.columns.map(
        (column) => `${quoteIdentifier(column.name)} ${formatColumnType(parseColumnType(column.type))}`,
      );
      await connection.run(`CREATE TABLE result (${columns.join(", ")})`);
      const appender = await connection.createAppender("result");
      for await (const chunk of chunks) appender.appendDataChunk(chunk);
      appender.closeSync();
      await connection.run(`COPY result TO ${quoteText(path)} (FORMAT parquet, COMPRESSION zstd)`);
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
    for await (const bytes of createReadStream(path, { highWaterMark: 1 << 20 })) yield bytes as Uint8Array;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
