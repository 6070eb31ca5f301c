import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { type EntityGuess, entityKindsOf } from "../../notebooks/entity/entity-kinds.ts";
import type { CatalogEntry } from "../../server/api/api.ts";
import { emptyState } from "../element/empty-state.ts";
import { View } from "../element/view.ts";
import { entityHref, KIND_TITLES, type NamedEntity } from "./entity-address.ts";
import "./entity-view.ts";

/** A value that a person pointed at in a result. */
export interface Pivot {
  readonly column: string;
  readonly type: string;
  readonly value: string | null;
  /** Datasets that the result was read from; empty when that is not known. */
  readonly datasets: readonly string[];
}

/** Everything about a value, at the side of a notebook. */
export class EntityPanel extends View {
  static override properties = {
    pivot: { attribute: false },
    catalog: { attribute: false },
    close: { attribute: false },
    addCell: { attribute: false },
    trail: { state: true },
  };
  declare pivot: Pivot;
  declare catalog: readonly CatalogEntry[];
  declare close: () => void;
  declare addCell: (mode: "sql", text: string) => void;
  /** Entities that were followed, the one that is shown last. */
  declare trail: readonly NamedEntity[];
  #guesses: readonly EntityGuess[] = [];

  constructor() {
    super();
    this.catalog = [];
    this.trail = [];
  }

  override willUpdate(changed: PropertyValues): void {
    const asked = changed.has("pivot") || (changed.has("catalog") && this.trail.length === 0);
    if (!asked || !this.pivot) return;
    const { value, column, type, datasets } = this.pivot;
    this.#guesses = entityKindsOf(value, column, type, datasets, this.catalog);
    const [best] = this.#guesses;
    this.trail = best === undefined ? [] : [{ kind: best.kind, value: best.value }];
  }

  override render(): unknown {
    const shown = this.trail.at(-1);
    return html`<section class="entity-panel" aria-label="Everything about a value" @keydown=${this.#onKey}>
      <header class="entity-panel-head">
        ${this.trail.length > 1 ? html`<button type="button" class="button small" @click=${this.#back}>← Back</button>` : nothing}
        <h2>${this.trail.length > 1 ? "Pivot" : "Everything about"}</h2>
        ${shown === undefined ? nothing : html`<a class="button small" href=${entityHref(shown, this.trail.slice(0, -1))}>Open as page</a>`}
        <button type="button" class="button small" aria-label="Close the panel" @click=${() => this.close?.()}>✕</button>
      </header>
      ${shown === undefined ? this.#none() : this.#entity(shown)}
    </section>`;
  }

  #entity(shown: NamedEntity): TemplateResult {
    const first = this.trail.length === 1;
    return html`<p class="entity-name">
        ${first && this.#guesses.length > 1 ? nothing : html`<span class="badge accent">${KIND_TITLES[shown.kind].one}</span>`} <code title=${shown.value.slice(0, 400)}>${shown.value.slice(0, 200)}</code>
      </p>
      ${
        first && this.#guesses.length > 1
          ? html`<div class="buttons entity-kinds" role="group" aria-label="What it is">
            ${this.#guesses.map(
              (guess) => html`<button
                type="button"
                class="entity-chip"
                aria-pressed=${guess.kind === shown.kind}
                @click=${() => {
                  this.trail = [{ kind: guess.kind, value: guess.value }];
                }}
              >
                ${KIND_TITLES[guess.kind].one}
              </button>`,
            )}
          </div>`
          : nothing
      }
      ${trail(this.trail.slice(0, -1), (at) => {
        this.trail = this.trail.slice(0, at + 1);
      })}
      <spoor-entity-view
        .entity=${shown}
        .catalog=${this.catalog}
        .compact=${true}
        .addCell=${this.addCell ?? null}
        .following=${{
          href: (entity: NamedEntity) => entityHref(entity, this.trail),
          follow: (entity: NamedEntity) => {
            this.trail = [...this.trail, entity];
          },
        }}
      ></spoor-entity-view>`;
  }

  #none(): TemplateResult {
    const { value, column } = this.pivot;
    return emptyState(
      value === null || value === "" ? "There is no value here" : "This names no entity that Spoor knows",
      value === null || value === ""
        ? "An empty cell names nobody. Choose a cell with a value."
        : `Neither its form nor the column ${column} says that it is a user, host, address, process, hash, domain, URL or file. Declare the field under entities in the source's source.yaml.`,
      { label: "Go to the sources", href: "/sources" },
    );
  }

  #back = (): void => {
    this.trail = this.trail.slice(0, -1);
  };

  #onKey = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || event.defaultPrevented || (event.target as Element).closest("dialog"))
      return;
    event.preventDefault();
    this.close?.();
  };
}

/** The entities that led here; each can be gone back to. */
function trail(before: readonly NamedEntity[], go: (at: number) => void): TemplateResult | typeof nothing {
  if (before.length === 0) return nothing;
  return html`<nav class="entity-trail" aria-label="Pivots">
    <ol>
      ${before.map(
        (entity, at) => html`<li>
          <button type="button" title=${entity.value.slice(0, 400)} @click=${() => go(at)}>
            <span class="muted">${KIND_TITLES[entity.kind].one}</span> ${entity.value}
          </button>
        </li>`,
      )}
    </ol>
  </nav>`;
}

customElements.define("spoor-entity-panel", EntityPanel);
