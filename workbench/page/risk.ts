import "./risk/what-if-panel.ts";
import { html, nothing, type TemplateResult } from "lit";
import type { Origin } from "../../promote/risk/model.ts";
import type {
  AssumptionRow,
  DetectionRow,
  Interval,
  RiskReport,
  SourceRow,
} from "../../promote/risk/report-value.ts";
import { client } from "../api/browser-client.ts";
import { badge, type Tone } from "../element/badge.ts";
import { emptyState } from "../element/empty-state.ts";
import { instant } from "../element/instant.ts";
import { Loading } from "../element/loading.ts";
import { table } from "../element/table.ts";
import { View } from "../element/view.ts";
import { formatCount, formatRate, formatShare, formatUsd, formatUsdRange } from "../format/number.ts";
import { formatRoute } from "../route/route.ts";
import { calibrationChart } from "./calibration-chart.ts";
import {
  breakEvenChart,
  creditChart,
  curveLabel,
  exceedanceChart,
  informationChart,
  portfolioChart,
} from "./risk-charts.ts";

const ORIGIN_TONES: Readonly<Record<Origin, Tone>> = {
  default: "warning",
  elicited: "accent",
  measured: "good",
};

/** What is each source worth, and what should we do? */
export class RiskPage extends View {
  #report = new Loading(this, (signal) => client.riskReport(signal));

  override render(): unknown {
    const status = this.#report.failure?.status;
    return html`<header class="page-head">
        <div>
          <h1>Risk</h1>
          <p>What each source is worth in dollars a year, and what to do about it.</p>
        </div>
        ${this.#report.value === null ? nothing : html`<div class="buttons"><button type="button" class="button" @click=${() => window.print()}>Print</button></div>`}
      </header>
      ${
        status === 404
          ? emptyState(
              "No risk model yet",
              "Write risk/model.yaml in the workspace: scenarios you fear, what they cost, and which sources and rules would see them.",
              { label: "See the sources", href: "/sources" },
            )
          : this.#report.render((report) => this.#content(report), 16)
      }`;
  }

