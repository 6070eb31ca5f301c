import {
  type DuckDBConnection,
  type DuckDBInstance,
  type DuckDBPreparedStatement,
  DuckDBTypeId,
  StatementType,
} from "@duckdb/node-api";
import type { Dataset } from "../../connectors/dataset/dataset.ts";
import type { Clock } from "../../connectors/time/instant.ts";
import { arrowStream } from "./arrow/arrow-stream.ts";
import { bindParameters } from "./bind-parameters.ts";
import { canonicalText, isVolatile, volatileFunctions } from "./canonical.ts";
import { hasTwins, resolveExactKeys } from "./column-keys.ts";
import { invalid, refusal, toQueryError } from "./duckdb-error.ts";
import type {
  ArrowResult,
  LedgerTable,
  QueryColumn,
  QueryEngine,
  QueryError,
  QueryProgress,
  QueryRequest,
  Question,
  Row,
  RowsResult,
} from "./engine.ts";
import { type EngineSlice, engineSlice, type SliceOpening } from "./engine-slice.ts";
import { Generation, type InstanceLimits } from "./generation.ts";
import { KnownStatements } from "./known-statements.ts";
import { openParser } from "./open-parser.ts";
import { columnsOf, type OpenResult, QueryRun, type ResultColumns, readResult } from "./query-run.ts";
import { QuerySlots } from "./query-slots.ts";
import { appendRows } from "./result-rows.ts";
import { parseStatement, type Statement, writeStatement } from "./statement.ts";
import {
  createHeldTable,
  DROP_HELD_TABLE,
  dropWindowView,
  isSeenWhole,
  windowLedgerView,
  windowRows,
  windowView,
} from "./window-view.ts";

const NAMES_SHOWN = 12;
const NOTHING: ReadonlySet<string> = new Set();
const DEFAULT_TIME_LIMIT_MS = 120_000;
const SLICE_TIME_LIMIT_MS = 300_000;
/** The catalog and schema in which the datasets' views are, as `main.x` names them. */
const OWN_SCHEMA = "main";

export interface DuckDbEngineOptions {
  /** The datasets as they are now; equal names and versions mean equal data. */
  readonly datasets: () => readonly Dataset[];
  readonly ledgerTables: readonly LedgerTable[];
  /** Where queries may spill; made when absent. */
  readonly temporaryDirectory: string;
  /** Memory of one generation, as DuckDB reads it: `4GB`. */
  readonly memoryLimit: string;
  readonly threads: number;
  /** Queries that run at once; more wait in line. Keep UV_THREADPOOL_SIZE well above it. */
  readonly maximumConcurrent: number;
  readonly clock: Clock;
  /** How much a query may spill, as DuckDB reads it. Default `20GB`. */
  readonly temporaryLimit?: string;
  /**
   * Called with the segment files that no generation can read any more. A file that the registry has dropped may
   * be deleted from then on, and not before.
   */
  readonly onSegmentsFree?: (paths: readonly string[]) => void;
}

/** The result of `chunks`: DuckDB's own vectors, for exports. The caller closes it. */
export interface ChunkSource {
  readonly temporaryDirectory: string;
  /** `deferred` tells the columns as soon as they are known; it takes a slot and starts with the first read. */
  chunks(request: QueryRequest, deferred?: boolean): Promise<OpenResult>;
}

export interface DuckDbEngine extends QueryEngine, ChunkSource {
  /** DuckDB's version. */
  version(): Promise<string>;
  /** A window of a dataset of which many things are asked. Throws QueryError. */
  openSlice(request: SliceOpening): Promise<EngineSlice>;
  /** Parses one SELECT and holds it to the policy, whatever its tables are. Throws QueryError. */
  check(sql: string): Promise<Statement>;
  /** Segment files that an open generation may still read. */
  segmentsInUse(): ReadonlySet<string>;
  /**
   * Lets go of a generation that the datasets have left behind, now if it is idle, else when its last query ends
   * (`onSegmentsFree` tells). Call it after a commit that removed segments.
   */
  releaseStale(): Promise<void>;
}

