/** The questions about one entity as SQL with bound parameters, one a dataset. Browser-safe: nothing is run here. */
import type { EntityKind } from "../../connectors/source/source.ts";
import { quoteIdentifier } from "../../connectors/sql/quote.ts";
import type { QueryParameter, TimeWindow } from "../engine/engine.ts";
import { entityCondition, fieldExpression, parameterBinder } from "./entity-condition.ts";
import { type EntityDataset, entityFieldsOf, type FoundField, fieldsOfKind } from "./entity-fields.ts";

/** A question to the engine. */
export interface EntityQuestion {
  readonly dataset: string;
  readonly sql: string;
  readonly parameters: Readonly<Record<string, QueryParameter>>;
  readonly window?: TimeWindow;
}

/** `fromUs <= _time <= untilUs`, microseconds since the epoch. */
export interface EntityRange {
  readonly fromUs: bigint;
  readonly untilUs: bigint;
}

/** Equal slices of time that a rate is counted in; the first begins at `originUs`. */
export interface Buckets {
  readonly originUs: bigint;
  readonly widthUs: bigint;
}

/** A dataset with at most this many hits also tells the time of each. */
const MOST_TIMES = 400;
/** Values of one field that a neighbours question brings: this many of the commonest and of the rarest. */
const MOST_NEIGHBOURS = 40;
const LONGEST_NEIGHBOUR = 2_000;
const MOST_NEIGHBOUR_FIELDS = 14;

function windowOf(range: EntityRange | null): { readonly window?: TimeWindow } {
  return range === null ? {} : { window: { afterUs: range.fromUs - 1n, untilUs: range.untilUs } };
}

function from(dataset: EntityDataset): string {
  return `FROM ${quoteIdentifier(dataset.name)} AS t`;
}

function hasColumn(dataset: EntityDataset, name: string): boolean {
  return dataset.columns.some((column) => column.name === name);
}

/**
 * How often, when first and last: rows `bucket, n, first, last, times` (microseconds; `bucket` and times null for rows
 * without `_time`). `times` lists each hit where there are at most MOST_TIMES. Null where the dataset has no field of the
 * kind or no time.
 */
export function countQuestion(
  dataset: EntityDataset,
  kind: EntityKind,
  value: string,
  range: EntityRange | null,
  buckets: Buckets,
): EntityQuestion | null {
  const { bind, parameters } = parameterBinder();
  const condition = entityCondition(dataset, kind, value, bind);
  if (condition === null || !hasColumn(dataset, "_time")) return null;
  return {
    dataset: dataset.name,
    sql: `WITH hit AS MATERIALIZED (SELECT epoch_us(t."_time") AS us ${from(dataset)} WHERE ${condition})
SELECT (us - $origin) // $width AS bucket, count(*) AS n, min(us) AS first, max(us) AS last,
  CASE WHEN (SELECT count(*) FROM hit) <= ${MOST_TIMES} THEN list(us) END AS times
FROM hit GROUP BY 1 ORDER BY 1`,
    parameters: { ...parameters, origin: buckets.originUs, width: buckets.widthUs },
    ...windowOf(range),
  };
}

/** Where a page of events goes on: after the row with these keys. */
export interface EventKey {
  readonly atUs: bigint;
  readonly dataset: string;
  readonly file: string;
  readonly line: bigint;
}

function keyColumns(dataset: EntityDataset): { readonly file: string; readonly line: string } {
  return dataset.origin === "source"
    ? { file: `coalesce(t."_file", '')`, line: `coalesce(t."_line", 0)` }
    : { file: "''", line: "CAST(hash(t) >> 2 AS BIGINT)" };
}

/**
 * Keys of the hits in order of time: rows `us, file, line`, at most `limit`. The order over all datasets is by time, then
 * dataset, file and line, so that a page can go on after any row. With `find` only rows whose fields hold that text, in any
 * letter case.
 */
export function keysQuestion(
  dataset: EntityDataset,
  kind: EntityKind,
  value: string,
  range: EntityRange | null,
  order: "newest" | "oldest",
  after: EventKey | null,
  limit: number,
  find = "",
): EntityQuestion | null {
  const { bind, parameters } = parameterBinder();
  const condition = entityCondition(dataset, kind, value, bind);
  if (condition === null || !hasColumn(dataset, "_time")) return null;
  const { file, line } = keyColumns(dataset);
  const direction = order === "newest" ? "DESC" : "ASC";
  const [beyond, inclusive] = order === "newest" ? ["<", "<="] : [">", ">="];
  const bound: Record<string, QueryParameter> = { ...parameters };
  let rest = "true";
  let holds = "";
  if (find !== "") {
    bound.find = find.toLowerCase();
    holds = " AND contains(lower(CAST(to_json(t) AS VARCHAR)), $find)";
  }
  if (after !== null) {
    bound.after_at = after.atUs;
    const later = order === "newest" ? dataset.name < after.dataset : dataset.name > after.dataset;
    if (dataset.name === after.dataset) {
      bound.after_file = after.file;
      bound.after_line = after.line;
      rest = `(us ${beyond} $after_at OR (us = $after_at AND (file ${beyond} $after_file OR (file = $after_file AND line ${beyond} $after_line))))`;
    } else rest = `us ${later ? inclusive : beyond} $after_at`;
  }
  return {
    dataset: dataset.name,
    sql: `SELECT us, file, line FROM (
  SELECT epoch_us(t."_time") AS us, ${file} AS file, ${line} AS line ${from(dataset)}
  WHERE t."_time" IS NOT NULL AND (${condition})${holds}
) WHERE ${rest} ORDER BY us ${direction}, file ${direction}, line ${direction} LIMIT ${Math.trunc(limit)}`,
    parameters: bound,
    ...windowOf(range),
  };
}

