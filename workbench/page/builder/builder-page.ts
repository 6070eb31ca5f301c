import { html, nothing, type TemplateResult } from "lit";
import { ENTITY_KINDS, type EntityKind } from "../../../connectors/source/source.ts";
import { shapeSentence } from "../../../promote/rule/shape/sentence.ts";
import { shapeYaml } from "../../../promote/rule/shape/serialize.ts";
import type { Shape } from "../../../promote/rule/shape/shape.ts";
import { eventsOfShape, shapeSql } from "../../../promote/rule/shape/sql.ts";
import type { ShapeDataset } from "../../../server/api/api.ts";
import { client } from "../../api/browser-client.ts";
import { emptyState } from "../../element/empty-state.ts";
import { Loading } from "../../element/loading.ts";
import { View } from "../../element/view.ts";
import { queryValue } from "../../route/navigate.ts";
import { Counting } from "./counting.ts";
import { eventsEditor } from "./events-editor.ts";
import "./make-rule.ts";
import { previewPanel } from "./preview-panel.ts";
import {
  addEntity,
  asKind,
  eventsIn,
  firstDraft,
  nextEvents,
  removeEntity,
  type ShapeDraft,
  withEvents,
} from "./shape-draft.ts";
import { measureEditor, windowEditor } from "./window-editor.ts";

const KINDS: readonly (readonly [Shape["kind"], string, string])[] = [
  ["filter", "One event", "Each event that meets the conditions"],
  ["threshold", "Many", "A number of them within a time"],
  ["sequence", "Several kinds", "One after the other, or in any order"],
  ["absence", "Something missing", "This without that near it"],
];

