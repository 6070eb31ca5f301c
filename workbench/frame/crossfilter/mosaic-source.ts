import type { Table } from "@uwdata/flechette";
import {
  type Coordinator,
  clauseNone,
  type MosaicClient,
  makeClient,
  Selection,
  type SelectionClause,
} from "@uwdata/mosaic-core";
import {
  and,
  asNode,
  column,
  count,
  desc,
  type ExprNode,
  type FilterExpr,
  isBetween,
  isInDistinct,
  literal,
  not,
  or,
  Query,
  sql,
} from "@uwdata/mosaic-sql";
import type { ResultFilter } from "../../../notebooks/result/result.ts";
import {
  type CrossfilterSource,
  type CrossfilterView,
  kindOfType,
  type OpenView,
} from "./crossfilter-source.ts";
import type { BinChoice, Dimension, FieldSummary } from "./dimension.ts";

/**
 * Crossfilter over a result that the server keeps, by Mosaic: a brush becomes a query of a pre-aggregation, so that its
 * answer does not depend on the number of rows. Bins are whole, so that the counts of a brush are exact.
 */
export class MosaicSource implements CrossfilterSource {
  readonly rowCount: number;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly #coordinator: Coordinator;
  readonly #table: string;
  readonly #selection = Selection.crossfilter();
  readonly #clients = new Set<MosaicClient>();

  /** @param table id of the result */
  constructor(
    coordinator: Coordinator,
    table: string,
    rowCount: number,
    columns: readonly { readonly name: string; readonly type: string }[],
  ) {
    this.#coordinator = coordinator;
    this.#table = table;
    this.rowCount = rowCount;
    this.columns = columns;
  }

