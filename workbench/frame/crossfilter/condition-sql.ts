import { quoteIdentifier } from "../../../connectors/sql/quote.ts";
import { cellLiteral } from "../../../notebooks/document/filtered-sql.ts";
import type { ResultFilter } from "../../../notebooks/result/result.ts";

/** Conditions as the text of a WHERE clause, for a person to read and to paste; TRUE without conditions. */
export function conditionSql(filters: readonly ResultFilter[]): string {
  if (filters.length === 0) return "TRUE";
  return filters.map(oneCondition).join(" AND ");
}

function oneCondition(filter: ResultFilter): string {
  const column = quoteIdentifier(filter.column);
  if (filter.test === "between") {
    const { from, until } = filter;
    if (from !== null && until !== null)
      return `${column} BETWEEN ${cellLiteral(from)} AND ${cellLiteral(until)}`;
    if (from !== null) return `${column} >= ${cellLiteral(from)}`;
    return until === null ? `${column} IS NOT NULL` : `${column} <= ${cellLiteral(until)}`;
  }
  if ("text" in filter) {
    const contains = `contains(lower(CAST(${column} AS VARCHAR)), lower(${cellLiteral(filter.text)}))`;
    return filter.test === "contains" ? contains : `NOT coalesce(${contains}, false)`;
  }
  const texts = filter.values.filter((value) => value !== null).map(cellLiteral);
  const withNull = filter.values.includes(null);
  if (filter.test === "in") {
    const parts = [
      ...(texts.length > 0 ? [`${column} IN (${texts.join(", ")})`] : []),
      ...(withNull ? [`${column} IS NULL`] : []),
    ];
    return parts.length === 0 ? "FALSE" : parts.length === 1 ? parts[0]! : `(${parts.join(" OR ")})`;
  }
  const kept = texts.length === 0 ? null : `${column} NOT IN (${texts.join(", ")})`;
  if (withNull) return kept === null ? `${column} IS NOT NULL` : `(${column} IS NOT NULL AND ${kept})`;
  return kept === null ? "TRUE" : `(${column} IS NULL OR ${kept})`;
}
