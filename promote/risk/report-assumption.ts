import { effectiveEvidence } from "./ageing.ts";
import { annualLoss, compileRisk, lossTablesAt } from "./expected-loss.ts";
import type { RiskModel } from "./model.ts";
import type { ReportContext } from "./report-context.ts";
import type { AssumptionRow } from "./report-value.ts";
import { tornado } from "./tornado.ts";

/** Every input with its origin and what it is worth to know, most valuable first. */
export function assumptionsOf(
  context: ReportContext,
  evppis: ReadonlyMap<string, number | null>,
): AssumptionRow[] {
  const { compiled, current, focusIndex, costDraws, today } = context;
  const costAvoidedUsd = context.decisions[focusIndex]!.avoidedUsd;
  const bars = new Map(
    tornado(compiled, current, focusIndex, costAvoidedUsd).map((bar) => [
      bar.input,
      [bar.low, bar.high] as const,
    ]),
  );
  const rows: AssumptionRow[] = [
    ...compiled.inputs,
    ...costDraws.inputs.filter(({ uncertain }) => uncertain),
  ].map((input) => ({
    name: input.name,
    mean: input.mean,
    q05: input.uncertain ? input.quantile(0.05) : input.mean,
    q95: input.uncertain ? input.quantile(0.95) : input.mean,
    origin: input.origin,
    author: input.author,
    date: input.date,
    evidence: input.evidence,
    effectiveEvidence: effectiveEvidence(input, today),
    source: input.source,
    evppiUsd: evppis.get(input.name) ?? null,
    swingUsd: bars.get(input.name) ?? null,
  }));
  rows.push(...structuralAssumptions(compiled.model, focusIndex, current, costAvoidedUsd));
  const width = (row: AssumptionRow): number =>
    row.swingUsd ? Math.abs(row.swingUsd[1] - row.swingUsd[0]) : 0;
  return rows.sort((p, q) => (q.evppiUsd ?? 0) - (p.evppiUsd ?? 0) || width(q) - width(p));
}

/** kappa and the speed of the damage: conventions and judgements that no draw covers, moved by hand. */
function structuralAssumptions(
  model: RiskModel,
  focusIndex: number,
  current: number,
  costAvoidedUsd: number,
): AssumptionRow[] {
  const bit = 1 << focusIndex;
  const at = (changed: RiskModel): number => {
    const compiled = compileRisk(changed);
    const tables = lossTablesAt(compiled);
    return (
      annualLoss(compiled, tables, current & ~bit) -
      annualLoss(compiled, tables, current | bit) -
      costAvoidedUsd
    );
  };
  const kappa = (value: number): number => at({ ...model, settings: { ...model.settings, kappa: value } });
  const paced = (factor: number): number =>
    at({
      ...model,
      scenarios: model.scenarios.map((scenario) => ({
        ...scenario,
        damage: scenario.damage.map(([day, share]) => [day * factor, share] as const),
      })),
    });
  const row = (
    label: string,
    mean: number,
    low: number,
    high: number,
    source: string,
    swingUsd: readonly [number, number],
  ): AssumptionRow => ({
    ...{ name: label, mean, q05: low, q95: high, origin: "default", author: "", date: "", evidence: 0 },
    effectiveEvidence: 0,
    ...{ source, evppiUsd: null, swingUsd },
  });
  return [
    row("kappa", model.settings.kappa, 0, 1, "convention: how alike rules of one source fire", [
      kappa(0),
      kappa(1),
    ]),
    row("damage pace", 1, 0.5, 2, "days of every damage curve, halved and doubled", [paced(0.5), paced(2)]),
  ];
}
