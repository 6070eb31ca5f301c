import { html, nothing, type TemplateResult } from "lit";
import type { ForecastGroup } from "../../promote/risk/forecast-groups.ts";
import type { ForecastsPage as Forecasts } from "../../server/api/api.ts";
import { client } from "../api/browser-client.ts";
import { emptyState } from "../element/empty-state.ts";
import { age } from "../element/instant.ts";
import { Loading } from "../element/loading.ts";
import { TabInAddress } from "../element/tab-in-address.ts";
import { table } from "../element/table.ts";
import { tabs } from "../element/tabs.ts";
import { View } from "../element/view.ts";
import { instantMs } from "../format/instant.ts";
import { formatCount, formatRate, formatShare } from "../format/number.ts";
import { formatRoute } from "../route/route.ts";
import { calibrationChart } from "./calibration-chart.ts";

type Forecast = Forecasts["forecasts"][number];

const SORTS = [
  { key: "rule", title: "By rule" },
  { key: "source", title: "By source" },
  { key: "version", title: "By version of what made them" },
] as const;

/** Are we any good at predicting? */
export class ForecastsPage extends View {
  #forecasts = new Loading(this, (signal) => client.forecasts(signal), { refreshMs: 15_000 });
  #tab = new TabInAddress(this, "rule");

  override render(): unknown {
    return html`<header class="page-head">
        <div>
          <h1>Forecasts</h1>
          <p>Predictions made before the outcome, and how they held.</p>
        </div>
        <div class="buttons"><a class="button" href=${`${formatRoute({ page: "elicit" })}?tab=train`}>Train how sure you are</a></div>
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
        <div><dt>Open</dt><dd>${formatCount(page.open)}${nextOpen(page.forecasts)}</dd></div>
        ${intervalFigure(page.groups ?? [])} ${countFigure(page.groups ?? [])}
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
      ${this.#groups(page.groups ?? [])}
      ${this.#open(page.forecasts)}
      <section><h2>All forecasts</h2>${this.#list(page.forecasts)}</section>
    </div>`;
  }

  #groups(groups: readonly ForecastGroup[]): TemplateResult {
    const by = SORTS.find(({ key }) => key === this.#tab.selected)?.key ?? "rule";
    return html`<section>
      <h2>Where we are good at it</h2>
      ${tabs(
        "Scores",
        SORTS.map(({ key, title }) => ({
          key,
          title,
          count: groups.filter((group) => group.by === key).length,
        })),
        by,
        this.#tab.select,
      )}
      <div id="tab-panel" role="tabpanel" aria-labelledby=${`tab-${by}`}>
        ${groupTable(groups.filter((group) => group.by === by))}
      </div>
      <p class="sub muted">Rules, sources and versions are scored, never a person. Rows of few forecasts say little.</p>
    </section>`;
  }

