import assert from "node:assert/strict";
import { test } from "node:test";
import type { Forecast } from "../../../promote/records/records.ts";
import type { RiskModel } from "../../../promote/risk/model.ts";
import { parseRiskModel } from "../../../promote/risk/model-file/model-file.ts";
import { riskReport, sourceSummaries } from "../../../promote/risk/report.ts";
import { changesSince } from "../../../promote/risk/report-changes.ts";
import { renderRiskReportHtml } from "../../../promote/risk/report-html.ts";
import { COMPANY_MODEL } from "./company.ts";
import { fixtureModel, near, oracleCases, within } from "./oracle.ts";

function company(yaml = COMPANY_MODEL): RiskModel {
  const result = parseRiskModel(yaml, "risk/model.yaml");
  assert.ok(result.ok);
  return result.value;
}

const OPTIONS = { seed: 1, draws: 1500, years: 20_000, generatedMs: Date.parse("2026-11-24T10:00:00Z") };

const fixture = oracleCases()?.find((one) => one.id === "fix-1");

test("fix-1 through the report: headline, decision in focus, credit, EVPI, appetite", {
  skip: fixture ? false : "the shared reference cases are absent",
}, async () => {
  const spread = { frequencyShape: 2.5, coverageSize: 30, pSize: 10 };
  const report = await riskReport(fixtureModel(fixture!.inputs, spread), { ...OPTIONS, draws: 20_000 });
  const want = fixture!.expected.epistemic;
  near(
    report.headline.reduction,
    { mean: want.reduction_full.mean, q05: want.reduction_full.q05, q95: want.reduction_full.q95 },
    0.04,
  );
  assert.equal(report.focus.source, "edr");
  const edr = report.sources[0]!;
  near(edr.credit.mean, want.shapley.edr.mean, 0.03);
  within(edr.netMarginal.mean, want.net_leave_one_out.edr.mean, 4 * 2200);
  within(edr.worthIt, want.p_net_loo_positive.edr, 0.02);
  within(edr.evpiUsd, want.evpi_keep_source.edr, 4000);
  assert.match(edr.decision, /appetite/);
  const best = report.portfolios.find((portfolio) => portfolio.best)!;
  assert.deepEqual(best.sources, ["edr", "idp"]);
  assert.equal(report.portfolios.filter((portfolio) => portfolio.current).length, 1);
  assert.equal(report.information.bars[0]!.input, "frequency:ransomware");
  assert.equal(
    report.information.bars.some((bar) => bar.input.startsWith("h:")),
    false,
  );
  assert.ok(report.exceedance.check.agrees);

  // With frequencies known exactly the three curves are the published ones: 12.3%, 6.5% and 3.1% above $2M.
  const known = await riskReport(fixtureModel(fixture!.inputs, { ...spread, frequencyShape: 1e9 }), {
    ...OPTIONS,
    draws: 200,
    focus: "edr",
  });
  const published = [0.123, 0.065, 0.031];
  known.exceedance.curves.forEach((curve, i) => {
    within(curve.overAppetite!, published[i]!, 6e-4, curve.name);
  });
});

test("the report is JSON, complete, and the same for the same seed", async () => {
  const model = company();
  const report = await riskReport(model, OPTIONS);
  assert.deepEqual(JSON.parse(JSON.stringify(report)), report);
  assert.deepEqual(await riskReport(model, OPTIONS), report);
  assert.equal(report.sources.length, 6);
  const credit = report.sources
    .filter((source) => source.status === "onboarded")
    .reduce((sum, source) => sum + source.credit.mean, 0);
  near(credit, report.headline.reduction.mean, 1e-9);
  const proxy = report.sources.find((source) => source.id === "proxy")!;
  assert.equal(proxy.creditBasis, "add-one");
  assert.equal(report.detections.find((row) => row.id === "beacon-proxy")!.active, false);
  assert.ok(report.losingCase.some((sentence) => sentence.includes("No cost is known for Process creation")));
  assert.ok(report.losingCase.some((sentence) => sentence.includes("Needed for investigation.")));
  for (const { none, without, all } of report.exceedance.points)
    assert.ok(none >= without - 1e-9 && without >= all - 1e-3);
  const values = report.assumptions.map((row) => row.evppiUsd ?? 0);
  assert.deepEqual(
    values,
    [...values].sort((p, q) => q - p),
  );
  assert.ok(report.assumptions.some((row) => row.name === "kappa" && row.swingUsd !== null));
  assert.deepEqual(
    Object.keys(sourceSummaries(report)),
    model.sources.map((source) => source.id),
  );
});

