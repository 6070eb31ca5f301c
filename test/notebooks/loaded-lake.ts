import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryRegistry } from "../../connectors/dataset/memory.ts";
import { loadFiles } from "../../connectors/load/load.ts";
import type { LoadReport } from "../../connectors/load/report.ts";
import type { SourceDefinition } from "../../connectors/source/source.ts";
import { createDuckDbEngine, type DuckDbEngine } from "../../notebooks/engine/duckdb-engine.ts";

/** An engine over files that the product's own loader took. */
export class LoadedLake {
  readonly folder = mkdtempSync(join(tmpdir(), "spoor-loaded-"));
  readonly registry = createMemoryRegistry();
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
  ): Promise<LoadReport> {
    const { report } = await loadFiles({
      definition,
      name,
      paths,
      lakeDirectory: join(this.folder, "lake"),
      scratchDirectory: join(this.folder, "scratch"),
      registry: this.registry,
      clock: () => 1_700_000_000_000,
    });
    return report;
  }

  async close(): Promise<void> {
    await this.engine.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
