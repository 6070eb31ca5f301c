import assert from "node:assert/strict";
import { test } from "node:test";
import { PLANS, PlanCosts } from "../../../../promote/run/fused/plan-costs.ts";
import { draws } from "../../../bench/rules/sysmon-events.ts";

const COSTS = {
  indexed: (rows: number) => 12 + rows * 0.002,
  closures: (rows: number) => 2 + rows * 0.03,
  fused: (rows: number) => 60 + rows * 0.0005,
  separate: (rows: number) => 400 + rows * 0.02,
} as const;

test("at every size the cheapest plan is found, and hopeless ones are not tried there", () => {
  const costs = new PlanCosts(PLANS);
  const draw = draws(7);
  const tried = new Map<string, number>();
  for (let round = 0; round < 40; round += 1) {
    for (const rows of [100, 1_000, 10_000, 100_000]) {
      const plan = costs.choose(rows);
      tried.set(`${plan} ${rows}`, (tried.get(`${plan} ${rows}`) ?? 0) + 1);
      costs.record(plan, rows, COSTS[plan](rows) * (0.97 + draw(600) / 10_000));
      if (round < 14) continue;
      const best = Math.min(...PLANS.map((one) => COSTS[one](rows)));
      assert.ok(COSTS[plan](rows) <= 1.5 * best, `${plan} at ${rows}`);
    }
  }
  assert.equal(costs.choose(100), "closures");
  assert.equal(costs.choose(10_000), "indexed");
  assert.equal(costs.choose(100_000), "fused");
  assert.ok((tried.get("separate 100000") ?? 0) <= 1);
  assert.match(costs.explain(10_000), /10000 events: indexed 3\d\.\d ms \(measured \d+ times\), closures /);
});

test("a plan that fails rests, and rule by rule is always possible", () => {
  const costs = new PlanCosts(PLANS);
  for (const plan of PLANS) costs.record(plan, 1000, plan === "indexed" ? 1 : 50);
  assert.equal(costs.choose(1000), "indexed");
  costs.failed("indexed");
  assert.notEqual(costs.choose(1000), "indexed");
  for (const plan of PLANS) costs.failed(plan);
  assert.equal(costs.choose(1000), "separate");
});
