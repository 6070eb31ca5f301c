import { distributionMean } from "./distribution.ts";
import { summarise } from "./epistemic.ts";
import { annualLoss, lossTablesAt, retentionFactor } from "./expected-loss.ts";
import { detectionTriageUsd } from "./model-cost.ts";
import { interval, quantityInterval, type ReportContext } from "./report-context.ts";
import type { DetectionRow } from "./report-value.ts";

/** What the rest of the product knows of a rule's life: ISO instants, null for never. */
export interface DetectionFacts {
  readonly lastFired: string | null;
  readonly lastTest: string | null;
}

/** One rule or hunt: what it brings to the current set, and what its alerts cost. */
export function detectionRow(
  { compiled, current, costDraws }: ReportContext,
  r: number,
  facts: DetectionFacts | undefined,
): DetectionRow {
  const { model } = compiled;
  const detection = model.detections[r]!;
  const withIt = annualLoss(compiled, lossTablesAt(compiled), current);
  const values = Float64Array.from(compiled.means);
  values[compiled.inputIndex.get(`p:${detection.id}`)!] = 0;
  const valueUsd = annualLoss(compiled, lossTablesAt(compiled, values), current) - withIt;
  const alertsPerYear = distributionMean(detection.alertsPerYear.distribution);
  const triageMinutes = distributionMean(detection.triageMinutes.distribution);
  const triageUsd = detectionTriageUsd(model, r);
  const usdPerAlert = (triageMinutes / 60) * model.settings.analystUsdPerHour;
  const active = detection.requires.every((id) =>
    model.sources.some((source, i) => source.id === id && ((current >> i) & 1) === 1),
  );
  const precision = detection.precision?.distribution;
  const inverse =
    precision?.kind === "beta"
      ? precision.a > 1
        ? (precision.a + precision.b - 1) / (precision.a - 1)
        : null
      : precision && distributionMean(precision) > 0
        ? 1 / distributionMean(precision)
        : null;
  return {
    id: detection.id,
    kind: detection.kind,
    requires: detection.requires,
    active,
    p: quantityInterval(detection.p),
    pOrigin: detection.p.origin,
    h: distributionMean(detection.h.distribution),
    precision: detection.precision ? quantityInterval(detection.precision) : null,
    alertsPerYear,
    triageMinutes,
    triageUsd,
    alerts: quantityInterval(detection.alertsPerYear),
    triage: interval(summarise(costDraws.triage[r]!)),
    lastFired: facts?.lastFired ?? null,
    lastTest: facts?.lastTest ?? null,
    usdPerTruePositive: inverse === null ? null : inverse * usdPerAlert,
    valueUsd,
    decision: !active
      ? "waits for a source that is not on board"
      : valueUsd <= 0
        ? retentionFactor(model, r) < 1
          ? "run it more often than the data is kept"
          : "brings nothing here now"
        : valueUsd < triageUsd
          ? "tune or retire it: its triage costs more than it saves"
          : "keep",
  };
}
