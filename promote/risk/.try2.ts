import { writeFileSync } from "node:fs";
import { COMPANY_MODEL } from "../../test/promote/risk/company.ts";
import { parseRiskModel } from "./model-file.ts";
import { riskReport } from "./report.ts";
import { renderRiskReportHtml } from "./report-html.ts";

const m = parseRiskModel(COMPANY_MODEL, "risk/model.yaml");
if (m.ok) {
  const forecasts = Array.from({ length: 40 }, (_, i) => ({
    id: `f${i}`,
    statement: "x",
    kind: "binary" as const,
    subject: "rule:a",
    value: [0.1, 0.3, 0.5, 0.7, 0.9][i % 5]!,
    author: "a",
    createdMs: 0,
    resolveByMs: 1,
  }));
  const resolutions = forecasts
    .slice(0, 35)
    .map((f, i) => ({ forecastId: f.id, outcome: ((i * 7) % 10) / 10 < f.value ? 1 : 0, resolvedMs: 5 }));
  const r = await riskReport(m.value, {
    seed: 1,
    generatedMs: Date.parse("2026-11-24T10:00:00Z"),
    forecasts,
    resolutions,
  });
  writeFileSync("/tmp/risk.html", renderRiskReportHtml(r));
}
