import type { DuckDBAppender, DuckDBDataChunk } from "@duckdb/node-api";
import { quoteIdentifier } from "../../connectors/sql/quote.ts";
import type { Clock } from "../../connectors/time/instant.ts";
import { longTextBytes } from "../engine/arrow/long-text.ts";
import type { QueryError, QueryProgress } from "../engine/engine.ts";
import type { OpenResult } from "../engine/query-run.ts";
import type { ResultFilter, ResultPhase, ResultSort, ResultState } from "./result.ts";
import { type ResultColumn, resultColumns, selectFields, tableFields } from "./result-columns.ts";
import { conditionsOf, orderOf } from "./result-filter.ts";
import type { Scratch } from "./scratch.ts";

/**
 * Rows become readable when this many wait. More than a row group of 122,880 become a row group of their own, at a
 * quarter of the cost of filling up another; at 204,800 DuckDB's appender flushes by itself.
 */
const FLUSH_ROWS = 200_704;
/** Few rows become readable when they have waited this long, many are waited for up to four times as long. */
const FLUSH_MS = 250;
const FEW_ROWS = 20_480;
/** The first rows become readable together with the answer that carries them. */
const FIRST_FLUSH_ROWS = 2048;
/** A result of fewer rows stays as it was appended: packing it would gain nothing. */
const PACK_ROWS = 122_880;
const SAMPLED_CHUNK = 16;
/** Orders kept for one result; the least recently used one goes first. */
const MOST_ORDERS = 6;

export interface ResultLimits {
  /** A result is cut after so many rows. */
  readonly rowLimit: number;
  /** A result is cut when its rows would take about so many bytes unpacked. */
  readonly byteLimit: number;
}

/** A kept order: a table with the row numbers that pass the filters, sorted. */
export interface KeptOrder {
  readonly table: string;
  readonly rowCount: number;
}

/** An order that stays until it is released. */
export interface HeldOrder extends KeptOrder {
  /** How far the result was when the order's rows were taken. */
  readonly phase: ResultPhase;
  readonly release: () => void;
}

interface OrderEntry {
  readonly order: Promise<KeptOrder>;
  readonly table: string;
  readonly rowCount: number;
  /** Ends the making of the order when nobody waits for it any more. */
  readonly stop: AbortController;
  /** Who waits for it or begins to read it. */
  readers: number;
  isMade: boolean;
  /** Another took its place: it goes when its last reader leaves. */
  isDropped: boolean;
}

/** One result in the scratch database: grows while its query runs, and is read by windows. */
export class KeptResult {
  readonly id: string;
  readonly startedMs: number;
  /** The database in which the rows and the orders lie. */
  readonly database: string;
  columns: readonly ResultColumn[] = [];
  datasetVersions: Readonly<Record<string, number>> = {};
  lastReadMs: number;
  /** About how many bytes the rows took when they came. */
  byteCount = 0;
  /** Ends every read when the result is forgotten. */
  readonly forgotten = new AbortController();
  /** Ends the query. */
  readonly stop = new AbortController();
  /** Why it was stopped, when nobody asked for it. */
  stopReason: string | null = null;
  /** Tables of Mosaic that were made of it. */
  readonly aggregates = new Set<string>();
  readonly #scratch: Scratch;
  readonly #clock: Clock;
  readonly #limits: ResultLimits;
  readonly #orders = new Map<string, OrderEntry>();
  /** Orders without a place in `#orders` whose tables are still there. */
  readonly #leaving = new Set<OrderEntry>();
  #orderCount = 0;
  #phase: ResultPhase = "queued";
  #message: string | null = null;
  #readableRows = 0;
  #appendedRows = 0;
  #endedMs: number | null = null;
  #attached: Promise<void> | null = null;

  constructor(id: string, scratch: Scratch, limits: ResultLimits, clock: Clock) {
    this.id = id;
    this.database = `rows_of_${id}`;
    this.#scratch = scratch;
    this.#limits = limits;
    this.#clock = clock;
    this.startedMs = clock();
    this.lastReadMs = this.startedMs;
  }

  get phase(): ResultPhase {
    return this.#phase;
  }

  get isGrowing(): boolean {
    return this.#phase === "queued" || this.#phase === "running";
  }

