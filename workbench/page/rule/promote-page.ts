import { html, nothing, type TemplateResult } from "lit";
import type { Stage } from "../../../promote/records/records.ts";
import type { Mutant } from "../../../promote/rule/mutation/report.ts";
import type { Job, RuleDetail } from "../../../server/api/api.ts";
import { client } from "../../api/browser-client.ts";
import { badge, severity } from "../../element/badge.ts";
import { codeArea } from "../../element/code-area.ts";
import { Loading } from "../../element/loading.ts";
import { View } from "../../element/view.ts";
import { formatPlural, formatShare } from "../../format/number.ts";
import { ADDRESS_CHANGED, queryValue } from "../../route/navigate.ts";
import { formatRoute } from "../../route/route.ts";
import { stageLine } from "../rule-stage.ts";
import { freeTestName } from "./form/tests-form.ts";
import type { CheckContext } from "./gate/check-context.ts";
import { checkEditor } from "./gate/check-editor.ts";
import { gateRail } from "./gate/gate-rail.ts";
import { checkOf, type GateStep, gateSteps, nextOpen } from "./gate/gate-steps.ts";
import { readRuleFields } from "./rule-fields.ts";
import { RuleInHand, type RuleJob } from "./rule-in-hand.ts";
import { saveState, stateNotices } from "./rule-notices.ts";
import { stageDialog } from "./stage-dialog.ts";

const STATES = {
  passed: badge("passed", "good"),
  failed: badge("failed", "bad"),
  waiting: badge("waiting", "warning"),
};

const JOBS: Readonly<
  Record<
    "backtest" | "prove" | "mutate" | "check-everything",
    (name: string, signal: AbortSignal) => Promise<Job>
  >
> = {
  backtest: (name, signal) => client.backtestRule(name, signal),
  prove: (name, signal) => client.proveRule(name, signal),
  mutate: (name, signal) => client.mutateRule(name, signal),
  "check-everything": (name, signal) => client.checkEverything(name, false, signal),
};

