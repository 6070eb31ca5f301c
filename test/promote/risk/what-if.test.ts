import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { distributionMean } from "../../../promote/risk/distribution.ts";
import type { RiskModel } from "../../../promote/risk/model.ts";
import { parseRiskModel } from "../../../promote/risk/model-file/model-file.ts";
import { unknownNames, whatIf } from "../../../promote/risk/what-if.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const parsed = parseRiskModel(
  readFileSync(join(ROOT, "server", "demo", "files", "risk", "model.yaml"), "utf8"),
  "risk/model.yaml",
);
assert.ok(parsed.ok);
const model: RiskModel = {
  ...parsed.value,
  sources: parsed.value.sources.map((source, i) => ({ ...source, costUsdPerYear: 10_000 * (i + 1) })),
};
const near = (left: number, right: number, message: string) =>
  assert.ok(
    Math.abs(left - right) <= 1e-6 * Math.max(1, Math.abs(left), Math.abs(right)),
    `${message}: ${left} ${right}`,
  );

test("no change changes nothing, and shares add up to the reduction", () => {
  const { before, after } = whatIf(model, {});
  assert.deepEqual(after, before);
  near(
    before.sources.reduce((sum, { shapleyUsd }) => sum + shapleyUsd, 0),
    before.reductionUsd,
    "shares",
  );
  near(before.netUsd, before.reductionUsd - before.costUsd, "net");
});

test("dropping a source gives back what its margin said", () => {
  const { before, after } = whatIf(model, { without: ["zeek"] });
  const zeek = before.sources.find(({ id }) => id === "zeek")!;
  near(before.reductionUsd - after.reductionUsd, zeek.marginalUsd, "reduction");
  near(before.netUsd - after.netUsd, zeek.netMarginalUsd, "net");
  assert.ok(after.overAppetite! >= before.overAppetite!);
  assert.equal(after.sources.find(({ id }) => id === "zeek")!.onboard, false);
  near(after.sources.find(({ id }) => id === "zeek")!.marginalUsd, zeek.marginalUsd, "adding it again");
});

test("more coverage never takes away, and a cost only moves the cost", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...model.sources.map(({ id }) => id)),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (source, one, other) => {
        const [low, high] = [Math.min(one, other), Math.max(one, other)];
        const at = (value: number) => whatIf(model, { inputs: { [`coverage:${source}`]: value } }).after;
        assert.ok(at(high).reductionUsd >= at(low).reductionUsd - 30_000 * (high - low) - 1e-6);
      },
    ),
    { numRuns: 20 },
  );
  const { before, after } = whatIf(model, { costsUsd: { zeek: 0 } });
  near(after.reductionUsd, before.reductionUsd, "reduction");
  near(before.costUsd - after.costUsd, before.sources.find(({ id }) => id === "zeek")!.costUsd, "cost");
});

test("twice the attacks are twice the loss; a factor on severity scales what an attack costs", () => {
  const scenario = model.scenarios[0]!.id;
  const mean = distributionMean(model.scenarios[0]!.frequency.distribution);
  const only: RiskModel = {
    ...model,
    scenarios: model.scenarios.slice(0, 1),
    sources: model.sources.map((source) => ({
      ...source,
      coverage: source.coverage[scenario] ? { [scenario]: source.coverage[scenario] } : {},
    })),
  };
  const { before, after } = whatIf(only, { inputs: { [`frequency:${scenario}`]: 2 * mean } });
  near(after.baselineUsd, 2 * before.baselineUsd, "twice");
  near(
    whatIf(only, { inputs: { [`severity:${scenario}`]: 3 } }).after.baselineUsd,
    3 * before.baselineUsd,
    "thrice",
  );
});

test("names that are not there are named with those that are", () => {
  const issues = unknownNames(model, {
    inputs: { "coverage:nosuch": 1, "p:nosuch": 1, "coverage:zeek": 1 },
    without: ["moon"],
  });
  assert.equal(issues.length, 3);
  assert.match(issues.at(-1)!, /no source "moon"; there are sysmon/);
});
