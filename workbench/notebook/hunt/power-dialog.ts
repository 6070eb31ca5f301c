import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import {
  type EventTemplate,
  parseTemplates,
  suggestVariants,
  type Variant,
  variantName,
} from "../../../notebooks/hunt/event-template.ts";
import { isHuntCell, type PowerMeasurement } from "../../../notebooks/hunt/hunt-record.ts";
import { powerSentence } from "../../../notebooks/hunt/power-sentence.ts";
import type { CatalogEntry, Job, PowerReport } from "../../../server/api/api.ts";
import { client } from "../../api/browser-client.ts";
import { followJob } from "../../api/follow-job.ts";
import { badge } from "../../element/badge.ts";
import { dialog } from "../../element/dialog.ts";
import { renderFailure } from "../../element/failure.ts";
import { renderIssues } from "../../element/issue-list.ts";
import { View } from "../../element/view.ts";
import { Working } from "../../element/working.ts";
import type { HuntContext } from "./hunt-context.ts";
import { powerChart } from "./power-chart.ts";

const COUNTS = [10, 20, 50, 100, 200];

/** Measures how much a cell's query would see of events that the hunter writes. */
export class PowerDialog extends View {
  static override properties = {
    context: { attribute: false },
    again: { attribute: false },
    cell: { state: true },
    templates: { state: true },
    count: { state: true },
    seed: { state: true },
    left: { state: true },
    ordinary: { state: true },
    catalog: { state: true },
    job: { state: true },
    report: { state: true },
  };
  declare context: HuntContext;
  declare again: PowerMeasurement | null;
  declare close: () => void;
  declare keep: (report: PowerReport) => void;
  declare cell: number;
  declare templates: readonly EventTemplate[];
  declare count: number;
  declare seed: number;
  /** Names of variants that are left out. */
  declare left: ReadonlySet<string>;
  declare ordinary: boolean;
  declare catalog: readonly CatalogEntry[];
  declare job: Job | null;
  declare report: PowerReport | null;
  #working = new Working(this);
  #draws = 0;

  constructor() {
    super();
    this.again = null;
    this.cell = 0;
    this.templates = [];
    this.count = 20;
    this.seed = 1;
    this.left = new Set();
    this.ordinary = true;
    this.catalog = [];
    this.job = null;
    this.report = null;
  }

  protected override firstUpdated(_changed: PropertyValues): void {
    const { again } = this;
    this.cell = again?.cell ?? this.#cells()[0]?.id ?? 0;
    this.seed = again?.seed ?? 1;
    if (again) {
      this.templates = again.templates;
      this.count = again.injected;
    }
    this.catalog = this.context.catalog.filter(({ origin }) => origin === "source");
    if (this.templates.length === 0) this.#begin();
  }

  override disconnectedCallback(): void {
    this.#cancel();
    super.disconnectedCallback();
  }

  override render(): unknown {
    return dialog(
      "Measure the hunt's power",
      () => this.close(),
      html`<div class="power-form">
        <div class="power-question">${this.#question()} ${this.#events()}</div>
        <div class="power-answer">${this.#settings()} ${this.#outcome()}</div>
      </div>`,
    );
  }

