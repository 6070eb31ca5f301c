import { Bench } from "tinybench";
import type { Rule } from "../../../promote/rule/rule.ts";
import { FusedEvaluator } from "../../../promote/run/fused/fused-evaluator.ts";
import { PLANS } from "../../../promote/run/fused/plan-costs.ts";
import { evaluateSlice } from "../../../promote/run/slice.ts";
import { TestLake } from "../../notebooks/engine/test-lake.ts";
import { type BenchResult, type BenchRow, quantile } from "./bench-result.ts";
import { SYSMON_START_US } from "./sysmon-events.ts";
import { addSysmon } from "./sysmon-lake.ts";
import { sysmonRules } from "./sysmon-rules.ts";

const RULE_COUNTS = [100, 500];
const BATCHES = [1_000, 10_000, 100_000];
const EVENTS_A_SECOND = 20_000;
/** Evaluations before the measurement, in which the evaluator finds out what its plans cost. */
const CALIBRATIONS = 14;
/** Of each plan; the first warms up. */
const ROUNDS = 8;
const LABELS = {
  indexed: "closures behind an index of literals",
  closures: "plain JS closures",
  fused: "fused scan",
  separate: "separate, one slice",
} as const;

/** Every plan on every size, and the plan that is chosen against the best of them. */
export async function benchPlans(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const batch of BATCHES) {
    const lake = new TestLake({ maximumConcurrent: 3 });
    try {
      await addSysmon(lake, 0, batch);
      const columns = await lake.engine.describe("SELECT * FROM sysmon");
      for (const count of RULE_COUNTS) {
        const rules = sysmonRules(count, "sysmon", columns).map((rule) => ({
          ...rule,
          allowedLatenessMs: 0,
        }));
        results.push(await benchBatch(lake, rules, batch));
      }
    } finally {
      await lake.close();
    }
  }
  return results;
}

async function benchBatch(lake: TestLake, rules: readonly Rule[], batch: number): Promise<BenchResult> {
  const range = {
    afterUs: SYSMON_START_US - 1n,
    untilUs: SYSMON_START_US + BigInt(Math.ceil((batch / EVENTS_A_SECOND) * 1e6)),
  };
  const request = { rules, dataset: "sysmon", ...range, mode: "stream", late: false } as const;
  const clock = () => 0;
  const choosing = new FusedEvaluator({ engine: lake.engine, clock });
  for (let at = 0; at < CALIBRATIONS; at += 1) await choosing.evaluate(request);
  const fixed = new FusedEvaluator({ engine: lake.engine, clock });
  const samples = new Map<string, number[]>();
  const measure = async (
    iterations: number,
    tasks: ReadonlyMap<string, () => Promise<unknown>>,
  ): Promise<void> => {
    const round = new Bench({ iterations, time: 0, warmup: false });
    for (const [name, task] of tasks) round.add(name, async () => void (await task()));
    await round.run();
    for (const { name, result } of round.tasks) {
      const { latency } = result as { latency?: { p50: number } };
      if (latency === undefined) throw new Error(`${name} did not run.`);
      samples.set(name, [...(samples.get(name) ?? []), latency.p50]);
    }
  };
  await measure(
    1,
    new Map([
      [
        "N separate queries",
        async () => {
          for (const rule of rules) await evaluateSlice({ rule, engine: lake.engine, ...range, clock });
        },
      ],
    ]),
  );
  const together = new Map<string, () => Promise<unknown>>([["chosen", () => choosing.evaluate(request)]]);
  for (const plan of PLANS) {
    if (plan !== "separate") together.set(LABELS[plan], () => fixed.evaluate({ ...request, plan }));
  }
  // In turn, so that whatever else the machine does touches all of them alike.
  for (let at = 0; at < ROUNDS; at += 1) {
    const tasks = [...together];
    // Each follows another one each time: what one leaves behind is not always the same one's to clear away.
    await measure(1, new Map([...tasks.slice(at % tasks.length), ...tasks.slice(0, at % tasks.length)]));
  }
  const medians = [...samples].map(([name, values]) => ({
    name,
    ms: quantile(values.slice(-ROUNDS + 1), 0.5),
  }));
  const best = Math.min(...medians.filter(({ name }) => name !== "chosen").map(({ ms }) => ms));
  const rows = medians.map(
    ({ name, ms }): BenchRow => ({
      label: name === "chosen" ? `chosen: ${LABELS[choosing.lastPlan?.plan ?? "separate"]}` : name,
      value: ms,
      unit: "ms",
      ratio: ms / best,
    }),
  );
  const title = `${rules.length} Sigma-like rules on a batch of ${batch.toLocaleString("en-US")} events (times the best)`;
  return { name: title, rows };
}
