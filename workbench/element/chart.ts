import * as Plot from "@observablehq/plot";
import { html, type PropertyValues, type TemplateResult } from "lit";
import { View } from "./view.ts";

/** What to draw at a width in pixels; the wrapper draws again when the width changes. */
export type ChartDrawing = (width: number) => Plot.PlotOptions;

/** A Plot chart that fits its column and says in words what it shows. */
export class ChartElement extends View {
  static override properties = {
    drawing: { attribute: false },
    label: { attribute: false },
    height: { attribute: false },
  };
  declare drawing: ChartDrawing;
  declare label: string;
  declare height: number;
  #width = 0;
  #observer = new ResizeObserver((entries) => {
    const width = Math.floor(entries[0]?.contentRect.width ?? 0);
    if (width === this.#width || width === 0) return;
    this.#width = width;
    this.#draw();
  });

  override connectedCallback(): void {
    super.connectedCallback();
    this.#observer.observe(this);
  }

  override disconnectedCallback(): void {
    this.#observer.disconnect();
    super.disconnectedCallback();
  }

  override render(): unknown {
    return html`<div class="chart" role="img" aria-label=${this.label}></div>`;
  }

  override updated(changed: PropertyValues): void {
    if (changed.has("drawing") || changed.has("label")) this.#draw();
  }

  #draw(): void {
    const holder = this.querySelector<HTMLElement>(".chart");
    if (!holder || this.#width === 0) return;
    const drawn = Plot.plot({
      width: this.#width,
      height: this.height,
      style: { background: "none", color: "var(--text)", fontSize: "11.5px" },
      ...this.drawing(this.#width),
    });
    drawn.setAttribute("aria-hidden", "true");
    holder.replaceChildren(drawn);
  }
}

customElements.define("spoor-chart", ChartElement);

/** A chart in a template: `label` tells a screen reader what can be read from it; `height` keeps its place. */
export function chart(label: string, height: number, drawing: ChartDrawing): TemplateResult {
  return html`<spoor-chart .label=${label} .height=${height} .drawing=${drawing}></spoor-chart>`;
}
