import { join } from "node:path";
import type { Clock } from "../../connectors/time/instant.ts";
import { arrowStream } from "../engine/arrow/arrow-stream.ts";
import type { DuckDbEngine } from "../engine/duckdb-engine.ts";
import { refusal } from "../engine/duckdb-error.ts";
import { QueryError, type QueryParameter, type Question } from "../engine/engine.ts";
import { exportResult } from "../engine/export/export-rows.ts";
import type { OpenResult } from "../engine/query-run.ts";
import { summariseColumn } from "./column-summary.ts";
import {
  type AggregateRequest,
  countAggregate,
  createAggregate,
  crossfilterTables,
  dropAggregate,
  readExec,
} from "./crossfilter.ts";
import { FirstRows } from "./first-rows.ts";
import { KeptResult, type ResultLimits } from "./kept-result.ts";
import type {
  ColumnSummary,
  CrossfilterBody,
  ResultBody,
  ResultExport,
  ResultOpened,
  ResultPhase,
  ResultSort,
  ResultState,
  ResultWindow,
  SummaryBody,
} from "./result.ts";
import { type ColumnKind, columnNamed, type ResultColumn, selectFields } from "./result-columns.ts";
import { conditionsOf, orderOf } from "./result-filter.ts";
import { Scratch } from "./scratch.ts";

const FIRST_ROWS = 500;
const LARGEST_WINDOW = 1_000_000;
/** So few first rows of a sort come before the whole order is made. */
const SOON_ROWS = 2_000;
const LOOK_EVERY_MS = 5_000;
const NO_ROWS = 0;
const MOST_AGGREGATES = 64;
const MOST_AGGREGATE_ROWS = 5_000_000n;
/** Kinds that are compared quickly, and whose text gives the very value back. */
const EXACT_TEXT: ReadonlySet<ColumnKind> = new Set(["whole", "number", "time"]);

export interface ResultStoreOptions {
  readonly engine: DuckDbEngine;
  /** A folder; the store's own is made in it, and emptied at the start. */
  readonly directory: string;
  readonly clock: Clock;
  /** Makes ids that nobody can guess: letters, digits and underscores. */
  readonly newId: () => string;
  /** As DuckDB reads it. Default `2GB`. */
  readonly memoryLimit?: string;
  readonly threads?: number;
  /** Memory and spill of all results, bytes: beyond it the least recently read one is forgotten. Default 20 GB. */
  readonly byteLimit?: number;
  /** Default: 100 million rows, 8 GB. */
  readonly resultLimits?: ResultLimits;
  /** Default 100. */
  readonly resultCount?: number;
  /** A growing result that nobody asks about for so long is stopped. Default 90,000: a hidden tab asks once a minute. */
  readonly unreadMs?: number;
  /** How long DuckDB may work for one result. Default 600,000. */
  readonly timeLimitMs?: number;
}

export interface OpenedResult {
  readonly opened: ResultOpened;
  /** An Arrow IPC stream of the first rows. */
  readonly stream: ReadableStream<Uint8Array>;
}

/** A window, with the number of rows that pass its filters. */
export interface OpenedWindow {
  readonly rowCount: number;
  readonly stream: ReadableStream<Uint8Array>;
}

interface Growing {
  readonly result: KeptResult;
  readonly query: string;
}

interface AggregateTable {
  readonly select: string;
  readonly made: Promise<void>;
  readonly results: readonly KeptResult[];
  /** Ends when the table is away; null while the aggregate may be asked. */
  leaving: Promise<void> | null;
}

/**
 * The rows of visible SQL cells, kept for their readers. A cell's query runs once, under all of the engine's policy;
 * what it gives is read by windows while it grows. A result that broke off or was cut says so wherever it is read.
 */
export class ResultStore {
  readonly #options: ResultStoreOptions;
  readonly #limits: ResultLimits;
  readonly #results = new Map<string, KeptResult>();
  readonly #answers = new Map<string, KeptResult>();
  readonly #growing = new Map<string, Growing>();
  readonly #aggregates = new Map<string, AggregateTable>();
  readonly #fills = new Set<Promise<void>>();
  readonly #watch: NodeJS.Timeout;
  #scratch: Promise<Scratch> | null = null;
  #closed = false;

