import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { calibrationResult } from "../../../../promote/risk/elicit/calibration.ts";
import { checkInterval, widenedFor } from "../../../../promote/risk/elicit/check-interval.ts";
import { answerEffect } from "../../../../promote/risk/elicit/effect.ts";
import { elicitedInputs, type Shape } from "../../../../promote/risk/elicit/elicited-input.ts";
import { type BetChoice, chooseBet, startBet } from "../../../../promote/risk/elicit/equivalent-bet.ts";
import { chanceAbove, densityCurve, implied } from "../../../../promote/risk/elicit/implied.ts";
import { poolIntervals } from "../../../../promote/risk/elicit/pool.ts";
import { questionOf, referenceClasses } from "../../../../promote/risk/elicit/question.ts";
import { fromScale, stretched, toScale } from "../../../../promote/risk/elicit/scale.ts";
import { parseRiskModel } from "../../../../promote/risk/model-file/model-file.ts";
import { COMPANY_MODEL } from "../company.ts";

const SHAPES: readonly Shape[] = ["rate", "amount", "probability"];
const shapes = fc.constantFrom(...SHAPES);

/** An interval of the shape: a middle and a half width on its scale. */
const interval = (shape: Shape) =>
  fc
    .tuple(fc.double({ min: -2, max: 2, noNaN: true }), fc.double({ min: 0.2, max: 1.6, noNaN: true }))
    .map(([middle, half]) => ({
      low: fromScale(shape, middle - half),
      high: fromScale(shape, middle + half),
    }));
const shaped = shapes.chain((shape) =>
  fc.tuple(fc.constant(shape), fc.array(interval(shape), { minLength: 1, maxLength: 4 })),
);

const close = (left: number, right: number, relative = 1e-6): void =>
  assert.ok(
    Math.abs(left - right) <= relative * Math.max(Math.abs(left), Math.abs(right)),
    `${left} and ${right}`,
  );

const codes = (
  shape: Shape,
  low: number,
  high: number,
  more: { cap?: number; hitRate?: number } = {},
): string[] =>
  checkInterval(
    shape,
    { low, high, cap: more.cap ?? null },
    more.hitRate === undefined ? {} : { hitRate: more.hitRate },
  ).map(({ severity, code }) => `${severity} ${code}`);

test("an interval must rise and lie inside its bounds", () => {
  assert.deepEqual(codes("rate", 2, 1), ["error elicit.order"]);
  assert.deepEqual(codes("rate", 1, 1), ["error elicit.order"]);
  assert.deepEqual(codes("rate", 0, 1), ["error elicit.low"]);
  assert.deepEqual(codes("probability", 0.2, 1), ["error elicit.high"]);
  assert.deepEqual(codes("probability", Number.NaN, 0.5), ["error elicit.missing"]);
  assert.deepEqual(codes("probability", 0.2, 0.7), []);
});

test("a very wide interval warns, and needs a cap once its mean lies above its end", () => {
  assert.deepEqual(codes("amount", 1000, 1_000_000), []);
  assert.deepEqual(codes("amount", 1000, 1_000_001), ["warning elicit.wide"]);
  assert.deepEqual(codes("amount", 1, 60_000), ["warning elicit.wide", "error elicit.cap.missing"]);
  assert.deepEqual(codes("amount", 1, 60_000, { cap: 100_000 }), ["warning elicit.wide"]);
  assert.deepEqual(codes("amount", 1000, 50_000, { cap: 20_000 }), ["warning elicit.cap.inside"]);
  assert.deepEqual(codes("amount", 1000, 50_000, { cap: 500 }), ["error elicit.cap.low"]);
});

test("narrow intervals and a known hit rate warn; at 55% sigma grows 2.18 times", () => {
  assert.deepEqual(codes("rate", 1, 1.1), ["warning elicit.narrow"]);
  assert.deepEqual(codes("rate", 1, 2, { hitRate: 0.8 }), ["warning elicit.hit-rate"]);
  assert.deepEqual(codes("rate", 1, 2, { hitRate: 0.95 }), []);
  const wider = widenedFor("amount", { low: Math.exp(-1), high: Math.exp(1) }, 0.55);
  assert.ok(Math.abs(Math.log(wider.high) - 2.18) < 0.005);
});

test("stretching keeps the middle, and by one over the factor comes back", () => {
  fc.assert(
    fc.property(shaped, fc.double({ min: 0.3, max: 3, noNaN: true }), ([shape, [given]], factor) => {
      const wide = stretched(shape, given!, factor);
      const middle = (one: { low: number; high: number }) =>
        toScale(shape, one.low) + toScale(shape, one.high);
      assert.ok(Math.abs(middle(wide) - middle(given!)) < 1e-9);
      const back = stretched(shape, wide, 1 / factor);
      close(back.low, given!.low);
      close(back.high, given!.high);
    }),
  );
});

test("the bet finds the interval of a person who is 90% sure of another width, and ends", () => {
  fc.assert(
    fc.property(shaped, fc.double({ min: 0.35, max: 3, noNaN: true }), ([shape, [given]], factor) => {
      const width = (one: { low: number; high: number }) =>
        toScale(shape, one.high) - toScale(shape, one.low);
      const felt = width(given!) * factor;
      let bet = startBet(given!);
      for (let i = 0; i < 40 && !bet.settled; i++) {
        const choice: BetChoice = width(bet.interval) < felt ? "wheel" : "interval";
        bet = chooseBet(shape, bet, choice);
      }
      assert.ok(bet.settled);
      assert.ok(Math.abs(width(bet.interval) / felt - 1) < 0.15, `${width(bet.interval) / felt}`);
    }),
  );
  const settled = chooseBet("rate", startBet({ low: 1, high: 2 }), "either");
  assert.equal(settled.settled, true);
  assert.equal(chooseBet("rate", settled, "wheel"), settled);
});

