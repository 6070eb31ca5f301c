/**
 * What a dataset is: a named table of events in the lake, made of immutable Parquet segments.
 *
 * Every segment carries four columns that Spoor adds, before the columns of the source:
 * `_time TIMESTAMP` (event time, UTC; NULL only where no time field could be read), `_ingested TIMESTAMP`
 * (when Spoor read it, UTC), `_file VARCHAR` (input file, archive member after `!`) and `_line BIGINT`
 * (1-based line, record or row in that input). The source's own values are kept as they were written.
 */
export interface Column {
  /** Name in SQL. Unique without regard to case within a dataset, and never changed once given. */
  readonly name: string;
  /** The exact key in the source, before any renaming: `ProcessID` and `ProcessId` are two keys. */
  readonly key: string;
  /** DuckDB type as DuckDB prints it: `VARCHAR`, `BIGINT`, `STRUCT(a VARCHAR, b BIGINT)`, `JSON`. */
  readonly type: string;
}

/** Names of the columns that Spoor adds, in their order. */
export const SYSTEM_COLUMNS: readonly Column[] = [
  { name: "_time", key: "_time", type: "TIMESTAMP" },
  { name: "_ingested", key: "_ingested", type: "TIMESTAMP" },
  { name: "_file", key: "_file", type: "VARCHAR" },
  { name: "_line", key: "_line", type: "BIGINT" },
];

/** One immutable Parquet file of one dataset. */
export interface Segment {
  /** Deterministic: hash of dataset and input, so that a repeated load writes the same id. */
  readonly id: string;
  readonly dataset: string;
  /** Absolute path of the Parquet file. */
  readonly path: string;
  readonly rowCount: number;
  readonly byteCount: number;
  /** Smallest and largest `_time`, microseconds since the epoch; null when no row has one. */
  readonly minTimeUs: bigint | null;
  readonly maxTimeUs: bigint | null;
  readonly ingestedUs: bigint;
  /** Hashes of the inputs whose rows it holds (file bytes, or stream batches). */
  readonly inputHashes: readonly string[];
  /** The columns this file has, types as written in it (without the system columns). */
  readonly columns: readonly Column[];
}

export interface Dataset {
  readonly name: string;
  /** The source it belongs to. */
  readonly source: string;
  /** Union of the segments' columns, each with the type wide enough for all. Without the system columns. */
  readonly columns: readonly Column[];
  readonly segments: readonly Segment[];
  /** Grows by one with each commit that changes segments or columns. */
  readonly version: number;
}

/** A line, record or row that could not be taken, kept with its reason: good + quarantined = read. */
export interface QuarantinedRow {
  readonly source: string;
  readonly file: string;
  readonly line: number;
  /** Stable code: `json.malformed`, `csv.too-many-columns`, `text.not-utf8`. */
  readonly code: string;
  readonly reason: string;
  /** The text as read, cut at 64 KiB. */
  readonly text: string;
  readonly ingestedUs: bigint;
}

/** One input (a file or an archive member) that was read to its end. */
export interface LoadedInput {
  readonly source: string;
  /** SHA-256 of the input's bytes, hex. A source never takes the same one twice. */
  readonly inputHash: string;
  readonly file: string;
  readonly format: string;
  readonly readCount: number;
  readonly goodCount: number;
  readonly quarantinedCount: number;
  readonly loadedUs: bigint;
}

/** What one load or one drained stream batch changes, applied whole or not at all. */
export interface DatasetCommit {
  readonly source: string;
  readonly segmentsAdded: readonly Segment[];
  /** Segments replaced by added ones (compaction, rewriting to wider types). */
  readonly segmentIdsRemoved: readonly string[];
  /** New full column list per dataset that changed. */
  readonly columns: ReadonlyMap<string, readonly Column[]>;
  readonly inputs: readonly LoadedInput[];
  readonly quarantined: readonly QuarantinedRow[];
  /** Earliest `_ingested` of the new rows, where they did not all come when their segment says. */
  readonly ingestedFromUs?: bigint;
  /** How far the source's spool is drained, when the commit comes from a stream. */
  readonly spoolPosition?: { readonly source: string; readonly byteOffset: number; readonly file: string };
}

/** The port by which rooms below the server read and change what the lake holds. One writer. */
export interface DatasetRegistry {
  list(): readonly Dataset[];
  get(name: string): Dataset | undefined;
  /** Whether this source has taken the input with this hash already. */
  hasInput(source: string, inputHash: string): boolean;
  spoolPosition(source: string): { readonly byteOffset: number; readonly file: string } | undefined;
  /** Applies the commit in one durable transaction; a repeated one with the same segment ids changes nothing. */
  commit(change: DatasetCommit): void;
}
