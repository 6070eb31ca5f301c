import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Forecast, ForecastResolution } from "../../../promote/records/records.ts";
import { predictVolume } from "../../../promote/risk/evidence.ts";
import { forecastGroups, pitHistogram } from "../../../promote/risk/forecast-groups.ts";
import { brier, judgeForecasts } from "../../../promote/risk/forecast-log.ts";
import { scoreCount } from "../../../promote/risk/forecast-score.ts";
import { makeRandom } from "../../../promote/risk/random.ts";
import { gammaPoissonMass } from "../../../promote/risk/special-functions.ts";

function near(actual: number, expected: number, tolerance = 1e-9): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} within ${tolerance}`);
}

function forecast(id: string, part: Partial<Forecast> = {}): Forecast {
  return {
    ...{ id, statement: id, kind: "binary", subject: `alert:${id}`, value: 0.5, author: "rule:r" },
    ...{ createdMs: 10, resolveByMs: 100, rule: "r", sources: ["sysmon"], modelVersion: "v1" },
    ...part,
  } as Forecast;
}

function resolved(forecastId: string, outcome: number, resolvedMs = 50): ForecastResolution {
  return { forecastId, outcome, resolvedMs };
}

test("only what was said before the outcome began to be known is scored, and a revision in time replaces", () => {
  const judged = judgeForecasts(
    [
      forecast("in-time"),
      forecast("after", { createdMs: 50 }),
      forecast("within-the-month", { createdMs: 30, outcomeFromMs: 20 }),
      forecast("first", { outcomeFromMs: 40 }),
      forecast("second", { createdMs: 20, outcomeFromMs: 40, revises: "first" }),
      forecast("third", { createdMs: 45, outcomeFromMs: 40, revises: "second" }),
      forecast("open"),
    ],
    ["in-time", "after", "within-the-month", "first", "second", "third"].flatMap((id) => [
      resolved(id, 1),
      resolved(id, 0, 60),
    ]),
  );
  assert.deepEqual(
    judged.map(({ forecast: { id }, state, score }) => [id, state, score]),
    [
      ["in-time", "scored", 0.25],
      ["after", "late", null],
      ["within-the-month", "late", null],
      ["first", "superseded", null],
      ["second", "scored", 0.25],
      ["third", "late", null],
      ["open", "open", null],
    ],
  );
});

test("groups by rule, source and version score each kind for itself and name no person", () => {
  const forecasts = [
    forecast("a", { value: 0.8, author: "dana" }),
    forecast("b", { value: 0.4, author: "lee" }),
    forecast("c", { kind: "interval", subject: "minutes:r", value: [5, 20], unit: "minutes" }),
    forecast("d", {
      ...{ kind: "count", subject: "volume:r", value: 10, volume: { shape: 4, rate: 4 / 120, days: 30 } },
    }),
    forecast("t", { subject: "tests:r", value: 0.9, sources: [] }),
  ];
  const resolutions = [
    resolved("a", 1),
    resolved("b", 0),
    resolved("c", 40),
    resolved("d", 12),
    resolved("t", 1),
  ];
  const groups = forecastGroups(judgeForecasts(forecasts, resolutions));
  assert.deepEqual(
    groups.map(({ by, name, kind, n }) => [by, name, kind, n]),
    [
      ["rule", "r", "binary", 3],
      ["rule", "r", "count", 1],
      ["rule", "r", "interval", 1],
      ["source", "sysmon", "binary", 2],
      ["source", "sysmon", "count", 1],
      ["source", "sysmon", "interval", 1],
      ["version", "v1", "binary", 3],
      ["version", "v1", "count", 1],
      ["version", "v1", "interval", 1],
    ],
  );
  const bySource = (kind: string) => groups.find(({ by, kind: of }) => by === "source" && of === kind)!;
  const binary = bySource("binary");
  near(binary.brier!, (0.04 + 0.16) / 2);
  near(binary.skill!, 1 - 0.1 / 0.25);
  near(binary.logScore!, (-Math.log(0.8) - Math.log(0.6)) / 2);
  const { reliability, resolution, uncertainty } = binary.decomposition!;
  near(reliability - resolution + uncertainty, binary.brier!);
  const interval = bySource("interval");
  assert.equal(interval.hits, 0);
  near(interval.winkler!, Math.log(4) + 20 * Math.log(2));
  near(interval.hitRate![1], 0.975);
  const count = bySource("count");
  near(count.crps!, scoreCount({ shape: 4, rate: 4 / 120 }, 30 / 365, 12).crps);
  near(
    count.pit!.reduce((sum, share) => sum + share, 0),
    1,
  );
  assert.ok(!JSON.stringify(groups).includes("dana") && !JSON.stringify(groups).includes("lee"));
  // A rule's tests nearly always pass: they are not in the headline.
  near(brier(forecasts, resolutions).binary!.brier, 0.1);
});

const VOLUME = fc.record({
  shape: fc.double({ min: 1, max: 30, noNaN: true }),
  mean: fc.double({ min: 0.2, max: 9, noNaN: true }),
});

function meanCrps(said: { shape: number; mean: number }, truth: { shape: number; mean: number }): number {
  let sum = 0;
  let mass = 0;
  for (let k = 0; mass < 1 - 1e-7 && k < 400; k++) {
    const p = gammaPoissonMass(k, truth.shape, truth.shape / truth.mean, 1);
    mass += p;
    if (p > 1e-12) sum += p * scoreCount({ shape: said.shape, rate: said.shape / said.mean }, 1, k).crps;
  }
  return sum;
}

test("CRPS is never below zero, and nobody expects to do better than by saying the truth", () => {
  fc.assert(
    fc.property(VOLUME, VOLUME, fc.nat(40), (truth, said, seen) => {
      const { crps } = scoreCount({ shape: said.shape, rate: said.shape / said.mean }, 1, seen);
      assert.ok(crps >= 0);
      const honest = meanCrps(truth, truth);
      assert.ok(honest <= meanCrps(said, truth) + 1e-5, `${honest} by the truth`);
    }),
    { numRuns: 10, seed: 5 },
  );
});

test("the probability transform is level when counts come from the forecast, and leans when it is too low", () => {
  const volume = { shape: 3, rate: 3 / 140 };
  const random = makeRandom(11, "pit");
  const quantile = (u: number, factor: number): number => {
    let cumulative = 0;
    for (let k = 0; ; k++) {
      cumulative += gammaPoissonMass(k, volume.shape, volume.rate / factor, 30 / 365);
      if (cumulative >= u || k > 5000) return k;
    }
  };
  const histogram = (factor: number): number[] =>
    pitHistogram(
      Array.from(
        { length: 3000 },
        () => scoreCount(volume, 30 / 365, quantile(random.uniform(), factor)).pit,
      ),
    );
  const level = histogram(1);
  near(
    level.reduce((sum, share) => sum + share, 0),
    1,
  );
  // Sampling alone moves a tenth of 3,000 by 0.0055 (one standard deviation); five of them never in practice.
  for (const share of level) near(share, 0.1, 0.0275);
  const leaning = histogram(2);
  assert.ok(leaning[9]! > 0.2 && leaning[0]! < 0.05, String(leaning));
});

test("a count said as a mean alone is scored as Poisson", () => {
  const said = forecast("w", {
    ...{ kind: "count", subject: "rule:r", value: 4, createdMs: 0, resolveByMs: 7 * 86_400_000 },
  });
  const [judged] = judgeForecasts([said], [resolved("w", 4, 8 * 86_400_000)]);
  let crps = 0;
  let cumulative = 0;
  let mass = Math.exp(-4);
  for (let k = 0; k < 60; k++) {
    cumulative += mass;
    crps += (cumulative - (k >= 4 ? 1 : 0)) ** 2;
    mass *= 4 / (k + 1);
  }
  near(judged!.score!, crps, 1e-3);
  assert.ok(predictVolume({ shape: 1, rate: 0.1 }, 30, 0).q95 > 0);
});
