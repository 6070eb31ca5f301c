import { html, nothing, type TemplateResult } from "lit";
import type { Origin } from "../../../promote/risk/model.ts";
import type {
  AssumptionRow,
  DetectionRow,
  Interval,
  RiskReport,
  SourceRow,
} from "../../../promote/risk/report-value.ts";
import { badge, type Tone } from "../../element/badge.ts";
import { instant } from "../../element/instant.ts";
import { table } from "../../element/table.ts";
import { formatCount, formatRate, formatShare, formatUsd, formatUsdRange } from "../../format/number.ts";
import { formatRoute } from "../../route/route.ts";

const ORIGIN_TONES: Readonly<Record<Origin, Tone>> = {
  default: "warning",
  elicited: "accent",
  measured: "good",
};

function interval(value: Interval): TemplateResult {
  return html`${formatUsd(value.mean)}<span class="sub">${formatUsdRange(value.q05, value.q95)}</span>`;
}

function shareInterval(value: Interval): TemplateResult {
  return html`${formatShare(value.mean)}<span class="sub">${formatShare(value.q05)} to ${formatShare(value.q95)}</span>`;
}

function origin(value: Origin): TemplateResult {
  return badge(value, ORIGIN_TONES[value]);
}

export function sourceTable(sources: readonly SourceRow[]): TemplateResult {
  return table<SourceRow>({
    caption: "sources in the risk model",
    rows: sources,
    columns: [
      {
        key: "title",
        title: "Source",
        sort: (row) => row.title,
        render: (row) => html`<a href=${formatRoute({ page: "source", name: row.id })}>${row.title}</a>
          <span class="sub">${[row.id, row.status, ...row.constraints].join(" · ")}</span>
          <details class="sub">
            <summary>Coverage</summary>
            ${row.coverage.map(
              (one) =>
                html`<span class="sub">${one.scenario} ${formatShare(one.mean)} (${one.origin}${evidence(one)})</span>`,
            )}
          </details>`,
      },
      { key: "decision", title: "Decision", wide: true, render: (row) => row.decision },
      {
        key: "cost",
        title: "Cost",
        number: true,
        sort: (row) => row.costUsd,
        render: (row) =>
          html`${row.costKnown ? formatUsd(row.costUsd) : "unknown"}${range(row.cost)}${costSplit(row)}<span class="sub">even at ${formatUsd(row.breakEvenCostUsd)}</span><span class="sub">${origin(row.costOrigin)}</span>`,
      },
      {
        key: "credit",
        title: "Contributes",
        number: true,
        sort: (row) => row.credit.mean,
        render: (row) => interval(row.credit),
      },
      {
        key: "marginal",
        title: "Lost without it",
        number: true,
        sort: (row) => row.marginal.mean,
        render: (row) => interval(row.marginal),
      },
      {
        key: "net",
        title: "Net",
        number: true,
        sort: (row) => row.netMarginal.mean,
        render: (row) => interval(row.netMarginal),
      },
      {
        key: "worth",
        title: "P(worth it)",
        number: true,
        sort: (row) => row.worthIt,
        render: (row) => formatShare(row.worthIt),
      },
    ],
  });
}

export function detectionsTable(detections: readonly DetectionRow[]): TemplateResult {
  return table<DetectionRow>({
    caption: "rules and hunts in the risk model",
    rows: detections,
    columns: [
      {
        key: "id",
        title: "Rule or hunt",
        sort: (row) => row.id,
        render: (
          row,
        ) => html`<a href=${formatRoute({ page: row.kind === "rule" ? "rule" : "notebook", name: row.id })}>${row.id}</a>
          <span class="sub">${row.kind}, needs ${row.requires.join(" and ")}</span>
          <span class="sub">${row.lastFired === null ? "never fired" : html`fired ${instant(row.lastFired)}`}, ${row.lastTest === null ? "never tested" : html`tested ${instant(row.lastTest)}`}</span>`,
      },
      { key: "decision", title: "Decision", wide: true, render: (row) => row.decision },
      {
        key: "p",
        title: "P(fires)",
        number: true,
        sort: (row) => row.p.mean,
        render: (row) =>
          html`${shareInterval(row.p)}<span class="sub">acted on ${formatShare(row.h)}</span><span class="sub">${origin(row.pOrigin)}</span>`,
      },
      {
        key: "precision",
        title: "Precision",
        number: true,
        sort: (row) => row.precision?.mean ?? null,
        render: (row) =>
          row.precision === null ? html`<span class="muted">no outcome</span>` : shareInterval(row.precision),
      },
      {
        key: "alerts",
        title: "Alerts/year",
        number: true,
        sort: (row) => row.alertsPerYear,
        render: (row) => formatRate(row.alertsPerYear),
      },
      {
        key: "triage",
        title: "Triage/year",
        number: true,
        sort: (row) => row.triageUsd,
        render: (row) =>
          html`${formatUsd(row.triageUsd)}${range(row.triage)}<span class="sub">${formatRate(row.triageMinutes)} min each</span>`,
      },
      {
        key: "per",
        title: "$/true positive",
        number: true,
        sort: (row) => row.usdPerTruePositive,
        render: (row) =>
          row.usdPerTruePositive === null
            ? html`<span class="muted">unknown</span>`
            : formatUsd(row.usdPerTruePositive),
      },
      {
        key: "value",
        title: "Worth/year",
        number: true,
        sort: (row) => row.valueUsd,
        render: (row) => formatUsd(row.valueUsd),
      },
    ],
  });
}

