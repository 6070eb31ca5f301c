import { triageUsdPerYear } from "./cost.ts";
import { distributionMean } from "./distribution.ts";
import type { RiskModel } from "./model.ts";
import { costTable } from "./source-value.ts";

const ENUMERATED_SOURCES = 16;

/** Yearly cost of any set of the model's sources, at mean volumes and minutes, dollars. */
export interface ModelCosts {
  /** Over all 2^n sets; null when there are too many sources. */
  readonly table: Float64Array | null;
  of(mask: number): number;
}

/** The sources that are on board now, as a mask over `model.sources`. */
export function onboardMask(model: RiskModel): number {
  return model.sources.reduce(
    (mask, source, i) => (source.status === "onboarded" ? mask | (1 << i) : mask),
    0,
  );
}

/** Dollars a year spent looking at the alerts of detection `index`. */
export function detectionTriageUsd(model: RiskModel, index: number): number {
  const detection = model.detections[index]!;
  return triageUsdPerYear(
    distributionMean(detection.alertsPerYear.distribution),
    distributionMean(detection.triageMinutes.distribution),
    model.settings.analystUsdPerHour,
  );
}

/** A set costs its sources and the triage of every detection that it feeds. */
export function modelCosts(model: RiskModel): ModelCosts {
  const own = model.sources.map((source) => source.costUsdPerYear ?? 0);
  const triage = model.detections.flatMap((detection, r) => {
    const positions = detection.requires.map((id) => model.sources.findIndex((source) => source.id === id));
    if (positions.includes(-1)) return [];
    return [
      {
        mask: positions.reduce((mask, position) => mask | (1 << position), 0),
        triageUsdPerYear: detectionTriageUsd(model, r),
      },
    ];
  });
  return {
    table: own.length <= ENUMERATED_SOURCES ? costTable(own, triage) : null,
    of: (mask) =>
      own.reduce((sum, usd, i) => sum + ((mask >> i) & 1 ? usd : 0), 0) +
      triage.reduce((sum, one) => sum + ((one.mask & mask) === one.mask ? one.triageUsdPerYear : 0), 0),
  };
}
