import { html, nothing, type TemplateResult } from "lit";
import type { Stage } from "../../../promote/records/records.ts";
import type { RuleDetail, RuleFiles } from "../../../server/api/api.ts";
import { severity, tag } from "../../element/badge.ts";
import { codeArea } from "../../element/code-area.ts";
import { emptyState } from "../../element/empty-state.ts";
import { instant } from "../../element/instant.ts";
import { renderIssues } from "../../element/issue-list.ts";
import { TabInAddress } from "../../element/tab-in-address.ts";
import { tabPanel, tabs } from "../../element/tabs.ts";
import { View } from "../../element/view.ts";
import { formatCount } from "../../format/number.ts";
import { ADDRESS_CHANGED } from "../../route/navigate.ts";
import { formatRoute } from "../../route/route.ts";
import { alertList } from "../alert-list.ts";
import { stageBadge, stageLine } from "../rule-stage.ts";
import { detectionTable } from "./detection-table.ts";
import { issuePath } from "./issue-path.ts";
import "./life/rule-controls.ts";
import { controlNotices } from "./life/rule-controls.ts";
import { ruleFigures, ruleOverview } from "./life/rule-overview.ts";
import "./life/take-along.ts";
import { runTable } from "./life/run-table.ts";
import { runnerPanel } from "./life/runner-panel.ts";
import "./life/version-list.ts";
import { client } from "../../api/browser-client.ts";
import { planGraph } from "./plan-graph.ts";
import { readPlan } from "./plan-steps.ts";
import { RuleInHand } from "./rule-in-hand.ts";
import { saveState, stateNotices } from "./rule-notices.ts";
import { stageDialog } from "./stage-dialog.ts";

const FILES: readonly (readonly [keyof RuleFiles & string, string, string])[] = [
  ["ruleSql", "rule.sql", "One SELECT. Bounds in time come from the run, never from now()."],
  [
    "ruleYaml",
    "rule.yaml",
    "Its contract: time column, entities, lookback, how it runs, what you expect of it.",
  ],
  ["adsMarkdown", "ADS.md", "The strategy in ten sections."],
  ["responseYaml", "response.yaml", "What runs before anybody is asked, and the buttons."],
];

