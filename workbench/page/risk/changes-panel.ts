import { html, nothing, type TemplateResult } from "lit";
import type { ChangeRow, RiskReport } from "../../../promote/risk/report-value.ts";
import { instant } from "../../element/instant.ts";
import { formatUsd } from "../../format/number.ts";

/** Each figure that moved, and the dollars of it that each changed input explains. */
export function changesPanel(report: RiskReport): TemplateResult {
  if (report.previousGenerated === null) {
    return html`<p class="muted">This is the first report. The next one says here which figures moved, and which inputs moved them.</p>`;
  }
  if (report.changes.length === 0) {
    return html`<p class="muted">No figure has moved by more than 1% since the report of ${instant(report.previousGenerated)}.</p>`;
  }
  const most = Math.max(...report.changes.flatMap(({ causes }) => causes.map(({ usd }) => Math.abs(usd))), 1);
  return html`<p class="muted">Against the report of ${instant(report.previousGenerated)}. Changed inputs were swapped one after the other, the most moving first.</p>
    <ul class="changes">
      ${report.changes.map(
        (row) =>
          html`<li>
            <div class="change-figure">
              <strong>${row.figure}</strong>
              <span>${formatUsd(row.before)} → ${formatUsd(row.after)}</span>
            </div>
            ${causes(row, most)}
          </li>`,
      )}
    </ul>`;
}

function causes(row: ChangeRow, most: number): TemplateResult {
  if (row.causes.length === 0) return html`<p class="muted">${row.because}</p>`;
  const unexplained = Math.abs(row.unexplainedUsd) >= 0.05 * Math.abs(row.after - row.before);
  return html`<ul>
    ${row.causes.map(
      ({ what, usd }) =>
        html`<li>
          <span class="cause-bar ${usd < 0 ? "down" : "up"}" style="--share: ${Math.abs(usd) / most}" aria-hidden="true"></span>
          <span class="cause-usd">${usd > 0 ? "+" : ""}${formatUsd(usd)}</span>
          <span>${what}</span>
        </li>`,
    )}
    ${
      unexplained
        ? html`<li class="muted">
            <span></span><span class="cause-usd">${row.unexplainedUsd > 0 ? "+" : ""}${formatUsd(row.unexplainedUsd)}</span
            ><span>the spread around the means</span>
          </li>`
        : nothing
    }
  </ul>`;
}
