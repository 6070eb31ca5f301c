import { html, type TemplateResult } from "lit";
import { styleMap } from "lit/directives/style-map.js";
import type { ColumnSummary } from "../../../../notebooks/result/result.ts";
import { boundText, countText } from "./shown-number.ts";

type Bins = NonNullable<ColumnSummary["bins"]>;

/**
 * Bars of a column of numbers or times. A drag over bars, or a click on one, gives the range from the first to the last.
 */
export function histogram(bins: Bins, chosen: (from: string, until: string) => void): TemplateResult {
  const most = Math.max(1, ...bins.map(({ count }) => count));
  return html`<div
    class="histogram"
    aria-hidden="true"
    @pointerdown=${(event: PointerEvent) => beginBrush(event, bins, chosen)}
  >
    ${bins.map(
      ({ from, until, count }) =>
        html`<span class="bin" title=${`${boundText(from)} … ${boundText(until)}: ${countText(count)}`}
          ><span
            class="bar"
            style=${styleMap({ height: count === 0 ? "0" : `${Math.max(6, Math.sqrt(count / most) * 100)}%` })}
          ></span
        ></span>`,
    )}
    <span class="brush" hidden></span>
  </div>`;
}

function beginBrush(event: PointerEvent, bins: Bins, chosen: (from: string, until: string) => void): void {
  if (event.button !== 0) return;
  const element = event.currentTarget as HTMLElement;
  const brush = element.querySelector<HTMLElement>(".brush")!;
  const box = element.getBoundingClientRect();
  const binAt = (x: number) =>
    Math.min(bins.length - 1, Math.max(0, Math.floor(((x - box.left) / box.width) * bins.length)));
  const start = binAt(event.clientX);
  let end = start;
  const show = () => {
    const [first, last] = [Math.min(start, end), Math.max(start, end)];
    brush.hidden = false;
    brush.style.left = `${(first / bins.length) * 100}%`;
    brush.style.width = `${((last - first + 1) / bins.length) * 100}%`;
  };
  const move = ({ clientX }: PointerEvent) => {
    end = binAt(clientX);
    show();
  };
  const done = (last: PointerEvent) => {
    element.removeEventListener("pointermove", move);
    element.removeEventListener("pointerup", done);
    element.removeEventListener("pointercancel", done);
    brush.hidden = true;
    if (last.type === "pointerup")
      chosen(bins[Math.min(start, end)]!.from, bins[Math.max(start, end)]!.until);
  };
  event.preventDefault();
  element.setPointerCapture(event.pointerId);
  element.addEventListener("pointermove", move);
  element.addEventListener("pointerup", done);
  element.addEventListener("pointercancel", done);
  show();
}
