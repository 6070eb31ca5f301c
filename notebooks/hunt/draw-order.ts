import { quoteIdentifier } from "../../connectors/sql/quote.ts";

/**
 * An ORDER BY expression that shuffles rows by `$seed`: equal data and seed give equal draws, wherever the data lie. It
 * sees what is in the row, the base name of its file and its line, and never the file's folder.
 *
 * @param columns names of the columns that are drawn
 */
export function drawOrder(columns: readonly string[]): string {
  const values = ["_time", ...columns].map(quoteIdentifier).join(", ");
  return `md5(concat(CAST(row(${values}) AS VARCHAR), chr(10), regexp_extract(_file, '[^/\\\\]*$'), ':', _line, ':', CAST($seed AS VARCHAR)))`;
}
