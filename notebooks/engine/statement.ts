import type { DuckDBConnection } from "@duckdb/node-api";
import { characterOffset, invalid, refusal } from "./duckdb-error.ts";
import type { QueryError } from "./engine.ts";
import { allowsScalarFunction, allowsTableFunction, growsByCount } from "./function-policy.ts";
import {
  commonTablesOf,
  isNode,
  locationOf,
  nodesOf,
  parseTree,
  type TreeNode,
  type TreeValue,
  textOf,
} from "./syntax-tree.ts";

/** A table that a statement names and that is no CTE there. */
export interface TableReference {
  readonly name: string;
  /** `schema` or `catalog.schema` as written; empty when the name stands alone. */
  readonly qualifier: string;
  readonly offset: number | null;
}

/** One SELECT that passed the policy. */
export interface Statement {
  readonly sql: string;
  readonly tree: TreeNode;
  /** Tables that are no CTE where they stand, in order of appearance. */
  readonly tables: readonly TableReference[];
  /** Every plain name where a table may stand, CTEs included, lower case. */
  readonly tableNames: ReadonlySet<string>;
  /** Every function that it calls, lower case. */
  readonly functionNames: ReadonlySet<string>;
  /** The plan of the SELECT is asked for, and nothing of it is run. */
  readonly isExplain: boolean;
}

/** What stands before the SELECT of an EXPLAIN: `ANALYZE` or options after it are no SELECT, and so are refused. */
const EXPLAIN = /^(?:\s|--[^\n]*(?:\n|$)|\/\*(?:[^*]|\*(?!\/))*\*\/)*explain(?=[\s(/-])/i;
const SERIALIZE = "SELECT json_serialize_sql($sql::VARCHAR)";
const SHOWN_LISTS = new Set(["tables"]);

/** Largest count that may be written for a function whose one value grows with it, outside DuckDB's memory limit. */
const LARGEST_COUNT = 10_000_000;

function hasLargeConstant(value: TreeValue | undefined): boolean {
  if (Array.isArray(value)) return value.some(hasLargeConstant);
  if (!isNode(value)) return false;
  if (textOf(value.class) === "CONSTANT" && isNode(value.value)) {
    const number = value.value.value;
    return (typeof number === "number" && Math.abs(number) > LARGEST_COUNT) || isWide(number);
  }
  return Object.values(value).some(hasLargeConstant);
}

/** A constant of more than 53 bits, or of the 128-bit types, which are written as two halves. */
function isWide(value: TreeValue | undefined): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

class PolicyWalk {
  readonly tables: TableReference[] = [];
  readonly tableNames = new Set<string>();
  readonly functionNames = new Set<string>();
  readonly #sql: string;

  constructor(sql: string) {
    this.#sql = sql;
  }

  #offset(node: TreeNode): number | null {
    return characterOffset(this.#sql, locationOf(node));
  }

  #refuse(node: TreeNode, code: string, message: string, remedy: string): QueryError {
    return refusal(this.#sql, code, message, remedy, this.#offset(node));
  }

  value(value: TreeValue | undefined, scope: ReadonlySet<string>): void {
    if (Array.isArray(value)) for (const item of value) this.value(item, scope);
    else if (isNode(value)) this.#node(value, scope);
  }

  #node(node: TreeNode, scope: ReadonlySet<string>): void {
    const type = textOf(node.type);
    if (type === "BASE_TABLE") this.#baseTable(node, scope);
    if (type === "TABLE_FUNCTION") {
      this.#tableFunction(node, scope);
      return;
    }
    if (type === "SHOW_REF") this.#show(node);
    if (typeof node.function_name === "string") this.functionNames.add(node.function_name.toLowerCase());
    if (typeof node.function_name === "string") this.#scalarFunction(node, node.function_name);
    this.#children(node, scope);
  }

  #children(node: TreeNode, scope: ReadonlySet<string>): void {
    let inner = scope;
    for (const { name, query } of commonTablesOf(node)) {
      this.value(query, inner);
      inner = new Set([...inner, name.toLowerCase()]);
    }
    const recursive = textOf(node.type) === "RECURSIVE_CTE_NODE" ? textOf(node.cte_name).toLowerCase() : null;
    for (const [key, value] of Object.entries(node)) {
      if (key === "cte_map") continue;
      this.value(value, recursive !== null && key === "right" ? new Set([...inner, recursive]) : inner);
    }
  }

  #baseTable(node: TreeNode, scope: ReadonlySet<string>): void {
    const name = textOf(node.table_name);
    const qualifier = [textOf(node.catalog_name), textOf(node.schema_name)]
      .filter((part) => part !== "")
      .join(".");
    this.tableNames.add(name.toLowerCase());
    if (qualifier === "" && scope.has(name.toLowerCase())) {
      if (!/[/\\.:]/.test(name)) return;
      throw this.#refuse(
        node,
        "table-name",
        `${name} looks like a path.`,
        "Give the CTE a name without / and dots.",
      );
    }
    this.tables.push({ name, qualifier, offset: this.#offset(node) });
  }

  #tableFunction(node: TreeNode, scope: ReadonlySet<string>): void {
    const call = isNode(node.function) ? node.function : {};
    const name = textOf(call.function_name);
    if (!allowsTableFunction(name)) {
      throw this.#refuse(
        node,
        "table-function",
        `The table function ${name || "in this query"} is not allowed here.`,
        "Query the datasets of the catalog; to read a file, add it as a source.",
      );
    }
    this.functionNames.add(name.toLowerCase());
    this.value(call.children, scope);
    for (const [key, value] of Object.entries(node)) if (key !== "function") this.value(value, scope);
  }

  #scalarFunction(node: TreeNode, name: string): void {
    if (allowsScalarFunction(name)) {
      if (growsByCount(name) && hasLargeConstant(node.children)) {
        throw this.#refuse(
          node,
          "size",
          `${name} would make a single value of more than ${LARGEST_COUNT.toLocaleString("en")} parts.`,
          "Make rows instead (FROM range(...)), or a smaller value.",
        );
      }
      return;
    }
    throw this.#refuse(
      node,
      "function",
      `The function ${name} is not allowed here.`,
      "Use functions of the data alone; settings, files and other state are out of reach.",
    );
  }

  #show(node: TreeNode): void {
    const shown = textOf(node.table_name).replaceAll('"', "").toLowerCase();
    if (shown === "" || SHOWN_LISTS.has(shown)) return;
    throw this.#refuse(node, "show", `SHOW ${shown} is not allowed here.`, "SHOW TABLES lists the datasets.");
  }
}

