import { html, nothing, type TemplateResult } from "lit";
import type { IncidentImportResult, RiskquantImportResult } from "../../../server/api/api.ts";
import { client } from "../../api/browser-client.ts";
import { badge } from "../../element/badge.ts";
import { renderFailure } from "../../element/failure.ts";
import { field } from "../../element/field.ts";
import { renderIssues } from "../../element/issue-list.ts";
import { table } from "../../element/table.ts";
import { View } from "../../element/view.ts";
import { Working } from "../../element/working.ts";
import { formatPlural, formatUsd } from "../../format/number.ts";

type Kind = "riskquant" | "incidents";
type Preview =
  | { readonly kind: "riskquant"; readonly result: RiskquantImportResult }
  | { readonly kind: "incidents"; readonly result: IncidentImportResult };

const FORMS: Readonly<Record<Kind, { readonly title: string; readonly columns: string }>> = {
  riskquant: {
    title: "Scenarios (riskquant)",
    columns: "identifier, name, yearly frequency, low loss, high loss",
  },
  incidents: { title: "Incidents", columns: "date, scenario, found_by, loss_usd, note" },
};

/** Scenarios or incidents from a CSV file: shown first, then written into `risk/`; and the draws to take away. */
export class RiskImport extends View {
  static override properties = { noModel: { type: Boolean, attribute: "no-model" } };
  /** There is no model yet: nothing can be drawn from it. */
  declare noModel: boolean;
  #working = new Working(this);
  #kind: Kind = "riskquant";
  #file: File | null = null;
  #text = "";
  #since = "";
  #preview: Preview | null = null;
  #done = "";

  override render(): unknown {
    const busy = this.#working.doing !== null;
    return html`<section class="panel stack tight risk-import" aria-labelledby="risk-import-title">
      <h2 id="risk-import-title">Bring in, take away</h2>
      <div class="risk-import-choice">
        <fieldset ?disabled=${busy}>
          <legend>What is in the CSV file</legend>
          ${(Object.keys(FORMS) as Kind[]).map(
            (kind) => html`<label
              ><input
                type="radio"
                name="risk-import-kind"
                .checked=${this.#kind === kind}
                @change=${() => this.#choose(kind)}
              /><span>${FORMS[kind].title}<small>${FORMS[kind].columns}</small></span></label
            >`,
          )}
        </fieldset>
        <div class="buttons">
          <label class="button primary"
            >${this.#working.doing === "preview" ? "Reading\u2026" : this.#file === null ? "Choose a file" : "Choose another"}<input
              type="file"
              class="hidden"
              accept=".csv,text/csv"
              ?disabled=${busy}
              @change=${this.#onFile}
          /></label>
          ${this.noModel ? nothing : html`<a class="button" href="/api/risk/draws?format=parquet" download>Draws as Parquet</a>`}
        </div>
      </div>
      <p role="status" aria-live="polite" class=${this.#done === "" ? "hidden" : "good-text"}>${this.#done}</p>
      ${this.#working.failure === null ? nothing : renderFailure(this.#working.failure, { title: "Nothing was written" })}
      ${this.#preview === null ? nothing : this.#shown(this.#preview, busy)}
    </section>`;
  }

  #shown(preview: Preview, busy: boolean): TemplateResult {
    const { result } = preview;
    const rows = preview.kind === "riskquant" ? preview.result.scenarios : preview.result.incidents;
    const fresh = rows.filter(({ state }) => state === "new").length;
    const asksSince = preview.kind === "incidents" && preview.result.since === null;
    const what = preview.kind === "riskquant" ? "scenario" : "incident";
    return html`<div class="stack tight">
      <h3>${this.#file?.name ?? "The file"}</h3>
      ${preview.kind === "riskquant" ? scenarioTable(preview.result) : incidentTable(preview.result)}
      ${result.issues.length > 0 ? renderIssues(result.issues) : nothing}
      ${
        asksSince
          ? field(
              "Since when is every attack listed?",
              html`<input
                type="date"
                required
                .value=${this.#since}
                @input=${(event: InputEvent) => {
                  this.#since = (event.target as HTMLInputElement).value;
                  this.requestUpdate();
                }}
              />`,
              "Years without an attack teach as much as attacks do; the model keeps this day.",
            )
          : nothing
      }
      <div class="buttons">
        <button
          type="button"
          class="button primary"
          ?disabled=${busy || fresh === 0 || (asksSince && this.#since === "")}
          @click=${() => void this.#write(preview)}
        >
          ${this.#working.doing === "write" ? "Writing\u2026" : fresh === 0 ? `No new ${what}` : `Add ${formatPlural(fresh, what)}`}
        </button>
        <button type="button" class="button" ?disabled=${busy} @click=${() => this.#clear()}>Leave it</button>
      </div>
    </div>`;
  }

  #choose(kind: Kind): void {
    this.#kind = kind;
    this.#clear();
  }

  #clear(): void {
    this.#preview = null;
    this.#file = null;
    this.#working.failure = null;
    this.#done = "";
    this.requestUpdate();
  }

