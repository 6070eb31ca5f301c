import type {
  Column,
  Dataset,
  DatasetCommit,
  DatasetRegistry,
  LoadedInput,
  QuarantinedRow,
  Segment,
} from "./dataset.ts";

/** A registry that lives as long as the process, for tests and previews. It also shows what was recorded. */
export interface MemoryRegistry extends DatasetRegistry {
  readonly inputs: readonly LoadedInput[];
  readonly quarantined: readonly QuarantinedRow[];
}

export function createMemoryRegistry(): MemoryRegistry {
  const datasets = new Map<string, Dataset>();
  const inputs: LoadedInput[] = [];
  const quarantined: QuarantinedRow[] = [];
  const inputKeys = new Set<string>();
  const positions = new Map<string, { byteOffset: number; file: string }>();
  const inputKey = (source: string, hash: string): string => `${source}\u0000${hash}`;

  function apply(
    name: string,
    source: string,
    added: readonly Segment[],
    removed: ReadonlySet<string>,
    columns: readonly Column[] | undefined,
  ): void {
    const old = datasets.get(name) ?? { name, source, columns: [], segments: [], version: 0 };
    const kept = old.segments.filter((segment) => !removed.has(segment.id));
    const fresh = added.filter((segment) => !kept.some((other) => other.id === segment.id));
    const next = columns ?? old.columns;
    const changed =
      fresh.length > 0 ||
      kept.length !== old.segments.length ||
      JSON.stringify(next) !== JSON.stringify(old.columns) ||
      !datasets.has(name);
    if (!changed) return;
    datasets.set(name, { ...old, columns: next, segments: [...kept, ...fresh], version: old.version + 1 });
  }

  return {
    inputs,
    quarantined,
    list: () => [...datasets.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    get: (name) => datasets.get(name),
    hasInput: (source, hash) => inputKeys.has(inputKey(source, hash)),
    spoolPosition: (source) => positions.get(source),
    commit(change: DatasetCommit) {
      const present = new Set([...datasets.values()].flatMap((dataset) => dataset.segments.map((s) => s.id)));
      const repeated =
        change.segmentsAdded.length > 0 && change.segmentsAdded.every((segment) => present.has(segment.id));
      if (repeated) return;
      const removed = new Set(change.segmentIdsRemoved);
      const names = new Set([
        ...change.columns.keys(),
        ...change.segmentsAdded.map((segment) => segment.dataset),
        ...[...datasets.values()]
          .filter((dataset) => dataset.segments.some((segment) => removed.has(segment.id)))
          .map((dataset) => dataset.name),
      ]);
      for (const name of names) {
        apply(
          name,
          change.source,
          change.segmentsAdded.filter((segment) => segment.dataset === name),
          removed,
          change.columns.get(name),
        );
      }
      for (const input of change.inputs) {
        const key = inputKey(input.source, input.inputHash);
        if (inputKeys.has(key)) continue;
        inputKeys.add(key);
        inputs.push(input);
      }
      quarantined.push(...change.quarantined);
      if (change.spoolPosition) {
        const { source, byteOffset, file } = change.spoolPosition;
        positions.set(source, { byteOffset, file });
      }
    },
  };
}
