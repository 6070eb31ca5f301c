import { html, nothing, type TemplateResult } from "lit";
import type { CatalogEntry } from "../../server/api/api.ts";
import { View } from "../element/view.ts";
import { quotedName } from "./cell-editor.ts";

/** The datasets that a notebook can ask, with their columns; a click puts the name where the cursor is. */
export class DatasetPanel extends View {
  static override properties = {
    catalog: { attribute: false },
    filter: { state: true },
    open: { state: true },
  };

  declare catalog: readonly CatalogEntry[];
  declare insert: (text: string, entry: CatalogEntry | null) => void;
  declare filter: string;
  declare open: ReadonlySet<string>;

  constructor() {
    super();
    this.catalog = [];
    this.filter = "";
    this.open = new Set();
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
              ${columns.map(
                ({ name, type, entity }) =>
                  html`<li>
                    <button type="button" title="${name} ${type}" @click=${() => this.insert(quotedName(name), null)}>
                      <span class="column">${name}</span>
                      ${entity ? html`<span class="entity">${entity}</span>` : nothing}
                      <span class="type">${type}</span>
                    </button>
                  </li>`,
              )}
            </ul>`
          : nothing
      }
    </li>`;
  }
}

function compactCount(count: number): string {
  return new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 }).format(count);
}

customElements.define("spoor-dataset-panel", DatasetPanel);
