import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MemoryRecordStore } from "../../../promote/records/memory.ts";
import type { Detection, RecordStore, ReplayProof } from "../../../promote/records/records.ts";
import type { Rule } from "../../../promote/rule/rule.ts";
import type { Shape } from "../../../promote/rule/shape/shape.ts";
import { shapeSql } from "../../../promote/rule/shape/sql.ts";
import { runBatch } from "../../../promote/run/batch-run.ts";
import { evaluateHistory } from "../../../promote/run/slice.ts";
import { StreamRunner } from "../../../promote/run/stream.ts";
import { TestLake } from "../../notebooks/engine/test-lake.ts";
import { Crash, crashingStore } from "../records/crashing-store.ts";
import { anyShape, hostColumn, worldColumns } from "../rule/shape/any-shape.ts";
import { START_US, testRule } from "./rules.ts";

/** Set for longer runs than the ones of every check: how many cases, and from which seed. */
const CASES = Number(process.env.SPOOR_PROPERTY_RUNS ?? 20);
const SEED = Number(process.env.SPOOR_PROPERTY_SEED ?? Math.floor(Math.random() * 2 ** 31));
const START_MS = Number(START_US / 1000n);
const DATASETS = ["events", "logins"] as const;

interface LakeEvent {
  readonly dataset: (typeof DATASETS)[number];
  /** Microseconds since the start. */
  readonly us: number;
  readonly host: string | null;
  readonly kind: string;
  readonly n: number | null;
}

interface Case {
  /** Of each a rule, held at once: runners evaluate them together where they can. */
  readonly shapes: readonly Shape[];
  readonly known: readonly string[];
  /** What is committed together, in the order of the commits: any event may come in any of them, however late. */
  readonly commits: readonly (readonly LakeEvent[])[];
  readonly latenessMs: number;
  readonly sliceMs: number;
  /** Before which write the first process dies; beyond the last write it lives. */
  readonly crashAt: number;
  readonly proved: boolean;
  /** Whether a commit is told to the runner, or found by looking again. */
  readonly told: readonly boolean[];
}

const anyLakeEvent: fc.Arbitrary<LakeEvent> = fc
  .record({
    dataset: fc.constantFrom(...DATASETS),
    second: fc.integer({ min: 0, max: 60 }),
    off: fc.constantFrom(0, 0, 0, 1, -1, 500_000),
    host: fc.constantFrom("h1", "h1", "h1", "h2", "h1", null),
    kind: fc.constantFrom("a", "b", "a", "b", "c"),
    n: fc.oneof(fc.integer({ min: -3, max: 9 }), fc.constant(null)),
  })
  .map(({ second, off, ...rest }) => ({ ...rest, us: Math.max(0, second * 1_000_000 + off) }));

/** Batches of which each event lies somewhere near a time that moves on, or anywhere at all. */
const anyCase: fc.Arbitrary<Case> = fc
  .record({
    shapes: fc.array(anyShape, { minLength: 1, maxLength: 3 }),
    known: fc.subarray(["h1", "h2"]),
    events: fc.array(fc.tuple(anyLakeEvent, fc.integer({ min: 0, max: 4 }), fc.boolean()), {
      minLength: 12,
      maxLength: 40,
    }),
    latenessMs: fc.constantFrom(0, 1_000, 10_000, 60_000),
    sliceMs: fc.constantFrom(1_000, 5_000, 10_000),
    crashAt: fc.oneof(fc.integer({ min: 1, max: 24 }), fc.constant(1_000_000)),
    proved: fc.boolean(),
    told: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
  })
  .map(({ events, ...rest }) => {
    const commits = [0, 1, 2, 3, 4].map((at) =>
      events
        .filter(([event, anywhere, inTime]) => (inTime ? Math.floor(event.us / 15_000_000) : anywhere) === at)
        .map(([event]) => event),
    );
    return { ...rest, commits: commits.filter((commit) => commit.length > 0) };
  });

function text(value: string | null): string {
  return value === null ? "CAST(NULL AS VARCHAR)" : `'${value}'`;
}

async function add(
  lake: TestLake,
  dataset: LakeEvent["dataset"],
  events: readonly LakeEvent[],
): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map(({ us, host, kind, n }) => `(${us}, ${text(host)}, '${kind}', ${n})`);
  const number = dataset === "logins" ? "DOUBLE" : "BIGINT";
  await lake.add(
    dataset,
    `SELECT TIMESTAMP '2026-01-01' + to_microseconds(u) AS _time, CAST(host AS VARCHAR) AS "${hostColumn(dataset)}", kind,
      CAST(n AS ${number}) AS n FROM (VALUES ${rows.join(", ")}) AS t (u, host, kind, n)`,
  );
}

const LONG_BEFORE = -300_000_000;

async function lakeOf({ known }: Case): Promise<TestLake> {
  const lake = new TestLake();
  for (const dataset of DATASETS)
    await add(lake, dataset, [{ dataset, us: LONG_BEFORE, host: "h9", kind: "z", n: null }]);
  const names = known.map((name) => `('${name}')`);
  await lake.add(
    "assets",
    `SELECT * FROM (VALUES ('h8')${names.map((name) => `, ${name}`).join("")}) AS t (name)`,
  );
  return lake;
}

function ruleOf(shape: Shape, at: number, { latenessMs, sliceMs }: Case): Rule {
  const { sql, issues, lookbackMs, lookups, entityColumns } = shapeSql(shape, worldColumns);
  assert.deepEqual(issues, []);
  return testRule({
    name: `any-rule-${at + 1}`,
    sql,
    lookbackMs,
    allowedLatenessMs: latenessMs,
    entities: entityColumns.map((column) => ({ column, kind: "host" })),
    run: { mode: "stream", sliceMs },
    ...(lookups.length === 0 ? {} : { lookups }),
  });
}