  #content(report: RiskReport): TemplateResult {
    const { headline } = report;
    return html`<div class="stack">
      <section class="panel stack tight">
        <p class="headline">${headline.sentence}</p>
        <p class="headline"><strong>${headline.decision}</strong></p>
        <dl class="figures">
          ${money("Expected loss without any source", headline.baseline)} ${money("With what we have", headline.residual)}
          ${money("Reduction", headline.reduction)} ${money("Net of cost", headline.net)}
          <div><dt>Chance it is worth its cost</dt><dd>${formatShare(headline.netPositive)}</dd></div>
          <div><dt>Cost</dt><dd>${formatUsd(headline.costUsd)}<small>a year</small></dd></div>
        </dl>
        <p class="muted">
          Made ${instant(report.generated)} from ${formatCount(report.draws)} draws over what we do not know (seed ${report.seed}). Inputs:
          ${report.origins.measured} measured, ${report.origins.elicited} elicited, ${report.origins.default} defaults.
        </p>
      </section>
      <div class="charts panel">
        ${figure("1. Chance of a bad year", exceedanceChart(report), this.#exceedanceNote(report))}
        ${figure("2. What each source contributes", creditChart(report.sources), "Bar: its share of the reduction. Dot: what would be lost without it. Tick: its cost.")}
        ${figure("3. Keep or drop", breakEvenChart(report.sources), "Beside each: the chance that it is worth its cost. Dashed: break-even; a source above it earns its keep.")}
        ${figure(
          `4. What to measure next: ${report.focus.question}`,
          report.information.bars.length === 0
            ? html`<p>Nothing we could measure would change this decision.</p>`
            : informationChart(report),
          `${report.information.advice} Dashed: the noise floor of the estimate, ${formatUsd(report.information.floorUsd)}.`,
        )}
        ${figure("5. Portfolios", portfolioChart(report), "Net of cost. Dark: what we have today.")}
        ${figure("6. Are our forecasts any good?", calibrationChart(report.calibration.table, 300), this.#calibrationNote(report))}
      </div>
      ${
        report.losingCase.length === 0
          ? nothing
          : html`<section class="panel">
            <h2>The case against</h2>
            <ul class="prose">${report.losingCase.map((line) => html`<li>${line}</li>`)}</ul>
          </section>`
      }
      <section class="panel what-if-panel">
        <h2>What if</h2>
        <spoor-what-if></spoor-what-if>
      </section>
      <section><h2>Sources</h2>${sourceTable(report.sources)}</section>
      <section><h2>Rules and hunts</h2>${detectionsTable(report.detections)}</section>
      <section><h2>Scenarios</h2>${scenarioTable(report.scenarios)}</section>
      <section><h2>Assumptions, most valuable to know first</h2>${assumptionTable(report.assumptions)}</section>
      ${
        report.changes.length === 0
          ? nothing
          : html`<section>
            <h2>Changes since the last report</h2>
            ${table({
              caption: "changes",
              rows: report.changes,
              columns: [
                { key: "figure", title: "Figure", render: (row) => row.figure },
                { key: "before", title: "Before", number: true, render: (row) => formatUsd(row.before) },
                { key: "after", title: "Now", number: true, render: (row) => formatUsd(row.after) },
                { key: "because", title: "Because", render: (row) => row.because },
              ],
            })}
          </section>`
      }
    </div>`;
  }

  #exceedanceNote(report: RiskReport): string {
    const { check } = report.exceedance;
    const over = report.exceedance.curves
      .filter(({ overAppetite }) => overAppetite !== null)
      .map(({ name, overAppetite }) => `${curveLabel(report, name, true)} ${formatShare(overAppetite!)}`);
    const appetite = over.length === 0 ? "" : `Over the appetite: ${over.join(", ")}. `;
    return `${appetite}Checked by ${formatCount(check.years)} simulated years at ${formatUsd(check.usd)}: ${formatShare(check.simulated)} against ${formatShare(check.exact)}${check.agrees ? "" : ", which does NOT agree"}.`;
  }

  #calibrationNote(report: RiskReport): string {
    const { brier, skill, resolved, intervalHits, intervalCount } = report.calibration;
    const parts = [`${resolved} resolved`];
    if (brier !== null) parts.push(`Brier ${brier.toFixed(3)}`);
    if (skill !== null)
      parts.push(`skill ${formatShare(Math.abs(skill))}${skill < 0 ? " worse than the base rate" : ""}`);
    if (intervalHits !== null) parts.push(`${intervalHits} of ${intervalCount} 90% intervals held`);
    return `${parts.join(", ")}.`;
  }
}

function figure(title: string, content: TemplateResult, note: string): TemplateResult {
  return html`<figure class="chart">
    <h2>${title}</h2>
    ${content}
    <figcaption>${note}</figcaption>
  </figure>`;
}

function money(title: string, value: Interval): TemplateResult {
  return html`<div>
    <dt>${title}</dt>
    <dd>${formatUsd(value.mean)}<small>${formatUsdRange(value.q05, value.q95)}</small></dd>
  </div>`;
}

function interval(value: Interval): TemplateResult {
  return html`${formatUsd(value.mean)}<span class="sub">${formatUsdRange(value.q05, value.q95)}</span>`;
}

function shareInterval(value: Interval): TemplateResult {
  return html`${formatShare(value.mean)}<span class="sub">${formatShare(value.q05)} to ${formatShare(value.q95)}</span>`;
}

function origin(value: Origin): TemplateResult {
  return badge(value, ORIGIN_TONES[value]);
}

function sourceTable(sources: readonly SourceRow[]): TemplateResult {
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
                html`<span class="sub">${one.scenario} ${formatShare(one.mean)} (${one.origin}, n=${one.evidence})</span>`,
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
          html`${row.costKnown ? formatUsd(row.costUsd) : "unknown"}<span class="sub">even at ${formatUsd(row.breakEvenCostUsd)}</span><span class="sub">${origin(row.costOrigin)}</span>`,
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

function detectionsTable(detections: readonly DetectionRow[]): TemplateResult {
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
          <span class="sub">${row.kind}, needs ${row.requires.join(" and ")}</span>`,
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
          html`${formatUsd(row.triageUsd)}<span class="sub">${formatRate(row.triageMinutes)} min each</span>`,
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

function scenarioTable(scenarios: RiskReport["scenarios"]): TemplateResult {
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

function assumptionTable(assumptions: readonly AssumptionRow[]): TemplateResult {
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
        render: (row) => formatCount(row.evidence),
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

customElements.define("spoor-risk-page", RiskPage);
