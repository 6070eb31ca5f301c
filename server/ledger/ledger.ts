import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";

const SCHEMA_VERSION = 1;

const SCHEMA = `
create table dataset (
  name text primary key, source text not null, columns text not null, version integer not null
) strict;
create table segment (
  id text primary key, dataset text not null, source text not null, path text not null, row_count integer not null,
  byte_count integer not null, min_time_us integer, max_time_us integer, ingested_us integer not null,
  input_hashes text not null, columns text not null, position integer not null
) strict;
create index segment_by_dataset on segment (dataset, position);
create table input (
  source text not null, input_hash text not null, file text not null, format text not null, read_count integer not null,
  good_count integer not null, quarantined_count integer not null, loaded_us integer not null,
  primary key (source, input_hash)
) strict;
create table quarantine (
  source text not null, file text not null, line integer not null, code text not null, reason text not null,
  text text not null, ingested_us integer not null
) strict;
create index quarantine_by_source on quarantine (source);
create table spool_position (source text primary key, file text not null, byte_offset integer not null) strict;
create table detection (
  id text primary key, rule text not null, rule_version text not null, event_time_us integer not null,
  stage text not null, detected_ms integer not null, cased integer not null default 0, body text not null
) strict;
create index detection_by_rule on detection (rule, rule_version, event_time_us);
create index detection_uncased on detection (cased, stage, event_time_us);
create table run (id text primary key, rule text not null, started_ms integer not null, body text not null) strict;
create index run_by_rule on run (rule, started_ms);
create table progress (
  rule text not null, rule_version text not null, mode text not null, evaluated_until_us integer not null,
  primary key (rule, rule_version, mode)
) strict;
create table case_file (id text primary key, opened_ms integer not null, body text not null) strict;
create table alert (
  id text primary key, rule text not null, state text not null, opened_ms integer not null, body text not null
) strict;
create table action (
  id text primary key, alert_id text not null, state text not null, started_ms integer not null, body text not null
) strict;
create index action_by_alert on action (alert_id, started_ms);
create table outcome (alert_id text primary key, rule text not null, recorded_ms integer not null, body text not null) strict;
create table forecast (id text primary key, subject text not null, created_ms integer not null, body text not null) strict;
create table resolution (forecast_id text primary key, resolved_ms integer not null, body text not null) strict;
create table proof (rule text not null, rule_version text not null, proved_ms integer not null, body text not null,
  primary key (rule, rule_version)) strict;
create table activity (number integer primary key autoincrement, at_ms integer not null, body text not null) strict;
create table report (number integer primary key autoincrement, kind text not null, at_ms integer not null, body text not null) strict;
`;

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
      if (version === 0) database.exec(SCHEMA);
      else if (version !== SCHEMA_VERSION) {
        throw new Error(
          `The ledger ${path} has version ${version}, this Spoor knows ${SCHEMA_VERSION}: use the Spoor that wrote it.`,
        );
      }
      database.exec(`pragma user_version = ${SCHEMA_VERSION}`);
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
