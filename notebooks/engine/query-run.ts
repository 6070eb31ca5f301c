import type { DuckDBConnection, DuckDBDataChunk, DuckDBResult, DuckDBType } from "@duckdb/node-api";
import { toQueryError } from "./duckdb-error.ts";
import { type QueryColumn, QueryError, type QueryProgress } from "./engine.ts";
import { typeName } from "./type-name.ts";

/** How often an interrupt is repeated until DuckDB has heard it: one that comes between two calls is lost. */
const INTERRUPT_REPEAT_MS = 20;

type Stop = "cancelled" | "timeout";

/** Columns of a result: names made unique, so that rows and Arrow agree on them. */
export interface ResultColumns {
  readonly columns: readonly QueryColumn[];
  readonly types: readonly DuckDBType[];
}

/** Names made unique without regard to case, as DuckDB does it: `a`, `a_1`. */
export function uniqueNames(names: readonly string[]): string[] {
  const used = new Set<string>();
  return names.map((name) => {
    let candidate = name;
    for (let count = 1; used.has(candidate.toLowerCase()); count += 1) candidate = `${name}_${count}`;
    used.add(candidate.toLowerCase());
    return candidate;
  });
}

/** What a result and a prepared statement both tell of their columns. */
interface Columned {
  columnName(at: number): string;
  columnType(at: number): DuckDBType;
}

export function columnsOf(source: Columned, count: number): ResultColumns {
  const indexes = Array.from({ length: count }, (_, at) => at);
  const types = indexes.map((at) => source.columnType(at));
  const names = uniqueNames(indexes.map((at) => source.columnName(at)));
  return { columns: names.map((name, at) => ({ name, type: typeName(types[at]!) })), types };
}

/**
 * One query from its first step to its last: it can be stopped at any moment, counts the time DuckDB works for it
 * against its limit, ends when nobody reads on for as long, and never passes a cut result off as whole.
 */
export class QueryRun {
  readonly id: string;
  readonly sql: string;
  readonly startedMs: number;
  /** Rejects when the run is stopped. */
  readonly stopped: Promise<never>;
  state: QueryProgress["state"] = "queued";
  connection: DuckDBConnection | null = null;
  readonly #timeLimitMs: number;
  readonly #now: () => number;
  #workedMs = 0;
  #percentage: number | null = null;
  #stop: QueryError | null = null;
  #working = false;
  #reject!: (error: QueryError) => void;
  #idleTimer: NodeJS.Timeout | null = null;
  #interruptTimer: NodeJS.Timeout | null = null;
  #settled: Promise<void> = Promise.resolve();
  #onIdleStop: (() => void) | null = null;

  constructor(id: string, sql: string, timeLimitMs: number, now: () => number) {
    this.id = id;
    this.sql = sql;
    this.startedMs = now();
    this.#now = now;
    this.#timeLimitMs = timeLimitMs;
    this.stopped = new Promise<never>((_, reject) => {
      this.#reject = reject;
    });
    this.stopped.catch(() => undefined);
  }

  /** Called when the run is stopped while DuckDB does nothing for it. */
  whenStoppedIdle(close: () => void): void {
    this.#onIdleStop = close;
  }

  /** `queuePosition`: how many wait before it. DuckDB tells its percentage only while it works: the last one holds. */
  progress(queuePosition: number | null): QueryProgress {
    const { id, sql, startedMs, state } = this;
    if (state === "running" && this.connection !== null && this.#working) {
      const known = this.connection.progress.percentage;
      if (known >= 0) this.#percentage = Math.min(100, Math.max(known, this.#percentage ?? 0));
    }
    return { id, sql, startedMs, percentage: this.#percentage, state, queuePosition };
  }

  cancel(): void {
    this.#end("cancelled", "The query was cancelled.", "Run it again when you need it.");
  }

  /** Nobody wants the rest: what DuckDB still does for it is interrupted. */
  abandon(): void {
    if (this.#working) this.cancel();
  }

  #timeout(): void {
    const seconds = this.#timeLimitMs / 1000;
    this.#end(
      "timeout",
      `The query took longer than ${seconds} s.`,
      "Narrow it by time, or allow it more time.",
    );
  }