test("forecasts made before their outcome are scored; late ones are not", async () => {
  const forecast = (id: string, value: Forecast["value"], createdMs: number): Forecast => ({
    ...{ id, statement: id, subject: "rule:a", value, author: "spoor", createdMs, resolveByMs: 10 },
    kind: typeof value === "number" ? "binary" : "interval",
  });
  const report = await riskReport(company(), {
    ...OPTIONS,
    draws: 100,
    forecasts: [
      forecast("a", 0.8, 1),
      forecast("b", 0.2, 1),
      forecast("late", 1, 9),
      forecast("open", 0.5, 1),
      forecast("range", [3, 8], 1),
    ],
    resolutions: [
      { forecastId: "a", outcome: 1, resolvedMs: 5 },
      { forecastId: "b", outcome: 0, resolvedMs: 5 },
      { forecastId: "late", outcome: 1, resolvedMs: 5 },
      { forecastId: "range", outcome: 9, resolvedMs: 5 },
      { forecastId: "a", outcome: 0, resolvedMs: 6 },
    ],
  });
  near(report.calibration.brier, 0.04, 1e-12);
  near(report.calibration.skill, 1 - 0.04 / 0.25, 1e-12);
  assert.deepEqual([report.calibration.resolved, report.calibration.open], [3, 1]);
  assert.deepEqual([report.calibration.intervalHits, report.calibration.intervalCount], [0, 1]);
});

test("changes since the last report name the inputs that moved", async () => {
  const before = await riskReport(company(), { ...OPTIONS, draws: 300 });
  const changed = company(
    COMPANY_MODEL.replace("p: { interval: [0.5, 0.95] }", "p: { beta: [2, 18], origin: measured }").replace(
      "costUsdPerYear: 12000",
      "costUsdPerYear: 24000",
    ),
  );
  const after = await riskReport(changed, { ...OPTIONS, draws: 300, previous: before });
  const credit = after.changes.find((row) => row.figure === "credit of Process creation")!;
  assert.ok(credit.after < credit.before);
  assert.match(credit.because, /p:impact-process 0\.76\d? to 0\.1, now measured/);
  assert.ok(after.changes.some((row) => row.figure === "cost of Cloud audit"));
  assert.deepEqual(changesSince(before, before), []);
});

test("a long report can be stopped and tells how far it is", async () => {
  const controller = new AbortController();
  const shares: number[] = [];
  const run = riskReport(company(), {
    ...OPTIONS,
    draws: 200_000,
    signal: controller.signal,
    progress: (share) => {
      shares.push(share);
      if (shares.length === 3) controller.abort(new Error("stopped"));
    },
  });
  await assert.rejects(run, /stopped/);
  assert.deepEqual(
    shares,
    [...shares].sort((p, q) => p - q),
  );
  assert.equal(shares.length, 3);
});

test("the HTML stands alone, runs nothing, and escapes what the model says", async () => {
  const hostile = company(
    COMPANY_MODEL.replace("title: DNS queries", `title: "<img src=x onerror=alert(1)>"`).replace(
      "constraints: [Needed for investigation.]",
      `constraints: ["</li><script>alert(2)</script>"]`,
    ),
  );
  const html = renderRiskReportHtml(await riskReport(hostile, { ...OPTIONS, draws: 300 }));
  assert.doesNotMatch(html, /<img|<script|javascript:|https?:\/\/|NaN|undefined|Infinity/);
  assert.equal((html.match(/<svg/g) ?? []).length, 6);
  assert.equal((html.match(/<table/g) ?? []).length, 4);
  assert.match(html, /&#60;img src=x/);
  assert.match(html, /Needed|script&#62;/);
});

test("a model with nothing on board, or without detections, still reports", async () => {
  const nothing = company();
  const report = await riskReport(
    { ...nothing, sources: nothing.sources.map((source) => ({ ...source, status: "candidate" as const })) },
    { ...OPTIONS, draws: 200 },
  );
  near(report.headline.reduction.mean, 0, 1e-9);
  assert.match(report.headline.sentence, /Without any source/);
  const bare = await riskReport({ ...company(), detections: [] }, { ...OPTIONS, draws: 100 });
  assert.equal(bare.headline.reduction.mean, 0);
  assert.doesNotMatch(renderRiskReportHtml(bare), /NaN|undefined/);
});
