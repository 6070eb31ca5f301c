import { html, type TemplateResult } from "lit";
import type { AlertSummary } from "../../server/api/api.ts";
import { client } from "../api/browser-client.ts";
import { severity } from "../element/badge.ts";
import { emptyState } from "../element/empty-state.ts";
import { age } from "../element/instant.ts";
import { Loading } from "../element/loading.ts";
import { TabInAddress } from "../element/tab-in-address.ts";
import { table } from "../element/table.ts";
import { tabPanel, tabs } from "../element/tabs.ts";
import { View } from "../element/view.ts";
import { instantMs } from "../format/instant.ts";
import { formatRoute } from "../route/route.ts";
import { alertState } from "./alert-list.ts";

const SEVERITIES = ["low", "medium", "high", "critical"];

/** What is open, who has it? */
export class AlertsPage extends View {
  #alerts = new Loading(this, (signal) => client.alerts("all", signal), { refreshMs: 5_000 });
  #tab = new TabInAddress(this, "open");

  override render(): unknown {
    const selected = this.#tab.selected === "decided" ? "decided" : "open";
    const all = this.#alerts.value ?? [];
    const decided = all.filter(({ state }) => state === "decided");
    const open = all.filter(({ state }) => state !== "decided");
    return html`<header class="page-head">
        <div>
          <h1>Alerts</h1>
          <p>What waits for a decision, and what was decided. What needs no decision never comes here.</p>
        </div>
      </header>
      ${tabs(
        "Alerts",
        [
          { key: "open", title: "Open", count: open.length },
          { key: "decided", title: "Decided", count: decided.length },
        ],
        selected,
        this.#tab.select,
      )}
      ${tabPanel(
        selected,
        this.#alerts.render(() => this.#table(selected, selected === "open" ? open : decided)),
      )}`;
  }

  #table(selected: string, alerts: readonly AlertSummary[]): TemplateResult {
    return table<AlertSummary>({
      caption: `${selected} alerts`,
      rows: alerts,
      filterKey: "filter",
      filter: (alert) =>
        [
          alert.sentence,
          alert.rule,
          alert.ruleTitle,
          alert.owner,
          alert.severity,
          alert.outcome ?? "",
          ...Object.values(alert.entities),
        ].join(" "),
      href: (alert) => formatRoute({ page: "alert", name: alert.id }),
      empty:
        selected === "open"
          ? emptyState(
              "Nothing waits for a decision",
              "Alerts come from rules in the stage paging. A rule gets there by passing its gate.",
              {
                label: "See the rules",
                href: "/rules",
              },
            )
          : emptyState("Nothing was decided yet", "Open an alert and press one of its buttons.", {
              label: "See the open alerts",
              href: "/alerts",
            }),
      columns: [
        {
          key: "sentence",
          title: "What happened",
          sort: (alert) => alert.sentence,
          render: (
            alert,
          ) => html`<a href=${formatRoute({ page: "alert", name: alert.id })}>${alert.sentence}</a
            ><span class="sub">${Object.entries(alert.entities)
              .map(([key, value]) => `${key} ${value}`)
              .join(" · ")}</span>`,
        },
        {
          key: "severity",
          title: "Severity",
          sort: (alert) => SEVERITIES.indexOf(alert.severity),
          render: (alert) => severity(alert.severity),
        },
        { key: "state", title: "State", sort: (alert) => alert.outcome ?? alert.state, render: alertState },
        {
          key: "rule",
          title: "Rule",
          sort: (alert) => alert.ruleTitle,
          render: (alert) =>
            html`<a href=${formatRoute({ page: "rule", name: alert.rule })}>${alert.ruleTitle}</a>`,
        },
        { key: "owner", title: "Owner", sort: (alert) => alert.owner, render: (alert) => alert.owner },
        {
          key: "case",
          title: "Case",
          sort: (alert) => alert.caseId,
          render: (alert) => html`<code>${alert.caseId.slice(0, 8)}</code>`,
        },
        {
          key: "opened",
          title: "Opened",
          sort: (alert) => instantMs(alert.opened),
          render: (alert) => html`<span class="nowrap">${age(alert.opened)}</span>`,
        },
      ],
    });
  }
}

customElements.define("spoor-alerts-page", AlertsPage);
