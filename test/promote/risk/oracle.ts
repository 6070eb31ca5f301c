import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CompiledRisk, compileRisk } from "../../../promote/risk/expected-loss.ts";
import { type Quantity, quantity, type RiskModel } from "../../../promote/risk/model.ts";

/** Numbers of the reference cases, as they come. */
// biome-ignore lint/suspicious/noExplicitAny: reference cases have a shape of their own each
export type Loose = any;

export interface OracleCase {
  readonly id: string;
  readonly category: string;
  readonly inputs: Loose;
  readonly expected: Loose;
  readonly tolerance: Loose;
}

/** The shared reference cases, or null where the shared folder is absent. */
export function oracleCases(): readonly OracleCase[] | null {
  const checkout = fileURLToPath(new URL("../../../", import.meta.url));
  const shared = process.env.SPOOR_SHARED ?? join(checkout, "..", "shared");
  const file = join(shared, "oracles", "risk.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).cases : null;
}

/** Compares numbers (deeply) within a relative tolerance; zero against zero within 1e-9. */
export function near(actual: Loose, expected: Loose, relative: number, path = "value"): void {
  if (typeof expected === "number") {
    assert.equal(typeof actual, "number", `${path} is ${actual}, not a number`);
    const error = Math.abs(actual - expected);
    assert.ok(
      error <= relative * Math.max(Math.abs(expected), Math.abs(actual)) || error < 1e-9,
      `${path}: ${actual} instead of ${expected}, relative error ${error / Math.abs(expected)} > ${relative}`,
    );
    return;
  }
  if (expected !== null && typeof expected === "object") {
    for (const key of Object.keys(expected)) near(actual?.[key], expected[key], relative, `${path}.${key}`);
    return;
  }
  assert.deepEqual(actual, expected, path);
}

export function within(actual: number, expected: number, absolute: number, path = "value"): void {
  assert.ok(
    Math.abs(actual - expected) <= absolute,
    `${path}: ${actual} instead of ${expected} (allowed ${absolute})`,
  );
}

/** How the fixture's epistemic spread was made: Gamma shape, and Beta sizes for coverage and p. */
export interface FixtureSpread {
  readonly frequencyShape: number;
  readonly coverageSize: number;
  readonly pSize: number;
}

/** Maps a fixture of the reference cases to a model; `spread` null keeps every number fixed. */
export function fixtureModel(inputs: Loose, spread: FixtureSpread | null): RiskModel {
  const beta = (mean: number, size: number | undefined): Quantity =>
    size === undefined || mean <= 0 || mean >= 1
      ? quantity(mean)
      : quantity({ kind: "beta", a: mean * size, b: (1 - mean) * size });
  return {
    settings: {
      analystUsdPerHour: inputs.analyst_rate,
      kappa: inputs.kappa,
      epistemicShare: 0.3,
      intervalHitRate: 0.9,
      appetite: { usd: 2_000_000, probability: 0.05 },
      horizonYears: 3,
      discountRate: 0.08,
      incidentsSince: null,
    },
    scenarios: inputs.scenarios.map((scenario: Loose) => ({
      id: scenario.id,
      title: scenario.id,
      frequency: quantity(
        spread
          ? { kind: "gamma", shape: spread.frequencyShape, rate: spread.frequencyShape / scenario.lambda }
          : scenario.lambda,
      ),
      magnitude: {
        low: scenario.magnitude_ci90[0],
        high: scenario.magnitude_ci90[1],
        level: 0.9,
        capUsd: null,
        origin: "elicited" as const,
        author: "",
        date: "",
        evidence: 0,
        source: "",
      },
      irCostUsd: scenario.ir_cost,
      damage: scenario.damage,
      response: { kind: "fixed" as const, days: scenario.response },
      steps: scenario.steps,
    })),
    sources: inputs.sources.map((source: Loose) => ({
      id: source.id,
      title: source.id,
      status: "onboarded" as const,
      costUsdPerYear: source.cost,
      costParts: null,
      costOrigin: "elicited" as const,
      coverage: Object.fromEntries(
        Object.entries(source.coverage).map(([id, mean]) => [id, beta(mean as number, spread?.coverageSize)]),
      ),
      retentionDays: null,
      constraints: [],
    })),
    detections: inputs.rules.map((rule: Loose) => ({
      id: rule.id,
      kind: rule.cadence_days ? ("hunt" as const) : ("rule" as const),
      requires: rule.requires,
      targets: rule.targets,
      p: beta(rule.p, spread?.pSize),
      h: quantity(rule.h),
      lagDays: rule.lag_days,
      cadenceDays: rule.cadence_days ?? 0,
      alertsPerYear: quantity(rule.alerts_per_year),
      triageMinutes: quantity(rule.triage_minutes),
      precision: null,
    })),
    measurements: [],
  };
}

export function compileFixture(inputs: Loose, spread: FixtureSpread | null): CompiledRisk {
  return compileRisk(fixtureModel(inputs, spread));
}
