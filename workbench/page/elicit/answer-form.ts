import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { checkInterval } from "../../../promote/risk/elicit/check-interval.ts";
import { answerEffect } from "../../../promote/risk/elicit/effect.ts";
import type { AnsweredInterval } from "../../../promote/risk/elicit/elicited-input.ts";
import { type Bet, chooseBet, startBet } from "../../../promote/risk/elicit/equivalent-bet.ts";
import { chanceAbove, implied } from "../../../promote/risk/elicit/implied.ts";
import { questionOf, referenceClasses } from "../../../promote/risk/elicit/question.ts";
import type { RiskModel } from "../../../promote/risk/model.ts";
import type { AskedInput, ElicitationPage } from "../../../server/api/api.ts";
import { type ApiFailure, asFailure } from "../../api/api-failure.ts";
import { client } from "../../api/browser-client.ts";
import { badge } from "../../element/badge.ts";
import { renderFailure } from "../../element/failure.ts";
import { field } from "../../element/field.ts";
import { View } from "../../element/view.ts";
import { formatPlural, formatUsd } from "../../format/number.ts";
import { answerChart, type PooledRow, poolChart } from "./answer-chart.ts";
import { betView } from "./bet-view.ts";
import { formatInterval, formatValue, readNumber, readValue, typedValue } from "./spoken-number.ts";

/** Numbers that move what we pay and not what we lose. */
const COST_SIDE: ReadonlySet<string> = new Set(["minutes", "alerts", "cost"]);

/** One number of the model: the question, the answer as it is typed, the bet, then what others said. */
export class AnswerForm extends View {
  static override properties = {
    input: { attribute: false },
    person: { attribute: false },
    hitRate: { attribute: false },
    model: { attribute: false },
    kept: { attribute: false },
    texts: { state: true },
    bet: { state: true },
    failure: { state: true },
    done: { state: true },
  };
  declare input: AskedInput;
  declare person: string;
  declare hitRate: number;
  declare model: RiskModel;
  /** Called with the page after an answer or a use. */
  declare kept: (page: ElicitationPage | null) => void;
  declare texts: { low: string; high: string; cap: string; chance: string; note: string };
  declare bet: Bet | null;
  declare failure: ApiFailure | null;
  declare done: string;

  constructor() {
    super();
    this.texts = { low: "", high: "", cap: "", chance: "", note: "" };
    this.bet = null;
    this.failure = null;
    this.done = "";
  }

  override willUpdate(changed: PropertyValues): void {
    const before = changed.get("input") as AskedInput | undefined;
    const personBefore = changed.get("person") as string | undefined;
    if (before?.name === this.input.name && (personBefore === undefined || personBefore === this.person))
      return;
    if (!changed.has("input") && !changed.has("person")) return;
    const { own, shape } = this.input;
    const typed = (value: number | null): string => (value === null ? "" : typedValue(shape, value));
    this.texts = {
      low: typed(own?.low ?? null),
      high: typed(own?.high ?? null),
      cap: typed(own?.cap ?? null),
      chance: "",
      note: own?.note ?? "",
    };
    this.bet = null;
    this.failure = null;
    this.done = "";
  }