  #end(kind: Stop, message: string, remedy: string): void {
    if (this.#stop !== null) return;
    this.#stop = new QueryError(kind, message, {
      sql: this.sql,
      issues: [{ severity: "error", code: `query.${kind}`, place: "sql", message, remedy }],
    });
    this.#reject(this.#stop);
    if (this.#working) this.#interrupt();
    else this.#onIdleStop?.();
  }

  #interrupt(): void {
    this.connection?.interrupt();
    this.#interruptTimer = setTimeout(() => this.#interrupt(), INTERRUPT_REPEAT_MS);
  }

  /** Throws when the run was stopped. */
  check(): void {
    if (this.#stop !== null) throw this.#stop;
  }

  /**
   * Runs one step inside DuckDB, under the time limit. A stop interrupts it and rejects at once, though DuckDB may
   * take a while to hear it: `settled` tells when it has. Errors become QueryError.
   */
  async work<T>(step: () => Promise<T>, positioned = true): Promise<T> {
    this.check();
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.#working = true;
    const beganMs = this.#now();
    const limit = setTimeout(() => this.#timeout(), Math.max(1, this.#timeLimitMs - this.#workedMs));
    const running = step().finally(() => {
      this.#working = false;
      this.#workedMs += this.#now() - beganMs;
      clearTimeout(limit);
      if (this.#interruptTimer !== null) clearTimeout(this.#interruptTimer);
      this.#interruptTimer = null;
    });
    this.#settled = running.then(
      () => undefined,
      () => undefined,
    );
    try {
      const value = await Promise.race([running, this.stopped]);
      this.check();
      return value;
    } catch (error) {
      this.check();
      throw toQueryError(error, this.sql, positioned);
    }
  }

  /** Resolves when DuckDB has ended the last step. */
  settled(): Promise<void> {
    return this.#settled;
  }

  get isStopped(): boolean {
    return this.#stop !== null;
  }

  /** Starts the time in which a reader must ask for more. */
  waitForReader(): void {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => this.#timeout(), this.#timeLimitMs);
    this.#idleTimer.unref();
  }

  /** Nobody is late while the run waits for its turn. */
  waitInLine(): void {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.#idleTimer = null;
  }

  /** Ends the timers. */
  finish(): void {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.#onIdleStop = null;
  }
}

/** A result that is being read, chunk by chunk; `close` gives back all that it holds, and may be called again. */
export interface OpenResult extends ResultColumns {
  readonly datasetVersions: ReadonlyMap<string, number>;
  /** The next rows, or null at the true end. Throws QueryError when the query broke off. */
  next(): Promise<DuckDBDataChunk | null>;
  close(): Promise<void>;
}

/** What is yet to be started: `ready` waits for its turn, outside the time limit; `start` runs it. */
export interface DeferredResult {
  readonly ready: () => Promise<void>;
  readonly start: () => Promise<DuckDBResult>;
}

/**
 * Reads a streaming result under its run; a deferred one starts with the first read. `close` is called when it breaks
 * off, and when a stop finds it idle.
 */
export function readResult(
  run: QueryRun,
  source: DuckDBResult | DeferredResult,
  columns: ResultColumns,
  datasetVersions: ReadonlyMap<string, number>,
  close: () => Promise<void>,
): OpenResult {
  run.whenStoppedIdle(() => void close().catch(() => undefined));
  run.waitForReader();
  let deferred = "ready" in source ? source : null;
  let result = "ready" in source ? null : source;
  return {
    ...columns,
    datasetVersions,
    async next() {
      try {
        const starting = deferred;
        deferred = null;
        if (starting !== null) {
          run.waitInLine();
          await starting.ready();
        }
        const chunk = await run.work(async () => {
          if (starting !== null) result = await starting.start();
          return result!.fetchChunk();
        });
        run.waitForReader();
        return chunk === null || chunk.rowCount === 0 ? null : chunk;
      } catch (error) {
        await close();
        throw error;
      }
    },
    close,
  };
}
