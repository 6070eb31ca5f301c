import { html, nothing, type TemplateResult } from "lit";
import type { OutcomeKind } from "../../promote/records/records.ts";
import type { AlertAction, AlertDetail, AlertOption, JsonRow } from "../../server/api/api.ts";
import { client } from "../api/browser-client.ts";
import { badge, severity } from "../element/badge.ts";
import { renderFailure } from "../element/failure.ts";
import { field } from "../element/field.ts";
import { age, instant } from "../element/instant.ts";
import { Loading } from "../element/loading.ts";
import { table } from "../element/table.ts";
import { View } from "../element/view.ts";
import { Working } from "../element/working.ts";
import { entityTexts } from "../entity/entity-texts.ts";
import { formatCell } from "../format/cell.ts";
import { formatPlural, formatShare } from "../format/number.ts";
import { OUTCOME_MEANINGS, OUTCOME_TITLES, OUTCOMES } from "../format/outcome.ts";
import { safeLink } from "../format/safe-link.ts";
import { renderMarkdown } from "../markdown/render-markdown.ts";
import { formatRoute } from "../route/route.ts";
import { alertState, outcomeBadge } from "./alert-list.ts";
import { alertTimeline } from "./alert-timeline.ts";
import { evidence } from "./rule/detection-table.ts";

const SHOWN_DETECTIONS = 5;
const SHOWN_ROWS = 20;

/** What happened in my system, and what should I do? For somebody who has never seen Spoor, on a phone too. */
export class AlertPage extends View {
  static override properties = { alertId: { attribute: false } };
  declare alertId: string;
  #alert = new Loading(this, (signal) => client.alert(this.alertId, signal), { refreshMs: 4_000 });
  #working = new Working(this);
  #openedMs = Date.now();
  #minutes: number | null = null;
  #reason = "";
  #outcome: OutcomeKind | "" = "";

  override render(): unknown {
    return this.#alert.render((alert) => this.#page(alert), 12);
  }

