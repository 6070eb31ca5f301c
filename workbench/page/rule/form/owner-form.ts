import { html, nothing, svg, type TemplateResult } from "lit";
import { field } from "../../../element/field.ts";
import { formatRate } from "../../../format/number.ts";
import { formatRoute } from "../../../route/route.ts";
import { type CheckContext, setField } from "../gate/check-context.ts";
import { enteredIn, yamlUnreadable } from "./rule-forms.ts";

const BAR_WIDTH = 600;
const BAR_HEIGHT = 20;

/** Who is asked, and how much of what they take all their rules together use up. */
export function ownerForm(context: CheckContext): TemplateResult {
  const { fields, owners } = context;
  if (fields === null) return yamlUnreadable();
  const chosen = owners.find(({ name }) => name === fields.owner);
  return html`<div class="stack">
    ${field(
      "Owner",
      html`<select name="owner" @change=${(event: Event) => setField(context, "owner", enteredIn(event))}>
        ${chosen ? nothing : html`<option value=${fields.owner} selected>${fields.owner || "nobody yet"}</option>`}
        ${owners.map(
          ({
            name,
            onCall,
            alertsPerWeekBudget,
          }) => html`<option value=${name} ?selected=${name === fields.owner}>
            ${name}: ${onCall || "nobody on call"}, takes ${formatRate(alertsPerWeekBudget)} alerts a week
          </option>`,
        )}
      </select>`,
      owners.length === 0
        ? "owners.yaml names nobody yet."
        : "The team that answers for the systems this concerns. They get the alert, and only they.",
    )}
    ${owners.length === 0 ? html`<p><a href="/owners">See the owners</a></p>` : nothing}
    ${budgetBar(context)}
  </div>`;
}

/** The owner's alert budget as a bar: what other rules use, what this one would, and what it was meant to be. */
function budgetBar({ rule, fields, owners }: CheckContext): TemplateResult {
  const owner = owners.find(({ name }) => name === fields?.owner);
  const budget = rule.evidence?.budget ?? null;
  const mine = budget?.owner === fields?.owner ? budget?.mine : rule.backtest?.alertsPerWeek;
  const limit = budget?.owner === fields?.owner ? budget?.budgetPerWeek : owner?.alertsPerWeekBudget;
  if (limit === undefined) return html`<p class="muted">Name an owner to see the budget.</p>`;
  const others = budget?.owner === fields?.owner ? (budget?.others ?? []) : [];
  const used = others.reduce((sum, { alertsPerWeek }) => sum + alertsPerWeek, 0);
  const total = used + (mine ?? 0);
  const scale = BAR_WIDTH / Math.max(limit * 1.15, total * 1.05, 0.001);
  const over = total > limit;
  const words = `${formatRate(used)} alerts a week from ${others.length} other rules, ${mine == null ? "unknown" : formatRate(mine)} from this one, of ${formatRate(limit)}`;
  return html`<figure class="budget">
    <svg viewBox="0 0 ${BAR_WIDTH} ${BAR_HEIGHT + 16}" role="img" aria-label=${words}>
      ${svg`
        <rect class="ground" x="0" y="0" width=${BAR_WIDTH} height=${BAR_HEIGHT}></rect>
        <rect class="others" x="0" y="0" width=${used * scale} height=${BAR_HEIGHT}></rect>
        <rect class=${over ? "mine over" : "mine"} x=${used * scale} y="0" width=${(mine ?? 0) * scale} height=${BAR_HEIGHT}></rect>
        <line x1=${limit * scale} x2=${limit * scale} y1="-2" y2=${BAR_HEIGHT + 3}></line>
        <text x=${limit * scale} y=${BAR_HEIGHT + 14} text-anchor=${limit * scale < BAR_WIDTH / 8 ? "start" : "middle"}>${formatRate(limit)} a week</text>
      `}
    </svg>
    <figcaption>
      <span class="key others">other rules ${formatRate(used)}</span>
      <span class="key mine">this rule ${mine == null ? "not known yet" : formatRate(mine)}</span>
      <span>together ${formatRate(total)} of ${formatRate(limit)} alerts a week</span>
    </figcaption>
    ${
      others.length === 0
        ? nothing
        : html`<ul class="moments">
            ${others.map(
              (other) =>
                html`<li><a href=${formatRoute({ page: "rule", name: other.rule })}>${other.rule}</a> ${formatRate(other.alertsPerWeek)}</li>`,
            )}
          </ul>`
    }
  </figure>`;
}

/** What the author expects, as fields, beside what the backtest and the outcomes say. */
export function forecastForm(context: CheckContext): TemplateResult {
  const { fields, rule } = context;
  if (fields === null) return yamlUnreadable();
  const measured = rule.backtest?.alertsPerWeek ?? null;
  const set = (name: string, scale: number) => (event: Event) => {
    const text = enteredIn(event).trim();
    const value = text === "" ? null : Number(text) / scale;
    if (value === null || Number.isFinite(value)) setField(context, name, value);
  };
  return html`<div class="stack tight">
    <div class="inline-form">
      ${field(
        "Alerts a week",
        html`<input
          type="number"
          name="expectedAlertsPerWeek"
          min="0"
          step="any"
          .value=${fields.expectedAlertsPerWeek === null ? "" : String(fields.expectedAlertsPerWeek)}
          @change=${set("expectedAlertsPerWeek", 1)}
        />`,
      )}
      ${field(
        "Of a hundred alerts, truly bad",
        html`<input
          type="number"
          name="expectedPrecision"
          min="0"
          max="100"
          step="any"
          .value=${fields.expectedPrecision === null ? "" : String(Math.round(fields.expectedPrecision * 1000) / 10)}
          @change=${set("expectedPrecision", 100)}
        />`,
      )}
      ${
        measured === null
          ? nothing
          : html`<button
              type="button"
              class="button"
              @click=${() => setField(context, "expectedAlertsPerWeek", Math.round(measured * 100) / 100)}
            >
              Take ${formatRate(measured)} from the backtest
            </button>`
      }
    </div>
    <p class="muted">
      ${measured === null ? "No backtest says yet how many there would have been." : `The backtest had ${formatRate(measured)} a week.`}
      Both numbers are put on record with their date and scored once it is known how it went; the score shows on Forecasts.
    </p>
  </div>`;
}
