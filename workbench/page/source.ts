import { areaY, axisX, axisY, ruleY } from "@observablehq/plot";
import { html, nothing, type TemplateResult } from "lit";
import type { QuarantineRow, SourceDetail } from "../../server/api/api.ts";
import { client } from "../api/browser-client.ts";
import { tag } from "../element/badge.ts";
import { chart } from "../element/chart.ts";
import { emptyState } from "../element/empty-state.ts";
import { age, instant } from "../element/instant.ts";
import { renderIssues } from "../element/issue-list.ts";
import { Loading } from "../element/loading.ts";
import { TabInAddress } from "../element/tab-in-address.ts";
import { table } from "../element/table.ts";
import { tabPanel, tabs } from "../element/tabs.ts";
import { View } from "../element/view.ts";
import { formatTick, instantMs } from "../format/instant.ts";
import { formatBytes, formatCount, formatShare, formatUsd, formatUsdRange } from "../format/number.ts";
import { renderMarkdown } from "../markdown/render-markdown.ts";
import { formatRoute } from "../route/route.ts";
import { quarantineTable } from "./quarantine-table.ts";
import { sourceState } from "./sources.ts";

const QUARANTINE_SHOWN = 500;

/** Can I trust this data, and what is in it? */
export class SourcePage extends View {
  static override properties = { name: { attribute: false } };
  declare name: string;
  #source = new Loading(this, (signal) => client.source(this.name, signal), { refreshMs: 15_000 });
  #quarantine: Loading<readonly QuarantineRow[]> | null = null;
  #tab = new TabInAddress(this, "overview");

  override render(): unknown {
    return this.#source.render((source) => this.#page(source), 12);
  }

