import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { newPower } from "../../../notebooks/hunt/hunt-record.ts";
import { percent, powerSentence } from "../../../notebooks/hunt/power-sentence.ts";
import { shareInterval } from "../../../notebooks/hunt/proportion.ts";

test("Wilson's interval at known points", () => {
  const near = (actual: number, expected: number) =>
    assert.ok(Math.abs(actual - expected) < 5e-4, `${actual}`);
  near(shareInterval(19, 20).low, 0.7639);
  near(shareInterval(19, 20).high, 0.9911);
  near(shareInterval(0, 10).high, 0.2775);
  near(shareInterval(10, 10).low, 0.7225);
  assert.deepEqual(shareInterval(0, 0), { low: 0, high: 1, confidence: 0.95, method: "Wilson" });
  assert.throws(() => shareInterval(3, 2), RangeError);
});

test("the interval holds the share, lies in 0 to 1, mirrors, grows with hits and narrows with trials", () => {
  const trials = fc
    .integer({ min: 1, max: 500 })
    .chain((total) => fc.tuple(fc.integer({ min: 0, max: total }), fc.constant(total)));
  fc.assert(
    fc.property(trials, ([found, total]) => {
      const { low, high } = shareInterval(found, total);
      assert.ok(0 <= low && low <= found / total && found / total <= high && high <= 1);
      const mirror = shareInterval(total - found, total);
      assert.ok(Math.abs(mirror.low - (1 - high)) < 1e-9 && Math.abs(mirror.high - (1 - low)) < 1e-9);
      if (found < total) assert.ok(shareInterval(found + 1, total).low > low);
      const more = shareInterval(found * 4, total * 4);
      assert.ok(more.high - more.low < high - low);
    }),
  );
});

test("the interval covers the true share about as often as it says", () => {
  // Exact coverage by the binomial law: Wilson's is near 95 % and not far below it anywhere in this range.
  for (const share of [0.5, 0.8, 0.9, 0.95]) {
    const total = 20;
    let covered = 0;
    for (let found = 0; found <= total; found += 1) {
      const { low, high } = shareInterval(found, total);
      if (low <= share && share <= high)
        covered += binomial(total, found) * share ** found * (1 - share) ** (total - found);
    }
    assert.ok(covered > 0.92, `${share}: ${covered}`);
  }
});

test("the sentence claims no more than the bound, and nothing of a cut result", () => {
  const power = newPower({
    cell: 1,
    sql: "",
    injected: 20,
    found: 19,
    ...shareInterval(19, 20),
    seed: 1,
    at: "",
    by: "",
  });
  assert.equal(
    powerSentence(power),
    "Would have seen 19 of 20 such events: at least 76 % with 95 % confidence.",
  );
  assert.match(
    powerSentence({ ...power, asked: 500, injected: 1, found: 1 }),
    /1 of 1 such event \(500 asked, 1 different event\)/,
  );
  assert.match(powerSentence({ ...power, complete: false }), /claims nothing/);
  assert.equal(percent(0.999), "99 %");
});

function binomial(total: number, taken: number): number {
  let count = 1;
  for (let at = 1; at <= taken; at += 1) count = (count * (total - taken + at)) / at;
  return count;
}