  get rowCount(): number {
    return this.#readableRows;
  }

  get table(): string {
    return `${quoteIdentifier(this.database)}.main.rows`;
  }

  state(progress: QueryProgress | undefined): ResultState {
    const whole = this.#phase === "complete";
    const waits = this.isGrowing && progress?.state === "queued";
    return {
      id: this.id,
      phase: waits ? "queued" : this.#phase,
      rowCount: this.#readableRows,
      percentage: whole ? 100 : this.isGrowing ? (progress?.percentage ?? null) : null,
      queuePosition: waits ? progress.queuePosition : null,
      elapsedMs: Math.round((this.#endedMs ?? this.#clock()) - this.startedMs),
      message: this.#message,
      datasetVersions: this.datasetVersions,
    };
  }

  /** The query's columns are known: from now on the result runs. */
  begin(result: OpenResult): void {
    this.columns = resultColumns(result.columns, result.types);
    this.datasetVersions = Object.fromEntries(result.datasetVersions);
    this.#phase = "running";
    const view = quoteIdentifier(this.id);
    this.#attached = this.#scratch.execute(
      `ATTACH ':memory:' AS ${quoteIdentifier(this.database)} (COMPRESS);
       CREATE TABLE ${this.table} (${tableFields(this.columns)});
       CREATE VIEW memory.main.${view} AS SELECT ${selectFields(this.columns, "t")} FROM ${this.table} AS t`,
    );
    this.#attached.catch(() => undefined);
  }

  /**
   * Reads the query to its end and keeps its rows, in the order in which they come. `seen` is given every chunk
   * before it is kept, and null at the end. Never rejects: how it ended is in the state.
   */
  async fill(result: OpenResult, seen: (chunk: DuckDBDataChunk | null) => void): Promise<void> {
    let phase: ResultPhase;
    try {
      // The first rows are on their way to the reader while their table is made.
      const coming = result.next().then((chunk) => {
        if (chunk !== null) seen(chunk);
        return chunk;
      });
      coming.catch(() => undefined);
      await this.#attached;
      const { appender, close } = await this.#scratch.appender(this.database, "rows");
      try {
        phase = await this.#appendAll(result, coming, appender, seen);
      } catch (error) {
        phase = this.#broke(error);
      } finally {
        close();
      }
      this.#readableRows = this.#appendedRows;
    } catch (error) {
      // What could not be written is not there: the rows that can be read are those of the last flush.
      phase = this.#broke(error);
    }
    this.#phase = phase;
    this.#endedMs = this.#clock();
    seen(null);
    await result.close().catch(() => undefined);
    if (this.#readableRows >= PACK_ROWS) await this.#pack();
  }

  async #appendAll(
    result: OpenResult,
    first: Promise<DuckDBDataChunk | null>,
    appender: DuckDBAppender,
    seen: (chunk: DuckDBDataChunk) => void,
  ): Promise<ResultPhase> {
    let timer: NodeJS.Timeout | null = null;
    let ticks = 0;
    const flush = (): void => {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      ticks = 0;
      appender.flushSync();
      this.#readableRows = this.#appendedRows;
    };
    const tick = (): void => {
      ticks += 1;
      if (ticks >= 4 || this.#appendedRows - this.#readableRows <= FEW_ROWS) flush();
      else timer = setTimeout(tick, FLUSH_MS);
    };
    try {
      let chunkCount = 0;
      let coming = first;
      for (;;) {
        const chunk = await coming;
        if (chunk === null) return "complete";
        coming = result.next();
        coming.catch(() => undefined);
        if (chunkCount > 0) seen(chunk);
        if (chunkCount % SAMPLED_CHUNK === 0) {
          this.byteCount += sampledBytes(chunk, this.columns) * (chunkCount === 0 ? 1 : SAMPLED_CHUNK);
        }
        chunkCount += 1;
        if (this.byteCount > this.#limits.byteLimit) return this.#cut("bytes");
        const room = this.#limits.rowLimit - this.#appendedRows;
        const isCut = chunk.rowCount > room;
        if (isCut) chunk.rowCount = room;
        if (chunk.rowCount > 0) appender.appendDataChunk(chunk);
        this.#appendedRows += chunk.rowCount;
        if (isCut) return this.#cut("rows");
        const waiting = this.#appendedRows - this.#readableRows;
        if (waiting >= (this.#readableRows === 0 ? FIRST_FLUSH_ROWS : FLUSH_ROWS)) flush();
        else timer ??= setTimeout(tick, FLUSH_MS);
      }
    } finally {
      if (timer !== null) clearTimeout(timer);
    }
  }

  #cut(limit: "rows" | "bytes"): ResultPhase {
    const what =
      limit === "rows"
        ? `${this.#limits.rowLimit.toLocaleString("en")} rows`
        : `${Math.round(this.#limits.byteLimit / 1e6).toLocaleString("en")} MB`;
    this.#message = `The result was cut at ${what}: it is not complete. Narrow the query by time or columns, or aggregate.`;
    return "cut";
  }

  #broke(error: unknown): ResultPhase {
    const kind = (error as Partial<QueryError>).kind;
    const message = error instanceof Error ? error.message : String(error);
    const remedy = (error as Partial<QueryError>).issues?.[0]?.remedy ?? "Run it again.";
    const whole = message.endsWith(remedy) ? message : `${message} ${remedy}`;
    this.#message = kind === "cancelled" ? (this.stopReason ?? whole) : whole;
    return kind === "cancelled" ? "cancelled" : "failed";
  }

  /** Compresses what lies in memory: a sixth of the bytes, and quicker to read. */
  async #pack(): Promise<void> {
    await this.#scratch.execute(`CHECKPOINT ${quoteIdentifier(this.database)}`).catch(() => undefined);
  }

  /** The table is there, or the result has failed. */
  async ready(): Promise<void> {
    await this.#attached?.catch(() => undefined);
  }

  /** Whether the order is there already. */
  hasOrder(sort: readonly ResultSort[], filters: readonly ResultFilter[]): boolean {
    const known = this.#orders.get(orderKey(sort, filters));
    return known?.isMade === true && known.rowCount === this.#readableRows;
  }

  /**
   * The kept order of these filters and this sort over the rows that are there now; made once for all who wait for
   * it, and given up when the last of them leaves. Its table stays until `release`, which whoever gets it must call
   * once a read of it has begun. Throws QueryError.
   */
  async order(
    sort: readonly ResultSort[],
    filters: readonly ResultFilter[],
    signal: AbortSignal | undefined,
  ): Promise<HeldOrder> {
    const key = orderKey(sort, filters);
    const known = this.#orders.get(key);
    if (known !== undefined && known.rowCount !== this.#readableRows) this.#dropOrder(key, known);
    const phase = this.#phase;
    const entry = this.#orders.get(key) ?? this.#startOrder(sort, filters);
    this.#orders.delete(key);
    this.#orders.set(key, entry);
    for (const [old, oldEntry] of this.#orders) {
      if (this.#orders.size <= MOST_ORDERS) break;
      this.#dropOrder(old, oldEntry);
    }
    entry.readers += 1;
    let isReleased = false;
    const release = (): void => {
      if (isReleased) return;
      isReleased = true;
      entry.readers -= 1;
      if (entry.readers > 0) return;
      if (entry.isDropped) this.#takeAway(entry);
      else if (!entry.isMade) {
        if (this.#orders.get(key) === entry) this.#orders.delete(key);
        this.#takeAway(entry);
      }
    };
    const { promise: left, reject } = Promise.withResolvers<never>();
    const leave = (): void => reject(new DOMException("Nobody waits for the order.", "AbortError"));
    if (signal?.aborted) leave();
    signal?.addEventListener("abort", leave);
    try {
      return { ...(await Promise.race([entry.order, left])), phase, release };
    } catch (error) {
      release();
      throw error;
    } finally {
      signal?.removeEventListener("abort", leave);
    }
  }

  #startOrder(sort: readonly ResultSort[], filters: readonly ResultFilter[]): OrderEntry {
    this.#orderCount += 1;
    const table = `${quoteIdentifier(this.database)}.main.order_${this.#orderCount}`;
    const rowCount = this.#readableRows;
    const stop = new AbortController();
    const order = this.#makeOrder(table, sort, filters, rowCount, stop.signal);
    const entry: OrderEntry = { order, table, rowCount, stop, readers: 0, isMade: false, isDropped: false };
    const key = orderKey(sort, filters);
    order.then(
      () => {
        entry.isMade = true;
      },
      () => {
        if (this.#orders.get(key) === entry) this.#orders.delete(key);
      },
    );
    return entry;
  }

  async #makeOrder(
    table: string,
    sort: readonly ResultSort[],
    filters: readonly ResultFilter[],
    rowCount: number,
    signal: AbortSignal,
  ): Promise<KeptOrder> {
    const conditions = conditionsOf(filters, this.columns);
    await this.#scratch.rows(
      `CREATE TABLE ${table} AS SELECT t.rowid::UINTEGER AS r FROM ${this.table} AS t
       WHERE t.rowid < ${BigInt(rowCount)} AND ${conditions.sql} ORDER BY ${orderOf(sort, this.columns)}`,
      { values: conditions.values, signal, heavy: true },
    );
    const [count] = await this.#scratch.rows(`SELECT count(*) FROM ${table}`);
    return { table, rowCount: Number(count![0]) };
  }

  #dropOrder(key: string, entry: OrderEntry): void {
    this.#orders.delete(key);
    entry.isDropped = true;
    if (entry.readers === 0) this.#takeAway(entry);
    else this.#leaving.add(entry);
  }

  #takeAway(entry: OrderEntry): void {
    this.#leaving.add(entry);
    entry.stop.abort();
    void entry.order
      .then(() => this.#scratch.execute(`DROP TABLE IF EXISTS ${entry.table}`))
      .catch(() => undefined)
      .finally(() => this.#leaving.delete(entry));
  }

  /** Takes everything of the result away: rows, orders and view; Mosaic's tables are the store's. */
  async forget(): Promise<void> {
    this.stop.abort();
    this.forgotten.abort();
    const entries = [...this.#orders.values(), ...this.#leaving];
    for (const entry of entries) entry.stop.abort();
    await Promise.allSettled(entries.map((entry) => entry.order));
    this.#orders.clear();
    if (this.#attached === null) return;
    await this.#attached.catch(() => undefined);
    await this.#scratch.execute(`DROP VIEW IF EXISTS memory.main.${quoteIdentifier(this.id)}`);
    await this.#scratch.detach(this.database);
  }
}

function orderKey(sort: readonly ResultSort[], filters: readonly ResultFilter[]): string {
  return JSON.stringify([sort, filters]);
}

/** Values of a column that are looked at where each has to be made for it. */
const MEASURED_VALUES = 64;

/** About how many bytes the chunk takes unpacked: 8 or 16 a value, and what long texts and nested values hold. */
function sampledBytes(chunk: DuckDBDataChunk, columns: readonly ResultColumn[]): number {
  const { rowCount } = chunk;
  let bytes = 0;
  for (const [at, { kind }] of columns.entries()) {
    if (kind === "whole" || kind === "number" || kind === "time") bytes += rowCount * 8;
    else if (kind === "text" || kind === "json") bytes += rowCount * 16 + longTextBytes(chunk, at);
    else {
      const vector = chunk.getColumnVector(at);
      const measured = Math.min(rowCount, MEASURED_VALUES);
      let sum = 0;
      for (let one = 0; one < measured; one += 1) {
        sum += 16 + sizeOf(vector.getItem(Math.floor((one * rowCount) / measured)));
      }
      if (measured > 0) bytes += (sum / measured) * rowCount;
    }
  }
  return bytes;
}

function sizeOf(value: unknown): number {
  if (typeof value === "string") return value.length > 12 ? value.length : 0;
  if (value === null || typeof value !== "object") return 8;
  const inner = value as { items?: readonly unknown[]; entries?: object; bytes?: Uint8Array };
  if (inner.bytes !== undefined) return inner.bytes.length;
  if (inner.items !== undefined) return inner.items.reduce<number>((sum, item) => sum + 16 + sizeOf(item), 0);
  if (inner.entries !== undefined)
    return Object.values(inner.entries).reduce<number>((sum, item) => sum + 16 + sizeOf(item), 0);
  return 16;
}
