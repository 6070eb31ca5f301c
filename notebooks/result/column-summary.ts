import { DuckDBListValue, type DuckDBValue } from "@duckdb/node-api";
import type { ColumnSummary, ResultFilter } from "./result.ts";
import type { ResultColumn } from "./result-columns.ts";
import { conditionsOf } from "./result-filter.ts";
import type { Scratch } from "./scratch.ts";

const BIN_COUNT = 24;
const TOP_COUNT = 12;
/** Rows of a sample, taken from everywhere in blocks. */
const SAMPLE_ROWS = 200_000;
/** With fewer of its rows within the filters, a sample says little, and counting them all is quick. */
const LEAST_SAMPLE = 5_000;
/** A value seen less often in a sample may be there by chance: its count would be a guess. */
const LEAST_SEEN = 5;
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
    const measured = measure(this.#column);
    if (measured === null && this.#source.rowCount > FEW_ROWS) {
      const estimated = await this.#estimate();
      if (estimated !== null) return estimated;
    }
    const { table } = this.#source;
    const { field, kind, name } = this.#column;
    const ordered = kind !== "nested" && kind !== "json";
    const [facts] = await this.#rows(`SELECT count(*), count(${field}), approx_count_distinct(${field}),
      ${ordered ? `min(${field})::VARCHAR, max(${field})::VARCHAR` : "NULL, NULL"},
      ${measured === null ? "NULL, NULL" : `min(${measured}), max(${measured})`}
      FROM ${table} AS t WHERE ${this.#where}`);
    const [rowCount, valueCount, about, minimum, maximum, low, high] = facts!;
    const counts = { rowCount: Number(rowCount), nullCount: Number(rowCount) - Number(valueCount) };
    const least = { minimum: textOrNull(minimum), maximum: textOrNull(maximum) };
    if (measured !== null) {
      const exact = Number(about) <= EXACT_DISTINCT * 1.2 || counts.rowCount <= FEW_ROWS;
      const bins = await this.#bins(measured, low ?? null, high ?? null);
      const distinctCount = exact ? await this.#distinct() : Number(about);
      return { column: name, ...counts, distinctCount, bins, top: null, ...least };
    }
    const { top, distinctCount } = await this.#exactTop();
    return { column: name, ...counts, distinctCount, bins: null, top, ...least };
  }

  /**
   * A summary from a sample, or null where it shows few values or few rows: those are counted. How many values there
   * are is Chao's estimate (1984, bias-corrected) from the values seen once and twice.
   */
  async #estimate(): Promise<ColumnSummary | null> {
    const { table, rowCount: tableRows, filters } = this.#source;
    const { field, name } = this.#column;
    const percent = Math.min(100, Math.max(0.01, (100 * SAMPLE_ROWS) / tableRows));
    const sample = `${table} AS t TABLESAMPLE system(${percent.toFixed(3)}%)`;
    const [facts] =
      await this.#rows(`WITH groups AS (SELECT ${field} AS v, count(*) AS n FROM ${sample} WHERE ${this.#where} GROUP BY 1)
      SELECT sum(n)::BIGINT, (sum(n) FILTER (v IS NOT NULL))::BIGINT, count(v), count(v) FILTER (n = 1), count(v) FILTER (n = 2),
      max_by(CAST(v AS VARCHAR), n, ${TOP_COUNT}) FILTER (v IS NOT NULL AND n >= ${LEAST_SEEN}),
      max(n, ${TOP_COUNT}) FILTER (v IS NOT NULL AND n >= ${LEAST_SEEN}) FROM groups`);
    const [sampled, valued, seen, once, twice] = facts!.slice(0, 5).map(Number);
    if (sampled! < LEAST_SAMPLE || seen! * 4 < EXACT_DISTINCT) return null;
    const scale = filters.length === 0 ? tableRows / sampled! : 100 / Number(percent.toFixed(3));
    const values = Math.round(valued! * scale);
    const unseen = (once! * (once! - 1)) / (2 * (twice! + 1));
    const texts = itemsOf(facts![5]);
    const counts = itemsOf(facts![6]);
    return {
      column: name,
      rowCount: Math.round(sampled! * scale),
      nullCount: Math.round((sampled! - valued!) * scale),
      distinctCount: Math.min(values, Math.round(seen! + unseen)),
      approximate: true,
      bins: null,
      top: texts.map((value, at) => ({
        value: textOrNull(value),
        count: Math.round(Number(counts[at]) * scale),
      })),
      minimum: null,
      maximum: null,
    };
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

function itemsOf(value: DuckDBValue | undefined): readonly DuckDBValue[] {
  return value instanceof DuckDBListValue ? value.items : [];
}

function topOf(row: readonly DuckDBValue[]): Top {
  return { value: textOrNull(row[0]), count: Number(row[1]) };
}

/**
 * What a column holds among the rows that pass the filters: whole numbers and times in bins whose bounds are both
 * included, other numbers in bins that share their edges, everything else as its most frequent values. Counts are exact,
 * but for a text of more than 200,000 rows with thousands of different values: that is estimated from a sample and says
 * so. Distinct values are exact to 10,000 and HyperLogLog's estimate above. Throws QueryError.
 */
export function summariseColumn(source: Source, column: ResultColumn): Promise<ColumnSummary> {
  return new ColumnReader(source, column).summary();
}
