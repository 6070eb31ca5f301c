import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import type { EntityDataset } from "../../notebooks/entity/entity-fields.ts";
import type { EntityEvent, EntityEvents } from "../../notebooks/entity/entity-profile.ts";
import { type ApiFailure, asFailure, isAbort } from "../api/api-failure.ts";
import { client } from "../api/browser-client.ts";
import { renderFailure } from "../element/failure.ts";
import { View } from "../element/view.ts";
import { formatLocal, formatUtc, instantMs } from "../format/instant.ts";
import { formatCount } from "../format/number.ts";
import type { EntityFollowing, NamedEntity } from "./entity-address.ts";
import { jsonTree } from "./json-tree.ts";
import { isoSpan, type TimeSpan } from "./time-span.ts";

const PAGE = 60;
const TYPING_MS = 250;

/** Events of all datasets in order of time, page by page; a row opens to its fields. */
export class EntityEventList extends View {
  static override properties = {
    entity: { attribute: false },
    span: { attribute: false },
    datasets: { attribute: false },
    total: { attribute: false },
    catalog: { attribute: false },
    following: { attribute: false },
    nearMs: { attribute: false },
    order: { state: true },
    only: { state: true },
    find: { state: true },
    open: { state: true },
  };
  declare entity: NamedEntity;
  /** Null for all the data. */
  declare span: TimeSpan | null;
  /** Those that can be chosen alone. */
  declare datasets: readonly string[];
  declare total: number;
  declare catalog: readonly EntityDataset[];
  declare following: EntityFollowing;
  /** Marks the event that is nearest to this instant, when it is listed; null for none. */
  declare nearMs: number | null;
  declare annotate: (atMs: number) => void;
  /** Told of the instant of the event under the pointer or the focus; null when it has left. */
  declare pointed: (atMs: number | null) => void;
  declare chosen: (dataset: string | null) => void;
  declare order: "newest" | "oldest";
  /** The one dataset that is shown; null for all. */
  declare only: string | null;
  declare find: string;
  declare open: ReadonlySet<number>;
  #events: readonly EntityEvent[] | null = null;
  #next: string | null = null;
  #failures: EntityEvents["failures"] = [];
  #failure: ApiFailure | null = null;
  #busy = false;
  #abort: AbortController | null = null;
  #asked = "";
  #typing: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.span = null;
    this.datasets = [];
    this.total = 0;
    this.order = "newest";
    this.only = null;
    this.find = "";
    this.open = new Set();
    this.nearMs = null;
  }

  override disconnectedCallback(): void {
    this.#abort?.abort();
    clearTimeout(this.#typing);
    super.disconnectedCallback();
  }

  override willUpdate(): void {
    const asked = JSON.stringify([this.entity, this.span, this.order, this.only, this.find]);
    if (asked === this.#asked) return;
    const sameEntity =
      this.#asked !== "" &&
      JSON.stringify((JSON.parse(this.#asked) as unknown[])[0]) === JSON.stringify(this.entity);
    this.#asked = asked;
    if (!sameEntity) {
      this.#events = null;
      this.only = null;
      this.find = "";
      this.#asked = JSON.stringify([this.entity, this.span, this.order, this.only, this.find]);
    }
    void this.#load(null);
  }

  override updated(changed: PropertyValues): void {
    if (!changed.has("nearMs")) return;
    const scroller = this.querySelector<HTMLElement>(".event-scroll");
    const row = this.querySelector<HTMLElement>("tr.near");
    if (scroller && row) scroller.scrollTop = row.offsetTop - scroller.clientHeight / 3;
  }

  /** Index of the listed event that is nearest to `nearMs`; -1 when that lies beyond what is listed. */
  #nearest(events: readonly EntityEvent[]): number {
    const { nearMs } = this;
    if (nearMs === null || events.length === 0) return -1;
    const times = events.map(({ time }) => instantMs(time) ?? Number.NaN);
    const beyond = this.order === "newest" ? nearMs < times.at(-1)! : nearMs > times.at(-1)!;
    if (beyond && this.#next !== null) return -1;
    let best = 0;
    for (const [at, ms] of times.entries())
      if (Math.abs(ms - nearMs) < Math.abs(times[best]! - nearMs)) best = at;
    return best;
  }

  override render(): unknown {
    const events = this.#events;
    return html`
      <div class="section-head">
        <h2>Events</h2>
        <div class="inline-form event-tools">
          <input
            type="search"
            placeholder="Find in these events"
            aria-label="Find in these events"
            maxlength="200"
            .value=${this.find}
            @input=${this.#onFind}
          />
          <label
            ><span class="hidden">Dataset</span>
            <select
              aria-label="Dataset of the events"
              @change=${(event: Event) => {
                this.only = (event.target as HTMLSelectElement).value || null;
                this.chosen?.(this.only);
              }}
            >
              <option value="" ?selected=${this.only === null}>all datasets</option>
              ${this.datasets.map((name) => html`<option value=${name} ?selected=${name === this.only}>${name}</option>`)}
            </select></label
          >
          <button
            type="button"
            class="button small"
            @click=${() => {
              this.order = this.order === "newest" ? "oldest" : "newest";
            }}
          >
            ${this.order === "newest" ? "Newest first ↓" : "Oldest first ↑"}
          </button>
        </div>
      </div>
      ${this.#failure ? renderFailure(this.#failure, { retry: () => void this.#load(null) }) : nothing}
      ${this.#failures.map(({ dataset, message }) => html`<p class="notice warning">${dataset} did not answer: ${message}</p>`)}
      ${
        events === null
          ? html`<div class="skeleton" role="status" aria-label="Loading events">
            ${Array.from({ length: 8 }, () => html`<div class="skeleton-row"></div>`)}
          </div>`
          : events.length === 0
            ? html`<p class="muted" role="status">${this.find === "" ? "No event in this time." : "No event in this time holds that text."}</p>`
            : this.#table(events)
      }
    `;
  }

  #onFind = (event: InputEvent): void => {
    const text = (event.target as HTMLInputElement).value.trim();
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => {
      this.find = text;
    }, TYPING_MS);
  };

  #table(events: readonly EntityEvent[]): TemplateResult {
    const near = this.#nearest(events);
    return html`<div class="table-scroll event-scroll ${this.#busy ? "entity-stale" : ""}" tabindex="0" role="region" aria-label="Events">
        <table class="table events-table">
          <caption class="hidden">
            Events in order of time
          </caption>
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Dataset</th>
              <th scope="col">What happened</th>
            </tr>
          </thead>
          <tbody>
            ${events.map((event, at) => this.#row(event, at, at === near))}
          </tbody>
        </table>
      </div>
      <p class="event-foot">
        <span class="muted" role="status">${formatCount(events.length)} shown</span>
        ${
          this.#next === null
            ? nothing
            : html`<button type="button" class="button small" ?disabled=${this.#busy} @click=${() => void this.#load(this.#next)}>
              ${this.#busy ? "Loading…" : "Show more"}
            </button>`
        }
      </p>`;
  }

  #row(event: EntityEvent, at: number, near: boolean): TemplateResult {
    const open = this.open.has(at);
    const toggle = () => {
      const next = new Set(this.open);
      if (!next.delete(at)) next.add(at);
      this.open = next;
    };
    const point = () => this.pointed?.(instantMs(event.time));
    const leave = () => this.pointed?.(null);
    return html`<tr
        class=${`leads ${open ? "open" : ""} ${near ? "near" : ""}`}
        @click=${(click: MouseEvent) => {
          if ((click.target as Element).closest("a, button") || getSelection()?.isCollapsed === false) return;
          toggle();
        }}
        @mouseenter=${point}
        @mouseleave=${leave}
        @focusin=${point}
        @focusout=${leave}
      >
        <td class="nowrap">${shortInstant(event.time)}</td>
        <td><span class="tag">${event.dataset}</span></td>
        <td class="event-what">
          <button type="button" class="event-summary" aria-expanded=${open} @click=${toggle}>${event.summary}</button>
        </td>
      </tr>
      ${
        open
          ? html`<tr class="event-fields">
            <td colspan="3">
              <div class="buttons">
                <button
                  type="button"
                  class="button small"
                  @click=${() => {
                    const ms = instantMs(event.time);
                    if (ms !== null) this.annotate(ms);
                  }}
                >
                  Add a note at this time
                </button>
                ${event.place === "" ? nothing : html`<span class="muted place">read from ${event.place}</span>`}
              </div>
              ${jsonTree(event.row, { dataset: event.dataset, catalog: this.catalog, following: this.following, entity: this.entity })}
            </td>
          </tr>`
          : nothing
      }`;
  }

  async #load(after: string | null): Promise<void> {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.#busy = true;
    this.requestUpdate();
    try {
      const range = this.span === null ? {} : isoSpan(this.span);
      const page = await client.entityEvents(
        { ...this.entity, ...range },
        { order: this.order, after, limit: PAGE, dataset: this.only, find: this.find },
        abort.signal,
      );
      if (this.#abort !== abort) return;
      this.#events = after === null ? page.events : [...(this.#events ?? []), ...page.events];
      if (after === null) this.open = new Set();
      this.#next = page.next;
      this.#failures = page.failures;
      this.#failure = null;
    } catch (error) {
      if (isAbort(error) || this.#abort !== abort) return;
      this.#failure = asFailure(error);
      this.#events ??= [];
    }
    this.#busy = false;
    this.requestUpdate();
  }
}

const SHORT = new Intl.DateTimeFormat("en-GB", {
  day: "2-digit",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

/** A time without its year, for a dense list; the whole time and UTC on hover. */
function shortInstant(iso: string): TemplateResult {
  const ms = instantMs(iso);
  if (ms === null) return html`${iso}`;
  return html`<time datetime=${iso} title=${`${formatLocal(ms)}\n${formatUtc(ms)}`}>${SHORT.format(ms).replace(",", "")}</time>`;
}

customElements.define("spoor-entity-events", EntityEventList);
