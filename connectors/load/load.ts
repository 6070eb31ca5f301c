import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Column, DatasetRegistry, LoadedInput, QuarantinedRow, Segment } from "../dataset/dataset.ts";
import { parseType, scalar } from "../dataset/type.ts";
import { detectFormat } from "../format/detect.ts";
import { type ExpandLimits, expandPaths } from "../format/expand.ts";
import { type Expanded, type Input, readHead } from "../format/input.ts";
import { uniqueNames } from "../format/zeek.ts";
import { readPlainHeader } from "../format/zeek-plain.ts";
import type { Issue } from "../issue/issue.ts";
import { defaultSource } from "../source/defaults.ts";
import type { SourceDefinition } from "../source/source.ts";
import { quoteIdentifier } from "../sql/quote.ts";
import { openSession, type SqlSession } from "../sql/session.ts";
import type { Clock } from "../time/instant.ts";
import { type Batch, BatchWriter, valueCounts } from "./batch.ts";
import { inferEntities, inferTime } from "./infer.ts";
import { type Family, Intake, pathFromFile, type Shapes } from "./intake.ts";
import { columnsOfShape, type DatasetPlan, datasetNames, type LoadColumn, planDataset } from "./plan.ts";
import type { InferenceReport, LoadReport } from "./report.ts";
import {
  type ParquetInput,
  rewriteDataset,
  type SegmentTarget,
  writeBatch,
  writeParquet,
} from "./segment.ts";
import { KIND, Shape } from "./shape.ts";
import { takeZeekLog } from "./zeek-batch.ts";

export interface LoadOptions {
  /** What a person declared; null the first time, then time and entities are taken from the data. */
  readonly definition: SourceDefinition | null;
  /** `^[a-z][a-z0-9_]{0,47}$` */
  readonly name: string;
  /** Files, folders and archives. */
  readonly paths: readonly string[];
  /** Holds one folder of Parquet files for each dataset. */
  readonly lakeDirectory: string;
  /** Emptied of everything that this load puts there. */
  readonly scratchDirectory: string;
  readonly registry: DatasetRegistry;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** 0 to 1, and what is being done. */
  readonly onProgress?: ((share: number, message: string) => void) | undefined;
  /** DuckDB's notation; default `2GB`. */
  readonly memoryLimit?: string;
  /** Default 2. */
  readonly threads?: number;
  readonly limits?: ExpandLimits;
}

/** Plain bytes of rows after which a group of inputs is closed, and a batch too. */
const GROUP_BYTES = 96 * 2 ** 20;
const BATCH_ROWS = 60_000;
const MAXIMUM_REJECTS = 20;

interface FileState {
  readonly file: string;
  readonly hash: string;
  readonly format: string;
  families: readonly Family[];
  read: number;
  good: number;
  quarantined: number;
  state: "loaded" | "known" | "skipped";
  reason: string;
}

/** Inputs that are committed together, with their rows. */
interface Group {
  readonly files: FileState[];
  readonly batches: Batch[];
  readonly parquet: ParquetInput[];
  readonly quarantined: Omit<QuarantinedRow, "source" | "ingestedUs">[];
}

interface Gathered {
  readonly shapes: Shapes;
  readonly parquetColumns: LoadColumn[];
  readonly groups: Group[];
  readonly files: FileState[];
  readonly issues: Issue[];
}

/**
 * Loads files, folders and archives into the datasets of one source. All inputs are read first, so that names
 * and types come from the whole load; then each group of inputs is written and committed at once. Killed at any
 * point and run again, it adds what is missing and repeats nothing.
 *
 * @throws AbortError when the signal aborts; what was committed stays.
 */
