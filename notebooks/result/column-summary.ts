import type { DuckDBValue } from "@duckdb/node-api";
import type { ColumnSummary, ResultFilter } from "./result.ts";
import type { ResultColumn } from "./result-columns.ts";
import { conditionsOf } from "./result-filter.ts";
import type { Scratch } from "./scratch.ts";

const BIN_COUNT = 24;
const TOP_COUNT = 12;
/** Candidates of the approximate top values, of which the exact counts choose. */
const TOP_CANDIDATES = 40;
/** Candidates are looked for among about so many rows, taken from everywhere. */
const SAMPLE_ROWS = 400_000;
/** Distinct values up to here are counted exactly. */
const EXACT_DISTINCT = 10_000;
/** Below this many rows everything is counted exactly: it is quick enough. */
const FEW_ROWS = 200_000;
/** Integer bins are made of 64-bit steps: bounds must be well inside. */
const WHOLE_LIMIT = 2n ** 62n;

interface Source {
  readonly scratch: Scratch;
  readonly table: string;
  readonly columns: readonly ResultColumn[];
  /** Rows of the table that count: those below it. */
  readonly rowCount: number;
  readonly filters: readonly ResultFilter[];
  readonly signal: AbortSignal | undefined;
}

type Bin = NonNullable<ColumnSummary["bins"]>[number];
type Top = NonNullable<ColumnSummary["top"]>[number];

/** How times are counted: exact integers of the column's own step, and back. */
const TIMES: Readonly<
  Record<string, readonly [measure: (field: string) => string, back: (value: string) => string]>
> = {
  DATE: [
    (field) => `${field} - DATE '1970-01-01'`,
    (value) => `DATE '1970-01-01' + CAST(${value} AS INTEGER)`,
  ],
  TIMESTAMP_S: [
    (field) => `epoch_us(${field}::TIMESTAMP) // 1000000`,
    (value) => `CAST(make_timestamp((${value}) * 1000000) AS TIMESTAMP_S)`,
  ],
  TIMESTAMP_MS: [
    (field) => `epoch_us(${field}::TIMESTAMP) // 1000`,
    (value) => `CAST(make_timestamp((${value}) * 1000) AS TIMESTAMP_MS)`,
  ],
  TIMESTAMP_NS: [(field) => `epoch_ns(${field})`, (value) => `make_timestamp_ns(${value})`],
  TIMESTAMP: [(field) => `epoch_us(${field})`, (value) => `make_timestamp(${value})`],
  "TIMESTAMP WITH TIME ZONE": [
    (field) => `epoch_us(${field})`,
    (value) => `CAST(make_timestamp(${value}) AS TIMESTAMP WITH TIME ZONE)`,
  ],
};

/** The column as an exact 64-bit integer, NULL where it is not finite; or as a finite DOUBLE. */
function measure({ field, kind, sqlType }: ResultColumn): string | null {
  if (kind === "whole") return `${field}::BIGINT`;
  if (kind === "time") return `CASE WHEN isfinite(${field}) THEN ${TIMES[sqlType]![0](field)} END`;
  if (kind !== "number") return null;
  return sqlType === "FLOAT" || sqlType === "DOUBLE"
    ? `CASE WHEN isfinite(${field}) THEN ${field}::DOUBLE END`
    : `${field}::DOUBLE`;
}

/** SQL that makes the column's own text of an exact integer of `measure`. */
function textOfMeasure({ kind, sqlType }: ResultColumn, value: string): string {
  return `CAST(${kind === "whole" ? value : TIMES[sqlType]![1](value)} AS VARCHAR)`;
}

class ColumnReader {
  readonly #source: Source;
  readonly #column: ResultColumn;
  readonly #where: string;
  readonly #values: readonly string[];

  constructor(source: Source, column: ResultColumn) {
    this.#source = source;
    this.#column = column;
    const conditions = conditionsOf(source.filters, source.columns);
    this.#where = `t.rowid < ${BigInt(source.rowCount)} AND ${conditions.sql}`;
    this.#values = conditions.values;
  }