class Engine implements DuckDbEngine {
  readonly temporaryDirectory: string;
  readonly #options: DuckDbEngineOptions;
  readonly #limits: InstanceLimits;
  readonly #slots: QuerySlots;
  readonly #runs = new Map<string, QueryRun>();
  readonly #open = new Set<Generation>();
  readonly #ledger: ReadonlyMap<string, LedgerTable>;
  readonly #ending = new Set<Promise<void>>();
  /** Segment files of the generation that is being opened: they may not be deleted meanwhile. */
  #opening: ReadonlySet<string> = NOTHING;
  #current: Generation | null = null;
  #generationTurn: Promise<unknown> = Promise.resolve();
  #parser: Promise<{ instance: DuckDBInstance; connection: DuckDBConnection }> | null = null;
  #parserTurn: Promise<unknown> = Promise.resolve();
  #volatile: ReadonlySet<string> | null = null;
  readonly #statements = new KnownStatements((sql) =>
    this.#parse((connection) => parseStatement(connection, sql)),
  );
  #queryCount = 0;
  #closed = false;

  constructor(options: DuckDbEngineOptions) {
    this.#options = options;
    this.temporaryDirectory = options.temporaryDirectory;
    this.#limits = { ...options, temporaryLimit: options.temporaryLimit ?? "20GB" };
    this.#slots = new QuerySlots(options.maximumConcurrent);
    this.#ledger = new Map(options.ledgerTables.map((table) => [table.name.toLowerCase(), table]));
  }

  /** Runs a step on the parser's connection, one at a time. */
  #parse<T>(step: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    this.#parser ??= openParser();
    const parser = this.#parser;
    const result = this.#parserTurn.then(async () => step((await parser).connection));
    this.#parserTurn = result.catch(() => undefined);
    return result;
  }

  #key(datasets: readonly Dataset[]): string {
    return JSON.stringify(datasets.map((dataset) => [dataset.name, dataset.version]));
  }

  /** The generation of the datasets as they are now, entered once for the caller. */
  #enterGeneration(): Promise<Generation> {
    const result = this.#generationTurn.then(async () => {
      const datasets = this.#options.datasets();
      const key = this.#key(datasets);
      if (this.#current?.key !== key) {
        this.#opening = new Set(
          datasets.flatMap((dataset) => dataset.segments.map((segment) => segment.path)),
        );
        const next = await Generation.open(
          key,
          datasets,
          this.#options.ledgerTables,
          this.#limits,
          (closed) => this.#generationClosed(closed),
        ).finally(() => {
          this.#opening = NOTHING;
        });
        this.#open.add(next);
        const old = this.#current;
        this.#current = next;
        old?.retire();
      }
      this.#current.enter();
      return this.#current;
    });
    this.#generationTurn = result.catch(() => undefined);
    return result;
  }

  #generationClosed(generation: Generation): void {
    this.#open.delete(generation);
    const used = this.segmentsInUse();
    const free = [...generation.paths].filter((path) => !used.has(path));
    if (free.length > 0) this.#options.onSegmentsFree?.(free);
  }

  segmentsInUse(): ReadonlySet<string> {
    return new Set([...this.#opening, ...[...this.#open].flatMap((generation) => [...generation.paths])]);
  }

  releaseStale(): Promise<void> {
    const result = this.#generationTurn.then(() => {
      if (this.#current === null || this.#current.key === this.#key(this.#options.datasets())) return;
      const old = this.#current;
      this.#current = null;
      old.retire();
    });
    this.#generationTurn = result.catch(() => undefined);
    return result;
  }

  async version(): Promise<string> {
    const reader = await this.#parse((connection) => connection.runAndReadAll("SELECT version()"));
    return String(reader.getRows()[0]![0]);
  }

  async datasetsOf(sql: string): Promise<readonly string[]> {
    const statement = await this.#statements.of(sql);
    const known = new Map<string, string>();
    for (const dataset of this.#options.datasets()) known.set(dataset.name.toLowerCase(), dataset.name);
    for (const table of this.#ledger.values()) known.set(table.name.toLowerCase(), table.name);
    return [
      ...new Set(statement.tables.map((table) => known.get(table.name.toLowerCase()) ?? table.name)),
    ].sort();
  }

  check(sql: string): Promise<Statement> {
    return this.#statements.of(sql);
  }

  async question(sql: string): Promise<Question> {
    const { statement, functions } = await this.#parse(async (connection) => {
      this.#volatile ??= await volatileFunctions(connection);
      return { statement: await parseStatement(connection, sql), functions: this.#volatile };
    });
    const datasets = this.#options.datasets();
    const known = [...datasets, ...this.#ledger.values()];
    const versions = new Map<string, number>();
    for (const { name, offset } of statement.tables) {
      const lower = name.toLowerCase();
      const dataset = datasets.find((one) => one.name.toLowerCase() === lower);
      const table = this.#ledger.get(lower);
      if (dataset !== undefined) versions.set(dataset.name, dataset.version);
      else if (table !== undefined) versions.set(table.name, table.version());
      else throw unknownTable(sql, name, offset, known);
    }
    return {
      canonical: `${statement.isExplain ? "EXPLAIN " : ""}${canonicalText(statement.tree)}`,
      volatile: isVolatile(statement.tree, functions),
      datasetVersions: versions,
    };
  }

  running(): readonly QueryProgress[] {
    return [...this.#runs.values()]
      .filter((run) => !run.isStopped)
      .map((run) => run.progress(this.#slots.position(run)));
  }

  cancel(id: string): boolean {
    const run = this.#runs.get(id);
    if (run === undefined || run.isStopped) return false;
    run.cancel();
    return true;
  }

  async describe(sql: string, parameters?: QueryRequest["parameters"]): Promise<readonly QueryColumn[]> {
    const result = await this.#openResult(
      parameters === undefined ? { sql } : { sql, parameters },
      "described",
    );
    await result.close();
    return result.columns;
  }

  async rows(request: QueryRequest): Promise<RowsResult> {
    const result = await this.#openResult(request);
    try {
      const rows: Row[] = [];
      const limit = request.rowLimit ?? Number.POSITIVE_INFINITY;
      let complete = true;
      for (let chunk = await result.next(); chunk !== null; chunk = await result.next()) {
        const taken = Math.min(chunk.rowCount, limit - rows.length);
        appendRows(rows, chunk, result.columns, taken);
        complete = taken === chunk.rowCount;
        if (!complete) break;
      }
      return { columns: result.columns, rows, complete, datasetVersions: result.datasetVersions };
    } finally {
      await result.close();
    }
  }

  async arrow(request: QueryRequest): Promise<ArrowResult> {
    const result = await this.#openResult(request);
    const { stream, complete } = arrowStream(result, request.rowLimit ?? Number.POSITIVE_INFINITY);
    return { columns: result.columns, stream, complete, datasetVersions: result.datasetVersions };
  }

  chunks(request: QueryRequest, deferred = false): Promise<OpenResult> {
    return this.#openResult(request, deferred ? "deferred" : "started");
  }

  async openSlice(request: SliceOpening): Promise<EngineSlice> {
    const { timeLimitMs = SLICE_TIME_LIMIT_MS, signal, window } = request;
    const run = this.#startRun({ sql: `slice of ${request.dataset}`, timeLimitMs });
    const abort = (): void => run.cancel();
    const held: (() => Promise<void> | void)[] = [
      () => {
        signal?.removeEventListener("abort", abort);
        run.finish();
        this.#runs.delete(run.id);
      },
    ];
    let ended: Promise<void> | null = null;
    const close = (): Promise<void> => {
      ended ??= this.#letGo(run, held);
      return run.isStopped ? Promise.resolve() : ended;
    };
    try {
      if (signal?.aborted) run.cancel();
      signal?.addEventListener("abort", abort);
      run.check();
      held.push(await this.#slots.take(run, run.stopped));
      run.state = "running";
      const generation = await this.#enterGeneration();
      held.push(() => generation.leave());
      const dataset = generation.datasets.get(request.dataset.toLowerCase());
      if (dataset === undefined)
        throw unknownTable(run.sql, request.dataset, null, [...generation.datasets.values()]);
      const connection = await generation.takeConnection();
      run.connection = connection;
      const undo = [dropWindowView(dataset.name)];
      held.push(() => giveBack(generation, connection, undo));
      await run.work(() => connection.run(windowView(dataset, window)), false);
      return engineSlice({
        run,
        connection,
        dataset,
        rowsExpected: windowRows(dataset, window),
        parse: (sql) => this.#statements.of(sql),
        write: (tree) => this.#parse((parser) => writeStatement(parser, tree)),
        learnFunctions: (names) => generation.learnFunctions(names),
        hold: async (sql) => {
          undo.unshift(DROP_HELD_TABLE);
          await run.work(() => connection.run(createHeldTable(sql)), false);
        },
        close,
      });
    } catch (error) {
      await close();
      throw toQueryError(error, run.sql, false);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const run of this.#runs.values()) run.cancel();
    while (this.#ending.size > 0 || this.#runs.size > 0) {
      await Promise.all([...this.#ending]);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await this.#generationTurn;
    const current = this.#current;
    this.#current = null;
    current?.retire();
    const parser = await this.#parser;
    await this.#parserTurn;
    parser?.connection.closeSync();
    parser?.instance.closeSync();
  }

  #startRun(request: QueryRequest): QueryRun {
    this.#queryCount += 1;
    const id = request.id ?? `query-${this.#queryCount}`;
    if (this.#closed)
      throw refusal(request.sql, "closed", "The engine is closed.", "Start the server again.");
    if (this.#runs.has(id)) {
      throw refusal(
        request.sql,
        "id",
        `A query with the id ${id} is running.`,
        "Give every query its own id.",
      );
    }
    const run = new QueryRun(
      id,
      request.sql,
      request.timeLimitMs ?? DEFAULT_TIME_LIMIT_MS,
      this.#options.clock,
    );
    this.#runs.set(id, run);
    return run;
  }

  async #openResult(
    request: QueryRequest,
    mode: "described" | "started" | "deferred" = "started",
  ): Promise<OpenResult> {
    const run = this.#startRun(request);
    const abort = (): void => run.cancel();
    const held: (() => Promise<void> | void)[] = [
      () => {
        request.signal?.removeEventListener("abort", abort);
        run.finish();
        this.#runs.delete(run.id);
      },
    ];
    let ended: Promise<void> | null = null;
    const close = (): Promise<void> => {
      run.abandon();
      ended ??= this.#letGo(run, held);
      // A stopped query is over for its caller; what DuckDB still does for it is cleared away behind.
      return run.isStopped ? Promise.resolve() : ended;
    };
    try {
      if (request.signal?.aborted) run.cancel();
      request.signal?.addEventListener("abort", abort);
      run.check();
      const statement = await this.#statements.of(request.sql);
      const enter = async () => {
        held.push(await this.#slots.take(run, run.stopped));
        run.state = "running";
      };
      // Telling columns runs nothing: an editor does not wait behind hunts.
      if (mode === "started") await enter();
      if (mode === "described") run.state = "running";
      const generation = await this.#enterGeneration();
      held.push(() => generation.leave());
      const query = this.#resolve(statement, generation, request);
      await generation.learnFunctions(statement.functionNames);
      const connection = await generation.takeConnection();
      run.connection = connection;
      const views: string[] = [];
      held.push(() => giveBack(generation, connection, views.map(dropWindowView)));
      const { prepared, versions, sql } = await this.#prepare(
        run,
        generation,
        connection,
        query,
        request,
        views,
      );
      if (mode === "described") {
        const columns = await this.#describePrepared(run, connection, prepared, statement, request);
        return { ...columns, datasetVersions: versions, next: async () => null, close };
      }
      bindParameters(prepared, request.sql, request.parameters);
      if (mode === "deferred" && knowsColumns(prepared)) {
        const columns = columnsOf(prepared, prepared.columnCount);
        const start = () => prepared.stream();
        return readResult(run, { ready: enter, start }, columns, versions, close);
      }
      if (mode === "deferred") await enter();
      const result = await run.work(() => prepared.stream(), sql === request.sql);
      return readResult(run, result, columnsOf(result, result.columnCount), versions, close);
    } catch (error) {
      await close();
      throw toQueryError(error, request.sql, false);
    }
  }

  /** Undoes what a query holds, last first, once DuckDB has left it. */
  #letGo(run: QueryRun, held: readonly (() => Promise<void> | void)[]): Promise<void> {
    const end = (async () => {
      await run.settled();
      let failure: unknown = null;
      for (const step of [...held].reverse()) {
        try {
          await step();
        } catch (error) {
          failure ??= error;
        }
      }
      if (failure !== null) throw failure;
    })();
    const ending = end.catch(() => undefined).finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
    return end;
  }

  /** Finds what every table name means; throws QueryError for one that is none of ours. */
  #resolve(statement: Statement, generation: Generation, request: QueryRequest): ResolvedQuery {
    const datasets = new Map<string, Dataset>();
    const ledger = new Map<string, LedgerTable>();
    for (const { name, qualifier, offset } of statement.tables) {
      if (qualifier !== "" && (request.window !== undefined || qualifier.toLowerCase() !== OWN_SCHEMA)) {
        throw refusal(
          statement.sql,
          "qualified-name",
          `${qualifier}.${name} names a schema.`,
          `Write ${name} alone.`,
          offset,
        );
      }
      const dataset = generation.datasets.get(name.toLowerCase());
      const table = this.#ledger.get(name.toLowerCase());
      if (dataset !== undefined) datasets.set(name.toLowerCase(), dataset);
      else if (table !== undefined) ledger.set(name.toLowerCase(), table);
      else
        throw unknownTable(statement.sql, name, offset, [
          ...generation.datasets.values(),
          ...this.#ledger.values(),
        ]);
    }
    // A window also covers names that stand for a CTE somewhere: nothing of a dataset shows outside of it.
    const windowed = [...statement.tableNames].flatMap((name) => generation.datasets.get(name) ?? []);
    return { statement, datasets, windowed, ledger: [...ledger.values()] };
  }

  /** Makes the window's views, brings ledger tables up to date and prepares the query, all in one moment. */
  async #prepare(
    run: QueryRun,
    generation: Generation,
    connection: DuckDBConnection,
    query: ResolvedQuery,
    request: QueryRequest,
    views: string[],
  ): Promise<PreparedQuery> {
    const sql = await this.#exactSql(query);
    const window = request.window;
    if (window !== undefined) {
      for (const dataset of query.windowed) {
        if (isSeenWhole(dataset, window)) continue;
        views.push(dataset.name);
        await run.work(() => connection.run(windowView(dataset, window)), false);
      }
    }
    const { prepared, versions } = await run.work(
      () =>
        generation.withLedger(query.ledger, async (ledgerVersions) => {
          if (window !== undefined) {
            for (const table of query.ledger) {
              const view = windowLedgerView(table, window);
              if (view === null) continue;
              views.push(table.name);
              await connection.run(view);
            }
          }
          await connection.run("BEGIN TRANSACTION READ ONLY");
          const statements = await connection.extractStatements(sql);
          const first = await statements.prepare(0);
          const wanted = query.statement.isExplain ? StatementType.EXPLAIN : StatementType.SELECT;
          if (statements.count !== 1 || first.statementType !== wanted) {
            throw refusal(request.sql, "statement", "Only one SELECT can be run here.", "Write a SELECT.");
          }
          const datasetVersions = [...query.datasets.values()].map(
            ({ name, version }) => [name, version] as const,
          );
          return { prepared: first, versions: new Map([...datasetVersions, ...ledgerVersions]) };
        }),
      sql === request.sql,
    );
    return { prepared, versions, sql };
  }

  /** Columns of a prepared query; where a parameter decides a type, from a run without rows. */
  async #describePrepared(
    run: QueryRun,
    connection: DuckDBConnection,
    prepared: DuckDBPreparedStatement,
    statement: Statement,
    request: QueryRequest,
  ): Promise<ResultColumns> {
    if (knowsColumns(prepared)) return columnsOf(prepared, prepared.columnCount);
    const whole = await this.#parse((parser) => writeStatement(parser, statement.tree));
    return run.work(async () => {
      const empty = await connection.prepare(`SELECT * FROM (${whole.replace(/;\s*$/, "")}) LIMIT 0`);
      bindParameters(empty, request.sql, request.parameters);
      const result = await empty.run();
      return columnsOf(result, result.columnCount);
    }, false);
  }

  async #exactSql(query: ResolvedQuery): Promise<string> {
    const { statement } = query;
    if (![...query.datasets.values()].some(hasTwins)) return statement.sql;
    const tree = resolveExactKeys(statement.tree, query.datasets);
    if (tree === null) return statement.sql;
    const select = this.#parse((connection) => writeStatement(connection, tree));
    return select.then(
      (text) => (statement.isExplain ? `EXPLAIN ${text}` : text),
      () => statement.sql,
    );
  }
}

interface PreparedQuery {
  readonly prepared: DuckDBPreparedStatement;
  readonly versions: ReadonlyMap<string, number>;
  /** The text that DuckDB got. */
  readonly sql: string;
}

interface ResolvedQuery {
  readonly statement: Statement;
  /** Datasets read, by lower-case name. */
  readonly datasets: ReadonlyMap<string, Dataset>;
  readonly windowed: readonly Dataset[];
  readonly ledger: readonly LedgerTable[];
}

/** Opens an engine over the lake's Parquet segments and the ledger's tables. Nothing is opened before the first query. */
export function createDuckDbEngine(options: DuckDbEngineOptions): DuckDbEngine {
  return new Engine(options);
}

/** Ends the query's transaction, undoes what it made and puts the connection back; a broken one is replaced. */
async function giveBack(
  generation: Generation,
  connection: DuckDBConnection,
  undo: readonly string[],
): Promise<void> {
  try {
    await rollback(connection);
    for (const sql of undo) await connection.run(sql);
    generation.giveConnection(connection);
  } catch {
    await generation.replaceConnection(connection);
  }
}

async function rollback(connection: DuckDBConnection): Promise<void> {
  try {
    await connection.run("ROLLBACK");
  } catch (error) {
    if (!String(error).includes("no transaction is active")) throw error;
  }
}

function unknownTable(
  sql: string,
  name: string,
  offset: number | null,
  known: readonly { readonly name: string }[],
): QueryError {
  if (/[/\\.:*?]/.test(name)) {
    return refusal(sql, "path", `${name} is not a dataset.`, "To query a file, add it as a source.", offset);
  }
  const names = known.map((one) => one.name).sort();
  const remedy =
    names.length === 0
      ? "Add a source first."
      : `Use one of: ${names.slice(0, NAMES_SHOWN).join(", ")}${names.length > NAMES_SHOWN ? ", ..." : ""}.`;
  return invalid(sql, "dataset.unknown", `There is no dataset ${name}.`, remedy, offset);
}

/** False when a parameter decides a type. */
function knowsColumns(prepared: DuckDBPreparedStatement): boolean {
  return Array.from({ length: prepared.columnCount }, (_, at) => prepared.columnTypeId(at)).every(
    (id) => id !== DuckDBTypeId.INVALID,
  );
}