export async function loadFiles(
  options: LoadOptions,
): Promise<{ report: LoadReport; definition: SourceDefinition }> {
  const startedMs = options.clock();
  const scratchDirectory = join(options.scratchDirectory, `load-${randomUUID()}`);
  mkdirSync(scratchDirectory, { recursive: true });
  const session = await openSession({
    scratchDirectory,
    memoryLimit: options.memoryLimit ?? "2GB",
    threads: options.threads ?? 2,
  });
  try {
    const gathered = await gather(options, scratchDirectory, session, Number.POSITIVE_INFINITY);
    const { definition, plans, inference } = await plan(options, gathered, session);
    await write(options, gathered, plans, definition, session);
    options.onProgress?.(1, "done");
    const count = (key: "read" | "good" | "quarantined"): number =>
      gathered.files.reduce((sum, file) => sum + file[key], 0);
    const report: LoadReport = {
      source: options.name,
      inference,
      files: gathered.files.map((file) => ({
        file: file.file,
        format: file.format,
        dataset: file.families.map((family) => plans.get(family)?.dataset ?? "").join(", "),
        read: file.read,
        good: file.good,
        quarantined: file.quarantined,
        state: file.state,
        reason: file.reason,
      })),
      read: count("read"),
      good: count("good"),
      quarantined: count("quarantined"),
      rejects: gathered.groups
        .flatMap((group) => group.quarantined)
        .slice(0, MAXIMUM_REJECTS)
        .map(({ file, line, code, reason, text }) => ({ file, line, code, reason, text })),
      elapsedMs: options.clock() - startedMs,
    };
    return { report, definition };
  } finally {
    session.close();
    await rm(scratchDirectory, { recursive: true, force: true });
  }
}

/**
 * The same inputs, the next one being unpacked while the caller works on this one, unless this one lies in a file
 * that is removed with the next.
 */
async function* oneAhead(inputs: AsyncGenerator<Expanded>): AsyncGenerator<Expanded> {
  let ahead: Promise<IteratorResult<Expanded, unknown>> | null = null;
  try {
    for (;;) {
      const { value, done } = await (ahead ?? inputs.next());
      ahead = null;
      if (done) return;
      const expanded = value as Expanded;
      if (
        expanded.kind === "skipped" ||
        expanded.input.bytes !== null ||
        expanded.input.compression === "none"
      ) {
        ahead = inputs.next();
        // Told when it is awaited; until then nobody listens.
        ahead.catch(() => {});
      }
      yield expanded;
    }
  } finally {
    await ahead?.catch(() => {});
    await inputs.return(undefined);
  }
}

