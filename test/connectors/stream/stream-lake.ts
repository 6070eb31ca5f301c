import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { createMemoryRegistry, type MemoryRegistry } from "../../../connectors/dataset/memory.ts";
import { defaultSource } from "../../../connectors/source/defaults.ts";
import type { SourceDefinition } from "../../../connectors/source/source.ts";
import { openSession, type SqlSession } from "../../../connectors/sql/session.ts";
import { type Drainer, type DrainResult, openDrainer } from "../../../connectors/stream/drain.ts";
import { openSpool, type Spool } from "../../../connectors/stream/spool.ts";
import { datasetSelect } from "../../../notebooks/catalog/dataset-view.ts";

export interface StreamLake {
  readonly root: string;
  readonly registry: MemoryRegistry;
  readonly definition: SourceDefinition;
  readonly lakeDirectory: string;
  readonly scratchDirectory: string;
  readonly spoolDirectory: string;
  readonly clock: () => number;
  readonly session: SqlSession;
  open(rotateBytes?: number): Promise<Spool>;
  drain(spool: Spool, maximumEvents?: number): Promise<DrainResult | null>;
  /** All rows of a dataset, as the engine would show them. */
  rows(select: string, dataset?: string): Promise<unknown[][]>;
}

/** A lake in a folder of its own that goes with the test. The clock goes on by one millisecond a look. */
export async function streamLake(
  t: TestContext,
  timeFields: readonly string[] = ["ts"],
): Promise<StreamLake> {
  const root = mkdtempSync(join(tmpdir(), "spoor-stream-"));
  const scratchDirectory = join(root, "scratch");
  const registry = createMemoryRegistry();
  const base = defaultSource("posts");
  const definition = { ...base, time: { ...base.time, fields: timeFields } };
  let nowMs = Date.UTC(2026, 0, 1);
  const clock = (): number => nowMs++;
  const session = await openSession({ scratchDirectory, memoryLimit: "500MB", threads: 1 });
  let drainer: Drainer | null = null;
  t.after(async () => {
    await drainer?.close();
    session.close();
    rmSync(root, { recursive: true, force: true });
  });
  const lakeDirectory = join(root, "lake");
  const spoolDirectory = join(root, "spool");
  return {
    root,
    registry,
    definition,
    lakeDirectory,
    scratchDirectory,
    spoolDirectory,
    clock,
    session,
    open: (rotateBytes) =>
      openSpool({
        directory: spoolDirectory,
        source: "posts",
        clock,
        ...(rotateBytes ? { rotateBytes } : {}),
      }),
    async drain(spool, maximumEvents = 10_000) {
      drainer ??= await openDrainer({ scratchDirectory, threads: 1, memoryLimit: "500MB" });
      return drainer.drain({ definition, spool, registry, lakeDirectory, clock, maximumEvents });
    },
    async rows(select, name = "posts") {
      const dataset = registry.get(name);
      if (!dataset) return [];
      return session.rows(`SELECT ${select} FROM (${datasetSelect(dataset)}) AS d ORDER BY ALL`);
    },
  };
}

/** Objects as one NDJSON body. */
export function ndjson(rows: readonly object[]): Buffer {
  return Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
}

/** One event with a number. */
export function event(number: number): { ts: string; n: number; host: string } {
  return {
    ts: new Date(Date.UTC(2026, 0, 2) + number * 1000).toISOString(),
    n: number,
    host: `host-${number % 7}`,
  };
}
