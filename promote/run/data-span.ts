import { quoteIdentifier } from "../../connectors/sql/quote.ts";
import type { QueryEngine, Row } from "../../notebooks/engine/engine.ts";
import { earlier, later } from "./earlier-later.ts";

/** What one dataset or several hold together. Microseconds since the epoch; null when nothing has a time. */
export interface DataSpan {
  readonly eventCount: number;
  readonly minTimeUs: bigint | null;
  readonly maxTimeUs: bigint | null;
  readonly ingestedUntilUs: bigint | null;
}

/** The span of one dataset in one version of it. */
export interface DatasetSpan extends DataSpan {
  readonly version: number;
}

const EMPTY: DataSpan = { eventCount: 0, minTimeUs: null, maxTimeUs: null, ingestedUntilUs: null };

export function whole(row: Row | undefined, name: string): bigint | null {
  const value = row?.[name];
  return typeof value === "bigint" ? value : typeof value === "number" ? BigInt(value) : null;
}

function lower(left: bigint | null, right: bigint | null): bigint | null {
  if (left === null || right === null) return left ?? right;
  return earlier(left, right);
}

function higher(left: bigint | null, right: bigint | null): bigint | null {
  if (left === null || right === null) return left ?? right;
  return later(left, right);
}

/** Whether the dataset has the columns of time that Spoor gives its datasets; a ledger table may not. */
export async function hasTimes(engine: QueryEngine, dataset: string): Promise<boolean> {
  const columns = await engine.describe(`SELECT * FROM ${quoteIdentifier(dataset)}`);
  return ["_time", "_ingested"].every((name) => columns.some((column) => column.name === name));
}

/** Span of one dataset. Throws QueryError when there is none of that name. */
export async function datasetSpan(
  engine: QueryEngine,
  dataset: string,
  signal?: AbortSignal,
): Promise<DatasetSpan> {
  const columns = await engine.describe(`SELECT * FROM ${quoteIdentifier(dataset)}`);
  const has = (name: string) => columns.some((column) => column.name === name);
  if (!has("_time")) return { ...EMPTY, version: 0 };
  const { rows, datasetVersions } = await engine.rows({
    sql: `SELECT count("_time") AS n, epoch_us(min("_time")) AS low, epoch_us(max("_time")) AS high,
      ${has("_ingested") ? 'epoch_us(max("_ingested"))' : "NULL"} AS ingested FROM ${quoteIdentifier(dataset)}`,
    ...(signal === undefined ? {} : { signal }),
  });
  const row = rows[0];
  return {
    eventCount: Number(whole(row, "n") ?? 0n),
    minTimeUs: whole(row, "low"),
    maxTimeUs: whole(row, "high"),
    ingestedUntilUs: whole(row, "ingested"),
    version: datasetVersions.get(dataset) ?? 0,
  };
}

/** Span of several datasets together. */
export async function dataSpan(
  engine: QueryEngine,
  datasets: readonly string[],
  signal?: AbortSignal,
): Promise<DataSpan> {
  let span = EMPTY;
  for (const dataset of datasets) {
    const next = await datasetSpan(engine, dataset, signal);
    span = {
      eventCount: span.eventCount + next.eventCount,
      minTimeUs: lower(span.minTimeUs, next.minTimeUs),
      maxTimeUs: higher(span.maxTimeUs, next.maxTimeUs),
      ingestedUntilUs: higher(span.ingestedUntilUs, next.ingestedUntilUs),
    };
  }
  return span;
}

/**
 * Times (rounded down to `stepUs`) of events that came at or after `ingestedFromUs`, ascending; null takes all.
 * Empty for a table without times.
 */
export async function eventTimes(
  engine: QueryEngine,
  dataset: string,
  options: { readonly ingestedFromUs: bigint | null; readonly stepUs: bigint; readonly signal?: AbortSignal },
): Promise<bigint[]> {
  if (!(await hasTimes(engine, dataset))) return [];
  const { rows } = await engine.rows({
    sql: `SELECT DISTINCT (epoch_us("_time") // CAST($step AS BIGINT)) * CAST($step AS BIGINT) AS t
      FROM ${quoteIdentifier(dataset)}
      WHERE "_time" IS NOT NULL AND "_ingested" >= make_timestamp(CAST($ingested AS BIGINT)) ORDER BY 1`,
    parameters: { step: options.stepUs, ingested: options.ingestedFromUs ?? -(2n ** 55n) },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  return rows.flatMap((row) => whole(row, "t") ?? []);
}
