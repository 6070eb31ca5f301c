import assert from "node:assert/strict";
import { test } from "node:test";
import { type LossStream, plainStream, yearlyMoments } from "../../../promote/risk/exceedance.ts";
import { BLOCK_YEARS, simulateStreams } from "../../../promote/risk/simulate-streams.ts";
import { simulateStreamsInThreads } from "../../../promote/risk/simulate-threads.ts";
import { normalCdf } from "../../../promote/risk/special-functions.ts";
import { ZigguratRandom } from "../../../promote/risk/ziggurat.ts";

const STREAMS: readonly LossStream[] = [
  plainStream({ kind: "poisson", rate: 0.8 }, { mu: 10, sigma: 1 }, 200_000),
  {
    frequency: { kind: "gamma", shape: 2, rate: 8 },
    magnitude: { mu: 11, sigma: 0.7 },
    capUsd: null,
    irCostUsd: 5000,
    outcomes: [
      { probability: 0.2, multiplier: 0, detected: true },
      { probability: 0.5, multiplier: 0.3, detected: true },
      { probability: 0.3, multiplier: 1, detected: false },
    ],
  },
];

test("normal and exponential variates follow their distributions", () => {
  const random = new ZigguratRandom(7, "test");
  const count = 400_000;
  const normals = Float64Array.from({ length: count }, () => random.normal()).sort();
  const exponentials = Float64Array.from({ length: count }, () => random.exponential()).sort();
  const worst = (sorted: Float64Array, cdf: (x: number) => number) =>
    sorted.reduce((most, x, i) => Math.max(most, Math.abs(cdf(x) - (i + 0.5) / count)), 0);
  // Kolmogorov's bound at one in a million.
  const bound = 2.7 / Math.sqrt(count);
  assert.ok(worst(normals, normalCdf) < bound);
  assert.ok(worst(exponentials, (x) => 1 - Math.exp(-x)) < bound);
  assert.ok(normals.at(-1)! > 4 && normals[0]! < -4, "the tails are drawn");
});

test("simulated years have the closed form's mean, spread and share of quiet years", () => {
  const years = 300_000;
  const yearly = simulateStreams(STREAMS, { years, seed: 3 });
  const exact = yearlyMoments(STREAMS);
  const mean = yearly.reduce((sum, usd) => sum + usd, 0) / years;
  const sd = Math.sqrt(yearly.reduce((sum, usd) => sum + (usd - mean) ** 2, 0) / years);
  const quiet = yearly.reduce((count, usd) => count + (usd === 0 ? 1 : 0), 0) / years;
  assert.ok(
    Math.abs(mean - exact.meanUsd) < (4 * exact.sdUsd) / Math.sqrt(years),
    `${mean} ${exact.meanUsd}`,
  );
  assert.ok(Math.abs(sd / exact.sdUsd - 1) < 0.03, `${sd} ${exact.sdUsd}`);
  assert.ok(Math.abs(quiet - exact.zeroProbability) < 4 * Math.sqrt(0.25 / years));
});

test("the figures do not depend on the number of threads, nor on how many years follow", async () => {
  const years = 2 * BLOCK_YEARS + 1000;
  const alone = simulateStreams(STREAMS, { years, seed: 5 });
  const shares: number[] = [];
  for (const threads of [1, 3]) {
    const yearly = await simulateStreamsInThreads(STREAMS, {
      years,
      seed: 5,
      threads,
      progress: (share) => shares.push(share),
    });
    assert.deepEqual(yearly, alone);
  }
  assert.equal(shares.at(-1), 1);
  const longer = simulateStreams(STREAMS.slice(0, 1), { years: 5000, seed: 5 });
  assert.deepEqual(longer.slice(0, 1000), simulateStreams(STREAMS.slice(0, 1), { years: 1000, seed: 5 }));
});

test("a simulation can be cancelled", async () => {
  const abort = new AbortController();
  const running = simulateStreamsInThreads(STREAMS, {
    years: 200 * BLOCK_YEARS,
    seed: 1,
    signal: abort.signal,
    progress: () => abort.abort(new Error("enough")),
  });
  await assert.rejects(running, /enough/);
});