/** Is this good enough to wake somebody? The gate as a list that fills itself, each check beside the place where it is mended. */
export class PromotePage extends View {
  static override properties = { name: { attribute: false } };
  declare name: string;
  #hand = new RuleInHand(this, () => this.name);
  #owners = new Loading(this, (signal) => client.owners(signal));
  #catalog = new Loading(this, (signal) => client.catalog(signal));
  #columns: CheckContext["columns"] = [];
  #columnsOf = "";
  #asking: Stage | null = null;
  #begun = false;
  #chosen = "";

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener(ADDRESS_CHANGED, this.#onAddress);
    window.addEventListener("popstate", this.#onAddress);
  }

  override disconnectedCallback(): void {
    window.removeEventListener(ADDRESS_CHANGED, this.#onAddress);
    window.removeEventListener("popstate", this.#onAddress);
    super.disconnectedCallback();
  }

  override updated(): void {
    const { rule } = this.#hand;
    if (rule === null) return;
    if (rule.files.ruleSql !== this.#columnsOf) void this.#describe(rule.files.ruleSql);
    if (this.#begun) return;
    this.#begun = true;
    const missing = rule.gate.checks.some(({ state }) => state === "waiting");
    if (missing && rule.version !== "" && rule.stage !== "retired") this.#run("check-everything");
  }

  override render(): unknown {
    return this.#hand.render((rule) => this.#page(rule));
  }

  #page(rule: RuleDetail): TemplateResult {
    const steps = gateSteps(rule.gate.checks);
    const all = steps.flatMap(({ checks }) => checks);
    const wanted = queryValue("check") || location.hash.slice(1).replace(/^ads-/, "ads#");
    const selected =
      checkOf(steps, wanted) ??
      checkOf(steps, this.#chosen) ??
      all.find(({ state }) => state === "failed") ??
      all.find(({ state }) => state === "waiting") ??
      all[0];
    this.#chosen = selected?.code ?? "";
    return html`
      <header class="page-head">
        <div>
          <h1>Is this good enough to wake somebody?</h1>
          <div class="facts">
            <a href=${formatRoute({ page: "rule", name: rule.name })}>${rule.title || rule.name}</a>
            ${severity(rule.severity)}
            <span>${rule.owner === "" ? "no owner yet" : `owner: ${rule.owner}`}</span>
          </div>
        </div>
        ${stageLine(rule.stage)}
      </header>
      ${this.#verdict(rule)} ${stateNotices(this.#hand, rule)}
      <div class="promote">
        ${gateRail(steps, this.#chosen, (code) => this.#href(code))}
        ${selected === undefined ? nothing : this.#pane(rule, steps, selected.code)}
      </div>
      ${this.#asking === null ? nothing : this.#dialog(rule, this.#asking)}
    `;
  }

  #verdict(rule: RuleDetail): TemplateResult {
    const { checks } = rule.gate;
    const passed = checks.filter(({ state }) => state === "passed").length;
    const open = checks.length - passed;
    const stageable = ["query", "time", "entities"].every((code) =>
      checks.some((check) => check.code === code && check.state === "passed"),
    );
    const { working, job } = this.#hand;
    const busy = working.doing !== null;
    return html`<section
      class="verdict"
      aria-label="Verdict"
      data-files=${this.#hand.isEdited || this.#hand.saving.doing !== null ? "edited" : "saved"}
      data-job=${busy ? "running" : "none"}
    >
      <div class="grow">
        <p class="lead" role="status">
          ${
            rule.gate.passed
              ? html`<strong>Yes.</strong> All ${checks.length} checks pass.`
              : html`<strong>Not yet.</strong> ${passed} of ${checks.length} checks pass; ${formatPlural(open, "check")} to go.`
          }
          ${rule.stage === "draft" ? (stageable ? "It can be staged now: it would run and reach nobody." : "Staging needs its query, time and entities.") : nothing}
        </p>
        <progress max=${checks.length} value=${passed} aria-label="Checks that pass"></progress>
        ${
          busy
            ? html`<p class="muted" role="status">
                ${this.#hand.jobName === null ? "Working" : "Computing"}${job?.progress == null ? "" : ` ${formatShare(job.progress)}`}: ${job?.message || "starting"}
              </p>`
            : html`<p class="muted" role="status">${saveState(this.#hand) || (rule.stage === "paging" ? "It pages, so changes are saved only when you ask." : "Fields save themselves.")}</p>`
        }
      </div>
      <div class="buttons">
        ${
          busy
            ? html`<button type="button" class="button" @click=${this.#hand.stop}>Cancel</button>`
            : html`<button type="button" class="button" @click=${() => this.#run("check-everything")}>Check everything</button>`
        }
        ${rule.stage === "draft" ? html`<button type="button" class="button ${stageable ? "primary" : ""}" ?disabled=${busy} @click=${() => this.#ask("staged")}>Stage it</button>` : nothing}
        ${
          rule.stage === "paging"
            ? badge("pages its owner", "good")
            : html`<button
                type="button"
                class="button ${rule.gate.passed ? "primary" : ""}"
                ?disabled=${busy}
                @click=${() => this.#ask("paging")}
              >
                Let it page
              </button>`
        }
      </div>
    </section>`;
  }

  #pane(rule: RuleDetail, steps: readonly GateStep[], code: string): TemplateResult {
    const check = rule.gate.checks.find((one) => one.code === code)!;
    const next = nextOpen(steps, code);
    const context: CheckContext = {
      hand: this.#hand,
      rule,
      files: this.#hand.files ?? rule.files,
      fields: readRuleFields((this.#hand.files ?? rule.files).ruleYaml),
      owners: this.#owners.value ?? [],
      catalog: this.#catalog.value ?? [],
      columns: this.#columns,
    };
    return html`<article class="check-pane" data-pane=${code} aria-labelledby="check-title">
      <header class="section-head">
        <h2 id="check-title" tabindex="-1">${check.title}</h2>
        ${STATES[check.state]}
      </header>
      ${check.evidence === "" ? nothing : html`<p class="check-evidence">${check.evidence}</p>`}
      ${check.state === "passed" || check.remedy === "" ? nothing : html`<p class="remedy"><strong>To do:</strong> ${check.remedy}</p>`}
      ${checkEditor(code, context, {
        busy: this.#hand.working.doing !== null,
        run: (job) => this.#run(job),
        suggest: (mutant) => this.#suggest(mutant),
      })}
      ${this.#asText(code, context)}
      <footer class="buttons">
        ${
          this.#hand.waitsForSave
            ? html`<button type="button" class="button primary" @click=${() => void this.#hand.save()}>Save</button>
                <button type="button" class="button" @click=${() => this.#hand.discard()}>Discard</button>`
            : nothing
        }
        ${next === null ? nothing : html`<a class="button" href=${this.#href(next.code)} data-next>Next: ${next.title}</a>`}
      </footer>
    </article>`;
  }

  /** The file behind the form, for who would rather write it. */
  #asText(code: string, { files, hand }: CheckContext): TemplateResult | typeof nothing {
    const file = code.startsWith("ads.")
      ? (["ADS.md", "adsMarkdown"] as const)
      : code.startsWith("plan")
        ? (["response.yaml", "responseYaml"] as const)
        : ["time", "entities", "owner", "forecast", "technique", "batch-reason", "streamable"].includes(code)
          ? (["rule.yaml", "ruleYaml"] as const)
          : null;
    if (file === null) return nothing;
    const [name, key] = file;
    return html`<details class="as-text">
      <summary>As text: ${name}</summary>
      ${codeArea({ value: files[key], rows: 18, label: name, change: (text) => hand.edit({ [key]: text }, false) })}
    </details>`;
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

  #run(job: keyof typeof JOBS & RuleJob): void {
    void this.#hand.start(job, JOBS[job]);
  }

  /** A test made for a surviving mutant, saved among the rule's own; what is broken is asked again at once. */
  async #suggest(mutant: Mutant): Promise<void> {
    await this.#hand.working.run("suggest", async (signal) => {
      const test = mutant.suggestion ?? (await client.nearMissTest(this.name, mutant.id, signal));
      const tests = this.#hand.files?.tests ?? {};
      this.#hand.edit({ tests: { ...tests, [freeTestName(test.name, tests)]: test.events } }, false);
      await this.#hand.save();
    });
    if (this.#hand.working.failure === null) this.#run("mutate");
  }

  async #describe(sql: string): Promise<void> {
    this.#columnsOf = sql;
    const columns = await client.checkQuery(sql, {}).then(
      (checked) => checked.columns,
      () => [],
    );
    if (this.#columnsOf !== sql) return;
    this.#columns = columns;
    this.requestUpdate();
  }

  #href(code: string): string {
    return `${formatRoute({ page: "promote", name: this.name })}?check=${encodeURIComponent(code)}`;
  }

  #onAddress = (): void => {
    this.#asking = null;
    const before = this.#chosen;
    this.requestUpdate();
    void this.updateComplete.then(() => {
      if (this.#chosen !== before) this.querySelector<HTMLElement>("#check-title")?.focus();
    });
  };
}

customElements.define("spoor-promote-page", PromotePage);
