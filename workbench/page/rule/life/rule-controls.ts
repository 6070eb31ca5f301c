import { html, nothing, type TemplateResult } from "lit";
import type { BackfillDifference } from "../../../../promote/run/backfill.ts";
import type { Job, RuleDetail } from "../../../../server/api/api.ts";
import type { BackfillReport } from "../../../../server/stream/rule-controls.ts";
import type { ApiFailure } from "../../../api/api-failure.ts";
import { client } from "../../../api/browser-client.ts";
import { badge } from "../../../element/badge.ts";
import { dialog } from "../../../element/dialog.ts";
import { renderFailure } from "../../../element/failure.ts";
import { field } from "../../../element/field.ts";
import { instant } from "../../../element/instant.ts";
import { View } from "../../../element/view.ts";
import { formatShare } from "../../../format/number.ts";
import type { RuleInHand } from "../rule-in-hand.ts";
import { backfillDifferenceView, backfillReportView } from "./backfill-view.ts";

const DAY_MS = 86_400_000;

type Question = "pause" | "throttle" | "backfill";

/** What can be done to a rule's runner: pause, throttle, run now, backfill with what it would change shown first. */
export class RuleControls extends View {
  static override properties = {
    hand: { attribute: false },
    rule: { attribute: false },
    doing: { attribute: false },
    job: { attribute: false },
    failure: { attribute: false },
  };
  declare hand: RuleInHand;
  declare rule: RuleDetail;
  /** Of the hand, so that this is drawn again when they change. */
  declare doing: string | null;
  declare job: Job | null;
  declare failure: ApiFailure | null;
  #asking: Question | null = null;
  #days = "";
  #difference: BackfillDifference | null = null;
  #written: BackfillReport | null = null;

  override render(): TemplateResult {
    const { hand, rule } = this;
    const busy = this.doing !== null;
    const { paused, throttle } = rule.controls;
    const live = rule.stage === "staged" || rule.stage === "paging";
    return html`<div class="buttons">
        ${
          !live
            ? nothing
            : paused === null
              ? html`<button type="button" class="button" ?disabled=${busy} title="It stops running until it is resumed; what it misses is made good then." @click=${() => this.#ask("pause")}>Pause</button>`
              : html`<button type="button" class="button primary" ?disabled=${busy} @click=${() => void hand.ask("resume", (signal) => client.resumeRule(rule.name, signal))}>Resume</button>`
        }
        ${
          live
            ? html`<button type="button" class="button" ?disabled=${busy} title="At most so many alerts an hour; what is over is gathered into one." @click=${() => this.#ask("throttle")}>
                ${throttle === null ? "Throttle" : `Throttled to ${throttle.maximumPerHour} an hour`}
              </button>`
            : nothing
        }
        <button type="button" class="button" ?disabled=${busy} title="Runs it once over the whole history and records what it finds. Makes no alert and reaches nobody." @click=${this.#runNow}>Run now</button>
        <button type="button" class="button" ?disabled=${busy} title="Runs it again over the past and shows what that would change before anything is written." @click=${() => this.#ask("backfill")}>Backfill</button>
        ${busy ? this.#progress() : nothing}
      </div>
      ${this.#asking === null ? nothing : this.#dialog(this.#asking)}`;
  }

  #runNow = (): void => {
    void this.hand.start("run", (name, signal) => client.runRule(name, signal));
  };

  #progress(): TemplateResult {
    const { job } = this;
    return html`<button type="button" class="button" @click=${this.hand.stop}>${job === null ? "Stop waiting" : "Cancel"}</button>
      <span class="muted" role="status">${job?.progress == null ? nothing : formatShare(job.progress)} ${job?.message ?? ""}</span>`;
  }

  #dialog(question: Question): TemplateResult {
    const titles: Readonly<Record<Question, string>> = {
      pause: "Pause this rule",
      throttle: "Throttle this rule",
      backfill: "Run it again over the past",
    };
    const busy = this.doing !== null;
    return dialog(
      titles[question],
      () => this.#ask(null),
      html`<form @submit=${(event: SubmitEvent) => this.#submit(event, question)}>
        ${question === "pause" ? this.#pauseFields() : question === "throttle" ? this.#throttleFields() : this.#backfillFields()}
        ${this.failure ? renderFailure(this.failure) : nothing}
        <div class="buttons">
          ${
            question === "backfill"
              ? html`<button class="button ${this.#difference === null ? "primary" : ""}" ?disabled=${busy}>See what it would change</button>
                  ${
                    this.#difference === null || this.#written !== null
                      ? nothing
                      : html`<button type="button" class="button primary" ?disabled=${busy} @click=${() => this.#startBackfill(false)}>Write it</button>`
                  }`
              : html`<button class="button primary" ?disabled=${busy}>${titles[question]}</button>`
          }
          <button type="button" class="button" @click=${() => this.#ask(null)}>${this.#written === null ? "Cancel" : "Close"}</button>
          ${busy ? this.#progress() : nothing}
        </div>
      </form>`,
    );
  }

  #pauseFields(): TemplateResult {
    return html`<p>It stops running until somebody resumes it. What it misses meanwhile is shown, and made good when it is resumed.</p>
      ${field("Why", html`<textarea name="reason" rows="2" required autofocus></textarea>`, "Everybody who opens the rule reads it.")}`;
  }

