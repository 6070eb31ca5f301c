import { html, nothing, type TemplateResult } from "lit";
import {
  type CalibrationAnswer,
  type CalibrationQuestion,
  calibrationResult,
  ENOUGH_INTERVALS,
  held,
} from "../../../promote/risk/elicit/calibration.ts";
import type { ForecastsPage } from "../../../server/api/api.ts";
import { type ApiFailure, asFailure } from "../../api/api-failure.ts";
import { client } from "../../api/browser-client.ts";
import { badge } from "../../element/badge.ts";
import { renderFailure } from "../../element/failure.ts";
import { field } from "../../element/field.ts";
import { Loading } from "../../element/loading.ts";
import { View } from "../../element/view.ts";
import { formatPlural, formatShare } from "../../format/number.ts";
import { calibrationChart } from "../calibration-chart.ts";
import { readNumber } from "./spoken-number.ts";

/** Fewer resolved forecasts than this are filled up with questions about the workspace's own data. */
const ENOUGH_FORECASTS = 20;
const AT_ONCE = 20;

/** Answers of this tab, until it is closed or left: they are nobody else's business. */
let session: CalibrationAnswer[] = [];

/** Questions whose answers are known and hidden; at the end how often the intervals held. */
export class CalibrationExercise extends View {
  static override properties = {
    low: { state: true },
    high: { state: true },
    chance: { state: true },
    shown: { state: true },
    failure: { state: true },
    taken: { state: true },
  };
  declare low: string;
  declare high: string;
  declare chance: string;
  /** The answer that is being looked at. */
  declare shown: CalibrationAnswer | null;
  declare failure: ApiFailure | null;
  declare taken: string;
  #questions = new Loading(this, (signal) => questions(signal));

  constructor() {
    super();
    this.low = "";
    this.high = "";
    this.chance = "";
    this.shown = null;
    this.failure = null;
    this.taken = "";
  }

  override render(): unknown {
    return this.#questions.render((all) => this.#content(all), 8);
  }