function proofOf(rule: Rule): ReplayProof {
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

/** Works until it dies before a write; then a new process takes over with the store as it was left. */
class Process {
  readonly #store: RecordStore;
  readonly #rules: readonly Rule[];
  readonly #lake: TestLake;
  #runner: StreamRunner;
  #nowMs = START_MS - 200_000;
  crashes = 0;

  constructor(lake: TestLake, rules: readonly Rule[], store: RecordStore, crashAt: number) {
    this.#store = store;
    this.#rules = rules;
    this.#lake = lake;
    this.#runner = this.#born(crashingStore(store, crashAt));
  }

  #born(store: RecordStore): StreamRunner {
    return new StreamRunner({ engine: this.#lake.engine, store, clock: () => this.#nowMs });
  }

  /** Does `work` at a time; after a crash the rule is held again, and what was told is found. */
  async at(nowMs: number, work: (runner: StreamRunner) => Promise<unknown>): Promise<void> {
    this.#nowMs = nowMs;
    try {
      await work(this.#runner);
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      this.crashes += 1;
      this.#runner = this.#born(this.#store);
      for (const rule of this.#rules) await this.#runner.hold(rule);
      await this.#runner.advance(nowMs);
    }
  }
}

function told(detections: readonly Detection[]): string[] {
  return detections
    .map(
      ({ eventTimeUs, entities, rowsHash }) =>
        `${eventTimeUs - START_US} ${JSON.stringify(entities)} ${rowsHash}`,
    )
    .sort();
}

/** What a store says of a rule, without what was withdrawn. */
function live(store: RecordStore, rule: Rule): string[] {
  const all = store.detections({ rule: rule.name });
  return told(all.filter(({ withdrawnMs }) => withdrawnMs === undefined || withdrawnMs === null));
}

/** Commits batch after batch, with a stream that hears of each and scheduled runs of the same rules after each. */
async function run(
  one: Case,
  lake: TestLake,
  rules: readonly Rule[],
): Promise<{ store: RecordStore; scheduled: RecordStore; crashes: number }> {
  const store = new MemoryRecordStore();
  const scheduled = new MemoryRecordStore();
  const batchUntil = async (untilMs: number) => {
    const untilUs = BigInt(untilMs) * 1000n;
    for (const rule of rules)
      await runBatch({ rule, engine: lake.engine, store: scheduled, clock: () => untilMs, untilUs });
  };
  await batchUntil(START_MS - 250_000);
  if (one.proved) for (const rule of rules) store.putProof(proofOf(rule));
  const process = new Process(lake, rules, store, one.crashAt);
  let nowMs = START_MS - 200_000;
  await process.at(nowMs, async (runner) => {
    for (const rule of rules) await runner.hold(rule);
  });
  for (const [at, commit] of one.commits.entries()) {
    for (const dataset of DATASETS)
      await add(
        lake,
        dataset,
        commit.filter((event) => event.dataset === dataset),
      );
    const times = new Map(
      DATASETS.map((dataset) => [
        dataset,
        commit.filter((event) => event.dataset === dataset).map(({ us }) => START_US + BigInt(us)),
      ]),
    );
    const touched = DATASETS.filter((dataset) => times.get(dataset)!.length > 0);
    nowMs = Math.max(nowMs, START_MS + Math.ceil(Math.max(...commit.map(({ us }) => us)) / 1000));
    await process.at(nowMs, (runner) =>
      one.told[at]
        ? runner.onCommitted({ datasets: touched, eventTimesUs: times }, nowMs)
        : runner.lookAgain(nowMs),
    );
    await batchUntil(nowMs - one.latenessMs);
  }
  await batchUntil(START_MS + 3_600_000);
  // A process that died in the last but one hears of nothing new: its sources must lie idle once more.
  for (const laterMs of [100_000, 3_600_000, 7_200_000])
    await process.at(START_MS + laterMs, (runner) => runner.advance(START_MS + laterMs));
  return { store, scheduled, crashes: process.crashes };
}

test("any rule over any data, however it is cut, disordered, late or interrupted: stream = batch", async (context) => {
  context.diagnostic(`seed ${SEED}, ${CASES} cases (SPOOR_PROPERTY_SEED, SPOOR_PROPERTY_RUNS)`);
  let ruleCount = 0;
  let withDetections = 0;
  let withCrashes = 0;
  await fc.assert(
    fc.asyncProperty(anyCase, async (one) => {
      const lake = await lakeOf(one);
      try {
        const rules = one.shapes.map((shape, at) => ruleOf(shape, at, one));
        const { store, scheduled, crashes } = await run(one, lake, rules);
        if (crashes > 0) withCrashes += 1;
        for (const rule of rules) {
          const batch = await evaluateHistory(rule, lake.engine, { clock: () => 0 });
          const expected = told(batch.detections);
          assert.deepEqual(live(store, rule), expected, `stream of ${rule.name}`);
          assert.deepEqual(live(scheduled, rule), expected, `schedule of ${rule.name}`);
          ruleCount += 1;
          if (expected.length > 0) withDetections += 1;
        }
      } finally {
        await lake.close();
      }
    }),
    { numRuns: CASES, seed: SEED },
  );
  context.diagnostic(
    `${ruleCount} rules, ${withDetections} with detections; ${withCrashes} cases with a crash`,
  );
  assert.ok(withDetections >= ruleCount / 10 && withCrashes >= CASES / 20);
});
