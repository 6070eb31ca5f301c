import { html, nothing, type TemplateResult } from "lit";
import { ADS_SECTIONS, emptySections } from "../../../promote/ads/ads.ts";
import { parseAds } from "../../../promote/ads/parse.ts";
import type { Stage } from "../../../promote/records/records.ts";
import type {
  BacktestReport,
  GateReport,
  Job,
  ProofReport,
  RuleDetail,
  RuleFiles,
  RuleTestReport,
} from "../../../server/api/api.ts";
import { type ApiFailure, asFailure } from "../../api/api-failure.ts";
import { client } from "../../api/browser-client.ts";
import { followJob } from "../../api/follow-job.ts";
import { badge, severity, tag } from "../../element/badge.ts";
import { codeArea } from "../../element/code-area.ts";
import { dialog } from "../../element/dialog.ts";
import { emptyState } from "../../element/empty-state.ts";
import { renderFailure } from "../../element/failure.ts";
import { field } from "../../element/field.ts";
import { age, instant } from "../../element/instant.ts";
import { renderIssues } from "../../element/issue-list.ts";
import { Loading } from "../../element/loading.ts";
import { TabInAddress } from "../../element/tab-in-address.ts";
import { table } from "../../element/table.ts";
import { tabPanel, tabs } from "../../element/tabs.ts";
import { View } from "../../element/view.ts";
import { Working } from "../../element/working.ts";
import { formatDuration, instantMs } from "../../format/instant.ts";
import { formatCount, formatRate, formatShare } from "../../format/number.ts";
import { leaveGuard } from "../../route/leave-guard.ts";
import { ADDRESS_CHANGED } from "../../route/navigate.ts";
import { alertList } from "../alert-list.ts";
import { stageBadge, stageLine } from "../rule-stage.ts";
import { precision } from "../rules.ts";
import "./ads-editor.ts";
import type { AdsEditor } from "./ads-editor.ts";
import { backtestView } from "./backtest-view.ts";
import { detectionTable } from "./detection-table.ts";
import { gateList } from "./gate-list.ts";
import { issuePath } from "./issue-path.ts";
import { planEditor } from "./plan-editor.ts";
import { proofView } from "./proof-view.ts";
import { ruleTests } from "./rule-tests.ts";

