import { html, type TemplateResult } from "lit";
import type { ForecastsPage as Forecasts } from "../../server/api/api.ts";
import { client } from "../api/browser-client.ts";
import { emptyState } from "../element/empty-state.ts";
import { age } from "../element/instant.ts";
import { Loading } from "../element/loading.ts";
import { table } from "../element/table.ts";
import { View } from "../element/view.ts";
import { instantMs } from "../format/instant.ts";
import { formatCount, formatRate, formatShare } from "../format/number.ts";
import { formatRoute } from "../route/route.ts";
import { calibrationChart } from "./calibration-chart.ts";

type Forecast = Forecasts["forecasts"][number];

/** Are we any good at predicting? */
export class ForecastsPage extends View {
  #forecasts = new Loading(this, (signal) => client.forecasts(signal), { refreshMs: 15_000 });

  override render(): unknown {
    return html`<header class="page-head">
        <div>
          <h1>Forecasts</h1>
          <p>Predictions made before the outcome, and how they held.</p>
        </div>
      </header>
      ${this.#forecasts.render((page) => this.#content(page))}`;
  }

  #content(page: Forecasts): TemplateResult {
    if (page.forecasts.length === 0) {
      return emptyState(
        "No forecast yet",
        "Every alert makes one when it fires: how likely it is a true positive. Deciding the alert scores it.",
        { label: "See the alerts", href: "/alerts" },
      );
    }
    return html`<div class="stack">
      <dl class="figures">
        <div><dt>Brier score</dt><dd>${score(page.brier)}<small>0 is perfect, 0.25 is a coin</small></dd></div>
        <div>
          <dt>Skill</dt>
          <dd>${page.skill === null ? "none yet" : formatShare(Math.max(page.skill, 0))}${
            page.skill !== null && page.skill < 0
              ? html`<small>worse than always saying the base rate</small>`
              : html`<small>better than always saying the base rate</small>`
          }</dd>
        </div>
        <div><dt>Resolved</dt><dd>${formatCount(page.resolved)}</dd></div>
        <div><dt>Open</dt><dd>${formatCount(page.open)}</dd></div>
      </dl>
      <div class="halves">
        <section class="panel">
          <h2>Calibration</h2>
          ${calibrationChart(page.calibration)}
        </section>
        <section class="panel">
          <h2>How to read it</h2>
          <div class="prose">
            <p>Of all forecasts that said 70%, about 70 in 100 should come true: then the dots lie on the dashed line.</p>
            <p>
              The upright lines are 95% Wilson intervals: with few forecasts they are long, and a dot off the line says little.
            </p>
            <p>
              The Brier score is the mean squared distance between what was said and what came (0 or 1). Skill compares it with
              always saying the base rate.
            </p>
          </div>
        </section>
      </div>
      ${this.#list(page.forecasts)}
    </div>`;
  }

  #list(forecasts: readonly Forecast[]): TemplateResult {
    return table<Forecast>({
      caption: "forecasts",
      rows: forecasts,
      filterKey: "filter",
      filter: (forecast) => `${forecast.statement} ${forecast.subject} ${forecast.author}`,
      columns: [
        { key: "statement", title: "Forecast", sort: (one) => one.statement, render: (one) => one.statement },
        {
          key: "subject",
          title: "About",
          sort: (one) => one.subject,
          render: (one) => subjectLink(one.subject),
        },
        { key: "value", title: "Said", number: true, render: said },
        {
          key: "outcome",
          title: "Came",
          number: true,
          sort: (one) => one.outcome,
          render: (one) =>
            one.outcome === null ? html`<span class="muted">open</span>` : String(one.outcome),
        },
        {
          key: "score",
          title: "Score",
          number: true,
          sort: (one) => one.score,
          render: (one) => score(one.score),
        },
        { key: "author", title: "By", sort: (one) => one.author, render: (one) => one.author },
        {
          key: "created",
          title: "Made",
          sort: (one) => instantMs(one.created),
          render: (one) => html`<span class="nowrap">${age(one.created)}</span>`,
        },
        {
          key: "resolve",
          title: "Resolve by",
          sort: (one) => instantMs(one.resolveBy),
          render: (one) => html`<span class="nowrap">${age(one.resolveBy)}</span>`,
        },
      ],
    });
  }
}

function score(value: number | null): TemplateResult | string {
  return value === null ? html`<span class="muted">none yet</span>` : value.toFixed(3);
}

/** A chance where an outcome is yes or no (an alert), the number itself where it is counted (a rule's alerts a week). */
function said({ value, subject }: Forecast): string {
  if (typeof value !== "number") return `${value[0]} to ${value[1]}`;
  return subject.startsWith("rule:") ? formatRate(value) : formatShare(value);
}

function subjectLink(subject: string): TemplateResult {
  const [kind, name] = [subject.slice(0, subject.indexOf(":")), subject.slice(subject.indexOf(":") + 1)];
  if (kind === "alert" || kind === "rule" || kind === "source") {
    return html`<a href=${formatRoute({ page: kind, name })}>${kind} ${name.length > 24 ? `${name.slice(0, 12)}\u2026` : name}</a>`;
  }
  return html`${subject}`;
}

customElements.define("spoor-forecasts-page", ForecastsPage);