/** Reads all inputs; exported for previews, which stop after `rowLimit` rows of each. */
export async function gather(
  options: Omit<LoadOptions, "clock">,
  scratchDirectory: string,
  session: SqlSession,
  rowLimit: number,
): Promise<Gathered> {
  const gathered: Gathered = { shapes: new Map(), parquetColumns: [], groups: [], files: [], issues: [] };
  const seen = new Set<string>();
  let group: Group = { files: [], batches: [], parquet: [], quarantined: [] };
  let writers = new Map<Family, BatchWriter>();
  let groupBytes = 0;
  const counts = new Map<Family, Map<string, number>>();
  const closeBatch = (writer: BatchWriter): void => {
    group.batches.push(writer.close());
    counts.set(writer.family, valueCounts(gathered.shapes.get(writer.family)!));
  };
  const closeGroup = (): void => {
    for (const writer of writers.values()) closeBatch(writer);
    writers = new Map();
    if (group.files.length > 0) gathered.groups.push(group);
    group = { files: [], batches: [], parquet: [], quarantined: [] };
    groupBytes = 0;
  };
  let readInputs = 0;
  try {
    const inputs = expandPaths(options.paths, {
      scratchDirectory,
      signal: options.signal,
      ...(options.limits ? { limits: options.limits } : {}),
    });
    for await (const expanded of oneAhead(inputs)) {
      options.signal?.throwIfAborted();
      const state = (format: string, hash: string, file: string): FileState => {
        const made: FileState = {
          file,
          hash,
          format,
          families: [],
          read: 0,
          good: 0,
          quarantined: 0,
          state: "loaded",
          reason: "",
        };
        gathered.files.push(made);
        return made;
      };
      if (expanded.kind === "skipped") {
        const made = state("", "", expanded.file);
        made.state = "skipped";
        made.reason = expanded.reason;
        if (expanded.issue) gathered.issues.push(expanded.issue);
        continue;
      }
      const { input } = expanded;
      options.onProgress?.(0.5 * (1 - 1 / (1 + readInputs / 16)), `reading ${input.file}`);
      readInputs++;
      const head = await readHead(input, 65_536);
      const detected = detectFormat(head, input.file, head.length >= input.byteCount);
      if (detected.format === null) {
        const made = state("", input.hash, input.file);
        made.state = "skipped";
        made.reason = detected.reason;
        continue;
      }
      const made = state(detected.format, input.hash, input.file);
      if (seen.has(input.hash) || options.registry.hasInput(options.name, input.hash)) {
        made.state = "known";
        made.reason = "the same bytes were loaded before";
        continue;
      }
      seen.add(input.hash);
      group.files.push(made);
      if (detected.format === "parquet") {
        const parquet = await describeParquet(input, scratchDirectory, session);
        if (!parquet) {
          made.state = "skipped";
          made.reason = "damaged Parquet";
          group.files.pop();
          gathered.issues.push({
            severity: "error",
            code: "parquet.damaged",
            place: input.file,
            message: "The Parquet file cannot be read.",
            remedy: "Export it again.",
          });
          continue;
        }
        group.parquet.push(parquet);
        for (const column of parquet.columns) {
          const type = parseType(column.type);
          gathered.parquetColumns.push({ key: column.key, type, long: false });
        }
        made.families = ["parquet"];
        made.read = parquet.rowCount;
        made.good = parquet.rowCount;
        groupBytes += input.byteCount;
      } else {
        const intake = new Intake(
          input.file,
          gathered.shapes,
          {
            row(family, line, json) {
              if (rowLimit !== Number.POSITIVE_INFINITY) return;
              let writer = writers.get(family);
              if (!writer) {
                writer = new BatchWriter(
                  family,
                  scratchDirectory,
                  gathered.shapes.get(family)!,
                  counts.get(family) ?? new Map(),
                );
                writers.set(family, writer);
              }
              writer.add(input.file, input.hash, line, json);
              groupBytes += json.length;
              if (writer.size > GROUP_BYTES || writer.rowCount >= BATCH_ROWS) {
                closeBatch(writer);
                writers.delete(family);
                options.signal?.throwIfAborted();
              }
            },
            reject(row) {
              group.quarantined.push(row);
            },
          },
          rowLimit,
        );
        const header =
          detected.format === "zeek" && rowLimit === Number.POSITIVE_INFINITY
            ? readPlainHeader(head, pathFromFile(input.file))
            : null;
        const taken = header && (await takeZeekLog(input, header, intake, scratchDirectory, session));
        if (taken?.batch) {
          group.batches.push(taken.batch);
          groupBytes += taken.batch.byteCount;
        }
        if (!taken) await intake.read(input, detected.format, detected.delimiter);
        made.families = [...intake.families];
        made.read = intake.readCount;
        made.good = intake.goodCount;
        made.quarantined = intake.quarantinedCount;
      }
      if (groupBytes > GROUP_BYTES) closeGroup();
    }
  } finally {
    closeGroup();
  }
  return gathered;
}

const NARROW_INTEGERS = /^(TINYINT|SMALLINT|INTEGER|UTINYINT|USMALLINT|UINTEGER)$/;

