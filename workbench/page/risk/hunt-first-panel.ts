import { axisX, axisY, dot, line, ruleX, ruleY } from "@observablehq/plot";
import { html, nothing, type TemplateResult } from "lit";
import type { Observation, Trial } from "../../../promote/risk/observation-file.ts";
import type { HuntFirstRow, RiskReport } from "../../../promote/risk/report-value.ts";
import type { HuntSummary } from "../../../server/hunt/hunt-types.ts";
import { asFailure } from "../../api/api-failure.ts";
import { client } from "../../api/browser-client.ts";
import { badge } from "../../element/badge.ts";
import { chart } from "../../element/chart.ts";
import { field } from "../../element/field.ts";
import { Loading } from "../../element/loading.ts";
import { View } from "../../element/view.ts";
import { formatShare, formatUsd } from "../../format/number.ts";
import { formatRoute } from "../../route/route.ts";

const TRIALS: readonly Trial[] = ["hosts", "alerts", "red team", "atomic tests"];

interface HuntsAndSeen {
  readonly hunts: readonly HuntSummary[];
  readonly seen: readonly Observation[];
}

/** What exploring is worth before a decision, when to stop, and the place where a hunt that ended says what it saw. */
export class HuntFirstPanel extends View {
  static override properties = {
    report: { attribute: false },
    input: { state: true },
    hunt: { state: true },
    problem: { state: true },
    entered: { state: true },
    busy: { state: true },
  };
  declare report: RiskReport;
  declare input: string;
  declare hunt: string;
  declare problem: string;
  declare entered: string;
  declare busy: boolean;
  #known = new Loading<HuntsAndSeen>(this, async (signal) => ({
    hunts: await client.hunts(signal),
    seen: await client.riskObservations(signal),
  }));

  constructor() {
    super();
    this.input = "";
    this.hunt = "";
    this.problem = "";
    this.entered = "";
    this.busy = false;
  }

  override render(): unknown {
    const { huntFirst } = this.report;
    return html`<div class="stack tight">
      <p class="muted">
        ${huntFirst.length === 0 ? "No source is a candidate, and no trial would change what is kept: nothing to explore before deciding." : "Net gain of n trials: what they are worth to the decision over the horizon, less what they cost. Best is where the curve is highest; below zero, decide without them."}
      </p>
      ${huntFirst.map((row) => this.#row(row))} ${this.#known.render((known) => this.#enter(known), 3)}
    </div>`;
  }

  #row(row: HuntFirstRow): TemplateResult {
    const hunts = row.verdict === "hunt";
    return html`<article class="hunt-first">
      <div class="stack tight">
        <h3>
          <a href=${formatRoute({ page: "source", name: row.source })}>${row.title}</a>
          ${hunts ? badge("hunt first", "accent") : badge("just decide", "neutral")}
        </h3>
        <p>${row.advice}</p>
        ${row.stop === "" ? nothing : html`<p><strong>When to stop.</strong> ${row.stop}</p>`}
        ${
          row.input === ""
            ? nothing
            : html`<dl class="facts-grid">
                <div><dt>Learns</dt><dd><code>${row.input}</code></dd></div>
                <div>
                  <dt>Now</dt>
                  <dd>${formatShare(row.mean)}${row.breakEven === null ? "" : `, turns at ${formatShare(row.breakEven)}`}</dd>
                </div>
                <div><dt>Knowing all</dt><dd>${formatUsd(row.evpiUsd)} a year</dd></div>
                <div>
                  <dt>Price</dt>
                  <dd>
                    ${formatUsd(row.fixedUsd)} + ${formatUsd(row.unitUsd)} a ${row.unit}${row.priceFrom === "default" ? " (default)" : ""}
                  </dd>
                </div>
                <div><dt>How</dt><dd>${row.how}</dd></div>
              </dl>`
        }
        ${hunts ? html`<div><a class="button small" href="/hunts">Start a hunt</a></div>` : nothing}
      </div>
      ${row.curve.length === 0 ? nothing : gainChart(row)}
    </article>`;
  }

  #enter({ hunts, seen }: HuntsAndSeen): TemplateResult {
    const ended = hunts.filter(
      ({ state, name }) => state !== "open" && !seen.some(({ hunt }) => hunt === name),
    );
    const inputs = this.report.assumptions
      .map(({ name }) => name)
      .filter((name) => /^(coverage|p|h):/.test(name))
      .sort();
    const suggested =
      this.input || this.report.huntFirst.find(({ input }) => input !== "")?.input || inputs[0] || "";
    return html`<div class="enter-seen">
      <h3>Enter what you saw</h3>
      ${
        ended.length === 0
          ? html`<p class="muted">A hunt or a trial that ended says here what it saw: of n looked at, k were so. The input, and every figure made of it, is updated.</p>`
          : html`<p>
              Next step: ${ended.map(
                ({ name, title }, i) =>
                  html`${i > 0 ? ", " : ""}<a href=${formatRoute({ page: "notebook", name })}>${title}</a>`,
              )}
              ended and ${ended.length === 1 ? "has" : "have"} not said what ${ended.length === 1 ? "it" : "they"} saw.
            </p>`
      }
      <form class="inline-form" @submit=${(event: SubmitEvent) => this.#submit(event)}>
        ${field(
          "Input",
          html`<select name="input" @change=${(event: Event) => {
            this.input = (event.target as HTMLSelectElement).value;
          }}>
            ${inputs.map((name) => html`<option value=${name} ?selected=${name === suggested}>${name}</option>`)}
          </select>`,
        )}
        ${field("Saw it in (k)", html`<input name="hits" type="number" min="0" step="1" required />`)}
        ${field("Of (n)", html`<input name="trials" type="number" min="1" step="1" required />`)}
        ${field(
          "What they were",
          html`<select name="trial">
            ${TRIALS.map((trial) => html`<option value=${trial} ?selected=${trial === trialOf(suggested)}>${trial}</option>`)}
          </select>`,
        )}
        ${field(
          "Hunt",
          html`<select name="hunt">
            <option value="">none</option>
            ${hunts.map(
              ({ name, title }) =>
                html`<option value=${name} ?selected=${name === (ended[0]?.name ?? "")}>${title}</option>`,
            )}
          </select>`,
        )}
        <button type="submit" class="button primary" ?disabled=${this.busy}>Enter</button>
      </form>
      <p role="status" class=${this.problem === "" ? "muted" : "bad"}>${this.problem || this.entered}</p>
      ${
        seen.length === 0
          ? nothing
          : html`<details>
              <summary>${seen.length} entered so far</summary>
              <ul class="prose">
                ${[...seen].reverse().map(
                  (one) =>
                    html`<li>
                      <code>${one.input}</code> ${one.hits} of ${one.trials} ${one.trial}, ${one.date}, ${one.author}${one.hunt === "" ? "" : html`, <a href=${formatRoute({ page: "notebook", name: one.hunt })}>${one.hunt}</a>`}
                    </li>`,
                )}
              </ul>
            </details>`
      }
    </div>`;
  }

  async #submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const data = new FormData(form);
    const text = (key: string): string => String(data.get(key) ?? "");
    const [hits, trials] = [Number(text("hits")), Number(text("trials"))];
    this.problem = hits > trials ? "More were seen than were looked at." : "";
    if (this.problem !== "") return;
    this.busy = true;
    try {
      const entered = await client.observeRisk({
        ...{ input: text("input"), hits, trials, hunt: text("hunt"), note: "" },
        trial: text("trial") as Trial,
      });
      this.entered = `Entered: ${entered.hits} of ${entered.trials} ${entered.trial} for ${entered.input}. The report is made again.`;
      form.reset();
      await this.#known.load();
      this.dispatchEvent(new CustomEvent("spoor-observed", { bubbles: true }));
    } catch (error) {
      this.problem = asFailure(error).message;
    } finally {
      this.busy = false;
    }
  }
}