  #rows(sql: string): Promise<DuckDBValue[][]> {
    const { scratch, signal } = this.#source;
    return scratch.rows(sql, { values: this.#values, signal, heavy: true });
  }

  async summary(): Promise<ColumnSummary> {
    const { table } = this.#source;
    const { field, kind, name } = this.#column;
    const measured = measure(this.#column);
    const ordered = kind !== "nested" && kind !== "json";
    const [facts] = await this.#rows(`SELECT count(*), count(${field}), approx_count_distinct(${field}),
      ${ordered ? `min(${field})::VARCHAR, max(${field})::VARCHAR` : "NULL, NULL"},
      ${measured === null ? "NULL, NULL" : `min(${measured}), max(${measured})`}
      FROM ${table} AS t WHERE ${this.#where}`);
    const [rowCount, valueCount, about, minimum, maximum, low, high] = facts!;
    const counts = { rowCount: Number(rowCount), nullCount: Number(rowCount) - Number(valueCount) };
    const exact = Number(about) <= EXACT_DISTINCT * 1.2 || counts.rowCount <= FEW_ROWS;
    const least = { minimum: textOrNull(minimum), maximum: textOrNull(maximum) };
    if (measured !== null) {
      const bins = await this.#bins(measured, low ?? null, high ?? null);
      const distinctCount = exact ? await this.#distinct() : Number(about);
      return { column: name, ...counts, distinctCount, bins, top: null, ...least };
    }
    const { top, distinctCount } = exact
      ? await this.#exactTop()
      : await this.#frequentTop(Number(about), counts.rowCount);
    return { column: name, ...counts, distinctCount, bins: null, top, ...least };
  }

  async #distinct(): Promise<number> {
    const { table } = this.#source;
    const rows = await this.#rows(
      `SELECT count(DISTINCT ${this.#column.field}) FROM ${table} AS t WHERE ${this.#where}`,
    );
    return Number(rows[0]![0]);
  }

  async #exactTop(): Promise<{ top: Top[]; distinctCount: number }> {
    const { table } = this.#source;
    const { field } = this.#column;
    const rows = await this.#rows(`WITH groups AS (SELECT ${field} AS v, count(*) AS n FROM ${table} AS t
      WHERE ${this.#where} AND ${field} IS NOT NULL GROUP BY 1)
      SELECT CAST(v AS VARCHAR) AS t, n, count(*) OVER () FROM groups ORDER BY n DESC, t LIMIT ${TOP_COUNT}`);
    return { top: rows.map(topOf), distinctCount: Number(rows[0]?.[2] ?? 0) };
  }

  /** The candidates are those of a sketch of a sample, their counts are exact. */
  async #frequentTop(
    distinctCount: number,
    rowCount: number,
  ): Promise<{ top: Top[]; distinctCount: number }> {
    const { table } = this.#source;
    const { field } = this.#column;
    const percent = Math.min(100, Math.ceil((100 * SAMPLE_ROWS) / rowCount));
    const rows =
      await this.#rows(`WITH frequent AS (SELECT unnest(approx_top_k(${field}, ${TOP_CANDIDATES})) AS v
        FROM ${table} AS t TABLESAMPLE system(${percent}%) WHERE ${this.#where})
      SELECT CAST(${field} AS VARCHAR) AS t, count(*) AS n FROM ${table} AS t
      WHERE ${this.#where} AND ${field} IN (SELECT v FROM frequent) GROUP BY ${field} ORDER BY n DESC, t LIMIT ${TOP_COUNT}`);
    return { top: rows.map(topOf), distinctCount };
  }

  async #bins(measured: string, low: DuckDBValue, high: DuckDBValue): Promise<Bin[]> {
    if (low === null || high === null) return [];
    if (typeof low === "bigint" && typeof high === "bigint" && low > -WHOLE_LIMIT && high < WHOLE_LIMIT) {
      return this.#wholeBins(measured, low, high);
    }
    return this.#numberBins(measured, Number(low), Number(high));
  }

  /** Equal bins of whole steps, both bounds included: no value lies between two of them. */
  async #wholeBins(measured: string, low: bigint, high: bigint): Promise<Bin[]> {
    const count = BigInt(BIN_COUNT);
    const width = (high - low) / count + 1n;
    const { table } = this.#source;
    const from = `(${low} + b * ${width})`;
    const until = `least(${low} + (b + 1) * ${width} - 1, ${high})`;
    const rows =
      await this.#rows(`WITH counted AS (SELECT (${measured} - ${low}) // ${width} AS b, count(*) AS n
        FROM ${table} AS t WHERE ${this.#where} GROUP BY 1)
      SELECT b, ${textOfMeasure(this.#column, from)}, ${textOfMeasure(this.#column, until)}, coalesce(n, 0)
      FROM (SELECT range AS b FROM range(0, ${(high - low) / width + 1n})) LEFT JOIN counted USING (b) ORDER BY b`);
    return rows.map((row) => ({ from: String(row[1]), until: String(row[2]), count: Number(row[3]) }));
  }

  async #numberBins(measured: string, low: number, high: number): Promise<Bin[]> {
    const { table } = this.#source;
    const width = (high - low) / BIN_COUNT;
    const index =
      width > 0 && Number.isFinite(width)
        ? `least(greatest(floor((${measured} - ${doubleLiteral(low)}) / ${doubleLiteral(width)}), 0), ${BIN_COUNT - 1})::INTEGER`
        : "0";
    const rows = await this.#rows(`SELECT ${index} AS b, count(*) FROM ${table} AS t
      WHERE ${this.#where} AND ${measured} IS NOT NULL GROUP BY 1`);
    const counts = new Map(rows.map((row) => [Number(row[0]), Number(row[1])]));
    const edge = (at: number) => (at === BIN_COUNT ? high : low + at * width);
    if (index === "0") return [{ from: String(low), until: String(high), count: counts.get(0) ?? 0 }];
    return Array.from({ length: BIN_COUNT }, (_, at) => ({
      from: String(edge(at)),
      until: String(edge(at + 1)),
      count: counts.get(at) ?? 0,
    }));
  }
}

function doubleLiteral(value: number): string {
  return `CAST('${value}' AS DOUBLE)`;
}

function textOrNull(value: DuckDBValue | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}

function topOf(row: readonly DuckDBValue[]): Top {
  return { value: textOrNull(row[0]), count: Number(row[1]) };
}

/**
 * What a column holds among the rows that pass the filters: whole numbers and times in bins whose bounds are both
 * included, other numbers in bins that share their edges, everything else as its most frequent values with exact
 * counts (of more than 10,000 different ones, the most frequent of a sample). Distinct values are exact to 10,000 and
 * HyperLogLog's estimate above. Throws QueryError.
 */
export function summariseColumn(source: Source, column: ResultColumn): Promise<ColumnSummary> {
  return new ColumnReader(source, column).summary();
}
