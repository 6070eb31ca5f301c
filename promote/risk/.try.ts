import { COMPANY_MODEL } from "../../test/promote/risk/company.ts";
import { parseRiskModel } from "./model-file.ts";
import { riskReport } from "./report.ts";

const m = parseRiskModel(COMPANY_MODEL, "risk/model.yaml");
console.log(m.issues);
if (m.ok) {
  for (let i = 0; i < 2; i++) {
    const t = performance.now();
    const r = await riskReport(m.value, { seed: 1, generatedMs: 0 });
    console.log(performance.now() - t, "ms");
    if (i)
      console.log(
        JSON.stringify(
          r,
          (k, v) =>
            k === "points" || k === "assumptions" || k === "coverage"
              ? undefined
              : typeof v === "number"
                ? Number(v.toPrecision(4))
                : v,
          1,
        ),
      );
  }
}