/** Copies a Parquet input to where it can stay, and describes it; null when it is damaged. */
export async function describeParquet(
  input: Input,
  scratchDirectory: string,
  session: SqlSession,
): Promise<ParquetInput | null> {
  let path = input.path;
  if (path === null) {
    path = join(scratchDirectory, `${randomUUID()}.parquet`);
    await writeFile(path, input.bytes ?? Buffer.alloc(0));
  } else if (input.compression !== "none") {
    // The unpacked file goes with the next input; keep one of our own.
    const copy = join(scratchDirectory, `${randomUUID()}.parquet`);
    const { copyFile } = await import("node:fs/promises");
    await copyFile(path, copy);
    path = copy;
  }
  await session.set("source", path);
  try {
    const described = await session.rows("DESCRIBE SELECT * FROM read_parquet(getvariable('source'))");
    const [count] = await session.rows("SELECT count(*) FROM read_parquet(getvariable('source'))");
    const names = described.map((row) => String(row[0]));
    const keys = uniqueNames(names);
    const columns: Column[] = described.map((row, index) => {
      const type = String(row[1]);
      const wide = NARROW_INTEGERS.test(type) ? "BIGINT" : type === "FLOAT" ? "DOUBLE" : type;
      return { name: names[index]!, key: keys[index]!, type: wide };
    });
    return { file: input.file, path, inputHash: input.hash, rowCount: Number(count?.[0]), columns };
  } catch {
    return null;
  }
}

interface Planned {
  readonly definition: SourceDefinition;
  readonly plans: Map<Family, DatasetPlan>;
  readonly inference: InferenceReport;
}

/** Fits what was gathered into datasets, and proposes time and entities; exported for previews. */
export async function plan(
  options: Omit<LoadOptions, "clock">,
  gathered: Gathered,
  session: SqlSession,
): Promise<Planned> {
  // A header without a row makes no dataset.
  const families: Family[] = [...gathered.shapes]
    .filter(([, shape]) => shape.count > 0)
    .map(([family]) => family);
  if (gathered.parquetColumns.length > 0) families.push("parquet");
  const names = datasetNames(options.name, families, options.registry);
  const plans = new Map<Family, DatasetPlan>();
  for (const family of families) {
    const name = names.get(family)!;
    const old = options.registry.get(name);
    const shape = gathered.shapes.get(family);
    const columns = shape ? columnsOfShape(shape) : mergeColumns(gathered.parquetColumns);
    plans.set(
      family,
      await planDataset(family, name, columns, old, (column) =>
        hasLongIntegers(session, old?.segments ?? [], column),
      ),
    );
  }
  const shapes = [...gathered.shapes.values(), parquetShape(gathered.parquetColumns)];
  const { time, candidates } = inferTime(shapes);
  const entities = inferEntities(shapes);
  const given = options.definition;
  const base = given ?? defaultSource(options.name);
  const definition: SourceDefinition = {
    ...base,
    time: given && given.time.fields.length > 0 ? given.time : time,
    entities: given && given.entities.length > 0 ? given.entities : entities,
  };
  const issues = [...gathered.issues];
  if (families.length > 0 && definition.time.fields.length === 0) {
    issues.push({
      severity: "warning",
      code: "source.time-field.missing",
      place: `sources/${options.name}/source.yaml`,
      message: "No field could be read as event time, so _time stays empty.",
      remedy: "Name one under time.fields.",
    });
  }
  return {
    definition,
    plans,
    inference: {
      name: options.name,
      time: definition.time,
      timeCandidates: candidates,
      entities: definition.entities,
      datasets: [...plans.values()].map((p) => ({
        name: p.dataset,
        format: p.family.startsWith("zeek:") ? "zeek" : p.family,
        fields: p.written.map(({ name, key, type }) => ({ name, key, type })),
      })),
      issues,
    },
  };
}

