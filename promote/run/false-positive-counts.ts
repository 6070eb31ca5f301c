import { quoteIdentifier } from "../../connectors/sql/quote.ts";
import { type QueryEngine, QueryError } from "../../notebooks/engine/engine.ts";
import type { Statement } from "../../notebooks/engine/statement.ts";
import { isNode, nodesOf, textOf } from "../../notebooks/engine/syntax-tree.ts";
import type { Rule } from "../rule/rule.ts";
import { nodesBelow } from "../rule/sql-tree.ts";

/** A predicate over a rule's result columns, as its author wrote it. */
export interface Predicate {
  readonly id: string;
  readonly statement: string;
  readonly sql: string;
}

export interface PredicateCount extends Predicate {
  /** Detections with a row that meets it. */
  readonly detections: number;
  readonly of: number;
  readonly error?: string;
}

export interface PredicateRequest {
  readonly rule: Pick<Rule, "sql" | "timeColumn" | "entities">;
  readonly predicates: readonly Predicate[];
  readonly engine: Pick<QueryEngine, "rows" | "describe">;
  /** Parses one SELECT and holds it to the policy of queries. */
  readonly check: (sql: string) => Promise<Statement>;
  readonly signal?: AbortSignal;
}

const TIME_LIMIT_MS = 120_000;

/**
 * Counts, over the whole history, how many of the rule's detections each predicate meets. A predicate is the author's
 * own SQL and goes the way of every query: it must parse as one expression by itself, without a query in it, before it
 * stands in a condition, and what it calls is held to the same policy. All are counted in one pass. Throws QueryError
 * when the rule's own SQL fails; what is wrong with a predicate is told at it.
 */
export async function countPredicates(request: PredicateRequest): Promise<PredicateCount[]> {
  const faults = new Map<string, string>();
  for (const predicate of request.predicates) {
    const fault = await faultOf(request, predicate.sql);
    if (fault !== null) faults.set(predicate.id, fault);
  }
  const sound = request.predicates.filter(({ id }) => !faults.has(id));
  const counted = await countAll(request, sound).catch((error: unknown) => {
    if (isOfRows(error) && sound.length > 0) return null;
    throw error;
  });
  const counts = counted ?? (await countEach(request, sound, faults));
  return request.predicates.map((predicate) => {
    const error = faults.get(predicate.id);
    if (error !== undefined) return { ...predicate, detections: 0, of: counts.of, error };
    return { ...predicate, detections: counts.met.get(predicate.id) ?? 0, of: counts.of };
  });
}

interface Counts {
  readonly of: number;
  /** Detections that meet each predicate, by its id. */
  readonly met: ReadonlyMap<string, number>;
}

/** One pass for all of them. */
async function countAll(
  { rule, engine, signal }: PredicateRequest,
  predicates: readonly Predicate[],
): Promise<Counts> {
  const keys = [rule.timeColumn, ...rule.entities.map(({ column }) => column)].map(quoteIdentifier);
  const flags = predicates.map(({ sql }, at) => `bool_or(coalesce((\n${sql}\n), false)) AS "p${at}"`);
  const { rows } = await engine.rows({
    sql: `SELECT count(*) AS "of"${predicates.map((_, at) => `, count(*) FILTER (WHERE "p${at}") AS "n${at}"`).join("")}
FROM (SELECT ${["1", ...flags].join(", ")} FROM (\n${rule.sql}\n) AS found
WHERE ${keys[0]} IS NOT NULL GROUP BY ${[...new Set(keys)].join(", ")})`,
    timeLimitMs: TIME_LIMIT_MS,
    ...(signal === undefined ? {} : { signal }),
  });
  const row = rows[0] ?? {};
  return {
    of: Number(row.of ?? 0),
    met: new Map(predicates.map(({ id }, at) => [id, Number(row[`n${at}`] ?? 0)])),
  };
}

/** One pass for each, so that one that fails on some row fails alone; its fault is put among the others. */
async function countEach(
  request: PredicateRequest,
  predicates: readonly Predicate[],
  faults: Map<string, string>,
): Promise<Counts> {
  const { of } = await countAll(request, []);
  const met = new Map<string, number>();
  for (const predicate of predicates) {
    try {
      const counts = await countAll(request, [predicate]);
      met.set(predicate.id, counts.met.get(predicate.id) ?? 0);
    } catch (error) {
      if (!isOfRows(error)) throw error;
      faults.set(predicate.id, error.message);
    }
  }
  return { of, met };
}

/** A query that ran and failed on what it read; not one that took too long or was cancelled. */
function isOfRows(error: unknown): error is QueryError {
  return error instanceof QueryError && (error.kind === "failed" || error.kind === "invalid");
}

async function faultOf(request: PredicateRequest, sql: string): Promise<string | null> {
  try {
    const { tree } = await request.check(`SELECT (\n${sql}\n)`);
    const [statement] = nodesOf(tree.statements);
    const node = statement !== undefined && isNode(statement.node) ? statement.node : {};
    const alone =
      textOf(node.type) === "SELECT_NODE" &&
      nodesOf(node.select_list).length === 1 &&
      nodesOf(node.modifiers).length === 0 &&
      textOf(isNode(node.from_table) ? node.from_table.type : "") === "EMPTY" &&
      !isNode(node.where_clause);
    if (!alone) return "It is more than one condition.";
    if ([...nodesBelow(node)].some((one) => textOf(one.node.class) === "SUBQUERY"))
      return "It holds a query; only columns of the rule's result may be named.";
    await request.engine.describe(
      `SELECT coalesce((\n${sql}\n), false) FROM (\n${request.rule.sql}\n) AS found WHERE (\n${sql}\n)`,
    );
    return null;
  } catch (error) {
    request.signal?.throwIfAborted();
    if (error instanceof QueryError) return error.message;
    throw error;
  }
}
