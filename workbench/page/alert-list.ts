import { html, nothing, type TemplateResult } from "lit";
import type { OutcomeKind } from "../../promote/records/records.ts";
import type { AlertSummary } from "../../server/api/api.ts";
import { badge, severity, type Tone } from "../element/badge.ts";
import { age } from "../element/instant.ts";
import { OUTCOME_TITLES } from "../format/outcome.ts";
import { formatRoute } from "../route/route.ts";

const OUTCOME_TONES: Readonly<Record<OutcomeKind, Tone>> = {
  "true-positive": "bad",
  "benign-positive": "good",
  "false-positive": "warning",
  ignored: "neutral",
  undetermined: "neutral",
};

/** The outcome of a decided alert. */
export function outcomeBadge(outcome: OutcomeKind): TemplateResult {
  return badge(OUTCOME_TITLES[outcome], OUTCOME_TONES[outcome]);
}

/** Where an alert stands: automation at work, waiting for a person, or its outcome. */
export function alertState(alert: AlertSummary): TemplateResult {
  if (alert.outcome !== null) return outcomeBadge(alert.outcome);
  return alert.state === "automating" ? badge("automating", "accent") : badge("open", "warning");
}

/** Alerts as a short list of sentences. */
export function alertList(alerts: readonly AlertSummary[]): TemplateResult {
  return html`<ul class="rows">
    ${alerts.map(
      (alert) => html`<li>
        <div class="row-head">
          <a href=${formatRoute({ page: "alert", name: alert.id })}>${alert.sentence}</a>
          ${age(alert.opened)}
        </div>
        <div class="facts">
          ${severity(alert.severity)} ${alertState(alert)}<span>${alert.ruleTitle}</span>
          ${alert.owner === "" ? nothing : html`<span>for ${alert.owner}</span>`}
        </div>
      </li>`,
    )}
  </ul>`;
}
