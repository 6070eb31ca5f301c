import type { Issue } from "../../connectors/issue/issue.ts";
import type { EngineSlice, SliceOpening } from "./engine-slice.ts";

/** A value bound to `$name` in the SQL. Never written into the text. */
export type QueryParameter = string | number | bigint | boolean | null;

/** Only rows with `afterUs < _time <= untilUs` of every dataset are seen. Microseconds since the epoch. */
export interface TimeWindow {
  readonly afterUs: bigint;
  readonly untilUs: bigint;
  readonly arrival?: SimulatedArrival;
  /** Datasets that are seen whole all the same. One none of whose rows has a time always is: it is a lookup. */
  readonly whole?: readonly string[];
}

/**
 * A simulated arrival for replay proofs: every event arrives at `_time` plus a delay below `latenessUs` that is a
 * pure function of its `_file`, `_line` and `seed`; only events that have arrived by `arrivedByUs` are seen, and
 * rows come in an order shuffled by `seed`.
 */
export interface SimulatedArrival {
  readonly seed: number;
  readonly latenessUs: bigint;
  readonly arrivedByUs: bigint;
}

export interface QueryRequest {
  /** By which `running` and `cancel` know the query; made by the engine when absent. Unique among running queries. */
  readonly id?: string;
  /** One SELECT (or WITH, VALUES, FROM-first, DESCRIBE, SUMMARIZE), or EXPLAIN of one. Anything else is refused. */
  readonly sql: string;
  readonly parameters?: Readonly<Record<string, QueryParameter>>;
  readonly window?: TimeWindow;
  readonly signal?: AbortSignal;
  /** Stop with an error after this long. Default 120,000. */
  readonly timeLimitMs?: number;
  /** Stop, and say that the result is incomplete, after this many rows. Default: no limit. */
  readonly rowLimit?: number;
}

export interface QueryColumn {
  readonly name: string;
  /** DuckDB type as DuckDB prints it. */
  readonly type: string;
}

/** A query that was refused, failed, ran out of time or was cancelled; says where in the SQL if known. */
export class QueryError extends Error {
  readonly kind: "refused" | "invalid" | "failed" | "timeout" | "cancelled";
  readonly sql: string;
  readonly issues: readonly Issue[];
  /** Zero-based character offset in `sql`, when DuckDB or Spoor knows it. */
  readonly offset: number | null;

  constructor(
    kind: QueryError["kind"],
    message: string,
    detail: { sql: string; issues?: readonly Issue[]; offset?: number | null; cause?: unknown },
  ) {
    super(message, { cause: detail.cause });
    this.name = "QueryError";
    this.kind = kind;
    this.sql = detail.sql;
    this.issues = detail.issues ?? [];
    this.offset = detail.offset ?? null;
  }
}

/** A JavaScript value of one cell: 64-bit integers and wider are bigint, times are ISO text in UTC. */
export type CellValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint8Array
  | readonly CellValue[]
  | { readonly [key: string]: CellValue };

export type Row = Readonly<Record<string, CellValue>>;

export interface RowsResult {
  readonly columns: readonly QueryColumn[];
  readonly rows: readonly Row[];
  /** False when `rowLimit` cut it; such a result is never used for a claim. */
  readonly complete: boolean;
  /** Datasets read, with the version each had. */
  readonly datasetVersions: ReadonlyMap<string, number>;
}

/** An Arrow IPC stream (schema, record batches, end marker) with back-pressure. */
export interface ArrowResult {
  readonly columns: readonly QueryColumn[];
  /** Errors (cancelled, timeout) break the stream before its end marker: a cut stream cannot look complete. */
  readonly stream: ReadableStream<Uint8Array>;
  /** Settles when the stream ends: false when `rowLimit` cut it, or when it broke off. Never rejects. */
  readonly complete: Promise<boolean>;
  readonly datasetVersions: ReadonlyMap<string, number>;
}

export interface QueryProgress {
  readonly id: string;
  readonly sql: string;
  readonly startedMs: number;
  /** 0 to 100, or null while DuckDB does not know. */
  readonly percentage: number | null;
  readonly state: "queued" | "running";
  /** How many queries wait before this one; null when it does not wait. */
  readonly queuePosition: number | null;
}

/** A table that Spoor itself keeps (detections, alerts, outcomes, ...), offered as a dataset. */
export interface LedgerTable {
  readonly name: string;
  readonly columns: readonly QueryColumn[];
  /** Changes whenever the rows do; equal versions mean equal rows. */
  version(): number;
  /** Rows as column-ordered arrays; times are `bigint` microseconds for TIMESTAMP columns. */
  rows(): Iterable<readonly (string | number | bigint | boolean | null)[]>;
}

/** What one SELECT asks, apart from how it is written and whether it has been answered. */
export interface Question {
  /** Equal for texts that DuckDB parses to the same tree: spaces, comments and the case of keywords do not count. */
  readonly canonical: string;
  /** True when the same data may give another answer: `now()`, `random()`, a sample. */
  readonly volatile: boolean;
  /** The datasets and ledger tables that it reads, with the versions that they have now. */
  readonly datasetVersions: ReadonlyMap<string, number>;
}

/** The port to the lake. Adapters: DuckDB over Parquet segments. */
export interface QueryEngine {
  rows(request: QueryRequest): Promise<RowsResult>;
  arrow(request: QueryRequest): Promise<ArrowResult>;
  /** Columns of a query without running it; throws QueryError as the query would. */
  describe(sql: string, parameters?: QueryRequest["parameters"]): Promise<readonly QueryColumn[]>;
  /** Datasets (not CTEs) that the SQL reads, sorted; throws QueryError when it does not parse. */
  datasetsOf(sql: string): Promise<readonly string[]>;
  /** What the SQL asks; throws QueryError when it does not parse, is refused or names no dataset. */
  question(sql: string): Promise<Question>;
  /** A window of one dataset of which many things are asked one after another; absent where an engine has no such thing. */
  openSlice?(request: SliceOpening): Promise<EngineSlice>;
  running(): readonly QueryProgress[];
  /** True when a query with that id was running or queued. */
  cancel(id: string): boolean;
  close(): Promise<void>;
}
