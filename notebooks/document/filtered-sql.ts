// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is the notebook's own syntax
/** A filter that a person set on a table, kept as SQL. Browser-safe: pure functions only. */
import { quoteIdentifier, quoteText } from "../../connectors/sql/quote.ts";
import type { ResultFilter, ResultSort } from "../result/result.ts";

/** A column as a result names it, with DuckDB's type. */
export interface FilterColumn {
  readonly name: string;
  readonly type: string;
}

/**
 * A SELECT over the rows of another that pass the filters, in text that a person reads and keeps. Every value is a quoted
 * text, cast to the column's type where that is known; every name is quoted. The text may stand in a cell: no value in it is
 * an interpolation. `rows` cuts a range out of
 * the order of `sort`.
 */
export function filteredSql(
  sql: string,
  filters: readonly ResultFilter[],
  columns: readonly FilterColumn[],
  part: {
    readonly sort: readonly ResultSort[];
    readonly rows: { readonly offset: number; readonly count: number } | null;
  } = {
    sort: [],
    rows: null,
  },
): string {
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  const lines = [`SELECT *`, `FROM (`, indented(withoutEnd(sql)), `) AS cell`];
  const conditions = filters.map((filter) => condition(filter, types.get(filter.column) ?? "VARCHAR"));
  if (conditions.length > 0) lines.push(`WHERE ${conditions.join("\n  AND ")}`);
  if (part.sort.length > 0) {
    const order = part.sort.map(
      ({ column, descending }) => `${quotedName(column)}${descending ? " DESC" : ""} NULLS LAST`,
    );
    lines.push(`ORDER BY ${order.join(", ")}`);
  }
  if (part.rows) lines.push(`LIMIT ${whole(part.rows.count)} OFFSET ${whole(part.rows.offset)}`);
  return lines.join("\n");
}

function condition(filter: ResultFilter, type: string): string {
  const column = `cell.${quotedName(filter.column)}`;
  switch (filter.test) {
    case "in":
    case "not in": {
      const values = filter.values.filter((value) => value !== null);
      const withNull = filter.values.includes(null);
      const list = values.map((value) => literal(value, type)).join(", ");
      if (filter.test === "in") {
        const tests = [
          ...(values.length === 0
            ? []
            : [values.length === 1 ? `${column} = ${list}` : `${column} IN (${list})`]),
          ...(withNull ? [`${column} IS NULL`] : []),
        ];
        if (tests.length === 0) return "false";
        return tests.length === 1 ? tests[0]! : `(${tests.join(" OR ")})`;
      }
      const unlike =
        values.length === 0
          ? null
          : values.length === 1
            ? `${column} <> ${list}`
            : `${column} NOT IN (${list})`;
      if (withNull)
        return unlike === null ? `${column} IS NOT NULL` : `(${column} IS NOT NULL AND ${unlike})`;
      // A missing value is not one of those that are left out.
      return unlike === null ? "true" : `(${column} IS NULL OR ${unlike})`;
    }
    case "between": {
      const tests = [
        ...(filter.from === null ? [] : [`${column} >= ${literal(filter.from, type)}`]),
        ...(filter.until === null ? [] : [`${column} <= ${literal(filter.until, type)}`]),
      ];
      return tests.length === 0 ? "true" : tests.join(" AND ");
    }
    case "contains":
      return `contains(lower(CAST(${column} AS VARCHAR)), lower(${cellLiteral(filter.text)}))`;
    case "not contains":
      return `(${column} IS NULL OR NOT contains(lower(CAST(${column} AS VARCHAR)), lower(${cellLiteral(filter.text)})))`;
  }
}

/** A name in a cell; one that a cell's text would read as an interpolation cannot stand there. */
function quotedName(name: string): string {
  if (/`|\$\{/.test(name))
    throw new RangeError(`The column ${name} cannot be named in a cell: give it another name first.`);
  return quoteIdentifier(name);
}

/** A text as a SQL literal that may stand in a cell: what a cell would read as an interpolation is taken apart. */
export function cellLiteral(value: string): string {
  const quoted = quoteText(value);
  const safe = quoted.replace(/\$\{|`/g, (sign) => (sign === "`" ? "' || chr(96) || '" : "$' || '{"));
  return safe === quoted ? quoted : `(${safe})`;
}

/** A simple name of a type, as DuckDB prints it: nothing else is ever written into a CAST. */
export const PLAIN_TYPE = /^[A-Z][A-Z0-9_ ]*(\(\d+(,\s*\d+)?\))?(\[\d*\])*$/;

function literal(value: string, type: string): string {
  if (type === "VARCHAR") return cellLiteral(value);
  if (PLAIN_TYPE.test(type)) return `CAST(${cellLiteral(value)} AS ${type})`;
  return cellLiteral(value);
}

function whole(count: number): string {
  return BigInt(Math.max(0, Math.trunc(count))).toString();
}

/** Lines of a text value must not be changed, so a query with one that spans lines stays as it is. */
function indented(sql: string): string {
  const isPlain = !/['"$`]|\/\*/.test(sql) || sql.split("\n").every((line) => quotesAreEven(line));
  return isPlain ? sql.replace(/^(?=.)/gm, "  ") : sql;
}

function quotesAreEven(line: string): boolean {
  return (
    [/'/g, /"/g].every((quote) => (line.match(quote) ?? []).length % 2 === 0) && !/\$\w*\$|\/\*/.test(line)
  );
}

/** The statement without its semicolon, though a comment follows it. A comment at the end keeps its line. */
function withoutEnd(sql: string): string {
  return sql.trim().replace(/;((?:\s|--[^\n]*(?:\n|$)|\/\*(?:[^*]|\*(?!\/))*\*\/)*)$/, "$1");
}
