import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type DrawSummary, sampleRisk, summarise } from "../../../promote/risk/epistemic.ts";
import {
  annualLoss,
  type CompiledRisk,
  compileRisk,
  lossTablesAt,
} from "../../../promote/risk/expected-loss.ts";
import {
  type IncidentFacts,
  measuredInputs,
  type RuleFacts,
  type SourceFacts,
} from "../../../promote/risk/measured.ts";
import type { RiskModel } from "../../../promote/risk/model.ts";
import { parseRiskModel } from "../../../promote/risk/model-file/model-file.ts";
import { makeRandom, type Random } from "../../../promote/risk/random.ts";

/**
 * One year in the demo's company. Nature draws the true value of every input from what its people believe on the first
 * day; the year's inventories, attack tests and alerts are made by the true values; the model learns from them alone.
 * Then its 90% intervals must hold the truth nine times in ten, and be narrower than on the first day.
 */
const YEARS = 200;
const DRAWS = 300;
const HOSTS = 60;
const PROCEDURES = 12;
const ALERTS = 40;

function demoModel(): RiskModel {
  const path = join(import.meta.dirname, "..", "..", "..", "server", "demo", "files", "risk", "model.yaml");
  const parsed = parseRiskModel(readFileSync(path, "utf8"), "risk/model.yaml");
  assert.ok(parsed.ok);
  return parsed.value;
}

function binomial(random: Random, trials: number, probability: number): number {
  let successes = 0;
  for (let i = 0; i < trials; i++) if (random.uniform() < probability) successes++;
  return successes;
}

function poisson(random: Random, rate: number): number {
  let count = 0;
  for (let at = random.exponential(); at < rate; at += random.exponential()) count++;
  return count;
}

/** What a year shows of the true values: one inventory a source and scenario, tests and alerts of each rule. */
function yearOf(
  compiled: CompiledRisk,
  truth: ArrayLike<number>,
  random: Random,
): { sourceFacts: SourceFacts[]; ruleFacts: RuleFacts[]; incidentFacts: IncidentFacts[] } {
  const { model, inputIndex } = compiled;
  const trueValue = (name: string): number => truth[inputIndex.get(name)!]!;
  return {
    incidentFacts: model.scenarios.map((scenario) => ({
      scenario: scenario.id,
      detected: 0,
      missed: poisson(random, trueValue(`frequency:${scenario.id}`)),
      years: 1,
    })),
    sourceFacts: model.sources.map((source) => ({
      name: source.id,
      bytesPerDay: 0,
      cost: null,
      hosts: Object.fromEntries(
        Object.keys(source.coverage).map((scenario) => [
          scenario,
          {
            seen: binomial(random, HOSTS, trueValue(`coverage:${source.id}/${scenario}`)),
            expected: HOSTS,
          },
        ]),
      ),
    })),
    ruleFacts: model.detections.map((detection) => {
      const handled = binomial(random, ALERTS, trueValue(`h:${detection.id}`));
      return {
        name: detection.id,
        alertsPerYear: null,
        tests: {
          tried: PROCEDURES,
          alerted: binomial(random, PROCEDURES, trueValue(`p:${detection.id}`)),
          weight: 1,
        },
        outcomes: {
          truePositives: 0,
          benignPositives: handled,
          falsePositives: 0,
          ignored: ALERTS - handled,
          undetermined: 0,
        },
      };
    }),
  };
}

test(`over ${YEARS} simulated years the intervals narrow and hold the truth at their rate`, {
  timeout: 120_000,
}, async (context) => {
  const model = demoModel();
  const before = compileRisk(model);
  const all = (1 << model.sources.length) - 1;
  const held = new Map<string, { hits: number; count: number; spread: number; firstSpread: number }>();
  // Spreads are added as squares: what is learned lowers the mean variance, whichever way single years went.
  const note = (kind: string, inside: boolean, spread: number, firstSpread: number): void => {
    const entry = held.get(kind) ?? { hits: 0, count: 0, spread: 0, firstSpread: 0 };
    held.set(kind, {
      hits: entry.hits + (inside ? 1 : 0),
      count: entry.count + 1,
      spread: entry.spread + spread ** 2,
      firstSpread: entry.firstSpread + firstSpread ** 2,
    });
  };
  // Of a worth the spread counts in relation to its mean: a year that shows a larger worth shows a wider one.
  const spreadOf = (value: DrawSummary, draws: number): number =>
    (value.standardError * Math.sqrt(draws)) / value.mean;
  const first = await sampleRisk(before, { seed: 1, draws: 4000, current: all });
  const firstWorth = model.sources.map((_, i) => spreadOf(summarise(first.marginal[i]!), 4000));
  const firstTotal = spreadOf(summarise(first.baseline.map((usd, i) => usd - first.residual[i]!)), 4000);

  for (let year = 0; year < YEARS; year++) {
    const random = makeRandom(year + 1, "year of the company");
    const truth = Float64Array.from(before.inputs, (input) =>
      input.uncertain ? input.draw(random) : input.mean,
    );
    const learned = measuredInputs({ model, ...yearOf(before, truth, random), date: "2026-12-31" });
    const after = compileRisk(learned);
    after.inputs.forEach((input, i) => {
      const prior = before.inputs[i]!;
      assert.equal(input.name, prior.name);
      if (input.kind === "severity" || !prior.uncertain) return;
      assert.equal(input.origin, "measured");
      const [low, high] = [input.quantile(0.05), input.quantile(0.95)];
      note(
        input.kind,
        truth[i]! >= low && truth[i]! <= high,
        high - low,
        prior.quantile(0.95) - prior.quantile(0.05),
      );
    });

    const draws = await sampleRisk(after, { seed: year, draws: DRAWS, current: all });
    const tables = lossTablesAt(before, truth);
    const trueLoss = (mask: number): number => annualLoss(before, tables, mask);
    model.sources.forEach((source, i) => {
      const worth = summarise(draws.marginal[i]!);
      const trueUsd = trueLoss(all & ~(1 << i)) - trueLoss(all);
      note(
        `worth of ${source.id}`,
        trueUsd >= worth.q05 && trueUsd <= worth.q95,
        spreadOf(worth, DRAWS),
        firstWorth[i]!,
      );
    });
    const total = summarise(draws.baseline.map((usd, i) => usd - draws.residual[i]!));
    const trueTotal = trueLoss(0) - trueLoss(all);
    note(
      "worth of all",
      trueTotal >= total.q05 && trueTotal <= total.q95,
      spreadOf(total, DRAWS),
      firstTotal,
    );
  }

  const narrowed = new Map(
    [...held].map(([kind, { spread, firstSpread }]) => [kind, Math.sqrt(spread / firstSpread)]),
  );
  const shown = [...held]
    .map(
      ([kind, { hits, count }]) =>
        `${kind}: ${((100 * hits) / count).toFixed(1)}% of ${count}, ${narrowed.get(kind)!.toFixed(2)} of the first spread`,
    )
    .join("\n");
  // Four standard errors of 200 independent years, and one point for the finite draws behind an interval.
  const slack = 4 * Math.sqrt((0.9 * 0.1) / YEARS) + 0.01;
  for (const [kind, { hits, count }] of held) {
    assert.ok(Math.abs(hits / count - 0.9) <= slack, `${kind}\n${shown}`);
    assert.ok(narrowed.get(kind)! < 1, `${kind}\n${shown}`);
  }
  for (const kind of ["coverage", "p", "h"]) assert.ok(narrowed.get(kind)! < 0.85, `${kind}\n${shown}`);
  context.diagnostic(shown.replaceAll("\n", "; "));
});
