/** What a source costs a year. Browser-safe: pure functions only. */
import type { SourceCost } from "../../connectors/source/source.ts";
import type { CostParts } from "./model.ts";

/** Everything that makes up a source's yearly cost. Dollars, gigabytes and days. */
export interface CostInputs {
  readonly gigabytesPerDay: number;
  readonly ingestUsdPerGigabyte: number;
  readonly retentionDays: number;
  readonly storageUsdPerGigabyteMonth: number;
  readonly agentCount: number;
  readonly agentUsdPerYear: number;
  readonly engineerHoursPerYear: number;
  readonly engineerUsdPerHour: number;
  readonly onboardingUsd?: number;
  readonly amortiseYears?: number;
}

/** Yearly cost of a source by part; storage is the steady state: gigabytes held times the monthly price, times 12. */
export function sourceCostParts(inputs: CostInputs): CostParts {
  return {
    ingest: inputs.gigabytesPerDay * 365 * inputs.ingestUsdPerGigabyte,
    storage: inputs.gigabytesPerDay * inputs.retentionDays * inputs.storageUsdPerGigabyteMonth * 12,
    licence: inputs.agentCount * inputs.agentUsdPerYear,
    engineering: inputs.engineerHoursPerYear * inputs.engineerUsdPerHour,
    onboarding: (inputs.onboardingUsd ?? 0) / (inputs.amortiseYears ?? 1),
    stated: 0,
  };
}

/** Parts from a source.yaml's costs; the measured volume wins where the file does not state one. */
export function costPartsOf(
  cost: SourceCost,
  measuredGigabytesPerDay: number,
  engineerUsdPerHour: number,
): CostParts {
  return sourceCostParts({
    ...cost,
    gigabytesPerDay: cost.gigabytesPerDay ?? measuredGigabytesPerDay,
    engineerUsdPerHour,
  });
}

export function totalCost(parts: CostParts): number {
  return parts.ingest + parts.storage + parts.licence + parts.engineering + parts.onboarding + parts.stated;
}

/** Dollars a year spent looking at a detection's alerts. */
export function triageUsdPerYear(
  alertsPerYear: number,
  minutesPerAlert: number,
  analystUsdPerHour: number,
): number {
  return ((alertsPerYear * minutesPerAlert) / 60) * analystUsdPerHour;
}

/** Present value of one dollar a year, paid at each year's end: (1 - (1+r)^-y)/r; y when r is 0. */
export function horizonFactor(discountRate: number, years: number): number {
  return discountRate === 0 ? years : (1 - (1 + discountRate) ** -years) / discountRate;
}
