import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Dataset, DatasetCommit, DatasetRegistry } from "../../connectors/dataset/dataset.ts";
import { loadFiles } from "../../connectors/load/load.ts";
import type { SourceDefinition } from "../../connectors/source/source.ts";
import { createDuckDbEngine, type DuckDbEngine } from "../../notebooks/engine/duckdb-engine.ts";

/** Keeps what is committed, as a ledger would. */
class MemoryRegistry implements DatasetRegistry {
  readonly #datasets = new Map<string, Dataset>();

  list(): readonly Dataset[] {
    return [...this.#datasets.values()];
  }
  get(name: string): Dataset | undefined {
    return this.#datasets.get(name);
  }
  hasInput(): boolean {
    return false;
  }
  spoolPosition(): undefined {}
  commit(change: DatasetCommit): void {
    const names = new Set([
      ...change.columns.keys(),
      ...change.segmentsAdded.map((segment) => segment.dataset),
    ]);
    for (const name of names) {
      const old = this.#datasets.get(name);
      const kept = (old?.segments ?? []).filter((segment) => !change.segmentIdsRemoved.includes(segment.id));
      this.#datasets.set(name, {
        name,
        source: change.source,
        columns: change.columns.get(name) ?? old?.columns ?? [],
        segments: [...kept, ...change.segmentsAdded.filter((segment) => segment.dataset === name)],
        version: (old?.version ?? 0) + 1,
      });
    }
  }
}

/** An engine over files that the product's own loader took. */
export class LoadedLake {
  readonly folder = mkdtempSync(join(tmpdir(), "spoor-loaded-"));
  readonly registry: DatasetRegistry = new MemoryRegistry();
  readonly engine: DuckDbEngine = createDuckDbEngine({
    datasets: () => this.registry.list(),
    ledgerTables: [],
    temporaryDirectory: join(this.folder, "spill"),
    memoryLimit: "2GB",
    threads: 2,
    maximumConcurrent: 2,
    clock: () => performance.now(),
  });

  async load(
    name: string,
    paths: readonly string[],
    definition: SourceDefinition | null = null,
  ): Promise<number> {
    const { report } = await loadFiles({
      definition,
      name,
      paths,
      lakeDirectory: join(this.folder, "lake"),
      scratchDirectory: join(this.folder, "scratch"),
      registry: this.registry,
      clock: () => 1_700_000_000_000,
    });
    return report.good;
  }

  async close(): Promise<void> {
    await this.engine.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