  #open(forecasts: readonly Forecast[]): TemplateResult | typeof nothing {
    const open = forecasts.filter(({ outcome, state }) => outcome === null && (state ?? "open") === "open");
    if (open.length === 0) return nothing;
    const soon = [...open].sort(byResolution).slice(0, 8);
    return html`<section>
      <h2>Open: what we say will come</h2>
      ${table<Forecast>({
        caption: "open forecasts, the next to be resolved first",
        rows: soon,
        columns: [
          { key: "statement", title: "Forecast", wide: true, render: (one) => one.statement },
          { key: "subject", title: "About", render: (one) => subjectLink(one.subject) },
          { key: "value", title: "Said", number: true, render: said },
          {
            key: "resolve",
            title: "Resolve by",
            render: (one) => html`<span class="nowrap">${age(one.resolveBy)}</span>`,
          },
        ],
      })}
      ${open.length > soon.length ? html`<p class="sub muted">and ${formatCount(open.length - soon.length)} more in the list below.</p>` : nothing}
    </section>`;
  }

  #list(forecasts: readonly Forecast[]): TemplateResult {
    return table<Forecast>({
      caption: "forecasts",
      rows: forecasts,
      filterKey: "filter",
      filter: (forecast) => `${forecast.statement} ${forecast.subject}`,
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

function groupTable(groups: readonly ForecastGroup[]): TemplateResult {
  return table<ForecastGroup>({
    caption: "scores of forecasts",
    rows: groups,
    empty: html`<p class="muted">No forecast of this kind is scored yet.</p>`,
    columns: [
      { key: "name", title: "Name", sort: (one) => one.name, render: (one) => one.name },
      { key: "kind", title: "Kind", sort: (one) => one.kind, render: (one) => KINDS[one.kind] },
      { key: "n", title: "Scored", number: true, sort: (one) => one.n, render: (one) => formatCount(one.n) },
      {
        key: "brier",
        title: "Brier",
        hint: "Mean squared miss of chances: 0 is perfect, 0.25 is a coin",
        number: true,
        sort: (one) => one.brier,
        render: (one) => figure(one.brier),
      },
      {
        key: "skill",
        title: "Skill",
        hint: "Better than always saying the base rate",
        number: true,
        sort: (one) => one.skill,
        render: (one) => (one.skill === null ? "" : signedShare(one.skill)),
      },
      {
        key: "log",
        title: "Log score",
        hint: "Mean of -ln of the probability given to what came; lower is better",
        number: true,
        sort: (one) => one.logScore,
        render: (one) => figure(one.logScore),
      },
      {
        key: "hits",
        title: "Intervals that held",
        hint: "Of 90% intervals, with Clopper and Pearson's 95% interval",
        number: true,
        sort: (one) => (one.hits === null ? null : one.hits / one.n),
        render: (one) =>
          one.hits === null
            ? ""
            : html`${one.hits} of ${one.n}${one.hitRate === null ? nothing : html`<span class="sub">${formatShare(one.hitRate[0])} to ${formatShare(one.hitRate[1])}</span>`}`,
      },
      {
        key: "crps",
        title: "CRPS",
        hint: "Of counts, in alerts: the mean miss of a forecast that names one number",
        number: true,
        sort: (one) => one.crps,
        render: (one) => figure(one.crps),
      },
    ],
  });
}

const KINDS: Readonly<Record<ForecastGroup["kind"], string>> = {
  binary: "chances",
  interval: "90% intervals",
  count: "counts",
};

/** Versions made every forecast once: their groups hold all that was scored. */
function intervalFigure(groups: readonly ForecastGroup[]): TemplateResult | typeof nothing {
  const intervals = groups.filter(({ by, hits }) => by === "version" && hits !== null);
  const n = intervals.reduce((sum, group) => sum + group.n, 0);
  if (n === 0) return nothing;
  const hits = intervals.reduce((sum, group) => sum + group.hits!, 0);
  return html`<div><dt>Intervals that held</dt><dd>${hits} of ${n}<small>90% of them should</small></dd></div>`;
}

function countFigure(groups: readonly ForecastGroup[]): TemplateResult | typeof nothing {
  const counts = groups.filter(({ by, crps }) => by === "version" && crps !== null);
  const n = counts.reduce((sum, group) => sum + group.n, 0);
  if (n === 0) return nothing;
  const crps = counts.reduce((sum, group) => sum + group.crps! * group.n, 0) / n;
  return html`<div><dt>CRPS of counts</dt><dd>${crps.toFixed(2)}<small>alerts off, over ${formatCount(n)}</small></dd></div>`;
}

function nextOpen(forecasts: readonly Forecast[]): TemplateResult | typeof nothing {
  const open = forecasts.filter(({ outcome, state }) => outcome === null && (state ?? "open") === "open");
  const next = open.toSorted(byResolution)[0];
  return next === undefined ? nothing : html`<small>next ${age(next.resolveBy)}</small>`;
}

function byResolution(left: Forecast, right: Forecast): number {
  return (instantMs(left.resolveBy) ?? 0) - (instantMs(right.resolveBy) ?? 0);
}

function figure(value: number | null): string {
  return value === null ? "" : value.toFixed(3);
}

function signedShare(value: number): string {
  return value < 0 ? `−${formatShare(-value)}` : formatShare(value);
}

function score(value: number | null): TemplateResult | string {
  return value === null ? html`<span class="muted">none yet</span>` : value.toFixed(3);
}

/** A chance where an outcome is yes or no (an alert), the number itself where it is counted (a rule's alerts a week). */
function said({ value, subject, kind }: Forecast): string {
  if (typeof value !== "number") return `${formatRate(value[0])} to ${formatRate(value[1])}`;
  const chance = kind === undefined ? !subject.startsWith("rule:") : kind === "binary";
  return chance ? formatShare(value) : formatRate(value);
}

function subjectLink(subject: string): TemplateResult {
  const [kind, name] = [subject.slice(0, subject.indexOf(":")), subject.slice(subject.indexOf(":") + 1)];
  if (kind === "alert" || kind === "rule" || kind === "source") {
    return html`<a href=${formatRoute({ page: kind, name })}>${kind} ${name.length > 24 ? `${name.slice(0, 12)}\u2026` : name}</a>`;
  }
  return html`${subject}`;
}

customElements.define("spoor-forecasts-page", ForecastsPage);
