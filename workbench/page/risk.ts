import "./risk/printed-report.ts";
import "./risk/what-if-panel.ts";
import "./risk/risk-import.ts";
import "./risk/hunt-first-panel.ts";
import { html, nothing, type TemplateResult } from "lit";
import type { Interval, RiskReport } from "../../promote/risk/report-value.ts";
import { client } from "../api/browser-client.ts";
import { emptyState } from "../element/empty-state.ts";
import { instant } from "../element/instant.ts";
import { Loading } from "../element/loading.ts";
import { View } from "../element/view.ts";
import { formatCount, formatShare, formatUsd, formatUsdRange } from "../format/number.ts";
import { calibrationChart } from "./calibration-chart.ts";
import { changesPanel } from "./risk/changes-panel.ts";
import { decisionList } from "./risk/decision-list.ts";
import { fiveQuestions } from "./risk/five-questions.ts";
import { assumptionTable, detectionsTable, scenarioTable, sourceTable } from "./risk/report-tables.ts";
import {
  breakEvenChart,
  creditChart,
  curveLabel,
  exceedanceChart,
  informationChart,
  portfolioChart,
} from "./risk-charts.ts";

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
        ${
          this.#report.value === null
            ? nothing
            : html`<div class="buttons">
                <a class="button" href="/risk/elicit">Judge the numbers</a>
                <button type="button" class="button" @click=${() => window.print()}>Print</button>
                <a class="button" href="/api/risk/report?format=html" download="risk-report.html">HTML</a>
                <a class="button" href="/api/risk/report" download="risk-report.json">JSON</a>
              </div>`
        }
      </header>
      ${
        status === 404
          ? emptyState(
              "No risk model yet",
              "Write risk/model.yaml in the workspace: scenarios you fear, what they cost, and which sources and rules would see them.",
              { label: "See the sources", href: "/sources" },
            )
          : this.#report.render((report) => this.#content(report), 16)
      }
      ${this.#report.value === null ? nothing : html`<spoor-printed-report class="printed" .report=${this.#report.value}></spoor-printed-report>`}
      <spoor-risk-import ?no-model=${status === 404} @spoor-imported=${() => this.#report.load()}></spoor-risk-import>`;
  }

  #content(report: RiskReport): TemplateResult {
    const { headline } = report;
    return html`<div class="stack risk-report">
      ${fiveQuestions(report)}
      <section class="panel stack tight" id="worth" aria-label="What it is worth">
        <p class="headline">${headline.sentence}</p>
        <p class="headline"><strong>${headline.decision}</strong></p>
        <dl class="figures">
          ${money("Expected loss without any source", headline.baseline)} ${money("With what we have", headline.residual)}
          ${money("Reduction", headline.reduction)} ${money("Cost", headline.cost)} ${money("Net of cost", headline.net)}
          <div><dt>Chance it is worth its cost</dt><dd>${formatShare(headline.netPositive)}</dd></div>
        </dl>
        <p class="muted">
          Made ${instant(report.generated)} from ${formatCount(report.draws)} draws over what we do not know (seed ${report.seed}). Inputs:
          ${report.origins.measured} measured, ${report.origins.elicited} elicited, ${report.origins.default} defaults.
        </p>
      </section>
      <section class="panel"><h2>What to do</h2>${decisionList(report.decisions)}</section>
      <div class="charts panel">
        ${figure("bad-year", "1. Chance of a bad year", exceedanceChart(report), this.#exceedanceNote(report))}
        ${figure("contributes", "2. What each source contributes", creditChart(report.sources), "Bar: its share of the reduction. Dot: what would be lost without it. Tick: its cost.")}
        ${figure("keep-or-drop", "3. Keep or drop", breakEvenChart(report.sources), "Beside each: the chance that it is worth its cost. Dashed: break-even; a source above it earns its keep.")}
        ${figure(
          "measure-next",
          `4. What to measure next: ${report.focus.question}`,
          report.information.bars.length === 0
            ? html`<p>Nothing we could measure would change this decision.</p>`
            : informationChart(report),
          `${report.information.advice} Dashed: the noise floor of the estimate, ${formatUsd(report.information.floorUsd)}.`,
        )}
        ${figure("portfolios", "5. Portfolios", portfolioChart(report), "Net of cost. Dark: what we have today.")}
        ${figure("forecasts", "6. Are our forecasts any good?", calibrationChart(report.calibration.table, 300), this.#calibrationNote(report))}
      </div>
      <section class="panel what-if-panel" id="drop">
        <h2>What if</h2>
        <spoor-what-if></spoor-what-if>
      </section>
      <section class="panel" id="measure">
        <h2>Hunt first: what exploring is worth</h2>
        <spoor-hunt-first
          .report=${report}
          @spoor-observed=${() => void this.#report.load()}
        ></spoor-hunt-first>
      </section>
      <section class="panel" id="changed">
        <h2>What changed since the last report</h2>
        ${changesPanel(report)}
      </section>
      <section class="panel case-against">
        <div>
          <h2>The case against</h2>
          <ul class="prose">${report.losingCase.map((line) => html`<li>${line}</li>`)}</ul>
        </div>
        ${
          report.constraints.length === 0
            ? nothing
            : html`<div>
                <h2>Kept for other reasons than dollars</h2>
                <ul class="prose">
                  ${report.constraints.map(({ title, reason }) => html`<li><strong>${title}.</strong> ${reason}</li>`)}
                </ul>
              </div>`
        }
      </section>
      <section><h2>Sources</h2>${sourceTable(report.sources)}</section>
      <section><h2>Rules and hunts</h2>${detectionsTable(report.detections)}</section>
      <section><h2>Scenarios</h2>${scenarioTable(report.scenarios)}</section>
      <section>
        <h2>Assumptions, most valuable to know first</h2>
        <p class="muted">
          Measurements lose half of their evidence every ${report.evidenceHalfLifeDays} days: what they still count as stands beside them.
        </p>
        ${assumptionTable(report.assumptions)}
      </section>
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

function figure(id: string, title: string, content: TemplateResult, note: string): TemplateResult {
  return html`<figure class="chart" id=${id}>
    <h2>${title}</h2>
    ${content}
    <figcaption>${note}</figcaption>
  </figure>`;
}

function money(title: string, value: Interval): TemplateResult {
  return html`<div>
    <dt>${title}</dt>
    <dd>
      ${formatUsd(value.mean)}<small
        >${value.q95 - value.q05 < 0.5 ? "a year" : formatUsdRange(value.q05, value.q95)}</small
      >
    </dd>
  </div>`;
}

customElements.define("spoor-risk-page", RiskPage);