/** Should this rule live, change or go? Its gate, its files, its proof and what it found. */
export class RulePage extends View {
  static override properties = { name: { attribute: false }, view: { attribute: false } };
  declare name: string;
  /** `promote` opens on the gate. */
  declare view: "rule" | "promote";
  #rule = new Loading(this, (signal) => client.rule(this.name, signal));
  #working = new Working(this);
  #tab = new TabInAddress(this, "");
  #edited: RuleFiles | null = null;
  #gate: GateReport | null = null;
  #tests: RuleTestReport | null = null;
  #backtest: BacktestReport | null = null;
  #proof: ProofReport | null = null;
  #job: Job | null = null;
  #asking: Stage | null = null;
  /** Why the files were saved at another stage than they ask for. */
  #held: ApiFailure | null = null;
  #sectionDue = true;
  #release: (() => void) | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#release = leaveGuard.hold(() =>
      this.#edited === null ? null : `The rule ${this.name} has unsaved changes.`,
    );
    window.addEventListener(ADDRESS_CHANGED, this.#onAddress);
  }

  override disconnectedCallback(): void {
    this.#release?.();
    window.removeEventListener(ADDRESS_CHANGED, this.#onAddress);
    super.disconnectedCallback();
  }

  override updated(): void {
    if (!this.#sectionDue || this.#rule.value === null) return;
    this.#sectionDue = false;
    void this.#toSection();
  }

  override render(): unknown {
    return this.#rule.render((rule) => this.#page(rule), 14);
  }

  #page(rule: RuleDetail): TemplateResult {
    const selected = this.#selected();
    const files = this.#edited ?? rule.files;
    const ads = parseAds(files.adsMarkdown, "ADS.md");
    const written = ADS_SECTIONS.length - (ads.ok ? emptySections(ads.value).length : 0);
    return html`
      <header class="page-head">
        <div>
          <h1>${rule.title || rule.name}</h1>
          <div class="facts">
            ${stageBadge(rule.stage)} ${severity(rule.severity)}
            <span>${rule.mode}</span>
            <span>${rule.owner === "" ? "nobody is asked" : `asks ${rule.owner}`}</span>
            <span>${rule.techniques.map(tag)}</span>
            <code title="What decides its detections, as a hash">${rule.version}</code>
          </div>
        </div>
        ${stageLine(rule.stage)}
      </header>
      <dl class="figures">
        <div><dt>Detections</dt><dd>${formatCount(rule.detections)}</dd></div>
        <div>
          <dt>Alerts a week</dt>
          <dd>
            ${formatRate(rule.alertsPerWeek)}
            <small>${rule.expectedAlertsPerWeek === null ? "nothing was expected" : `expected ${formatRate(rule.expectedAlertsPerWeek)}`}</small>
          </dd>
        </div>
        <div><dt>Precision</dt><dd class="precision">${precision(rule)}</dd></div>
        <div>
          <dt>Batch = stream</dt>
          <dd>
            ${rule.proof === null ? "not proved" : rule.proof.holds ? "holds" : "does not hold"}
            <small>${rule.proof === null ? "only proved rules may stream" : age(rule.proof.proved)}</small>
          </dd>
        </div>
      </dl>
      ${rule.issues.length > 0 ? html`<div class="panel section">${renderIssues(rule.issues, (issue) => issuePath(rule.name, issue))}</div>` : nothing}
      <div class="section">${this.#actions(rule)}</div>
      <div class="section">
        ${tabs(
          rule.name,
          [
            { key: "gate", title: "Gate" },
            { key: "query", title: "Query" },
            { key: "ads", title: `ADS ${written}/${ADS_SECTIONS.length}` },
            { key: "plan", title: "Response plan" },
            { key: "tests", title: "Tests", count: Object.keys(files.tests).length },
            { key: "backtest", title: "Backtest" },
            { key: "proof", title: "Proof" },
            { key: "detections", title: "Detections", count: rule.detections },
            { key: "alerts", title: "Alerts", count: rule.alerts },
            { key: "runs", title: "Runs" },
          ],
          selected,
          (key) => this.#select(key),
        )}
        ${tabPanel(selected, this.#panel(selected, rule, files))}
      </div>
      ${this.#edited === null ? nothing : this.#saveBar()} ${this.#asking === null ? nothing : this.#stageDialog(this.#asking)}
    `;
  }

  #selected(): string {
    const selected = this.#tab.selected;
    if (selected !== "") return selected;
    return this.view === "promote" || this.#rule.value?.stage === "draft" ? "gate" : "query";
  }

  #select(key: string): void {
    this.#tab.select(key);
  }

  #actions(rule: RuleDetail): TemplateResult {
    const busy = this.#working.doing;
    const blocked = busy !== null || this.#edited !== null;
    const button = (
      name: string,
      label: string,
      run: () => void,
      primary = false,
      effect = "",
    ) => html`<button
      type="button"
      title=${effect}
      class=${`button ${primary ? "primary" : ""}`}
      ?disabled=${blocked}
      @click=${run}
    >
      ${busy === name ? `${label}\u2026` : label}
    </button>`;
    const forward: readonly Stage[] =
      rule.stage === "draft" ? ["staged"] : rule.stage === "staged" ? ["paging"] : [];
    return html`<div class="buttons">
        ${forward.map((stage) => button(stage, stage === "staged" ? "Stage it" : "Let it page", () => this.#ask(stage), true))}
        ${button("test", "Test", this.#runTests, false, "Runs its test files through the query.")}
        ${button("backtest", "Backtest", this.#runBacktest, false, "Runs it over all the data there is and counts. Records no detection, reaches nobody.")}
        ${button("prove", "Prove", this.#runProof, false, "Replays the history in small, shuffled, delayed slices and compares with one batch run.")}
        ${button("run", "Run now", this.#runNow, false, "Runs it once over the whole history and records what it finds as detections. Makes no alert and reaches nobody.")}
        ${rule.stage === "paging" ? button("staged", "Back to staged", () => this.#ask("staged")) : nothing}
        ${rule.stage === "retired" ? button("draft", "Back to draft", () => this.#ask("draft")) : button("retired", "Retire", () => this.#ask("retired"))}
        ${busy === null ? nothing : this.#progress()}
        ${this.#edited === null ? nothing : html`<span class="muted">Save your changes first.</span>`}
      </div>
      ${this.#held === null ? nothing : this.#heldBack(this.#held, rule)}
      ${this.#working.failure && this.#working.failed !== "save" && this.#asking === null ? this.#refusal(this.#working.failure) : nothing}`;
  }

  #progress(): TemplateResult {
    const job = this.#job;
    return html`<button type="button" class="button" @click=${this.#stop}>${job === null ? "Stop waiting" : "Cancel"}</button>
      <span class="muted" role="status">
        ${job?.progress == null ? nothing : formatShare(job.progress)} ${job?.message ?? ""}
      </span>`;
  }

  #heldBack(failure: ApiFailure, rule: RuleDetail): TemplateResult {
    return html`<div class="notice warning section stack tight" role="alert">
      <p><strong>Saved, and the rule is ${rule.stage}:</strong> the gate refuses the stage that rule.yaml asked for, so rule.yaml now says ${rule.stage}.</p>
      ${renderIssues(failure.issues, (issue) => issuePath(this.name, issue))}
      <div class="buttons">
        <button
          type="button"
          class="button small"
          @click=${() => {
            this.#held = null;
            this.requestUpdate();
          }}
        >
          All right
        </button>
      </div>
    </div>`;
  }

  #refusal(failure: ApiFailure): TemplateResult {
    if (failure.issues.length === 0) return renderFailure(failure);
    return html`<div class="failure" role="alert">
      <p class="failure-title">${failure.message}</p>
      ${renderIssues(failure.issues, (issue) => issuePath(this.name, issue))}
    </div>`;
  }

  #panel(selected: string, rule: RuleDetail, files: RuleFiles): TemplateResult {
    const backtest = this.#backtest ?? rule.backtest;
    switch (selected) {
      case "query":
        return this.#query(files);
      case "ads":
        return html`<spoor-ads-editor
          .markdown=${files.adsMarkdown}
          .change=${(adsMarkdown: string) => this.#edit({ adsMarkdown })}
        ></spoor-ads-editor>`;
      case "plan":
        return planEditor(files.responseYaml, false, (responseYaml) => this.#edit({ responseYaml }));
      case "tests":
        return ruleTests(
          files.tests,
          this.#tests ?? (this.#edited === null ? rule.tests : null),
          false,
          (tests) => this.#edit({ tests }),
        );
      case "backtest":
        return backtest === null
          ? emptyState(
              "Not run yet",
              "A backtest runs the rule over all the data there is, and says how many alerts a week that makes and what looking at them costs.",
              { label: "Backtest it", run: this.#runBacktest },
            )
          : backtestView(backtest, rule.expectedAlertsPerWeek);
      case "proof":
        return this.#proofPanel(rule);
      case "detections":
        return detectionTable(rule.detectionsRecent);
      case "alerts":
        return rule.alertsRecent.length === 0
          ? emptyState("No alert yet", "Detections become alerts when the rule is paging.")
          : html`<div class="panel">${alertList(rule.alertsRecent)}</div>`;
      case "runs":
        return this.#runs(rule);
      default:
        return html`<div class="panel">${gateList(this.#gate ?? rule.gate)}</div>`;
    }
  }

  #query(files: RuleFiles): TemplateResult {
    return html`<div class="editor-columns">
      <label class="field" id="rule-sql">
        <span>rule.sql</span>
        ${codeArea({ value: files.ruleSql, rows: 24, change: (ruleSql) => this.#edit({ ruleSql }) })}
        <span class="hint">One SELECT. Bounds in time come from the run, never from now().</span>
      </label>
      <label class="field" id="rule-yaml">
        <span>rule.yaml</span>
        ${codeArea({ value: files.ruleYaml, rows: 24, change: (ruleYaml) => this.#edit({ ruleYaml }) })}
        <span class="hint">Its contract: time column, entities, lookback, how it runs, what you expect of it.</span>
      </label>
    </div>`;
  }

  #proofPanel(rule: RuleDetail): TemplateResult {
    const proof = this.#proof ?? rule.proofReport;
    if (proof === null) {
      return emptyState(
        "Not proved yet",
        "A rule may stream only when a replay of its history in small, shuffled, delayed slices gives exactly the detections of one batch run.",
        { label: "Prove it", run: this.#runProof },
      );
    }
    return html`<div class="stack">
      ${proofView(proof)}
      <p class="muted">Proved ${instant(proof.proved)}.</p>
    </div>`;
  }

  #runs(rule: RuleDetail): TemplateResult {
    return table<RuleDetail["runs"][number]>({
      caption: "runs",
      rows: rule.runs,
      empty: emptyState(
        "It never ran",
        "A staged or paging rule runs by itself. Running it now goes over the whole history, records what it finds and reaches nobody.",
        {
          label: "Run it now",
          run: this.#runNow,
        },
      ),
      columns: [
        {
          key: "started",
          title: "Started",
          sort: (run) => instantMs(run.started),
          render: (run) => instant(run.started),
        },
        { key: "mode", title: "Mode", sort: (run) => run.mode, render: (run) => run.mode },
        {
          key: "slice",
          title: "Slice",
          render: (run) => html`${instant(run.after)} <span class="muted">to</span> ${instant(run.until)}`,
        },
        {
          key: "state",
          title: "State",
          sort: (run) => run.state,
          render: (run) => html`${badge(run.state, run.state === "succeeded" ? "good" : "bad")}
            ${run.error === null ? nothing : html`<span class="sub">${run.error}</span>`}`,
        },
        {
          key: "detections",
          title: "Detections",
          number: true,
          sort: (run) => run.detections,
          render: (run) => formatCount(run.detections),
        },
        {
          key: "elapsed",
          title: "Took",
          number: true,
          sort: (run) => run.elapsedMs,
          render: (run) => formatDuration(run.elapsedMs),
        },
      ],
    });
  }

  #saveBar(): TemplateResult {
    return html`<div class="save-bar" role="region" aria-label="Unsaved changes">
      <strong>Unsaved changes</strong>
      <button type="button" class="button primary" ?disabled=${this.#working.doing !== null} @click=${this.#save}>Save</button>
      <button
        type="button"
        class="button"
        @click=${() => {
          this.#edited = null;
          this.requestUpdate();
        }}
      >
        Discard
      </button>
      ${this.#working.failed === "save" && this.#working.failure ? this.#refusal(this.#working.failure) : nothing}
    </div>`;
  }

  #stageDialog(stage: Stage): TemplateResult {
    const titles: Readonly<Record<Stage, string>> = {
      draft: "Back to draft",
      staged: "Stage this rule",
      paging: "Let this rule page its owner",
      retired: "Retire this rule",
    };
    return dialog(
      titles[stage],
      () => this.#ask(null),
      html`<form @submit=${(event: SubmitEvent) => this.#promote(event, stage)}>
        ${stage === "paging" ? html`<p>From now on its detections become alerts for ${this.#rule.value?.owner || "its owner"}.</p>` : nothing}
        ${field("Reason", html`<textarea name="reason" rows="2" autofocus></textarea>`, "Kept in the activity log.")}
        ${this.#working.failure ? this.#refusal(this.#working.failure) : nothing}
        <div class="buttons">
          <button class="button primary" ?disabled=${this.#working.doing !== null}>${titles[stage]}</button>
          <button type="button" class="button" @click=${() => this.#ask(null)}>Cancel</button>
        </div>
      </form>`,
    );
  }

  #ask(stage: Stage | null): void {
    this.#asking = stage;
    this.#working.failure = null;
    this.requestUpdate();
  }

  #edit(change: Partial<RuleFiles>): void {
    const base = this.#edited ?? this.#rule.value?.files;
    if (!base) return;
    this.#edited = { ...base, ...change };
    this.requestUpdate();
  }

  #save = (): void => {
    const files = this.#edited;
    if (files === null) return;
    void this.#working.run("save", async (signal) => {
      this.#held = null;
      try {
        this.#take(await client.saveRule(this.name, files, signal));
      } catch (error) {
        const failure = asFailure(error);
        if (failure.status !== 409) throw error;
        // The files are saved; only the stage that rule.yaml asks for is held back.
        this.#take(await client.rule(this.name, signal));
        this.#held = failure;
      }
      if (this.#edited === files) this.#edited = null;
    });
  };

  #promote(event: SubmitEvent, stage: Stage): void {
    event.preventDefault();
    const reason = String(new FormData(event.target as HTMLFormElement).get("reason")).trim();
    void this.#working.run(stage, async (signal) => {
      this.#take(await client.promoteRule(this.name, stage, reason, signal));
      this.#asking = null;
    });
  }

  #take(rule: RuleDetail): void {
    this.#gate = null;
    this.#tests = null;
    this.#backtest = null;
    this.#proof = null;
    this.#rule.set(rule);
  }

  #runTests = (): void => {
    void this.#working.run("test", async (signal) => {
      this.#tests = await client.testRule(this.name, signal);
      this.#select("tests");
      await this.#rule.load();
    });
  };

  #runBacktest = (): void => {
    void this.#working.run("backtest", async (signal) => {
      const job = await this.#follow(await client.backtestRule(this.name, signal), signal);
      if (job.state === "succeeded") this.#backtest = job.result as BacktestReport;
      this.#select("backtest");
      await this.#rule.load();
    });
  };

  #runProof = (): void => {
    void this.#working.run("prove", async (signal) => {
      const job = await this.#follow(await client.proveRule(this.name, signal), signal);
      if (job.state === "succeeded") this.#proof = job.result as ProofReport;
      this.#select("proof");
      await this.#rule.load();
    });
  };

  #runNow = (): void => {
    void this.#working.run("run", async (signal) => {
      await this.#follow(await client.runRule(this.name, signal), signal);
      this.#select("runs");
      await this.#rule.load();
    });
  };

  async #follow(started: Job, signal: AbortSignal): Promise<Job> {
    try {
      return await followJob(client, started, {
        signal,
        onProgress: (job) => {
          this.#job = job;
          this.requestUpdate();
        },
      });
    } finally {
      this.#job = null;
    }
  }

  #stop = (): void => {
    if (this.#job === null) this.#working.stop();
    else void client.cancelJob(this.#job.id);
  };

  #onAddress = (): void => {
    this.#asking = null;
    this.#sectionDue = true;
    this.requestUpdate();
  };

  /** Goes to the section that the address names, once it is on the page. */
  async #toSection(): Promise<void> {
    const id = location.hash.slice(1);
    if (id === "") return;
    await this.querySelector<AdsEditor>("spoor-ads-editor")?.updateComplete;
    const section = this.querySelector(`[id="${CSS.escape(id)}"]`);
    section?.scrollIntoView({ block: "start" });
    section?.querySelector<HTMLElement>("textarea")?.focus({ preventScroll: true });
  }
}

customElements.define("spoor-rule-page", RulePage);
