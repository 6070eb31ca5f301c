import { randomUUID } from "node:crypto";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type ColumnType, scalar, sqlType } from "../dataset/type.ts";
import { type Input, readChunks } from "../format/input.ts";
import { type PlainHeader, PlainSorter } from "../format/zeek-plain.ts";
import type { SqlSession } from "../sql/session.ts";
import type { Batch, ZeekLayout } from "./batch.ts";
import { type Family, type Intake, zeekFamily } from "./intake.ts";
import { KIND, Shape } from "./shape.ts";

const MOST_OTHERS = 50_000;
const SAMPLE_ROWS = 64;
/** A number as Zeek writes it, which DOUBLE takes as it stands. */
const DECIMAL = "-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]+)?";
/** Few enough digits for 53 bits. */
const INTEGER = "(0|-?[1-9][0-9]{0,14})";
/** At most eleven digits of seconds, so within the years 1970 to 5138. */
const INSTANT = "[0-9]{1,11}[.][0-9]{6}";

interface Gauge {
  readonly type: ColumnType;
  /** Whether a text is what the type's reader takes without loss. */
  readonly fits: (column: string) => string;
  /** The value of a text that fits. */
  readonly value: (column: string) => string;
  readonly kind: number;
}

const GAUGES: Readonly<Record<string, Gauge>> = {
  VARCHAR: {
    type: scalar("VARCHAR"),
    fits: () => "true",
    value: (column) => `CASE WHEN ${column} = '(empty)' THEN '' ELSE ${column} END`,
    kind: KIND.text,
  },
  BIGINT: {
    type: scalar("BIGINT"),
    fits: (column) => `coalesce(CAST(try_cast(${column} AS BIGINT) AS VARCHAR) = ${column}, false)`,
    value: (column) => `CAST(${column} AS BIGINT)`,
    kind: KIND.integer,
  },
  DOUBLE: {
    type: scalar("DOUBLE"),
    fits: (column) =>
      `(regexp_full_match(${column}, '${DECIMAL}') AND coalesce(isfinite(try_cast(${column} AS DOUBLE)), false))`,
    value: (column) => `CAST(${column} AS DOUBLE)`,
    kind: KIND.decimal,
  },
  BOOLEAN: {
    type: scalar("BOOLEAN"),
    fits: (column) => `${column} IN ('T', 'F')`,
    value: (column) => `(${column} = 'T')`,
    kind: KIND.boolean,
  },
  TIMESTAMP: {
    type: scalar("TIMESTAMP"),
    fits: (column) => `regexp_full_match(${column}, '${INSTANT}')`,
    value: (column) => `make_timestamp(CAST(replace(${column}, '.', '') AS BIGINT))`,
    kind: KIND.instant,
  },
};

function gaugeOf(type: ColumnType | null): Gauge | null {
  if (type === null) return null;
  if (type.kind === "scalar") return GAUGES[type.name] ?? null;
  if (type.kind !== "list" || type.item.kind !== "scalar") return null;
  const item = GAUGES[type.item.name];
  if (!item || item.kind === KIND.instant || item.kind === KIND.boolean) return null;
  const items = (column: string): string => `string_split(${column}, ',')`;
  const isNone = (column: string): string => `(${column} = '(empty)' OR ${column} = '')`;
  if (item.kind === KIND.text) {
    // An item that is a mark stands between two commas, or between one and an end.
    const hasMark = (column: string): string =>
      `(contains(${column}, '(empty)') OR contains(',' || ${column} || ',', ',-,'))`;
    return {
      type,
      fits: () => "true",
      value: (column) =>
        `CASE WHEN ${isNone(column)} THEN [] WHEN ${hasMark(column)} THEN list_transform(${items(column)}, ` +
        `lambda i: CASE WHEN i = '-' THEN NULL ELSE ${item.value("i")} END) ELSE ${items(column)} END`,
      kind: KIND.list,
    };
  }
  const one = item.kind === KIND.decimal ? DECIMAL : INTEGER;
  return {
    type,
    fits: (column) => `(${isNone(column)} OR regexp_full_match(${column}, '${one}(,${one})*'))`,
    value: (column) =>
      `CASE WHEN ${isNone(column)} THEN [] ELSE CAST(${items(column)} AS ${sqlType(type)}) END`,
    kind: KIND.list,
  };
}