  override render(): unknown {
    const { input } = this;
    const question = questionOf(input);
    const answer = this.#answer();
    const untouched = this.texts.low === "" && this.texts.high === "";
    const issues = untouched
      ? []
      : checkInterval(input.shape, answer, { hitRate: this.hitRate, place: input.name });
    const errors = issues.filter(({ severity }) => severity === "error");
    const sound = !untouched && errors.length === 0;
    return html`<div class="stack">
      <section class="panel stack tight">
        <h2>${question.text}</h2>
        <p class="muted">${question.means}</p>
        <details class="elicit-help" ?open=${input.own === null && untouched}>
          <summary>Before you answer</summary>
          <div class="elicit-help-columns">
            <div>
              <h3>How could I be wrong?</h3>
              <ul class="prose">${question.doubts.map((doubt) => html`<li>${doubt}</li>`)}</ul>
            </div>
            <div>
              <h3>What others saw</h3>
              <ul class="prose">
                ${referenceClasses(input.kind).map(({ figure, source }) => html`<li>${figure}<span class="sub">default figure: ${source}</span></li>`)}
              </ul>
            </div>
          </div>
          <p class="muted">Both ends first, each by itself: at which value would you be astonished? The middle comes last.</p>
        </details>
        <form @submit=${this.#keep}>
          <div class="inline-form">
            ${field(`${question.lowLabel} (${question.unit})`, this.#box("low"))}
            ${field(`${question.highLabel} (${question.unit})`, this.#box("high"))}
            ${input.kind === "severity" ? field("Never more than (cap, dollars)", this.#box("cap")) : nothing}
          </div>
          <p class="muted elicit-meaning">You are 90% sure: of ten such intervals of yours, nine should hold.</p>
          ${issues.length > 0 ? html`<div role="status"><ul class="elicit-issues">${issues.map((issue) => html`<li>${badge(issue.severity, issue.severity === "error" ? "bad" : "warning")} <span>${issue.message} <span class="muted">${issue.remedy}</span></span></li>`)}</ul></div>` : nothing}
          ${sound ? this.#implied(answer) : nothing}
          ${
            this.bet === null
              ? nothing
              : betView({
                  kind: input.kind,
                  bet: this.bet,
                  choose: (choice) => {
                    if (this.bet) this.bet = chooseBet(input.shape, this.bet, choice);
                  },
                  take: () => this.#takeBet(),
                  stop: () => {
                    this.bet = null;
                  },
                })
          }
          <label class="field elicit-note"><span>Why (optional, kept with the answer)</span><textarea rows="2" maxlength="2000" .value=${this.texts.note} @input=${(event: Event) => this.#type("note", event)}></textarea></label>
          <div class="buttons">
            <button type="submit" class="button primary" ?disabled=${!sound}>${input.own === null ? "Keep my answer" : "Keep my new answer"}</button>
            <button type="button" class="button" ?disabled=${!sound || this.bet !== null} @click=${() => {
              this.bet = startBet(answer);
            }}>Try the equivalent bet</button>
          </div>
          ${this.failure === null ? nothing : renderFailure(this.failure, { title: "The answer was not kept" })}
        </form>
      </section>
      ${this.#others()}
    </div>`;
  }