  async summarise(fields: readonly string[]): Promise<readonly FieldSummary[]> {
    const select: Record<string, ExprNode> = {};
    const known = fields.map((field) => {
      const type = this.columns.find(({ name }) => name === field)?.type ?? "VARCHAR";
      return { field, type, ...kindOfType(type) };
    });
    known.forEach(({ field, type, kind }, index) => {
      select[`n${index}`] = sql`CAST(count(*) - count(${column(field)}) AS DOUBLE)`;
      if (kind === "text") return;
      if (kind === "number")
        select[`d${index}`] = sql`CAST(approx_count_distinct(${column(field)}) AS DOUBLE)`;
      const value = numberSql(field, type, kind === "time");
      select[`a${index}`] = sql`CAST(min(${value}) AS DOUBLE)`;
      select[`z${index}`] = sql`CAST(max(${value}) AS DOUBLE)`;
      if (kind === "number") select[`m${index}`] = sql`CAST(approx_quantile(${value}, 0.5) AS DOUBLE)`;
    });
    const [row] = (await this.#coordinator.query(Query.from(this.#table).select(select))).toArray() as Record<
      string,
      number | null
    >[];
    return known.map((one, index) => ({
      ...one,
      minimum: row?.[`a${index}`] ?? null,
      maximum: row?.[`z${index}`] ?? null,
      median: row?.[`m${index}`] ?? null,
      nullCount: row?.[`n${index}`] ?? 0,
      distinctCount: row?.[`d${index}`] ?? null,
    }));
  }

  async topValues(field: string, limit: number, filters: readonly ResultFilter[]) {
    const query = Query.from(this.#table)
      .select({ value: sql`CAST(${column(field)} AS VARCHAR)`, n: sql`CAST(count(*) AS DOUBLE)` })
      .where(whereOf(filters))
      .groupby("value")
      .orderby(desc("n"), asNode("value"))
      .limit(limit);
    const rows = (await this.#coordinator.query(query)).toArray() as { value: string | null; n: number }[];
    return rows.map(({ value, n }) => ({ value, count: n }));
  }

  open(view: CrossfilterView): OpenView {
    const expressions = view.dimensions.map(binSql);
    const sizes = view.dimensions.map(({ size }) => size);
    const names = expressions.map((_expression, index) => `d${index}`);
    const client: MosaicClient = makeClient({
      coordinator: this.#coordinator,
      selection: this.#selection,
      query: (filter: FilterExpr) =>
        Query.from(this.#table)
          .select(Object.fromEntries(expressions.map((expression, index) => [names[index]!, expression])), {
            n: count(),
          })
          .groupby(names)
          .where(filter),
      queryResult: (data) => {
        const table = data as Table;
        const counts = new Float64Array(sizes.reduce((product, size) => product * size, 1));
        const bins = names.map((name) => table.getChild(name));
        const numbers = table.getChild("n");
        for (let row = 0; row < table.numRows; row += 1) {
          let cell = 0;
          for (let at = 0; at < sizes.length; at += 1) {
            const bin = bins[at]!.at(row);
            cell = bin === null || bin === undefined ? Number.NaN : cell * sizes[at]! + Number(bin);
          }
          if (!Number.isNaN(cell)) counts[cell]! += Number(numbers.at(row));
        }
        view.take(counts);
      },
      queryError: (error) => view.fail(messageOf(error)),
    });
    this.#clients.add(client);
    const source = { reset: () => undefined };
    const clients = new Set([client]);
    const clauseOf = (choices: readonly BinChoice[]): SelectionClause =>
      clauseFor(expressions, choices, source, clients);
    const whole = () =>
      clauseOf(
        view.dimensions.map(({ kind, size }) =>
          kind === "values" && view.dimensions.length === 1
            ? { kind: "some", bins: [0] }
            : { kind: "range", first: 0, last: size - 1 },
        ),
      );
    return {
      near: () => {
        if (expressions.length > 0) this.#selection.activate(whole());
      },
      choose: (choices) => {
        this.#selection.update(
          choices === null ? { ...clauseNone(source), clients, fields: expressions } : clauseOf(choices),
        );
        return this.#counted();
      },
      close: () => {
        client.destroy();
        this.#clients.delete(client);
        if (this.#selection.clauses.some((clause) => clause.source === source))
          this.#selection.update(clauseNone(source));
      },
    };
  }

  async rows(columns: readonly string[], limit: number, filters: readonly ResultFilter[]) {
    const query = Query.from(this.#table)
      .select(
        Object.fromEntries(
          columns.map((name, index) => [`c${index}`, sql`CAST(${column(name)} AS VARCHAR)`]),
        ),
      )
      .where(whereOf(filters))
      .limit(limit);
    const table = await this.#coordinator.query(query);
    return (table.toArray() as Record<string, string | null>[]).map((row) =>
      columns.map((_name, index) => row[`c${index}`] ?? null),
    );
  }

  /** Updates that come while one is answered are put off: the last one is waited for. */
  async #counted(): Promise<void> {
    const selection = this.#selection;
    while (selection.clauses !== selection._resolved) await selection.pending("value");
    await selection.pending("value");
  }

  close(): void {
    for (const client of this.#clients) client.destroy();
    this.#clients.clear();
  }
}

/** A time as microseconds, a number as it is. */
function numberSql(field: string, type: string, isTime: boolean): ExprNode {
  if (!isTime) return sql`CAST(${column(field)} AS DOUBLE)`;
  return type === "DATE" || type === "TIMESTAMP_S" || type === "TIMESTAMP_MS"
    ? sql`epoch_us(CAST(${column(field)} AS TIMESTAMP))`
    : sql`epoch_us(${column(field)})`;
}

/** Number of a row's bin; NULL for a row that lies in none. */
function binSql(dimension: Dimension): ExprNode {
  const { field, type } = dimension;
  if (dimension.kind === "values") {
    const text = sql`CAST(${column(field)} AS VARCHAR)`;
    const value = type === "VARCHAR" ? column(field) : text;
    const known = dimension.values.map((one, index) =>
      one === null
        ? sql`WHEN ${value} IS NULL THEN ${index}`
        : sql`WHEN ${value} = ${literal(one)} THEN ${index}`,
    );
    if (known.length === 0) return sql`0`;
    const cases = known.reduce((before, one) => sql`${before} ${one}`);
    return sql`CASE ${cases} ELSE ${dimension.values.length} END`;
  }
  if (dimension.kind === "log") {
    const value = numberSql(field, type, false);
    // NULL stays NULL: least() and greatest() would give the other value.
    return sql`CASE WHEN ${value} <= 0 THEN 0 WHEN ${value} > 0 THEN least(${dimension.size - 1}, greatest(1, 1 + CAST(floor((log10(${value}) - ${dimension.from}) * ${dimension.perPower}) AS INTEGER))) END`;
  }
  const value = numberSql(field, type, dimension.time);
  return dimension.time
    ? sql`CAST((${value} - ${dimension.from}) // ${dimension.step} AS INTEGER)`
    : sql`CASE WHEN ${value} IS NOT NULL THEN least(${dimension.size - 1}, CAST(floor((${value} - ${literal(dimension.from)}) / ${literal(dimension.step)}) AS INTEGER)) END`;
}

/** A clause over bins that Mosaic can pre-aggregate: a bin is its pixel. */
function clauseFor(
  fields: readonly ExprNode[],
  choices: readonly BinChoice[],
  source: object,
  clients: Set<MosaicClient>,
): SelectionClause {
  const isSome = choices.length === 1 && choices[0]!.kind === "some";
  if (isSome) {
    const { bins } = choices[0] as Extract<BinChoice, { kind: "some" }>;
    return {
      source,
      clients,
      fields: [...fields],
      value: bins,
      predicate: isInDistinct(
        fields[0]!,
        bins.map((bin) => literal(bin)),
      ),
      meta: { type: "point" },
    } as SelectionClause;
  }
  const ranges = choices.map((choice) =>
    choice.kind === "range"
      ? ([choice.first, choice.last] as const)
      : ([Math.min(...choice.bins), Math.max(...choice.bins)] as const),
  );
  const predicates = fields.map((field, index) => isBetween(field, [...ranges[index]!]));
  return {
    source,
    clients,
    fields: [...fields],
    value: ranges.length === 1 ? ranges[0] : ranges,
    predicate: predicates.length === 1 ? predicates[0]! : and(predicates),
    meta: {
      type: "interval",
      scales: fields.map(() => ({ type: "identity", domain: [0, 1], range: [0, 1] })),
    },
  } as unknown as SelectionClause;
}

/** Conditions with their texts as literals; a text is cast to the column's type by the comparison. */
function whereOf(filters: readonly ResultFilter[]): ExprNode[] {
  return filters.map((filter) => {
    const field = column(filter.column);
    if ("values" in filter) {
      const text = sql`CAST(${field} AS VARCHAR)`;
      const inside = or(
        filter.values.map((value) =>
          value === null ? sql`${text} IS NULL` : sql`${text} IS NOT DISTINCT FROM ${literal(value)}`,
        ),
      );
      return filter.test === "in" ? inside : not(inside);
    }
    if (filter.test === "between") {
      const parts = [
        ...(filter.from === null ? [] : [sql`${field} >= ${literal(filter.from)}`]),
        ...(filter.until === null ? [] : [sql`${field} <= ${literal(filter.until)}`]),
      ];
      return parts.length === 0 ? sql`${field} IS NOT NULL` : and(parts);
    }
    const contains = sql`coalesce(contains(lower(CAST(${field} AS VARCHAR)), lower(${literal(filter.text)})), false)`;
    return filter.test === "contains" ? contains : not(contains);
  });
}

/** Mosaic joins what went wrong with the query: the first part is for people. */
function messageOf(error: unknown): string {
  const cause = (error as { cause?: unknown }).cause ?? error;
  return cause instanceof Error ? cause.message : String(cause);
}