function trialOf(input: string): Trial {
  return input.startsWith("coverage:") ? "hosts" : input.startsWith("h:") ? "alerts" : "atomic tests";
}

function gainChart(row: HuntFirstRow): TemplateResult {
  const last = Math.max(row.bestTests * 3, 20);
  const points = row.curve.filter(({ tests }) => tests <= last);
  return chart(`Net gain of exploring ${row.title}, by number of trials`, 170, () => ({
    marginLeft: 54,
    marginRight: 16,
    marginTop: 26,
    marginBottom: 36,
    y: { grid: true },
    marks: [
      axisX({ label: `${row.unit}s looked at`, ticks: 5 }),
      axisY({ label: "net gain, USD", tickFormat: (value: number) => formatUsd(value), ticks: 4 }),
      ruleY([0], { stroke: "var(--line-strong)" }),
      line(points, { x: "tests", y: "netGainUsd", stroke: "var(--chart-1)", strokeWidth: 2 }),
      ...(row.bestTests === 0
        ? []
        : [
            ruleX([row.bestTests], { stroke: "var(--text-muted)", strokeDasharray: "4 3" }),
            dot(
              points.filter(({ tests }) => tests === row.bestTests),
              { x: "tests", y: "netGainUsd", fill: "var(--chart-1)", r: 4.5 },
            ),
          ]),
    ],
  }));
}

customElements.define("spoor-hunt-first", HuntFirstPanel);
