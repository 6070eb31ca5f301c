import { readFileSync, writeFileSync } from "node:fs";
import { parseRiskModel } from "./model-file.ts";
import { riskReport } from "./report.ts";
import { renderRiskReportHtml } from "./report-html.ts";

const m = parseRiskModel(readFileSync("server/demo/files/risk/model.yaml", "utf8"), "risk/model.yaml");
console.log(m.issues);
if (m.ok) {
  const t = performance.now();
  const r = await riskReport(m.value, { seed: 1, generatedMs: 0 });
  console.log(
    performance.now() - t,
    r.headline,
    r.losingCase,
    r.portfolios,
    r.exceedance.check,
    r.detections.map((d) => [d.id, d.valueUsd, d.triageUsd, d.decision]),
  );
  writeFileSync("/tmp/risk.html", renderRiskReportHtml(r));
}
