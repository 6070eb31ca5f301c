import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { openParser } from "../../notebooks/engine/open-parser.ts";
import { parseStatement, type Statement, writeStatement } from "../../notebooks/engine/statement.ts";
import { isNode, type TreeNode, type TreeValue } from "../../notebooks/engine/syntax-tree.ts";

/** DuckDB's own parser and writer, without any data: SQL to its tree and back. Close it when done. */
export class SqlTrees {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  static async open(): Promise<SqlTrees> {
    const { instance, connection } = await openParser();
    return new SqlTrees(instance, connection);
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(step);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** One SELECT that passes the policy of queries. Throws QueryError (`invalid`, `refused`). */
  parse(sql: string): Promise<Statement> {
    return this.#inTurn(() => parseStatement(this.#connection, sql));
  }

  /** SQL of a tree. Rejects where DuckDB cannot write it. */
  async write(tree: TreeNode): Promise<string> {
    const text = await this.#inTurn(() => writeStatement(this.#connection, tree));
    return text.replace(/;\s*$/, "");
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

/** From a tree's root to one of its values: keys of nodes and places in lists. */
export type TreePath = readonly (string | number)[];

/** Every node below and at `value`, outer ones first, with the way to it. */
export function* nodesBelow(
  value: TreeValue | undefined,
  path: TreePath = [],
): Generator<{ readonly node: TreeNode; readonly path: TreePath }> {
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) yield* nodesBelow(item, [...path, at]);
  } else if (isNode(value)) {
    yield { node: value, path };
    for (const [key, child] of Object.entries(value)) yield* nodesBelow(child, [...path, key]);
  }
}

/** The tree with another value at the path; the given one stays as it is. */
export function replaced(value: TreeValue | undefined, path: TreePath, by: TreeValue): TreeValue {
  const [key, ...rest] = path;
  if (key === undefined) return by;
  if (Array.isArray(value) && typeof key === "number") {
    return value.map((item, at) => (at === key ? replaced(item, rest, by) : item));
  }
  if (isNode(value) && typeof key === "string") return { ...value, [key]: replaced(value[key], rest, by) };
  throw new RangeError(`The tree has nothing at ${path.join(".")}.`);
}
