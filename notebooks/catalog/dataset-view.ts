import type { Column, Dataset, Segment } from "../../connectors/dataset/dataset.ts";
import { SYSTEM_COLUMNS } from "../../connectors/dataset/dataset.ts";
import { quoteIdentifier, quotePath } from "../../connectors/sql/quote.ts";
import { castExpression } from "./column-cast.ts";
import { formatColumnType, parseColumnType } from "./column-type.ts";

/** Bounds of event time, microseconds since the epoch: `afterUs < _time <= untilUs`. */
export interface TimeBounds {
  readonly afterUs: bigint;
  readonly untilUs: bigint;
}

const SYSTEM_NAMES = SYSTEM_COLUMNS.map((column) => quoteIdentifier(column.name));

function columnTypes(columns: readonly Column[]): string[] {
  return columns.map((column) => formatColumnType(parseColumnType(column.type)));
}

function groupByColumns(segments: readonly Segment[]): Segment[][] {
  const groups = new Map<string, Segment[]>();
  for (const segment of segments) {
    const key = JSON.stringify(segment.columns.map((column) => [column.name, column.type]));
    const group = groups.get(key);
    if (group) group.push(segment);
    else groups.set(key, [segment]);
  }
  return [...groups.values()];
}

/** SQL for an instant given in microseconds since the epoch: a constant that Parquet scans can use to skip. */
export function instantLiteral(timeUs: bigint): string {
  return `make_timestamp(CAST(${timeUs} AS BIGINT))`;
}

function within(segment: Segment, bounds: TimeBounds | null): boolean {
  if (bounds === null) return true;
  if (segment.minTimeUs === null || segment.maxTimeUs === null) return false;
  return segment.maxTimeUs > bounds.afterUs && segment.minTimeUs <= bounds.untilUs;
}

function groupSelect(group: readonly Segment[], dataset: Dataset, bounds: TimeBounds | null): string {
  const first = group[0]!;
  const own = new Map(first.columns.map((column) => [column.name.toLowerCase(), column]));
  const types = columnTypes(dataset.columns);
  const columns = dataset.columns.map((column, at) => {
    const name = quoteIdentifier(column.name);
    const found = own.get(column.name.toLowerCase());
    if (found === undefined) return `CAST(NULL AS ${types[at]}) AS ${name}`;
    const value = castExpression(
      quoteIdentifier(found.name),
      parseColumnType(found.type),
      parseColumnType(column.type),
    );
    return `${value} AS ${name}`;
  });
  const paths = group.map((segment) => quotePath(segment.path)).join(", ");
  const select = `SELECT ${[...SYSTEM_NAMES, ...columns].join(", ")}
FROM read_parquet([${paths}], hive_partitioning = false, union_by_name = false)`;
  if (bounds === null) return select;
  return `${select}
WHERE "_time" > ${instantLiteral(bounds.afterUs)} AND "_time" <= ${instantLiteral(bounds.untilUs)}`;
}

/**
 * The SELECT that is a dataset: its system columns, then its own in their order with their dataset types, over the
 * segments that can hold rows of the bounds, in the dataset's segment order. A dataset without such a segment is
 * empty and still has its columns. Throws RangeError when a column's type is no type.
 */
export function datasetSelect(dataset: Dataset, bounds: TimeBounds | null = null): string {
  const segments = dataset.segments.filter((segment) => within(segment, bounds));
  if (segments.length > 0) {
    return groupByColumns(segments)
      .map((group) => groupSelect(group, dataset, bounds))
      .join("\nUNION ALL\n");
  }
  const all = [...SYSTEM_COLUMNS, ...dataset.columns];
  const types = columnTypes(all);
  const columns = all.map((column, at) => `CAST(NULL AS ${types[at]}) AS ${quoteIdentifier(column.name)}`);
  return `SELECT ${columns.join(", ")} WHERE false`;
}
