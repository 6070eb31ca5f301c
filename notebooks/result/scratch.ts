import { mkdirSync, rmSync } from "node:fs";
import {
  type DuckDBAppender,
  type DuckDBConnection,
  type DuckDBInstance,
  type DuckDBValue,
  VARCHAR,
} from "@duckdb/node-api";
import { quoteIdentifier } from "../../connectors/sql/quote.ts";
import type { Clock } from "../../connectors/time/instant.ts";
import { toQueryError } from "../engine/duckdb-error.ts";
import { openInstance } from "../engine/open-instance.ts";
import { columnsOf, type OpenResult, QueryRun, readResult } from "../engine/query-run.ts";
import { QuerySlots } from "../engine/query-slots.ts";

const READ_LIMIT_MS = 120_000;
const NO_VERSIONS: ReadonlyMap<string, number> = new Map();

export interface ScratchOptions {
  /** A folder of its own; what is in it is deleted at the start and at the end. */
  readonly directory: string;
  /** As DuckDB reads it: `2GB`. Rows beyond it spill into `directory`. */
  readonly memoryLimit: string;
  /** As DuckDB reads it: how much may spill. */
  readonly temporaryLimit: string;
  readonly threads: number;
  /** Heavy reads (sorts, summaries, exports, crossfilters) that run at once; windows do not wait for them. */
  readonly maximumHeavy: number;
  readonly clock: Clock;
}

export interface ReadOptions {
  /** Bound to $1, $2, ... as text, or NULL. */
  readonly values?: readonly (string | null)[];
  readonly signal?: AbortSignal | undefined;
  /** Waits for a slot of the heavy ones. */
  readonly heavy?: boolean;
  /** Runs in a transaction that can change nothing. */
  readonly readOnly?: boolean;
  /** The SQL that errors quote; the SQL itself when absent. */
  readonly shownSql?: string;
}

/**
 * A locked DuckDB in memory that holds results: each in a compressed database of its own, so that its memory comes
 * back when it is detached. Nothing outside can be reached from it.
 */
export class Scratch {
  readonly #instance: DuckDBInstance;
  readonly #service: DuckDBConnection;
  readonly #options: ScratchOptions;
  readonly #idle: DuckDBConnection[] = [];
  readonly #heavy: QuerySlots;
  readonly #runs = new Set<QueryRun>();
  #turn: Promise<unknown> = Promise.resolve();
  #count = 0;

  private constructor(instance: DuckDBInstance, service: DuckDBConnection, options: ScratchOptions) {
    this.#instance = instance;
    this.#service = service;
    this.#options = options;
    this.#heavy = new QuerySlots(options.maximumHeavy);
  }

  static async open(options: ScratchOptions): Promise<Scratch> {
    rmSync(options.directory, { recursive: true, force: true });
    mkdirSync(options.directory, { recursive: true });
    const limits = { ...options, temporaryDirectory: options.directory };
    return openInstance(limits, async (instance, service) => {
      await service.run("CREATE SCHEMA mosaic");
      await service.run("SET GLOBAL enable_external_access = false");
      await service.run("SET GLOBAL lock_configuration = true");
      return new Scratch(instance, service, options);
    });
  }

  get directory(): string {
    return this.#options.directory;
  }

  /** Runs short statements of our own, one after another. */
  execute(sql: string): Promise<void> {
    const result = this.#turn.then(async () => {
      await this.#service.run(sql);
    });
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** Takes a result's database away. */
  detach(database: string): Promise<void> {
    return this.execute(`DETACH DATABASE IF EXISTS ${quoteIdentifier(database)}`);
  }

  /** An appender of its own connection; `close` ends both. */
  async appender(database: string, table: string): Promise<{ appender: DuckDBAppender; close: () => void }> {
    const connection = await this.#instance.connect();
    const appender = await connection.createAppender(table, "main", database);
    return {
      appender,
      close: () => {
        appender.closeSync();
        connection.closeSync();
      },
    };
  }

  /** Memory and spill of everything that is here, bytes. */
  async byteCount(): Promise<number> {
    const reader = await this.#service.runAndReadAll(
      "SELECT sum(memory_usage_bytes + temporary_storage_bytes)::DOUBLE FROM duckdb_memory()",
    );
    return Number(reader.getRows()[0]![0]);
  }

  /** Runs one statement and gives its rows chunk by chunk, in memory of one chunk. Throws QueryError. */
  async read(sql: string, options: ReadOptions = {}): Promise<OpenResult> {
    this.#count += 1;
    const shown = options.shownSql ?? sql;
    const run = new QueryRun(`read-${this.#count}`, shown, READ_LIMIT_MS, this.#options.clock);
    this.#runs.add(run);
    const abort = (): void => run.cancel();
    let connection: DuckDBConnection | null = null;
    let giveSlot: (() => void) | null = null;
    let drained = false;
    let ended: Promise<void> | null = null;
    const close = (): Promise<void> => {
      run.abandon();
      ended ??= (async () => {
        options.signal?.removeEventListener("abort", abort);
        run.finish();
        await run.settled();
        this.#runs.delete(run);
        giveSlot?.();
        if (connection === null) return;
        if (options.readOnly === true && drained) await connection.run("ROLLBACK");
        if (drained) this.#idle.push(connection);
        else connection.closeSync();
      })();
      return run.isStopped ? Promise.resolve() : ended;
    };
    try {
      if (options.signal?.aborted) run.cancel();
      options.signal?.addEventListener("abort", abort);
      run.check();
      if (options.heavy === true) giveSlot = await this.#heavy.take(run, run.stopped);
      run.state = "running";
      const used = this.#idle.pop() ?? (await this.#instance.connect());
      connection = used;
      run.connection = used;
      if (options.readOnly === true) await run.work(() => used.run("BEGIN TRANSACTION READ ONLY"));
      const result = await run.work(async () => {
        const prepared = await used.prepare(sql);
        for (const [at, value] of (options.values ?? []).entries()) {
          if (value === null) prepared.bindNull(at + 1);
          else prepared.bindValue(at + 1, value, VARCHAR);
        }
        return prepared.stream();
      }, shown === sql);
      const reader = readResult(run, result, columnsOf(result, result.columnCount), NO_VERSIONS, close);
      return {
        ...reader,
        async next() {
          const chunk = await reader.next();
          if (chunk === null) drained = true;
          return chunk;
        },
      };
    } catch (error) {
      await close();
      throw toQueryError(error, shown, false);
    }
  }

  /** All rows of one statement. */
  async rows(sql: string, options: ReadOptions = {}): Promise<DuckDBValue[][]> {
    const result = await this.read(sql, options);
    try {
      const rows: DuckDBValue[][] = [];
      for (let chunk = await result.next(); chunk !== null; chunk = await result.next()) {
        rows.push(...chunk.getRows());
      }
      return rows;
    } finally {
      await result.close();
    }
  }

  async close(): Promise<void> {
    for (const run of this.#runs) run.cancel();
    await Promise.all([...this.#runs].map((run) => run.settled()));
    while (this.#runs.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await this.#turn;
    for (const connection of this.#idle) connection.closeSync();
    this.#service.closeSync();
    this.#instance.closeSync();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
