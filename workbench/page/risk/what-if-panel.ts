import { axisX, axisY, line, ruleX } from "@observablehq/plot";
import { html, nothing, type TemplateResult } from "lit";
import { horizonFactor } from "../../../promote/risk/cost.ts";
import { distributionMean } from "../../../promote/risk/distribution.ts";
import type { RiskModel } from "../../../promote/risk/model.ts";
import {
  stateOf,
  type WhatIfAnswer,
  type WhatIfChange,
  type WhatIfState,
  whatIf,
} from "../../../promote/risk/what-if.ts";
import { client } from "../../api/browser-client.ts";
import { chart } from "../../element/chart.ts";
import { Loading } from "../../element/loading.ts";
import { View } from "../../element/view.ts";
import { formatShare, formatUsd } from "../../format/number.ts";

const NO_CHANGE: WhatIfChange = {};

/** Turn a number, drop a source, take one on board: what becomes of the figures, computed in the page. */
export class WhatIfPanel extends View {
  static override properties = { change: { state: true }, horizonYears: { state: true } };
  declare change: WhatIfChange;
  declare horizonYears: number | null;
  #model = new Loading(this, async (signal) => {
    const model = await client.riskModel(signal);
    return { model, today: stateOf(model) };
  });

  constructor() {
    super();
    this.change = NO_CHANGE;
    this.horizonYears = null;
  }

  override render(): unknown {
    return this.#model.render(({ model, today }) => this.#content(model, today), 10);
  }

  #content(model: RiskModel, today: WhatIfState): TemplateResult {
    const answer = whatIf(model, this.change, today);
    const changed = JSON.stringify(this.change) !== "{}";
    return html`<div class="what-if">
      ${this.#outcome(model, answer, changed)}
      <div class="what-if-halves">
        <div>${this.#sources(model, answer)}</div>
        <div class="stack tight">
          ${this.#scenarios(model)} ${this.#appetite(model)}
          <div>
            <h3>Chance of a bad year</h3>
            ${exceedance(answer, changed, this.change.appetiteUsd ?? model.settings.appetite?.usd ?? null)}
          </div>
        </div>
      </div>
    </div>`;
  }

  #outcome(model: RiskModel, { before, after }: WhatIfAnswer, changed: boolean): TemplateResult {
    const years = this.horizonYears ?? model.settings.horizonYears;
    const factor = horizonFactor(model.settings.discountRate, years);
    const figure = (title: string, from: number, to: number, less: "good" | "bad") =>
      html`<div>
        <dt>${title}</dt>
        <dd>${formatUsd(to)}${changed ? difference(to - from, less) : html`<small>a year</small>`}</dd>
      </div>`;
    return html`<div class="what-if-outcome" role="status" aria-live="polite">
      <dl class="figures">
        ${figure("Expected loss", before.residualUsd, after.residualUsd, "good")}
        ${figure("Reduction", before.reductionUsd, after.reductionUsd, "bad")}
        ${figure("Cost", before.costUsd, after.costUsd, "good")}
        ${figure("Net of cost", before.netUsd, after.netUsd, "bad")}
        <div>
          <dt>Net over ${years} ${years === 1 ? "year" : "years"}</dt>
          <dd>${formatUsd(after.netUsd * factor)}<small>at ${formatShare(model.settings.discountRate)} a year</small></dd>
        </div>
        ${
          after.overAppetite === null
            ? nothing
            : html`<div>
                <dt>Over the appetite</dt>
                <dd>
                  ${formatShare(after.overAppetite)}<small
                    >${changed && before.overAppetite !== null ? `was ${formatShare(before.overAppetite)}, ` : ""}${after.overAppetite <= (model.settings.appetite?.probability ?? 1) ? "within it" : "beyond it"}</small
                  >
                </dd>
              </div>`
        }
      </dl>
      <button
        type="button"
        class="button small"
        ?disabled=${!changed && this.horizonYears === null}
        @click=${() => {
          this.change = NO_CHANGE;
          this.horizonYears = null;
        }}
      >
        Back to today
      </button>
    </div>`;
  }

  #sources(model: RiskModel, { before, after }: WhatIfAnswer): TemplateResult {
    return html`<table
      class="what-if-sources"
      aria-label="Sources: on board or not, coverage and cost, and what each is worth then"
    >
      <thead>
        <tr>
          <th scope="col">On board</th>
          <th scope="col">Coverage</th>
          <th scope="col" class="number">Cost a year</th>
          <th scope="col" class="number">Worth</th>
          <th scope="col" class="number">Net</th>
        </tr>
      </thead>
      <tbody>
        ${after.sources.map((source, i) => {
          const definition = model.sources[i]!;
          const name = `coverage:${source.id}`;
          const coverages = Object.values(definition.coverage).map(({ distribution }) =>
            distributionMean(distribution),
          );
          const mean = coverages.reduce((sum, value) => sum + value, 0) / Math.max(1, coverages.length);
          const coverage = this.change.inputs?.[name] ?? mean;
          return html`<tr>
            <th scope="row">
              <label title=${source.title}
                ><input
                  type="checkbox"
                  .checked=${source.onboard}
                  @change=${(event: Event) =>
                    this.#board(
                      definition.status === "onboarded",
                      source.id,
                      (event.target as HTMLInputElement).checked,
                    )}
                />${source.id}</label
              >
            </th>
            <td>
              ${
                coverages.length === 0
                  ? html`<span class="muted">touches no scenario</span>`
                  : this.#slider({
                      label: `Coverage of ${source.id}`,
                      min: 0,
                      max: 1,
                      step: 0.01,
                      value: coverage,
                      text: formatShare(coverage),
                      set: (value) => this.#input(name, value),
                    })
              }
            </td>
            <td class="number">
              <input
                type="number"
                min="0"
                step="1000"
                aria-label="Yearly cost of ${source.id} in dollars"
                .value=${String(Math.round(source.costUsd))}
                @change=${(event: Event) => this.#cost(source.id, Number((event.target as HTMLInputElement).value))}
              />
            </td>
            <td class="number">
              ${formatUsd(source.marginalUsd)}${difference(source.marginalUsd - before.sources[i]!.marginalUsd, "bad")}
            </td>
            <td class="number">
              ${formatUsd(source.netMarginalUsd)}${difference(source.netMarginalUsd - before.sources[i]!.netMarginalUsd, "bad")}
            </td>
          </tr>`;
        })}
      </tbody>
    </table>
    <p class="sub muted">Worth: what goes without it, or comes with it when it is not on board. At the means of what we do not know.</p>`;
  }

  #scenarios(model: RiskModel): TemplateResult {
    return html`<fieldset class="what-if-scenarios">
      <legend>Attacks a year</legend>
      ${model.scenarios.map((scenario) => {
        const name = `frequency:${scenario.id}`;
        const mean = distributionMean(scenario.frequency.distribution);
        const value = this.change.inputs?.[name] ?? mean;
        return html`<div>
          <span>${scenario.title}</span>
          ${this.#slider({
            label: `Attacks a year: ${scenario.title}`,
            min: 0,
            max: Math.max(mean * 3, 0.01),
            step: mean / 50,
            value,
            text: value.toPrecision(2),
            set: (next) => this.#input(name, next),
          })}
        </div>`;
      })}
    </fieldset>`;
  }

  #appetite(model: RiskModel): TemplateResult {
    const usd = this.change.appetiteUsd ?? model.settings.appetite?.usd ?? 1_000_000;
    const years = this.horizonYears ?? model.settings.horizonYears;
    return html`<fieldset class="what-if-scenarios">
      <legend>Appetite and horizon</legend>
      <div>
        <span>A year may cost</span>
        ${this.#slider({
          label: "Appetite in dollars a year",
          min: 4,
          max: 8,
          step: 0.02,
          value: Math.log10(usd),
          text: formatUsd(usd),
          set: (value) => {
            this.change = { ...this.change, appetiteUsd: Math.round(10 ** value) };
          },
        })}
      </div>
      <div>
        <span>Years to count</span>
        ${this.#slider({
          label: "Horizon in years",
          min: 1,
          max: 10,
          step: 1,
          value: years,
          text: String(years),
          set: (value) => {
            this.horizonYears = value;
          },
        })}
      </div>
    </fieldset>`;
  }

  #slider(options: {
    readonly label: string;
    readonly min: number;
    readonly max: number;
    readonly step: number;
    readonly value: number;
    readonly text: string;
    readonly set: (value: number) => void;
  }): TemplateResult {
    return html`<span class="what-if-slider"
      ><input
        type="range"
        aria-label=${options.label}
        aria-valuetext=${options.text}
        min=${options.min}
        max=${options.max}
        step=${options.step}
        .value=${String(options.value)}
        @input=${(event: Event) => options.set(Number((event.target as HTMLInputElement).value))}
      /><output>${options.text}</output></span
    >`;
  }

  #input(name: string, value: number): void {
    this.change = { ...this.change, inputs: { ...this.change.inputs, [name]: value } };
  }

  #cost(id: string, usd: number): void {
    if (!Number.isFinite(usd) || usd < 0) return;
    this.change = { ...this.change, costsUsd: { ...this.change.costsUsd, [id]: usd } };
  }

  #board(onboard: boolean, id: string, wanted: boolean): void {
    const others = (ids: readonly string[] | undefined) => (ids ?? []).filter((one) => one !== id);
    const without = others(this.change.without);
    const added = others(this.change.with);
    if (onboard && !wanted) without.push(id);
    if (!onboard && wanted) added.push(id);
    const { without: _without, with: _with, ...rest } = this.change;
    this.change = {
      ...rest,
      ...(without.length > 0 ? { without } : {}),
      ...(added.length > 0 ? { with: added } : {}),
    };
  }
}

