import { type ColumnType, parseType } from "../dataset/type.ts";
import type { TimeField } from "../source/source.ts";
import { quoteIdentifier } from "../sql/quote.ts";

/** A column that an expression may read. */
export interface ReadableColumn {
  readonly key: string;
  readonly name: string;
  readonly type: string;
  /** SQL that gives its value. */
  readonly sql: string;
}

/** A place in a row: SQL for it and its type. */
export interface Place {
  readonly sql: string;
  readonly type: ColumnType;
}

/**
 * Finds a column path (`ts`, `id.orig_h`, `event_data.UtcTime`): a whole key or name first, then the longest
 * key followed by fields of its STRUCT. Null when there is no such column.
 */
export function placeOf(path: string, columns: readonly ReadableColumn[]): Place | null {
  const whole = columns.find((c) => c.key === path) ?? columns.find((c) => c.name === path);
  if (whole) return { sql: whole.sql, type: parseType(whole.type) };
  for (let dot = path.lastIndexOf("."); dot > 0; dot = path.lastIndexOf(".", dot - 1)) {
    const head = path.slice(0, dot);
    const column = columns.find((c) => c.key === head) ?? columns.find((c) => c.name === head);
    if (!column) continue;
    const found = within({ sql: column.sql, type: parseType(column.type) }, path.slice(dot + 1));
    if (found) return found;
  }
  return null;
}

function within(place: Place, path: string): Place | null {
  if (place.type.kind !== "struct") return null;
  for (const field of place.type.fields) {
    const next = { sql: `(${place.sql}).${quoteIdentifier(field.name)}`, type: field.type };
    if (field.name === path) return next;
    if (path.startsWith(`${field.name}.`)) {
      const found = within(next, path.slice(field.name.length + 1));
      if (found) return found;
    }
  }
  return null;
}

const NUMBERS = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*)$/;

/** Seconds, milliseconds, microseconds or nanoseconds since the epoch, told apart by size. */
function epoch(sql: string, format: TimeField["format"]): string {
  const number = `try_cast(${sql} AS DOUBLE)`;
  const instant = (factor: string): string => `make_timestamp(CAST(round(${number} * ${factor}) AS BIGINT))`;
  switch (format) {
    case "epoch-s":
      return `CASE WHEN abs(${number}) < 2.5e11 THEN ${instant("1e6")} END`;
    case "epoch-ms":
      return `CASE WHEN abs(${number}) < 2.5e14 THEN ${instant("1e3")} END`;
    case "epoch-us":
      return `CASE WHEN abs(${number}) < 2.5e17 THEN ${instant("1")} END`;
    default:
      return (
        `CASE WHEN ${number} < 1e8 THEN NULL WHEN ${number} < 1e11 THEN ${instant("1e6")} ` +
        `WHEN ${number} < 1e14 THEN ${instant("1e3")} WHEN ${number} < 1e17 THEN ${instant("1")} ` +
        `WHEN ${number} < 9e18 THEN ${instant("1e-3")} END`
      );
  }
}

const OTHER_FORMATS =
  "['%d/%b/%Y:%H:%M:%S %z', '%a, %d %b %Y %H:%M:%S %z', '%a %b %d %H:%M:%S %Y', '%Y/%m/%d %H:%M:%S', '%m/%d/%Y %I:%M:%S %p']";

const QUICK_ISO =
  "\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?Z| \\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?)";

/**
 * The two ways in which nearly all logs write an instant, with one look at the text; NULL for every other text, and SQL
 * for it only where texts without an offset are in UTC. What it gives is finite, and what `slowIso` gives for the same
 * text.
 */
export function quickIso(sql: string, time: TimeField): string | null {
  if (time.zone !== "UTC") return null;
  return `CASE WHEN regexp_full_match(${sql}, '${QUICK_ISO}') THEN try_cast(${sql} AS TIMESTAMP) END`;
}

/** An ISO text as an instant; NULL for every other text. */
export function slowIso(sql: string, time: TimeField): string {
  const trimmed = `trim(${sql})`;
  const absolute = `timezone('UTC', try_cast(${trimmed} AS TIMESTAMPTZ))`;
  return (
    `CASE WHEN NOT regexp_matches(${trimmed}, '^\\d{4}-\\d{2}-\\d{2}') THEN NULL ` +
    `WHEN regexp_matches(${trimmed}, ':\\d{2}([.,]\\d+)?\\s*(Z|UTC|[+-]\\d{2}(:?\\d{2})?)$') THEN ${absolute} ` +
    `ELSE ${localInstant(`try_cast(${trimmed} AS TIMESTAMP)`, time)} END`
  );
}

function localInstant(instant: string, time: TimeField): string {
  return time.zone === "UTC" ? instant : `timezone('UTC', timezone(getvariable('zone'), ${instant}))`;
}

function finite(sql: string): string {
  return `CASE WHEN isfinite(${sql}) THEN ${sql} END`;
}

/** Instant written as text; a text without an offset is in the zone of `getvariable('zone')` unless that is UTC. */
function text(sql: string, time: TimeField): string {
  const trimmed = `trim(${sql})`;
  const iso = slowIso(sql, time);
  const quick = quickIso(sql, time);
  const soon = (rest: string): string =>
    quick === null ? finite(rest) : `coalesce(${quick}, ${finite(rest)})`;
  if (time.format === "iso") return soon(iso);
  if (time.format !== "auto") return finite(epoch(sql, time.format));
  const numeric = `CASE WHEN regexp_matches(${trimmed}, '^\\d{9,19}(\\.\\d+)?$') THEN ${epoch(trimmed, "auto")} END`;
  const other = `CASE WHEN length(${trimmed}) < 40 AND NOT regexp_matches(${trimmed}, '^\\d{4}-') THEN ${localInstant(
    `CAST(try_strptime(${trimmed}, ${OTHER_FORMATS}) AS TIMESTAMP)`,
    time,
  )} END`;
  return soon(`coalesce(${iso}, ${numeric}, ${other})`);
}

/**
 * SQL for `_time`: the first of the time fields that can be read, row by row, as a TIMESTAMP in UTC; NULL when
 * none can. Needs `getvariable('zone')` when the zone is not UTC, and a session in UTC.
 */
export function eventTimeSql(time: TimeField, columns: readonly ReadableColumn[]): string {
  const parts: string[] = [];
  for (const field of time.fields) {
    const place = placeOf(field, columns);
    if (place?.type.kind !== "scalar") continue;
    const name = place.type.name;
    if (name === "VARCHAR") parts.push(text(place.sql, time));
    else if (NUMBERS.test(name)) parts.push(finite(epoch(place.sql, time.format)));
    else if (name === "JSON") parts.push(text(`json_extract_string(${place.sql}, '$')`, time));
    else if (name === "TIMESTAMP WITH TIME ZONE") parts.push(finite(`timezone('UTC', ${place.sql})`));
    else if (name.startsWith("TIMESTAMP") || name === "DATE")
      parts.push(finite(`CAST(${place.sql} AS TIMESTAMP)`));
  }
  if (parts.length === 0) return "CAST(NULL AS TIMESTAMP)";
  return `coalesce(${parts.join(", ")}, CAST(NULL AS TIMESTAMP))`;
}