  #page(alert: AlertDetail): TemplateResult {
    return html`<article class="alert-page">
      <header>
        <div class="facts">
          ${severity(alert.severity)} ${alertState(alert)} <span>opened ${age(alert.opened)}</span>
          ${alert.owner === "" ? nothing : html`<span>for ${alert.owner}</span>`}
        </div>
        <h1 class="sentence">${alert.sentence}</h1>
        ${alert.decision === null && alert.state !== "automating" ? html`<p class="jump"><a href="#decide-title">What do you want to do?</a></p>` : nothing}
      </header>
      <div class="alert-body">
        <div class="explain lead">
          <section>
            <h2>What happened</h2>
            ${this.#detections(alert)}
          </section>
          ${prose("What it means", alert.meaning)} ${prose("What is normal here", alert.normal)}
          ${prose("When it is harmless", alert.falsePositives)}
        </div>
        <div class="decide">${alert.decision === null ? this.#decide(alert) : this.#decided(alert, alert.decision)}</div>
        <div class="explain details">
          <section>
            <h2>What was done already, by itself</h2>
            ${
              alert.automations.length === 0
                ? html`<p class="muted">Nothing yet.</p>`
                : html`<ul class="rows">${alert.automations.map(actionRow)}</ul>`
            }
          </section>
          ${
            alert.done.length === 0
              ? nothing
              : html`<section>
                <h2>What people did</h2>
                <ul class="rows">${alert.done.map(actionRow)}</ul>
              </section>`
          }
          ${this.#entities(alert)}
          <section>
            <h2>When</h2>
            ${alertTimeline(alert)}
          </section>
          <section class="muted">
            <h2>Where it comes from</h2>
            <p>
              Rule <a href=${formatRoute({ page: "rule", name: alert.rule })}>${alert.ruleTitle}</a>, written by
              ${alert.author || "somebody unknown"}.
            </p>
            ${alert.techniques.map(
              (technique) => html`<p>
                <a href=${attackLink(technique.id)} target="_blank" rel="noopener noreferrer">${technique.id}</a>
                ${technique.name}${technique.tactics.length > 0 ? ` (${technique.tactics.join(", ")})` : ""}
              </p>`,
            )}
          </section>
        </div>
      </div>
    </article>`;
  }

  #detections(alert: AlertDetail): TemplateResult {
    const shown = alert.detections.slice(0, SHOWN_DETECTIONS);
    return html`<ul class="rows">
        ${shown.map(
          (detection) => html`<li>
            <div class="row-head">
              <strong>${alert.detections.length > 1 ? Object.values(detection.entities).slice(0, 2).join(" · ") || "Detection" : "The event"}</strong>
              ${instant(detection.time)}
            </div>
            ${detection.rows.slice(0, 1).map((row) => evidence(row))}
            ${
              detection.rows.length > 1
                ? html`<details>
                  <summary>${formatPlural(detection.rows.length - 1, "more row")}</summary>
                  ${detection.rows.slice(1, SHOWN_ROWS).map((row) => evidence(row))}
                </details>`
                : nothing
            }
          </li>`,
        )}
      </ul>
      ${
        alert.detections.length > SHOWN_DETECTIONS
          ? html`<p class="muted">and ${formatPlural(alert.detections.length - SHOWN_DETECTIONS, "more detection")} of the same case</p>`
          : nothing
      }`;
  }

  /** Whom and what it names; each leads to everything that is known about it. */
  #entities(alert: AlertDetail): TemplateResult | typeof nothing {
    const named = Object.entries(alert.entities).filter(([, value]) => value !== "");
    if (named.length === 0) return nothing;
    return html`<section>
      <h2>Everything about</h2>
      <dl class="evidence">
        ${named.map(([name, value]) => html`<dt>${name}</dt><dd>${entityTexts(name, value)}</dd>`)}
      </dl>
    </section>`;
  }

  #decide(alert: AlertDetail): TemplateResult {
    const busy = this.#working.doing;
    if (alert.state === "automating") {
      return html`<section class="panel">
        <h2>One moment</h2>
        <p role="status">Spoor still collects what you need to decide. Your choices come here by themselves.</p>
      </section>`;
    }
    return html`<section class="panel" aria-labelledby="decide-title">
      <h2 id="decide-title">What do you want to do?</h2>
      <div>${alert.options.map((option) => this.#option(option, busy))}</div>
      ${this.#working.failure ? renderFailure(this.#working.failure) : nothing}
      <form class="form section" @submit=${(event: Event) => event.preventDefault()}>
        ${field(
          "Minutes you spent on it",
          html`<input
            type="number"
            name="minutes"
            min="0"
            max="10000"
            step="1"
            .value=${String(this.#minutes ?? this.#minutesOpen())}
            @input=${(event: InputEvent) => {
              const value = (event.target as HTMLInputElement).valueAsNumber;
              this.#minutes = Number.isNaN(value) ? null : value;
            }}
          />`,
          "It shows what this rule costs.",
        )}
        ${field(
          "Reason, in a few words",
          html`<textarea
            name="reason"
            rows="2"
            .value=${this.#reason}
            @input=${(event: InputEvent) => {
              this.#reason = (event.target as HTMLTextAreaElement).value;
            }}
          ></textarea>`,
          "Whoever tunes the rule reads it.",
        )}
        ${field(
          "Record it as",
          html`<select
            name="outcome"
            @change=${(event: Event) => {
              this.#outcome = (event.target as HTMLSelectElement).value as OutcomeKind | "";
              this.requestUpdate();
            }}
          >
            <option value="" ?selected=${this.#outcome === ""}>What the button says</option>
            ${OUTCOMES.map(
              (kind) =>
                html`<option value=${kind} ?selected=${kind === this.#outcome}>${OUTCOME_TITLES[kind]}</option>`,
            )}
          </select>`,
          this.#outcome === "" ? "" : OUTCOME_MEANINGS[this.#outcome],
        )}
      </form>
    </section>`;
  }

  #option(option: AlertOption, busy: string | null): TemplateResult {
    return html`<div class="option">
      <button
        type="button"
        class="button"
        data-option=${option.name}
        ?disabled=${busy !== null}
        aria-describedby=${`effect-${option.name}`}
        @click=${() => this.#act(option)}
      >
        ${busy === option.name ? `${option.title}\u2026` : option.title}
      </button>
      <p class="muted" id=${`effect-${option.name}`}>
        ${option.effect}
        ${option.decides && option.outcome !== null ? `Ends the alert as ${OUTCOME_TITLES[option.outcome].toLowerCase()}.` : nothing}
      </p>
    </div>`;
  }

  #decided(alert: AlertDetail, decision: NonNullable<AlertDetail["decision"]>): TemplateResult {
    const forecast = alert.forecast;
    return html`<section class="panel stack tight" aria-labelledby="decided-title">
      <h2 id="decided-title">Decided</h2>
      <p>${outcomeBadge(decision.outcome)}</p>
      <p class="muted">${OUTCOME_MEANINGS[decision.outcome]}</p>
      <p>${decision.actor}, ${instant(decision.at)}, ${formatPlural(decision.minutes, "minute")}</p>
      ${decision.reason === "" ? nothing : html`<p>"${decision.reason}"</p>`}
      ${
        forecast === null
          ? nothing
          : html`<p>
              When it fired, the forecast gave ${formatShare(forecast.probability)} that it is a true positive.
              ${forecast.brier === null ? "This outcome does not score it." : html`Brier score <strong>${forecast.brier.toFixed(3)}</strong> (0 is perfect).`}
            </p>`
      }
      <p class="muted">
        The outcome moved the precision of <a href=${formatRoute({ page: "rule", name: alert.rule })}>the rule</a>${forecast?.brier != null ? html` and the <a href="/forecasts">forecast scores</a>` : nothing}.
      </p>
      <div class="buttons">
        <a class="button" href="/alerts">Back to the alerts</a>
        <a class="button" href=${`/hunts?new=1&alert=${encodeURIComponent(this.alertId)}`}>Hunt from here</a>
      </div>
    </section>`;
  }

  #minutesOpen(): number {
    return Math.max(1, Math.round((Date.now() - this.#openedMs) / 60_000));
  }

  #act(option: AlertOption): void {
    void this.#working.run(option.name, async (signal) => {
      const decision = {
        name: option.name,
        reason: this.#reason.trim(),
        minutes: this.#minutes ?? this.#minutesOpen(),
        ...(this.#outcome !== "" && option.decides ? { outcome: this.#outcome } : {}),
      };
      this.#alert.set(await client.actOnAlert(this.alertId, decision, signal));
    });
  }
}

