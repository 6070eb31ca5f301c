import { html, nothing, type TemplateResult } from "lit";
import type { ShapeEvents } from "../../../promote/rule/shape/shape.ts";
import type { ShapeDataset } from "../../../server/api/api.ts";
import { conditionEditor } from "./condition-editor.ts";

export interface EventsEditorOptions {
  readonly events: ShapeEvents;
  readonly title: string;
  /** Result columns of the entities, in the order of `events.by`. */
  readonly by: readonly string[];
  readonly datasets: readonly ShapeDataset[];
  readonly valuesOf: (dataset: string, column: string) => readonly string[];
  /** Whether a minimum count is asked for. */
  readonly counted: boolean;
  readonly id: string;
  readonly change: (events: ShapeEvents) => void;
  /** Takes another dataset. */
  readonly take: (dataset: ShapeDataset) => void;
  readonly remove: (() => void) | null;
}

/** One kind of events: the dataset, its conditions, whom they concern, a list they must be in, and how many it takes. */
export function eventsEditor(options: EventsEditorOptions): TemplateResult {
  const { events, title, datasets, valuesOf, counted, id, change, remove } = options;
  const dataset = datasets.find(({ name }) => name === events.dataset) ?? {
    name: events.dataset,
    timed: true,
    columns: [],
    entities: [],
  };
  return html`<fieldset class="events">
    <legend>${title}</legend>
    <div class="events-head">
      <label
        >${counted ? "At least" : nothing}
        ${
          counted
            ? html`<input
                type="number"
                class="small-number"
                min="1"
                max="100000"
                aria-label="At least how many"
                .value=${String(events.minimumCount)}
                @input=${(event: Event) => {
                  const count = Number((event.target as HTMLInputElement).value);
                  if (Number.isInteger(count) && count >= 1) change({ ...events, minimumCount: count });
                }}
              />`
            : nothing
        }</label
      >
      <label
        >${counted ? (events.minimumCount === 1 ? "event of" : "events of") : "Events of"}
        <select
          aria-label="Dataset"
          @change=${(event: Event) => {
            const found = datasets.find(({ name }) => name === (event.target as HTMLSelectElement).value);
            if (found !== undefined) options.take(found);
          }}
        >
          ${datasets
            .filter(({ timed, name }) => timed || name === events.dataset)
            .map(
              ({ name }) => html`<option value=${name} ?selected=${name === events.dataset}>${name}</option>`,
            )}
        </select></label
      >
      ${remove === null ? nothing : html`<button type="button" class="button small quiet" @click=${remove}>Remove</button>`}
    </div>
    <datalist id=${`${id}-columns`}>
      ${dataset.columns.map(({ name, type }) => html`<option value=${name} label=${type}></option>`)}
    </datalist>
    ${conditionEditor(
      events.where,
      { dataset, id, valuesOf: (column) => valuesOf(dataset.name, column) },
      (where) => change({ ...events, where }),
    )}
    ${keysEditor(options, dataset)}${lookupEditor(options, dataset)}
  </fieldset>`;
}

function columnSelect(
  columns: readonly { name: string }[],
  chosen: string,
  label: string,
  put: (name: string) => void,
): TemplateResult {
  const known = columns.some(({ name }) => name === chosen);
  return html`<select aria-label=${label} @change=${(event: Event) => put((event.target as HTMLSelectElement).value)}>
    <option value="" ?selected=${chosen === ""}>choose a column</option>
    ${known || chosen === "" ? nothing : html`<option value=${chosen} selected>${chosen}</option>`}
    ${columns.map(({ name }) => html`<option value=${name} ?selected=${name === chosen}>${name}</option>`)}
  </select>`;
}

function keysEditor(
  { events, by, change }: EventsEditorOptions,
  dataset: ShapeDataset,
): TemplateResult | typeof nothing {
  if (by.length === 0) return nothing;
  return html`<p class="keys">
    ${by.map(
      (column, at) =>
        html`<label
          >The ${column} is in
          ${columnSelect(dataset.columns, events.by[at] ?? "", `Column of the ${column}`, (name) =>
            change({ ...events, by: by.map((_, index) => (index === at ? name : (events.by[index] ?? ""))) }),
          )}</label
        >`,
    )}
  </p>`;
}

function lookupEditor(
  { events, datasets, change }: EventsEditorOptions,
  dataset: ShapeDataset,
): TemplateResult | typeof nothing {
  const lists = datasets.filter(({ name, timed }) => !timed && name !== events.dataset);
  const { lookup } = events;
  if (lookup === undefined) {
    const [first] = lists;
    if (first === undefined) return nothing;
    const on = [{ column: events.by[0] ?? "", lookupColumn: first.columns[0]?.name ?? "" }];
    return html`<button
      type="button"
      class="button small"
      @click=${() => change({ ...events, lookup: { dataset: first.name, on, present: true } })}
    >
      Compare with a list
    </button>`;
  }
  const list = datasets.find(({ name }) => name === lookup.dataset);
  const [pair] = lookup.on;
  const put = (part: Partial<typeof lookup>) => change({ ...events, lookup: { ...lookup, ...part } });
  const { lookup: _, ...without } = events;
  return html`<p class="keys">
    ${columnSelect(dataset.columns, pair?.column ?? "", "Column that is looked up", (column) =>
      put({ on: [{ column, lookupColumn: pair?.lookupColumn ?? "" }] }),
    )}
    <select
      aria-label="In the list or not"
      @change=${(event: Event) => put({ present: (event.target as HTMLSelectElement).value === "in" })}
    >
      <option value="in" ?selected=${lookup.present}>is in</option>
      <option value="out" ?selected=${!lookup.present}>is not in</option>
    </select>
    <select
      aria-label="List"
      @change=${(event: Event) => {
        const name = (event.target as HTMLSelectElement).value;
        const first = lists.find((one) => one.name === name)?.columns[0]?.name ?? "";
        put({ dataset: name, on: [{ column: pair?.column ?? "", lookupColumn: first }] });
      }}
    >
      ${lists.map(({ name }) => html`<option value=${name} ?selected=${name === lookup.dataset}>${name}</option>`)}
    </select>
    by
    ${columnSelect(list?.columns ?? [], pair?.lookupColumn ?? "", "Column of the list", (lookupColumn) =>
      put({ on: [{ column: pair?.column ?? "", lookupColumn }] }),
    )}
    <button type="button" class="button small quiet" aria-label="Remove the list" @click=${() => change(without)}>×</button>
  </p>`;
}
