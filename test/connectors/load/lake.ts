import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { listValue } from "@duckdb/node-api";
import type { Dataset, DatasetRegistry } from "../../../connectors/dataset/dataset.ts";
import { createMemoryRegistry, type MemoryRegistry } from "../../../connectors/dataset/memory.ts";
import { loadFiles } from "../../../connectors/load/load.ts";
import type { LoadReport } from "../../../connectors/load/report.ts";
import { openSession, type SqlSession } from "../../../connectors/sql/session.ts";

/** A lake of its own for one test, gone with it. */
export interface Lake {
  readonly directory: string;
  readonly registry: MemoryRegistry;
  readonly session: SqlSession;
  /** Writes a file for loading and returns its path. */
  file(name: string, content: string | Buffer): string;
  load(name: string, paths: readonly string[], registry?: DatasetRegistry): Promise<LoadReport>;
  /** Runs SQL that reads the dataset as `data`, all segments by name of column. */
  rows(dataset: Dataset, sql: string): Promise<unknown[][]>;
}

export async function openLake(t: TestContext): Promise<Lake> {
  const directory = mkdtempSync(join(tmpdir(), "spoor-lake-"));
  const session = await openSession({
    scratchDirectory: join(directory, "spill"),
    memoryLimit: "2GB",
    threads: 2,
  });
  t.after(() => {
    session.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const registry = createMemoryRegistry();
  return {
    directory,
    registry,
    session,
    file(name, content) {
      const path = join(directory, name);
      writeFileSync(path, content);
      return path;
    },
    async load(name, paths, own) {
      const { report } = await loadFiles({
        definition: null,
        name,
        paths,
        lakeDirectory: join(directory, "lake"),
        scratchDirectory: join(directory, "scratch"),
        registry: own ?? registry,
        clock: () => Date.now(),
        memoryLimit: "2GB",
        threads: 2,
      });
      return report;
    },
    async rows(dataset, sql) {
      await session.set("files", listValue(dataset.segments.map((segment) => segment.path)));
      await session.run(
        `CREATE OR REPLACE TEMP TABLE data AS SELECT * FROM read_parquet(getvariable('files'), union_by_name = true)`,
      );
      const rows = await session.rows(sql);
      return rows as unknown[][];
    },
  };
}

/** Fails unless good + quarantined = read, for each file and for all. */
export function assertBalanced(report: LoadReport): void {
  for (const file of [...report.files, report]) {
    if (file.good + file.quarantined !== file.read) {
      throw new Error(
        `good ${file.good} + quarantined ${file.quarantined} != read ${file.read}: ${JSON.stringify(file).slice(0, 300)}`,
      );
    }
  }
}
