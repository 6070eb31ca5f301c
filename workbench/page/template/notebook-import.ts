import { html, nothing, type TemplateResult } from "lit";
import type { CatalogEntry, NotebookImport } from "../../../server/api/api.ts";
import { client } from "../../api/browser-client.ts";
import { badge, tag } from "../../element/badge.ts";
import { dialog } from "../../element/dialog.ts";
import { renderFailure } from "../../element/failure.ts";
import { renderIssues } from "../../element/issue-list.ts";
import { View } from "../../element/view.ts";
import { Working } from "../../element/working.ts";
import { navigate } from "../../route/navigate.ts";
import { formatRoute } from "../../route/route.ts";

const KINDS: Readonly<Record<NotebookImport["kind"], string>> = {
  jupyter: "a Jupyter notebook",
  playbook: "a hunt of the ThreatHunter Playbook",
  spoor: "a notebook of Spoor",
};
const ISSUES_SHOWN = 40;

interface Chosen {
  readonly file: string;
  readonly text: string;
  readonly metadata: string | null;
}

/** A button that brings in another program's notebook: choose, see what becomes of it, say which data it means, import. */
export class NotebookImportButton extends View {
  #open = false;
  #over = false;
  #chosen: Chosen | null = null;
  #read: NotebookImport | null = null;
  #datasets: Record<string, string> = {};
  #catalog: readonly CatalogEntry[] = [];
  #stale = false;
  #working = new Working(this);

  override render(): unknown {
    return html`<button type="button" class="button" @click=${() => this.#show(true)}>Import</button>
      ${this.#open ? this.#dialog() : nothing}`;
  }

  #show(open: boolean): void {
    this.#open = open;
    this.#chosen = null;
    this.#read = null;
    this.#datasets = {};
    this.#working.failure = null;
    this.requestUpdate();
  }

  #dialog(): TemplateResult {
    const { doing, failure } = this.#working;
    return dialog(
      "Import a notebook",
      () => this.#show(false),
      html`<div class="import">
        <label
          class=${`drop ${this.#over ? "over" : ""}`}
          @dragover=${(event: DragEvent) => this.#drag(event, true)}
          @dragleave=${(event: DragEvent) => this.#drag(event, false)}
          @drop=${this.#drop}
        >
          <span>Choose or drop a <b>.ipynb</b>, a playbook's <b>notebook.md</b> (with its metadata.yaml) or a <b>.html</b></span>
          <input type="file" multiple accept=".ipynb,.md,.html,.yaml,.yml,.json" @change=${this.#choose} />
        </label>
        ${doing === "read" ? html`<p class="muted" role="status">Reading…</p>` : nothing}
        ${failure ? renderFailure(failure) : nothing} ${this.#read ? this.#preview(this.#read) : nothing}
        <div class="buttons">
          <button
            type="button"
            class="button primary"
            ?disabled=${this.#read === null || doing !== null}
            @click=${this.#import}
          >
            Import
          </button>
          <button type="button" class="button" @click=${() => this.#show(false)}>Cancel</button>
          <span class="muted">Nothing in it is run until you run it.</span>
        </div>
      </div>`,
    );
  }

  #preview(read: NotebookImport): TemplateResult {
    const issues = read.issues.filter(({ code }) => code !== "import.table.unknown");
    return html`<section class="preview" aria-label="What is imported">
      <h3>${read.title}</h3>
      <p class="muted">
        It is ${KINDS[read.kind]}: ${read.sqlCells} SQL and ${read.textCells} text
        cells${read.programCells > 0 ? `, ${read.programCells} program cells` : ""}.
        ${read.techniques.map(tag)}
      </p>
      ${read.hypothesis ? html`<p>${read.hypothesis}</p>` : nothing}
      ${
        read.tables.length === 0
          ? nothing
          : html`<h4>Which data its SQL means</h4>
            <ul class="mapping">
              ${read.tables.map(
                ({ name, dataset }) => html`<li>
                  <label>
                    <code>${name}</code>
                    <span aria-hidden="true">→</span>
                    <select
                      aria-label=${`Dataset for ${name}`}
                      @change=${(event: Event) => this.#map(name, (event.target as HTMLSelectElement).value)}
                    >
                      <option value="" ?selected=${dataset === null}>as it is named</option>
                      ${this.#catalog.map(
                        (entry) =>
                          html`<option value=${entry.name} ?selected=${entry.name === dataset}>${entry.name}</option>`,
                      )}
                    </select>
                    ${dataset === null ? badge("no such dataset", "warning") : badge("found", "good")}
                  </label>
                </li>`,
              )}
            </ul>`
      }
      ${
        issues.length === 0
          ? nothing
          : html`<details open>
            <summary>${issues.length} ${issues.length === 1 ? "thing" : "things"} to know</summary>
            ${renderIssues(issues.slice(0, ISSUES_SHOWN))}
            ${issues.length > ISSUES_SHOWN ? html`<p class="muted">and ${issues.length - ISSUES_SHOWN} more</p>` : nothing}
          </details>`
      }
    </section>`;
  }

  #drag(event: DragEvent, over: boolean): void {
    event.preventDefault();
    if (this.#over === over) return;
    this.#over = over;
    this.requestUpdate();
  }

  #drop = (event: DragEvent): void => {
    event.preventDefault();
    this.#over = false;
    void this.#take([...(event.dataTransfer?.files ?? [])]);
  };

  #choose = (event: Event): void => {
    void this.#take([...((event.target as HTMLInputElement).files ?? [])]);
  };

  async #take(files: readonly File[]): Promise<void> {
    const isMetadata = (file: File) => /\.ya?ml$/i.test(file.name);
    const notebook = files.find((file) => !isMetadata(file));
    const metadata = files.find(isMetadata);
    const metadataText = metadata ? await metadata.text() : (this.#chosen?.metadata ?? null);
    if (notebook) this.#read = null;
    if (notebook) this.#chosen = { file: notebook.name, text: await notebook.text(), metadata: metadataText };
    else if (this.#chosen) this.#chosen = { ...this.#chosen, metadata: metadataText };
    if (this.#chosen) this.#readAgain();
    else this.requestUpdate();
  }

  #map(table: string, dataset: string): void {
    const { [table]: _old, ...rest } = this.#datasets;
    this.#datasets = dataset === "" ? rest : { ...rest, [table]: dataset };
    this.#readAgain();
  }

  #request(save: boolean) {
    const { file, text, metadata } = this.#chosen!;
    return { file, text, ...(metadata === null ? {} : { metadata }), datasets: this.#datasets, save };
  }

  /** Reads what was chosen with the datasets as they are picked now; a change meanwhile is read once more. */
  #readAgain(): void {
    this.#stale = true;
    void this.#working.run("read", async (signal) => {
      while (this.#stale) {
        this.#stale = false;
        const [catalog, read] = await Promise.all([
          client.catalog(signal),
          client.importNotebook(this.#request(false), signal),
        ]);
        this.#catalog = catalog.filter(({ origin }) => origin === "source");
        this.#read = read;
      }
    });
  }

  #import = (): void => {
    void this.#working.run("import", async (signal) => {
      const made = await client.importNotebook(this.#request(true), signal);
      this.#open = false;
      navigate(formatRoute({ page: "notebook", name: made.name! }));
    });
  };
}

customElements.define("spoor-notebook-import", NotebookImportButton);
