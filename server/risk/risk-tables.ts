import type { RiskReport } from "../../promote/risk/report-value.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { RecordedTable } from "../ledger/ledger-tables.ts";
import type { LedgerRecordStore } from "../ledger/record-store.ts";

type Cell = string | number | bigint | boolean | null;
type Columns = Readonly<Record<string, "VARCHAR" | "DOUBLE" | "BIGINT" | "BOOLEAN" | "TIMESTAMP">>;

const KEPT_REPORTS = 1000;

/**
 * The last risk report as datasets, so that SQL cells and rules query what a source is worth like any log. Rows are
 * made from the ledger's kept report alone, and so is their version. The first who asks has a report made: `last` gives it.
 */
export function riskTables(
  ledger: Ledger,
  store: LedgerRecordStore,
  last: () => RiskReport | null,
): RecordedTable[] {
  const table = (
    name: string,
    columns: Columns,
    rows: () => Iterable<readonly Cell[]>,
    count: () => number,
  ): RecordedTable => ({
    name,
    columns: Object.entries(columns).map(([column, type]) => ({ name: column, type })),
    version: () => ledger.version("report"),
    rows,
    count,
  });
  const ofLast = (
    name: string,
    columns: Columns,
    list: (report: RiskReport) => readonly (readonly Cell[])[],
  ): RecordedTable =>
    table(
      name,
      { _time: "TIMESTAMP", ...columns },
      () => {
        const report = last();
        return report === null ? [] : list(report).map((row) => [timeOf(report), ...row]);
      },
      // Counting makes no report.
      () => {
        const report = store.report<RiskReport>("risk")?.report;
        return report ? list(report).length : 0;
      },
    );
  return [
    ofLast(
      "risk_sources",
      {
        ...{
          source: "VARCHAR",
          title: "VARCHAR",
          status: "VARCHAR",
          decision: "VARCHAR",
          decision_text: "VARCHAR",
        },
        ...{ cost_usd: "DOUBLE", cost_known: "BOOLEAN", cost_avoided_usd: "DOUBLE" },
        ...{
          credit_usd: "DOUBLE",
          credit_low_usd: "DOUBLE",
          credit_high_usd: "DOUBLE",
          credit_basis: "VARCHAR",
        },
        ...{ marginal_usd: "DOUBLE", marginal_low_usd: "DOUBLE", marginal_high_usd: "DOUBLE" },
        ...{ net_usd: "DOUBLE", net_low_usd: "DOUBLE", net_high_usd: "DOUBLE" },
        ...{ worth_it: "DOUBLE", break_even_cost_usd: "DOUBLE", evpi_usd: "DOUBLE", coverage: "DOUBLE" },
      },
      ({ sources }) =>
        sources.map((row) => [
          ...[row.id, row.title, row.status, row.decisionKind ?? null, row.decision],
          ...[row.costUsd, row.costKnown, row.costAvoidedUsd],
          ...[row.credit.mean, row.credit.q05, row.credit.q95, row.creditBasis],
          ...[row.marginal.mean, row.marginal.q05, row.marginal.q95],
          ...[row.netMarginal.mean, row.netMarginal.q05, row.netMarginal.q95],
          ...[row.worthIt, row.breakEvenCostUsd, row.evpiUsd],
          row.coverage.length === 0
            ? null
            : row.coverage.reduce((sum, { mean }) => sum + mean, 0) / row.coverage.length,
        ]),
    ),
    ofLast(
      "risk_scenarios",
      {
        ...{ scenario: "VARCHAR", title: "VARCHAR" },
        ...{ frequency: "DOUBLE", frequency_low: "DOUBLE", frequency_high: "DOUBLE" },
        ...{ loss_usd: "DOUBLE", loss_low_usd: "DOUBLE", loss_high_usd: "DOUBLE" },
        ...{ without_usd: "DOUBLE", now_usd: "DOUBLE" },
      },
      ({ scenarios }) =>
        scenarios.map((row) => [
          ...[row.id, row.title, row.frequency.mean, row.frequency.q05, row.frequency.q95],
          ...[row.lossPerEventUsd.mean, row.lossPerEventUsd.q05, row.lossPerEventUsd.q95],
          ...[row.withoutUsd, row.nowUsd],
        ]),
    ),
    ofLast(
      "risk_inputs",
      {
        ...{ input: "VARCHAR", value: "DOUBLE", low: "DOUBLE", high: "DOUBLE", origin: "VARCHAR" },
        ...{ author: "VARCHAR", date: "VARCHAR", evidence: "DOUBLE", effective_evidence: "DOUBLE" },
        ...{
          found_in: "VARCHAR",
          worth_knowing_usd: "DOUBLE",
          swing_low_usd: "DOUBLE",
          swing_high_usd: "DOUBLE",
        },
      },
      ({ assumptions }) =>
        assumptions.map((row) => [
          ...[row.name, row.mean, row.q05, row.q95, row.origin],
          ...[row.author, row.date],
          ...[row.evidence, row.effectiveEvidence ?? row.evidence, row.source],
          ...[row.evppiUsd, row.swingUsd?.[0] ?? null, row.swingUsd?.[1] ?? null],
        ]),
    ),
    ofLast(
      "risk_detections",
      {
        ...{
          detection: "VARCHAR",
          kind: "VARCHAR",
          requires: "VARCHAR",
          active: "BOOLEAN",
          decision: "VARCHAR",
        },
        ...{ p: "DOUBLE", p_low: "DOUBLE", p_high: "DOUBLE", p_origin: "VARCHAR", h: "DOUBLE" },
        ...{ precision: "DOUBLE", alerts_per_year: "DOUBLE", triage_minutes: "DOUBLE", triage_usd: "DOUBLE" },
        ...{
          usd_per_true_positive: "DOUBLE",
          value_usd: "DOUBLE",
          last_fired: "TIMESTAMP",
          last_test: "TIMESTAMP",
        },
      },
      ({ detections }) =>
        detections.map((row) => [
          ...[row.id, row.kind, row.requires.join(", "), row.active, row.decision],
          ...[row.p.mean, row.p.q05, row.p.q95, row.pOrigin, row.h],
          ...[row.precision?.mean ?? null, row.alertsPerYear, row.triageMinutes, row.triageUsd],
          ...[row.usdPerTruePositive, row.valueUsd, instantUs(row.lastFired), instantUs(row.lastTest)],
        ]),
    ),
    table(
      "risk_reports",
      {
        ...{ _time: "TIMESTAMP", seed: "BIGINT", baseline_usd: "DOUBLE", residual_usd: "DOUBLE" },
        ...{ reduction_usd: "DOUBLE", reduction_low_usd: "DOUBLE", reduction_high_usd: "DOUBLE" },
        ...{ cost_usd: "DOUBLE", net_usd: "DOUBLE", net_positive: "DOUBLE", over_appetite: "DOUBLE" },
        ...{
          brier: "DOUBLE",
          resolved: "BIGINT",
          measured: "BIGINT",
          elicited: "BIGINT",
          defaults: "BIGINT",
        },
        headline: "VARCHAR",
      },
      () => {
        last();
        return store.reports<RiskReport>("risk", KEPT_REPORTS).map(({ report }): Cell[] => {
          const { headline, origins, exceedance, calibration } = report;
          return [
            ...[timeOf(report), BigInt(report.seed), headline.baseline.mean, headline.residual.mean],
            ...[headline.reduction.mean, headline.reduction.q05, headline.reduction.q95],
            ...[headline.costUsd, headline.net.mean, headline.netPositive],
            ...[exceedance.curves.find(({ label }) => label === "Current sources")?.overAppetite ?? null],
            ...[calibration.brier, BigInt(calibration.resolved)],
            ...[BigInt(origins.measured), BigInt(origins.elicited), BigInt(origins.default)],
            headline.sentence,
          ];
        });
      },
      () => store.reports<RiskReport>("risk", KEPT_REPORTS).length,
    ),
  ];
}

function timeOf(report: RiskReport): bigint {
  return BigInt(Date.parse(report.generated)) * 1000n;
}

function instantUs(text: string | null | undefined): bigint | null {
  const ms = text ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? null : BigInt(ms) * 1000n;
}
