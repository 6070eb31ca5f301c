import { valueText } from "../result/value-text.ts";

/** A row as cells get it from SQL: values by column. */
export type ChartRow = Readonly<Record<string, unknown>>;

/** Rows of a cell; rows from SQL also say their columns, so that a missing one is known even without rows. */
export type ChartRows = readonly ChartRow[] & { readonly columns?: readonly string[] };

/** A column by name, or a function of the row. */
export type Field = string | ((row: ChartRow) => unknown);

/** Thrown for options or rows that a chart cannot be made of; says what would help. */
export class ChartError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Error";
  }
}

const LOOKED_AT = 200;
const LISTED = 40;

/** The rows, or a ChartError when they are none. A Notebook Kit table and an iterable are rows too. */
export function rowsFor(chart: string, rows: unknown): ChartRows {
  if (Array.isArray(rows)) return rows as unknown as ChartRows;
  if (rows !== null && typeof rows === "object" && Symbol.iterator in rows)
    return [...(rows as Iterable<ChartRow>)] as ChartRows;
  throw new ChartError(
    `${chart} takes the rows of a cell (an array of objects) as its first argument; it was given ${rows === null ? "null" : typeof rows}.`,
  );
}

/** Names of the columns of some rows, in order: those that they say, else those of the first rows. */
export function columnsOf(rows: ChartRows): readonly string[] {
  if (rows.columns) return rows.columns;
  const names = new Set<string>();
  for (let index = 0; index < Math.min(rows.length, LOOKED_AT); index += 1) {
    const row = rows[index];
    if (row !== null && typeof row === "object") for (const name in row) names.add(name);
  }
  return [...names];
}

/** How a chart names and finds one of its fields. */
export interface FieldWish {
  readonly chart: string;
  readonly option: string;
  /** What the author gave; undefined looks for the usual names. */
  readonly given: Field | undefined | null;
  /** Usual column names, the likeliest first; letter case does not matter. */
  readonly usual: readonly string[];
}

/** How to read one field of a row, and what to call it. */
export interface FoundField {
  readonly name: string;
  read(row: ChartRow): unknown;
}

/**
 * Finds a field that a chart cannot do without.
 *
 * @throws ChartError that names the option and the column, and lists the columns that are there
 */
export function requireField(rows: ChartRows, wish: FieldWish): FoundField {
  const found = findField(rows, wish);
  if (found) return found;
  const columns = columnsOf(rows);
  if (columns.length === 0) return { name: wish.usual[0] ?? wish.option, read: () => null };
  throw new ChartError(
    `${wish.chart} needs a column for its option ${wish.option}: ${wish.usual.length > 0 ? `none of ${wish.usual.slice(0, 5).join(", ")} is there. ` : ""}The rows have ${listed(columns)}. Say which one: {${wish.option}: ${JSON.stringify(columns[0])}}.`,
  );
}

/**
 * Finds a field that a chart can do without: null when nothing was given and no usual column is there.
 *
 * @throws ChartError when a column was named that is not there
 */
export function findField(rows: ChartRows, { chart, option, given, usual }: FieldWish): FoundField | null {
  if (typeof given === "function") return { name: option, read: given };
  if (given === null) return null;
  const columns = columnsOf(rows);
  if (typeof given === "string") {
    if (columns.length > 0 && !columns.includes(given))
      throw new ChartError(
        `${chart}: the rows have no column ${JSON.stringify(given)} (option ${option}). They have ${listed(columns)}.`,
      );
    return { name: given, read: (row) => row[given] };
  }
  for (const name of usual) {
    const column = columns.find((one) => one.toLowerCase() === name.toLowerCase());
    if (column !== undefined) return { name: column, read: (row) => row[column] };
  }
  return null;
}

function listed(columns: readonly string[]): string {
  const shown = columns.slice(0, LISTED).join(", ");
  return columns.length > LISTED ? `${shown} and ${columns.length - LISTED} more` : shown;
}

export const MISSING = "(missing)";
export const EMPTY = "(empty)";

/** A value as the text of a label; NULL and the empty text look different from every other. */
export function labelOf(value: unknown): string {
  const text = valueText(value);
  if (text === null) return MISSING;
  return text === "" ? EMPTY : text;
}

/** Milliseconds since 1970 of a Date, a number of milliseconds or an ISO text (UTC unless it says); NaN for others. */
export function timeMsOf(value: unknown): number {
  if (value instanceof Date) return value.getTime();
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "string" && /^\d{4}-\d\d-\d\d/.test(value)) {
    const iso = value.trim().replace(" ", "T");
    return Date.parse(/T/.test(iso) && !/(Z|[+-]\d\d:?\d\d)$/i.test(iso) ? `${iso}Z` : iso);
  }
  return Number.NaN;
}

/** A number of a number, bigint or decimal text; NaN for others, NULL and the empty text included. */
export function numberOf(value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "string" && value.trim() !== "") return Number(value);
  return Number.NaN;
}

/** Times of all rows in milliseconds (NaN where there is none), with their extent and how many have none. */
export interface RowTimes {
  readonly ms: Float64Array;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly missing: number;
}

export function timesOf(rows: ChartRows, time: FoundField): RowTimes {
  const ms = new Float64Array(rows.length);
  let fromMs = Number.POSITIVE_INFINITY;
  let untilMs = Number.NEGATIVE_INFINITY;
  let missing = 0;
  for (let index = 0; index < rows.length; index += 1) {
    const at = timeMsOf(time.read(rows[index]!));
    ms[index] = at;
    if (Number.isNaN(at)) missing += 1;
    else {
      if (at < fromMs) fromMs = at;
      if (at > untilMs) untilMs = at;
    }
  }
  return { ms, fromMs, untilMs, missing };
}

export const USUAL_TIME = ["_time", "time", "timestamp", "@timestamp", "ts", "UtcTime", "eventTime"] as const;
export const USUAL_HOST = [
  "Computer",
  "Hostname",
  "host",
  "computer_name",
  "host_name",
  "device",
  "agent",
] as const;
export const USUAL_SOURCE = [
  "id_orig_h",
  "id.orig_h",
  "src_ip",
  "source_ip",
  "SourceIp",
  "src",
  "source",
  "sourceIPAddress",
] as const;
export const USUAL_TARGET = [
  "id_resp_h",
  "id.resp_h",
  "dest_ip",
  "dst_ip",
  "DestinationIp",
  "destination_ip",
  "dst",
  "dest",
  "target",
  "destination",
] as const;
export const USUAL_BYTES = [
  "bytes",
  "orig_bytes",
  "total_bytes",
  "orig_ip_bytes",
  "bytes_toserver",
  "bytes_out",
] as const;
