import type { DuckDBConnection, DuckDBDataChunk, DuckDBType } from "@duckdb/node-api";
import type { Dataset } from "../../connectors/dataset/dataset.ts";
import { hasTwins, resolveExactKeys } from "./column-keys.ts";
import { refusal } from "./duckdb-error.ts";
import type { QueryColumn, TimeWindow } from "./engine.ts";
import { columnsOf, type QueryRun } from "./query-run.ts";
import type { Statement } from "./statement.ts";
import type { TreeNode } from "./syntax-tree.ts";

/** The table of what a slice holds; no dataset can have a name with a space. */
export const HELD_TABLE = "held rows";

export interface SliceOpening {
  readonly dataset: string;
  readonly window: TimeWindow;
  readonly signal?: AbortSignal;
  /** For all that is asked of it together. Default 300,000. */
  readonly timeLimitMs?: number;
}

/** A whole result in DuckDB's own vectors. */
export interface SliceChunks {
  readonly columns: readonly QueryColumn[];
  readonly types: readonly DuckDBType[];
  readonly chunks: readonly DuckDBDataChunk[];
}

/**
 * A window of one dataset on one connection, of which many things can be asked, one at a time: every SELECT sees the
 * same rows under the dataset's name, and no other table but what it holds. The caller closes it.
 */
export interface EngineSlice {
  readonly dataset: Dataset;
  readonly datasetVersions: ReadonlyMap<string, number>;
  /** About how many rows it has. */
  readonly rowsExpected: number;
  /** The tree of one SELECT, with column names made those of the dataset's exact keys. Throws QueryError. */
  tree(sql: string): Promise<TreeNode>;
  /** SQL of a tree. Rejects when DuckDB cannot write it. */
  write(tree: TreeNode): Promise<string>;
  /** Columns of a SELECT, without running it. Throws QueryError. */
  describe(sql: string): Promise<readonly QueryColumn[]>;
  /** Runs a SELECT to its end. Throws QueryError. */
  chunks(sql: string): Promise<SliceChunks>;
  /** Keeps the rows of a SELECT in memory, under the name `HELD_TABLE`. Throws QueryError. Once for a slice. */
  hold(sql: string): Promise<void>;
  close(): Promise<void>;
}

/** What the engine lends a slice. */
export interface SliceLoan {
  readonly run: QueryRun;
  readonly connection: DuckDBConnection;
  readonly dataset: Dataset;
  readonly rowsExpected: number;
  parse(sql: string): Promise<Statement>;
  write(tree: TreeNode): Promise<string>;
  learnFunctions(names: ReadonlySet<string>): Promise<void>;
  /** Makes the held table of a SELECT. */
  hold(sql: string): Promise<void>;
  close(): Promise<void>;
}

export function engineSlice(loan: SliceLoan): EngineSlice {
  const { run, connection, dataset } = loan;
  const datasets = new Map([[dataset.name.toLowerCase(), dataset]]);
  let isHolding = false;
  const checked = async (sql: string): Promise<{ statement: Statement; tree: TreeNode | null }> => {
    const statement = await loan.parse(sql);
    const other = statement.tables.find(
      ({ name, qualifier }) =>
        qualifier !== "" || !(datasets.has(name.toLowerCase()) || (isHolding && name === HELD_TABLE)),
    );
    if (other !== undefined || statement.isExplain) {
      throw refusal(sql, "slice", "Only the slice's own dataset can be read.", "Ask the engine.");
    }
    await loan.learnFunctions(statement.functionNames);
    return { statement, tree: hasTwins(dataset) ? resolveExactKeys(statement.tree, datasets) : null };
  };
  const prepare = async (sql: string) => {
    const { tree } = await checked(sql);
    const exact = tree === null ? sql : await loan.write(tree);
    return run.work(() => connection.prepare(exact), exact === sql);
  };
  return {
    dataset,
    datasetVersions: new Map([[dataset.name, dataset.version]]),
    rowsExpected: loan.rowsExpected,
    async tree(sql) {
      const { statement, tree } = await checked(sql);
      return tree ?? statement.tree;
    },
    write: loan.write,
    async describe(sql) {
      const prepared = await prepare(sql);
      return columnsOf(prepared, prepared.columnCount).columns;
    },
    async chunks(sql) {
      const prepared = await prepare(sql);
      return run.work(async () => {
        const result = await prepared.stream();
        const chunks: DuckDBDataChunk[] = [];
        for (;;) {
          const chunk = await result.fetchChunk();
          if (chunk === null || chunk.rowCount === 0) break;
          chunks.push(chunk);
        }
        return { ...columnsOf(result, result.columnCount), chunks };
      });
    },
    async hold(sql) {
      const { tree } = await checked(sql);
      await loan.hold(tree === null ? sql : await loan.write(tree));
      isHolding = true;
    },
    close: loan.close,
  };
}
