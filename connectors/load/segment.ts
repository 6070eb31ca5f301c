import { createHash, randomUUID } from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { listValue } from "@duckdb/node-api";
import type { Column, Segment } from "../dataset/dataset.ts";
import { type ColumnType, castKeeps, fieldKey, parseType, sameType, sqlType } from "../dataset/type.ts";
import type { TimeField } from "../source/source.ts";
import { quoteIdentifier } from "../sql/quote.ts";
import type { SqlSession } from "../sql/session.ts";
import type { Batch, ZeekLayout } from "./batch.ts";
import { eventTimeSql, type ReadableColumn } from "./event-time.ts";
import type { DatasetPlan } from "./plan.ts";
import { zeekRelation, zeekValue } from "./zeek-batch.ts";

/** The structure that `json_transform` takes, for columns by key. */
function structureOf(type: ColumnType): unknown {
  if (type.kind === "scalar") return type.name;
  if (type.kind === "list") return [structureOf(type.item)];
  return Object.fromEntries(
    type.fields.map((field) => [fieldKey(field.name, type.fields), structureOf(field.type)]),
  );
}

/** Whether fields of the type, however deep, are named otherwise than their keys. */
function hasTwins(type: ColumnType): boolean {
  if (type.kind === "scalar") return false;
  if (type.kind === "list") return hasTwins(type.item);
  return type.fields.some(
    (field) => fieldKey(field.name, type.fields) !== field.name || hasTwins(field.type),
  );
}

/** A transformed value, whose fields have the names of their keys, with the names of the type. */
function named(sql: string, type: ColumnType, depth = 0): string {
  if (type.kind === "scalar" || !hasTwins(type)) return sql;
  if (type.kind === "list") {
    return `list_transform(${sql}, lambda item${depth}: ${named(`item${depth}`, type.item, depth + 1)})`;
  }
  const fields = type.fields.map(
    (field, index) =>
      `${quoteIdentifier(field.name)} := ${named(`struct_extract_at(${sql}, ${index + 1})`, field.type, depth)}`,
  );
  return `CASE WHEN ${sql} IS NOT NULL THEN struct_pack(${fields.join(", ")}) END`;
}

function structureText(columns: readonly Column[]): string {
  const members = columns.map(
    (column) => `${JSON.stringify(column.key)}:${JSON.stringify(structureOf(parseType(column.type)))}`,
  );
  if (leadCount(columns) > 0) {
    let lead = "lead";
    while (columns.some((column) => column.key === lead)) lead += "_";
    members.unshift(`"${lead}":"BOOLEAN"`);
  }
  return `{${members.join(",")}}`;
}

/** Fields of a structure before its columns: DuckDB makes no table of a STRUCT whose first field has no name. */
function leadCount(columns: readonly Column[]): number {
  return columns[0]?.key === "" ? 1 : 0;
}

export interface SegmentTarget {
  readonly lakeDirectory: string;
  readonly ingestedUs: bigint;
  readonly time: TimeField;
  /** Written to be read at once and merged with others soon: sooner rather than smaller. */
  readonly fresh?: boolean;
}

/** A segment's id: the family, then a hash of what it is made of. */
export function segmentId(family: string, parts: readonly string[]): string {
  const hash = createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
  return `${family}-${hash}`;
}

/** Where a segment's Parquet file lies. */
export function segmentFile(lakeDirectory: string, dataset: string, id: string): string {
  return join(lakeDirectory, dataset, `${id.replace(":", "_")}.parquet`);
}

const WIDEST_GROUP_ROWS = 61_440;
const NARROWEST_GROUP_ROWS = 10_240;
/** Values of one row group that the writer holds: wide rows, such as structs of hundreds of fields, come in fewer rows. */
const GROUP_VALUES = 12_000_000;