  #box(key: "low" | "high" | "cap" | "chance"): TemplateResult {
    return html`<input type="text" inputmode="decimal" autocomplete="off" name=${key} .value=${this.texts[key]} @input=${(event: Event) => this.#type(key, event)} />`;
  }

  #type(key: keyof AnswerForm["texts"], event: Event): void {
    this.texts = { ...this.texts, [key]: (event.target as HTMLInputElement).value };
    this.done = "";
    if (key === "low" || key === "high") this.bet = null;
  }

  #answer(): AnsweredInterval & { cap: number | null } {
    const { shape, kind } = this.input;
    const cap = kind === "severity" && this.texts.cap.trim() !== "" ? readNumber(this.texts.cap) : null;
    return { low: readValue(shape, this.texts.low), high: readValue(shape, this.texts.high), cap };
  }

  #implied(answer: AnsweredInterval): TemplateResult {
    const { input } = this;
    const { distribution, mean, median } = implied(input.shape, answer);
    const than = readValue(input.shape, this.texts.chance);
    const effect = answerEffect(this.model, input, answer);
    return html`${answerChart(input.kind, input.shape, answer)}
      <p class="sub muted">Shaded: the 90%. Dotted: the median. Orange: the mean${input.shape === "probability" ? "" : ", which high values pull up"}.</p>
      <dl class="figures elicit-figures">
        <div><dt>Median</dt><dd>${formatValue(input.kind, median)}<small>as often above as below</small></dd></div>
        <div><dt>Mean</dt><dd>${formatValue(input.kind, mean)}<small>what the model reckons with</small></dd></div>
        <div>
          <dt><label for="elicit-chance">Chance of more than</label></dt>
          <dd class="elicit-chance">
            <input id="elicit-chance" type="text" inputmode="decimal" autocomplete="off" .value=${this.texts.chance} placeholder=${typedValue(input.shape, answer.high)} @input=${(event: Event) => this.#type("chance", event)} />
            <span>${percent(chanceAbove(distribution, Number.isNaN(than) ? answer.high : than))}</span>
          </dd>
        </div>
        <div>
          <dt>${COST_SIDE.has(input.kind) ? "Net value a year" : "Expected loss a year"}</dt>
          ${
            COST_SIDE.has(input.kind)
              ? html`<dd>${formatUsd(effect.after.netUsd)}<small>now ${formatUsd(effect.before.netUsd)}</small></dd>`
              : html`<dd>${formatUsd(effect.after.lossUsd)}<small>with today's model ${formatUsd(effect.before.lossUsd)}</small></dd>`
          }
        </div>
      </dl>`;
  }

  #others(): TemplateResult {
    const { input } = this;
    if (input.own === null) {
      return html`<section class="panel">
        <h2>What others said</h2>
        <p class="muted">
          ${input.people === 0 ? "Nobody has answered yet." : `${formatPlural(input.people, "person has", "people have")} answered.`}
          You see it, and what the model has now, once you have given your own answer: a number that one has seen pulls one's own
          towards it.
        </p>
      </section>`;
    }
    const { pool, current } = input;
    const now: PooledRow[] = current.fixed
      ? []
      : [{ label: `model now (${current.origin})`, answer: current, tone: "model" }];
    const rows: PooledRow[] = [
      ...input.answers.map(
        (answer): PooledRow => ({
          label: answer.person === this.person ? `${short(answer.person)} (you)` : short(answer.person),
          answer,
          tone: "person",
        }),
      ),
      ...(pool === null ? [] : [{ label: "pool", answer: pool, tone: "pool" } as const]),
      ...(pool !== null && pool.people > 1 && pool.disagreement > 1.05
        ? [{ label: "pool, if spread is kept", answer: pool.linear, tone: "linear" } as const]
        : []),
      ...now,
    ];
    const notes = input.answers.filter(({ note }) => note !== "");
    return html`<section class="panel stack tight">
      <h2>What others said</h2>
      ${poolChart(input.kind, input.shape, rows)}
      ${
        pool === null
          ? nothing
          : html`<p>
              Pool of ${formatPlural(pool.people, "answer")}: <strong>${formatInterval(input.kind, pool.low, pool.high)}</strong>${pool.cap === null ? "" : `, never more than ${formatValue(input.kind, pool.cap)}`}.
              ${disagreement(pool.people, pool.disagreement)}
            </p>`
      }
      ${notes.length === 0 ? nothing : html`<ul class="prose">${notes.map(({ person, note, date }) => html`<li><strong>${person}</strong>: ${note} <span class="sub">${date}</span></li>`)}</ul>`}
      <div class="buttons">
        <button type="button" class="button primary" ?disabled=${pool === null} @click=${this.#use}>Use the pool in the model</button>
        <span class="muted">
          The model has ${current.fixed ? formatValue(input.kind, current.mean) : formatInterval(input.kind, current.low, current.high)}: ${current.origin}${[current.author, current.date, current.from].filter(Boolean).map((part) => `, ${part}`)}.
          ${current.origin === "measured" ? "A measurement stands there: a judgement would replace it." : ""}
        </span>
      </div>
      <p role="status">${this.done}</p>
      <p class="sub muted">
        Ends are averaged over people on the ${input.shape === "probability" ? "log odds" : "logarithm"}, all weighing the same (Lichtendahl, Grushka-Cockayne and Winkler 2013).
        ${input.superseded === 0 ? "" : `${formatPlural(input.superseded, "earlier answer stays", "earlier answers stay")} in risk/elicited.yaml.`}
      </p>
    </section>`;
  }

  #takeBet(): void {
    const { interval } = this.bet!;
    const { shape } = this.input;
    this.texts = {
      ...this.texts,
      low: typedValue(shape, interval.low),
      high: typedValue(shape, interval.high),
    };
    this.bet = null;
  }

  #keep = async (event: Event): Promise<void> => {
    event.preventDefault();
    const { low, high, cap } = this.#answer();
    try {
      const page = await client.answerElicitation({
        input: this.input.name,
        person: this.person,
        low,
        high,
        cap,
        note: this.texts.note,
      });
      this.failure = null;
      this.bet = null;
      this.kept(page);
    } catch (error) {
      this.failure = asFailure(error);
    }
  };

  #use = async (): Promise<void> => {
    try {
      const { low, high, people } = await client.usePool(this.input.name);
      this.failure = null;
      this.kept(null);
      this.done = `risk/model.yaml now says ${formatInterval(this.input.kind, low, high)}, elicited from ${formatPlural(people, "person", "people")}.`;
    } catch (error) {
      this.failure = asFailure(error);
    }
  };
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))}%`;
}

function short(name: string): string {
  return name.length > 18 ? `${name.slice(0, 17)}…` : name;
}

function disagreement(people: number, ratio: number): string {
  if (people < 2) return "With one answer it is that answer.";
  if (ratio < 1.15) return "You agree well.";
  return `You disagree: keeping everybody's spread, the interval would be ${Number(ratio.toPrecision(2))} times as wide. Talk about why before you use it.`;
}

customElements.define("spoor-elicit-answer", AnswerForm);
