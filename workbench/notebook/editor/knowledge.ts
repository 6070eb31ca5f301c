import type { NotebookCell } from "../../../notebooks/document/notebook.ts";
import type { CatalogEntry, EngineFunction, QueryCheck } from "../../../server/api/api.ts";
import type { SpoorClient } from "../../api/client.ts";
import { quotedName } from "./names.ts";
import { withParameters } from "./sql-text.ts";

/** Rows of a dataset that are read for the values that an editor offers. */
const VALUE_ROWS = 200_000;
const VALUES_OFFERED = 60;
const VALUES_KEPT_MS = 300_000;
const CHECKS_KEPT = 100;

/** A value that a column has, and in how many of the rows that were read. */
export interface ColumnValue {
  readonly value: string;
  readonly count: number;
}

/** What editors know beyond their own text; one for a page. Answers are kept, and a failure is an empty answer. */
export class EditorKnowledge {
  readonly #client: Pick<SpoorClient, "engineFunctions" | "queryRows" | "checkQuery">;
  readonly #values = new Map<
    string,
    { readonly atMs: number; readonly values: Promise<readonly ColumnValue[]> }
  >();
  readonly #checks = new Map<string, Promise<QueryCheck>>();
  #functions: Promise<readonly EngineFunction[]> | null = null;
  #loadedFunctions: readonly EngineFunction[] | null = null;

  constructor(client: Pick<SpoorClient, "engineFunctions" | "queryRows" | "checkQuery">) {
    this.#client = client;
  }

  functions(): Promise<readonly EngineFunction[]> {
    this.#functions ??= this.#client.engineFunctions().then(
      (functions) => {
        this.#loadedFunctions = functions;
        return functions;
      },
      () => {
        this.#functions = null;
        return [];
      },
    );
    return this.#functions;
  }

  /** The engine's functions if they are here already; null while they are on their way. */
  functionsNow(): readonly EngineFunction[] | null {
    void this.functions();
    return this.#loadedFunctions;
  }

  /** The commonest values of a text-like column, from its first rows. */
  values(entry: CatalogEntry, column: string): Promise<readonly ColumnValue[]> {
    const key = JSON.stringify([entry.name, entry.rowCount, column]);
    const kept = this.#values.get(key);
    if (kept && performance.now() - kept.atMs < VALUES_KEPT_MS) return kept.values;
    const values = this.#client
      .queryRows({
        sql: `SELECT value, count(*)::DOUBLE AS count FROM (SELECT ${quotedName(column)}::VARCHAR AS value FROM ${quotedName(entry.name)} LIMIT ${VALUE_ROWS})
          WHERE value IS NOT NULL AND length(value) <= 200 GROUP BY ALL ORDER BY count DESC, value LIMIT ${VALUES_OFFERED}`,
      })
      .then(
        ({ rows }) => rows.map((row) => ({ value: String(row.value), count: Number(row.count) })),
        () => [],
      );
    this.#values.set(key, { atMs: performance.now(), values });
    return values;
  }

  /** What a SQL cell would give, its `${…}` taken as values of any type. Rejects when the server does not answer. */
  check(cellSql: string): Promise<QueryCheck> {
    const { sql, parameters } = withParameters(cellSql);
    const kept = this.#checks.get(sql);
    if (kept) return kept;
    const answer = this.#client.checkQuery(sql, parameters);
    this.#checks.set(sql, answer);
    answer.catch(() => this.#checks.delete(sql));
    if (this.#checks.size > CHECKS_KEPT) this.#checks.delete(this.#checks.keys().next().value!);
    return answer;
  }

  /** Forgets what depended on the data; call it when the catalog has changed. */
  forgetData(): void {
    this.#checks.clear();
    this.#values.clear();
  }
}

/** A name that a cell gives to the others. */
export interface CellName {
  readonly name: string;
  readonly kind: "rows" | "value";
  /** The SQL of a cell of rows, for its columns. */
  readonly sql: string | null;
}

const DECLARATION =
  /^(?:export\s+)?(?:const|let|var|(?:async\s+)?function\*?|class)\s+(?:([A-Za-z_$][\w$]*)|\{([^}]*)\}|\[([^\]]*)\])/gm;

/** Names that the cells of a notebook give, in order. A JavaScript cell's are those it declares at a line's start. */
export function cellNames(cells: readonly NotebookCell[]): readonly CellName[] {
  return cells.flatMap((cell): CellName[] => {
    if (cell.mode === "sql") {
      return cell.output ? [{ name: cell.output, kind: "rows", sql: cell.value }] : [];
    }
    const names = cell.mode === "js" || cell.mode === "ts" ? declaredNames(cell.value) : [];
    const output = cell.output ? [cell.output] : [];
    return [...new Set([...output, ...names])].map((name) => ({ name, kind: "value", sql: null }));
  });
}

function declaredNames(code: string): string[] {
  return [...code.matchAll(DECLARATION)].flatMap(([, single, fields, items]) =>
    single !== undefined
      ? [single]
      : (fields ?? items ?? "")
          .split(",")
          .flatMap((part) => /([A-Za-z_$][\w$]*)\s*(?:=[\s\S]*)?$/.exec(part)?.[1] ?? []),
  );
}
