import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Dataset } from "../../connectors/dataset/dataset.ts";
import { createDuckDbEngine } from "../../notebooks/engine/duckdb-engine.ts";
import type { QueryEngine } from "../../notebooks/engine/engine.ts";
import type { Spoor } from "../spoor.ts";

/**
 * Runs work over one state of the datasets, by an engine of its own: what comes in meanwhile is not seen, the files stay
 * until it is done, and neither people's queries nor rules wait for it.
 */
export async function withPinnedEngine<T>(
  spoor: Spoor,
  datasets: readonly Dataset[],
  work: (engine: QueryEngine) => Promise<T>,
): Promise<T> {
  const release = spoor.segmentHolds.hold(
    datasets.flatMap(({ segments }) => segments.map(({ path }) => path)),
  );
  const temporaryDirectory = join(spoor.layout.scratch, `hunt-${randomUUID()}`);
  const engine = createDuckDbEngine({
    datasets: () => datasets,
    ledgerTables: spoor.recordedTables,
    temporaryDirectory,
    memoryLimit: "2GB",
    threads: 2,
    maximumConcurrent: 1,
    clock: spoor.clock,
  });
  try {
    return await work(engine);
  } finally {
    await engine.close();
    await rm(temporaryDirectory, { recursive: true, force: true });
    release();
  }
}
