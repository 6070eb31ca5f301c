import "./power-dialog.ts";
import { html, nothing, type TemplateResult } from "lit";
import { currentIn } from "../../../notebooks/hunt/current-power.ts";
import type { PowerMeasurement } from "../../../notebooks/hunt/hunt-record.ts";
import { isBlunt, latestPower, ordinaryOf, powerSentence } from "../../../notebooks/hunt/power-sentence.ts";
import type { PowerReport } from "../../../server/api/api.ts";
import { badge } from "../../element/badge.ts";
import { age } from "../../element/instant.ts";
import { View } from "../../element/view.ts";
import type { HuntContext } from "./hunt-context.ts";
import { powerChart } from "./power-chart.ts";

/** How much the hunt would have seen: measurements, and the way to a new one. */
export class HuntPower extends View {
  static override properties = { context: { attribute: false }, measuring: { state: true } };
  declare context: HuntContext;
  declare measuring: { readonly again: PowerMeasurement | null } | null;

  constructor() {
    super();
    this.measuring = null;
  }

  override render(): unknown {
    const { hunt, notebook, asked } = this.context;
    const isCurrent = currentIn(notebook, asked);
    const latest = latestPower(hunt, isCurrent);
    const powers = hunt.powers.toSorted((left, right) => (left.at < right.at ? 1 : -1));
    return html`
      ${
        powers.length === 0
          ? html`<p class="muted">
              “We found nothing” means something only when the query would have found it. Write an event as the attack would
              leave it; Spoor puts it into a copy of the data, again and again, and counts how often your query sees it.
            </p>`
          : nothing
      }
      ${powers.map((power) => this.#measurement(power, power === latest, isCurrent(power)))}
      <div class="buttons">
        <button
          type="button"
          class="button small ${latest ? "" : "primary"}"
          @click=${() => {
            this.measuring = { again: latest ?? powers[0] ?? null };
          }}
        >
          ${powers.length > 0 ? "Measure again…" : "Measure its power…"}
        </button>
      </div>
      ${
        this.measuring
          ? html`<spoor-power-dialog
              .context=${this.context}
              .again=${this.measuring.again}
              .close=${() => {
                this.measuring = null;
              }}
              .keep=${(report: PowerReport) => this.#keep(report)}
            ></spoor-power-dialog>`
          : nothing
      }
    `;
  }

  #measurement(power: PowerMeasurement, isLatest: boolean, isCurrent: boolean): TemplateResult {
    const facts = html`<p class="muted">
      Cell ${power.cell}, seed ${power.seed}, ${power.interval} interval, measured ${age(power.at)} by ${power.by}
    </p>`;
    if (!isLatest) {
      return html`<details class="power-older">
        <summary>${power.found}/${power.injected}, ${age(power.at)}${power.complete ? "" : " (incomplete)"}${isCurrent ? "" : " (of another query or other values: does not count)"}</summary>
        ${powerChart(power)} ${facts} ${this.#remove(power)}
      </details>`;
    }
    return html`<div class="power">
      <p class="power-sentence">${powerSentence(power)}</p>
      ${powerChart(power)}
      ${
        isBlunt(power)
          ? html`<p>${badge("finds anything", "warning")} It also answers to ordinary events, so that it sees an event does not mean that you would.</p>`
          : ordinaryOf(power) === null
            ? html`<p class="muted">Nobody tried whether it answers to ordinary events too.</p>`
            : nothing
      }
      ${facts} ${this.#remove(power)}
    </div>`;
  }

  #remove(power: PowerMeasurement): TemplateResult {
    const { hunt, change, show } = this.context;
    return html`<div class="finding-actions">
      <button type="button" @click=${() => show(power.cell)}>Cell ${power.cell}</button>
      <button type="button" @click=${() => change({ ...hunt, powers: hunt.powers.filter((other) => other !== power) })}>
        Remove
      </button>
    </div>`;
  }

  #keep(report: PowerReport): void {
    const { hunt, change } = this.context;
    change({ ...hunt, powers: [...hunt.powers, report.measurement] });
    this.measuring = null;
  }
}

customElements.define("spoor-hunt-power", HuntPower);
