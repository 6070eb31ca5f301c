import { html, nothing, type TemplateResult } from "lit";
import { kindsByForm } from "../../../notebooks/entity/entity-form.ts";
import type { CatalogEntry } from "../../../server/api/api.ts";
import { client } from "../../api/browser-client.ts";
import { emptyState } from "../../element/empty-state.ts";
import { Loading } from "../../element/loading.ts";
import { View } from "../../element/view.ts";
import {
  entityHref,
  isEntityKind,
  KIND_TITLES,
  type NamedEntity,
  trailOf,
} from "../../entity/entity-address.ts";
import "../../entity/entity-panel.ts";
import "../../entity/entity-view.ts";
import { queryValue, setQueryValue } from "../../route/navigate.ts";

const LONGEST_TITLE = 300;

/** Everything about this host, user, ip, hash. */
export class EntityPage extends View {
  static override properties = { kind: { attribute: false }, value: { attribute: false } };
  declare kind: string;
  declare value: string;
  #catalog = new Loading(this, (signal) => client.catalog(signal));
  #copied = false;

  override render(): unknown {
    const { kind, value } = this;
    if (!isEntityKind(kind)) {
      return html`<h1>There is no such kind of entity</h1>
        ${emptyState(
          `"${kind}" is no kind`,
          `Spoor follows ${Object.values(KIND_TITLES)
            .map(({ many }) => many)
            .join(", ")}. Type a value in the command palette to go to it.`,
          { label: "Go to Today", href: "/today" },
        )}`;
    }
    const trail = trailOf(location.search).filter((one) => isEntityKind(one.kind));
    const others = kindsByForm(value).filter((other) => other !== kind);
    return html`
      ${this.#breadcrumb(trail)}
      <header class="page-head entity-head">
        <div>
          <p class="entity-kind entity-kinds-other">
            <span class="badge accent">${KIND_TITLES[kind].one}</span>
            ${
              others.length === 0
                ? nothing
                : html`<span class="muted">or as ${others.map((other, at) => html`${at > 0 ? ", " : ""}<a href=${entityHref({ kind: other, value }, trail)}>${KIND_TITLES[other].one}</a>`)}</span>`
            }
          </p>
          <h1 class="entity-title">${value.length > LONGEST_TITLE ? `${value.slice(0, LONGEST_TITLE)}…` : value}</h1>
        </div>
        <button type="button" class="button small" @click=${() => void this.#copy()}>${this.#copied ? "Copied" : "Copy the value"}</button>
      </header>
      ${this.#catalog.render((catalog) => this.#view({ kind, value }, trail, catalog), 12)}
    `;
  }

  #view(
    entity: NamedEntity,
    trail: readonly NamedEntity[],
    catalog: readonly CatalogEntry[],
  ): TemplateResult {
    return html`<spoor-entity-view
      .entity=${entity}
      .catalog=${catalog}
      .from=${queryValue("from")}
      .until=${queryValue("until")}
      .following=${{ href: (next: NamedEntity) => entityHref(next, [...trail, entity]), follow: null }}
      .ranged=${(range: { from: string; until: string } | null) => {
        setQueryValue("from", range?.from ?? "");
        setQueryValue("until", range?.until ?? "");
      }}
    ></spoor-entity-view>`;
  }

  #breadcrumb(trail: readonly NamedEntity[]): TemplateResult | typeof nothing {
    if (trail.length === 0) return nothing;
    return html`<nav class="entity-trail" aria-label="Pivots">
      <ol>
        ${trail.map(
          (entity, at) => html`<li>
            <a href=${entityHref(entity, trail.slice(0, at))} title=${entity.value.slice(0, 400)}
              ><span class="muted">${KIND_TITLES[entity.kind].one}</span> ${entity.value}</a
            >
          </li>`,
        )}
      </ol>
    </nav>`;
  }

  async #copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.value);
      this.#copied = true;
    } catch {
      this.#copied = false;
    }
    this.requestUpdate();
  }
}

customElements.define("spoor-entity-page", EntityPage);
