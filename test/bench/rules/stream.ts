import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultSource } from "../../../connectors/source/defaults.ts";
import { compactSegments } from "../../../connectors/stream/compact.ts";
import { openDrainer } from "../../../connectors/stream/drain.ts";
import { openSpool } from "../../../connectors/stream/spool.ts";
import { createDuckDbEngine } from "../../../notebooks/engine/duckdb-engine.ts";
import type { ReplayProof } from "../../../promote/records/records.ts";
import type { Rule } from "../../../promote/rule/rule.ts";
import { StreamRunner } from "../../../promote/run/stream.ts";
import { LedgerArrivals } from "../../../server/ledger/arrival-log.ts";
import { LedgerDatasetRegistry } from "../../../server/ledger/dataset-registry.ts";
import { Ledger } from "../../../server/ledger/ledger.ts";
import { LedgerRecordStore } from "../../../server/ledger/record-store.ts";
import { type BenchResult, type BenchRow, quantile } from "./bench-result.ts";
import { sysmonLines } from "./sysmon-events.ts";
import { sysmonRules } from "./sysmon-rules.ts";

const RULES = 500;
/** As the server drains and merges. */
const DRAINED_EVENTS = 20_000;
const MERGED_SEGMENTS = 24;
const MERGED_ROWS = 2_000_000;
const BODY_EVENTS = 10_000;
const BODIES = 30;
const BODIES_AHEAD = 6;
const PACED_SECONDS = 12;
const PACED_EVENTS = 1_000;
const PACED_EVERY_MS = 50;

function proved(rule: Rule): ReplayProof {
  return {
    rule: rule.name,
    ruleVersion: rule.version,
    provedMs: 0,
    eventCount: 1,
    sliceCount: 1,
    batchDetectionCount: 1,
    streamDetectionCount: 1,
    onlyBatch: [],
    onlyStream: [],
    dataHash: "",
    engineVersion: "",
    holds: true,
    reason: "",
  };
}

/** Spool, drain, lake, ledger and rules put together as the server does it, in a folder of its own. */
async function openPipeline(root: string) {
  const ledger = Ledger.open(join(root, "ledger.sqlite"));
  const registry = new LedgerDatasetRegistry(ledger, root);
  const store = new LedgerRecordStore(ledger);
  const clock = Date.now;
  const directories = { lakeDirectory: join(root, "lake"), scratchDirectory: join(root, "scratch") };
  const engine = createDuckDbEngine({
    datasets: () => registry.list(),
    ledgerTables: [],
    temporaryDirectory: join(root, "spill"),
    memoryLimit: "2GB",
    threads: 2,
    maximumConcurrent: 6,
    clock,
  });
  const base = defaultSource("sysmon");
  const definition = { ...base, time: { ...base.time, fields: ["UtcTime"] } };
  const spool = await openSpool({ directory: join(root, "spool"), source: "sysmon", clock });
  const drainer = await openDrainer({ scratchDirectory: directories.scratchDirectory });
  const arrivals = new LedgerArrivals(ledger, engine);
  const runner = new StreamRunner({ engine, store, clock, arrivals });
  let detections = 0;
  let telling: Promise<unknown> = Promise.resolve();
  const drainAll = async (onEvaluated: (events: number) => void): Promise<void> => {
    for (;;) {
      const drained = await drainer.drain({
        definition,
        spool,
        registry,
        clock,
        lakeDirectory: directories.lakeDirectory,
        maximumEvents: DRAINED_EVENTS,
      });
      await telling;
      if (drained === null) break;
      const numbers = new Map(drained.datasets.map((name) => [name, arrivals.latestNow(name)]));
      telling = runner.onCommitted({ ...drained, arrivals: numbers }, clock()).then((report) => {
        detections += report.inserted.length;
        onEvaluated(drained.eventCount);
      });
      const small = registry.get("sysmon")!.segments.filter(({ rowCount }) => rowCount < MERGED_ROWS / 4);
      if (small.length < MERGED_SEGMENTS) continue;
      await compactSegments({
        registry,
        dataset: "sysmon",
        source: "sysmon",
        ...directories,
        minimumSegments: MERGED_SEGMENTS,
        maximumRows: MERGED_ROWS,
      });
      await engine.releaseStale();
    }
  };
  return {
    spool,
    runner,
    store,
    engine,
    drainAll,
    detections: () => detections,
    async close() {
      await telling;
      await engine.close();
      await drainer.close();
      await spool.close();
      ledger.close();
    },
  };
}