/** The rows of a Zeek batch as a relation: `line`, then `c0`, `c1`, … as text, NULL where unset. */
function relation(batch: Pick<Batch, "longestBytes">, fieldCount: number): string {
  const columns = ["'line': 'BIGINT'", ...Array.from({ length: fieldCount }, (_, i) => `'c${i}': 'VARCHAR'`)];
  const lineBytes = batch.longestBytes + 1024;
  return (
    `read_csv(getvariable('source'), delim = '\\t', quote = '', escape = '', comment = '', new_line = '\\n', nullstr = '-', ` +
    `header = false, auto_detect = false, columns = {${columns.join(", ")}}, ` +
    `max_line_size = ${lineBytes}, buffer_size = ${Math.max(2 * lineBytes, 8 << 20)})`
  );
}

/**
 * Takes a Zeek log of the default form without looking at each value here: its plain rows go to a batch that DuckDB
 * reads, the others through the intake. Null, with nothing changed, when some value is not of its field's type.
 *
 * @returns the batch of plain rows (`batch` null when there are none).
 */
export async function takeZeekLog(
  input: Input,
  header: PlainHeader,
  intake: Intake,
  scratchDirectory: string,
  session: SqlSession,
): Promise<{ batch: Batch | null } | null> {
  const gauges = header.fields.map((field) => gaugeOf(field.type));
  if (gauges.some((gauge) => gauge === null)) return null;
  const path = join(scratchDirectory, `${randomUUID()}.rows`);
  const handle = openSync(path, "wx");
  const others: { line: number; text: string; valid: boolean }[] = [];
  const samples: string[] = [];
  let rowCount = 0;
  let byteCount = 0;
  const sorter = new PlainSorter(header.fields.length, {
    rows(bytes, count) {
      if (samples.length < SAMPLE_ROWS) {
        const lines = bytes.toString("utf8", 0, 65_536).split("\n").slice(0, -1);
        samples.push(...lines.slice(0, SAMPLE_ROWS).map((line) => line.slice(line.indexOf("\t") + 1)));
      }
      let at = 0;
      while (at < bytes.length) at += writeSync(handle, bytes, at);
      rowCount += count;
      byteCount += bytes.length;
    },
    other(line, text, valid) {
      others.push({ line, text, valid });
    },
  });
  let isPlain = true;
  try {
    for await (const chunk of readChunks(input)) {
      sorter.push(chunk);
      if (sorter.odd || others.length > MOST_OTHERS) break;
    }
    sorter.end();
  } finally {
    closeSync(handle);
  }
  isPlain = !sorter.odd && others.length <= MOST_OTHERS;
  const family: Family = zeekFamily(header.path);
  const keys = new Set<string>();
  if (isPlain && rowCount > 0) {
    isPlain = await observe(
      path,
      sorter.longestBytes,
      rowCount,
      header,
      gauges as Gauge[],
      intake,
      family,
      keys,
      session,
    );
  }
  if (!isPlain) {
    rmSync(path, { force: true });
    return null;
  }
  if (rowCount > 0) {
    const shape = intake.shapeOf(family);
    shape.kinds |= KIND.object;
    const seen = new Shape();
    intake.sampleZeek(seen, header.directives, samples);
    for (const [key, field] of seen.fields ?? []) {
      const own = shape.field(key);
      for (const value of field.samples) if (own.samples.length < SAMPLE_ROWS) own.samples.push(value);
    }
    const own = shape.field("_path");
    own.kinds |= KIND.text;
    own.count += rowCount;
    keys.add("_path");
    intake.countPlain(family, rowCount);
  }
  if (others.length > 0) intake.zeekLines(header.directives, others);
  if (rowCount === 0) {
    rmSync(path, { force: true });
    return { batch: null };
  }
  return {
    batch: {
      family,
      path,
      rowCount,
      byteCount,
      longestBytes: sorter.longestBytes + 32,
      files: [input.file],
      inputHashes: [input.hash],
      ingestedUs: null,
      keys,
      zeek: { path: header.path, fields: header.fields },
    },
  };
}

