import { html, nothing, svg, type TemplateResult } from "lit";
import type { FlowCell } from "../../../notebooks/document/data-flow.ts";
import type { NotebookCell } from "../../../notebooks/document/notebook.ts";
import { View } from "../../element/view.ts";
import { labelOf } from "../cell-kind.ts";
import { type CellState, NEW_CELL } from "../cell-state.ts";
import { stateWord } from "../cell-status.ts";
import { outlineOf } from "./outline.ts";

const ROW_PX = 22;
const ARC_PX = 34;

/** What the notebook holds, cell by cell: headings and names, how each stands, and, drawn, which cell feeds which. */
export class OutlinePanel extends View {
  static override properties = {
    cells: { attribute: false },
    states: { attribute: false },
    flow: { attribute: false },
    waiting: { attribute: false },
    active: { attribute: false },
    pointed: { state: true },
  };

  declare cells: readonly NotebookCell[];
  declare states: ReadonlyMap<number, CellState>;
  declare flow: readonly FlowCell[];
  /** Cells that wait, with the one on demand for which they do. */
  declare waiting: ReadonlyMap<number, number>;
  declare active: number | null;
  declare show: (id: number) => void;
  declare pointed: number | null;

  constructor() {
    super();
    this.cells = [];
    this.states = new Map();
    this.flow = [];
    this.waiting = new Map();
    this.active = null;
    this.pointed = null;
  }

  override render(): unknown {
    const rows = outlineOf(this.cells);
    if (rows.length === 0) return html`<p class="muted">No cells yet.</p>`;
    return html`<nav class="outline" aria-label="Cells of the notebook">
      ${this.#arcs(rows.map(({ id }) => id))}
      <ol>
        ${rows.map(({ id, text, depth, kind }) => {
          const state = this.states.get(id) ?? NEW_CELL;
          const word = stateWord(state, this.waiting.has(id));
          const flow = this.flow.find((cell) => cell.id === id);
          const related = this.#related();
          return html`<li>
            <button
              type="button"
              class="outline-row ${kind} ${related.has(id) ? "related" : ""}"
              style="--depth: ${depth}"
              aria-current=${id === this.active ? "true" : nothing}
              title=${this.#title(id, flow)}
              @click=${() => this.show(id)}
              @pointerenter=${() => this.#point(id)}
              @pointerleave=${() => this.#point(null)}
              @focus=${() => this.#point(id)}
              @blur=${() => this.#point(null)}
            >
              <span class="run-mark ${word.replace(" ", "-")}" aria-hidden="true"></span>
              <span class="outline-text">${text}</span>
              <span class="hidden">, ${word}${flow && flow.reads.length > 0 ? `, reads ${flow.readNames.join(", ")}` : ""}</span>
            </button>
          </li>`;
        })}
      </ol>
    </nav>`;
  }

  #point(id: number | null): void {
    this.pointed = id;
  }

  #related(): ReadonlySet<number> {
    const pointed = this.flow.find(({ id }) => id === this.pointed);
    return new Set(pointed ? [...pointed.reads, ...pointed.feeds] : []);
  }

  #title(id: number, flow: FlowCell | undefined): string {
    const cell = this.cells.find((candidate) => candidate.id === id);
    const lines = [labelOf(cell?.mode ?? "js")];
    if (flow && flow.readNames.length > 0) lines.push(`reads ${flow.readNames.join(", ")}`);
    if (flow && flow.feeds.length > 0)
      lines.push(`feeds ${flow.feeds.length} ${flow.feeds.length === 1 ? "cell" : "cells"}`);
    return lines.join("\n");
  }

  /** Arcs from each cell to those that it feeds, on the left of the rows. */
  #arcs(ids: readonly number[]): TemplateResult | typeof nothing {
    const place = new Map(ids.map((id, index) => [id, index * ROW_PX + ROW_PX / 2]));
    const arcs = this.flow.flatMap((cell) =>
      cell.feeds.flatMap((to) => {
        const [from, until] = [place.get(cell.id), place.get(to)];
        return from === undefined || until === undefined ? [] : [{ cell: cell.id, to, from, until }];
      }),
    );
    if (arcs.length === 0) return nothing;
    return html`<svg
      class="outline-arcs"
      width=${ARC_PX}
      height=${ids.length * ROW_PX}
      viewBox="0 0 ${ARC_PX} ${ids.length * ROW_PX}"
      aria-hidden="true"
    >
      ${arcs.map(({ cell, to, from, until }) => {
        const reach = Math.min(ARC_PX - 6, 6 + (Math.abs(until - from) / ROW_PX) * 4);
        const lit = this.pointed === cell || this.pointed === to;
        const right = ARC_PX - 1;
        return svg`<g class=${lit ? "lit" : ""}>
          <path d="M${right} ${from} C${right - reach} ${from}, ${right - reach} ${until}, ${right - 3} ${until}"></path>
          <path class="head" d="M${right - 4} ${until - 2.5} L${right} ${until} L${right - 4} ${until + 2.5} Z"></path>
        </g>`;
      })}
    </svg>`;
  }
}

customElements.define("spoor-outline-panel", OutlinePanel);
