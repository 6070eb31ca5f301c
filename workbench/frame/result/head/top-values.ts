import { html, type TemplateResult } from "lit";
import { styleMap } from "lit/directives/style-map.js";
import type { ColumnSummary } from "../../../../notebooks/result/result.ts";
import { countText, shareText } from "./shown-number.ts";

const VALUES_SHOWN = 3;

/** The most frequent values of a column. A click lets one in, a click with Alt keeps it out. */
export function topValues(
  top: NonNullable<ColumnSummary["top"]>,
  rowCount: number,
  chosen: (value: string | null, out: boolean) => void,
): TemplateResult {
  return html`<div class="top-values" aria-hidden="true">
    ${top.slice(0, VALUES_SHOWN).map(({ value, count }) => {
      const share = rowCount === 0 ? 0 : count / rowCount;
      const text = value === null ? "null" : value === "" ? "empty" : value;
      return html`<button
        type="button"
        tabindex="-1"
        title=${`${text.slice(0, 400)}\n${countText(count)} rows, ${shareText(count, rowCount)}\nClick: only these. Alt-click: not these.`}
        @click=${(event: MouseEvent) => chosen(value, event.altKey)}
      >
        <span class="share" style=${styleMap({ width: `${share * 100}%` })}></span
        ><span class="value ${value === null || value === "" ? "missing" : ""}">${text.slice(0, 80)}</span
        ><span class="percent">${shareText(count, rowCount)}</span>
      </button>`;
    })}
  </div>`;
}
