import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { listValue } from "@duckdb/node-api";
import { type Column, type DatasetRegistry, type Segment, SYSTEM_COLUMNS } from "../dataset/dataset.ts";
import { parseType, sqlType } from "../dataset/type.ts";
import { copyDurably, describeSegment, segmentFile, segmentId } from "../load/segment.ts";
import { quoteIdentifier } from "../sql/quote.ts";
import { openSession, type SqlSession } from "../sql/session.ts";
import type { Clock } from "../time/instant.ts";

export interface CompactOptions {
  readonly registry: DatasetRegistry;
  /** Name of a dataset. */
  readonly dataset: string;
  readonly source: string;
  readonly lakeDirectory: string;
  readonly scratchDirectory: string;
  /** Merging keeps every time as it was, and reads no clock; taken so that all lake work is called alike. */
  readonly clock?: Clock;
  /** Merges no fewer segments than this; at least 2. */
  readonly minimumSegments: number;
  /** Rows of a merged segment at most. */
  readonly maximumRows: number;
  /** Default 2. */
  readonly threads?: number;
  /** DuckDB's notation; default `1GB`. */
  readonly memoryLimit?: string;
}

/**
 * Merges many small segments of a dataset into few: the rows stay, with the types of the dataset. The smallest
 * segments go first, so that a row is written anew only each time its segment grows `minimumSegments`-fold.
 *
 * @returns paths of the files that were replaced: delete them when no query reads them. Empty when there was
 * nothing to merge.
 */
export async function compactSegments(options: CompactOptions): Promise<readonly string[]> {
  const { registry, source } = options;
  const dataset = registry.get(options.dataset);
  const groups = dataset ? groupsToMerge(dataset.segments, options.minimumSegments, options.maximumRows) : [];
  if (!dataset || groups.length === 0) return [];
  const scratchDirectory = join(options.scratchDirectory, `compact-${randomUUID()}`);
  mkdirSync(scratchDirectory, { recursive: true });
  const session = await openSession({
    scratchDirectory,
    memoryLimit: options.memoryLimit ?? "1GB",
    threads: options.threads ?? 2,
  });
  try {
    const added: Segment[] = [];
    for (const group of groups)
      added.push(await mergeSegments(session, group, dataset.columns, options.lakeDirectory));
    registry.commit({
      source,
      segmentsAdded: added,
      segmentIdsRemoved: groups.flat().map((segment) => segment.id),
      columns: new Map([[dataset.name, dataset.columns]]),
      inputs: [],
      quarantined: [],
    });
    return groups.flat().map((segment) => segment.path);
  } finally {
    session.close();
    await rm(scratchDirectory, { recursive: true, force: true });
  }
}

/** The family that a segment's id begins with. */
function familyOf(segment: Segment): string {
  return segment.id.slice(0, segment.id.lastIndexOf("-"));
}

/**
 * Which segments to merge with one another: those under the smallest row limit, of powers of `minimumSegments`,
 * that gives a group. Neighbours in time go together; families stay apart.
 */
export function groupsToMerge(
  segments: readonly Segment[],
  minimumSegments: number,
  maximumRows: number,
): Segment[][] {
  const minimum = Math.max(2, minimumSegments);
  for (let limit = minimum * minimum; ; limit *= minimum) {
    const small = segments
      .filter((segment) => segment.rowCount < Math.min(limit, maximumRows))
      .sort(byFamilyAndTime);
    const groups: Segment[][] = [];
    let rows = 0;
    for (const segment of small) {
      const group = groups.at(-1);
      if (!group || familyOf(group[0]!) !== familyOf(segment) || rows + segment.rowCount > maximumRows) {
        groups.push([segment]);
        rows = segment.rowCount;
      } else {
        group.push(segment);
        rows += segment.rowCount;
      }
    }
    const worth = groups.filter((group) => group.length >= minimum);
    if (worth.length > 0 || limit >= maximumRows) return worth;
  }
}

function byFamilyAndTime(a: Segment, b: Segment): number {
  if (familyOf(a) !== familyOf(b)) return familyOf(a) < familyOf(b) ? -1 : 1;
  const [timeA, timeB] = [a.minTimeUs ?? a.ingestedUs, b.minTimeUs ?? b.ingestedUs];
  if (timeA !== timeB) return timeA < timeB ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

async function mergeSegments(
  session: SqlSession,
  group: readonly Segment[],
  columns: readonly Column[],
  lakeDirectory: string,
): Promise<Segment> {
  const first = group[0]!;
  const held = columns.filter((column) => group.some((segment) => hasColumn(segment, column)));
  const declared = [...SYSTEM_COLUMNS, ...held].map(
    (column) => `${quoteIdentifier(column.name)} ${sqlType(parseType(column.type))}`,
  );
  await session.run(`CREATE OR REPLACE TEMP TABLE merged (${declared.join(", ")})`);
  for (const alike of groupByColumns(group)) {
    const selected = [...SYSTEM_COLUMNS, ...held.filter((column) => hasColumn(alike[0]!, column))];
    const names = selected.map((column) => quoteIdentifier(column.name));
    const values = selected.map(
      (column, index) => `CAST(${names[index]} AS ${sqlType(parseType(column.type))})`,
    );
    await session.set("source", listValue(alike.map((segment) => segment.path)));
    await session.run(
      `INSERT INTO merged (${names.join(", ")}) SELECT ${values.join(", ")} FROM read_parquet(getvariable('source'))`,
    );
  }
  const id = segmentId(familyOf(first), ["merged", first.dataset, ...group.map((segment) => segment.id)]);
  const path = segmentFile(lakeDirectory, first.dataset, id);
  await copyDurably(session, "SELECT * FROM merged ORDER BY _time NULLS FIRST, _file, _line", path, held);
  await session.run("DROP TABLE merged");
  const merged = await describeSegment(session, path, {
    id,
    dataset: first.dataset,
    ingestedUs: group.map((segment) => segment.ingestedUs).reduce(later),
    inputHashes: [...new Set(group.flatMap((segment) => segment.inputHashes))],
    columns: held,
  });
  const rowCount = group.reduce((sum, segment) => sum + segment.rowCount, 0);
  if (merged.rowCount !== rowCount)
    throw new Error(`segment ${id} has ${merged.rowCount} rows of ${rowCount}`);
  return merged;
}

function later(a: bigint, b: bigint): bigint {
  return a < b ? b : a;
}

function hasColumn(segment: Segment, column: Column): boolean {
  return segment.columns.some((own) => own.key === column.key);
}

function groupByColumns(segments: readonly Segment[]): Segment[][] {
  const groups = new Map<string, Segment[]>();
  for (const segment of segments) {
    const key = JSON.stringify(segment.columns);
    const group = groups.get(key);
    if (group) group.push(segment);
    else groups.set(key, [segment]);
  }
  return [...groups.values()];
}