/** The whole rows of a short range, each with its key as `__us, __file, __line` before its own columns. */
export function rowsQuestion(
  dataset: EntityDataset,
  kind: EntityKind,
  value: string,
  range: EntityRange,
): EntityQuestion | null {
  const { bind, parameters } = parameterBinder();
  const condition = entityCondition(dataset, kind, value, bind);
  if (condition === null || !hasColumn(dataset, "_time")) return null;
  const { file, line } = keyColumns(dataset);
  return {
    dataset: dataset.name,
    sql: `SELECT epoch_us(t."_time") AS "__us", ${file} AS "__file", ${line} AS "__line", t.* ${from(dataset)}
WHERE t."_time" IS NOT NULL AND (${condition})`,
    parameters,
    ...windowOf(range),
  };
}

/** The fields whose values count as neighbours, the declared ones first. */
export function neighbourFields(dataset: EntityDataset): FoundField[] {
  const seen = new Set<string>();
  return entityFieldsOf(dataset)
    .filter((field) => {
      const key = JSON.stringify([field.column, ...field.below]);
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    })
    .slice(0, MOST_NEIGHBOUR_FIELDS);
}

/**
 * What else the hits name: rows `field` (index in `neighbourFields`), `value, n, first, last, distinct_count`; of each field
 * the commonest and the rarest values.
 */
export function neighboursQuestion(
  dataset: EntityDataset,
  kind: EntityKind,
  value: string,
  range: EntityRange | null,
): EntityQuestion | null {
  const { bind, parameters } = parameterBinder();
  const condition = entityCondition(dataset, kind, value, bind);
  const fields = neighbourFields(dataset);
  if (condition === null || fields.length === 0 || !hasColumn(dataset, "_time")) return null;
  const columns = fields.map((field, at) => {
    const { sql, many } = fieldExpression(field, bind);
    return { name: `f${at}`, sql, many };
  });
  const groups = columns.map(({ name, many }, at) => {
    const one = many ? `unnest(${name})` : name;
    return `SELECT * FROM (
  SELECT ${at} AS field, value, count(*) AS n, min(us) AS first, max(us) AS last, count(*) OVER () AS distinct_count,
    row_number() OVER (ORDER BY count(*) DESC, value) AS common, row_number() OVER (ORDER BY count(*), value) AS rare
  FROM (SELECT us, ${one} AS value FROM hit) WHERE value IS NOT NULL AND value <> '' AND value <> '-' AND length(value) <= ${LONGEST_NEIGHBOUR}
  GROUP BY value
) WHERE common <= ${MOST_NEIGHBOURS} OR rare <= ${MOST_NEIGHBOURS}`;
  });
  return {
    dataset: dataset.name,
    sql: `WITH hit AS MATERIALIZED (SELECT epoch_us(t."_time") AS us, ${columns.map(({ name, sql }) => `${sql} AS ${name}`).join(", ")}
${from(dataset)} WHERE ${condition})
SELECT field, value, n, first, last, distinct_count FROM (${groups.join("\nUNION ALL\n")})`,
    parameters,
    ...windowOf(range),
  };
}

/**
 * How many entities of the asked kind have each of the values: rows `field, value, others`. Only for fields that hold one
 * value a row, counted over all fields of the kind that hold one: a value is rare only if it is rare in each of their
 * parts. Null where that cannot be counted.
 */
export function rarityQuestion(
  dataset: EntityDataset,
  kind: EntityKind,
  values: ReadonlyMap<number, readonly string[]>,
  range: EntityRange | null,
): EntityQuestion | null {
  const { bind, parameters } = parameterBinder();
  const fields = neighbourFields(dataset);
  const owners = fieldsOfKind(dataset, kind)
    .map((field) => fieldExpression(field, bind))
    .filter(({ many }) => !many)
    .map(({ sql }) => `lower(${sql})`);
  if (owners.length === 0) return null;
  const bound: Record<string, QueryParameter> = {};
  const groups: string[] = [];
  for (const [at, texts] of values) {
    const field = fields[at];
    if (field === undefined || texts.length === 0) continue;
    const { sql, many } = fieldExpression(field, bind);
    if (many) continue;
    bound[`values_${at}`] = JSON.stringify(texts);
    groups.push(`SELECT ${at} AS field, value, count(DISTINCT owner) AS others
FROM (SELECT value, unnest(owners) AS owner
FROM (SELECT ${sql} AS value, [${owners.join(", ")}] AS owners ${from(dataset)})
WHERE value IN (SELECT unnest(from_json($values_${at}, '["VARCHAR"]')))) GROUP BY value`);
  }
  if (groups.length === 0) return null;
  return {
    dataset: dataset.name,
    sql: groups.join("\nUNION ALL\n"),
    parameters: { ...parameters, ...bound },
    ...windowOf(range),
  };
}
