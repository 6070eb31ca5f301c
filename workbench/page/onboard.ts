import { html, nothing, type TemplateResult } from "lit";
import type { InferenceReport, Job, LoadReport, OwnerRow } from "../../server/api/api.ts";
import { client } from "../api/browser-client.ts";
import { followJob } from "../api/follow-job.ts";
import { badge, tag } from "../element/badge.ts";
import { renderFailure } from "../element/failure.ts";
import { field } from "../element/field.ts";
import { renderIssues } from "../element/issue-list.ts";
import { Loading } from "../element/loading.ts";
import { table } from "../element/table.ts";
import { View } from "../element/view.ts";
import { Working } from "../element/working.ts";
import { formatDuration } from "../format/instant.ts";
import { formatBytes, formatCount, formatPlural, formatShare } from "../format/number.ts";
import { queryValue } from "../route/navigate.ts";
import { formatRoute } from "../route/route.ts";
import { type FilePreview, previewBytes, previewFile } from "./preview-file.ts";
import { quarantineTable } from "./quarantine-table.ts";
import { suggestSourceName } from "./source-name.ts";

const NAME_PATTERN = "[a-z][a-z0-9_]{0,47}";

/** Brings in a source: paths on the server or a dropped file, shown as inferred, then loaded with its rejects. */
export class OnboardPage extends View {
  #working = new Working(this);
  #owners = new Loading<readonly OwnerRow[]>(this, (signal) => client.owners(signal));
  #sources = new Loading(this, (signal) => client.sources(signal));
  #paths = queryValue("path");
  #file: File | null = null;
  #filePreview: FilePreview | null = null;
  #name = queryValue("name");
  #nameTyped = this.#name !== "";
  #owner = "";
  #description = "";
  #timeField = "";
  #inference: InferenceReport | null = null;
  #job: Job | null = null;
  #report: LoadReport | null = null;
  #dragging = false;

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.#paths !== "") void this.#preview();
  }

  override render(): unknown {
    return html`<header class="page-head">
        <div>
          <h1>Onboard a source</h1>
          <p>
            NDJSON, JSON, CSV, Zeek logs or Parquet, compressed or in an archive. Nothing is kept before you have seen
            what was understood.
          </p>
        </div>
      </header>
      <div class="stack">
        ${this.#report === null ? this.#form() : this.#loaded(this.#report)}
      </div>`;
  }

  #form(): TemplateResult {
    const busy = this.#working.doing !== null;
    return html`
      <form class="panel form" @submit=${this.#onSubmit}>
        <h2>1. Where it is</h2>
        <div class="halves">
          ${field(
            "Files or folders on the server, one a line",
            html`<textarea
              rows="4"
              class="code"
              spellcheck="false"
              placeholder="/var/log/zeek"
              ?disabled=${busy || this.#file !== null}
              .value=${this.#paths}
              @input=${(event: InputEvent) => {
                this.#paths = (event.target as HTMLTextAreaElement).value;
                this.#proposeName(this.#paths.split("\n")[0] ?? "");
              }}
            ></textarea>`,
          )}
          ${this.#drop(busy)}
        </div>
        <div class="buttons">
          <button class="button ${this.#inference === null ? "primary" : ""}" ?disabled=${busy}>
            ${this.#working.doing === "preview" ? "Reading\u2026" : "Show what is in it"}
          </button>
          ${
            this.#working.doing === "preview"
              ? html`<button type="button" class="button" @click=${() => this.#working.stop()}>Stop</button>`
              : nothing
          }
        </div>
        ${this.#working.failed === "preview" && this.#working.failure ? renderFailure(this.#working.failure, { title: "It could not be read" }) : nothing}
      </form>
      ${this.#filePreview === null ? nothing : this.#firstRows(this.#filePreview)}
      ${this.#inference === null ? nothing : this.#inferred(this.#inference, busy)}
    `;
  }

  #drop(busy: boolean): TemplateResult {
    return html`<div
      class=${`drop ${this.#dragging ? "over" : ""}`}
      @dragover=${(event: DragEvent) => {
        event.preventDefault();
        this.#setDragging(true);
      }}
      @dragleave=${() => this.#setDragging(false)}
      @drop=${(event: DragEvent) => {
        event.preventDefault();
        this.#setDragging(false);
        void this.#takeFile(event.dataTransfer?.files[0] ?? null);
      }}
    >
      ${
        this.#file === null
          ? html`<p>or drop a file of yours here</p>
            <label class="button">
              Choose a file
              <input
                type="file"
                class="hidden"
                ?disabled=${busy}
                @change=${(event: Event) => void this.#takeFile((event.target as HTMLInputElement).files?.[0] ?? null)}
              />
            </label>`
          : html`<p><strong>${this.#file.name}</strong>, ${formatBytes(this.#file.size)}</p>
            <button type="button" class="button" ?disabled=${busy} @click=${() => void this.#takeFile(null)}>
              Take another
            </button>`
      }
    </div>`;
  }

  #firstRows(preview: FilePreview): TemplateResult {
    return html`<section class="panel">
      <h2>The first ${formatPlural(preview.rows.length, "row")} of the file</h2>
      ${table({
        caption: "first rows",
        rows: preview.rows,
        columns: preview.columns.map((column) => ({
          key: column,
          title: column,
          render: (row: Readonly<Record<string, string>>) => html`<code>${row[column] ?? ""}</code>`,
        })),
      })}
    </section>`;
  }

  #inferred(inference: InferenceReport, busy: boolean): TemplateResult {
    const loading = this.#working.doing === "load";
    const candidates = inference.timeCandidates;
    return html`<form class="panel form" @submit=${this.#onLoad}>
      <h2>2. What was understood</h2>
      ${inference.issues.length > 0 ? renderIssues(inference.issues) : nothing}
      <div class="halves">
        ${field(
          "Name",
          html`<input
            type="text"
            required
            pattern=${NAME_PATTERN}
            spellcheck="false"
            .value=${this.#name}
            ?disabled=${busy}
            @input=${(event: InputEvent) => {
              this.#name = (event.target as HTMLInputElement).value;
              this.#nameTyped = true;
            }}
          />`,
          "Lower case letters, digits and _; it is also the name to query.",
        )}
        ${field(
          "Owner",
          html`<select
            ?disabled=${busy}
            @change=${(event: Event) => {
              this.#owner = (event.target as HTMLSelectElement).value;
            }}
          >
            <option value="" ?selected=${this.#owner === ""}>Nobody yet</option>
            ${(this.#owners.value ?? []).map(
              (owner) =>
                html`<option value=${owner.name} ?selected=${owner.name === this.#owner}>${owner.name}</option>`,
            )}
          </select>`,
          "Who is told when it goes sick.",
        )}
        ${field(
          "Event time",
          html`<select
            ?disabled=${busy}
            @change=${(event: Event) => {
              this.#timeField = (event.target as HTMLSelectElement).value;
            }}
          >
            <option value="" ?selected=${this.#timeField === ""}>
              ${inference.time.fields.length > 0 ? `${inference.time.fields.join(", ")} (proposed)` : "None found"}
            </option>
            ${candidates.map(
              ({ field, share }) => html`<option value=${field} ?selected=${field === this.#timeField}>
                ${field} (readable in ${formatShare(share)})
              </option>`,
            )}
          </select>`,
          this.#timeRange(inference),
        )}
        ${field(
          "Description",
          html`<input
            type="text"
            .value=${this.#description}
            ?disabled=${busy}
            @input=${(event: InputEvent) => {
              this.#description = (event.target as HTMLInputElement).value;
            }}
          />`,
        )}
      </div>
      ${this.#sources.value?.some(({ name }) => name === this.#name) ? html`<p class="notice" role="status">There is a source <strong>${this.#name}</strong> already: what you load is added to it.</p>` : nothing}
      ${inference.datasets.length === 0 ? html`<p class="notice warning">Nothing new was found in it: no file that can be read, or only bytes that this source holds already.</p>` : nothing}
      ${inference.datasets.map(
        (dataset) => html`<section>
          <div class="section-head">
            <h3>${dataset.name}</h3>
            <span class="muted">${dataset.format}, ${formatPlural(dataset.fields.length, "field")}</span>
          </div>
          ${table({
            caption: `fields of ${dataset.name}`,
            rows: dataset.fields,
            filter: (one) => `${one.name} ${one.key} ${one.type}`,
            columns: [
              {
                key: "name",
                title: "Field",
                sort: (one) => one.name,
                render: (one) => html`<code>${one.name}</code>`,
              },
              {
                key: "type",
                title: "Type",
                sort: (one) => one.type,
                render: (one) => html`<code>${one.type}</code>`,
              },
              {
                key: "entity",
                title: "Entity",
                render: (one) =>
                  inference.entities
                    .filter((entity) => entity.field === one.name)
                    .map((entity) => tag(entity.kind)),
              },
            ],
          })}
        </section>`,
      )}
      <div class="buttons">
        <button class="button primary" ?disabled=${busy}>${loading ? "Loading\u2026" : "Load it"}</button>
      </div>
      ${loading ? this.#progress() : nothing}
      ${this.#working.failed === "load" && this.#working.failure ? renderFailure(this.#working.failure, { title: "It could not be loaded" }) : nothing}
      ${this.#job?.state === "cancelled" && !loading ? html`<p class="notice">Cancelled. Nothing was added.</p>` : nothing}
    </form>`;
  }

  #timeRange(inference: InferenceReport): string {
    const chosen = this.#timeField || inference.time.fields[0];
    const candidate = inference.timeCandidates.find((one) => one.field === chosen);
    return candidate ? `From ${candidate.first} to ${candidate.last}` : "";
  }

  #progress(): TemplateResult {
    const job = this.#job;
    return html`<div class="job" role="status">
      ${
        job === null || job.progress === null
          ? html`<progress aria-label="Loading"></progress>`
          : html`<progress aria-label="Loading" max="1" .value=${job.progress}></progress>`
      }
      <div class="buttons">
        <span>${job?.message || "Sending the file"}</span>
        <button type="button" class="button small" @click=${this.#cancel}>Cancel</button>
      </div>
    </div>`;
  }

  #loaded(report: LoadReport): TemplateResult {
    return html`
      ${
        report.read === 0
          ? html`<div class="notice warning" role="status">
              <p>
                Nothing was added to <strong>${report.source}</strong>:
                ${report.files.every(({ state }) => state === "known") ? "it holds exactly these bytes already." : "no event was found. Each file below says why."}
              </p>
            </div>`
          : html`<div class="notice good" role="status">
        <p>
          <strong>${report.source}</strong> is here: ${formatCount(report.read)} read, ${formatCount(report.good)} good,
          ${formatCount(report.quarantined)} in quarantine, in ${formatDuration(report.elapsedMs)}.
        </p>
      </div>`
      }
      <div class="buttons">
        <a class="button primary" href=${formatRoute({ page: "source", name: report.source })}>Open the source</a>
        <a class="button" href=${`/hunts?new=1&sql=${encodeURIComponent(`SELECT * FROM "${report.inference.datasets[0]?.name ?? report.source}" LIMIT 1000`)}`}>Hunt in it</a>
        <button type="button" class="button" @click=${this.#again}>Onboard another</button>
      </div>
      <section class="panel">
        <h2>Files</h2>
        ${table({
          caption: "files",
          rows: report.files,
          columns: [
            {
              key: "file",
              title: "File",
              render: (one) => html`<code>${this.#file?.name ?? one.file}</code>`,
            },
            {
              key: "state",
              title: "State",
              render: (one) =>
                html`${badge(one.state, one.state === "loaded" ? "good" : "neutral")} <span class="sub">${one.reason}</span>`,
            },
            { key: "format", title: "Format", render: (one) => one.format },
            { key: "dataset", title: "Dataset", render: (one) => one.dataset },
            { key: "read", title: "Read", number: true, render: (one) => formatCount(one.read) },
            { key: "good", title: "Good", number: true, render: (one) => formatCount(one.good) },
            {
              key: "quarantined",
              title: "Quarantined",
              number: true,
              render: (one) => formatCount(one.quarantined),
            },
          ],
        })}
      </section>
      ${
        report.rejects.length > 0
          ? html`<section class="panel">
            <h2>First rejects</h2>
            ${quarantineTable(report.rejects)}
          </section>`
          : nothing
      }
    `;
  }

  #setDragging(dragging: boolean): void {
    if (this.#dragging === dragging) return;
    this.#dragging = dragging;
    this.requestUpdate();
  }

  #proposeName(path: string): void {
    if (!this.#nameTyped) this.#name = suggestSourceName(path.trim());
  }

  async #takeFile(file: File | null): Promise<void> {
    this.#file = file;
    this.#filePreview = null;
    this.#inference = null;
    this.requestUpdate();
    if (file === null) return;
    this.#proposeName(file.name);
    this.#filePreview = await previewFile(file);
    this.requestUpdate();
    await this.#preview();
  }

  #pathList(): string[] {
    return this.#paths
      .split("\n")
      .map((path) => path.trim())
      .filter(Boolean);
  }

  async #preview(): Promise<void> {
    this.#timeField = "";
    if (this.#name === "") this.#proposeName(this.#pathList()[0] ?? "");
    await this.#working.run("preview", async (signal) => {
      this.#inference = null;
      if (this.#file === null) {
        this.#inference = await client.previewPaths(this.#name, this.#pathList(), signal);
        return;
      }
      const bytes = await previewBytes(this.#file);
      if (bytes === null) {
        throw new Error(
          "This file is too large to be previewed here. Copy it to the server and give its path.",
        );
      }
      this.#inference = await client.previewBytes(this.#name, this.#file.name, bytes, signal);
    });
  }

  #onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    void this.#preview();
  };

  #onLoad = (event: SubmitEvent): void => {
    event.preventDefault();
    this.#job = null;
    void this.#working.run("load", async (signal) => {
      const timeFields = this.#timeField === "" ? {} : { timeFields: [this.#timeField] };
      const started =
        this.#file === null
          ? await client.addSource(
              {
                name: this.#name,
                paths: this.#pathList(),
                owner: this.#owner,
                description: this.#description,
                ...timeFields,
              },
              signal,
            )
          : await client.uploadSource(
              {
                name: this.#name,
                file: this.#file.name,
                owner: this.#owner,
                description: this.#description,
                ...timeFields,
              },
              this.#file,
              signal,
            );
      const ended = await followJob(client, started, {
        signal,
        onProgress: (job) => {
          this.#job = job;
          this.requestUpdate();
        },
      });
      if (ended.state === "succeeded") this.#report = ended.result as LoadReport;
    });
  };

  #cancel = (): void => {
    if (this.#job === null) this.#working.stop();
    else void client.cancelJob(this.#job.id);
  };

  #again = (): void => {
    this.#report = null;
    this.#inference = null;
    this.#file = null;
    this.#filePreview = null;
    this.#paths = "";
    this.#name = "";
    this.#nameTyped = false;
    this.#job = null;
    this.requestUpdate();
  };
}

customElements.define("spoor-onboard-page", OnboardPage);