function checkedStatement(sql: string, tree: TreeNode): Statement {
  if (tree.error === true) {
    const message = textOf(tree.error_message);
    if (textOf(tree.error_type) === "parser") {
      const position = typeof tree.position === "string" ? Number(tree.position) : null;
      throw invalid(
        sql,
        "parser",
        `Syntax error: ${message}.`,
        "Correct the SQL at the place shown.",
        characterOffset(sql, position),
      );
    }
    if (textOf(tree.error_type) === "serialization") {
      throw refusal(
        sql,
        "type",
        "DuckDB cannot tell what this casts to: an ENUM stands inside another type.",
        "Cast the values to the ENUM first, and build the list, struct or map of them.",
      );
    }
    throw refusal(
      sql,
      "statement",
      "Only one SELECT can be run here.",
      "Write a SELECT (WITH, VALUES, FROM, DESCRIBE, SUMMARIZE, EXPLAIN without ANALYZE; PIVOT with its IN list); nothing may change state.",
    );
  }
  const statements = nodesOf(tree.statements);
  if (statements.length === 0) {
    throw invalid(sql, "empty", "There is no statement.", "Write a SELECT.");
  }
  if (statements.length > 1) {
    throw refusal(
      sql,
      "statements",
      "There is more than one statement.",
      "Keep one SELECT, without others after it.",
    );
  }
  const walk = new PolicyWalk(sql);
  walk.value(statements[0], new Set());
  return {
    sql,
    tree,
    tables: walk.tables,
    tableNames: walk.tableNames,
    functionNames: walk.functionNames,
    isExplain: false,
  };
}

/**
 * Parses SQL with DuckDB's own parser and holds it to the policy: one statement, a SELECT, without functions that
 * reach beyond the datasets. Throws QueryError (`invalid`, `refused`). `connection` serves this alone; one at a time.
 */
export async function parseStatement(connection: DuckDBConnection, sql: string): Promise<Statement> {
  if (sql.includes("\0")) {
    throw refusal(
      sql,
      "nul",
      "The SQL holds the character NUL.",
      "Remove that character.",
      sql.indexOf("\0"),
    );
  }
  const result = await connection.runAndReadAll(SERIALIZE, { sql });
  const tree = parseTree(String(result.getRows()[0]![0]));
  const parses = tree.error === true && textOf(tree.error_type) !== "parser";
  const explain = parses ? EXPLAIN.exec(sql) : null;
  if (explain === null) return checkedStatement(sql, tree);
  // Blanks in place of the word keep every place in the text.
  const select = " ".repeat(Buffer.byteLength(explain[0])) + sql.slice(explain[0].length);
  const inner = await connection.runAndReadAll(SERIALIZE, { sql: select });
  const explained = parseTree(String(inner.getRows()[0]![0]));
  if (explained.error === true) return checkedStatement(sql, tree);
  return { ...checkedStatement(sql, explained), isExplain: true };
}

/** SQL text of a tree, made by DuckDB. Rejects when DuckDB cannot write it. */
export async function writeStatement(connection: DuckDBConnection, tree: TreeNode): Promise<string> {
  const result = await connection.runAndReadAll("SELECT json_deserialize_sql($json::JSON)", {
    json: JSON.stringify(tree),
  });
  return String(result.getRows()[0]![0]);
}
