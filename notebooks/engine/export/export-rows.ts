import type { DuckDBDataChunk } from "@duckdb/node-api";
import { cellValue } from "../cell-value.ts";
import type { ChunkSource } from "../duckdb-engine.ts";
import { refusal } from "../duckdb-error.ts";
import type { CellValue, QueryRequest } from "../engine.ts";
import type { OpenResult } from "../query-run.ts";
import { recordCsv } from "./csv-text.ts";
import { rowJson } from "./json-text.ts";
import { parquetFile } from "./parquet-file.ts";

/** What a result can be exported as. Arrow is `engine.arrow`. */
export const EXPORT_FORMATS = ["csv", "ndjson", "json", "parquet"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

function rowsOf(chunk: DuckDBDataChunk): CellValue[][] {
  return chunk.getRows().map((row) => row.map(cellValue));
}

/** DuckDB's chunks. Throws QueryError when more rows come than the limit: a file has no place to say that it was cut. */
async function* limitedChunks(result: OpenResult, rowLimit: number): AsyncGenerator<DuckDBDataChunk> {
  let left = rowLimit;
  for (let chunk = await result.next(); chunk !== null; chunk = await result.next()) {
    left -= chunk.rowCount;
    if (left < 0) {
      throw refusal(
        "",
        "row-limit",
        `The result has more than ${rowLimit.toLocaleString("en")} rows, and a file would not show that it was cut.`,
        "Write LIMIT into the query, or leave the row limit out.",
      );
    }
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
  for await (const chunk of limitedChunks(result, limit)) {
    const rows = rowsOf(chunk);
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
 * 64-bit integers. Throws QueryError from the iteration when the query fails or is stopped, or when more rows come than
 * the limit: bytes given until then are no whole result.
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
