import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { entityCell } from "../../notebooks/entity/entity-cell.ts";
import type { Annotation, EntityHead, EntityNeighbours } from "../../notebooks/entity/entity-profile.ts";
import type { CatalogEntry } from "../../server/api/api.ts";
import { type ApiFailure, asFailure, isAbort } from "../api/api-failure.ts";
import { client } from "../api/browser-client.ts";
import { badge, severity } from "../element/badge.ts";
import { dialog } from "../element/dialog.ts";
import { emptyState } from "../element/empty-state.ts";
import { renderFailure } from "../element/failure.ts";
import { field } from "../element/field.ts";
import { age, instant } from "../element/instant.ts";
import { View } from "../element/view.ts";
import { Working } from "../element/working.ts";
import { formatLocal, formatUtc, instantMs } from "../format/instant.ts";
import { formatCount, formatPlural } from "../format/number.ts";
import { formatRoute } from "../route/route.ts";
import { type EntityFollowing, KIND_TITLES, type NamedEntity } from "./entity-address.ts";
import type { EntityEventList } from "./entity-events.ts";
import { countWithin, type Lane, laneOf, shownLanes } from "./entity-lane.ts";
import "./entity-events.ts";
import "./entity-neighbours.ts";
import "./entity-timeline.ts";
import { isoSpan, spanOf, type TimeSpan } from "./time-span.ts";

const SETTLE_MS = 220;
const SLOW_MS = 700;
const HOUR_MS = 3_600_000;
/** An entity seen in less than this share of the data's time is shown in its own time. */
const FIT_SHARE = 0.5;
const ROWS_AS_TABLE = 240;

/** Everything about one entity: timeline, neighbours, events, notes, what rules found. Page and panel hold the same one. */
export class EntityView extends View {
  static override properties = {
    entity: { attribute: false },
    catalog: { attribute: false },
    following: { attribute: false },
    compact: { attribute: false },
    from: { attribute: false },
    until: { attribute: false },
    span: { state: true },
    selection: { state: true },
    noting: { state: true },
    pointMs: { state: true },
    nearMs: { state: true },
  };
  declare entity: NamedEntity;
  declare catalog: readonly CatalogEntry[];
  declare following: EntityFollowing;
  declare compact: boolean;
  /** Range to begin with, ISO 8601; empty shows the time in which the entity was seen. */
  declare from: string;
  declare until: string;
  /** Puts a cell into a notebook; without it a hunt can be begun with the query. */
  declare addCell: ((mode: "sql", text: string) => void) | null;
  /** Told of the range that is shown; null is the whole time. */
  declare ranged: ((range: { readonly from: string; readonly until: string } | null) => void) | null;
  declare span: TimeSpan | null;
  declare selection: TimeSpan | null;
  declare noting: TimeSpan | null;
  declare pointMs: number | null;
  declare nearMs: number | null;

  #whole: { readonly head: EntityHead; readonly lanes: Map<string, Lane>; limits: TimeSpan } | null = null;
  #lanes = new Map<string, Lane>();
  #neighbours: EntityNeighbours | null = null;
  /** As first found, before a range was selected. */
  #spellings: EntityNeighbours["spellings"] = [];
  #notes: readonly Annotation[] = [];
  /** Taken back; null until somebody asks. */
  #takenBack: readonly Annotation[] | null = null;
  #failure: ApiFailure | null = null;
  #answered = 0;
  #loading = false;
  #slow = false;
  #neighboursBusy = false;
  #stopped = false;
  #profileAbort: AbortController | null = null;
  #neighboursAbort: AbortController | null = null;
  #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #eventsSpan: TimeSpan | null = null;
  #dataset: string | null = null;
  #working = new Working(this);
  #shownEntity = "";

  constructor() {
    super();
    this.catalog = [];
    this.compact = false;
    this.from = "";
    this.until = "";
    this.addCell = null;
    this.ranged = null;
    this.span = null;
    this.selection = null;
    this.noting = null;
    this.pointMs = null;
    this.nearMs = null;
  }

  override disconnectedCallback(): void {
    this.#stop();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#shownEntity = "";
    super.disconnectedCallback();
  }

