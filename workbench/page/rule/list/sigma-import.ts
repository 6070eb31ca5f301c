import { html, nothing, type TemplateResult } from "lit";
import type { Job } from "../../../../server/api/api.ts";
import type { SigmaImportReport } from "../../../../server/rule/exchange-types.ts";
import { client } from "../../../api/browser-client.ts";
import { followJob } from "../../../api/follow-job.ts";
import { badge } from "../../../element/badge.ts";
import { dialog } from "../../../element/dialog.ts";
import { renderFailure } from "../../../element/failure.ts";
import { View } from "../../../element/view.ts";
import { Working } from "../../../element/working.ts";
import { formatPlural, formatShare } from "../../../format/number.ts";
import { formatRoute } from "../../../route/route.ts";

const MAXIMUM_BYTES = 20_000_000;
const SHOWN = 200;

/** Panther's files name their kind; Sigma's have no such key. */
const IS_PANTHER = /^AnalysisType:/m;

/**
 * Takes rules of Sigma and correlation rules of Panther as files or text, shows what they become and what is refused and
 * why, and makes drafts of them.
 */
export class SigmaImportDialog extends View {
  close: () => void = () => {};
  #working = new Working(this);
  #files: readonly { readonly place: string; readonly text: string }[] = [];
  #text = "";
  #answer: SigmaImportReport | null = null;
  #job: Job | null = null;
  #over = false;

