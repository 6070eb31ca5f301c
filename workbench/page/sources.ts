import { html, nothing, type TemplateResult } from "lit";
import type { Discovered, SourceSummary } from "../../server/api/api.ts";
import { client } from "../api/browser-client.ts";
import { badge, type Tone, tag } from "../element/badge.ts";
import { emptyState } from "../element/empty-state.ts";
import { renderFailure } from "../element/failure.ts";
import { field } from "../element/field.ts";
import { age } from "../element/instant.ts";
import { Loading } from "../element/loading.ts";
import { sparkline } from "../element/sparkline.ts";
import { TabInAddress } from "../element/tab-in-address.ts";
import { table } from "../element/table.ts";
import { tabPanel, tabs } from "../element/tabs.ts";
import { View } from "../element/view.ts";
import { Working } from "../element/working.ts";
import { instantMs } from "../format/instant.ts";
import { formatBytes, formatCount, formatUsd, formatUsdRange } from "../format/number.ts";
import { queryValue } from "../route/navigate.ts";
import { formatRoute } from "../route/route.ts";

const STATE_TONES: Readonly<Record<SourceSummary["state"], Tone>> = {
  well: "good",
  sick: "bad",
  empty: "neutral",
};

/** Whether a source is well, with what is wrong on hover. */
export function sourceState(source: Pick<SourceSummary, "state" | "healthIssues">): TemplateResult {
  return html`<span title=${source.healthIssues.map(({ message }) => message).join("\n")}
    >${badge(source.state, STATE_TONES[source.state])}</span
  >`;
}

/** What data do we have, is it well, what is it worth? */
export class SourcesPage extends View {
  #sources = new Loading(this, (signal) => client.sources(signal), { refreshMs: 15_000 });
  #tab = new TabInAddress(this, "list");
  #working = new Working(this);
  #path = queryValue("path");
  #found: readonly Discovered[] | null = null;

  override render(): unknown {
    const selected = this.#tab.selected === "discover" ? "discover" : "list";
    return html`<header class="page-head">
        <div>
          <h1>Sources</h1>
          <p>What data we have, whether it is well, and what it is worth.</p>
        </div>
        <a class="button primary" href="/onboard">Onboard a source</a>
      </header>
      ${tabs(
        "Sources",
        [
          {
            key: "list",
            title: "Onboarded",
            ...(this.#sources.value ? { count: this.#sources.value.length } : {}),
          },
          { key: "discover", title: "Discover" },
        ],
        selected,
        this.#tab.select,
      )}
      ${tabPanel(selected, selected === "list" ? this.#sources.render((rows) => this.#list(rows)) : this.#discover())}`;
  }