  override willUpdate(_changed: PropertyValues): void {
    const key = `${this.entity.kind} ${this.entity.value}`;
    if (key === this.#shownEntity) return;
    this.#shownEntity = key;
    this.#stop();
    this.#whole = null;
    this.#lanes = new Map();
    this.#neighbours = null;
    this.#spellings = [];
    this.#notes = [];
    this.#takenBack = null;
    this.#failure = null;
    this.#eventsSpan = null;
    this.#dataset = null;
    this.span = null;
    this.selection = null;
    this.noting = null;
    this.pointMs = null;
    this.nearMs = null;
    void this.#loadWhole();
  }

  override render(): unknown {
    const whole = this.#whole;
    if (whole === null) {
      if (this.#failure)
        return renderFailure(this.#failure, {
          title: "This could not be loaded",
          retry: () => void this.#loadWhole(),
        });
      return html`<div class="skeleton" role="status" aria-label="Asking the datasets">
        ${Array.from({ length: 10 }, () => html`<div class="skeleton-row"></div>`)}
      </div>`;
    }
    const { head } = whole;
    const asked = head.asked.filter((name) => this.#origin(name) === "source");
    if (asked.length === 0) return this.#nobodyDeclares(head);
    const lanes = shownLanes(whole.lanes.values(), head.asked);
    const total = lanes
      .filter(({ origin }) => origin === "source")
      .reduce((sum, { count }) => sum + count, 0);
    const settled = !this.#loading;
    return html`
      ${this.#facts(head, lanes, total)}
      ${this.#failure ? renderFailure(this.#failure, { retry: () => this.#reload() }) : nothing}
      ${
        total === 0 && lanes.length === 0 && this.#notes.length === 0 && settled
          ? this.#nothingFound(head)
          : html`${this.#timeline(whole)}
            <div class=${this.compact ? "entity-stack" : "entity-columns"}>
              <div class="entity-main">${this.#events(lanes)}</div>
              <div class="entity-side">
                ${this.#rules(head)} ${this.#noteList()}
                <spoor-entity-neighbours
                  class="panel"
                  .found=${this.#neighbours}
                  .kind=${this.entity.kind}
                  .following=${this.following}
                  .busy=${this.#neighboursBusy}
                ></spoor-entity-neighbours>
              </div>
            </div>`
      }
      ${this.noting === null ? nothing : this.#noteForm(this.noting)}
    `;
  }

  #origin(name: string): "source" | "spoor" {
    return (
      this.catalog.find((entry) => entry.name === name)?.origin ??
      this.#whole?.lanes.get(name)?.origin ??
      "source"
    );
  }

  #facts(head: EntityHead, lanes: readonly Lane[], total: number): TemplateResult {
    const firsts = lanes.filter(({ origin }) => origin === "source").flatMap(({ firstMs }) => firstMs ?? []);
    const lasts = lanes.filter(({ origin }) => origin === "source").flatMap(({ lastMs }) => lastMs ?? []);
    const iso = (list: readonly number[], pick: (...values: number[]) => number) =>
      list.length === 0 ? null : new Date(pick(...list)).toISOString();
    const spellings = this.#spellings.filter(({ value }) => value !== this.entity.value);
    const first = iso(firsts, Math.min);
    const last = iso(lasts, Math.max);
    const sources = lanes.filter(({ origin, count }) => origin === "source" && count > 0);
    if (this.compact) return this.#briefFacts(head, total, sources.length, first, last);
    return html`<dl class="figures entity-figures">
        <div>
          <dt>Events</dt>
          <dd>
            ${formatCount(total)}
            <small>in ${formatPlural(sources.length, "dataset")} of ${formatCount(head.asked.filter((name) => this.#origin(name) === "source").length)} asked</small>
          </dd>
        </div>
        <div>
          <dt>First seen</dt>
          <dd class="figure-time">${first === null ? "never" : html`${instant(first)}<small>${age(first)}</small>`}</dd>
        </div>
        <div>
          <dt>Last seen</dt>
          <dd class="figure-time">${last === null ? "never" : html`${instant(last)}<small>${age(last)}</small>`}</dd>
        </div>
        <div>
          <dt>Detections</dt>
          <dd>
            ${formatCount(head.risk.detections)}
            <small>${head.risk.rules.length === 0 ? "no rule names it" : `by ${formatPlural(head.risk.rules.length, "rule")}`}</small>
          </dd>
        </div>
        <div>
          <dt>Open alerts</dt>
          <dd>
            ${head.risk.openAlerts > 0 ? badge(formatCount(head.risk.openAlerts), "bad") : "0"}
            <small>${formatPlural(head.alerts.length, "alert")} in all</small>
          </dd>
        </div>
        <div>
          <dt>Owner</dt>
          <dd class="figure-time">
            ${
              head.owner === null
                ? html`<span class="muted">nobody named</span><small>owners.yaml names hosts and people</small>`
                : html`<a href=${`/owners?filter=${encodeURIComponent(head.owner.owner)}`}>${head.owner.owner}</a
                    ><small>${head.owner.because}${head.owner.onCall.length > 0 ? `; on call ${head.owner.onCall.join(", ")}` : ""}</small>`
            }
          </dd>
        </div>
      </dl>
      ${
        spellings.length === 0
          ? nothing
          : html`<p class="muted entity-spellings">
            Also written
            ${spellings.slice(0, 6).map(({ value, count }) => html`<code title=${value.slice(0, 400)}>${value}</code> <span>${formatCount(count)}</span> `)}
          </p>`
      }`;
  }

  /** The same facts in a few lines, for the side of a notebook. */
  #briefFacts(
    head: EntityHead,
    total: number,
    datasetCount: number,
    first: string | null,
    last: string | null,
  ): TemplateResult {
    const { owner, risk } = head;
    return html`<div class="entity-brief">
      <p>
        <strong>${formatPlural(total, "event")}</strong> in ${formatPlural(datasetCount, "dataset")}
        ${risk.openAlerts > 0 ? badge(formatPlural(risk.openAlerts, "open alert"), "bad") : nothing}
        ${risk.detections > 0 ? badge(formatPlural(risk.detections, "detection"), "warning") : nothing}
      </p>
      ${first === null ? nothing : html`<p class="muted">${instant(first)} to ${instant(last)}</p>`}
      ${
        owner === null
          ? nothing
          : html`<p class="muted">
            Owner <a href=${`/owners?filter=${encodeURIComponent(owner.owner)}`}>${owner.owner}</a>${owner.onCall.length > 0 ? `, on call ${owner.onCall.join(", ")}` : ""}
          </p>`
      }
    </div>`;
  }

  #timeline(whole: {
    readonly head: EntityHead;
    readonly lanes: Map<string, Lane>;
    readonly limits: TimeSpan;
  }): TemplateResult {
    const span = this.span ?? whole.limits;
    const lanes = this.#shown();
    const quiet = whole.head.asked.filter(
      (name) => this.#origin(name) === "source" && whole.lanes.get(name)?.count === 0,
    );
    const untimed = lanes.filter(({ untimedCount }) => untimedCount > 0);
    return html`<section class="panel entity-time" aria-label="Timeline">
      ${this.compact ? nothing : this.#rangeBar(span, whole.limits)}
      <spoor-entity-timeline
        .lanes=${lanes}
        .notes=${this.#notes}
        .span=${span}
        .limits=${whole.limits}
        .selection=${this.selection}
        .busy=${this.#loading}
        .compact=${this.compact}
        .pointMs=${this.pointMs}
        .point=${(atMs: number) => {
          this.nearMs = atMs;
        }}
        .choose=${(dataset: string) => this.#choose(dataset)}
        .show=${(next: TimeSpan) => this.#show(next)}
        .select=${(selection: TimeSpan | null) => {
          this.selection = selection;
          this.#settle();
        }}
        .annotate=${(at: TimeSpan) => {
          this.noting = at;
        }}
      ></spoor-entity-timeline>
      <div class="entity-progress">
        ${
          this.#loading && this.#slow
            ? html`<progress max=${whole.head.asked.length} .value=${this.#answered} aria-label="Datasets that answered"></progress>
              <span class="muted">${this.#answered} of ${whole.head.asked.length} datasets answered</span>
              <button type="button" class="button small" @click=${() => this.#stopByHand()}>Stop</button>`
            : this.#stopped
              ? html`<span class="notice warning">Stopped: not every dataset has answered, so what you see is not everything.</span>
                <button type="button" class="button small" @click=${() => this.#reload()}>Ask again</button>`
              : html`<span class="muted"
                  >${quiet.length === 0 ? nothing : html`Not seen in ${quiet.join(", ")}.`}
                  ${untimed.length === 0 ? nothing : html` Without a readable time: ${untimed.map(({ dataset, untimedCount }) => `${formatCount(untimedCount)} in ${dataset}`).join(", ")}.`}</span
                >`
        }
      </div>
      ${
        this.compact
          ? html`<details class="entity-range">
              <summary>Choose a range</summary>
              ${this.#rangeBar(span, whole.limits)}
            </details>`
          : nothing
      }
      ${this.#asTable(lanes, span)} ${this.compact && this.addCell ? html`<p class="entity-cell">${this.#cellButton()}</p>` : nothing}
    </section>`;
  }

  /** The same numbers as the picture. */
  #asTable(lanes: readonly Lane[], span: TimeSpan): TemplateResult {
    const starts = [...new Set(lanes.flatMap(({ slices }) => slices.map(({ fromMs }) => fromMs)))]
      .filter(
        (ms) =>
          ms <= span.untilMs &&
          ms >=
            span.fromMs - (lanes[0]?.slices[0] ? lanes[0].slices[0].untilMs - lanes[0].slices[0].fromMs : 0),
      )
      .toSorted((one, other) => one - other);
    return html`<details class="timeline-table">
      <summary>As a table</summary>
      <div class="table-scroll" tabindex="0" role="region" aria-label="Events over time as a table">
        <table class="table">
          <caption class="hidden">
            Events over time
          </caption>
          <thead>
            <tr>
              <th scope="col">From</th>
              ${lanes.map(({ dataset }) => html`<th scope="col" class="number">${dataset}</th>`)}
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">in view</th>
              ${lanes.map((lane) => html`<td class="number">${formatCount(countWithin(lane, span))}</td>`)}
            </tr>
            ${starts.slice(0, ROWS_AS_TABLE).map(
              (ms) => html`<tr>
                <th scope="row"><time datetime=${new Date(ms).toISOString()} title=${formatUtc(ms)}>${formatLocal(ms)}</time></th>
                ${lanes.map(({ slices }) => {
                  const slice = slices.find(({ fromMs }) => fromMs === ms);
                  return html`<td class="number">${slice ? formatCount(slice.count) : ""}</td>`;
                })}
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </details>`;
  }

  #rangeBar(span: TimeSpan, limits: TimeSpan): TemplateResult {
    const seen = this.#seenSpan();
    const presets: readonly { readonly title: string; readonly span: TimeSpan | null }[] = [
      { title: "Whole time of the data", span: limits },
      { title: "When it was seen", span: seen },
      {
        title: "Last 24 hours of the data",
        span: { fromMs: limits.untilMs - 24 * HOUR_MS, untilMs: limits.untilMs },
      },
      { title: "Last hour of the data", span: { fromMs: limits.untilMs - HOUR_MS, untilMs: limits.untilMs } },
      ...(seen === null
        ? []
        : [
            { title: "Hour around first seen", span: around(seen.fromMs, HOUR_MS / 2) },
            { title: "Hour around last seen", span: around(seen.untilMs, HOUR_MS / 2) },
          ]),
    ];
    const input = (name: "from" | "until", label: string, ms: number) => html`<label class="field"
      ><span>${label}</span
      ><input
        type="datetime-local"
        step="1"
        name=${name}
        title=${formatUtc(ms)}
        .value=${localInput(ms)}
        @change=${(event: Event) => {
          const typed = new Date((event.target as HTMLInputElement).value).getTime();
          if (Number.isNaN(typed)) return;
          const next =
            name === "from"
              ? { fromMs: typed, untilMs: span.untilMs }
              : { fromMs: span.fromMs, untilMs: typed };
          if (next.fromMs < next.untilMs) this.#show(next, true);
          else this.requestUpdate();
        }}
    /></label>`;
    return html`<div class="inline-form range-bar">
      ${input("from", "From", span.fromMs)} ${input("until", "Until", span.untilMs)}
      <label class="field"
        ><span>Show</span
        ><select
          @change=${(event: Event) => {
            const select = event.target as HTMLSelectElement;
            const preset = presets[Number(select.value)];
            select.value = "";
            if (preset?.span) this.#show(preset.span, true);
          }}
        >
          <option value="">a range…</option>
          ${presets.map(({ title, span: of }, at) => html`<option value=${at} ?disabled=${of === null}>${title}</option>`)}
        </select></label
      >
      ${this.compact && this.addCell ? nothing : this.#cellButton()}
    </div>`;
  }

  #cellButton(): TemplateResult {
    return this.addCell
      ? html`<button type="button" class="button" @click=${() => this.#addCell()}>Add as SQL cell</button>`
      : html`<a class="button" href=${this.#huntHref()}>Open in new hunt</a>`;
  }

  #events(lanes: readonly Lane[]): TemplateResult {
    return html`<spoor-entity-events
      class="panel"
      .entity=${this.entity}
      .span=${this.#eventsSpan}
      .datasets=${lanes.map(({ dataset }) => dataset)}
      .total=${lanes.reduce((sum, { count }) => sum + count, 0)}
      .catalog=${this.catalog}
      .following=${this.following}
      .annotate=${(atMs: number) => {
        this.noting = { fromMs: atMs, untilMs: atMs };
      }}
      .nearMs=${this.nearMs}
      .pointed=${(atMs: number | null) => {
        this.pointMs = atMs;
      }}
      .chosen=${(dataset: string | null) => {
        this.#dataset = dataset;
        this.requestUpdate();
      }}
    ></spoor-entity-events>`;
  }

  /** Lists the events of one dataset; the same again lists all. */
  #choose(dataset: string): void {
    const list = this.querySelector<EntityEventList>("spoor-entity-events");
    if (!list) return;
    list.only = list.only === dataset ? null : dataset;
    this.#dataset = list.only;
    this.requestUpdate();
  }

  #rules(head: EntityHead): TemplateResult | typeof nothing {
    if (head.risk.rules.length === 0 && head.alerts.length === 0) return nothing;
    const open = head.alerts.toSorted(
      (one, other) => (one.state === "decided" ? 1 : 0) - (other.state === "decided" ? 1 : 0),
    );
    return html`<section class="panel stack tight">
      <h2>What rules found</h2>
      <ul class="rows">
        ${head.risk.rules.map(
          (rule) => html`<li>
            <div class="row-head">
              <a href=${formatRoute({ page: "rule", name: rule.rule })}>${rule.title}</a>
              ${rule.severity === "" ? nothing : severity(rule.severity)}
            </div>
            <p class="muted">${formatPlural(rule.detections, "detection")}, last ${instant(rule.last)}</p>
          </li>`,
        )}
        ${open.slice(0, 8).map(
          (alert) => html`<li>
            <div class="row-head">
              <a href=${formatRoute({ page: "alert", name: alert.id })}>${alert.sentence}</a>
              ${badge(alert.outcome ?? alert.state, alert.state === "decided" ? "neutral" : "bad")}
            </div>
            <p class="muted">alert opened ${instant(alert.opened)}</p>
          </li>`,
        )}
      </ul>
    </section>`;
  }

  #noteList(): TemplateResult | typeof nothing {
    if (this.#notes.length === 0 && this.#takenBack === null) return nothing;
    return html`<section class="panel stack tight entity-notes">
      <h2>Notes</h2>
      ${this.#working.failed === "take back" && this.#working.failure ? renderFailure(this.#working.failure) : nothing}
      <ul class="rows">
        ${this.#notes.map(
          (note) => html`<li>
            <div class="row-head">
              <button type="button" class="note-time" title="Show it on the timeline" @click=${() => this.#showNote(note)}>
                <span aria-hidden="true">⚑</span> ${instant(note.at)}${note.until === null ? nothing : html` to ${instant(note.until)}`}
              </button>
              <button
                type="button"
                class="button small"
                aria-label=${`Take back the note ${note.note.slice(0, 60)}`}
                ?disabled=${this.#working.doing !== null}
                @click=${() => this.#takeBack(note)}
              >
                Take back
              </button>
            </div>
            <p class="note-text">${note.note}</p>
            <p class="muted">${note.author}, written ${age(note.recorded)}</p>
          </li>`,
        )}
      </ul>
      <details
        @toggle=${(event: Event) => {
          if ((event.target as HTMLDetailsElement).open) void this.#loadTakenBack();
        }}
      >
        <summary class="muted">Taken back</summary>
        ${
          this.#takenBack === null
            ? nothing
            : this.#takenBack.length === 0
              ? html`<p class="muted">No note was taken back.</p>`
              : html`<ul class="rows">
                ${this.#takenBack.map(
                  (note) => html`<li>
                    <p class="note-text">${note.note}</p>
                    <p class="muted">${note.author} at ${instant(note.at)}, taken back by ${note.deleted?.by} ${age(note.deleted?.at ?? null)}</p>
                  </li>`,
                )}
              </ul>`
        }
      </details>
    </section>`;
  }

  async #loadTakenBack(): Promise<void> {
    await this.#working.run("history", async (signal) => {
      const all = await client.annotations(this.entity, true, signal);
      this.#takenBack = all.filter(({ deleted }) => deleted !== null);
    });
  }

  #noteForm(at: TimeSpan): TemplateResult {
    const ranged = at.untilMs > at.fromMs;
    return dialog(
      ranged ? "Note on this range" : "Note at this time",
      () => {
        this.noting = null;
      },
      html`<form
        class="form"
        @submit=${(event: SubmitEvent) => {
          event.preventDefault();
          const text = new FormData(event.target as HTMLFormElement).get("note");
          void this.#annotate(at, String(text ?? ""));
        }}
      >
        <p class="muted">
          <time datetime=${new Date(at.fromMs).toISOString()} title=${formatUtc(at.fromMs)}>${formatLocal(at.fromMs)}</time>
          ${ranged ? html`to <time datetime=${new Date(at.untilMs).toISOString()} title=${formatUtc(at.untilMs)}>${formatLocal(at.untilMs)}</time>` : nothing}
          on ${KIND_TITLES[this.entity.kind].one} <code class="note-entity">${this.entity.value.slice(0, 200)}</code>
        </p>
        ${field("Note", html`<textarea name="note" rows="3" maxlength="4000" required autofocus></textarea>`, "Your team sees it here, on the timeline, and as a row of the dataset annotations.")}
        ${this.#working.failed === "annotate" && this.#working.failure ? renderFailure(this.#working.failure) : nothing}
        <div class="buttons">
          <button class="button primary" ?disabled=${this.#working.doing !== null}>Save the note</button>
          <button
            type="button"
            class="button"
            @click=${() => {
              this.noting = null;
            }}
          >
            Cancel
          </button>
        </div>
      </form>`,
    );
  }

