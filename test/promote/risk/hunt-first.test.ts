import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { agedModel, agedQuantity, effectiveEvidence, keptShare } from "../../../promote/risk/ageing.ts";
import { distributionMean, distributionQuantile } from "../../../promote/risk/distribution.ts";
import { evsiCount } from "../../../promote/risk/information.ts";
import { quantity, type RiskModel } from "../../../promote/risk/model.ts";
import { parseRiskModel } from "../../../promote/risk/model-file/model-file.ts";
import {
  formatObservation,
  type Observation,
  parseObservations,
  unknownObservations,
  withObservations,
} from "../../../promote/risk/observation-file.ts";
import { riskReport, riskReportNow } from "../../../promote/risk/report.ts";
import { swapsBetween } from "../../../promote/risk/report-changes.ts";
import { COMPANY_MODEL } from "./company.ts";
import { near } from "./oracle.ts";

function company(yaml = COMPANY_MODEL): RiskModel {
  const result = parseRiskModel(yaml, "risk/model.yaml");
  assert.ok(result.ok, JSON.stringify(result.issues));
  return result.value;
}

const OPTIONS = { seed: 1, draws: 3000, years: 5000, generatedMs: Date.parse("2026-11-24T10:00:00Z") };
const SEEN: Observation = {
  ...{ input: "coverage:proxy/ransomware", hits: 14, trials: 20, trial: "hosts", date: "2026-11-20" },
  ...{ author: "dana", hunt: "proxy-trial", note: 'a "quoted" note: #1' },
};

test("hunt first: the net gain is H * EVSI - price, and EVSI stays between nothing and EVPPI", async () => {
  const report = await riskReport(company(), OPTIONS);
  assert.ok(report.huntFirst.some(({ source }) => source === "proxy"));
  for (const row of report.huntFirst) {
    let before = 0;
    for (const { tests, evsiUsd, netGainUsd } of row.curve) {
      const priceUsd = tests === 0 ? 0 : row.fixedUsd + row.unitUsd * tests;
      near(netGainUsd, row.horizonFactor * evsiUsd - priceUsd, 1e-9);
      assert.ok(evsiUsd >= before - 1e-6, "more trials never tell less");
      // EVPPI is an average over draws, EVSI is exact: they meet within the draws' error.
      assert.ok(evsiUsd <= row.evppiUsd * 1.1 + 500, `${row.input} ${evsiUsd} ${row.evppiUsd}`);
      before = evsiUsd;
    }
    assert.ok(row.evppiUsd <= row.evpiUsd * 1.02 + 1);
    const best = Math.max(0, ...row.curve.map(({ netGainUsd }) => netGainUsd));
    near(row.bestNetGainUsd, best, 1e-9);
    assert.equal(row.verdict, best > 0 ? "hunt" : "decide");
    assert.match(row.advice, row.verdict === "hunt" ? /^Try \d+/ : /^Just decide/);
  }
});

test("a candidate that is nearly break-even is hunted first; one that is hopeless is just decided", async () => {
  const priced = (usd: number) =>
    company(COMPANY_MODEL.replace("costUsdPerYear: 70000", `costUsdPerYear: ${usd}`));
  const gross = (await riskReport(priced(70_000), OPTIONS)).sources.find(({ id }) => id === "proxy")!.marginal
    .mean;
  const rowAt = async (usd: number) =>
    (await riskReport(priced(Math.round(usd)), OPTIONS)).huntFirst.find(({ source }) => source === "proxy")!;
  const triage = (200 * 10 * 95) / 60;
  const even = await rowAt(gross - triage);
  assert.equal(even.verdict, "hunt");
  assert.ok(even.bestTests > 0 && even.neededHits !== null && even.neededHits <= even.bestTests);
  assert.match(even.stop, /^Stop early when \d+ .*onboard it.*skip it/);
  assert.equal((await rowAt(5_000_000)).verdict, "decide");
});