/** Checks every value against its field's type; when all fit, adds them to the shape. */
async function observe(
  path: string,
  longestBytes: number,
  rowCount: number,
  header: PlainHeader,
  gauges: readonly Gauge[],
  intake: Intake,
  family: Family,
  keys: Set<string>,
  session: SqlSession,
): Promise<boolean> {
  await session.set("source", path);
  const checks = gauges.flatMap((gauge, i) => [
    `count(c${i})`,
    gauge.kind === KIND.text
      ? "true"
      : `coalesce(bool_and(coalesce(${gauge.fits(`c${i}`)}, false)) FILTER (c${i} IS NOT NULL), true)`,
    gauge.kind === KIND.integer
      ? `coalesce(greatest(max(try_cast(c${i} AS BIGINT)), -1 - min(try_cast(c${i} AS BIGINT))) > 9007199254740990, false)`
      : "false",
  ]);
  const [row] = await session.rows(
    `SELECT count(*), ${checks.join(", ")} FROM ${relation({ longestBytes: longestBytes + 32 }, gauges.length)}`,
  );
  if (!row || Number(row[0]) !== rowCount) return false;
  if (gauges.some((_, i) => row[3 * i + 2] !== true)) return false;
  const shape = intake.shapeOf(family);
  shape.count += rowCount;
  for (const [i, gauge] of gauges.entries()) {
    const { name, type } = header.fields[i]!;
    const field = shape.field(name);
    field.declared = field.declared ?? type;
    const count = Number(row[3 * i + 1]);
    if (count === 0) continue;
    keys.add(name);
    field.count += count;
    field.kinds |= gauge.kind;
    if (row[3 * i + 3] === true) field.kinds |= KIND.longInteger;
    if (gauge.type.kind === "list") {
      field.item ??= new Shape();
      const item = gaugeOf(gauge.type.item);
      field.item.kinds |= item?.kind ?? KIND.text;
    }
  }
  return true;
}

/** The plain rows of a Zeek batch as a relation with `line`; needs `getvariable('source')`. */
export function zeekRelation(batch: Batch, layout: ZeekLayout): string {
  return relation(batch, layout.fields.length);
}

/**
 * SQL for one key of a Zeek batch and the type it gives, which is `type` or one that CAST brings there; needs
 * `getvariable('path')`.
 */
export function zeekValue(
  layout: ZeekLayout,
  key: string,
  type: ColumnType,
): { sql: string; type: ColumnType } {
  if (key === "_path") return { sql: "getvariable('path')", type: scalar("VARCHAR") };
  const index = layout.fields.findIndex((field) => field.name === key);
  const gauge = gaugeOf(layout.fields[index]?.type ?? null);
  if (!gauge) throw new Error(`no field ${key} in the Zeek log`);
  const column = `c${index}`;
  if (type.kind === "scalar" && type.name === "VARCHAR") {
    // As the JSON form of the row would have it.
    const isNumber = gauge.kind === KIND.integer || gauge.kind === KIND.decimal;
    if (isNumber) return { sql: column, type };
    if (gauge.kind === KIND.instant)
      return { sql: `strftime(${gauge.value(column)}, '%Y-%m-%dT%H:%M:%S.%fZ')`, type };
  }
  return { sql: gauge.value(column), type: gauge.type };
}