  constructor(options: ResultStoreOptions) {
    this.#options = options;
    this.#limits = options.resultLimits ?? { rowLimit: 100_000_000, byteLimit: 8e9 };
    this.#watch = setInterval(
      () => this.#stopUnread(),
      Math.min(LOOK_EVERY_MS, (options.unreadMs ?? 90_000) / 4),
    );
    this.#watch.unref();
  }

  #openScratch(): Promise<Scratch> {
    this.#scratch ??= Scratch.open({
      directory: join(this.#options.directory, "results"),
      memoryLimit: this.#options.memoryLimit ?? "2GB",
      temporaryLimit: "40GB",
      threads: this.#options.threads ?? 2,
      maximumHeavy: 3,
      clock: this.#options.clock,
    });
    return this.#scratch;
  }

  /**
   * Runs a query and keeps its rows, or finds the kept ones of the same question over the same data. `queryId` is
   * the engine's name for the run while it waits. Throws QueryError when it is refused or fails before its columns
   * are known; later the state says so, and the stream of first rows breaks if they were not whole.
   */
  async open(
    body: ResultBody,
    detail: { readonly queryId?: string; readonly signal?: AbortSignal } = {},
  ): Promise<OpenedResult> {
    const [scratch, question] = await Promise.all([
      this.#openScratch(),
      this.#options.engine.question(body.sql),
    ]);
    const key = answerKey(question, body.parameters ?? {});
    if (body.useKept !== false) {
      const kept = this.#kept(key, question);
      if (kept !== null) return this.#openKept(scratch, kept, detail.signal);
    }
    return this.#run(scratch, body, question.volatile ? null : key, detail);
  }

  #kept(key: string, question: Question): KeptResult | null {
    const kept = this.#answers.get(key);
    if (question.volatile || kept === undefined || kept.phase !== "complete") return null;
    const versions = Object.entries(kept.datasetVersions);
    if (versions.length !== question.datasetVersions.size) return null;
    return versions.every(([name, version]) => question.datasetVersions.get(name) === version) ? kept : null;
  }

  async #openKept(
    scratch: Scratch,
    kept: KeptResult,
    signal: AbortSignal | undefined,
  ): Promise<OpenedResult> {
    this.#touch(kept);
    const rows = await scratch.read(windowSql(kept, kept.columns, 0, FIRST_ROWS), {
      signal: eitherSignal(kept, signal),
    });
    return { opened: openedOf(kept, true), stream: phasedStream(kept.phase, rows) };
  }

  async #run(
    scratch: Scratch,
    body: ResultBody,
    key: string | null,
    detail: { readonly queryId?: string; readonly signal?: AbortSignal },
  ): Promise<OpenedResult> {
    const { engine, clock, newId } = this.#options;
    const result = new KeptResult(newId(), scratch, this.#limits, clock);
    const queryId = detail.queryId ?? result.id;
    const abort = (): void => result.stop.abort();
    if (detail.signal?.aborted) abort();
    detail.signal?.addEventListener("abort", abort);
    try {
      const source = await engine.chunks(
        {
          id: queryId,
          sql: body.sql,
          signal: result.stop.signal,
          timeLimitMs: this.#options.timeLimitMs ?? 600_000,
          ...(body.parameters === undefined ? {} : { parameters: body.parameters }),
        },
        true,
      );
      this.#results.set(result.id, result);
      this.#growing.set(result.id, { result, query: queryId });
      result.begin(source);
      this.#touch(result);
      const first = new FirstRows();
      const fill = result
        .fill(source, (chunk) => {
          if (chunk === null && key !== null && result.phase === "complete") this.#answers.set(key, result);
          if (chunk === null && result.phase !== "complete" && result.phase !== "cut") {
            const { message } = result.state(undefined);
            first.fail(
              new QueryError(result.phase === "cancelled" ? "cancelled" : "failed", message ?? "", {
                sql: body.sql,
              }),
            );
          } else first.offer(chunk);
        })
        .then(() => this.#makeRoom(scratch))
        .catch(() => undefined)
        .finally(() => {
          this.#growing.delete(result.id);
          this.#fills.delete(fill);
        });
      this.#fills.add(fill);
      const shown = { ...source, columns: result.columns };
      const { stream, complete } = arrowStream(first.as(shown), Number.POSITIVE_INFINITY, {
        "spoor:part": "first",
      });
      void complete.then(() => detail.signal?.removeEventListener("abort", abort));
      return { opened: openedOf(result, false), stream };
    } catch (error) {
      detail.signal?.removeEventListener("abort", abort);
      this.#growing.delete(result.id);
      await this.#forget(result);
      throw error;
    }
  }

  #touch(result: KeptResult): KeptResult {
    result.lastReadMs = this.#options.clock();
    this.#results.delete(result.id);
    this.#results.set(result.id, result);
    return result;
  }

  #get(id: string): KeptResult | null {
    const result = this.#results.get(id);
    return result === undefined ? null : this.#touch(result);
  }

  /** How far a result is, or null when it is not kept. */
  state(id: string): ResultState | null {
    const result = this.#get(id);
    if (result === null) return null;
    const query = this.#growing.get(id)?.query;
    return result.state(this.#options.engine.running().find((one) => one.id === query));
  }

  /** Rows `offset` to `offset + limit` of a result, or null when it is not kept. Throws QueryError. */
  async rows(id: string, window: ResultWindow, signal?: AbortSignal): Promise<OpenedWindow | null> {
    const result = this.#get(id);
    if (result === null) return null;
    const scratch = await this.#openScratch();
    await result.ready();
    // Both in one step, and before any wait: the phase tells whether these are all the rows.
    const { rowCount, phase } = result;
    const limit = Math.min(window.limit, LARGEST_WINDOW);
    const columns = window.columns?.map((name) => columnNamed(result.columns, name)) ?? result.columns;
    const [sort, filters] = [window.sort ?? [], window.filters ?? []];
    const either = eitherSignal(result, signal);
    if (sort.length === 0 && filters.length === 0) {
      const count = Math.max(NO_ROWS, Math.min(limit, rowCount - window.offset));
      const rows = await scratch.read(windowSql(result, columns, window.offset, count), { signal: either });
      return { rowCount, stream: phasedStream(phase, rows) };
    }
    if (filters.length === 0 && window.offset + limit <= SOON_ROWS && !result.hasOrder(sort, filters)) {
      // The first screen comes at once; who scrolls on finds the order made.
      const edge = await edgeOf(scratch, result, rowCount, sort[0]!, window.offset + limit, either);
      const rows = await scratch.read(soonSql(result, rowCount, sort, columns, window.offset, limit, edge), {
        signal: either,
        ...(edge === null ? {} : { values: [edge] }),
      });
      const { stream, complete } = phased(phase, rows);
      void complete.then((whole) => {
        if (!whole) return;
        result.order(sort, filters, result.forgotten.signal).then(
          (order) => order.release(),
          () => undefined,
        );
      });
      return { rowCount, stream };
    }
    const order = await result.order(sort, filters, either);
    try {
      const rows = await scratch.read(orderedSql(result, order.table, columns, window.offset, limit), {
        signal: either,
      });
      return { rowCount: order.rowCount, stream: phasedStream(order.phase, rows) };
    } finally {
      order.release();
    }
  }

  /** What columns hold, in the order asked for; null when the result is not kept. Throws QueryError. */
  async summary(
    id: string,
    body: SummaryBody,
    signal?: AbortSignal,
  ): Promise<readonly ColumnSummary[] | null> {
    const result = this.#get(id);
    if (result === null) return null;
    const scratch = await this.#openScratch();
    await result.ready();
    const source = {
      scratch,
      table: result.table,
      columns: result.columns,
      rowCount: result.rowCount,
      filters: body.filters ?? [],
      signal: eitherSignal(result, signal),
    };
    return Promise.all(
      body.columns.map((name) => summariseColumn(source, columnNamed(result.columns, name))),
    );
  }

  /** A complete result as a file, bytes as they come; null when it is not kept. Throws QueryError. */
  async export(
    id: string,
    body: ResultExport,
    signal?: AbortSignal,
  ): Promise<ReadableStream<Uint8Array> | null> {
    const result = this.#get(id);
    if (result === null) return null;
    if (result.phase !== "complete") {
      throw refusal(
        "",
        "incomplete",
        "The result is not complete, and a file would not show it.",
        "Wait for its end, or narrow the query until it is not cut.",
      );
    }
    const scratch = await this.#openScratch();
    const conditions = conditionsOf(body.filters ?? [], result.columns);
    const order = body.sort === undefined ? "" : ` ORDER BY ${orderOf(body.sort, result.columns)}`;
    const rows = await scratch.read(
      `SELECT ${selectFields(result.columns, "t")} FROM ${result.table} AS t WHERE ${conditions.sql}${order}`,
      { values: conditions.values, signal: eitherSignal(result, signal), heavy: true },
    );
    if (body.format === "arrow") return phasedStream(result.phase, rows);
    return byteStream(exportResult(rows, body.format, scratch.directory));
  }

  /** Stops a growing result; true when it was growing. Its rows so far stay, marked as cancelled. */
  cancel(id: string): boolean {
    const growing = this.#growing.get(id);
    if (growing === undefined || !growing.result.isGrowing) return false;
    growing.result.stop.abort();
    return true;
  }

  /** Answers Mosaic: an Arrow stream, or null for `exec`. Throws QueryError. */
  async crossfilter(body: CrossfilterBody, signal?: AbortSignal): Promise<ReadableStream<Uint8Array> | null> {
    const scratch = await this.#openScratch();
    if (body.type === "exec") {
      const request = readExec(body.sql);
      if (request !== null) await this.#makeAggregate(scratch, request, body);
      return null;
    }
    const results = await this.#resultsOf(body.sql, body.results);
    const rows = await scratch.read(body.sql, {
      signal: AbortSignal.any([
        ...results.map(({ forgotten }) => forgotten.signal),
        ...(signal === undefined ? [] : [signal]),
      ]),
      readOnly: true,
      heavy: true,
    });
    // None of them grows, so the phases are final: one that is not whole marks the answer.
    const partial = results.find(({ phase }) => phase !== "complete");
    return phasedStream(partial?.phase ?? "complete", rows);
  }

  /**
   * The ended results that a checked statement reads, by itself and by the pre-aggregations that it names: at least one,
   * and none outside `allowed` when that is given.
   */
  async #resultsOf(sql: string, allowed?: readonly string[]): Promise<readonly KeptResult[]> {
    const statement = await this.#options.engine.check(sql);
    const tables = crossfilterTables(statement);
    const mayRead = allowed === undefined ? null : new Set(allowed);
    const all = new Set<KeptResult>();
    for (const name of tables.aggregates) {
      const known = this.#aggregates.get(name);
      const isOpen =
        known?.leaving === null &&
        (mayRead === null || known.results.every((result) => mayRead.has(result.id)));
      if (known === undefined || !isOpen) {
        throw refusal(sql, "crossfilter", `There is no pre-aggregation ${name}.`, "Make it first.");
      }
      await known.made;
      for (const result of known.results) all.add(result);
    }
    for (const id of tables.results) {
      const result = mayRead === null || mayRead.has(id) ? this.#get(id) : null;
      if (result === null || result.isGrowing) {
        throw refusal(
          sql,
          "crossfilter",
          result === null ? `There is no result ${id}.` : `The result ${id} still grows.`,
          result === null ? "Run the cell again." : "Wait for its end.",
        );
      }
      all.add(result);
    }
    return [...all];
  }

  async #makeAggregate(scratch: Scratch, request: AggregateRequest, body: CrossfilterBody): Promise<void> {
    const { name, select } = request;
    const results = await this.#resultsOf(select, body.results);
    let known = this.#aggregates.get(name);
    while (known !== undefined && known.leaving !== null) {
      await known.leaving;
      known = this.#aggregates.get(name);
    }
    if (known !== undefined) {
      if (known.select !== select) {
        throw refusal(body.sql, "crossfilter", `${name} is another question's.`, "Ask the result itself.");
      }
      return known.made;
    }
    if (results.some(({ aggregates }) => aggregates.size >= MOST_AGGREGATES)) {
      throw refusal(
        body.sql,
        "crossfilter",
        `The result has ${MOST_AGGREGATES} pre-aggregations already.`,
        "Ask the result itself.",
      );
    }
    const signal = AbortSignal.any(results.map(({ forgotten }) => forgotten.signal));
    const made = fillAggregate(scratch, request, body.sql, signal);
    const entry: AggregateTable = { select, made, results, leaving: null };
    this.#aggregates.set(name, entry);
    for (const result of results) result.aggregates.add(name);
    try {
      await made;
    } catch (error) {
      if (entry.leaving === null) this.#removeAggregate(name, entry);
      throw error;
    }
  }

  #removeAggregate(name: string, entry: AggregateTable): void {
    if (this.#aggregates.get(name) === entry) this.#aggregates.delete(name);
    for (const result of entry.results) result.aggregates.delete(name);
  }

  /** Takes an aggregate away once its table is made or has failed; its name is free only then. */
  #leaveAggregate(scratch: Scratch, name: string, entry: AggregateTable): Promise<void> {
    entry.leaving ??= entry.made
      .then(
        () => scratch.execute(dropAggregate(name)),
        () => undefined,
      )
      .catch(() => undefined)
      .then(() => this.#removeAggregate(name, entry));
    return entry.leaving;
  }

  #stopUnread(): void {
    const limitMs = this.#options.unreadMs ?? 90_000;
    for (const { result } of this.#growing.values()) {
      if (!result.isGrowing || this.#options.clock() - result.lastReadMs <= limitMs) continue;
      result.stopReason = `Nobody looked at the result for ${Math.round(limitMs / 1000)} s, so it was stopped. Run it again when you need it.`;
      result.stop.abort();
    }
  }

  /** Forgets the least recently read results until the others fit. */
  async #makeRoom(scratch: Scratch): Promise<void> {
    const byteLimit = this.#options.byteLimit ?? 20e9;
    for (const result of [...this.#results.values()]) {
      if (result.isGrowing) continue;
      const many = this.#results.size > (this.#options.resultCount ?? 100);
      if (!many && (await scratch.byteCount()) <= byteLimit) return;
      await this.#forget(result);
    }
  }

  async #forget(result: KeptResult): Promise<void> {
    this.#results.delete(result.id);
    for (const [key, kept] of this.#answers) if (kept === result) this.#answers.delete(key);
    result.forgotten.abort();
    const scratch = await this.#openScratch();
    const aggregates = [...result.aggregates].flatMap((name) => {
      const entry = this.#aggregates.get(name);
      return entry === undefined ? [] : [this.#leaveAggregate(scratch, name, entry)];
    });
    await Promise.all(aggregates);
    await result.forget();
  }

  /** Stops every query and read and deletes everything. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#watch);
    if (this.#scratch === null) return;
    const scratch = await this.#scratch;
    for (const result of this.#results.values()) {
      result.stop.abort();
      result.forgotten.abort();
    }
    await Promise.all([...this.#fills]);
    await scratch.close();
  }
}

/** Makes the table, or nothing. Throws QueryError when it fails or has too many rows. */
async function fillAggregate(
  scratch: Scratch,
  request: AggregateRequest,
  sql: string,
  signal: AbortSignal,
): Promise<void> {
  await scratch.rows(createAggregate(request, MOST_AGGREGATE_ROWS + 1n), { signal, heavy: true });
  const [count] = await scratch.rows(countAggregate(request.name));
  if (BigInt(count![0] as bigint) <= MOST_AGGREGATE_ROWS) return;
  await scratch.execute(dropAggregate(request.name));
  throw refusal(
    sql,
    "crossfilter",
    `A pre-aggregation has at most ${MOST_AGGREGATE_ROWS.toLocaleString("en")} rows.`,
    "Ask the result itself.",
  );
}

/** An Arrow stream whose schema says how far the result was when it was read. */
function phased(phase: ResultPhase, rows: OpenResult): ReturnType<typeof arrowStream> {
  return arrowStream(rows, Number.POSITIVE_INFINITY, { "spoor:phase": phase });
}

function phasedStream(phase: ResultPhase, rows: OpenResult): ReadableStream<Uint8Array> {
  return phased(phase, rows).stream;
}

function answerKey(question: Question, parameters: Readonly<Record<string, QueryParameter>>): string {
  const named = Object.entries(parameters)
    .map(([name, value]) => [name.toLowerCase(), typeof value, String(value)])
    .sort((a, b) => (a[0]! < b[0]! ? -1 : 1));
  return JSON.stringify([question.canonical, named]);
}

function openedOf(result: KeptResult, kept: boolean): ResultOpened {
  return {
    id: result.id,
    columns: result.columns.map(({ name, type }) => ({ name, type })),
    datasetVersions: result.datasetVersions,
    kept,
  };
}

function eitherSignal(
  result: KeptResult | undefined,
  signal: AbortSignal | undefined,
): AbortSignal | undefined {
  if (result === undefined) return signal;
  return signal === undefined ? result.forgotten.signal : AbortSignal.any([result.forgotten.signal, signal]);
}

function windowSql(
  result: KeptResult,
  columns: readonly ResultColumn[],
  offset: number,
  count: number,
): string {
  const from = BigInt(offset);
  return `SELECT ${selectFields(columns, "t")} FROM ${result.table} AS t WHERE t.rowid >= ${from} AND t.rowid < ${from + BigInt(count)}`;
}

/**
 * The value of the first key at the end of the first screen, as its text; null where it is NULL or its text is not exact.
 * DuckDB finds it by that column alone, many times sooner than it sorts whole rows, and few rows are left then.
 */
async function edgeOf(
  scratch: Scratch,
  result: KeptResult,
  rowCount: number,
  first: ResultSort,
  count: number,
  signal: AbortSignal | undefined,
): Promise<string | null> {
  const column = columnNamed(result.columns, first.column);
  if (!EXACT_TEXT.has(column.kind) || count === 0) return null;
  const [edge] = await scratch.rows(
    `SELECT CAST(k AS VARCHAR) FROM (SELECT t.${column.field} AS k FROM ${result.table} AS t
      WHERE t.rowid < ${BigInt(rowCount)} ORDER BY k ${directionOf(first)} NULLS LAST LIMIT ${BigInt(count)}) AS s
      ORDER BY k ${first.descending ? "ASC" : "DESC"} NULLS FIRST LIMIT 1`,
    { signal },
  );
  const value = edge?.[0] ?? null;
  return value === null ? null : String(value);
}

function directionOf({ descending }: ResultSort): string {
  return descending ? "DESC" : "ASC";
}

function soonSql(
  result: KeptResult,
  rowCount: number,
  sort: readonly ResultSort[],
  columns: readonly ResultColumn[],
  offset: number,
  count: number,
  edge: string | null,
): string {
  const { field, sqlType } = columnNamed(result.columns, sort[0]!.column);
  const within =
    edge === null
      ? ""
      : ` AND t.${field} ${sort[0]!.descending ? ">=" : "<="} CAST($1::VARCHAR AS ${sqlType})`;
  return `SELECT ${selectFields(columns, "t")} FROM ${result.table} AS t WHERE t.rowid < ${BigInt(rowCount)}${within}
    ORDER BY ${orderOf(sort, result.columns)} LIMIT ${BigInt(count)} OFFSET ${BigInt(offset)}`;
}

function orderedSql(
  result: KeptResult,
  order: string,
  columns: readonly ResultColumn[],
  offset: number,
  count: number,
): string {
  const from = BigInt(offset);
  return `SELECT ${selectFields(columns, "t")} FROM ${result.table} AS t
    JOIN (SELECT r::BIGINT AS r, rowid AS k FROM ${order} WHERE rowid >= ${from} AND rowid < ${from + BigInt(count)}) AS o
    ON t.rowid = o.r ORDER BY o.k`;
}

function byteStream(bytes: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await bytes.next();
        if (next.done) controller.close();
        else controller.enqueue(next.value);
      },
      async cancel() {
        await bytes.return(undefined);
      },
    },
    { highWaterMark: 1 },
  );
}