export function scenarioTable(scenarios: RiskReport["scenarios"]): TemplateResult {
  return table<RiskReport["scenarios"][number]>({
    caption: "scenarios",
    rows: scenarios,
    columns: [
      { key: "title", title: "Scenario", sort: (row) => row.title, render: (row) => row.title },
      {
        key: "frequency",
        title: "Attacks/year",
        number: true,
        sort: (row) => row.frequency.mean,
        render: (row) =>
          html`${row.frequency.mean.toPrecision(2)}<span class="sub">${row.frequency.q05.toPrecision(2)} to ${row.frequency.q95.toPrecision(2)}</span>`,
      },
      {
        key: "loss",
        title: "Loss each, undetected",
        number: true,
        sort: (row) => row.lossPerEventUsd.mean,
        render: (row) => interval(row.lossPerEventUsd),
      },
      {
        key: "without",
        title: "Expected/year, no source",
        number: true,
        sort: (row) => row.withoutUsd,
        render: (row) => formatUsd(row.withoutUsd),
      },
      {
        key: "now",
        title: "Expected/year, today",
        number: true,
        sort: (row) => row.nowUsd,
        render: (row) => formatUsd(row.nowUsd),
      },
    ],
  });
}

export function assumptionTable(assumptions: readonly AssumptionRow[]): TemplateResult {
  return table<AssumptionRow>({
    caption: "assumptions",
    rows: assumptions,
    filter: (row) => `${row.name} ${row.origin} ${row.author} ${row.source}`,
    columns: [
      {
        key: "name",
        title: "Assumption",
        sort: (row) => row.name,
        render: (row) => html`<code>${row.name}</code>`,
      },
      {
        key: "mean",
        title: "Mean",
        number: true,
        sort: (row) => row.mean,
        render: (row) => quantity(row.mean),
      },
      {
        key: "range",
        title: "90% interval",
        number: true,
        render: (row) => `${quantity(row.q05)} to ${quantity(row.q95)}`,
      },
      { key: "origin", title: "Origin", sort: (row) => row.origin, render: (row) => origin(row.origin) },
      {
        key: "who",
        title: "From",
        render: (row) =>
          html`${row.author} <span class="sub">${[row.date, row.source].filter(Boolean).join(" · ")}</span>`,
      },
      {
        key: "evidence",
        title: "Evidence",
        number: true,
        sort: (row) => row.evidence,
        render: (row) =>
          html`${formatCount(row.evidence)}${row.evidence - row.effectiveEvidence < 0.5 ? nothing : html`<span class="sub">counts as ${formatRate(row.effectiveEvidence)}</span>`}`,
      },
      {
        key: "evppi",
        title: "Worth knowing",
        number: true,
        sort: (row) => row.evppiUsd,
        render: (row) =>
          row.evppiUsd === null ? html`<span class="muted">below noise</span>` : formatUsd(row.evppiUsd),
      },
      {
        key: "swing",
        title: "Net value moves",
        number: true,
        render: (row) => (row.swingUsd === null ? "" : formatUsdRange(row.swingUsd[0], row.swingUsd[1])),
      },
    ],
  });
}

function quantity(value: number): string {
  return Math.abs(value) >= 1000 ? formatCount(value) : String(Number(value.toPrecision(3)));
}

/** The 90% interval under a figure; nothing where it is known exactly. */
function range(value: Interval): TemplateResult | typeof nothing {
  return value.q95 - value.q05 < 0.5
    ? nothing
    : html`<span class="sub">${formatUsdRange(value.q05, value.q95)}</span>`;
}

function costSplit({ costParts }: SourceRow): TemplateResult | typeof nothing {
  const parts = Object.entries(costParts ?? {}).filter(([part, usd]) => usd >= 0.5 && part !== "stated");
  return parts.length < 2
    ? nothing
    : html`<span class="sub">${parts.map(([part, usd]) => `${part} ${formatUsd(usd)}`).join(", ")}</span>`;
}

function evidence(one: SourceRow["coverage"][number]): string {
  if (one.evidence === 0) return "";
  const left = Math.round(one.effectiveEvidence);
  return `, n=${one.evidence}${left < one.evidence ? `, counts as ${left}` : ""}`;
}
