import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type { Dataset } from "../../connectors/dataset/dataset.ts";
import { quoteIdentifier, quotePath, quoteText } from "../../connectors/sql/quote.ts";
import { datasetSelect } from "../catalog/dataset-view.ts";
import { huntMacrosOf } from "../function/macros.ts";
import type { LedgerTable } from "./engine.ts";
import { createLedgerTable, snapshotLedger, writeLedger } from "./ledger-rows.ts";
import { openInstance } from "./open-instance.ts";

/** Queries that are prepared while they wait for a slot hold a connection, too. */
const WAITING_CONNECTIONS = 4;
/** What DuckDB makes ahead of a reader: at its own 1 MB its threads wait for the reader, above 8 MB first rows come late. */
const STREAM_BUFFER = "4MB";

/** Limits of one DuckDB instance. */
export interface InstanceLimits {
  readonly temporaryDirectory: string;
  /** As DuckDB reads it: `4GB`. */
  readonly memoryLimit: string;
  readonly threads: number;
  readonly maximumConcurrent: number;
  /** As DuckDB reads it; how much a query may spill to disk. */
  readonly temporaryLimit: string;
}

/**
 * One locked in-memory DuckDB over one state of the datasets. It never changes what it sees of them; new versions
 * of datasets need a new generation. The last query to leave a retired generation closes it.
 */
export class Generation {
  readonly key: string;
  /** By lower-case name. */
  readonly datasets: ReadonlyMap<string, Dataset>;
  readonly paths: ReadonlySet<string>;
  readonly #instance: DuckDBInstance;
  readonly #service: DuckDBConnection;
  readonly #idle: DuckDBConnection[];
  readonly #onClosed: (generation: Generation) => void;
  readonly #ledgerVersions = new Map<string, number>();
  readonly #huntMacros = new Set<string>();
  #users = 0;
  #retired = false;
  #closed = false;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(
    key: string,
    datasets: readonly Dataset[],
    instance: DuckDBInstance,
    service: DuckDBConnection,
    idle: DuckDBConnection[],
    onClosed: (generation: Generation) => void,
  ) {
    this.key = key;
    this.datasets = new Map(datasets.map((dataset) => [dataset.name.toLowerCase(), dataset]));
    this.paths = new Set(datasets.flatMap((dataset) => dataset.segments.map((segment) => segment.path)));
    this.#instance = instance;
    this.#service = service;
    this.#idle = idle;
    this.#onClosed = onClosed;
  }

  /** Opens the instance, makes views and ledger tables, and locks it. */
  static async open(
    key: string,
    datasets: readonly Dataset[],
    ledgerTables: readonly LedgerTable[],
    limits: InstanceLimits,
    onClosed: (generation: Generation) => void,
  ): Promise<Generation> {
    return openInstance(limits, async (instance, service) => {
      for (const dataset of datasets) {
        await service.run(`CREATE VIEW ${quoteIdentifier(dataset.name)} AS ${datasetSelect(dataset)}`);
      }
      for (const table of ledgerTables) await service.run(createLedgerTable(table));
      const idle: DuckDBConnection[] = [];
      for (let at = 0; at < limits.maximumConcurrent + WAITING_CONNECTIONS; at += 1) {
        const connection = await instance.connect();
        await connection.run("SET enable_progress_bar = true");
        await connection.run("SET enable_progress_bar_print = false");
        await connection.run(`SET streaming_buffer_size = '${STREAM_BUFFER}'`);
        idle.push(connection);
      }
      // A path with pattern characters is asked for twice: as the pattern that means only it, and as itself.
      const paths = new Set(
        datasets.flatMap((dataset) =>
          dataset.segments.flatMap(({ path }) => [quoteText(path), quotePath(path)]),
        ),
      );
      await service.run(`SET GLOBAL allowed_paths = [${[...paths].join(", ")}]`);
      // Segments never change: what their footers say is read once, however long the history is.
      await service.run("SET GLOBAL parquet_metadata_cache = true");
      await service.run("SET GLOBAL enable_external_access = false");
      await service.run("SET GLOBAL lock_configuration = true");
      return new Generation(key, datasets, instance, service, idle, onClosed);
    });
  }

  /** Counts a query in, so that the instance stays open; `leave` counts it out. */
  enter(): void {
    this.#users += 1;
  }

  leave(): void {
    this.#users -= 1;
    this.#closeWhenDone();
  }

  /** No new query will come: close when the last one has left. */
  retire(): void {
    this.#retired = true;
    this.#closeWhenDone();
  }

  #closeWhenDone(): void {
    if (!this.#retired || this.#users > 0 || this.#closed) return;
    this.#closed = true;
    for (const connection of this.#idle) connection.closeSync();
    this.#service.closeSync();
    this.#instance.closeSync();
    this.#onClosed(this);
  }

  async takeConnection(): Promise<DuckDBConnection> {
    return this.#idle.pop() ?? (await this.#instance.connect());
  }

  giveConnection(connection: DuckDBConnection): void {
    this.#idle.push(connection);
  }

  /** Opens a connection in place of one that did not come back to order. */
  async replaceConnection(broken: DuckDBConnection): Promise<void> {
    broken.closeSync();
    this.#idle.push(await this.#instance.connect());
  }

  /**
   * Makes the hunt functions among a statement's functions, each once: all of them would cost more than opening the
   * generation does. Call it before the statement is prepared.
   */
  learnFunctions(functionNames: ReadonlySet<string>): Promise<void> {
    const macros = huntMacrosOf(functionNames);
    if (macros.every(({ name }) => this.#huntMacros.has(name))) return Promise.resolve();
    const result = this.#turn.then(async () => {
      for (const { name, create } of macros) {
        if (this.#huntMacros.has(name)) continue;
        await this.#service.run(create);
        this.#huntMacros.add(name);
      }
    });
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /**
   * Brings the ledger tables up to date where their version changed and runs `begin` before any later update, so
   * that a transaction begun there sees all of them at one moment. Gives each table's version.
   */
  withLedger<T>(
    tables: readonly LedgerTable[],
    begin: (versions: ReadonlyMap<string, number>) => Promise<T>,
  ): Promise<T> {
    if (tables.length === 0) return begin(new Map());
    const result = this.#turn.then(async () => {
      const stale = tables.some((table) => this.#ledgerVersions.get(table.name) !== table.version());
      if (stale) {
        const snapshots = snapshotLedger(tables);
        await writeLedger(this.#service, snapshots);
        for (const { table, version } of snapshots) this.#ledgerVersions.set(table.name, version);
      }
      return begin(new Map(tables.map((table) => [table.name, this.#ledgerVersions.get(table.name)!])));
    });
    this.#turn = result.catch(() => undefined);
    return result;
  }
}