  #question(): TemplateResult {
    const query = this.context.asked(this.cell);
    return html`<label class="field"
        ><span>Question</span>
        <select
          @change=${(event: Event) => {
            this.cell = Number((event.target as HTMLSelectElement).value);
            this.report = null;
          }}
        >
          ${this.#cells().map(
            ({ id, output, value }) =>
              html`<option value=${id} ?selected=${id === this.cell}>Cell ${id}${output ? ` (${output})` : ""}: ${value.trim().replaceAll(/\s+/g, " ").slice(0, 60)}</option>`,
          )}
        </select>
      </label>
      ${
        query
          ? nothing
          : html`<p class="notice warning">
              This cell has not run since the page was opened. Run it first: its power is measured with the values that its
              inputs have.
            </p>`
      }`;
  }

  #events(): TemplateResult {
    return html`<p class="muted">
        The events that one attack leaves, one JSON object a line, as the source would send them. They go the source's own way
        into a copy of the data. <code>{{time}}</code>, <code>{{time+30s}}</code> and <code>{{Column}}</code> are drawn from the
        data; <code>{{uuid}}</code>, <code>{{hex}}</code> and <code>{{number 1-65535}}</code> are made.
      </p>
      ${this.templates.map((template, index) => this.#template(template, index))}
      <div class="buttons">
        <button
          type="button"
          class="button small"
          ?disabled=${this.catalog.length === 0}
          @click=${() => this.#change([...this.templates, { dataset: this.catalog[0]!.name, events: "" }])}
        >
          Add events of another dataset
        </button>
      </div>`;
  }

  #template(template: EventTemplate, index: number): TemplateResult {
    const put = (part: Partial<EventTemplate>) =>
      this.#change(this.templates.map((other, at) => (at === index ? { ...other, ...part } : other)));
    const names = this.catalog.map(({ name }) => name);
    return html`<div class="power-template">
      <div class="buttons">
        <label class="field inline"
          ><span>Dataset</span>
          <select @change=${(event: Event) => put({ dataset: (event.target as HTMLSelectElement).value })}>
            ${[...new Set([template.dataset, ...names])].map(
              (name) => html`<option value=${name} ?selected=${name === template.dataset}>${name}</option>`,
            )}
          </select>
        </label>
        <button
          type="button"
          class="button small"
          title="Takes a row of the data as the event to begin with"
          @click=${() => void this.#draw(index)}
        >
          Begin with an event of the data
        </button>
        ${
          this.templates.length > 1
            ? html`<button
                type="button"
                class="button small"
                @click=${() => this.#change(this.templates.filter((_other, at) => at !== index))}
              >
                Remove
              </button>`
            : nothing
        }
      </div>
      <textarea
        class="code"
        rows="9"
        spellcheck="false"
        aria-label=${`Events of ${template.dataset}`}
        placeholder='{"UtcTime": "{{time}}", "Computer": "{{Computer}}", …}'
        .value=${template.events}
        @input=${(event: InputEvent) => put({ events: (event.target as HTMLTextAreaElement).value })}
      ></textarea>
    </div>`;
  }

  #settings(): TemplateResult {
    const variants = this.#variants();
    return html`<div class="buttons power-numbers">
        <label class="field inline"
          ><span>Injections</span>
          <select
            @change=${(event: Event) => {
              this.count = Number((event.target as HTMLSelectElement).value);
            }}
          >
            ${[...new Set([...COUNTS, this.count])]
              .toSorted((left, right) => left - right)
              .map(
                (count) => html`<option value=${count} ?selected=${count === this.count}>${count}</option>`,
              )}
          </select>
        </label>
        <label class="field inline"
          ><span>Seed</span>
          <input
            type="number"
            step="1"
            .value=${String(this.seed)}
            @change=${(event: Event) => {
              this.seed = Math.trunc(Number((event.target as HTMLInputElement).value)) || 0;
            }}
          />
        </label>
      </div>
      <fieldset class="power-variants">
        <legend>Also try to hide</legend>
        ${
          variants.length === 0
            ? html`<p class="muted">Variants come from the fields that decide what the query finds.</p>`
            : variants.map((variant) => this.#choice(variantName(variant)))
        }
        <label class="check"
          ><input
            type="checkbox"
            ?checked=${this.ordinary}
            @change=${(event: Event) => {
              this.ordinary = (event.target as HTMLInputElement).checked;
            }}
          />
          ordinary events, for comparison</label
        >
      </fieldset>`;
  }

  #choice(name: string): TemplateResult {
    return html`<label class="check"
      ><input
        type="checkbox"
        ?checked=${!this.left.has(name)}
        @change=${(event: Event) => {
          const left = new Set(this.left);
          if ((event.target as HTMLInputElement).checked) left.delete(name);
          else left.add(name);
          this.left = left;
        }}
      />
      ${name}</label
    >`;
  }

  #outcome(): TemplateResult {
    const isBusy = this.#working.doing === "measure";
    const parsed = parseTemplates(this.templates);
    const isBlank = this.templates.every(({ events }) => events.trim() === "");
    return html`<div class="buttons">
        <button
          type="button"
          class="button ${this.report ? "" : "primary"}"
          ?disabled=${isBusy || !parsed.ok || this.context.asked(this.cell) === undefined}
          @click=${() => void this.#measure()}
        >
          ${this.report ? "Measure again" : "Measure"}
        </button>
        ${isBusy ? html`<button type="button" class="button" @click=${() => this.#cancel()}>Cancel</button>` : nothing}
        ${
          this.report && !isBusy
            ? html`<button type="button" class="button primary" @click=${() => this.keep(this.report!)}>Keep in the record</button>`
            : nothing
        }
        <button type="button" class="button" @click=${() => this.close()}>Close</button>
      </div>
      ${!parsed.ok && !isBlank ? renderIssues(parsed.issues) : nothing}
      ${
        isBusy
          ? html`<div role="status" class="power-progress">
              <progress max="1" .value=${this.job?.progress ?? 0} aria-label="Measuring"></progress>
              <p class="muted">${this.job?.message || "beginning"}</p>
            </div>`
          : nothing
      }
      ${this.#working.failure ? renderFailure(this.#working.failure, { title: "It could not be measured" }) : nothing}
      ${this.report && !isBusy ? this.#report(this.report) : nothing}`;
  }

  #report({ measurement, missed, method, elapsedMs }: PowerReport): TemplateResult {
    return html`<div class="power" role="status">
      <p class="power-sentence">${powerSentence(measurement)}</p>
      ${measurement.complete ? nothing : badge("incomplete: claims nothing", "warning")} ${powerChart(measurement)}
      <p class="muted">
        ${method === "alone" ? "The query answers row by row, so each injection was judged by itself" : "The query ran over all data with one injection at a time"},
        ${(elapsedMs / 1000).toFixed(1)} s. The bar is the share found, the line its ${measurement.interval} interval.
      </p>
      ${
        missed.length > 0
          ? html`<details>
              <summary>Events that it missed</summary>
              ${missed.map(
                ({ variant, events }) => html`<p class="diff-title">${variant}</p>
                  <pre class="missed-event">${events}</pre>`,
              )}
            </details>`
          : nothing
      }
    </div>`;
  }

  #cells() {
    return this.context.notebook.cells.filter(
      (cell) => cell.mode === "sql" && !isHuntCell(cell) && cell.value.trim() !== "",
    );
  }

  #variants(): readonly Variant[] {
    const parsed = parseTemplates(this.templates);
    const query = this.context.asked(this.cell);
    const sql = query?.sql ?? this.#cells().find(({ id }) => id === this.cell)?.value ?? "";
    return parsed.ok ? suggestVariants(parsed.value, sql).slice(0, 24) : [];
  }

  #change(templates: readonly EventTemplate[]): void {
    this.templates = templates;
    this.report = null;
  }

  /** The first dataset that the query names, with an event of it. */
  #begin(): void {
    const sql = this.context.asked(this.cell)?.sql ?? this.#cells()[0]?.value ?? "";
    const words = new Set(sql.toLowerCase().match(/\w+/g) ?? []);
    const dataset = this.catalog.find(({ name }) => words.has(name.toLowerCase())) ?? this.catalog[0];
    if (!dataset) return;
    this.#change([{ dataset: dataset.name, events: "" }]);
    void this.#draw(0);
  }

  async #draw(index: number): Promise<void> {
    await this.#working.run("draw", async (signal) => {
      this.#draws += 1;
      const { dataset } = this.templates[index]!;
      const drawn = await client.drawEvent(dataset, this.#draws, signal);
      this.#change(
        this.templates.map((other, at) => (at === index ? { ...other, events: drawn.events } : other)),
      );
    });
  }

  async #measure(): Promise<void> {
    const query = this.context.asked(this.cell);
    if (!query) return;
    this.report = null;
    await this.#working.run("measure", async (signal) => {
      const started = await client.measurePower(
        {
          cell: this.cell,
          sql: query.sql,
          parameters: query.parameters,
          templates: this.templates.filter(({ events }) => events.trim() !== ""),
          count: this.count,
          seed: this.seed,
          variants: this.#variants().filter((variant) => !this.left.has(variantName(variant))),
          ordinary: this.ordinary,
        },
        signal,
      );
      const job = await followJob(client, started, {
        signal,
        onProgress: (now) => {
          this.job = now;
        },
      });
      this.job = null;
      if (job.state === "succeeded") this.report = job.result as PowerReport;
    });
    this.job = null;
  }

  #cancel(): void {
    const { job } = this;
    if (job?.state === "running") void client.cancelJob(job.id).catch(() => undefined);
    this.#working.stop();
  }
}

customElements.define("spoor-power-dialog", PowerDialog);
