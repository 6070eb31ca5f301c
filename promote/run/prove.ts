import type { Dataset } from "../../connectors/dataset/dataset.ts";
import type { Clock } from "../../connectors/time/instant.ts";

import type { QueryEngine } from "../../notebooks/engine/engine.ts";
import { deterministicId } from "../records/deterministic-id.ts";
import type { Detection, RecordStore, ReplayProof } from "../records/records.ts";
import type { Rule } from "../rule/rule.ts";
import { type DataSpan, datasetSpan, eventTimes } from "./data-span.ts";
import type { TimeRange } from "./detection.ts";
import { eventDatasets } from "./event-datasets.ts";
import { holdsAny, replaySlices } from "./replay-cuts.ts";
import { seededRandom } from "./seeded-random.ts";
import { evaluateHistory, evaluateSlice, microseconds } from "./slice.ts";

const DEFAULT_SLICES = 200;
/** Fewer slices than this prove too little, however slow the query. */
const FEWEST_SLICES = 8;
/** What all slices of a proof together may look at, in whole histories. */
const WHOLE_HISTORIES = 24;
const SHOWN_IDS = 20;
/** Steps into which the replayed range is divided to know where events are. */
const TIME_STEPS = 20_000n;

/** One hash for one state of datasets: their names, columns and the segments that hold their rows. */
export function dataHashOf(datasets: readonly Dataset[]): string {
  const parts = datasets.map((dataset) => [
    dataset.name,
    dataset.columns.map(({ name, type }) => [name, type]),
    dataset.segments.map(({ id }) => id).sort(),
  ]);
  return deterministicId(
    "data",
    parts.sort((left, right) => (String(left[0]) < String(right[0]) ? -1 : 1)),
  );
}

export interface ProofRequest {
  readonly rule: Rule;
  readonly engine: QueryEngine;
  /** The datasets that the rule reads, as they are now; the proof names them by their hash. */
  readonly datasets: readonly Dataset[];
  readonly engineVersion: string;
  /** The proof is put here when given. */
  readonly store?: RecordStore;
  /** Decides cuts, delays and order: the same seed replays the same way. */
  readonly seed: number;
  /** Slices at most, 200 when absent; a slow query gets fewer, at least 8. */
  readonly sliceCount?: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** Called with the share that is done, 0 to 1, and what is going on. */
  readonly onProgress?: (share: number, message: string) => void;
}

type Hashes = ReadonlyMap<string, string>;

function hashesOf(detections: readonly Detection[], untilUs: bigint): Map<string, string> {
  const inside = detections.filter(({ eventTimeUs }) => eventTimeUs <= untilUs);
  return new Map(inside.map(({ id, rowsHash }) => [id, rowsHash]));
}

function versionsText(versions: ReadonlyMap<string, number>): string[] {
  return [...versions].map(([name, version]) => `${name}@${version}`).sort();
}

/** A batch evaluation may change while events come in: what it says before and after counts where both agree. */
function differences(
  stream: Hashes,
  before: Hashes,
  after: Hashes,
): { onlyBatch: string[]; onlyStream: string[] } {
  const onlyBatch = [...before].filter(([id, hash]) => after.get(id) === hash && stream.get(id) !== hash);
  const onlyStream = [...stream].filter(([id, hash]) => before.get(id) !== hash && after.get(id) !== hash);
  return { onlyBatch: onlyBatch.map(([id]) => id), onlyStream: onlyStream.map(([id]) => id) };
}

/**
 * How many slices the replay is cut into: fewer where each must look far back, and the same number for the same rule
 * and data on every machine, so that a proof can be repeated.
 */
function sliceBudget(request: ProofRequest, range: TimeRange): number {
  const most = Math.max(FEWEST_SLICES, request.sliceCount ?? DEFAULT_SLICES);
  const spanUs = Math.max(1, Number(range.untilUs - range.afterUs));
  const windowShare = Math.min(1, (Number(microseconds(request.rule.lookbackMs)) + spanUs / most) / spanUs);
  return Math.min(most, Math.max(FEWEST_SLICES, Math.floor(WHOLE_HISTORIES / windowShare)));
}

/**
 * Proves, or refuses, that a stream gives exactly what one batch run over the whole history gives. The history is
 * replayed in slices of random sizes that cover it; events come shuffled and delayed within the allowed lateness; a
 * slice is evaluated when the watermark would allow it. Ids and row hashes must be equal. A history without detections
 * proves nothing. Slices that no event is near are skipped, as the runner does. Throws QueryError as the query does.
 */