/** Should this rule live, change or go? What it found and what became of it, how it runs, what stands behind it. */
export class RulePage extends View {
  static override properties = { name: { attribute: false } };
  declare name: string;
  #hand = new RuleInHand(this, () => this.name, { refreshMs: 30_000 });
  #tab = new TabInAddress(this, "overview");
  #asking: Stage | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener(ADDRESS_CHANGED, this.#onAddress);
  }

  override disconnectedCallback(): void {
    window.removeEventListener(ADDRESS_CHANGED, this.#onAddress);
    super.disconnectedCallback();
  }

  override render(): unknown {
    return this.#hand.render((rule) => this.#page(rule));
  }

  #page(rule: RuleDetail): TemplateResult {
    const selected = this.#tab.selected;
    return html`
      <header class="page-head">
        <div>
          <h1>${rule.title || rule.name}</h1>
          <div class="facts">
            ${stageBadge(rule.stage)} ${severity(rule.severity)}
            <span>${rule.mode}</span>
            <span>${rule.owner === "" ? "no owner yet" : `owner: ${rule.owner}`}</span>
            <span>${rule.techniques.map(tag)}</span>
            <code title="What decides its detections, as a hash">${rule.version}</code>
          </div>
        </div>
        ${stageLine(rule.stage)}
      </header>
      ${this.#whyStopped(rule)} ${ruleFigures(rule)} ${controlNotices(rule)}
      ${rule.issues.length > 0 ? html`<div class="panel section">${renderIssues(rule.issues, (issue) => issuePath(rule.name, issue))}</div>` : nothing}
      <div class="section rule-actions">${this.#stageActions(rule)}<spoor-rule-controls
          .hand=${this.#hand}
          .rule=${rule}
          .doing=${this.#hand.working.doing}
          .job=${this.#hand.job}
          .failure=${this.#hand.working.failure}
        ></spoor-rule-controls></div>
      ${stateNotices(this.#hand, rule)}
      <div class="section">
        ${tabs(
          rule.name,
          [
            { key: "overview", title: "Overview" },
            { key: "detections", title: "Detections", count: rule.detections },
            { key: "alerts", title: "Alerts", count: rule.alerts },
            { key: "runs", title: "Runs" },
            { key: "versions", title: "Versions", count: rule.versions.length },
            { key: "plan", title: "Response plan" },
            { key: "files", title: "As text" },
          ],
          selected,
          (key) => this.#tab.select(key),
        )}
        ${tabPanel(selected, this.#panel(selected, rule))}
      </div>
      ${this.#hand.isEdited ? this.#saveBar() : nothing} ${this.#asking === null ? nothing : this.#dialog(rule, this.#asking)}
    `;
  }

  /** Why a rule that watched does not any more. */
  #whyStopped(rule: RuleDetail): TemplateResult | typeof nothing {
    const change = rule.lastChange;
    if (change === null || !["demoted", "retired"].includes(change.verb)) return nothing;
    return html`<p class="notice ${change.verb === "retired" ? "" : "warning"} section-before">
      <strong>${change.verb === "retired" ? "Retired" : "Demoted"}</strong> from ${change.from} to ${change.to} by ${change.by},
      ${instant(change.at)}: ${change.reason || "no reason was given"}
    </p>`;
  }

  #stageActions(rule: RuleDetail): TemplateResult {
    const blocked = this.#hand.working.doing !== null || this.#hand.isEdited;
    const promote = formatRoute({ page: "promote", name: rule.name });
    const open = rule.gate.checks.filter(({ state }) => state !== "passed").length;
    return html`<div class="buttons">
      ${
        rule.stage === "retired"
          ? html`<button type="button" class="button" ?disabled=${blocked} @click=${() => this.#ask("draft")}>Back to draft</button>`
          : html`<a class="button ${rule.stage === "paging" ? "" : "primary"}" href=${promote}
                >${rule.stage === "paging" ? "The gate" : "Promote"}${open === 0 ? "" : `: ${open} to go`}</a
              >
              ${rule.stage === "paging" ? html`<button type="button" class="button" ?disabled=${blocked} @click=${() => this.#ask("staged")}>Back to staged</button>` : nothing}
              <button type="button" class="button" ?disabled=${blocked} @click=${() => this.#ask("retired")}>Retire</button>`
      }
    </div>`;
  }

  #panel(selected: string, rule: RuleDetail): TemplateResult {
    switch (selected) {
      case "detections":
        return html`${detectionTable(rule.detectionsRecent)}
          ${rule.detections > rule.detectionsRecent.length ? html`<p class="muted">The newest ${formatCount(rule.detectionsRecent.length)} of ${formatCount(rule.detections)}. All of them are in the dataset <code>detections</code>.</p>` : nothing}`;
      case "alerts":
        return rule.alertsRecent.length === 0
          ? emptyState("No alert yet", "Detections become alerts when the rule is paging.", {
              label: "See what the gate still asks",
              href: formatRoute({ page: "promote", name: rule.name }),
            })
          : html`<div class="panel">${alertList(rule.alertsRecent)}</div>`;
      case "runs":
        return html`${runnerPanel(rule)} ${runTable(
          rule,
          () => void this.#hand.start("run", (name, signal) => client.runRule(name, signal)),
        )}`;
      case "versions":
        return html`<spoor-rule-versions .rule=${rule}></spoor-rule-versions>`;
      case "plan":
        return this.#plan(rule);
      case "files":
        return this.#files(rule);
      default:
        return ruleOverview(rule);
    }
  }

  #plan(rule: RuleDetail): TemplateResult {
    const plan = readPlan(rule.files.responseYaml);
    const fill = `${formatRoute({ page: "promote", name: rule.name })}?check=plan`;
    if (!plan.ok || plan.automations.length + plan.options.length === 0)
      return emptyState(
        "No response plan",
        "An alert without a plan is worse than none: it wakes somebody and leaves them alone.",
        {
          label: "Make one",
          href: fill,
        },
      );
    return html`<div class="panel stack">${planGraph(plan)}<p><a href=${fill}>Change it</a></p></div>`;
  }

  #files(rule: RuleDetail): TemplateResult {
    const files = this.#hand.files ?? rule.files;
    return html`<div class="editor-columns">
      ${FILES.map(
        ([key, name, hint]) => html`<label class="field" id=${key}>
          <span>${name}</span>
          ${codeArea({ value: String(files[key] ?? ""), rows: 18, change: (text) => this.#hand.edit({ [key]: text }, false) })}
          <span class="hint">${hint}</span>
        </label>`,
      )}
    </div>
    <spoor-take-along .rule=${rule.name}></spoor-take-along>`;
  }

  #saveBar(): TemplateResult {
    return html`<div class="save-bar" role="region" aria-label="Unsaved changes">
      <strong>${saveState(this.#hand) || "Unsaved changes"}</strong>
      <button type="button" class="button primary" ?disabled=${this.#hand.saving.doing !== null} @click=${() => void this.#hand.save()}>Save</button>
      <button type="button" class="button" @click=${() => this.#hand.discard()}>Discard</button>
    </div>`;
  }

  #dialog(rule: RuleDetail, stage: Stage): TemplateResult {
    return stageDialog({
      rule,
      stage,
      busy: this.#hand.working.doing !== null,
      failure: this.#hand.working.failure,
      close: () => this.#ask(null),
      confirm: async (reason) => {
        if (await this.#hand.promote(stage, reason)) this.#ask(null);
      },
    });
  }

  #ask(stage: Stage | null): void {
    this.#asking = stage;
    this.#hand.working.failure = null;
    this.requestUpdate();
  }

  #onAddress = (): void => {
    this.#asking = null;
    this.requestUpdate();
  };
}

customElements.define("spoor-rule-page", RulePage);
