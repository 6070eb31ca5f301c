import { quoteIdentifier } from "../../connectors/sql/quote.ts";
import { refusal } from "../engine/duckdb-error.ts";
import type { QueryError } from "../engine/engine.ts";
import type { Statement } from "../engine/statement.ts";
import { isNode, type TreeValue, textOf } from "../engine/syntax-tree.ts";

/** Mosaic's schema and the names of its pre-aggregations. */
const SCHEMA = "mosaic";
const AGGREGATE_NAME = /^preagg_[0-9a-f]{1,16}$/;

const NAME = '(?:"mosaic"|mosaic)';
const CREATE_SCHEMA = new RegExp(
  String.raw`^\s*CREATE\s+SCHEMA\s+IF\s+NOT\s+EXISTS\s+${NAME}\s*(?:;|$)`,
  "i",
);
const CREATE_TABLE = new RegExp(
  String.raw`^\s*CREATE\s+(?:TEMP\s+|TEMPORARY\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?${NAME}\s*\.\s*(?:"(preagg_[0-9a-f]{1,16})"|(preagg_[0-9a-f]{1,16}))\s+AS\s+`,
  "i",
);

/** What Mosaic's `exec` asks for: nothing but its schema, or a pre-aggregation made by one SELECT. */
export interface AggregateRequest {
  readonly name: string;
  readonly select: string;
}

function notAllowed(sql: string): QueryError {
  return refusal(
    sql,
    "crossfilter",
    "Only the pre-aggregations of a crossfilter can be made here.",
    `Send CREATE TABLE IF NOT EXISTS ${SCHEMA}.preagg_... AS SELECT over a result.`,
  );
}

/**
 * Reads Mosaic's `exec`: `CREATE SCHEMA IF NOT EXISTS mosaic` and/or one `CREATE TABLE mosaic.preagg_x AS SELECT`;
 * null when it is the schema alone. The SELECT is not checked yet. Throws QueryError `refused` for anything else.
 */
export function readExec(sql: string): AggregateRequest | null {
  const schema = CREATE_SCHEMA.exec(sql);
  const rest = schema === null ? sql : sql.slice(schema[0].length);
  if (schema !== null && rest.trim() === "") return null;
  const table = CREATE_TABLE.exec(rest);
  const name = table?.[1] ?? table?.[2];
  if (table === null || name === undefined) throw notAllowed(sql);
  return { name: name.toLowerCase(), select: rest.slice(table[0].length).replace(/;\s*$/, "") };
}

/** The statement that makes it, with so many rows at most. The name has passed `readExec`, the SELECT the policy. */
export function createAggregate({ name, select }: AggregateRequest, rowLimit: bigint): string {
  return `CREATE TABLE ${tableOf(name)} AS SELECT * FROM (${select}\n) AS made LIMIT ${rowLimit}`;
}

export function countAggregate(name: string): string {
  return `SELECT count(*) FROM ${tableOf(name)}`;
}

export function dropAggregate(name: string): string {
  return `DROP TABLE IF EXISTS ${tableOf(name)}`;
}

function tableOf(name: string): string {
  return `memory.${SCHEMA}.${quoteIdentifier(name)}`;
}

export interface CrossfilterTables {
  readonly results: readonly string[];
  readonly aggregates: readonly string[];
}

/** Whether it lists what is there, rather than describing one SELECT. */
function showsLists(value: TreeValue | undefined): boolean {
  if (Array.isArray(value)) return value.some(showsLists);
  if (!isNode(value)) return false;
  if (textOf(value.type) === "SHOW_REF" && (textOf(value.table_name) !== "" || !isNode(value.query)))
    return true;
  return Object.values(value).some(showsLists);
}

/**
 * Sorts the tables of a checked statement. Throws QueryError `refused` for one that is neither, and for a statement that
 * lists tables or reads none: ids are known to those alone who opened the results.
 */
export function crossfilterTables({ sql, tree, tables }: Statement): CrossfilterTables {
  if (showsLists(tree)) {
    throw refusal(sql, "crossfilter", "Tables cannot be listed here.", "Name a result by its id.");
  }
  if (tables.length === 0) {
    throw refusal(sql, "crossfilter", "The question reads no result.", "Select from a result by its id.");
  }
  const results = new Set<string>();
  const aggregates = new Set<string>();
  for (const { name, qualifier, offset } of tables) {
    if (qualifier === "") results.add(name);
    else if (qualifier.toLowerCase() === SCHEMA && AGGREGATE_NAME.test(name.toLowerCase()))
      aggregates.add(name.toLowerCase());
    else {
      throw refusal(
        sql,
        "crossfilter",
        `${qualifier}.${name} is no result.`,
        "Name a result by its id.",
        offset,
      );
    }
  }
  return { results: [...results], aggregates: [...aggregates] };
}