  #list(rows: readonly SourceSummary[]): TemplateResult {
    return table<SourceSummary>({
      caption: "sources",
      rows,
      filterKey: "filter",
      filter: (source) =>
        [source.name, source.description, source.owner, source.state, ...source.rules].join(" "),
      href: (source) => formatRoute({ page: "source", name: source.name }),
      empty: emptyState(
        "No source yet",
        "A source is a kind of log: files that are here already, or events that a program posts. Spoor reads a part of it, proposes its time and entities, and shows you before anything is kept.",
        { label: "Onboard a source", href: "/onboard" },
      ),
      columns: [
        {
          key: "name",
          title: "Source",
          sort: (source) => source.name,
          render: (
            source,
          ) => html`<a href=${formatRoute({ page: "source", name: source.name })}>${source.name}</a
            ><span class="sub one-line" title=${source.description}>${source.description}</span>`,
        },
        { key: "state", title: "State", sort: (source) => source.state, render: sourceState },
        {
          key: "rate",
          title: "Rate",
          hint: "Events per equal slice of the time that the data covers",
          render: (source) => sparkline(source.rate, `Events of ${source.name}`),
        },
        {
          key: "rows",
          title: "Events",
          number: true,
          sort: (source) => source.rowCount,
          render: (source) =>
            html`${formatCount(source.rowCount)}${
              source.quarantinedCount > 0
                ? html`<span class="sub">${formatCount(source.quarantinedCount)} in quarantine</span>`
                : nothing
            }`,
        },
        {
          key: "fresh",
          title: "Last event",
          sort: (source) => (source.lastTime === null ? null : instantMs(source.lastTime)),
          render: (source) => html`<span class="nowrap">${age(source.lastTime)}</span>`,
        },
        {
          key: "owner",
          title: "Owner",
          sort: (source) => source.owner,
          render: (source) => (source.owner === "" ? html`<span class="muted">nobody</span>` : source.owner),
        },
        {
          key: "cost",
          title: "$/month",
          number: true,
          sort: (source) => source.costUsdPerMonth,
          render: (source) => formatUsd(source.costUsdPerMonth),
        },
        {
          key: "value",
          title: "Risk cut/year",
          number: true,
          hint: "Expected yearly loss that this source saves, with its 90% interval",
          sort: (source) => source.riskReductionUsd?.mean ?? null,
          render: (source) =>
            source.riskReductionUsd === null
              ? html`<span class="muted">not modelled</span>`
              : html`<a href="/risk">${formatUsd(source.riskReductionUsd.mean)}</a
                  ><span class="sub">${formatUsdRange(source.riskReductionUsd.q05, source.riskReductionUsd.q95)}</span>`,
        },
        {
          key: "rules",
          title: "Feeds rules",
          number: true,
          sort: (source) => source.rules.length,
          render: (source) => html`<span title=${source.rules.join("\n")}>${source.rules.length}</span>`,
        },
      ],
    });
  }

  #discover(): TemplateResult {
    const busy = this.#working.doing !== null;
    return html`<div class="stack">
      <form class="inline-form" @submit=${this.#look}>
        <div class="wide">
          ${field(
            "Folder or file on the server",
            html`<input
              type="text"
              required
              placeholder="/var/log"
              spellcheck="false"
              .value=${this.#path}
              @input=${(event: InputEvent) => {
                this.#path = (event.target as HTMLInputElement).value;
              }}
            />`,
          )}
        </div>
        <button class="button primary" ?disabled=${busy}>${busy ? "Looking\u2026" : "Look through it"}</button>
        ${busy ? html`<button type="button" class="button" @click=${() => this.#working.stop()}>Stop</button>` : nothing}
      </form>
      ${this.#working.failure ? renderFailure(this.#working.failure, { title: "This could not be looked through" }) : nothing}
      ${this.#found === null ? html`<p class="muted">Spoor reads the beginning of each file, says what format it is, and ranks it by its use to detection.</p>` : this.#foundTable(this.#found)}
    </div>`;
  }

  #foundTable(found: readonly Discovered[]): TemplateResult {
    return table<Discovered>({
      caption: "what was found",
      rows: found,
      filter: (one) => [one.path, one.format, one.suggestedSource, ...one.reasons].join(" "),
      empty: emptyState(
        "Nothing readable there",
        "No file in it looks like a log. Try a folder nearer to the logs.",
      ),
      columns: [
        {
          key: "score",
          title: "Use",
          number: true,
          hint: "0 to 100: how useful to security",
          sort: (one) => one.score,
          render: (one) => html`<strong>${one.score}</strong>`,
        },
        {
          key: "path",
          title: "Path",
          sort: (one) => one.path,
          render: (one) => html`<code>${one.path}</code><span class="sub">${one.reasons.join(" · ")}</span>`,
        },
        {
          key: "format",
          title: "Format",
          sort: (one) => one.format,
          render: (one) =>
            one.compression === "none" || one.compression === ""
              ? one.format
              : `${one.format}, ${one.compression}`,
        },
        {
          key: "size",
          title: "Size",
          number: true,
          sort: (one) => one.byteCount,
          render: (one) => formatBytes(one.byteCount),
        },
        { key: "time", title: "Time", render: (one) => one.timeFields.slice(0, 3).map(tag) },
        {
          key: "entities",
          title: "Entities",
          render: (one) => [...new Set(one.entities.map(({ kind }) => kind))].map(tag),
        },
        {
          key: "add",
          title: "",
          render: (one) => html`<a
            class="button small"
            href=${`/onboard?${new URLSearchParams({ path: one.path, name: one.suggestedSource })}`}
            aria-label=${`Onboard ${one.path}`}
            >Onboard</a
          >`,
        },
      ],
    });
  }

  #look = (event: SubmitEvent): void => {
    event.preventDefault();
    void this.#working.run("discover", async (signal) => {
      this.#found = await client.discover([this.#path.trim()], signal);
    });
  };
}

customElements.define("spoor-sources-page", SourcesPage);