  #throttleFields(): TemplateResult {
    const now = this.rule.controls.throttle?.maximumPerHour;
    return field(
      "Alerts an hour at most",
      html`<input type="number" name="maximumPerHour" min="1" max="1000" .value=${now === undefined ? "" : String(now)} autofocus />`,
      "What is over is gathered into one alert that waits for room. Empty takes the throttle off.",
    );
  }

  #backfillFields(): TemplateResult {
    return html`${field(
      "Days back",
      html`<input
        type="number"
        name="days"
        min="1"
        max="36500"
        placeholder="all of the past"
        .value=${this.#days}
        @input=${() => {
          this.#difference = null;
          this.#written = null;
          this.requestUpdate();
        }}
      />`,
      "From now; empty for all of the past. It makes no alert and reaches nobody.",
    )}
    ${this.#written !== null ? backfillReportView(this.#written) : this.#difference === null ? nothing : backfillDifferenceView(this.#difference)}`;
  }

  #submit(event: SubmitEvent, question: Question): void {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    const { hand, rule } = this;
    const close = (done: boolean) => {
      if (done) this.#ask(null);
    };
    if (question === "pause") {
      const reason = String(data.get("reason")).trim();
      void hand.ask("pause", (signal) => client.pauseRule(rule.name, reason, signal)).then(close);
    } else if (question === "throttle") {
      const text = String(data.get("maximumPerHour")).trim();
      const maximum = text === "" ? null : Number(text);
      void hand.ask("throttle", (signal) => client.throttleRule(rule.name, maximum, signal)).then(close);
    } else {
      this.#days = String(data.get("days")).trim();
      this.#startBackfill(true);
    }
  }

  #startBackfill(diff: boolean): void {
    const from = this.#days === "" ? null : new Date(Date.now() - Number(this.#days) * DAY_MS).toISOString();
    void this.hand.start(
      "backfill",
      (name, signal) => client.backfillRule(name, { ...(from === null ? {} : { from }), diff }, signal),
      (result) => {
        if (diff) this.#difference = result as BackfillDifference;
        else this.#written = result as BackfillReport;
        this.requestUpdate();
      },
    );
  }

  #ask(question: Question | null): void {
    this.#asking = question;
    this.#difference = null;
    this.#written = null;
    this.hand.working.failure = null;
    this.requestUpdate();
  }
}

/** Who holds the rule back and why, what is wrong with its runner: nothing where all is well. */
export function controlNotices(rule: RuleDetail): TemplateResult | typeof nothing {
  const { paused, throttle, missedRuns, trouble } = rule.controls;
  if (paused === null && trouble === "" && missedRuns === 0 && throttle === null) return nothing;
  return html`<div class="stack tight section">
    ${paused === null ? nothing : html`<p class="notice warning">${badge("paused", "warning")} by ${paused.by}, ${instant(paused.at)}: ${paused.reason}</p>`}
    ${trouble === "" ? nothing : html`<p class="notice bad">${badge("trouble", "bad")} ${trouble}</p>`}
    ${missedRuns === 0 ? nothing : html`<p class="notice warning">${missedRuns === 1 ? "One turn of its schedule has" : `${missedRuns} turns of its schedule have`} passed without a run and not been made good.</p>`}
  </div>`;
}

customElements.define("spoor-rule-controls", RuleControls);