export async function proveStream(request: ProofRequest): Promise<ReplayProof> {
  const { rule, engine, clock, signal } = request;
  const withSignal = signal === undefined ? {} : { signal };
  const datasets = await eventDatasets(rule, engine);
  const spans = new Map<string, DataSpan>();
  for (const dataset of datasets) spans.set(dataset, await datasetSpan(engine, dataset, signal));
  const batch = await evaluateHistory(rule, engine, { clock, ...withSignal });
  const replay = await replayHistory(request, batch.detections, spans);
  const versionsBefore = versionsText(batch.datasetVersions);
  const moved =
    replay.versions.size > 1 || (replay.versions.size === 1 && !replay.versions.has(versionsBefore.join()));
  const after = moved ? await evaluateHistory(rule, engine, { clock, ...withSignal }) : batch;
  const { untilUs } = replay.range;
  const before = hashesOf(batch.detections, untilUs);
  const { onlyBatch, onlyStream } = differences(replay.stream, before, hashesOf(after.detections, untilUs));
  const holds = batch.detections.length > 0 && onlyBatch.length === 0 && onlyStream.length === 0;
  const proof: ReplayProof = {
    rule: rule.name,
    ruleVersion: rule.version,
    provedMs: clock(),
    eventCount: [...spans.values()].reduce((sum, { eventCount }) => sum + eventCount, 0),
    sliceCount: replay.sliceCount,
    batchDetectionCount: before.size,
    streamDetectionCount: replay.stream.size,
    onlyBatch: onlyBatch.slice(0, SHOWN_IDS),
    onlyStream: onlyStream.slice(0, SHOWN_IDS),
    dataHash: dataHashOf(request.datasets),
    engineVersion: request.engineVersion,
    holds,
    reason: holds ? "" : refusal(rule, batch.detections.length, onlyBatch.length, onlyStream.length),
    replayedAfterUs: replay.range.afterUs,
    replayedUntilUs: untilUs,
    skippedSliceCount: replay.skippedCount,
    provedOn: "history",
    ...(batch.detections.length === 0 ? { nothingToProve: true } : {}),
  };
  request.store?.putProof(proof);
  return proof;
}

interface Replay {
  readonly range: TimeRange;
  readonly stream: Hashes;
  readonly sliceCount: number;
  readonly skippedCount: number;
  /** Dataset versions that the slices saw. */
  readonly versions: ReadonlySet<string>;
}

async function replayHistory(
  request: ProofRequest,
  batch: readonly Detection[],
  spans: ReadonlyMap<string, DataSpan>,
): Promise<Replay> {
  const { rule, engine, clock, signal } = request;
  const range = replayRange(spans, batch);
  if (range === null || batch.length === 0) {
    const nothing = range ?? { afterUs: 0n, untilUs: 0n };
    return { range: nothing, stream: new Map(), sliceCount: 0, skippedCount: 0, versions: new Set() };
  }
  const latenessUs = microseconds(rule.allowedLatenessMs);
  const lookbackUs = microseconds(rule.lookbackMs);
  const stepUs = (range.untilUs - range.afterUs) / TIME_STEPS + 1n;
  const times: bigint[] = [];
  for (const dataset of spans.keys()) {
    const options = { ingestedFromUs: null, stepUs, ...(signal === undefined ? {} : { signal }) };
    times.push(...(await eventTimes(engine, dataset, options)));
  }
  times.sort((left, right) => (left < right ? -1 : left > right ? 1 : 0));
  const slices = replaySlices({
    range,
    eventTimesUs: times,
    detectionTimesUs: batch.map(({ eventTimeUs }) => eventTimeUs),
    lookbackUs,
    latenessUs,
    sliceUs: rule.run.mode === "stream" ? microseconds(rule.run.sliceMs) : 60_000_000n,
    sliceCount: sliceBudget(request, range),
    random: seededRandom(request.seed),
  });
  const stream = new Map<string, string>();
  const versions = new Set<string>();
  let skippedCount = 0;
  for (const [at, slice] of slices.entries()) {
    signal?.throwIfAborted();
    const seen = { afterUs: slice.afterUs - lookbackUs, untilUs: slice.untilUs + latenessUs };
    if (holdsAny(times, stepUs, seen)) {
      const arrival = { seed: request.seed, latenessUs, arrivedByUs: slice.untilUs + latenessUs };
      const found = await evaluateSlice({
        rule,
        engine,
        ...slice,
        clock,
        mode: "stream",
        arrival,
        ...(signal === undefined ? {} : { signal }),
      });
      versions.add(versionsText(found.datasetVersions).join());
      for (const { id, rowsHash } of found.detections) stream.set(id, rowsHash);
    } else skippedCount += 1;
    request.onProgress?.((at + 1) / slices.length, `replayed ${at + 1} of ${slices.length} slices`);
  }
  return { range, stream, sliceCount: slices.length - skippedCount, skippedCount, versions };
}

/** From before the first event or detection to the last of both; null without either. */
function replayRange(spans: ReadonlyMap<string, DataSpan>, batch: readonly Detection[]): TimeRange | null {
  const times = [
    ...[...spans.values()].flatMap(({ minTimeUs, maxTimeUs }) =>
      minTimeUs === null || maxTimeUs === null ? [] : [minTimeUs, maxTimeUs],
    ),
    ...batch.map(({ eventTimeUs }) => eventTimeUs),
  ];
  let [lowUs] = times;
  let highUs = lowUs;
  if (lowUs === undefined || highUs === undefined) return null;
  for (const timeUs of times) {
    if (timeUs < lowUs) lowUs = timeUs;
    if (timeUs > highUs) highUs = timeUs;
  }
  return { afterUs: lowUs - 1n, untilUs: highUs };
}

function refusal(rule: Rule, batchCount: number, onlyBatchCount: number, onlyStreamCount: number): string {
  if (batchCount === 0)
    return "The history holds no detection of this rule, and a replay without any proves nothing.";
  return `Of ${batchCount} detections a stream would miss or change ${onlyBatchCount} and add or change ${onlyStreamCount}: the rule depends on more than the ${rule.lookbackMs / 1000} s before each row. It runs as batch.`;
}