/** Whether a BIGINT column of the segments holds an integer that a DOUBLE does not. */
export async function hasLongIntegers(
  session: SqlSession,
  segments: readonly Segment[],
  column: Column,
): Promise<boolean> {
  for (const segment of segments) {
    if (!segment.columns.some((c) => c.name === column.name)) continue;
    await session.set("source", segment.path);
    const name = quoteIdentifier(column.name);
    const [row] = await session.rows(
      `SELECT bool_or(${name} > 9007199254740991 OR ${name} < -9007199254740991) FROM read_parquet(getvariable('source'))`,
    );
    if (row?.[0] === true) return true;
  }
  return false;
}

function mergeColumns(columns: readonly LoadColumn[]): LoadColumn[] {
  const merged = new Map<string, LoadColumn>();
  for (const column of columns) {
    const old = merged.get(column.key);
    if (!old) merged.set(column.key, column);
    else if (JSON.stringify(old.type) !== JSON.stringify(column.type)) {
      const type = scalar(old.type.kind === "scalar" && column.type.kind === "scalar" ? "VARCHAR" : "JSON");
      merged.set(column.key, { key: column.key, type, long: false });
    }
  }
  return [...merged.values()];
}

/** Parquet says types and no values: times are those typed as such, or named so. */
function parquetShape(columns: readonly LoadColumn[]): Shape {
  const shape = new Shape();
  for (const column of columns) {
    const isTime = column.type.kind === "scalar" && /^TIMESTAMP|^DATE$/.test(column.type.name);
    const named =
      /(^|_)(ts|time|timestamp|eventtime|utctime|date)$/i.test(column.key) || column.key === "@timestamp";
    if (!isTime && !named) continue;
    const field = shape.field(column.key);
    field.kinds |= KIND.text;
    field.sample("2000-01-01T00:00:00Z");
  }
  return shape;
}

async function write(
  options: LoadOptions,
  gathered: Gathered,
  plans: ReadonlyMap<Family, DatasetPlan>,
  definition: SourceDefinition,
  session: SqlSession,
): Promise<void> {
  if (definition.time.zone !== "UTC") await session.set("zone", definition.time.zone);
  let isFirst = true;
  const total =
    gathered.groups.reduce((sum, group) => sum + group.batches.length + group.parquet.length, 0) || 1;
  let done = 0;
  for (const group of gathered.groups) {
    options.signal?.throwIfAborted();
    const ingestedUs = BigInt(Math.round(options.clock() * 1000));
    const target: SegmentTarget = { lakeDirectory: options.lakeDirectory, ingestedUs, time: definition.time };
    const added: Segment[] = [];
    const removed: string[] = [];
    if (isFirst) {
      for (const p of plans.values()) {
        const rewritten = await rewriteDataset(
          session,
          p,
          options.registry.get(p.dataset)?.segments ?? [],
          target,
        );
        added.push(...rewritten.added);
        removed.push(...rewritten.removedIds);
      }
    }
    for (const [part, batch] of group.batches.entries()) {
      options.signal?.throwIfAborted();
      added.push(await writeBatch(session, batch, plans.get(batch.family)!, part, target));
      await rm(batch.path, { force: true });
      done++;
      options.onProgress?.(0.5 + (0.5 * done) / total, `writing ${plans.get(batch.family)!.dataset}`);
    }
    for (const parquet of group.parquet) {
      added.push(await writeParquet(session, parquet, plans.get("parquet")!, target));
      done++;
    }
    const inputs: LoadedInput[] = group.files.map((file) => ({
      source: options.name,
      inputHash: file.hash,
      file: file.file,
      format: file.format,
      readCount: file.read,
      goodCount: file.good,
      quarantinedCount: file.quarantined,
      loadedUs: ingestedUs,
    }));
    options.registry.commit({
      source: options.name,
      segmentsAdded: added,
      segmentIdsRemoved: removed,
      columns: new Map(isFirst ? [...plans.values()].map((p) => [p.dataset, p.columns]) : []),
      inputs,
      quarantined: group.quarantined.map((row) => ({ ...row, source: options.name, ingestedUs })),
    });
    isFirst = false;
  }
}
