import { html, nothing, type TemplateResult } from "lit";
import { proofWord } from "../../promote/gate/proof-state.ts";
import type { RuleSummary } from "../../server/api/api.ts";
import { client } from "../api/browser-client.ts";
import { badge, severity, tag } from "../element/badge.ts";
import { emptyState } from "../element/empty-state.ts";
import { age } from "../element/instant.ts";
import { Loading } from "../element/loading.ts";
import { table } from "../element/table.ts";
import { View } from "../element/view.ts";
import { instantMs } from "../format/instant.ts";
import { formatCount, formatRate } from "../format/number.ts";
import { queryValue, setQueryValue } from "../route/navigate.ts";
import { formatRoute } from "../route/route.ts";
import "./rule/list/new-rule.ts";
import "./rule/list/sigma-import.ts";
import { precision } from "./rule/rule-precision.ts";
import { ruleTrouble, troubleWords } from "./rule-order.ts";
import { stageBadge } from "./rule-stage.ts";

const SEVERITIES = ["low", "medium", "high", "critical"];
const STAGES = ["draft", "staged", "paging", "retired"];

/** What is watching, how well? Worst first. */
export class RulesPage extends View {
  #rules = new Loading(this, (signal) => client.rules(signal), { refreshMs: 15_000 });
  #asking: "new" | "import" | null =
    queryValue("new") === "1" ? "new" : queryValue("import") === "sigma" ? "import" : null;

  override render(): unknown {
    return html`<header class="page-head">
        <div>
          <h1>Rules</h1>
          <p>What is watching, and how well. What needs somebody comes first.</p>
        </div>
        <div class="buttons">
          <button type="button" class="button" @click=${() => this.#ask("import")}>Import Sigma</button>
          <button type="button" class="button primary" @click=${() => this.#ask("new")}>New rule</button>
        </div>
      </header>
      ${this.#rules.render((rules) => this.#table(rules))}
      ${this.#asking === "new" ? html`<spoor-new-rule .close=${() => this.#ask(null)}></spoor-new-rule>` : nothing}
      ${this.#asking === "import" ? html`<spoor-sigma-import .close=${this.#imported}></spoor-sigma-import>` : nothing}`;
  }

  #table(rules: readonly RuleSummary[]): TemplateResult {
    return table<RuleSummary>({
      caption: "rules",
      rows: rules.toSorted(
        (one, other) => ruleTrouble(other) - ruleTrouble(one) || one.name.localeCompare(other.name),
      ),
      filterKey: "filter",
      filter: (rule) =>
        [
          rule.name,
          rule.title,
          rule.stage,
          rule.mode,
          rule.severity,
          rule.owner,
          ...rule.techniques,
          ...troubleWords(rule).map(({ word }) => word),
        ].join(" "),
      href: (rule) => formatRoute({ page: "rule", name: rule.name }),
      empty: emptyState(
        "No rule yet",
        "A rule is a query that found something once and should keep looking. Promote a finding from a hunt, build one from parts, or take Sigma rules.",
        { label: "Make the first", run: () => this.#ask("new") },
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
          key: "trouble",
          title: "Needs",
          hint: "What is wrong with it now: failing, behind, blind, over its forecast",
          sort: ruleTrouble,
          render: (rule) => {
            const words = troubleWords(rule);
            return words.length === 0
              ? html`<span class="muted">${rule.stage === "draft" ? "staging" : "nothing"}</span>`
              : words.map(
                  ({ word, tone, why }) => html`<span class="need" title=${why}>${badge(word, tone)}</span>`,
                );
          },
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
          hint: "Measured, against what the author forecast",
          sort: (rule) => rule.alertsPerWeek,
          render: (rule) => html`${formatRate(rule.alertsPerWeek)}
            <span class="sub">${rule.expectedAlertsPerWeek === null ? "no forecast" : `forecast ${formatRate(rule.expectedAlertsPerWeek)}`}</span>`,
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
              : html`<span title=${rule.proof.words}
                  >${badge(proofWord(rule.proof.state), rule.proof.state === "proved" ? "good" : rule.proof.state === "refused" ? "bad" : "warning")}
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

  #imported = (): void => {
    this.#ask(null);
    void this.#rules.load();
  };

  #ask(asking: "new" | "import" | null): void {
    this.#asking = asking;
    if (asking === null) {
      setQueryValue("new", "");
      setQueryValue("import", "");
    }
    this.requestUpdate();
  }
}

customElements.define("spoor-rules-page", RulesPage);
