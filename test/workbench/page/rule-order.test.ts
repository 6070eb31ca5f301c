import assert from "node:assert/strict";
import { test } from "node:test";
import type { RuleSummary } from "../../../server/api/api.ts";
import { ruleTrouble } from "../../../workbench/page/rule-order.ts";

const WELL: RuleSummary = {
  name: "a",
  title: "A",
  stage: "paging",
  mode: "stream",
  severity: "high",
  owner: "team",
  techniques: [],
  detections: 3,
  alerts: 3,
  alertsPerWeek: 1,
  expectedAlertsPerWeek: 1,
  precision: { mean: 0.95, q05: 0.8, q95: 1, evidence: 9 },
  proof: { state: "proved", words: "", holds: true, proved: "2026-11-24T00:00:00Z", reason: "" },
  issues: [],
  lastChange: null,
};
const ERROR = {
  severity: "error",
  code: "rule.blind",
  place: "x",
  message: "Blind.",
  remedy: "Mend.",
} as const;

test("blind is worse than unproved, unproved worse than noisy, noisy worse than well", () => {
  const blind = { ...WELL, issues: [ERROR] };
  const unproved = { ...WELL, proof: null };
  const noisy = { ...WELL, alertsPerWeek: 3 };
  const order = [WELL, noisy, unproved, blind].map(ruleTrouble);
  assert.deepEqual(
    order,
    order.toSorted((one, other) => one - other),
  );
  assert.equal(new Set(order).size, 4);
});

test("a retired rule comes last, a batch rule needs no proof, and few outcomes say little", () => {
  assert.ok(ruleTrouble({ ...WELL, stage: "retired", issues: [ERROR] }) < ruleTrouble(WELL));
  assert.equal(ruleTrouble({ ...WELL, mode: "batch", proof: null }), ruleTrouble(WELL));
  const imprecise = { mean: 0.1, q05: 0, q95: 0.3, evidence: 2 };
  assert.ok(ruleTrouble({ ...WELL, precision: imprecise }) <= ruleTrouble(WELL) + 1e-9);
});