/** A change beside a figure; `less` says whether a lower figure is good or bad. Colour never says it alone. */
function difference(usd: number, less: "good" | "bad"): TemplateResult | typeof nothing {
  if (Math.abs(usd) < 0.5) return nothing;
  const good = usd < 0 === (less === "good");
  return html`<small class=${good ? "better" : "worse"}>${usd < 0 ? "▼" : "▲"} ${formatUsd(Math.abs(usd))}</small>`;
}

function exceedance(
  { before, after }: WhatIfAnswer,
  changed: boolean,
  appetiteUsd: number | null,
): TemplateResult {
  const points = (state: WhatIfState) => state.exceedance.filter(({ usd }) => usd > 0);
  const drawing = chart(
    "Chance that a year's loss exceeds an amount, today and with the change",
    190,
    () => ({
      marginLeft: 44,
      marginRight: 20,
      marginTop: 12,
      marginBottom: 34,
      x: { type: "log" },
      y: { grid: true, domain: [0, Math.max(...points(before).map(({ probability }) => probability), 0.01)] },
      marks: [
        axisX({ label: "annual loss exceeds", tickFormat: (value: number) => formatUsd(value), ticks: 5 }),
        axisY({ label: null, tickFormat: "%", ticks: 4 }),
        line(points(before), {
          x: "usd",
          y: "probability",
          stroke: "var(--neutral)",
          strokeDasharray: "4 3",
          strokeWidth: 2,
        }),
        ...(changed
          ? [line(points(after), { x: "usd", y: "probability", stroke: "var(--chart-1)", strokeWidth: 2 })]
          : []),
        ...(appetiteUsd === null
          ? []
          : [ruleX([appetiteUsd], { stroke: "var(--text)", strokeDasharray: "2 3" })]),
      ],
    }),
  );
  return html`${drawing}
    <p class="sub muted">Dashed: today.${changed ? " Solid: with the change." : ""}${appetiteUsd === null ? "" : " Dotted upright: the appetite."}</p>`;
}

customElements.define("spoor-what-if", WhatIfPanel);