function rowGroupSize(columns: readonly Pick<Column, "type">[]): number {
  const leaves = (type: ColumnType): number =>
    type.kind === "struct"
      ? type.fields.reduce((sum, field) => sum + leaves(field.type), 0)
      : type.kind === "list"
        ? leaves(type.item)
        : 1;
  const count = columns.reduce((sum, column) => sum + leaves(parseType(column.type)), 1);
  const rows = Math.floor(GROUP_VALUES / count / 2048) * 2048;
  return Math.min(WIDEST_GROUP_ROWS, Math.max(NARROWEST_GROUP_ROWS, rows));
}

/** A file that is merged with others soon is made quickly; one that stays is made small, with filters for its values. */
const ENCODING = {
  once: "COMPRESSION snappy, WRITE_BLOOM_FILTER false",
  leisure: "COMPRESSION zstd",
} as const;

/** Copies a SELECT into the file, whole or not at all: temporary name, fsync, rename, fsync of the folder. */
export async function copyDurably(
  session: SqlSession,
  select: string,
  path: string,
  columns: readonly Pick<Column, "type">[],
  readAt: "once" | "leisure" = "leisure",
): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}.tmp`;
  await session.set("target", temporary);
  await session.run(
    `COPY (${select}) TO (getvariable('target')) (FORMAT parquet, ${ENCODING[readAt]}, ROW_GROUP_SIZE ${rowGroupSize(columns)})`,
  );
  for (const step of ["file", "folder"] as const) {
    if (step === "folder") renameSync(temporary, path);
    const handle = openSync(step === "file" ? temporary : dirname(path), "r");
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  }
}

/** The facts of a written segment. */
export async function describeSegment(
  session: SqlSession,
  path: string,
  facts: Pick<Segment, "id" | "dataset" | "ingestedUs" | "inputHashes" | "columns">,
): Promise<Segment> {
  await session.set("target", path);
  const [row] = await session.rows(
    "SELECT count(*), epoch_us(min(_time)), epoch_us(max(_time)) FROM read_parquet(getvariable('target'))",
  );
  const [count, min, max] = row ?? [];
  return {
    ...facts,
    path,
    rowCount: Number(count),
    byteCount: statSync(path).size,
    minTimeUs: typeof min === "bigint" ? min : null,
    maxTimeUs: typeof max === "bigint" ? max : null,
  };
}

const SYSTEM_SELECT = (target: SegmentTarget, time: string, ingested: string | null = null): string =>
  `${time} AS _time, make_timestamp(${ingested ?? target.ingestedUs}) AS _ingested`;

/** Writes a batch of rows as one segment. Throws when a single row of the batch would be missing. */
export async function writeBatch(
  session: SqlSession,
  batch: Batch,
  plan: DatasetPlan,
  part: number,
  target: SegmentTarget,
): Promise<Segment> {
  const written = plan.written.filter((column) => batch.keys === null || batch.keys.has(column.key));
  const from = batch.zeek
    ? await stageZeek(session, batch, batch.zeek, written)
    : await stageBatch(session, batch, written, target.fresh === true);
  const columns: ReadableColumn[] = written.map((column, index) => ({
    ...column,
    sql: batch.zeek
      ? `v${index}`
      : named(`struct_extract_at(row, ${index + 1 + leadCount(written)})`, parseType(column.type)),
  }));
  const select = [
    SYSTEM_SELECT(
      target,
      eventTimeSql(target.time, columns),
      batch.ingestedUs && "CAST(getvariable('ingested')[file + 1] AS BIGINT)",
    ),
    "getvariable('files')[file + 1] AS _file",
    "line AS _line",
    ...columns.map((column) => `${column.sql} AS ${quoteIdentifier(column.name)}`),
  ];
  const id = segmentId(plan.family, [plan.dataset, String(part), ...batch.inputHashes]);
  const path = segmentFile(target.lakeDirectory, plan.dataset, id);
  await session.set("files", listValue([...batch.files]));
  if (batch.ingestedUs) await session.set("ingested", listValue([...batch.ingestedUs]));
  await copyDurably(
    session,
    `SELECT ${select.join(", ")} FROM ${from}`,
    path,
    written,
    target.fresh ? "once" : "leisure",
  );
  if (from === "staged") await session.run("DROP TABLE IF EXISTS staged");
  const segment = await describeSegment(session, path, {
    id,
    dataset: plan.dataset,
    ingestedUs: target.ingestedUs,
    inputHashes: batch.inputHashes,
    columns: written,
  });
  if (segment.rowCount !== batch.rowCount) {
    throw new Error(`segment ${id} has ${segment.rowCount} rows of ${batch.rowCount}`);
  }
  return segment;
}

/** A Zeek batch is read as it is written: SQL for its typed rows. */
async function stageZeek(
  session: SqlSession,
  batch: Batch,
  layout: ZeekLayout,
  written: readonly Column[],
): Promise<string> {
  await session.set("source", batch.path);
  await session.set("path", layout.path);
  const values = written.map((column, index) => {
    const wanted = parseType(column.type);
    const value = zeekValue(layout, column.key, wanted);
    const sql = sameType(value.type, wanted) ? value.sql : convert(value.sql, wanted);
    return `${sql} AS v${index}`;
  });
  return `(SELECT 0 AS file, ${["line", ...values].join(", ")} FROM ${zeekRelation(batch, layout)})`;
}

/** SQL for the rows of a batch: a table of them, or, where they are few, themselves. */
async function stageBatch(
  session: SqlSession,
  batch: Batch,
  written: readonly Column[],
  fresh: boolean,
): Promise<string> {
  const lineBytes = batch.longestBytes + 1024;
  const bufferBytes = Math.max(2 * lineBytes, 16 << 20);
  await session.set("source", batch.path);
  await session.set("shape", structureText(written));
  const row = written.length === 0 ? "NULL" : "json_transform(json, getvariable('shape'))";
  const select = `SELECT file, line, ${row} AS row
     FROM read_csv(getvariable('source'), delim = chr(1), quote = '', escape = '', comment = '', new_line = '\\n',
       header = false, auto_detect = false, columns = {'file': 'INTEGER', 'line': 'BIGINT', 'json': 'VARCHAR'},
       max_line_size = ${lineBytes}, buffer_size = ${bufferBytes})`;
  if (fresh) return `(${select})`;
  await session.run(`CREATE OR REPLACE TEMP TABLE staged AS ${select}`);
  return "staged";
}

/** A Parquet input, as DuckDB describes it. */
export interface ParquetInput {
  readonly file: string;
  readonly path: string;
  readonly inputHash: string;
  readonly rowCount: number;
  readonly columns: readonly Column[];
}

/** Writes a Parquet input's rows as one segment. */
export async function writeParquet(
  session: SqlSession,
  input: ParquetInput,
  plan: DatasetPlan,
  target: SegmentTarget,
): Promise<Segment> {
  const own = plan.written.filter((column) => input.columns.some((c) => c.key === column.key));
  const columns: ReadableColumn[] = own.map((column) => ({
    ...column,
    sql: `CAST(${quoteIdentifier(input.columns.find((c) => c.key === column.key)!.name)} AS ${sqlType(parseType(column.type))})`,
  }));
  const select = [
    SYSTEM_SELECT(target, eventTimeSql(target.time, columns)),
    "getvariable('files')[1] AS _file",
    "file_row_number + 1 AS _line",
    ...columns.map((column) => `${column.sql} AS ${quoteIdentifier(column.name)}`),
  ];
  const id = segmentId(plan.family, [plan.dataset, "0", input.inputHash]);
  const path = segmentFile(target.lakeDirectory, plan.dataset, id);
  await session.set("files", listValue([input.file]));
  await session.set("source", input.path);
  await copyDurably(
    session,
    `SELECT ${select.join(", ")} FROM read_parquet(getvariable('source'), file_row_number = true)`,
    path,
    own,
  );
  const segment = await describeSegment(session, path, {
    id,
    dataset: plan.dataset,
    ingestedUs: target.ingestedUs,
    inputHashes: [input.inputHash],
    columns: own,
  });
  if (segment.rowCount !== input.rowCount) {
    throw new Error(`segment ${id} has ${segment.rowCount} rows of ${input.rowCount}`);
  }
  return segment;
}

/** Writes those old segments again whose columns no CAST brings to the dataset's new types. */
export async function rewriteDataset(
  session: SqlSession,
  plan: DatasetPlan,
  segments: readonly Segment[],
  target: Pick<SegmentTarget, "lakeDirectory">,
): Promise<{ readonly added: Segment[]; readonly removedIds: string[] }> {
  const added: Segment[] = [];
  const removedIds: string[] = [];
  if (plan.rewrites.length === 0) return { added, removedIds };
  for (const segment of segments) {
    const touched = segment.columns.some((column) =>
      plan.rewrites.some(
        (r) => r.key === column.key && !castKeeps(parseType(column.type), parseType(r.type)),
      ),
    );
    if (!touched) continue;
    added.push(await rewriteSegment(session, segment, plan.rewrites, target));
    removedIds.push(segment.id);
  }
  return { added, removedIds };
}

/** Writes an old segment again with the columns that no CAST brings to their new type. */
async function rewriteSegment(
  session: SqlSession,
  segment: Segment,
  rewrites: readonly Column[],
  target: Pick<SegmentTarget, "lakeDirectory">,
): Promise<Segment> {
  const columns = segment.columns.map((column) => rewrites.find((r) => r.key === column.key) ?? column);
  const select = ["_time", "_ingested", "_file", "_line"];
  for (const column of segment.columns) {
    const next = rewrites.find((r) => r.key === column.key);
    const name = quoteIdentifier(column.name);
    if (!next || next.type === column.type) select.push(name);
    else select.push(`(${convert(name, parseType(next.type))}) AS ${name}`);
  }
  const id = segmentId(segment.id.split("-")[0]!, [
    segment.id,
    ...rewrites.map((c) => `${c.name} ${c.type}`),
  ]);
  const path = segmentFile(target.lakeDirectory, segment.dataset, id);
  await session.set("source", segment.path);
  await copyDurably(
    session,
    `SELECT ${select.join(", ")} FROM read_parquet(getvariable('source'))`,
    path,
    columns,
  );
  const written = await describeSegment(session, path, { ...segment, id, columns });
  if (written.rowCount !== segment.rowCount) throw new Error(`segment ${id} lost rows of ${segment.id}`);
  return written;
}

/** Through JSON, which every type can become; the structure names no key outside the type itself. */
function convert(name: string, type: ColumnType): string {
  if (type.kind === "scalar" && type.name === "JSON") return `to_json(${name})`;
  if (type.kind === "scalar" && type.name === "VARCHAR") return `CAST(${name} AS VARCHAR)`;
  const parts = type.kind === "list" ? convertItem(type.item) : null;
  if (parts && type.kind === "list") return `list_transform(${name}, lambda item: ${parts})`;
  if (type.kind === "struct") {
    const fields = type.fields.map((field) => {
      const json = `json_extract(to_json(${name}), ${pathText(field.name)})`;
      return `${quoteIdentifier(field.name)} := ${fromJson(json, field.type)}`;
    });
    return `CASE WHEN ${name} IS NOT NULL THEN struct_pack(${fields.join(", ")}) END`;
  }
  return `CAST(${name} AS ${sqlType(type)})`;
}

function convertItem(type: ColumnType): string {
  return convert("item", type);
}

function fromJson(json: string, type: ColumnType): string {
  if (type.kind === "scalar" && type.name === "JSON") return `nullif(${json}, 'null'::JSON)`;
  if (type.kind === "scalar" && type.name === "VARCHAR") return `json_extract_string(${json}, '$')`;
  return `CAST(${json} AS ${sqlType(type)})`;
}

/** A JSON path to one key as SQL text, written in character codes so that no text of a key enters the SQL. */
function pathText(key: string): string {
  const path = `$.${JSON.stringify(key)}`;
  return [...path].map((c) => `chr(${c.codePointAt(0)})`).join(" || ");
}
