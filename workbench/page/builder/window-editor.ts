import { html, type TemplateResult } from "lit";
import type { Comparison, Shape, ShapeMeasure } from "../../../promote/rule/shape/shape.ts";
import type { ShapeDataset } from "../../../server/api/api.ts";

const UNITS: readonly (readonly [number, string])[] = [
  [86_400_000, "days"],
  [3_600_000, "hours"],
  [60_000, "minutes"],
  [1_000, "seconds"],
];

const FIGURES: readonly (readonly [ShapeMeasure["of"], string])[] = [
  ["count", "the number of events"],
  ["distinct", "the number of different values of"],
  ["sum", "the sum of"],
  ["average", "the average of"],
  ["percentile", "the percentile of"],
];

const COMPARISONS: readonly (readonly [Comparison, string])[] = [
  ["greater-or-equal", "is at least"],
  ["greater", "is above"],
  ["equal", "is exactly"],
  ["less-or-equal", "is at most"],
  ["less", "is below"],
  ["not-equal", "is not"],
];

/** A time span as a number and a unit. */
export function windowEditor(
  windowMs: number,
  label: string,
  change: (windowMs: number) => void,
): TemplateResult {
  const [unitMs] = UNITS.find(([size]) => windowMs % size === 0) ?? UNITS.at(-1)!;
  const put = (count: number, size: number) => {
    if (Number.isFinite(count) && count > 0) change(Math.round(count * size));
  };
  return html`<span class="window" role="group" aria-label=${label}>
    <input
      type="number"
      class="small-number"
      min="1"
      step="any"
      aria-label=${`${label}: how long`}
      .value=${String(windowMs / unitMs)}
      @input=${(event: Event) => put(Number((event.target as HTMLInputElement).value), unitMs)}
    />
    <select
      aria-label=${`${label}: unit`}
      @change=${(event: Event) => put(windowMs / unitMs, Number((event.target as HTMLSelectElement).value))}
    >
      ${UNITS.map(([size, unit]) => html`<option value=${size} ?selected=${size === unitMs}>${unit}</option>`)}
    </select>
  </span>`;
}

/** What is measured over the window, and what it is compared with. */
export function measureEditor(
  shape: Extract<Shape, { kind: "threshold" }>,
  dataset: ShapeDataset | undefined,
  change: (shape: Shape) => void,
): TemplateResult {
  const { measure } = shape;
  const put = (part: Partial<ShapeMeasure>) => change({ ...shape, measure: { ...measure, ...part } });
  const counted = measure.of === "count" || measure.of === "kinds";
  const columns = dataset?.columns ?? [];
  const fields =
    measure.of === "distinct"
      ? columns
      : columns.filter(({ type }) => /INT|DOUBLE|FLOAT|DECIMAL|VARCHAR/.test(type));
  const of = (event: Event) => {
    const chosen = (event.target as HTMLSelectElement).value as ShapeMeasure["of"];
    const { percentile: _, ...rest } = measure;
    const field = chosen === "count" ? "" : measure.field || (columns[0]?.name ?? "");
    change({
      ...shape,
      measure: { ...rest, of: chosen, field, ...(chosen === "percentile" ? { percentile: 95 } : {}) },
    });
  };
  return html`<div class="line">
    <span>when</span>
    <select aria-label="What is measured" @change=${of}>
      ${FIGURES.map(([value, text]) => html`<option value=${value} ?selected=${value === measure.of}>${text}</option>`)}
    </select>
    ${
      counted
        ? null
        : html`<select
            aria-label="Measured field"
            @change=${(event: Event) => put({ field: (event.target as HTMLSelectElement).value })}
          >
            ${fields.map(({ name }) => html`<option value=${name} ?selected=${name === measure.field}>${name}</option>`)}
          </select>`
    }
    ${
      measure.of === "percentile"
        ? html`<label
            >at
            <input
              type="number"
              class="small-number"
              min="0"
              max="100"
              aria-label="Percentile"
              .value=${String(measure.percentile ?? 95)}
              @input=${(event: Event) => put({ percentile: Number((event.target as HTMLInputElement).value) })}
          /></label>`
        : null
    }
    <select
      aria-label="How it is compared"
      @change=${(event: Event) => put({ comparison: (event.target as HTMLSelectElement).value as Comparison })}
    >
      ${COMPARISONS.map(([value, text]) => html`<option value=${value} ?selected=${value === measure.comparison}>${text}</option>`)}
    </select>
    <input
      type="number"
      class="small-number"
      step="any"
      aria-label="Compared with"
      .value=${String(measure.value)}
      @input=${(event: Event) => {
        const value = (event.target as HTMLInputElement).valueAsNumber;
        if (Number.isFinite(value)) put({ value });
      }}
    />
    <span>within</span>
    ${windowEditor(shape.windowMs, "Window", (windowMs) => change({ ...shape, windowMs }))}
  </div>`;
}
