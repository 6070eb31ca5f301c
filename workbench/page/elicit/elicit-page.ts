import "./answer-form.ts";
import "./calibration-exercise.ts";
import { html, nothing, type TemplateResult } from "lit";
import type { InputKind } from "../../../promote/risk/elicit/elicited-input.ts";
import type { RiskModel } from "../../../promote/risk/model.ts";
import type { AskedInput, ElicitationPage } from "../../../server/api/api.ts";
import { client } from "../../api/browser-client.ts";
import { badge } from "../../element/badge.ts";
import { emptyState } from "../../element/empty-state.ts";
import { field } from "../../element/field.ts";
import { Loading } from "../../element/loading.ts";
import { TabInAddress } from "../../element/tab-in-address.ts";
import { tabs } from "../../element/tabs.ts";
import { View } from "../../element/view.ts";
import { formatPlural, formatUsd } from "../../format/number.ts";
import { queryValue, setQueryValue } from "../../route/navigate.ts";

const KINDS: Readonly<Record<InputKind, string>> = {
  frequency: "How often it starts",
  severity: "What it costs",
  coverage: "Evidence is in the data",
  cost: "What a source costs",
  p: "The rule fires",
  h: "A person acts",
  alerts: "Alerts in a year",
  minutes: "Minutes for an alert",
};

/** How sure are we of the numbers that decide, and are we as sure as we say? */
export class ElicitPage extends View {
  static override properties = { person: { state: true }, chosen: { state: true } };
  declare person: string;
  declare chosen: string;
  #tab = new TabInAddress(this, "answer");
  #page = new Loading(this, (signal) => this.#load(signal));
  #model = new Loading(this, (signal) => client.riskModel(signal));

  constructor() {
    super();
    this.person = "";
    this.chosen = queryValue("input");
  }

  async #load(signal: AbortSignal): Promise<ElicitationPage> {
    const page = await client.elicitation(this.person, signal);
    if (page.inputs.some(({ worthUsd }) => worthUsd !== null)) return page;
    // Nobody has looked at a report yet: what knowing a number is worth comes from one.
    await client.riskReport(signal).catch(() => null);
    return client.elicitation(this.person, signal);
  }

  override render(): unknown {
    return html`<header class="page-head">
        <div>
          <h1>Judgements</h1>
          <p>Intervals that hold nine times in ten, for the numbers that nobody has measured.</p>
        </div>
        <div class="buttons"><a class="button" href="/risk">Back to the report</a></div>
      </header>
      ${
        this.#page.failure?.status === 404
          ? emptyState(
              "No risk model yet",
              "Write risk/model.yaml first: scenarios you fear, what they cost, and which sources and rules would see them.",
              { label: "See the risk page", href: "/risk" },
            )
          : html`${tabs(
              "Judgements",
              [
                { key: "answer", title: "Answer" },
                { key: "train", title: "Train how sure you are" },
              ],
              this.#tab.selected,
              this.#tab.select,
            )}
            <div id="tab-panel" role="tabpanel" aria-labelledby=${`tab-${this.#tab.selected}`}>
              ${
                this.#tab.selected === "train"
                  ? html`<spoor-calibration-exercise></spoor-calibration-exercise>`
                  : this.#page.render(
                      (page) => this.#model.render((model) => this.#answer(page, model), 12),
                      12,
                    )
              }
            </div>`
      }`;
  }

  #answer(page: ElicitationPage, model: RiskModel): TemplateResult {
    const input = page.inputs.find(({ name }) => name === this.chosen) ?? page.inputs[0];
    if (!input) return html`<p class="muted">The model has no number that could be judged.</p>`;
    const answered = page.inputs.filter(({ own }) => own !== null).length;
    return html`<div class="elicit">
      <nav class="elicit-inputs" aria-label="Numbers to judge">
        ${field(
          "Who answers",
          html`<input type="text" autocomplete="off" .value=${page.person} @change=${(event: Event) => this.#person((event.target as HTMLInputElement).value)} />`,
          "You, or somebody whose words you write down.",
        )}
        <p class="muted">${answered} of ${formatPlural(page.inputs.length, "number")} answered. What is worth most to know comes first.</p>
        <ol>
          ${page.inputs.map((one) => this.#entry(one, one.name === input.name))}
        </ol>
      </nav>
      <spoor-elicit-answer
        .input=${input}
        .person=${page.person}
        .hitRate=${page.hitRate}
        .model=${model}
        .kept=${(next: ElicitationPage | null) => this.#kept(next)}
      ></spoor-elicit-answer>
    </div>`;
  }

  #entry(input: AskedInput, selected: boolean): TemplateResult {
    return html`<li>
      <button type="button" aria-current=${selected ? "true" : "false"} @click=${() => this.#choose(input.name)}>
        <span class="elicit-kind">${KINDS[input.kind]}</span>
        <span class="elicit-about">${input.about}</span>
        <span class="elicit-marks">
          ${input.worthUsd === null ? nothing : html`<span class="muted">worth ${formatUsd(input.worthUsd)} a year</span>`}
          ${input.own === null ? nothing : badge("answered", "good")}
          ${input.own === null && input.people > 0 ? html`<span class="muted">${formatPlural(input.people, "answer")}</span>` : nothing}
        </span>
      </button>
    </li>`;
  }

  #choose(name: string): void {
    this.chosen = name;
    setQueryValue("input", name);
  }

  #person(name: string): void {
    this.person = name.trim();
    void this.#page.load();
  }

  #kept(page: ElicitationPage | null): void {
    if (page !== null) this.#page.set(page);
    else {
      void this.#page.load();
      void this.#model.load();
    }
  }
}

customElements.define("spoor-elicit-page", ElicitPage);