test("an answer implies its own ends: 5% lie above the high one, 95% above the low one", () => {
  fc.assert(
    fc.property(shaped, ([shape, [given]]) => {
      const { distribution, median } = implied(shape, given!);
      assert.ok(Math.abs(chanceAbove(distribution, given!.high) - 0.05) < 1e-4);
      assert.ok(Math.abs(chanceAbove(distribution, given!.low) - 0.95) < 1e-4);
      assert.ok(median > given!.low && median < given!.high);
      const curve = densityCurve(shape, distribution);
      assert.ok(curve.every(({ density }) => density >= 0 && density <= 1 + 1e-9));
    }),
    { numRuns: 40 },
  );
});

test("the pool of one is that one, of equals the same, in any order, and it lies between", () => {
  fc.assert(
    fc.property(shaped, ([shape, given]) => {
      const pool = poolIntervals(shape, given)!;
      const turned = poolIntervals(shape, given.toReversed())!;
      close(pool.low, turned.low);
      close(pool.linear.high, turned.linear.high);
      assert.ok(pool.low >= Math.min(...given.map(({ low }) => low)) * (1 - 1e-9));
      assert.ok(pool.high <= Math.max(...given.map(({ high }) => high)) * (1 + 1e-9));
      const same = poolIntervals(shape, [given[0]!, given[0]!, given[0]!])!;
      close(same.low, given[0]!.low);
      close(same.high, given[0]!.high);
      close(same.linear.low, given[0]!.low, 1e-3);
      assert.ok(Math.abs(same.disagreement - 1) < 1e-3);
    }),
    { numRuns: 40 },
  );
});

test("the linear pool keeps the spread of people who disagree", () => {
  const pool = poolIntervals("amount", [
    { low: 1, high: 4 },
    { low: 100, high: 400 },
  ])!;
  close(pool.low, 10);
  close(pool.high, 40);
  assert.ok(pool.linear.low < 2 && pool.linear.high > 200);
  assert.ok(pool.disagreement > 3);
  assert.equal(poolIntervals("rate", []), null);
  const weighted = poolIntervals(
    "amount",
    [
      { low: 1, high: 4 },
      { low: 100, high: 400 },
    ],
    [1, 0],
  )!;
  close(weighted.high, 4);
});

test("every input of a model can be asked for, with help, and its answer moves the expected loss", () => {
  const parsed = parseRiskModel(COMPANY_MODEL, "model.yaml");
  assert.ok(parsed.ok);
  const inputs = elicitedInputs(parsed.value);
  assert.equal(new Set(inputs.map(({ name }) => name)).size, inputs.length);
  for (const input of inputs) {
    assert.ok(questionOf(input).text.includes(input.about));
    assert.ok(referenceClasses(input.kind).every(({ source }) => source !== ""));
  }
  const of = (name: string) => inputs.find((input) => input.name === name)!;
  const more = answerEffect(parsed.value, of("frequency:ransomware"), { low: 0.5, high: 5 });
  assert.ok(more.after.lossUsd > more.before.lossUsd * 2);
  const loss = answerEffect(parsed.value, of("severity:ransomware"), { low: 5e4, high: 8e5, cap: 2e6 });
  assert.ok(loss.after.lossUsd < loss.before.lossUsd);
  const seen = answerEffect(parsed.value, of("coverage:dns/ransomware"), { low: 0.01, high: 0.05 });
  assert.ok(seen.after.lossUsd > seen.before.lossUsd);
  const minutes = answerEffect(parsed.value, of("minutes:c2-process"), { low: 60, high: 120 });
  assert.equal(minutes.after.lossUsd, minutes.before.lossUsd);
  assert.ok(minutes.after.netUsd < minutes.before.netUsd);
  for (const [name, answer] of [
    ["alerts:c2-process", { low: 9000, high: 20_000 }],
    ["cost:dns", { low: 400_000, high: 900_000 }],
  ] as const) {
    const costly = answerEffect(parsed.value, of(name), answer);
    assert.equal(costly.after.lossUsd, costly.before.lossUsd);
    assert.ok(costly.after.netUsd < costly.before.netUsd, name);
  }
});

test("a person's calibration is counted from the answers alone", () => {
  const question = { id: "a", kind: "interval", text: "", unit: "", answer: 5, source: "" } as const;
  const yes = { ...question, kind: "binary", answer: 1 } as const;
  const result = calibrationResult([
    { question, said: [4, 6] },
    { question, said: [1, 2] },
    { question, said: [5, 9] },
    { question: yes, said: 0.8 },
  ]);
  assert.equal(result.intervals?.hits, 2);
  assert.equal(result.intervals?.count, 3);
  assert.ok(result.intervals!.clopperPearson[0] < 0.1 && result.intervals!.clopperPearson[1] > 0.99);
  assert.ok(Math.abs(result.brier! - 0.04) < 1e-12);
  assert.deepEqual(
    result.chart.map(({ count }) => count),
    [1, 3],
  );
  assert.equal(calibrationResult([]).intervals, null);
});