  #nobodyDeclares(head: EntityHead): TemplateResult {
    const kind = KIND_TITLES[head.kind];
    return html`${emptyState(
      `No source has fields of the kind ${kind.one}`,
      `Spoor finds a ${kind.one} in the fields that a source declares as such, and in fields whose name says it (User, DestinationIp, Hashes). None of the datasets here has one. Say which fields hold it in the source's source.yaml:`,
      { label: "Go to the sources", href: "/sources" },
    )}
      <pre class="entity-teach">entities:
  - { kind: ${head.kind}, field: name.of.the.field }</pre>`;
  }

  #nothingFound(head: EntityHead): TemplateResult {
    const asked = head.asked.flatMap((name) => {
      const lane = this.#whole?.lanes.get(name);
      return lane && lane.origin === "source" ? [lane] : [];
    });
    return html`<div class="section">
      ${emptyState(
        "Nothing names it",
        "None of these fields holds it, in all the data there is. It may be written in another way, be of another kind, or be in a source that is not brought in yet.",
        { label: "Bring in a source", href: "/onboard" },
      )}
      <ul class="asked-fields muted">
        ${asked.map(
          ({ dataset, fields, failure }) => html`<li>
            <strong>${dataset}</strong> ${failure === null ? fields.map(({ path, declared }) => html`<code title=${declared ? "declared by its source" : "told by its name"}>${path}</code> `) : html`did not answer: ${failure}`}
          </li>`,
        )}
      </ul>
    </div>`;
  }

  #shown(): readonly Lane[] {
    const whole = this.#whole!;
    const lanes = shownLanes(whole.lanes.values(), whole.head.asked);
    return lanes.map((lane) => {
      const closer = this.#lanes.get(lane.dataset);
      return closer === undefined ? lane : { ...closer, firstMs: lane.firstMs, lastMs: lane.lastMs };
    });
  }

  #seenSpan(margin = 0.02): TimeSpan | null {
    const lanes = [...(this.#whole?.lanes.values() ?? [])];
    return spanOf(
      lanes.flatMap(({ firstMs, lastMs }) => [firstMs ?? [], lastMs ?? []].flat()),
      margin,
    );
  }

  /** Shows a span: at once with what is known, and with finer slices when they come. */
  #show(span: TimeSpan, typed = false): void {
    const whole = this.#whole;
    if (whole === null) return;
    if (typed)
      whole.limits = {
        fromMs: Math.min(whole.limits.fromMs, span.fromMs),
        untilMs: Math.max(whole.limits.untilMs, span.untilMs),
      };
    const all = span.fromMs <= whole.limits.fromMs && span.untilMs >= whole.limits.untilMs;
    this.span = all ? null : span;
    if (this.selection && (this.selection.untilMs < span.fromMs || this.selection.fromMs > span.untilMs))
      this.selection = null;
    this.ranged?.(all ? null : isoSpan(span));
    this.#later("lanes", () => void this.#loadCloser());
    this.#settle();
  }

  /** List and neighbours follow the selection, else the span, once it rests. */
  #settle(): void {
    this.#later("selection", () => {
      const next = this.selection ?? this.span;
      if (JSON.stringify(next) === JSON.stringify(this.#eventsSpan)) return;
      this.#eventsSpan = next;
      this.requestUpdate();
      void this.#loadNeighbours();
    });
  }

  #later(name: string, work: () => void): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.set(name, setTimeout(work, SETTLE_MS));
  }

  #stop(): void {
    this.#profileAbort?.abort();
    this.#neighboursAbort?.abort();
  }

  #stopByHand(): void {
    this.#stop();
    this.#loading = false;
    this.#stopped = true;
    this.requestUpdate();
  }

  #reload(): void {
    if (this.span === null) void this.#loadWhole();
    else void this.#loadCloser();
    void this.#loadNeighbours();
  }

  async #loadWhole(): Promise<void> {
    const wanted = this.from !== "" || this.until !== "";
    const finished = await this.#load(undefined, (head) => {
      this.#whole = {
        head,
        lanes: new Map(),
        limits: { fromMs: instantMs(head.from) ?? 0, untilMs: instantMs(head.until) ?? Date.now() },
      };
      this.#notes = head.annotations;
      return this.#whole.lanes;
    });
    const whole = this.#whole;
    if (!finished || whole === null) return;
    const seen = this.#seenSpan();
    const reached = this.#seenSpan(0);
    if (reached !== null)
      whole.limits = {
        fromMs: Math.min(whole.limits.fromMs, reached.fromMs),
        untilMs: Math.max(whole.limits.untilMs, reached.untilMs),
      };
    const { limits } = whole;
    if (wanted) {
      const fromMs = instantMs(this.from) ?? limits.fromMs;
      const untilMs = instantMs(this.until) ?? limits.untilMs;
      if (fromMs < untilMs) this.#show({ fromMs, untilMs }, true);
    } else if (seen !== null && seen.untilMs - seen.fromMs < FIT_SHARE * (limits.untilMs - limits.fromMs)) {
      this.span = {
        fromMs: Math.max(limits.fromMs, seen.fromMs),
        untilMs: Math.min(limits.untilMs, seen.untilMs),
      };
      void this.#loadCloser();
    }
    void this.#loadNeighbours();
  }

  async #loadCloser(): Promise<void> {
    if (this.span === null) {
      this.#profileAbort?.abort();
      this.#lanes = new Map();
      this.#loading = false;
      this.requestUpdate();
      return;
    }
    const lanes = new Map(this.#lanes);
    this.#lanes = lanes;
    await this.#load(isoSpan(this.span), () => lanes);
  }

  /** Asks for a profile and puts its lanes where `into` says. False when it was stopped or failed. */
  async #load(
    range: { readonly from: string; readonly until: string } | undefined,
    into: (head: EntityHead) => Map<string, Lane>,
  ): Promise<boolean> {
    this.#profileAbort?.abort();
    const abort = new AbortController();
    this.#profileAbort = abort;
    this.#loading = true;
    this.#stopped = false;
    this.#slow = false;
    this.#answered = 0;
    this.#failure = null;
    clearTimeout(this.#timers.get("slow"));
    this.#timers.set(
      "slow",
      setTimeout(() => {
        this.#slow = true;
        this.requestUpdate();
      }, SLOW_MS),
    );
    this.requestUpdate();
    let finished = false;
    try {
      let head: EntityHead | null = null;
      let lanes: Map<string, Lane> | null = null;
      for await (const part of client.entityParts(
        { ...this.entity, ...range },
        crypto.randomUUID(),
        abort.signal,
      )) {
        if (this.#profileAbort !== abort) return false;
        if (part.part === "head") {
          head = part.head;
          lanes = into(head);
        } else if (part.part === "lane" && head !== null) {
          lanes!.set(part.lane.dataset, laneOf(part.lane, head));
          this.#answered += 1;
        }
        this.requestUpdate();
      }
      finished = true;
    } catch (error) {
      if (isAbort(error) || abort.signal.aborted || this.#profileAbort !== abort) return false;
      this.#failure = asFailure(error);
    }
    clearTimeout(this.#timers.get("slow"));
    this.#loading = false;
    this.requestUpdate();
    return finished;
  }

  async #loadNeighbours(): Promise<void> {
    this.#neighboursAbort?.abort();
    const abort = new AbortController();
    this.#neighboursAbort = abort;
    this.#neighboursBusy = true;
    this.requestUpdate();
    try {
      const range = this.#eventsSpan === null ? {} : isoSpan(this.#eventsSpan);
      const found = await client.entityNeighbours(
        { ...this.entity, ...range },
        crypto.randomUUID(),
        abort.signal,
      );
      if (this.#neighboursAbort !== abort) return;
      this.#neighbours = found;
      if (this.#spellings.length === 0) this.#spellings = found.spellings;
    } catch (error) {
      if (isAbort(error) || this.#neighboursAbort !== abort) return;
      this.#neighbours = {
        neighbours: [],
        spellings: [],
        complete: true,
        failures: [{ dataset: "Neighbours", message: asFailure(error).message }],
      };
    }
    this.#neighboursBusy = false;
    this.requestUpdate();
  }

  async #annotate(at: TimeSpan, note: string): Promise<void> {
    await this.#working.run("annotate", async (signal) => {
      const ranged = at.untilMs > at.fromMs;
      const { from, until } = isoSpan(at);
      const kept = await client.annotate(
        { ...this.entity, at: from, until: ranged ? until : null, note },
        signal,
      );
      this.#notes = [...this.#notes, kept].toSorted((one, other) => one.at.localeCompare(other.at));
      this.noting = null;
    });
  }

  #takeBack(note: Annotation): void {
    void this.#working.run("take back", async (signal) => {
      const taken = await client.deleteAnnotation(note.id, signal);
      this.#notes = this.#notes.filter(({ id }) => id !== note.id);
      this.#takenBack = [...(this.#takenBack ?? []), taken];
    });
  }

  #showNote(note: Annotation): void {
    const atMs = instantMs(note.at);
    const untilMs = note.until === null ? atMs : instantMs(note.until);
    if (atMs === null || untilMs === null) return;
    const half = Math.max((untilMs - atMs) * 1.5, HOUR_MS / 2);
    this.#show(around((atMs + untilMs) / 2, half), true);
    if (untilMs > atMs) this.selection = { fromMs: atMs, untilMs };
    this.querySelector("spoor-entity-timeline")?.scrollIntoView({ block: "nearest" });
  }

  #cellText(): string | null {
    const whole = this.#whole;
    if (whole === null) return null;
    const wanted = this.#shown()
      .filter(({ dataset }) => this.#dataset === null || dataset === this.#dataset)
      .map(({ dataset }) => dataset);
    const datasets = this.catalog.filter(
      ({ name, origin }) => wanted.includes(name) && (origin === "source" || name === this.#dataset),
    );
    const range = this.selection ?? this.span;
    return entityCell(this.entity.kind, this.entity.value, datasets, range === null ? null : isoSpan(range));
  }

  #addCell(): void {
    const text = this.#cellText();
    if (text !== null) this.addCell?.("sql", text);
  }

  #huntHref(): string {
    const text = this.#cellText();
    return text === null ? "/hunts?new=1" : `/hunts?new=1&sql=${encodeURIComponent(text)}`;
  }
}

function around(ms: number, halfMs: number): TimeSpan {
  return { fromMs: ms - halfMs, untilMs: ms + halfMs };
}

/** As `datetime-local` takes it, in the reader's zone. */
function localInput(ms: number): string {
  const at = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return at.toISOString().slice(0, 19);
}

customElements.define("spoor-entity-view", EntityView);
