/** What one run of a notebook is remembered by. The lock file is one, with the segments that the run read. */
import * as v from "valibot";
import type { Dataset } from "../../connectors/dataset/dataset.ts";
import type { Issue, Parsed } from "../../connectors/issue/issue.ts";
import { sha256 } from "../hunt/data-hash.ts";
import type { DeepReadonly } from "../hunt/deep-readonly.ts";

const parameters = v.record(v.string(), v.union([v.string(), v.number(), v.boolean(), v.null()]));
const columnSchema = v.object({ name: v.string(), type: v.string() });

const datasetSchema = v.object({
  version: v.number(),
  rowCount: v.number(),
  /** SHA-256 over the segments' ids and row counts and the columns: equal hashes mean equal data. */
  hash: v.string(),
  /** What a locked run reads: ids of the segments, and the columns as they were. Empty in the record of a mere run. */
  segments: v.optional(v.array(v.string()), () => []),
  columns: v.optional(v.array(v.object({ name: v.string(), key: v.string(), type: v.string() })), () => []),
});

const cellSchema = v.object({
  id: v.number(),
  /** The name by which other cells read it; empty without one. */
  name: v.string(),
  state: v.picklist(["done", "failed", "unresolved", "skipped"]),
  message: v.string(),
  /** SHA-256 of the SQL text with its parameters' names in place of interpolations. */
  sqlHash: v.string(),
  parameters,
  rowCount: v.number(),
  /** False when the result was cut or broke off: such a result proves nothing. */
  complete: v.boolean(),
  dataHash: v.string(),
  columns: v.array(columnSchema),
  rows: v.array(v.record(v.string(), v.unknown())),
  rowHashes: v.array(v.string()),
});

const runRecordSchema = v.object({
  format: v.literal("spoor-run 1"),
  notebook: v.string(),
  /** ISO 8601 UTC. */
  at: v.string(),
  by: v.string(),
  spoorVersion: v.string(),
  engineVersion: v.string(),
  parameters,
  datasets: v.record(v.string(), datasetSchema),
  /** Tables of Spoor's own records that were read: they grow, and no lock can hold them. */
  recorded: v.array(v.string()),
  cells: v.array(cellSchema),
  /** SHA-256 over every SQL cell's data hash. */
  dataHash: v.string(),
  /** Whether every SQL cell gave all of its rows. */
  complete: v.boolean(),
});

export type RunRecord = DeepReadonly<v.InferOutput<typeof runRecordSchema>>;
export type CellRecord = RunRecord["cells"][number];
export type DatasetRecord = RunRecord["datasets"][string];

/** The text of a lock file: two-space JSON with a fixed order of keys, so that it diffs well. */
export function serializeRun(record: RunRecord): string {
  return `${JSON.stringify(record, null, 2)}\n`;
}

/** Parses a lock file. Issues name the field. */
export function parseRun(text: string, place: string): Parsed<RunRecord> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { ok: false, issues: [issue("lock.json", place, `The lock file is no JSON: ${String(error)}.`)] };
  }
  const result = v.safeParse(runRecordSchema, json);
  if (result.success) return { ok: true, value: result.output as RunRecord, issues: [] };
  return {
    ok: false,
    issues: result.issues.map((found) =>
      issue("lock.field", `${place}: ${v.getDotPath(found) ?? "file"}`, `${found.message}.`),
    ),
  };
}

/** What is recorded of a dataset. Equal hashes mean that the same immutable files were read as the same columns. */
export async function recordDataset(dataset: Dataset, withSegments: boolean): Promise<DatasetRecord> {
  const segments = dataset.segments.map(({ id, rowCount }) => [id, rowCount] as const);
  const columns = dataset.columns.map(({ name, key, type }) => ({ name, key, type }));
  return {
    version: dataset.version,
    rowCount: segments.reduce((sum, [, count]) => sum + count, 0),
    hash: await sha256(JSON.stringify([segments.toSorted(byId), columns])),
    segments: withSegments ? segments.map(([id]) => id) : [],
    columns: withSegments ? columns : [],
  };
}

/** A run without what only a lock needs. */
export function withoutSegments(record: RunRecord): RunRecord {
  return {
    ...record,
    datasets: Object.fromEntries(
      Object.entries(record.datasets).map(([name, dataset]) => [
        name,
        { ...dataset, segments: [], columns: [] },
      ]),
    ),
  };
}

function byId(left: readonly [string, number], right: readonly [string, number]): number {
  return left[0] < right[0] ? -1 : left[0] > right[0] ? 1 : 0;
}

function issue(code: string, place: string, message: string): Issue {
  return {
    severity: "error",
    code,
    place,
    message,
    remedy: "Restore the file from version control, or make a new lock.",
  };
}
