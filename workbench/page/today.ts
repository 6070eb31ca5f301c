import { html, nothing, type TemplateResult } from "lit";
import type { Today } from "../../server/api/api.ts";
import { client } from "../api/browser-client.ts";
import { badge, tag } from "../element/badge.ts";
import { emptyState } from "../element/empty-state.ts";
import { age } from "../element/instant.ts";
import { Loading } from "../element/loading.ts";
import { View } from "../element/view.ts";
import { formatPlural } from "../format/number.ts";
import { formatRoute } from "../route/route.ts";
import { alertList } from "./alert-list.ts";
import { huntState } from "./hunt-state.ts";

const LIGHT_TITLES = { seeing: "Seeing", deciding: "Deciding", sending: "Sending" } as const;
const LIGHT_WORDS = { good: "well", warning: "look here", bad: "broken" } as const;

/** What needs me, and are we seeing, deciding, sending? */
export class TodayPage extends View {
  #today = new Loading(this, (signal) => client.today(signal), { refreshMs: 10_000 });

  override render(): unknown {
    return html`<header class="page-head">
        <div>
          <h1>Today</h1>
          <p>What needs you, and whether we are seeing, deciding and sending.</p>
        </div>
      </header>
      ${this.#today.render((today) => this.#content(today))}`;
  }

  #content(today: Today): TemplateResult {
    return html`
      <div class="lights">
        ${today.lights.map(
          (
            light,
          ) => html`<a class=${`light ${light.state}`} href=${light.href.startsWith("/") ? light.href : "/today"}>
            <strong>${LIGHT_TITLES[light.name] ?? light.name}</strong>
            ${badge(LIGHT_WORDS[light.state], light.state)}
            <span class="reason">${light.reason}</span>
          </a>`,
        )}
      </div>
      <div class="halves section">
        <section class="panel" aria-labelledby="today-alerts">
          <div class="section-head">
            <h2 id="today-alerts">Alerts waiting for a decision</h2>
            <a href="/alerts">All alerts</a>
          </div>
          ${
            today.openAlerts.length > 0
              ? alertList(today.openAlerts)
              : html`<p class="muted">Nothing waits. An alert comes here when a paging rule finds something and its
                  automation has run.</p>`
          }
        </section>
        <section class="panel" aria-labelledby="today-health">
          <div class="section-head">
            <h2 id="today-health">Sick sources</h2>
            <a href="/sources">All sources</a>
          </div>
          ${
            today.healthIssues.length > 0
              ? html`<ul class="rows">
                ${sickSources(today).map(
                  ({ source, issues, blinds }) => html`<li>
                    <div class="row-head">
                      <a href=${formatRoute({ page: "source", name: source })}>${source}</a>
                      ${issues.some(({ severity }) => severity === "error") ? badge("sick", "bad") : badge("warning", "warning")}
                    </div>
                    ${issues.map(({ message }) => html`<p>${message}</p>`)}
                    ${[...new Set(issues.map(({ remedy }) => remedy))].map((remedy) => html`<p class="muted">${remedy}</p>`)}
                    ${
                      blinds.length > 0
                        ? html`<p>
                          Blinds
                          ${blinds.map(
                            (rule, index) =>
                              html`${index > 0 ? ", " : nothing}<a href=${formatRoute({ page: "rule", name: rule })}>${rule}</a>`,
                          )}
                        </p>`
                        : nothing
                    }
                  </li>`,
                )}
              </ul>`
              : html`<p class="muted">Every source is well: events arrive, and no more are rejected than allowed.</p>`
          }
        </section>
        <section class="panel" aria-labelledby="today-hunts">
          <div class="section-head">
            <h2 id="today-hunts">Hunts</h2>
            <a href="/hunts">All hunts</a>
          </div>
          ${changedHunts(today)}
          ${
            today.hunts.length > 0
              ? html`<ul class="rows">
                ${today.hunts.map(
                  (hunt) => html`<li>
                    <div class="row-head">
                      <a href=${formatRoute({ page: "notebook", name: hunt.name })}>${hunt.title || hunt.name}</a>
                      ${huntState(hunt.state)}
                    </div>
                    ${hunt.hypothesis === "" ? nothing : html`<p class="muted">${hunt.hypothesis}</p>`}
                    <div class="facts">
                      <span>${hunt.techniques.map(tag)}</span>
                      <span>changed ${age(hunt.modified)}</span>
                    </div>
                  </li>`,
                )}
              </ul>`
              : emptyState("No hunt yet", "A hunt starts with a question about your data, in a notebook.", {
                  label: "New hunt",
                  href: "/hunts?new=1",
                })
          }
        </section>
        <section class="panel" aria-labelledby="today-rules">
          <div class="section-head">
            <h2 id="today-rules">Rules waiting</h2>
            <a href="/rules">All rules</a>
          </div>
          ${
            today.rulesWaiting.length > 0
              ? html`<ul class="rows">
                ${today.rulesWaiting.map(
                  (waiting) => html`<li>
                    <div class="row-head">
                      <a href=${formatRoute({ page: "promote", name: waiting.rule })}>${waiting.rule}</a>
                      ${badge(waiting.stage)}
                    </div>
                    <p class="muted">${waiting.why}</p>
                  </li>`,
                )}
              </ul>`
              : html`<p class="muted">No rule waits for its gate, and none lost its proof.</p>`
          }
          ${
            today.draftCount === 0
              ? nothing
              : html`<p>
                  <a href=${formatRoute({ page: "rules" })}>${formatPlural(today.draftCount, "draft")}</a>: nobody watches with
                  ${today.draftCount === 1 ? "it" : "them"} yet.
                </p>`
          }
        </section>
      </div>
    `;
  }
}

/** Scheduled hunts that gave another answer, until somebody has looked. */
function changedHunts({ huntsChanged }: Today): TemplateResult | typeof nothing {
  if (huntsChanged.length === 0) return nothing;
  return html`<ul class="rows">
    ${huntsChanged.map(
      (hunt) => html`<li>
        <div class="row-head">
          <a href=${formatRoute({ page: "notebook", name: hunt.name })}>${hunt.title || hunt.name}</a>
          ${badge("answer changed", "warning")}
        </div>
        <p class="muted">
          ${hunt.unseenChange!.rowsAdded} rows new, ${hunt.unseenChange!.rowsRemoved} gone in the run of ${age(hunt.unseenChange!.started)};
          its runs in the notebook show which.
        </p>
      </li>`,
    )}
  </ul>`;
}

interface SickSource {
  readonly source: string;
  readonly issues: readonly Today["healthIssues"][number]["issue"][];
  readonly blinds: readonly string[];
}

/** The health issues of one source as one entry, in the order in which the sources come. */
function sickSources(today: Today): readonly SickSource[] {
  const sources = new Map<string, SickSource>();
  for (const { source, issue, blinds } of today.healthIssues) {
    const known = sources.get(source);
    sources.set(source, {
      source,
      issues: [...(known?.issues ?? []), issue],
      blinds: [...new Set([...(known?.blinds ?? []), ...blinds])],
    });
  }
  return [...sources.values()];
}

customElements.define("spoor-today-page", TodayPage);
