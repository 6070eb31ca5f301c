import { createHash, randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { DatasetRegistry, QuarantinedRow, Segment } from "../dataset/dataset.ts";
import { type Batch, BatchWriter, valueCounts } from "../load/batch.ts";
import { inferTime } from "../load/infer.ts";
import { type Family, Intake, MAXIMUM_FAMILIES, type RowTaker, type Shapes } from "../load/intake.ts";
import { hasLongIntegers } from "../load/load.ts";
import { columnsOfShape, type DatasetPlan, datasetNames, planDataset } from "../load/plan.ts";
import { rewriteDataset, writeBatch } from "../load/segment.ts";
import type { SourceDefinition } from "../source/source.ts";
import { openSession, type SqlSession } from "../sql/session.ts";
import type { Clock } from "../time/instant.ts";
import type { Spool, SpoolSlice } from "./spool.ts";

export interface DrainRequest {
  readonly definition: SourceDefinition;
  /** The spool of `definition.name`. */
  readonly spool: Spool;
  readonly registry: DatasetRegistry;
  /** Holds one folder of Parquet files for each dataset. */
  readonly lakeDirectory: string;
  readonly clock: Clock;
  /** Whole records are taken until their lines reach this many. */
  readonly maximumEvents: number;
}

export interface DrainerOptions {
  readonly scratchDirectory: string;
  /** Default 1: a batch is too small for a second one to bring more than it costs. */
  readonly threads?: number;
  /** DuckDB's notation; default `1GB`. */
  readonly memoryLimit?: string;
}

/** What one drain brought into the lake. */
export interface DrainResult {
  readonly eventCount: number;
  readonly quarantinedCount: number;
  /** Datasets that got rows, by name. */
  readonly datasets: string[];
  /** Event times of the new rows by dataset, microseconds since the epoch; rows without one are left out. */
  readonly eventTimesUs: ReadonlyMap<string, readonly bigint[]>;
  /** When the last of the drained events came. */
  readonly ingestedUntilUs: bigint;
  /** Files of old segments that were written anew with wider types: delete them when no query reads them. */
  readonly replacedPaths: readonly string[];
  readonly elapsedMs: number;
}

/** Drains spools with one DuckDB that stays open. Drains of one drainer run one after another. */
export interface Drainer {
  /** One batch of what waits, or null when nothing does. See `drainSpool`. */
  drain(request: DrainRequest): Promise<DrainResult | null>;
  close(): Promise<void>;
}

/** Rows and bytes of one Parquet file's input at most. */
const BATCH_ROWS = 60_000;
const BATCH_BYTES = 96 << 20;

/** Opens a drainer; its scratch folder goes when it is closed. */
export async function openDrainer(options: DrainerOptions): Promise<Drainer> {
  const scratchDirectory = join(options.scratchDirectory, `drain-${randomUUID()}`);
  mkdirSync(scratchDirectory, { recursive: true });
  const session = await openSession({
    scratchDirectory,
    memoryLimit: options.memoryLimit ?? "1GB",
    threads: options.threads ?? 1,
  });
  let turn: Promise<unknown> = Promise.resolve();
  return {
    drain(request) {
      const result = turn.then(() => drainOnce(request, session, scratchDirectory));
      turn = result.catch(() => {});
      return result;
    },
    async close() {
      await turn;
      session.close();
      await rm(scratchDirectory, { recursive: true, force: true });
    },
  };
}

/**
 * Brings records that wait in the spool into the lake: parsed, named, typed and timed as lines of a file, then
 * committed with the new spool position in one transaction. Segment ids come from the dataset, the spool file and
 * its byte range, so that a drain that was killed anywhere is made good by the next and adds nothing twice.
 *
 * @returns null when nothing waits.
 */
export async function drainSpool(options: DrainRequest & DrainerOptions): Promise<DrainResult | null> {
  const position = options.registry.spoolPosition(options.definition.name);
  if (!options.spool.hasWaiting(position)) {
    if (position) await options.spool.discard(position);
    return null;
  }
  const drainer = await openDrainer(options);
  try {
    return await drainer.drain(options);
  } finally {
    await drainer.close();
  }
}

interface Gathered {
  readonly shapes: Shapes;
  readonly batches: readonly Batch[];
  readonly quarantined: readonly QuarantinedRow[];
  readonly eventCount: number;
}

async function drainOnce(
  request: DrainRequest,
  session: SqlSession,
  scratchDirectory: string,
): Promise<DrainResult | null> {
  const { definition, spool, registry, clock } = request;
  const startedMs = clock();
  const source = definition.name;
  if (spool.source !== source) throw new Error(`the spool of ${spool.source} cannot be drained as ${source}`);
  const position = registry.spoolPosition(source);
  const slice = await spool.read(position, request.maximumEvents);
  if (!slice) {
    if (position) await spool.discard(position);
    return null;
  }
  const gathered = gather(slice, source, scratchDirectory);
  try {
    const ingestedUntilUs = slice.records.at(-1)!.ingestedUs;
    const plans = await planSlice(gathered.shapes, source, registry, session);
    const time =
      definition.time.fields.length > 0 ? definition.time : inferTime(gathered.shapes.values()).time;
    if (time.zone !== "UTC") await session.set("zone", time.zone);
    const target = { lakeDirectory: request.lakeDirectory, ingestedUs: ingestedUntilUs, time, fresh: true };
    const added: Segment[] = [];
    const removed: Segment[] = [];
    for (const plan of plans.values()) {
      const old = registry.get(plan.dataset)?.segments ?? [];
      const rewritten = await rewriteDataset(session, plan, old, target);
      added.push(...rewritten.added);
      removed.push(...old.filter((segment) => rewritten.removedIds.includes(segment.id)));
    }
    const fresh: Segment[] = [];
    for (const [part, batch] of gathered.batches.entries()) {
      fresh.push(await writeBatch(session, batch, plans.get(batch.family)!, part, target));
    }
    const eventTimesUs = await readEventTimes(session, fresh);
    const next = { file: slice.file, byteOffset: slice.toByte };
    registry.commit({
      source,
      segmentsAdded: [...added, ...fresh],
      segmentIdsRemoved: removed.map((segment) => segment.id),
      columns: new Map([...plans.values()].map((plan) => [plan.dataset, plan.columns])),
      inputs: [],
      quarantined: gathered.quarantined,
      ingestedFromUs: slice.records[0]!.ingestedUs,
      spoolPosition: { source, ...next },
    });
    await spool.discard(next);
    return {
      eventCount: gathered.eventCount,
      quarantinedCount: gathered.quarantined.length,
      datasets: [...eventTimesUs.keys()].sort(),
      eventTimesUs,
      ingestedUntilUs,
      replacedPaths: removed.map((segment) => segment.path),
      elapsedMs: clock() - startedMs,
    };
  } finally {
    for (const batch of gathered.batches) await rm(batch.path, { force: true });
  }
}

function gather(slice: SpoolSlice, source: string, scratchDirectory: string): Gathered {
  const file = `stream:${slice.file}`;
  const hash = createHash("sha256")
    .update(JSON.stringify(["stream", source, slice.file, slice.fromByte, slice.toByte]))
    .digest("hex");
  const shapes: Shapes = new Map();
  const counts = new Map<Family, Map<string, number>>();
  const writers = new Map<Family, BatchWriter>();
  const batches: Batch[] = [];
  const quarantined: QuarantinedRow[] = [];
  const closeBatch = (writer: BatchWriter): void => {
    batches.push(writer.close());
    writers.delete(writer.family);
    counts.set(writer.family, valueCounts(shapes.get(writer.family)!));
  };
  let linesBefore = 0;
  let ingestedUs = 0n;
  const writerOf = (family: Family): BatchWriter => {
    let writer = writers.get(family);
    if (!writer) {
      const before = counts.get(family) ?? new Map<string, number>();
      writer = new BatchWriter(family, scratchDirectory, shapes.get(family)!, before);
      writers.set(family, writer);
    }
    return writer;
  };
  const taker: RowTaker = {
    row(family, line, json) {
      const writer = writerOf(family);
      writer.add(file, hash, linesBefore + line, json, ingestedUs);
      if (isFull(writer)) closeBatch(writer);
    },
    reject(row) {
      quarantined.push({ ...row, source, file, line: linesBefore + row.line, ingestedUs });
    },
  };
  const intake = new Intake(file, shapes, taker);
  let eventCount = 0;
  for (const record of slice.records) {
    linesBefore = record.firstLine - 1;
    ingestedUs = record.ingestedUs;
    const { parsed } = record;
    if (parsed && fitsFamilies(shapes, parsed.shapes)) {
      // A batch ends after a whole record: its keys are known for the record as one.
      for (const [family, shape] of parsed.shapes) intake.shapeOf(family).absorb(shape);
      for (const { family, line, from, to, changed } of parsed.rows) {
        const writer = writerOf(family);
        if (changed !== null) writer.add(file, hash, linesBefore + line, changed, ingestedUs);
        else writer.addBytes(file, hash, linesBefore + line, record.body, from, to, ingestedUs);
      }
      for (const row of parsed.rejected) taker.reject(row);
      eventCount += parsed.rows.length;
      for (const writer of [...writers.values()]) if (isFull(writer)) closeBatch(writer);
      continue;
    }
    const reader = intake.reader("ndjson", ",");
    reader.push(record.body);
    reader.end();
  }
  for (const writer of [...writers.values()]) closeBatch(writer);
  return { shapes, batches, quarantined, eventCount: eventCount + intake.goodCount };
}

function isFull(writer: BatchWriter): boolean {
  return writer.rowCount >= BATCH_ROWS || writer.size > BATCH_BYTES;
}

/** Whether the families of a reading are those that reading the record now would give. */
function fitsFamilies(shapes: Shapes, more: Shapes): boolean {
  const together = new Set([...shapes.keys(), ...more.keys()]);
  return together.size < MAXIMUM_FAMILIES;
}

async function planSlice(
  shapes: Shapes,
  source: string,
  registry: DatasetRegistry,
  session: SqlSession,
): Promise<Map<Family, DatasetPlan>> {
  const plans = new Map<Family, DatasetPlan>();
  for (const [family, name] of datasetNames(source, shapes.keys(), registry)) {
    const old = registry.get(name);
    const columns = columnsOfShape(shapes.get(family)!);
    plans.set(
      family,
      await planDataset(family, name, columns, old, (column) =>
        hasLongIntegers(session, old?.segments ?? [], column),
      ),
    );
  }
  return plans;
}

async function readEventTimes(
  session: SqlSession,
  segments: readonly Segment[],
): Promise<Map<string, bigint[]>> {
  const times = new Map<string, bigint[]>();
  for (const segment of segments) {
    await session.set("source", segment.path);
    const timesUs = (await session.column(
      "SELECT epoch_us(_time) FROM read_parquet(getvariable('source')) WHERE _time IS NOT NULL",
    )) as bigint[];
    const known = times.get(segment.dataset);
    times.set(segment.dataset, known === undefined ? timesUs : known.concat(timesUs));
  }
  return times;
}