function prose(title: string, text: string): TemplateResult | typeof nothing {
  if (text.trim() === "") return nothing;
  return html`<section>
    <h2>${title}</h2>
    ${renderMarkdown(text)}
  </section>`;
}

function actionRow(action: AlertAction): TemplateResult {
  const tone = action.state === "succeeded" ? "good" : action.state === "failed" ? "bad" : "accent";
  return html`<li>
    <div class="row-head">
      <strong>${action.title}</strong> ${badge(action.state === "succeeded" ? "done" : action.state, tone)} ${instant(action.started)}
    </div>
    <p>${action.summary}</p>
    ${
      action.rows.length === 0
        ? nothing
        : html`<details>
          <summary>${formatPlural(action.rows.length, "row")}</summary>
          ${rowTable(action.title, action.rows)}
        </details>`
    }
  </li>`;
}

function rowTable(caption: string, rows: readonly JsonRow[]): TemplateResult {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return table<JsonRow>({
    caption,
    rows,
    columns: names.map((name) => ({
      key: name,
      title: name,
      sort: (row) => formatCell(row[name]),
      render: (row) => html`<code>${formatCell(row[name])}</code>`,
    })),
  });
}

function attackLink(id: string): string {
  const path = id.split(".").map(encodeURIComponent).join("/");
  return safeLink(`https://attack.mitre.org/techniques/${path}/`) ?? "";
}

customElements.define("spoor-alert-page", AlertPage);
