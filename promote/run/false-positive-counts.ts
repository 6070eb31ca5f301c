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
  const { rule, engine, signal } = request;
  const faults = new Map<string, string>();
  for (const predicate of request.predicates) {
    const fault = await faultOf(request, predicate.sql);
    if (fault !== null) faults.set(predicate.id, fault);
  }
  const sound = request.predicates.filter(({ id }) => !faults.has(id));
  const keys = [rule.timeColumn, ...rule.entities.map(({ column }) => column)].map(quoteIdentifier);
  const flags = sound.map(({ sql }, at) => `bool_or(coalesce((\n${sql}\n), false)) AS "p${at}"`);
  const { rows } = await engine.rows({
    sql: `SELECT count(*) AS "of"${sound.map((_, at) => `, count(*) FILTER (WHERE "p${at}") AS "n${at}"`).join("")}
FROM (SELECT ${["1", ...flags].join(", ")} FROM (\n${rule.sql}\n) AS found
WHERE ${keys[0]} IS NOT NULL GROUP BY ${[...new Set(keys)].join(", ")})`,
    timeLimitMs: TIME_LIMIT_MS,
    ...(signal === undefined ? {} : { signal }),
  });
  const row = rows[0] ?? {};
  const of = Number(row.of ?? 0);
  return request.predicates.map((predicate) => {
    const error = faults.get(predicate.id);
    if (error !== undefined) return { ...predicate, detections: 0, of, error };
    return { ...predicate, detections: Number(row[`n${sound.indexOf(predicate)}`] ?? 0), of };
  });
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
