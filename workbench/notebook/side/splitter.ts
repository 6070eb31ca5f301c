import { html } from "lit";
import { View } from "../../element/view.ts";
import { boundedWidth, NARROWEST_PX, WIDEST_PX } from "./side-width.ts";

const STEP_PX = 24;

/** The line between the notebook and its side: dragged, or moved by the arrow keys; a double click gives the usual width. */
export class Splitter extends View {
  static override properties = { widthPx: { attribute: false } };

  /** Null for the width that the style sheet gives. */
  declare widthPx: number | null;
  declare side: () => Element | null;
  declare resize: (widthPx: number | null) => void;

  constructor() {
    super();
    this.widthPx = null;
  }

  override render(): unknown {
    return html`<div
      class="notebook-splitter"
      role="separator"
      tabindex="0"
      aria-orientation="vertical"
      aria-label="Width of the side"
      aria-valuemin=${NARROWEST_PX}
      aria-valuemax=${WIDEST_PX}
      aria-valuenow=${this.widthPx ?? NARROWEST_PX}
      title="Drag to resize; double click for the usual width"
      @keydown=${this.#onKey}
      @pointerdown=${this.#onPointerDown}
      @dblclick=${() => this.resize(null)}
    ></div>`;
  }

  #onKey = (event: KeyboardEvent): void => {
    const by = event.key === "ArrowLeft" ? STEP_PX : event.key === "ArrowRight" ? -STEP_PX : 0;
    if (by === 0) return;
    event.preventDefault();
    this.resize(boundedWidth((this.side()?.getBoundingClientRect().width ?? NARROWEST_PX) + by));
  };

  #onPointerDown = (event: PointerEvent): void => {
    event.preventDefault();
    const handle = event.currentTarget as HTMLElement;
    handle.focus();
    handle.setPointerCapture(event.pointerId);
    const right = this.side()?.getBoundingClientRect().right ?? innerWidth;
    handle.onpointermove = (move) => this.resize(boundedWidth(right - move.clientX));
    handle.onpointerup = () => {
      handle.onpointermove = null;
    };
  };
}

customElements.define("spoor-splitter", Splitter);