test("what a hunt saw updates the input, with its origin, date and evidence", () => {
  const text =
    formatObservation(SEEN) + formatObservation({ ...SEEN, input: "p:odd-logon", trial: "atomic tests" });
  const parsed = parseObservations(text, "risk/measured.yaml");
  assert.ok(parsed.ok);
  assert.deepEqual(parsed.value[0], SEEN);
  const model = company();
  const after = withObservations(model, parsed.value, "2026-11-20");
  const prior = model.sources[5]!.coverage.ransomware!;
  const value = after.sources[5]!.coverage.ransomware!;
  assert.ok(prior.distribution.kind === "beta" && value.distribution.kind === "beta");
  near(value.distribution.a, prior.distribution.a + 14, 1e-12);
  near(value.distribution.b, prior.distribution.b + 6, 1e-12);
  assert.deepEqual([value.origin, value.date, value.evidence], ["measured", "2026-11-20", 20]);
  assert.match(value.source, /14 of 20 hosts \(hunt proxy-trial\)/);
  const p = after.detections.find(({ id }) => id === "odd-logon")!.p.distribution;
  assert.ok(p.kind === "beta");
  near(p.a + p.b, 10 + 0.5 * 20, 1e-9);
  // A year later half of it counts.
  const later = withObservations(model, parsed.value, "2027-11-20").sources[5]!.coverage.ransomware!
    .distribution;
  assert.ok(later.kind === "beta");
  near(later.a, prior.distribution.a + 7, 1e-9);
  assert.deepEqual(unknownObservations(model, [{ ...SEEN, input: "coverage:nothing" }]).length, 1);
});

test("a measured.yaml that cannot be right is refused with its line", () => {
  for (const wrong of [
    "- { input: a, observed: [21, 20], trial: hosts, date: 2026-11-20 }",
    "- { input: a, observed: [1, 20], trial: guesses, date: 2026-11-20 }",
    "- { input: a, observed: [1, 20], trial: hosts, date: soon }",
    "- { input: a, observed: [1, 20], trial: hosts, date: 2026-11-20, weight: 9 }",
    "input: a",
    "- [",
  ]) {
    const parsed = parseObservations(wrong, "risk/measured.yaml");
    assert.equal(parsed.ok, false, wrong);
    assert.match(parsed.issues[0]!.place, /^risk\/measured\.yaml:1$/);
  }
});

test("measured evidence halves in a year: the mean stays, the interval widens; judgements stay", () => {
  const value = quantity(
    { kind: "beta", a: 45, b: 5 },
    { origin: "measured", date: "2025-11-24", evidence: 48 },
  );
  near(effectiveEvidence(value, "2026-11-24"), 24, 1e-9);
  near(keptShare(365), 0.5, 1e-12);
  const aged = agedQuantity(value, "2026-11-24");
  near(distributionMean(aged.distribution), 0.9, 1e-12);
  assert.ok(
    distributionQuantile(aged.distribution, 0.05) < distributionQuantile(value.distribution, 0.05) - 0.01,
  );
  assert.deepEqual(
    agedQuantity({ ...value, origin: "elicited" }, "2026-11-24").distribution,
    value.distribution,
  );
  const model = company();
  assert.deepEqual(agedModel(model, "2026-11-01"), model);
});

test("the swaps' dollars add up to the whole move, whatever changed", async () => {
  const before = company();
  const after = company(
    COMPANY_MODEL.replace("p: { interval: [0.5, 0.95] }", "p: { beta: [2, 18], origin: measured }")
      .replace("costUsdPerYear: 12000", "costUsdPerYear: 24000")
      .replace("frequency: { interval: [0.05, 0.5]", "frequency: { interval: [0.1, 0.9]")
      .replace("status: candidate", "status: onboarded")
      .replace("title: Network flows", "title: Flows")
      .replace("  - { id: large-upload,", "  - { id: big-upload,"),
  );
  const swaps = swapsBetween(before, after);
  for (const name of [
    "p:impact-process",
    "cost:cloudtrail",
    "frequency:ransomware",
    "status:proxy",
    "rule:big-upload",
  ])
    assert.ok(
      swaps.some((swap) => swap.name === name),
      name,
    );
  assert.equal(
    swaps.some(({ name }) => name === "p:odd-logon"),
    false,
  );
  // Going there and back moves every figure by the same dollars.
  const back = swapsBetween(after, before);
  const sum = (list: typeof swaps, key: string) =>
    list.reduce((total, { moved }) => total + moved.get(key)!, 0);
  for (const key of ["baseline", "reduction", "cost", "credit:sysmon", "credit:proxy"])
    near(sum(swaps, key), -sum(back, key), 1e-6);
  const old = await riskReport(before, { ...OPTIONS, draws: 2000 });
  const now = await riskReport(after, { ...OPTIONS, draws: 2000, previous: old });
  const row = now.changes.find(({ figure }) => figure === "reduction by the current set")!;
  const explained = row.causes.reduce((total, { usd }) => total + usd, 0);
  near(explained + row.unexplainedUsd, row.after - row.before, 1e-9);
  assert.ok(Math.abs(row.unexplainedUsd) < 0.2 * Math.abs(row.after - row.before));
  assert.equal(now.previousGenerated, old.generated);
});