  #onFile = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0] ?? null;
    // The same file may be chosen again once it was mended.
    input.value = "";
    if (file === null) return;
    this.#clear();
    this.#file = file;
    void this.#working.run("preview", async (signal) => {
      this.#text = await file.text();
      this.#preview = await this.#ask(false, undefined, signal);
    });
  };

  async #write(preview: Preview): Promise<void> {
    await this.#working.run("write", async (signal) => {
      const { kind, result } = await this.#ask(true, preview.result.revision, signal);
      const rows = kind === "riskquant" ? result.scenarios : result.incidents;
      const fresh = rows.filter(({ state }) => state === "new").length;
      this.#preview = null;
      this.#file = null;
      this.#done = `${formatPlural(fresh, kind === "riskquant" ? "scenario" : "incident")} added to ${kind === "riskquant" ? "risk/model.yaml" : "risk/incidents.csv"}.`;
      this.dispatchEvent(new CustomEvent("spoor-imported", { bubbles: true }));
    });
  }

  async #ask(write: boolean, revision: string | undefined, signal: AbortSignal): Promise<Preview> {
    const body = {
      file: this.#file?.name ?? "file.csv",
      text: this.#text,
      write,
      ...(revision === undefined ? {} : { revision }),
    };
    if (this.#kind === "riskquant")
      return { kind: "riskquant", result: await client.importRiskquant(body, signal) };
    const since = this.#since === "" ? {} : { since: this.#since };
    return { kind: "incidents", result: await client.importIncidents({ ...body, ...since }, signal) };
  }
}

function state(value: "new" | "known"): TemplateResult {
  return value === "new" ? badge("new", "accent") : badge("there already", "neutral");
}

function scenarioTable(result: RiskquantImportResult): TemplateResult {
  return html`${table({
    caption: "scenarios of the file, largest expected loss first",
    rows: result.scenarios,
    columns: [
      {
        key: "title",
        title: "Scenario",
        wide: true,
        render: (row) => html`${row.title} <small class="muted">${row.id}</small>`,
      },
      { key: "loss", title: "Expected loss a year", number: true, render: (row) => formatUsd(row.lossUsd) },
      { key: "often", title: "A year", number: true, render: (row) => String(row.frequencyPerYear) },
      {
        key: "range",
        title: "Loss, 90% interval",
        number: true,
        render: (row) => `${formatUsd(row.low)} to ${formatUsd(row.high)}`,
      },
      { key: "line", title: "Line", number: true, render: (row) => String(row.line) },
      { key: "state", title: "", render: (row) => state(row.state) },
    ],
  })}
    <p class="muted">
      Together ${formatUsd(result.totalUsd)} a year. Each comes with the default damage curve and no technique yet: until its
      steps are written, no source is worth anything against it.
    </p>`;
}

function incidentTable(result: IncidentImportResult): TemplateResult {
  return table({
    caption: "incidents of the file",
    rows: result.incidents,
    columns: [
      { key: "date", title: "Day", render: (row) => row.date },
      { key: "scenario", title: "Scenario", render: (row) => row.scenario },
      { key: "found", title: "Found by", render: (row) => row.foundBy },
      {
        key: "loss",
        title: "Loss",
        number: true,
        render: (row) => (row.lossUsd === null ? "unknown" : formatUsd(row.lossUsd)),
      },
      { key: "note", title: "Note", wide: true, render: (row) => row.note },
      { key: "line", title: "Line", number: true, render: (row) => String(row.line) },
      { key: "state", title: "", render: (row) => state(row.state) },
    ],
  });
}

customElements.define("spoor-risk-import", RiskImport);
