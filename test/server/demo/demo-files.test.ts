import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRiskModel } from "../../../promote/risk/model-file.ts";
import { riskReport } from "../../../promote/risk/report.ts";
import { demoFiles } from "../../../server/demo/demo.ts";

const files = new Map(demoFiles().map((file) => [file.path, file.text]));

test("the risk model parses without a warning, names shipped sources, and gives a report", async () => {
  const parsed = parseRiskModel(files.get("risk/model.yaml")!, "risk/model.yaml");
  assert.deepEqual(parsed.issues, []);
  assert.ok(parsed.ok);
  for (const source of parsed.value.sources)
    assert.ok(files.has(`sources/${source.id}/source.yaml`), source.id);
  for (const detection of parsed.value.detections) {
    if (detection.kind === "rule") assert.ok(files.has(`rules/${detection.id}/rule.sql`), detection.id);
  }
  const report = await riskReport(parsed.value, { seed: 1, draws: 500, years: 5000, generatedMs: 0 });
  assert.ok(report.headline.reduction.mean > 0);
  assert.equal(report.sources.length, 5);
});
