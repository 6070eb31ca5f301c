import assert from "node:assert/strict";
import { test } from "node:test";
import { reweightDraws, updateFrequencyUncertain } from "../../../promote/risk/evidence.ts";
import { makeRandom } from "../../../promote/risk/random.ts";
import { parseRiskquantRows } from "../../../promote/risk/riskquant.ts";
import { within } from "./oracle.ts";

test("reweighted draws agree with the update by quadrature", () => {
  const draws = 200_000;
  const [rates, chances] = [makeRandom(1, "rate"), makeRandom(1, "chance")];
  const frequency = Float64Array.from({ length: draws }, () => rates.gamma(2, 10));
  const detection = Float64Array.from({ length: draws }, () => chances.beta(3, 7));
  for (const detected of [0, 2]) {
    const weights = reweightDraws(frequency, detection, detected, 3);
    const exact = updateFrequencyUncertain({ shape: 2, rate: 10 }, { a: 3, b: 7 }, detected, 3);
    const mean = (values: Float64Array): number =>
      values.reduce((sum, value, i) => sum + value * weights[i]!, 0);
    within(mean(frequency), exact.frequencyMean, 0.004);
    within(mean(detection), exact.detectionMean, 0.004);
  }
});

test("riskquant rows are read, and bad ones named by line", () => {
  const good = parseRiskquantRows([["ALICE", "Alice's laptop", "0.01", "1000000", "10000000"]], "loss.csv");
  assert.ok(good.ok);
  assert.deepEqual(good.value, [
    { id: "ALICE", name: "Alice's laptop", frequencyPerYear: 0.01, low: 1e6, high: 1e7 },
  ]);
  const bad = parseRiskquantRows(
    [
      ["A", "a", "0.1", "10", "5"],
      ["B", "b", "", "1", "2"],
      ["C", "c", "1", "1", "2"],
    ],
    "loss.csv",
  );
  assert.equal(bad.ok, false);
  assert.deepEqual(
    bad.issues.map((issue) => issue.place),
    ["loss.csv:1", "loss.csv:2"],
  );
});
