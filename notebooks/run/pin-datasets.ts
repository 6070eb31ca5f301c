import type { Dataset } from "../../connectors/dataset/dataset.ts";
import type { RunRecord } from "./run-record.ts";

/** What became of the data of a lock. */
export interface PinnedData {
  /** The datasets as they were: the locked segments and columns, in the locked order. */
  readonly datasets: readonly Dataset[];
  /** Locked segments that the lake has no more, by dataset: replaced by compaction, or rewritten to wider types. */
  readonly missing: Readonly<Record<string, readonly string[]>>;
}

/**
 * The datasets as a lock names them, out of what the lake holds now. Segments are immutable, so where all are there the
 * pinned data are those that the locked run read. Datasets that the lock does not name are left out.
 */
export function pinDatasets(lock: RunRecord, present: readonly Dataset[]): PinnedData {
  const byName = new Map(present.map((dataset) => [dataset.name, dataset]));
  const datasets: Dataset[] = [];
  const missing: Record<string, readonly string[]> = {};
  for (const [name, locked] of Object.entries(lock.datasets)) {
    const dataset = byName.get(name);
    const segments = new Map((dataset?.segments ?? []).map((segment) => [segment.id, segment]));
    const lost = locked.segments.filter((id) => !segments.has(id));
    if (lost.length > 0) missing[name] = lost;
    datasets.push({
      name,
      source: dataset?.source ?? "",
      columns: locked.columns,
      segments: locked.segments.flatMap((id) => segments.get(id) ?? []),
      version: locked.version,
    });
  }
  return { datasets, missing };
}
