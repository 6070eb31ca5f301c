import { html, nothing, type TemplateResult } from "lit";
import type { EntityKind } from "../../connectors/source/source.ts";
import type { EntityNeighbour, EntityNeighbours } from "../../notebooks/entity/entity-profile.ts";
import { View } from "../element/view.ts";
import { formatLocal, formatUtc, instantMs } from "../format/instant.ts";
import { formatCount, formatPlural } from "../format/number.ts";
import { type EntityFollowing, KIND_TITLES } from "./entity-address.ts";
import { entityLink } from "./entity-link.ts";

const SHOWN = 12;
const SHOWN_PROCESSES = 4;
/** A process's id is of one machine alone: it says least, so it comes last. */
const KIND_ORDER: readonly EntityKind[] = ["user", "host", "ip", "domain", "file", "hash", "url", "process"];

type Order = "rarest" | "commonest" | "latest";

const ORDERS: Readonly<Record<Order, string>> = {
  rarest: "rarest first",
  commonest: "most events first",
  latest: "latest first",
};

/** Entities in the same events, by kind; each can be followed. */
export class EntityNeighbourList extends View {
  static override properties = {
    found: { attribute: false },
    kind: { attribute: false },
    following: { attribute: false },
    busy: { attribute: false },
    order: { state: true },
    only: { state: true },
    all: { state: true },
  };
  declare found: EntityNeighbours | null;
  declare kind: EntityKind;
  declare following: EntityFollowing;
  declare busy: boolean;
  declare order: Order;
  declare only: EntityKind | null;
  declare all: ReadonlySet<EntityKind>;

  constructor() {
    super();
    this.found = null;
    this.busy = false;
    this.order = "rarest";
    this.only = null;
    this.all = new Set();
  }

  override render(): unknown {
    const neighbours = this.found?.neighbours ?? [];
    const groups = KIND_ORDER.map((kind) => ({
      kind,
      of: neighbours.filter((one) => one.kind === kind).toSorted(compareBy(this.order)),
    })).filter(({ of }) => of.length > 0);
    const shown = groups.filter(({ kind }) => this.only === null || kind === this.only);
    return html`
      <div class="section-head">
        <h2>Seen with</h2>
        <label class="neighbour-order"
          ><span class="hidden">Order of neighbours</span>
          <select
            aria-label="Order of neighbours"
            @change=${(event: Event) => {
              this.order = (event.target as HTMLSelectElement).value as Order;
            }}
          >
            ${Object.entries(ORDERS).map(([key, title]) => html`<option value=${key} ?selected=${key === this.order}>${title}</option>`)}
          </select>
        </label>
      </div>
      ${
        groups.length > 1
          ? html`<div class="buttons neighbour-kinds" role="group" aria-label="Kinds of neighbours">
            ${this.#chip(null, "all", neighbours.length)} ${groups.map(({ kind, of }) => this.#chip(kind, KIND_TITLES[kind].many, of.length))}
          </div>`
          : nothing
      }
      ${this.found === null ? html`<p class="muted" role="status">Looking for what is in the same events…</p>` : nothing}
      ${
        this.found !== null && groups.length === 0
          ? html`<p class="muted">No other entity is named in these events.</p>`
          : nothing
      }
      <div class=${this.busy ? "entity-stale" : ""}>${shown.map(({ kind, of }) => this.#group(kind, of))}</div>
      ${
        this.found !== null && !this.found.complete
          ? html`<p class="muted small">Some fields name more values than are listed: their commonest and their rarest are here.</p>`
          : nothing
      }
      ${this.found?.failures.map(({ dataset, message }) => html`<p class="notice warning">${dataset} did not answer: ${message}</p>`)}
    `;
  }

  #chip(kind: EntityKind | null, title: string, count: number): TemplateResult {
    return html`<button
      type="button"
      class="entity-chip"
      aria-pressed=${this.only === kind}
      @click=${() => {
        this.only = kind;
      }}
    >
      ${title} <span class="muted">${formatCount(count)}</span>
    </button>`;
  }

  #group(kind: EntityKind, of: readonly EntityNeighbour[]): TemplateResult {
    const all = this.all.has(kind) || this.only === kind;
    const shown = all ? of.slice(0, 200) : of.slice(0, kind === "process" ? SHOWN_PROCESSES : SHOWN);
    const most = Math.max(...of.map(({ count }) => count));
    return html`<section class="neighbour-group">
      <h3>${capital(KIND_TITLES[kind].many)}</h3>
      <ul>
        ${shown.map((one) => this.#neighbour(one, most))}
      </ul>
      ${
        shown.length < of.length
          ? html`<button
            type="button"
            class="button small"
            @click=${() => {
              this.all = new Set([...this.all, kind]);
            }}
          >
            ${formatCount(of.length - shown.length)} more ${KIND_TITLES[kind].many}
          </button>`
          : nothing
      }
    </section>`;
  }

  #neighbour(one: EntityNeighbour, most: number): TemplateResult {
    const times = [one.first, one.last].map((iso) => (iso === null ? null : instantMs(iso)));
    const [first, last] = times;
    const when =
      first == null || last == null
        ? ""
        : `first ${formatLocal(first)}, last ${formatLocal(last)}\n${formatUtc(first)} to ${formatUtc(last)}`;
    return html`<li title=${`${one.fields.join(", ")}\n${when}`}>
      <span class=${`neighbour-value ${one.kind === "file" ? "from-its-end" : ""}`}>${entityLink(one, this.following, html`<bdi>${one.value}</bdi>`)}</span>
      <span class="neighbour-rarity muted">${rarityText(one, this.kind)}</span>
      <span class="neighbour-count">
        <meter aria-hidden="true" min="0" max=${Math.sqrt(most)} .value=${Math.sqrt(one.count)}></meter>
        <span class="number">${formatCount(one.count)}</span><span class="hidden">${formatPlural(one.count, "event").replace(/^\S+ /, " ")}</span>
      </span>
    </li>`;
  }
}

function rarityText({ sharedBy }: EntityNeighbour, kind: EntityKind): string {
  if (sharedBy === null) return "";
  if (sharedBy <= 1) return "only here";
  const others = sharedBy - 1;
  return `${formatCount(others)} other ${others === 1 ? KIND_TITLES[kind].one : KIND_TITLES[kind].many}`;
}

function capital(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}`;
}

function compareBy(order: Order): (one: EntityNeighbour, other: EntityNeighbour) => number {
  if (order === "commonest") return (one, other) => other.count - one.count;
  if (order === "latest") return (one, other) => (other.last ?? "").localeCompare(one.last ?? "");
  return (one, other) =>
    (one.sharedBy ?? Number.MAX_SAFE_INTEGER) - (other.sharedBy ?? Number.MAX_SAFE_INTEGER) ||
    other.count - one.count;
}

customElements.define("spoor-entity-neighbours", EntityNeighbourList);