/** From NDJSON to recorded detections: how many events a second at most, and how long an event waits at 20,000 a second. */
export async function benchStream(): Promise<BenchResult> {
  const root = mkdtempSync(join(tmpdir(), "spoor-bench-rules-"));
  const pipeline = await openPipeline(root);
  try {
    let next = 0;
    const body = (count: number): Buffer => {
      next += count;
      return sysmonLines(next - count, count);
    };
    await pipeline.spool.append(body(BODY_EVENTS));
    await pipeline.drainAll(() => undefined);
    const columns = await pipeline.engine.describe("SELECT * FROM sysmon");
    for (const rule of sysmonRules(RULES, "sysmon", columns)) {
      pipeline.store.putProof(proved(rule));
      await pipeline.runner.hold(rule);
    }
    for (let at = 0; at < 8; at += 1) {
      await pipeline.spool.append(body(BODY_EVENTS));
      await pipeline.drainAll(() => undefined);
    }
    const bodies = Array.from({ length: BODIES }, () => body(BODY_EVENTS));
    const rate = await fullRate(pipeline, bodies);
    const paced = Array.from({ length: (PACED_SECONDS * 1000) / PACED_EVERY_MS }, () => body(PACED_EVENTS));
    const waits = await pacedWaits(pipeline, paced);
    const rows: BenchRow[] = [
      {
        label: "events a second, as fast as it goes",
        value: rate.eventsASecond,
        unit: "events/s",
        ratio: null,
      },
      { label: "processor time of an event", value: rate.processorUs, unit: "us", ratio: null },
      { label: "detections recorded", value: pipeline.detections(), unit: "", ratio: null },
      ...[0.5, 0.99, 1].map((share) => ({
        label: `20,000 events/s: ${share === 1 ? "longest" : `p${share * 100}`} from arrival to detection`,
        value: quantile(waits, share),
        unit: "ms",
        ratio: null,
      })),
    ];
    return { name: `from NDJSON to detections, ${RULES} Sigma-like rules, spool and ledger on disk`, rows };
  } finally {
    await pipeline.close();
    rmSync(root, { recursive: true, force: true });
  }
}

type Pipeline = Awaited<ReturnType<typeof openPipeline>>;

async function fullRate(
  pipeline: Pipeline,
  bodies: readonly Buffer[],
): Promise<{ eventsASecond: number; processorUs: number }> {
  const total = bodies.length * BODY_EVENTS;
  const processor = process.cpuUsage();
  const startedMs = performance.now();
  let evaluated = 0;
  let appended = 0;
  const posting = (async () => {
    for (const one of bodies) {
      while (appended - evaluated >= BODIES_AHEAD * BODY_EVENTS)
        await new Promise((resolve) => setTimeout(resolve, 1));
      await pipeline.spool.append(one);
      appended += BODY_EVENTS;
    }
  })();
  while (evaluated < total) {
    await pipeline.drainAll((events) => {
      evaluated += events;
    });
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await posting;
  const seconds = (performance.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage(processor);
  return { eventsASecond: total / seconds, processorUs: (user + system) / total };
}

async function pacedWaits(pipeline: Pipeline, bodies: readonly Buffer[]): Promise<number[]> {
  const arrived: number[] = [];
  const waits: number[] = [];
  const startedMs = performance.now();
  const posts: Promise<unknown>[] = [];
  const timer = setInterval(() => {
    while (
      arrived.length < bodies.length &&
      performance.now() - startedMs >= arrived.length * PACED_EVERY_MS
    ) {
      const body = bodies[arrived.length]!;
      // It has arrived when its time came, also where the process was too busy to take it.
      arrived.push(startedMs + arrived.length * PACED_EVERY_MS);
      posts.push(pipeline.spool.append(body));
    }
  }, 5);
  while (waits.length < bodies.length) {
    await pipeline.drainAll((events) => {
      const nowMs = performance.now();
      for (let left = events; left > 0; left -= PACED_EVENTS) waits.push(nowMs - arrived[waits.length]!);
    });
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  clearInterval(timer);
  await Promise.all(posts);
  return waits;
}