test("uncertain costs, alerts and minutes are drawn; certain ones are a point", async () => {
  const certain = await riskReport(company(), OPTIONS);
  assert.equal(certain.headline.cost.q05, certain.headline.cost.q95);
  const uncertain = await riskReport(
    company(
      COMPANY_MODEL.replace("costUsdPerYear: 60000", "costUsdPerYear: { interval: [40000, 90000] }").replace(
        "alertsPerYear: 600",
        "alertsPerYear: { gamma: [6, 0.01] }",
      ),
    ),
    OPTIONS,
  );
  const [dns, before] = [uncertain, certain].map((report) => report.sources.find(({ id }) => id === "dns")!);
  near(dns!.cost.q05, 40_000, 0.05);
  near(dns!.cost.q95, 90_000, 0.05);
  assert.ok(dns!.costAvoided.q95 - dns!.costAvoided.q05 > 50_000);
  // Benefits have streams of their own.
  assert.deepEqual(dns!.credit, before!.credit);
  assert.ok(dns!.netMarginal.q95 - dns!.netMarginal.q05 > before!.netMarginal.q95 - before!.netMarginal.q05);
  assert.ok(uncertain.assumptions.some(({ name }) => name === "cost:dns"));
  const rule = uncertain.detections.find(({ id }) => id === "c2-dns")!;
  assert.ok(rule.triage.q05 < rule.triageUsd && rule.triageUsd < rule.triage.q95);
});

test("decisions carry their figure and link, name no person, and the report at once is the report", async () => {
  const report = await riskReport(company(), OPTIONS);
  for (const source of report.sources)
    assert.ok(
      report.decisions.some(({ link, kind }) => link.name === source.id && kind === source.decisionKind),
    );
  const sizes = report.decisions.map(({ usd }) => Math.abs(usd));
  assert.deepEqual(
    sizes,
    [...sizes].sort((p, q) => q - p),
  );
  assert.ok(report.decisions.some(({ kind }) => kind === "fix-coverage"));
  assert.doesNotMatch(JSON.stringify(report.decisions), /dana/);
  assert.deepEqual(
    report.constraints.map(({ source }) => source),
    ["flow"],
  );
  assert.deepEqual(riskReportNow(company(), OPTIONS), report);
});

test("watching a rate for longer is never worth less, and never more than knowing it", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.5, max: 8, noNaN: true }),
      fc.double({ min: 0.5, max: 20, noNaN: true }),
      fc.double({ min: -1e5, max: 1e5, noNaN: true }),
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      (shape, rate, intercept, slope) => {
        const line = { intercept, slope };
        const values = [0.5, 2, 8, 32].map((years) => evsiCount(line, { shape, rate }, years));
        for (let i = 1; i < values.length; i++) assert.ok(values[i]! >= values[i - 1]! - 1e-3);
        // E max(0, i + s L) by the middle of 4,000 slices of equal probability.
        let perfect = 0;
        for (let i = 0; i < 4000; i++) {
          const at = distributionQuantile({ kind: "gamma", shape, rate }, (i + 0.5) / 4000);
          perfect += Math.max(0, intercept + slope * at) / 4000;
        }
        perfect -= Math.max(0, intercept + (slope * shape) / rate);
        assert.ok(values[3]! <= perfect + 0.01 * Math.abs(slope * (shape / rate)) + 1);
      },
    ),
    { numRuns: 15 },
  );
});
