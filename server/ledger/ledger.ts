import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { MIGRATIONS } from "./schema.ts";

/** Thrown when another process holds the workspace: one workspace is never opened by two writers. */
export class LedgerBusyError extends Error {
  constructor(path: string, cause: unknown) {
    super(`The ledger ${path} is in use by another process.`, { cause });
    this.name = "LedgerBusyError";
  }
}

/**
 * The ledger on one machine: SQLite in one file, held exclusively from open to close, every commit synced to disk.
 * A kill at any point leaves the last whole transaction.
 */
export class Ledger {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #versions = new Map<string, number>();
  #depth = 0;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Opens or creates the ledger file. Throws LedgerBusyError when another process has it. */
  static open(path: string): Ledger {
    mkdirSync(dirname(path), { recursive: true });
    const database = new DatabaseSync(path, { timeout: 250 });
    try {
      database.exec("pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = full;");
      database.exec("begin immediate");
      const version = Number(database.prepare("pragma user_version").get()!.user_version);
      if (version > MIGRATIONS.length) {
        throw new Error(
          `The ledger ${path} has version ${version}, this Spoor knows ${MIGRATIONS.length}: use the Spoor that wrote it.`,
        );
      }
      for (const migration of MIGRATIONS.slice(version)) database.exec(migration);
      database.exec(`pragma user_version = ${MIGRATIONS.length}`);
      database.exec("commit");
    } catch (error) {
      database.close();
      const code = (error as { errcode?: number }).errcode;
      if (code === 5 || code === 6 || /database is locked/.test(String(error)))
        throw new LedgerBusyError(path, error);
      throw error;
    }
    return new Ledger(database);
  }

  /** Runs the statement with bound values; returns rows with 64-bit integers as bigint. */
  all(sql: string, ...values: readonly SqlValue[]): SqlRow[] {
    return this.#prepare(sql).all(...values) as SqlRow[];
  }

  get(sql: string, ...values: readonly SqlValue[]): SqlRow | undefined {
    return this.#prepare(sql).get(...values) as SqlRow | undefined;
  }

  /** Runs a change of `table` and returns how many rows it touched. */
  run(table: string, sql: string, ...values: readonly SqlValue[]): number {
    const changes = Number(this.#prepare(sql).run(...values).changes);
    if (changes > 0) this.#versions.set(table, (this.#versions.get(table) ?? 0) + 1);
    return changes;
  }

  /** Grows whenever rows of the table change in this process. */
  version(table: string): number {
    return this.#versions.get(table) ?? 0;
  }

  /** One durable transaction; nested ones join the outer. An exception rolls everything back. */
  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return work();
    this.#database.exec("begin immediate");
    this.#depth += 1;
    try {
      const result = work();
      this.#database.exec("commit");
      return result;
    } catch (error) {
      this.#database.exec("rollback");
      throw error;
    } finally {
      this.#depth -= 1;
    }
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#database.prepare(sql);
      statement.setReadBigInts(true);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

export type SqlValue = string | number | bigint | null;
export type SqlRow = Readonly<Record<string, string | bigint | number | null>>;