  override render(): TemplateResult {
    const answer = this.#answer;
    const made = answer?.made ?? [];
    const written = answer?.dryRun === false;
    const refused = answer?.refused ?? [];
    return dialog(
      "Import Sigma rules",
      () => this.close(),
      html`<form @submit=${this.#preview}>
        <div
          class="drop ${this.#over ? "over" : ""}"
          @dragover=${(event: DragEvent) => this.#drag(event, true)}
          @dragleave=${(event: DragEvent) => this.#drag(event, false)}
          @drop=${this.#drop}
        >
          <p>Drop files here, or choose them. Rules, correlations and filters may come together, and correlation rules of Panther with them.</p>
          <label class="button"
            >Choose files<input
              class="hidden"
              type="file"
              name="files"
              multiple
              accept=".yml,.yaml"
              @change=${(event: Event) => void this.#take((event.target as HTMLInputElement).files)}
          /></label>
          ${
            this.#files.length === 0
              ? nothing
              : html`<p class="muted" role="status">${formatPlural(this.#files.length, "file")}: ${this.#files
                  .slice(0, 6)
                  .map(({ place }) => place)
                  .join(", ")}${this.#files.length > 6 ? " and more" : ""}</p>`
          }
        </div>
        <label class="field"
          ><span>Or paste YAML</span
          ><textarea
            class="code"
            name="text"
            rows="6"
            spellcheck="false"
            .value=${this.#text}
            @input=${(event: InputEvent) => this.#type((event.target as HTMLTextAreaElement).value)}
          ></textarea
          ><span class="hint">Several documents are parted by a line of three dashes.</span></label
        >
        ${this.#working.failure ? renderFailure(this.#working.failure) : nothing}
        ${answer === null ? nothing : this.#report(answer)}
        <div class="buttons">
          <button class="button ${answer === null ? "primary" : ""}" ?disabled=${this.#working.doing !== null || this.#nothing()}>See what it makes</button>
          ${
            answer === null || written || made.length === 0
              ? nothing
              : html`<button type="button" class="button primary" ?disabled=${this.#working.doing !== null} @click=${() => this.#ask(false)}>
                  Make ${formatPlural(made.length, "draft")}
                </button>`
          }
          <button type="button" class="button" @click=${() => this.close()}>${written ? "Close" : "Cancel"}</button>
          ${
            this.#working.doing === null
              ? nothing
              : html`<button type="button" class="button" @click=${this.#stop}>Stop</button>
                <span class="muted" role="status">${this.#job?.progress == null ? "" : formatShare(this.#job.progress)} ${this.#job?.message || "Reading…"}</span>`
          }
        </div>
        ${refused.length === 0 || written ? nothing : html`<p class="muted">What is refused is left out; the rest can be made.</p>`}
      </form>`,
    );
  }

  #report({ made, refused, unchanged, parts, dryRun }: SigmaImportReport): TemplateResult {
    const besides = [
      ...(unchanged.length > 0 ? [`${formatPlural(unchanged.length, "is here", "are here")} already`] : []),
      ...(parts.length > 0
        ? [`${formatPlural(parts.length, "is only a part", "are only parts")} of a correlation`]
        : []),
    ];
    return html`<p class="notice ${dryRun ? (made.length === 0 ? "bad" : "") : "good"}" role="status">
        ${
          dryRun
            ? html`${formatPlural(made.length, "rule")} can be made, ${formatPlural(refused.length, "is refused", "are refused")}.`
            : html`Made ${formatPlural(made.length, "draft")}.`
        }
        ${besides.length === 0 ? nothing : html`Of the others ${besides.join(" and ")}.`}
      </p>
      ${
        made.length === 0
          ? nothing
          : html`<ul class="form-rows import-list" tabindex="0" aria-label="Rules that it makes">
              ${made.slice(0, SHOWN).map(
                (rule) => html`<li>
                  ${badge(dryRun ? "makes" : "draft", "good")}
                  <span class="grow"
                    >${dryRun ? rule.title : html`<a href=${formatRoute({ page: "promote", name: rule.name })}>${rule.title}</a>`}
                    <span class="muted">${rule.name}, reads ${rule.datasets.join(", ") || "nothing here"}</span>
                    ${rule.warnings.map(({ message, remedy }) => html`<span class="sub">${message} ${remedy}</span>`)}</span
                  >
                </li>`,
              )}
              ${made.length > SHOWN ? html`<li class="muted">and ${made.length - SHOWN} more</li>` : nothing}
            </ul>`
      }
      ${
        refused.length === 0
          ? nothing
          : html`<ul class="form-rows import-list" tabindex="0" aria-label="What is refused">
              ${refused.slice(0, SHOWN).map(
                (one) => html`<li>
                  ${badge("refused", "bad")}
                  <span class="grow"
                    >${one.title || one.place} <span class="muted">${one.place}</span>
                    ${one.issues.map(({ message, remedy }) => html`<span class="sub">${message} ${remedy}</span>`)}</span
                  >
                </li>`,
              )}
              ${refused.length > SHOWN ? html`<li class="muted">and ${refused.length - SHOWN} more</li>` : nothing}
            </ul>`
      }`;
  }

  #stop = (): void => {
    if (this.#job === null) this.#working.stop();
    else void client.cancelJob(this.#job.id);
  };

  #nothing(): boolean {
    return this.#files.length === 0 && this.#text.trim() === "";
  }

  #type(text: string): void {
    this.#text = text;
    this.#answer = null;
    this.requestUpdate();
  }

  #drag(event: DragEvent, over: boolean): void {
    event.preventDefault();
    this.#over = over;
    this.requestUpdate();
  }

  #drop = (event: DragEvent): void => {
    event.preventDefault();
    this.#over = false;
    void this.#take(event.dataTransfer?.files ?? null);
  };

  async #take(list: FileList | null): Promise<void> {
    await this.#working.run("read", async () => {
      const chosen = [...(list ?? [])];
      const bytes = chosen.reduce((sum, { size }) => sum + size, 0);
      if (bytes > MAXIMUM_BYTES)
        throw new Error("These are more than 20 MB; import a folder with the command line.");
      this.#files = await Promise.all(
        chosen.map(async (file) => ({ place: file.name, text: await file.text() })),
      );
      this.#answer = null;
    });
    if (!this.#nothing() && this.#working.failure === null) this.#ask(true);
  }

  #preview = (event: SubmitEvent): void => {
    event.preventDefault();
    this.#ask(true);
  };

  #ask(dryRun: boolean): void {
    const texts = [
      ...this.#files,
      ...(this.#text.trim() === "" ? [] : [{ place: "pasted.yml", text: this.#text }]),
    ];
    void this.#working.run("import", async (signal) => {
      try {
        const panther = texts.filter(({ text }) => IS_PANTHER.test(text));
        const sigma = texts.filter((text) => !panther.includes(text));
        const reports: SigmaImportReport[] = [];
        for (const start of [
          ...(sigma.length > 0 ? [() => client.importSigma(sigma, dryRun, signal)] : []),
          ...(panther.length > 0 ? [() => client.importPanther(panther, dryRun, signal)] : []),
        ]) {
          const job = await followJob(client, await start(), {
            signal,
            onProgress: (seen) => {
              this.#job = seen;
              this.requestUpdate();
            },
          });
          if (job.state !== "succeeded") return;
          reports.push(job.result as SigmaImportReport);
        }
        this.#answer = joined(reports, dryRun);
      } finally {
        this.#job = null;
      }
    });
  }
}

/** Several reports as one. */
function joined(reports: readonly SigmaImportReport[], dryRun: boolean): SigmaImportReport {
  return {
    dryRun,
    made: reports.flatMap(({ made }) => made),
    refused: reports.flatMap(({ refused }) => refused),
    unchanged: reports.flatMap(({ unchanged }) => unchanged),
    parts: reports.flatMap(({ parts }) => parts),
    filters: reports.flatMap(({ filters }) => filters),
    reasons: reports.flatMap(({ reasons }) => reasons),
  };
}

customElements.define("spoor-sigma-import", SigmaImportDialog);