/** A rule from parts: what it says and what it would have found stand beside the form as one types. */
export class BuilderPage extends View {
  #rule = queryValue("rule") ?? "";
  #draft: ShapeDraft | null = null;
  #editedByHand = false;
  #values = new Map<string, readonly string[]>();
  #counting = new Counting(this);
  #start = new Loading(this, async (signal) => {
    const datasets = await client.shapeDatasets(signal);
    if (this.#draft === null) await this.#begin(datasets, signal);
    return datasets;
  });

  async #begin(datasets: readonly ShapeDataset[], signal: AbortSignal): Promise<void> {
    if (this.#rule !== "") {
      const { shape, editedByHand, entities } = await client.ruleShape(this.#rule, signal);
      if (shape !== null) {
        const kindOf = (column: string): EntityKind =>
          entities.find((entity) => entity.column === column)?.kind ?? "host";
        this.#editedByHand = editedByHand;
        this.#draft = { shape, kinds: shape.by.map(kindOf) };
      } else this.#rule = "";
    }
    const first = datasets.find(({ timed }) => timed);
    if (this.#draft === null && first !== undefined) this.#draft = firstDraft(first);
    if (this.#draft !== null) this.#counting.count(shapeYaml(this.#draft.shape));
  }

  #put(draft: ShapeDraft): void {
    this.#draft = draft;
    this.#counting.count(shapeYaml(draft.shape));
    this.requestUpdate();
  }

  #shape = (shape: Shape): void => {
    if (this.#draft !== null) this.#put({ ...this.#draft, shape });
  };

  #valuesOf = (dataset: string, column: string): readonly string[] => {
    const key = `${dataset}\n${column}`;
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    this.#values.set(key, []);
    void client
      .shapeValues(dataset, column)
      .then((values) => {
        this.#values.set(key, values);
        this.requestUpdate();
      })
      // A field that the dataset has not got yet has no values to offer.
      .catch(() => undefined);
    return [];
  };

  override render(): unknown {
    return html`<header class="page-head">
        <div>
          <h1>${this.#rule === "" ? "Build a rule" : html`Change the parts of <code>${this.#rule}</code>`}</h1>
          <p>Choose what to look for. The sentence, the count and the SQL follow.</p>
        </div>
        <div class="buttons"><a class="button" href="/rules">Back to the rules</a></div>
      </header>
      ${this.#start.render((datasets) =>
        this.#draft === null
          ? emptyState("No data to build on", "A rule looks at events of a source. Bring one first.", {
              label: "Bring a source",
              href: "/onboard",
            })
          : this.#builder(this.#draft, datasets),
      )}`;
  }

  #builder(draft: ShapeDraft, datasets: readonly ShapeDataset[]): TemplateResult {
    const columnsOf = (name: string) => datasets.find((dataset) => dataset.name === name)?.columns ?? null;
    const written = shapeSql(draft.shape, columnsOf);
    return html`<div class="builder">
      <div class="builder-form">
        ${
          this.#editedByHand
            ? html`<p class="notice warning">The rule's SQL was edited by hand since. Saving here writes it anew.</p>`
            : nothing
        }
        ${this.#kinds(draft)} ${this.#entities(draft, datasets)} ${this.#events(draft, datasets)}
      </div>
      <aside class="builder-side" aria-label="What the rule says and finds">
        ${previewPanel(shapeSentence(draft.shape), written, this.#counting)}
        <spoor-make-rule .draft=${draft} .written=${written} .rule=${this.#rule}></spoor-make-rule>
      </aside>
    </div>`;
  }

  #kinds({ shape, kinds }: ShapeDraft): TemplateResult {
    return html`<fieldset class="choices">
      <legend>Tell me when there is</legend>
      ${KINDS.map(
        ([kind, title, hint]) =>
          html`<label class="choice ${kind === shape.kind ? "chosen" : ""}"
            ><input
              type="radio"
              name="kind"
              value=${kind}
              .checked=${kind === shape.kind}
              @change=${() => this.#put({ shape: asKind(shape, kind), kinds })}
            /><strong>${title}</strong><span class="muted">${hint}</span></label
          >`,
      )}
    </fieldset>`;
  }

  #entities(draft: ShapeDraft, datasets: readonly ShapeDataset[]): TemplateResult {
    const free = ENTITY_KINDS;
    return html`<div class="line entities">
      <span>${draft.shape.by.length === 0 ? "For all of the data together." : "For each"}</span>
      ${draft.shape.by.map(
        (column, at) =>
          html`<span class="chip"
            >${column}<button
              type="button"
              class="button small quiet"
              aria-label=${`Not by ${column}`}
              @click=${() => this.#put(removeEntity(draft, at))}
            >
              ×
            </button></span
          >`,
      )}
      <select
        aria-label="Add an entity"
        @change=${(event: Event) => {
          const select = event.target as HTMLSelectElement;
          if (select.value !== "") this.#put(addEntity(draft, select.value as EntityKind, datasets));
          select.value = "";
        }}
      >
        <option value="">${draft.shape.by.length === 0 ? "by…" : "and…"}</option>
        ${free.map((kind) => html`<option value=${kind}>${kind}</option>`)}
      </select>
    </div>`;
  }

  #events(draft: ShapeDraft, datasets: readonly ShapeDataset[]): TemplateResult {
    const { shape } = draft;
    const all = eventsOfShape(shape);
    const lastMissing =
      shape.kind === "absence" || (shape.kind === "sequence" && shape.missing !== undefined);
    const editors = all.map((events, at) => {
      const missing = lastMissing && at === all.length - 1;
      const steps = shape.kind === "sequence" ? shape.events.length : 0;
      const removable = missing ? shape.kind === "sequence" : steps > 1 && at < steps;
      return eventsEditor({
        events,
        title: this.#title(shape, at, missing),
        by: shape.by,
        datasets,
        valuesOf: this.#valuesOf,
        counted: !missing && (shape.kind === "sequence" || shape.kind === "absence"),
        id: `events-${at}`,
        change: (changed) => this.#shape(withEvents(shape, at, changed)),
        take: (dataset) => {
          const fresh = eventsIn(dataset, events.name, { by: shape.by, kinds: draft.kinds });
          this.#shape(
            withEvents(shape, at, { ...fresh, where: events.where, minimumCount: events.minimumCount }),
          );
        },
        remove: removable ? () => this.#shape(withEvents(shape, at, null)) : null,
      });
    });
    return html`${editors}${this.#window(draft, datasets)}`;
  }

  #title(shape: Shape, at: number, missing: boolean): string {
    if (missing) return "Without";
    if (shape.kind !== "sequence") return shape.kind === "absence" ? "There" : "Events";
    if (!shape.ordered) return at === 0 ? "First kind" : `Kind ${at + 1}`;
    return at === 0 ? "First" : "Then";
  }

  #window({ shape, kinds }: ShapeDraft, datasets: readonly ShapeDataset[]): TemplateResult | typeof nothing {
    if (shape.kind === "filter") return nothing;
    if (shape.kind === "threshold") {
      const dataset = datasets.find(({ name }) => name === shape.events[0]?.dataset);
      return measureEditor(shape, dataset, this.#shape);
    }
    const window = windowEditor(shape.windowMs, "Window", (windowMs) => this.#shape({ ...shape, windowMs }));
    if (shape.kind === "absence") return html`<div class="line">within ${window} ${this.#side(shape)}</div>`;
    const more = (): void => {
      const dataset = datasets.find(({ name }) => name === shape.events.at(-1)?.dataset);
      if (dataset === undefined) return;
      this.#shape({ ...shape, events: [...shape.events, nextEvents(shape, dataset, kinds)] });
    };
    const without = (): void => {
      const dataset = datasets.find(({ name }) => name === shape.events.at(-1)?.dataset);
      if (dataset === undefined) return;
      this.#shape({ ...shape, missing: nextEvents(shape, dataset, kinds), side: "between" });
    };
    return html`<div class="buttons">
        <button type="button" class="button small" @click=${more}>Add a step</button>
        ${shape.missing === undefined ? html`<button type="button" class="button small" @click=${without}>But without…</button>` : nothing}
      </div>
      <div class="line">
        within ${window}
        <select
          aria-label="Order"
          @change=${(event: Event) => this.#shape({ ...shape, ordered: (event.target as HTMLSelectElement).value === "order" })}
        >
          <option value="order" ?selected=${shape.ordered}>one after the other</option>
          <option value="any" ?selected=${!shape.ordered}>in any order</option>
        </select>
        ${shape.missing === undefined ? nothing : html`and none of the last kind ${this.#side(shape)}`}
      </div>`;
  }

  #side(shape: Extract<Shape, { kind: "absence" | "sequence" }>): TemplateResult {
    const sides = [
      ["after", "after it"],
      ["before", "before it"],
      ["around", "before or after it"],
      ...(shape.kind === "sequence" ? ([["between", "between them"]] as const) : []),
    ] as const;
    const chosen = shape.side ?? "after";
    return html`<select
      aria-label="Where it is missing"
      @change=${(event: Event) => this.#shape({ ...shape, side: (event.target as HTMLSelectElement).value } as Shape)}
    >
      ${sides.map(([value, text]) => html`<option value=${value} ?selected=${value === chosen}>${text}</option>`)}
    </select>`;
  }
}

customElements.define("spoor-builder-page", BuilderPage);