  #content(all: readonly CalibrationQuestion[]): TemplateResult {
    if (all.length === 0)
      return html`<p class="muted">There is nothing to ask yet: no forecast is resolved and no source has data.</p>`;
    const answered = new Set(session.map(({ question }) => question.id));
    const next = all.find(({ id }) => !answered.has(id)) ?? null;
    return html`<div class="calibrate">
      <section class="panel stack tight">
        <p class="muted">
          Question ${Math.min(session.length + (this.shown === null ? 1 : 0), all.length)} of ${all.length}. Your answers stay in
          this window: nobody is scored for others to see.
        </p>
        ${this.shown !== null ? this.#reveal(this.shown, next !== null) : next === null ? html`<h2>That was all</h2><p>${formatPlural(session.length, "question")} answered.</p>` : this.#ask(next)}
      </section>
      ${session.length === 0 ? this.#explained() : this.#result()}
    </div>`;
  }

  #ask(question: CalibrationQuestion): TemplateResult {
    const interval = question.kind === "interval";
    const said = this.#said(question);
    return html`<form class="stack tight" @submit=${(event: Event) => this.#submit(event, question)}>
      <h2>${question.text}</h2>
      ${
        interval
          ? html`<p class="muted">Give an interval that you are 90% sure of, in ${question.unit || "numbers"}. Both ends by themselves, the middle last.</p>
              <div class="inline-form">
                ${field("Hardly less than", this.#box("low"))} ${field("Hardly more than", this.#box("high"))}
              </div>`
          : html`<p class="muted">How sure are you that this is so? 50% says that you have no idea, 0% that it is surely not so.</p>
              <div class="inline-form">${field("Chance that it is so (%)", this.#box("chance"))}</div>`
      }
      <div class="buttons">
        <button type="submit" class="button primary" ?disabled=${said === null}>Show the answer</button>
      </div>
    </form>`;
  }

  #box(key: "low" | "high" | "chance"): TemplateResult {
    return html`<input type="text" inputmode="decimal" autocomplete="off" name=${key} .value=${this[key]} @input=${(
      event: Event,
    ) => {
      this[key] = (event.target as HTMLInputElement).value;
    }} />`;
  }

  #said(question: CalibrationQuestion): number | readonly [number, number] | null {
    if (question.kind === "binary") {
      const chance = readNumber(this.chance) / 100;
      return chance >= 0 && chance <= 1 ? chance : null;
    }
    const [low, high] = [readNumber(this.low), readNumber(this.high)];
    return low <= high ? [low, high] : null;
  }

  #submit(event: Event, question: CalibrationQuestion): void {
    event.preventDefault();
    const said = this.#said(question);
    if (said === null) return;
    this.shown = { question, said };
    session = [...session, this.shown];
    this.low = "";
    this.high = "";
    this.chance = "";
    this.taken = "";
  }

  #reveal(answer: CalibrationAnswer, more: boolean): TemplateResult {
    const { question, said } = answer;
    const hit = held(answer);
    return html`<div class="stack tight" role="status">
      <h2>${question.text}</h2>
      <p class="calibrate-answer">
        ${question.kind === "binary" ? (question.answer === 1 ? "Yes, it is so." : "No, it is not so.") : html`${spoken(question.answer)} ${question.unit}`}
      </p>
      <p>
        You said ${typeof said === "number" ? formatShare(said) : `${spoken(said[0])} to ${spoken(said[1])}`}.
        ${hit === null ? nothing : hit ? badge("inside", "good") : badge("outside", "warning")}
        <span class="muted">${question.source}</span>
      </p>
      <div class="buttons">
        <button type="button" class="button primary" @click=${() => {
          this.shown = null;
        }}>${more ? "Next question" : "See how it went"}</button>
      </div>
    </div>`;
  }

  #explained(): TemplateResult {
    return html`<section class="panel prose">
      <h2>Why train</h2>
      <p>Most people's 90% intervals hold about half of the time. A few dozen questions with the answer shown at once bring most people close to 90%.</p>
      <p>When the answer surprises you, ask which of your two ends was set too near, and why.</p>
    </section>`;
  }

  #result(): TemplateResult {
    const result = calibrationResult(session);
    const { intervals } = result;
    return html`<section class="panel stack tight">
      <h2>How sure you are, and how often it held</h2>
      ${calibrationChart(result.chart, 260)}
      ${
        intervals === null
          ? nothing
          : html`<p>
              <strong>${intervals.hits} of ${intervals.count}</strong> 90% intervals held: ${formatShare(intervals.rate)}
              <span class="muted">(between ${formatShare(intervals.clopperPearson[0])} and ${formatShare(intervals.clopperPearson[1])}, Clopper and Pearson 95%)</span>.
              ${verdict(intervals.clopperPearson, intervals.widenBy)}
            </p>`
      }
      ${result.brier === null ? nothing : html`<p>Brier score of the chances: ${result.brier.toFixed(3)} <span class="muted">0 is perfect, 0.25 is a coin</span></p>`}
      <div class="buttons">
        ${
          intervals === null
            ? nothing
            : html`<button type="button" class="button" ?disabled=${intervals.count < ENOUGH_INTERVALS} @click=${() => this.#take(intervals.hits, intervals.count)}>
                Set the model's hit rate to ${formatShare(intervals.rate)}
              </button>`
        }
        <button type="button" class="button small" @click=${this.#forget}>Forget my answers</button>
      </div>
      <p class="sub muted">
        ${
          intervals !== null && intervals.count < ENOUGH_INTERVALS
            ? `From ${ENOUGH_INTERVALS} intervals on, the hit rate can be taken over into the model. `
            : ""
        }Only the two counts would be sent, and only then: settings.intervalHitRate widens the losses that people judged.
      </p>
      <p role="status">${this.taken}</p>
      ${this.failure === null ? nothing : renderFailure(this.failure, { title: "The setting stays as it is" })}
    </section>`;
  }

  async #take(hits: number, count: number): Promise<void> {
    try {
      const { hitRate } = await client.setIntervalHitRate(hits, count);
      this.failure = null;
      this.taken = `settings.intervalHitRate is ${hitRate} now.`;
    } catch (error) {
      this.failure = asFailure(error);
    }
  }

  #forget = (): void => {
    session = [];
    this.shown = null;
    this.taken = "";
    this.requestUpdate();
  };
}

/** Resolved forecasts with their outcome to hide, and questions about the data where they are too few. */
async function questions(signal: AbortSignal): Promise<readonly CalibrationQuestion[]> {
  const fromForecasts = forecastQuestions(await client.forecasts(signal));
  if (fromForecasts.length >= ENOUGH_FORECASTS) return fromForecasts.slice(0, AT_ONCE);
  return [...fromForecasts, ...(await client.calibrationQuestions(signal))];
}

function forecastQuestions(page: ForecastsPage): CalibrationQuestion[] {
  return page.forecasts.flatMap((one): CalibrationQuestion[] => {
    if (one.outcome === null || one.state !== "scored") return [];
    const binary = one.kind === "binary";
    if (binary && one.outcome !== 0 && one.outcome !== 1) return [];
    return [
      {
        id: `forecast:${one.id}`,
        kind: binary ? "binary" : "interval",
        text: one.statement,
        unit: "",
        answer: one.outcome,
        source: `a forecast of ${one.created.slice(0, 10)}`,
      },
    ];
  });
}

function verdict(range: readonly [number, number], widenBy: number): string {
  if (range[1] < 0.9)
    return `You were too sure: make intervals about ${Number(widenBy.toPrecision(2))} times as wide.`;
  if (range[0] > 0.9) return "Your intervals are wider than they need to be.";
  return "That is in keeping with 90%; more questions would tell more.";
}

function spoken(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: value < 10 ? 2 : 1 });
}

customElements.define("spoor-calibration-exercise", CalibrationExercise);
