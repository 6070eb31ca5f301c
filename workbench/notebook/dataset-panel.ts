import { html, nothing, type TemplateResult } from "lit";
import { cellLiteral } from "../../notebooks/document/filtered-sql.ts";
import type { CatalogEntry } from "../../server/api/api.ts";
import { asFailure } from "../api/api-failure.ts";
import { client } from "../api/browser-client.ts";
import { View } from "../element/view.ts";
import { quotedName } from "./editor/names.ts";

type CatalogColumn = CatalogEntry["columns"][number];

/** The datasets that a notebook can ask, with their columns; a click puts the name where the cursor is. */
export class DatasetPanel extends View {
  static override properties = {
    catalog: { attribute: false },
    filter: { state: true },
    open: { state: true },
    samples: { state: true },
  };

  declare catalog: readonly CatalogEntry[];
  declare insert: (text: string, entry: CatalogEntry | null) => void;
  declare filter: string;
  declare open: ReadonlySet<string>;
  /** Values of columns that were asked for, by dataset and column. */
  declare samples: ReadonlyMap<string, Samples>;

  constructor() {
    super();
    this.catalog = [];
    this.filter = "";
    this.open = new Set();
    this.samples = new Map();
  }

  override render(): unknown {
    const words = this.filter.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = this.catalog.filter((entry) => {
      const text = `${entry.name} ${entry.columns.map(({ name }) => name).join(" ")}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    return html`
      <input
        type="search"
        placeholder="Filter datasets and columns"
        aria-label="Filter datasets and columns"
        .value=${this.filter}
        @input=${(event: Event) => {
          this.filter = (event.target as HTMLInputElement).value;
        }}
      />
      <ul class="datasets">
        ${shown.map((entry) => this.#dataset(entry, words))}
      </ul>
      ${shown.length === 0 ? html`<p class="muted">${this.catalog.length === 0 ? "No data yet. Bring in a source first." : "Nothing matches."}</p>` : nothing}
    `;
  }

  #dataset(entry: CatalogEntry, words: readonly string[]): TemplateResult {
    const open = this.open.has(entry.name);
    const columns =
      words.length === 0 || entry.name.toLowerCase().includes(words[0]!)
        ? entry.columns
        : entry.columns.filter(({ name }) => words.some((word) => name.toLowerCase().includes(word)));
    return html`<li>
      <div class="dataset">
        <button
          type="button"
          class="fold"
          aria-expanded=${open}
          aria-label="Columns of ${entry.name}"
          @click=${() => {
            const next = new Set(this.open);
            if (!next.delete(entry.name)) next.add(entry.name);
            this.open = next;
          }}
        >
          ${open ? "▾" : "▸"}
        </button>
        <button type="button" class="name" title="Put ${entry.name} into the query" @click=${() => this.insert(quotedName(entry.name), entry)}>
          ${entry.name}
        </button>
        <span class="count">${compactCount(entry.rowCount)}</span>
      </div>
      ${
        open
          ? html`<ul class="dataset-columns">
              ${columns.map((column) => this.#column(entry, column))}
            </ul>`
          : nothing
      }
    </li>`;
  }

  #column(entry: CatalogEntry, { name, type, entity }: CatalogColumn): TemplateResult {
    const key = `${entry.name}\n${name}`;
    const samples = this.samples.get(key);
    return html`<li>
      <div class="dataset-column">
        <button type="button" class="pick" title="Put ${name} into the query (${type})" @click=${() => this.insert(quotedName(name), null)}>
          <span class="column">${name}</span>
          ${entity ? html`<span class="entity">${entity}</span>` : nothing}
          <span class="type">${type}</span>
        </button>
        <button
          type="button"
          class="sample"
          aria-expanded=${samples !== undefined}
          aria-label="Sample values of ${name}"
          title="Sample values"
          @click=${() => this.#toggleSamples(entry.name, name, key)}
        >
          ${samples === undefined ? "▸" : "▾"}
        </button>
      </div>
      ${samples ? this.#samples(samples) : nothing}
    </li>`;
  }

  #samples({ values, failure }: Samples): TemplateResult {
    if (failure) return html`<p class="dataset-samples muted" role="alert">${failure}</p>`;
    if (!values) return html`<p class="dataset-samples muted" role="status">Asking…</p>`;
    if (values.length === 0) return html`<p class="dataset-samples muted">No rows.</p>`;
    const most = Math.max(...values.map(({ count }) => count));
    return html`<ul class="dataset-samples">
      ${values.map(
        ({ value, count }) => html`<li style="--share: ${(count / most) * 100}%">
          <button
            type="button"
            title="Put this value into the query"
            @click=${() => this.insert(value === null ? "NULL" : cellLiteral(value), null)}
          >
            ${value === null ? html`<em>null</em>` : value === "" ? html`<em>empty</em>` : value}
          </button>
          <span class="count">${compactCount(count)}</span>
        </li>`,
      )}
    </ul>`;
  }

  #toggleSamples(dataset: string, column: string, key: string): void {
    const samples = new Map(this.samples);
    if (samples.delete(key)) {
      this.samples = samples;
      return;
    }
    this.samples = samples.set(key, { values: null, failure: "" });
    const set = (found: Samples) => {
      if (this.samples.has(key)) this.samples = new Map(this.samples).set(key, found);
    };
    void client.queryRows({ sql: samplesSql(dataset, column) }).then(
      ({ rows }) =>
        set({
          values: rows.map(({ value, count }) => ({
            value: value === null || value === undefined ? null : String(value),
            count: Number(count),
          })),
          failure: "",
        }),
      (error: unknown) => set({ values: null, failure: asFailure(error).message }),
    );
  }
}

interface Samples {
  /** Null while they are asked for. */
  readonly values: readonly { readonly value: string | null; readonly count: number }[] | null;
  readonly failure: string;
}

/** The values that are looked at for samples: enough to know a column, few enough to come at once. */
const LOOKED_AT = 100_000;
const SHOWN_SAMPLES = 8;
const LONGEST_SAMPLE = 120;

/** The most frequent values of a column among the newest rows. */
function samplesSql(dataset: string, column: string): string {
  return [
    `SELECT left(CAST(value AS VARCHAR), ${LONGEST_SAMPLE}) AS value, count(*) AS count`,
    `FROM (SELECT ${quotedName(column)} AS value FROM ${quotedName(dataset)} LIMIT ${LOOKED_AT})`,
    `GROUP BY ALL ORDER BY count(*) DESC, 1 LIMIT ${SHOWN_SAMPLES}`,
  ].join("\n");
}

function compactCount(count: number): string {
  return new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 }).format(count);
}

customElements.define("spoor-dataset-panel", DatasetPanel);
