import { html, nothing, type TemplateResult } from "lit";
import type { RuleSummary } from "../../server/api/api.ts";
import { client } from "../api/browser-client.ts";
import { badge, severity, tag } from "../element/badge.ts";
import { dialog } from "../element/dialog.ts";
import { emptyState } from "../element/empty-state.ts";
import { renderFailure } from "../element/failure.ts";
import { field } from "../element/field.ts";
import { age } from "../element/instant.ts";
import { Loading } from "../element/loading.ts";
import { table } from "../element/table.ts";
import { View } from "../element/view.ts";
import { Working } from "../element/working.ts";
import { instantMs } from "../format/instant.ts";
import { formatCount, formatRate, formatShare } from "../format/number.ts";
import { navigate, queryValue, setQueryValue } from "../route/navigate.ts";
import { formatRoute } from "../route/route.ts";
import { ruleTrouble } from "./rule-order.ts";
import { stageBadge } from "./rule-stage.ts";
import { slug } from "./slug.ts";

const SEVERITIES = ["low", "medium", "high", "critical"];
const STAGES = ["draft", "staged", "paging", "retired"];

/** What is watching, how well? Worst first. */
export class RulesPage extends View {
  #rules = new Loading(this, (signal) => client.rules(signal), { refreshMs: 15_000 });
  #working = new Working(this);
  #asking = queryValue("new") === "1";

  override render(): unknown {
    return html`<header class="page-head">
        <div>
          <h1>Rules</h1>
          <p>What is watching, and how well. What needs somebody comes first.</p>
        </div>
        <button type="button" class="button primary" @click=${() => this.#ask(true)}>New rule</button>
      </header>
      ${this.#rules.render((rules) => this.#table(rules))} ${this.#asking ? this.#form() : nothing}`;
  }

  #table(rules: readonly RuleSummary[]): TemplateResult {
    return table<RuleSummary>({
      caption: "rules",
      rows: rules.toSorted(
        (one, other) => ruleTrouble(other) - ruleTrouble(one) || one.name.localeCompare(other.name),
      ),
      filterKey: "filter",
      filter: (rule) =>
        [rule.name, rule.title, rule.stage, rule.mode, rule.severity, rule.owner, ...rule.techniques].join(
          " ",
        ),
      href: (rule) => formatRoute({ page: "rule", name: rule.name }),
      empty: emptyState(
        "No rule yet",
        "A rule is a query that found something once and should keep looking. Promote a finding from a hunt, or write its SQL here.",
        { label: "Open the hunts", href: "/hunts" },
      ),
      columns: [
        {
          key: "name",
          title: "Rule",
          sort: (rule) => rule.title,
          render: (
            rule,
          ) => html`<a href=${formatRoute({ page: "rule", name: rule.name })}>${rule.title || rule.name}</a>
            <span class="sub">${rule.name} ${rule.techniques.map(tag)}</span>
            ${rule.issues.slice(0, 1).map((issue) => html`<span class="sub">${issue.message}</span>`)}`,
        },
        {
          key: "stage",
          title: "Stage",
          sort: (rule) => STAGES.indexOf(rule.stage),
          render: (rule) => html`${stageBadge(rule.stage)}<span class="sub">${rule.mode}</span>`,
        },
        {
          key: "severity",
          title: "Severity",
          sort: (rule) => SEVERITIES.indexOf(rule.severity),
          render: (rule) => severity(rule.severity),
        },
        {
          key: "alerts",
          title: "Alerts/week",
          number: true,
          hint: "Measured, against what the author expects",
          sort: (rule) => rule.alertsPerWeek,
          render: (rule) => html`${formatRate(rule.alertsPerWeek)}
            <span class="sub">${rule.expectedAlertsPerWeek === null ? "none expected" : `expected ${formatRate(rule.expectedAlertsPerWeek)}`}</span>`,
        },
        {
          key: "detections",
          title: "Detections",
          number: true,
          sort: (rule) => rule.detections,
          render: (rule) => formatCount(rule.detections),
        },
        {
          key: "precision",
          title: "Precision",
          number: true,
          hint: "Share of alerts that are true positives: mean and 90% interval of its Beta posterior",
          sort: (rule) => rule.precision.mean,
          render: precision,
        },
        {
          key: "proof",
          title: "Batch = stream",
          hint: "When it was last proved that the stream gives exactly what a batch gives",
          sort: (rule) => (rule.proof === null ? null : instantMs(rule.proof.proved)),
          render: (rule) =>
            rule.proof === null
              ? html`<span class="muted">not proved</span>`
              : html`<span title=${rule.proof.reason}
                  >${rule.proof.holds ? badge("holds", "good") : badge("does not hold", "bad")}
                  <span class="sub">${age(rule.proof.proved)}</span></span
                >`,
        },
        {
          key: "owner",
          title: "Owner",
          sort: (rule) => rule.owner,
          render: (rule) => rule.owner || html`<span class="muted">nobody</span>`,
        },
      ],
    });
  }

  #form(): TemplateResult {
    return dialog(
      "New rule",
      () => this.#ask(false),
      html`<form @submit=${this.#create}>
        ${field("Title", html`<input type="text" name="title" required maxlength="120" autofocus />`)}
        ${field(
          "SQL",
          html`<textarea class="code" name="sql" rows="8" required spellcheck="false"></textarea>`,
          "One SELECT with a time column and at least one entity column. It starts as a draft, with templates for its ADS and response plan.",
        )}
        ${this.#working.failure ? renderFailure(this.#working.failure) : nothing}
        <div class="buttons">
          <button class="button primary" ?disabled=${this.#working.doing !== null}>Create the draft</button>
          <button type="button" class="button" @click=${() => this.#ask(false)}>Cancel</button>
        </div>
      </form>`,
    );
  }

  #ask(asking: boolean): void {
    this.#asking = asking;
    if (!asking) setQueryValue("new", "");
    this.requestUpdate();
  }

  #create = (event: SubmitEvent): void => {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    const title = String(data.get("title")).trim();
    const sql = String(data.get("sql"));
    void this.#working.run("create", async (signal) => {
      const rule = await client.createRule({ name: slug(title), title, sql }, signal);
      navigate(formatRoute({ page: "promote", name: rule.name }));
    });
  };
}

/** Mean and 90% interval, with how many outcomes stand behind it. */
export function precision(rule: Pick<RuleSummary, "precision">): TemplateResult {
  const { mean, q05, q95, evidence } = rule.precision;
  return html`${formatShare(mean)}<span class="sub"
      >${formatShare(q05)} to ${formatShare(q95)}${`, n=${formatRate(evidence)}`}</span
    >`;
}

customElements.define("spoor-rules-page", RulesPage);
