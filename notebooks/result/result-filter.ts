import type { ResultFilter, ResultSort } from "./result.ts";
import { columnNamed, type ResultColumn } from "./result-columns.ts";

/** Conditions as SQL over the scratch table named `t`, with the texts that are bound to its $1, $2, ... */
export interface Conditions {
  readonly sql: string;
  readonly values: readonly string[];
}

/** Qualified: a reader's name for another column may be `c0` too, and DuckDB would sort by that one. */
function fieldOf(column: ResultColumn): string {
  return `t.${column.field}`;
}

/** Compared as DuckDB's text: casting such a text back may not give the same value, or equality is not of the text. */
function comparedAsText(column: ResultColumn): boolean {
  return (
    column.kind === "nested" ||
    column.kind === "json" ||
    column.kind === "text" ||
    column.sqlType === "INTERVAL"
  );
}

class ConditionWriter {
  readonly values: string[] = [];
  readonly #columns: readonly ResultColumn[];

  constructor(columns: readonly ResultColumn[]) {
    this.#columns = columns;
  }

  #bind(text: string): string {
    this.values.push(text);
    return `$${this.values.length}::VARCHAR`;
  }

  #text(column: ResultColumn): string {
    return column.kind === "text" ? fieldOf(column) : `CAST(${fieldOf(column)} AS VARCHAR)`;
  }

  #value(column: ResultColumn, text: string): string {
    return `CAST(${this.#bind(text)} AS ${column.sqlType})`;
  }

  condition(filter: ResultFilter): string {
    const column = columnNamed(this.#columns, filter.column);
    switch (filter.test) {
      case "in":
        return this.#isIn(column, filter.values);
      case "not in":
        return `NOT ${this.#isIn(column, filter.values)}`;
      case "between":
        return this.#between(column, filter.from, filter.until);
      case "contains":
        return this.#contains(column, filter.text);
      case "not contains":
        return `NOT ${this.#contains(column, filter.text)}`;
    }
  }

  #isIn(column: ResultColumn, values: readonly (string | null)[]): string {
    const texts = values.filter((value) => value !== null);
    const parts: string[] = [];
    if (texts.length > 0) {
      const [left, list] = comparedAsText(column)
        ? [this.#text(column), texts.map((text) => this.#bind(text))]
        : [fieldOf(column), texts.map((text) => this.#value(column, text))];
      parts.push(`coalesce(${left} IN (${list.join(", ")}), false)`);
    }
    if (texts.length < values.length) parts.push(`${fieldOf(column)} IS NULL`);
    return parts.length === 0 ? "false" : `(${parts.join(" OR ")})`;
  }

  #between(column: ResultColumn, from: string | null, until: string | null): string {
    const parts = [`${fieldOf(column)} IS NOT NULL`];
    if (from !== null) parts.push(`${fieldOf(column)} >= ${this.#value(column, from)}`);
    if (until !== null) parts.push(`${fieldOf(column)} <= ${this.#value(column, until)}`);
    return `(${parts.join(" AND ")})`;
  }

  #contains(column: ResultColumn, text: string): string {
    return `coalesce(contains(lower(${this.#text(column)}), lower(${this.#bind(text)})), false)`;
  }
}

/**
 * The filters as one condition, two-valued: NULL is in nothing, contains nothing and lies between nothing, so that
 * `not` of it holds. `in` compares by the column's type (nested values, JSON and intervals by their text); `contains`
 * looks at DuckDB's text without regard to case. Throws QueryError `invalid` for an unknown column.
 */
export function conditionsOf(filters: readonly ResultFilter[], columns: readonly ResultColumn[]): Conditions {
  const writer = new ConditionWriter(columns);
  const parts = filters.map((filter) => writer.condition(filter));
  return { sql: parts.length === 0 ? "true" : parts.join(" AND "), values: writer.values };
}

/** ORDER BY of the sorts: NULL last in both directions, equal rows in the result's own order. */
export function orderOf(sort: readonly ResultSort[], columns: readonly ResultColumn[]): string {
  const parts = sort.map(({ column, descending }) => {
    const field = fieldOf(columnNamed(columns, column));
    return `${field} ${descending ? "DESC" : "ASC"} NULLS LAST`;
  });
  return [...parts, "t.rowid"].join(", ");
}
