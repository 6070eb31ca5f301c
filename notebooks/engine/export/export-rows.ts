import type { DuckDBDataChunk } from "@duckdb/node-api";
import { cellValue } from "../cell-value.ts";
import type { ChunkSource } from "../duckdb-engine.ts";
import type { CellValue, QueryRequest } from "../engine.ts";
import type { OpenResult } from "../query-run.ts";
import { recordCsv } from "./csv-text.ts";
import { rowJson } from "./json-text.ts";
import { parquetFile } from "./parquet-file.ts";

/** What a result can be exported as. Arrow is `engine.arrow`. */
export const EXPORT_FORMATS = ["csv", "ndjson", "json", "parquet"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Chunks up to the row limit, the last one cut. */
async function* limitedRows(result: OpenResult, rowLimit: number): AsyncGenerator<readonly CellValue[][]> {
  let left = rowLimit;
  for (let chunk = await result.next(); chunk !== null && left > 0; chunk = await result.next()) {
    const rows = rowsOf(chunk).slice(0, left);
    left -= rows.length;
    yield rows;
  }
}

function rowsOf(chunk: DuckDBDataChunk): CellValue[][] {
  return chunk.getRows().map((row) => row.map(cellValue));
}

/** DuckDB's chunks up to the row limit; the last one is shortened, which drops its later rows. */
async function* limitedChunks(result: OpenResult, rowLimit: number): AsyncGenerator<DuckDBDataChunk> {
  let left = rowLimit;
  for (let chunk = await result.next(); chunk !== null && left > 0; chunk = await result.next()) {
    if (chunk.rowCount > left) chunk.rowCount = left;
    left -= chunk.rowCount;
    yield chunk;
  }
}

async function* textOf(
  result: OpenResult,
  format: "csv" | "ndjson" | "json",
  limit: number,
): AsyncGenerator<string> {
  const { columns } = result;
  if (format === "csv") yield recordCsv(columns.map((column) => column.name));
  if (format === "json") yield "[";
  let separator = "\n";
  for await (const rows of limitedRows(result, limit)) {
    if (format === "csv") yield rows.map(recordCsv).join("");
    else if (format === "ndjson") yield rows.map((row) => `${rowJson(columns, row)}\n`).join("");
    else {
      yield rows
        .map((row) => {
          const text = `${separator}${rowJson(columns, row)}`;
          separator = ",\n";
          return text;
        })
        .join("");
    }
  }
  if (format === "json") yield "\n]\n";
}

/**
 * An open result in a format, bytes as they come; closes it. Instants are ISO 8601 in UTC; JSON keeps all digits of
 * 64-bit integers; a row limit cuts rows silently, so say so beside the file. Throws QueryError from the iteration
 * when the query fails or is stopped: bytes given until then are no whole result.
 */
export async function* exportResult(
  result: OpenResult,
  format: ExportFormat,
  temporaryDirectory: string,
  rowLimit = Number.POSITIVE_INFINITY,
): AsyncGenerator<Uint8Array> {
  try {
    if (format === "parquet") {
      yield* parquetFile(result, limitedChunks(result, rowLimit), temporaryDirectory);
      return;
    }
    const utf8 = new TextEncoder();
    for await (const text of textOf(result, format, rowLimit)) yield utf8.encode(text);
  } finally {
    await result.close();
  }
}

/** Runs the query and gives its result in a format, as `exportResult` does. Throws QueryError when it is refused. */
export async function* exportRows(
  engine: ChunkSource,
  request: QueryRequest,
  format: ExportFormat,
): AsyncGenerator<Uint8Array> {
  const { rowLimit, ...query } = request;
  yield* exportResult(await engine.chunks(query), format, engine.temporaryDirectory, rowLimit);
}