  #page(source: SourceDetail): TemplateResult {
    const selected = this.#tab.selected;
    return html`
      <header class="page-head">
        <div>
          <h1>${source.name}</h1>
          <p>${source.description}</p>
          <div class="facts">
            ${sourceState(source)}
            <span>${source.owner === "" ? "nobody owns it" : `owned by ${source.owner}`}</span>
            <span>last event ${age(source.lastTime)}</span>
            <span>last read ${age(source.lastIngested)}</span>
          </div>
        </div>
        <div class="buttons">
          <a class="button" href=${`/onboard?name=${encodeURIComponent(source.name)}`}>Load more files</a>
          <a
            class="button primary"
            href=${`/hunts?new=1&sql=${encodeURIComponent(`SELECT * FROM "${source.datasets[0] ?? source.name}" LIMIT 1000`)}`}
            >Hunt in it</a
          >
        </div>
      </header>
      ${tabs(
        source.name,
        [
          { key: "overview", title: "Overview" },
          { key: "fields", title: "Fields", count: source.fields.length },
          { key: "inputs", title: "Inputs", count: source.inputs.length },
          { key: "quarantine", title: "Quarantine", count: source.quarantinedCount },
          { key: "events", title: "Post events" },
          { key: "runbook", title: "Runbook" },
          { key: "definition", title: "source.yaml" },
        ],
        selected,
        this.#tab.select,
      )}
      ${tabPanel(selected, this.#panel(selected, source))}
    `;
  }

  #panel(selected: string, source: SourceDetail): TemplateResult {
    switch (selected) {
      case "fields":
        return this.#fields(source);
      case "inputs":
        return this.#inputs(source);
      case "quarantine":
        return this.#quarantineBrowser(source);
      case "events":
        return this.#postEvents(source);
      case "runbook":
        return source.runbook.trim() === ""
          ? emptyState(
              "No runbook yet",
              `Write sources/${source.name}/runbook.md in the workspace: what to do when this source falls silent, and whom to ask.`,
            )
          : html`<div class="panel"><h2>Runbook</h2>${renderMarkdown(source.runbook)}</div>`;
      case "definition":
        return html`<pre>${source.yaml}</pre>`;
      default:
        return this.#overview(source);
    }
  }

  #overview(source: SourceDetail): TemplateResult {
    const total = source.rowCount + source.quarantinedCount;
    return html`<div class="stack">
      ${
        source.healthIssues.length > 0
          ? html`<div class="panel"><h2>What is wrong</h2>${renderIssues(source.healthIssues)}
            <p><a href=${`/hunts?new=1&gap=${encodeURIComponent(source.name)}`}>Start a hunt from this data gap</a></p></div>`
          : nothing
      }
      <dl class="figures">
        <div><dt>Events</dt><dd>${formatCount(source.rowCount)}<small>${formatBytes(source.byteCount)} stored</small></dd></div>
        <div>
          <dt>Quarantined</dt>
          <dd>${formatCount(source.quarantinedCount)}<small>${total === 0 ? "nothing read" : `${formatShare(source.quarantinedCount / total)} of what was read`}</small></dd>
        </div>
        <div><dt>Cost a month</dt><dd>${formatUsd(source.costUsdPerMonth)}<small>${this.#costParts(source)}</small></dd></div>
        <div>
          <dt>Risk reduction a year</dt>
          <dd>
            ${
              source.riskReductionUsd === null
                ? html`not modelled<small><a href="/risk">add it to the risk model</a></small>`
                : html`${formatUsd(source.riskReductionUsd.mean)}<small
                    >90%: ${formatUsdRange(source.riskReductionUsd.q05, source.riskReductionUsd.q95)}</small
                  >`
            }
          </dd>
        </div>
        <div><dt>Feeds rules</dt><dd>${source.rules.length}<small>${source.datasets.length} dataset${source.datasets.length === 1 ? "" : "s"}</small></dd></div>
      </dl>
      <section class="panel">
        <h2>Events over time</h2>
        ${this.#rate(source)}
      </section>
      <div class="halves">
        <section class="panel">
          <h2>Time and entities</h2>
          <p>
            Event time:
            ${source.time.fields.length === 0 ? html`<span class="muted">none</span>` : source.time.fields.map(tag)}
            <span class="muted">${source.time.format}, ${source.time.zone}</span>
          </p>
          <p class="muted">From ${instant(source.firstTime)} to ${instant(source.lastTime)}</p>
          <ul>
            ${source.entities.map((entity) => html`<li>${tag(entity.kind)} <code>${entity.field}</code></li>`)}
          </ul>
        </section>
        <section class="panel">
          <h2>Rules that read it</h2>
          ${
            source.rules.length === 0
              ? html`<p class="muted">None. Hunt in it; a finding can be promoted to a rule.</p>`
              : html`<ul>
                ${source.rules.map((rule) => html`<li><a href=${formatRoute({ page: "rule", name: rule })}>${rule}</a></li>`)}
              </ul>`
          }
        </section>
      </div>
    </div>`;
  }

  #costParts(source: SourceDetail): string {
    const { cost } = source;
    const parts: string[] = [];
    if (cost.gigabytesPerDay !== null) parts.push(`${cost.gigabytesPerDay} GB/day`);
    if (cost.agentCount > 0) parts.push(`${formatCount(cost.agentCount)} agents`);
    if (cost.engineerHoursPerYear > 0) parts.push(`${formatCount(cost.engineerHoursPerYear)} h/year`);
    return parts.join(", ") || "no cost declared";
  }

  #rate(source: SourceDetail): TemplateResult {
    const first = source.firstTime === null ? null : instantMs(source.firstTime);
    const last = source.lastTime === null ? null : instantMs(source.lastTime);
    if (first === null || last === null || source.rate.length === 0) {
      return html`<p class="muted">No event has a time yet.</p>`;
    }
    const step = (last - first) / source.rate.length;
    const points = source.rate.map((count, index) => ({
      time: new Date(first + (index + 0.5) * step),
      count,
    }));
    return chart(`Events of ${source.name} over time`, 180, () => ({
      marginLeft: 56,
      x: { type: "time" },
      y: { grid: true },
      marks: [
        areaY(points, {
          x: "time",
          y: "count",
          curve: "step",
          fill: "var(--chart-1)",
          fillOpacity: 0.35,
          stroke: "var(--chart-1)",
        }),
        axisX({ label: null, tickFormat: (at: Date) => formatTick(at) }),
        axisY({ label: "events a slice", ticks: 4, tickFormat: "~s" }),
        ruleY([0], { stroke: "var(--line-strong)" }),
      ],
    }));
  }

  #fields(source: SourceDetail): TemplateResult {
    return table({
      caption: "fields",
      rows: source.fields,
      filter: (one) => `${one.dataset} ${one.name} ${one.key} ${one.type}`,
      columns: [
        {
          key: "name",
          title: "Field",
          sort: (one) => one.name,
          render: (one) => html`<code>${one.name}</code>`,
        },
        {
          key: "key",
          title: "Key in the source",
          sort: (one) => one.key,
          render: (one) =>
            one.key === one.name ? html`<span class="muted">the same</span>` : html`<code>${one.key}</code>`,
        },
        {
          key: "type",
          title: "Type",
          sort: (one) => one.type,
          render: (one) => html`<code>${one.type}</code>`,
        },
        { key: "dataset", title: "Dataset", sort: (one) => one.dataset, render: (one) => one.dataset },
        {
          key: "entity",
          title: "Entity",
          render: (one) =>
            source.entities.filter(({ field }) => field === one.name).map(({ kind }) => tag(kind)),
        },
      ],
    });
  }

  #inputs(source: SourceDetail): TemplateResult {
    return table({
      caption: "inputs",
      rows: source.inputs,
      filter: (one) => `${one.file} ${one.format}`,
      empty: emptyState("Nothing was read yet", "Load files, or post events to it.", {
        label: "Load files",
        href: `/onboard?name=${encodeURIComponent(source.name)}`,
      }),
      columns: [
        {
          key: "file",
          title: "File",
          sort: (one) => one.file,
          render: (one) => html`<code>${one.file}</code>`,
        },
        { key: "format", title: "Format", sort: (one) => one.format, render: (one) => one.format },
        {
          key: "read",
          title: "Read",
          number: true,
          sort: (one) => one.read,
          render: (one) => formatCount(one.read),
        },
        {
          key: "good",
          title: "Good",
          number: true,
          sort: (one) => one.good,
          render: (one) => formatCount(one.good),
        },
        {
          key: "quarantined",
          title: "Quarantined",
          number: true,
          sort: (one) => one.quarantined,
          render: (one) => formatCount(one.quarantined),
        },
        {
          key: "loaded",
          title: "Loaded",
          sort: (one) => instantMs(one.loaded),
          render: (one) => html`<span class="nowrap">${instant(one.loaded)}</span>`,
        },
      ],
    });
  }

  #quarantineBrowser(source: SourceDetail): TemplateResult {
    if (source.quarantinedCount === 0) {
      return emptyState("Nothing was rejected", "Every line that was read could be taken.");
    }
    this.#quarantine ??= new Loading(this, (signal) =>
      client.quarantine(this.name, QUARANTINE_SHOWN, signal),
    );
    return this.#quarantine.render(
      (rows) =>
        html`${
          rows.length < source.quarantinedCount
            ? html`<p class="muted">The first ${formatCount(rows.length)} of ${formatCount(source.quarantinedCount)}.</p>`
            : nothing
        }${quarantineTable(rows)}`,
    );
  }

  #postEvents(source: SourceDetail): TemplateResult {
    const command = `curl -X POST ${location.origin}/api/sources/${source.name}/events \\
  -H "Authorization: Bearer $SPOOR_TOKEN" \\
  -H "Content-Type: application/x-ndjson" \\
  -H "Idempotency-Key: $(uuidgen)" \\
  --data-binary @events.ndjson`;
    return html`<div class="panel stack">
      <p>
        Send NDJSON, one event a line. The answer says how many were accepted and how many were put in quarantine; the same
        Idempotency-Key again adds nothing, so a sender may retry.
      </p>
      <pre>${command}</pre>
      <p class="muted">The token is kept in the workspace under <code>.spoor/</code>, readable by its user only.</p>
    </div>`;
  }
}

customElements.define("spoor-source-page", SourcePage);
